//! A gates.yaml in the making, whatever it was drafted from.

use super::text::Text;

/// What the draft will say.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// What it was drafted from, for its first line.
    pub(super) source: String,
    /// The name of the gate.
    pub(super) name: String,
    /// Remarks about the whole, below the first line.
    pub(super) remarks: Vec<String>,
    /// Hosts for `target.allow`.
    pub(super) allow: Vec<String>,
    /// Headers of every request.
    pub(super) headers: Vec<(String, Text)>,
    /// A path that says whether the app is ready.
    pub(super) ready: Option<String>,
    /// Variables to set, besides `STAGING_URL`.
    pub(super) variables: Vec<Variable>,
    /// The columns of the one dataset, with their one value.
    pub(super) columns: Vec<Column>,
    /// The name of the one scenario.
    pub(super) scenario: String,
    /// Its login.
    pub(super) login: Vec<Step>,
    /// Its steps.
    pub(super) steps: Vec<Step>,
    /// `think`, and where it comes from.
    pub(super) think: (String, String),
    /// What did not become a step: what, and why.
    pub(super) left_out: Vec<(String, String)>,
}

/// A variable that a secret, or a part of the surroundings, became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    /// What it holds, for people.
    pub(super) what: String,
}

/// A column of the dataset.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) value: String,
    /// Where the value comes from.
    pub(super) remark: String,
}

/// One request.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// The key: `get`, `post`.
    pub(super) method: String,
    pub(super) path: Text,
    pub(super) name: String,
    pub(super) tags: Vec<String>,
    pub(super) headers: Vec<(String, Text)>,
    pub(super) query: Vec<(String, Text)>,
    pub(super) body: Body,
    /// Accepted statuses; empty: what the gate accepts by itself.
    pub(super) status: Vec<u16>,
    /// Whether the gate follows a redirect.
    pub(super) follow: bool,
    pub(super) extract: Vec<(String, Extract)>,
    /// What to review, without the word.
    pub(super) remarks: Vec<String>,
}

/// What a request carries.
#[derive(Debug, Default)]
pub(super) enum Body {
    #[default]
    Empty,
    Form(Vec<(String, Text)>),
    Json(Json),
    Text(Text),
}

/// JSON with texts that may vary.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(Text),
    /// A number that an answer gives: only a body that is a text can say it.
    Bare(Text),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

/// How a later step finds a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Extract {
    Regex(String),
    Json(String),
    Header(String),
    Cookie(String),
}

impl Gate {
    /// Notes a variable once.
    pub(super) fn variable(&mut self, name: &str, what: &str) {
        if !self.variables.iter().any(|variable| variable.name == name) {
            self.variables.push(Variable { name: name.to_owned(), what: what.to_owned() });
        }
    }

    /// The name of a column of its own, with its value.
    pub(super) fn column(&mut self, wanted: &str, value: &str, remark: &str) -> String {
        let name = unused(wanted, |name| self.columns.iter().any(|column| column.name == name));
        self.columns.push(Column { name: name.clone(), value: value.to_owned(), remark: remark.to_owned() });
        name
    }
}

/// A name for what an answer gives that is not taken; what templates mean by themselves is never one.
pub(super) fn unused_value(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    const OWN: [&str; 4] = ["user", "data", "random", "env"];
    if OWN.contains(&wanted) { unused(&format!("{wanted}_id"), taken) } else { unused(wanted, taken) }
}

/// A name that is not taken: the wanted one, or with a number behind it.
pub(super) fn unused(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut name = wanted.to_owned();
    let mut number = 1;
    while taken(&name) {
        number += 1;
        name = format!("{wanted}_{number}");
    }
    name
}

impl Step {
    /// Whether a text of it has this template.
    pub(super) fn inserts(&self, name: &str) -> bool {
        let body = match &self.body {
            Body::Empty => false,
            Body::Form(fields) => fields.iter().any(|(_, text)| text.inserts(name)),
            Body::Json(json) => json.inserts(name),
            Body::Text(text) => text.inserts(name),
        };
        let mut texts = self.headers.iter().chain(&self.query).map(|(_, text)| text);
        body || self.path.inserts(name) || texts.any(|text| text.inserts(name))
    }
}

impl Json {
    fn inserts(&self, name: &str) -> bool {
        match self {
            Self::Text(text) | Self::Bare(text) => text.inserts(name),
            Self::List(items) => items.iter().any(|item| item.inserts(name)),
            Self::Map(entries) => entries.iter().any(|(_, value)| value.inserts(name)),
            Self::Null | Self::Bool(_) | Self::Number(_) => false,
        }
    }

    /// What was read as it is.
    pub(super) fn of(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => Self::Number(number.clone()),
            serde_json::Value::String(text) => Self::Text(Text::said(text.as_str())),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::of).collect()),
            serde_json::Value::Object(map) => {
                Self::Map(map.iter().map(|(key, value)| (key.clone(), Self::of(value))).collect())
            }
        }
    }

    /// The number of values in it, and its depth.
    pub(super) fn size(&self) -> (usize, usize) {
        let total = |sizes: &mut dyn Iterator<Item = (usize, usize)>| {
            sizes.fold((1, 1), |(values, depth), (more, below)| (values + more, depth.max(below + 1)))
        };
        match self {
            Self::List(items) => total(&mut items.iter().map(Self::size)),
            Self::Map(entries) => total(&mut entries.iter().map(|(_, value)| value.size())),
            _ => (1, 1),
        }
    }

    /// As one text.
    pub(super) fn text(&self) -> Text {
        let listed = |parts: Vec<Text>, [open, close]: [&str; 2]| {
            let mut text = Text::said(open);
            for (at, part) in parts.into_iter().enumerate() {
                text = if at == 0 { text } else { text.and(", ") }.then(part);
            }
            text.and(close)
        };
        match self {
            Self::Null => Text::said("null"),
            Self::Bool(value) => Text::said(value.to_string()),
            Self::Number(number) => Text::said(number.to_string()),
            Self::Bare(text) => text.clone(),
            // Inside the quotes of JSON; a value that is put in at run time is not escaped in a body that is a text.
            Self::Text(text) => Text::said("\"").then(text.clone().map(&inside)).and("\""),
            Self::List(items) => listed(items.iter().map(Self::text).collect(), ["[", "]"]),
            Self::Map(entries) => {
                let entry =
                    |(key, value): &(String, Self)| Text::said(format!("\"{}\": ", inside(key))).then(value.text());
                listed(entries.iter().map(entry).collect(), ["{", "}"])
            }
        }
    }
}

/// A text inside the quotes of JSON. Two braces in a row, which would begin a template, are written as escapes.
fn inside(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].replace("{{", "\\u007b\\u007b").replace("${", "$\\u007b")
}
