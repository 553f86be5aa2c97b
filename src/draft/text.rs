//! Texts of gates.yaml: what was read elsewhere, and what the gate puts in its place; written so that they read back as
//! they were meant.

use std::fmt::Write as _;

/// Why writing to a string does not fail.
const STRING: &str = "a string takes what is written to it";

/// A text of a step: what goes out as it is, with templates and variables in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Text(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// Sent as it is.
    Said(String),
    /// `{{ .. }}`, what stands between the braces.
    Insert(String),
    /// `${NAME}` or `${NAME:-default}`.
    Variable(String, Option<String>),
}

impl Text {
    /// What is sent as it is.
    pub(super) fn said(text: impl Into<String>) -> Self {
        Self(vec![Piece::Said(text.into())])
    }

    /// A template: `data.project`.
    pub(super) fn insert(name: impl Into<String>) -> Self {
        Self(vec![Piece::Insert(name.into())])
    }

    /// A variable that has to be set.
    pub(super) fn variable(name: impl Into<String>) -> Self {
        Self(vec![Piece::Variable(name.into(), None)])
    }

    /// A variable with what stands in for it; a default that could not be written as one is what is sent.
    pub(super) fn variable_or(name: &str, default: &str) -> Self {
        if default.contains(['}', '{', '$']) || default.is_empty() {
            return Self::said(default);
        }
        Self(vec![Piece::Variable(name.to_owned(), Some(default.to_owned()))])
    }

    /// This text, then the other.
    pub(super) fn then(mut self, other: Self) -> Self {
        for piece in other.0 {
            match (self.0.last_mut(), piece) {
                (Some(Piece::Said(before)), Piece::Said(text)) => before.push_str(&text),
                (_, piece) => self.0.push(piece),
            }
        }
        self
    }

    /// This text, then what is sent as it is.
    pub(super) fn and(self, text: &str) -> Self {
        self.then(Self::said(text))
    }

    /// Whether it has this template.
    pub(super) fn inserts(&self, wanted: &str) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Insert(name) if name == wanted))
    }

    /// Whether it holds two opening braces in a row, which a text of gates.yaml cannot say.
    pub(super) fn has_braces(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Said(text) if text.contains("{{")))
    }

    /// Each part that was read elsewhere, changed.
    pub(super) fn map(self, change: &dyn Fn(&str) -> String) -> Self {
        let changed = |piece| match piece {
            Piece::Said(text) => Piece::Said(change(&text)),
            Piece::Variable(name, Some(default)) => {
                let changed = Self::variable_or(&name, &change(&default));
                changed.0.into_iter().next().unwrap_or(Piece::Said(String::new()))
            }
            other => other,
        };
        Self(self.0.into_iter().map(changed).collect())
    }

    /// As gates.yaml says it. Two opening braces cannot be said there and get a space between them; a `$` or `{` right
    /// before a variable, which would make another one of it, is left out.
    pub(super) fn written(&self) -> String {
        let mut out = String::new();
        for (at, piece) in self.0.iter().enumerate() {
            match piece {
                Piece::Said(text) => {
                    let varies = !matches!(self.0.get(at + 1), None | Some(Piece::Said(_)));
                    let text = if varies { text.trim_end_matches(['$', '{']) } else { text.as_str() };
                    out.push_str(&literal(&apart(text)));
                }
                Piece::Insert(name) => {
                    out.push_str("{{ ");
                    out.push_str(name);
                    out.push_str(" }}");
                }
                Piece::Variable(name, None) => out.extend(["${", name, "}"]),
                Piece::Variable(name, Some(default)) => out.extend(["${", name, ":-", default, "}"]),
            }
        }
        out
    }
}

/// A text without two opening braces in a row.
fn apart(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '{' && out.ends_with('{') {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// A value in which nothing is a variable.
pub(super) fn literal(text: &str) -> String {
    text.replace("${", "$${")
}

/// Words that YAML readers take for something else than a text.
const RESERVED: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

/// A YAML scalar that reads back as this text, in any place: plain where nothing can be taken for syntax, else in double
/// quotes with everything unusual escaped.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " _/.-".contains(c);
    let safe = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(plain)
        && !text.ends_with(' ')
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str());
    if safe {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c if u32::from(c) <= 0xFFFF => write!(out, "\\u{:04X}", u32::from(c)).expect(STRING),
            c => write!(out, "\\U{:08X}", u32::from(c)).expect(STRING),
        }
    }
    out.push('"');
    out
}

/// The most characters of a comment that come from a file.
const LONGEST_COMMENT: usize = 160;

/// A text of others as a part of a comment: on one line, bounded, without what a terminal or an editor would act on.
pub(super) fn remark(text: &str) -> String {
    let tame = |c: char| if c.is_ascii_graphic() || c.is_alphanumeric() { c } else { ' ' };
    let words: String = text.chars().take(4 * LONGEST_COMMENT).map(tame).collect();
    let words: Vec<&str> = words.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= LONGEST_COMMENT {
        return line;
    }
    line.chars().take(LONGEST_COMMENT - 3).chain("...".chars()).collect()
}

/// A name for a value, a column or a variable: `petId` and `pet-id` are `pet_id`. Never empty, never a number first.
pub(super) fn snake(text: &str) -> String {
    let mut out = String::new();
    let mut lower = false;
    for c in text.chars().take(60) {
        if c.is_ascii_alphanumeric() {
            if c.is_ascii_uppercase() && lower {
                out.push('_');
            }
            lower = c.is_ascii_lowercase() || c.is_ascii_digit();
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
            lower = false;
        }
    }
    let out = out.trim_end_matches('_').to_owned();
    match out.chars().next() {
        None => "value".to_owned(),
        Some(c) if c.is_ascii_digit() => format!("v{out}"),
        Some(_) => out,
    }
}
