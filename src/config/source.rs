//! The text of gates.yaml and places in it.

use std::sync::Arc;

/// A place in gates.yaml: where a key or value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Span {
    /// The line, counted from 1; 0 for a value that stands in no file (a default).
    pub line: u32,
    /// The column in characters, counted from 1. For a quoted text the character after the quote.
    pub column: u32,
    /// The number of characters on that line.
    pub length: u32,
}

impl Span {
    /// The part of this place from the character `offset` on, `length` characters long: a word in a criterion.
    #[must_use]
    pub fn part(self, offset: usize, length: usize) -> Self {
        let offset = (offset as u32).min(self.length);
        let length = (length as u32).min(self.length - offset).max(1);
        Self { line: self.line, column: self.column + offset, length }
    }
}

/// The file's name and text, kept for the snippets of problems.
#[derive(Debug, Clone, Default)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
}

impl Source {
    /// A file as the user named it, with its text.
    pub fn new(name: &str, text: &str) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The file as the user named it.
    pub fn name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// The text of a line, without its end; empty where there is no such line.
    pub fn line(&self, line: u32) -> &str {
        self.text.lines().nth((line as usize).saturating_sub(1)).unwrap_or("")
    }

    /// Every line, without its end.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines()
    }

    /// The same place, moved into the file: what lies beyond its end becomes its end.
    pub(super) fn within(&self, span: Span) -> Span {
        let lines = self.text.lines().count().max(1) as u32;
        if (1..=lines).contains(&span.line) {
            return Span { column: span.column.max(1), ..span };
        }
        let line = span.line.clamp(1, lines);
        let column = if span.line == 0 { 1 } else { self.line(line).chars().count() as u32 + 1 };
        Span { line, column, length: 1 }
    }
}
