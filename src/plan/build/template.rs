//! `{{ ... }}` in the texts of steps, compiled to segments.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded;

use super::{Draft, Kind, UsedColumn};
use crate::{
    config::{Located, Span, suggestion},
    plan::{ColumnId, Encoding, Segment, SlotId, Template, Value},
};

/// What of a URL is written as it is, with what is encoded already: the rest would not be a URL.
const IN_URL: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');
/// A value inside a path segment or a query: only what RFC 3986 calls unreserved stays.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Where a text stands, and so how its parts are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// Headers and raw bodies.
    Raw,
    /// A path with its query, as the user wrote it.
    Url,
    /// The name or value of a query parameter.
    Query,
    /// The name or value of a form field.
    Form,
    /// Inside a JSON string.
    Json,
}

impl Context {
    /// The text that the user wrote.
    fn literal(self, text: &str) -> String {
        match self {
            Self::Url => utf8_percent_encode(text, IN_URL).to_string(),
            Self::Raw | Self::Query | Self::Form | Self::Json => self.value(text),
        }
    }

    /// The value of a variable that is known now.
    fn value(self, text: &str) -> String {
        match self {
            Self::Raw => text.to_owned(),
            Self::Url | Self::Query => utf8_percent_encode(text, COMPONENT).to_string(),
            Self::Form => form_urlencoded::byte_serialize(text.as_bytes()).collect(),
            Self::Json => {
                let quoted = serde_json::Value::from(text).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
        }
    }

    /// How the value of a variable is escaped at run time.
    fn encoding(self) -> Encoding {
        match self {
            Self::Raw => Encoding::Raw,
            Self::Url | Self::Query => Encoding::Url,
            Self::Form => Encoding::Form,
            Self::Json => Encoding::JsonString,
        }
    }
}

/// What templates may name at some point of a scenario.
pub(super) struct Scope<'a> {
    /// The scenario, or `None` in a check, which has no user.
    pub(super) scenario: Option<&'a str>,
    /// Names that earlier steps extracted, by [`SlotId`].
    pub(super) slots: &'a [String],
    /// Names that any step of the scenario extracts.
    pub(super) extracted: &'a [String],
}

/// A template in the making; adjacent literals are merged.
#[derive(Default)]
pub(super) struct Writer(Template);

impl Writer {
    /// Adds text that goes out as it is.
    pub(super) fn literal(&mut self, text: &str) {
        match self.0.segments.last_mut() {
            Some(Segment::Literal(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.0.segments.push(Segment::Literal(text.to_owned())),
        }
    }

    /// Adds a variable.
    pub(super) fn insert(&mut self, value: Value, encoding: Encoding) {
        self.0.segments.push(Segment::Insert(value, encoding));
    }

    /// The finished template.
    pub(super) fn template(self) -> Template {
        self.0
    }
}

/// A piece of a text.
enum Piece {
    Literal(String),
    /// A variable that is known now: `env.NAME`.
    Known(String),
    Variable(Value),
}

impl Draft<'_> {
    /// Compiles a text on its own.
    pub(super) fn template(&mut self, text: &Located<String>, context: Context, scope: &Scope<'_>) -> Template {
        let mut writer = Writer::default();
        self.write(&mut writer, text, context, scope);
        writer.template()
    }

    /// Appends a text to a template.
    pub(super) fn write(&mut self, writer: &mut Writer, text: &Located<String>, context: Context, scope: &Scope<'_>) {
        for piece in self.pieces(text, scope) {
            match piece {
                Piece::Literal(text) => writer.literal(&context.literal(&text)),
                Piece::Known(text) => writer.literal(&context.value(&text)),
                Piece::Variable(value) => writer.insert(value, context.encoding()),
            }
        }
    }

    /// Appends a text as a JSON value: a string, or the number that a lone `user.id` or `random.int` is.
    pub(super) fn write_json(&mut self, writer: &mut Writer, text: &Located<String>, scope: &Scope<'_>) {
        let pieces = self.pieces(text, scope);
        if let [Piece::Variable(value @ (Value::UserId | Value::RandomInt { .. }))] = pieces.as_slice() {
            return writer.insert(value.clone(), Encoding::JsonNumber);
        }
        writer.literal("\"");
        for piece in pieces {
            match piece {
                Piece::Literal(text) | Piece::Known(text) => writer.literal(&Context::Json.value(&text)),
                Piece::Variable(value) => writer.insert(value, Encoding::JsonString),
            }
        }
        writer.literal("\"");
    }

    fn pieces(&mut self, text: &Located<String>, scope: &Scope<'_>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = text.value.as_str();
        while let Some(start) = rest.find("{{") {
            if start > 0 {
                pieces.push(Piece::Literal(rest[..start].to_owned()));
            }
            let offset = text.value.len() - rest.len() + start;
            let at = |length: usize| part(text, offset, length);
            let Some(length) = rest[start..].find("}}") else {
                self.problem(at(2), "`{{` is never closed; a variable is written `{{ name }}`");
                return pieces;
            };
            let span = at(length + 2);
            pieces.extend(self.variable(rest[start + 2..start + length].trim(), span, scope));
            rest = &rest[start + length + 2..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        pieces
    }

    /// What stands between the braces.
    fn variable(&mut self, name: &str, span: Span, scope: &Scope<'_>) -> Option<Piece> {
        if let Some(name) = name.strip_prefix("env.") {
            let value = self.choice.environment.get(name);
            if value.is_none() {
                self.problem(span, format!("the environment variable `{name}` is not set"));
            }
            return value.cloned().map(Piece::Known);
        }
        let Some(scenario) = scope.scenario else {
            let help = Some("`env.NAME` works here; for more, let a check run a scenario: `scenario: NAME`".to_owned());
            self.problem_with(span, format!("`{name}` belongs to a user, and a check has none"), help);
            return None;
        };
        let value = match name {
            "user.id" => Value::UserId,
            "random.uuid" => Value::RandomUuid,
            _ => match (name.strip_prefix("data."), name.strip_prefix("random.int")) {
                (Some(column), _) => self.column(column, span, scenario)?,
                (_, Some(arguments)) => self.random_int(arguments, span)?,
                _ => self.extracted(name, span, scope)?,
            },
        };
        Some(Piece::Variable(value))
    }

    fn column(&mut self, name: &str, span: Span, scenario: &str) -> Option<Value> {
        let Some(index) = self.columns.iter().position(|column| column == name) else {
            if !self.columns_unread && !self.may_be_lost(Kind::Column, name) {
                let help = suggestion(name, self.columns.iter().map(String::as_str));
                self.problem_with(span, format!("no dataset has a column `{name}`"), help);
            }
            return None;
        };
        let column = ColumnId(index as u32);
        if !self.used.iter().any(|used| used.column == column && used.scenario == scenario) {
            self.used.push(UsedColumn { column, scenario: scenario.to_owned() });
        }
        Some(Value::Data(column))
    }

    fn random_int(&mut self, arguments: &str, span: Span) -> Option<Value> {
        let bounds = arguments.trim().strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).and_then(|inner| {
            let (low, high) = inner.split_once(',')?;
            Some((low.trim().parse::<i64>().ok()?, high.trim().parse::<i64>().ok()?))
        });
        match bounds {
            Some((low, high)) if low <= high => Some(Value::RandomInt { low, high }),
            Some(_) => {
                self.problem(span, "the smaller number of `random.int` comes first");
                None
            }
            None => {
                self.problem(span, "`random.int` takes two whole numbers: `{{ random.int(1, 100) }}`");
                None
            }
        }
    }

    fn extracted(&mut self, name: &str, span: Span, scope: &Scope<'_>) -> Option<Value> {
        if let Some(slot) = scope.slots.iter().position(|slot| slot == name) {
            return Some(Value::Extracted(SlotId(slot as u32)));
        }
        if scope.extracted.iter().any(|later| later == name) {
            self.problem(span, format!("`{name}` is extracted only by this step or a later one"));
        } else if !self.may_be_lost(Kind::Extracted, name) {
            let fixed = ["user.id", "random.int(1, 100)", "random.uuid", "env.NAME"].map(str::to_owned);
            let columns = self.columns.iter().map(|column| format!("data.{column}"));
            let names: Vec<String> = scope.slots.iter().cloned().chain(fixed).chain(columns).collect();
            let help = suggestion(name, names.iter().map(String::as_str));
            self.problem_with(span, format!("`{name}` is not defined"), help);
        }
        None
    }
}

/// The place of a part of a text, given in bytes.
pub(super) fn part(text: &Located<String>, at: usize, length: usize) -> Span {
    let characters = |bytes: &str| bytes.chars().count();
    text.span.part(characters(&text.value[..at]), characters(&text.value[at..at + length]))
}
