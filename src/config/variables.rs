//! The variables of the environment that a file uses.

use std::collections::BTreeMap;

use super::{Located, Source, Span, environment::Replaced, fields::found};

/// The variables that gates.yaml names in its values, `${NAME}` and `{{ env.NAME }}`, set or not.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// The place of the value in which each is named first.
    first: BTreeMap<String, Span>,
    /// What was replaced in the value at a place.
    replaced: BTreeMap<Span, Vec<Replaced>>,
}

impl Variables {
    /// Takes note of the templates in a text.
    pub(super) fn take_templates(&mut self, text: &str, at: Span) {
        let templates = text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
        for name in templates.filter_map(|(template, _)| template.trim().strip_prefix("env.")) {
            self.first.entry(name.to_owned()).or_insert(at);
        }
    }

    /// Takes note of what was replaced in the value at this place.
    pub(super) fn take(&mut self, replaced: Vec<Replaced>, at: Span) {
        for known in &replaced {
            self.first.entry(known.name.clone()).or_insert(at);
        }
        self.replaced.insert(at, replaced);
    }

    /// Where a variable is named first; of a value of several lines that is not found in them, its beginning.
    pub(super) fn place(&self, name: &str, source: &Source) -> Option<Span> {
        let at = *self.first.get(name)?;
        let length = name.chars().count() as u32;
        let lines = source.lines().zip(1..).skip(at.line.saturating_sub(1) as usize);
        let exact = lines.take(LONGEST_VALUE).find_map(|(text, line)| {
            let from = if line == at.line { text.char_indices().nth(at.column as usize - 1)?.0 } else { 0 };
            let found = ["${", "env."].iter().filter_map(|before| behind(text, from, before, name)).min()?;
            Some(Span { line, column: text[..found].chars().count() as u32 + 1, length })
        });
        Some(exact.unwrap_or(at))
    }

    /// A text without the secrets that variables put there, by the names of its fields: those variables as they are written.
    /// Whatever stands in the file itself, stays.
    pub fn shown(&self, text: &Located<String>) -> String {
        let Some(replaced) = self.replaced.get(&text.span) else { return text.value.clone() };
        let secret = found(&text.value);
        let is_secret = |known: &&Replaced| {
            text.value.get(known.value.clone()).is_some()
                && secret.iter().any(|found| found.range.start < known.value.end && known.value.start < found.range.end)
        };
        let mut shown = String::new();
        let mut end = 0;
        for Replaced { name, value } in replaced.iter().filter(is_secret) {
            shown.extend([&text.value[end..value.start], "${", name.as_str(), "}"]);
            end = value.end;
        }
        shown + &text.value[end..]
    }
}

/// No value has more lines.
const LONGEST_VALUE: usize = 10_000;

/// Where a line has the name behind this, from a byte on, and not the beginning of a longer one.
fn behind(text: &str, from: usize, before: &str, name: &str) -> Option<usize> {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let meant = text[from..].match_indices(before).map(|(at, _)| from + at).filter(|at| !text[..*at].ends_with('$'));
    let mut places = meant.map(|at| at + before.len());
    places.find(|at| text[*at..].strip_prefix(name).is_some_and(ends))
}
