//! What is wrong with gates.yaml, and what deserves a remark: each with file, line, column and the source line.

use std::{fmt, sync::Arc};

use super::{Source, Span};

/// Something in gates.yaml that keeps it from being run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as the user named it.
    pub file: Arc<str>,
    /// The line, counted from 1.
    pub line: u32,
    /// The column in characters, counted from 1.
    pub column: u32,
    /// The number of characters that the caret underlines; at least 1.
    pub length: u32,
    /// What is wrong, as a sentence without its full stop.
    pub message: String,
    /// What to do about it: the nearest valid name, or the names there are.
    pub help: Option<String>,
    /// The line as it stands in the file; variables are never expanded in it.
    pub snippet: String,
}

impl Problem {
    /// Says that something is wrong at `span`.
    pub fn new(source: &Source, span: Span, message: impl Into<String>) -> Self {
        let span = source.within(span);
        Self {
            file: source.name(),
            line: span.line,
            column: span.column,
            length: span.length.max(1),
            message: message.into(),
            help: None,
            snippet: source.line(span.line).to_owned(),
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// Writes it as compilers do: the word, the message, the place, the line and a caret.
    fn render(&self, word: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (snippet, column) = excerpt(&self.snippet, self.column);
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let room = (snippet.chars().count() as u32 + 1).saturating_sub(column).max(1);
        let carets = "^".repeat(self.length.min(room) as usize);
        writeln!(out, "{word}: {}", self.message)?;
        writeln!(out, "{gutter}--> {}:{}:{}", self.file, self.line, self.column)?;
        writeln!(out, "{gutter} |")?;
        writeln!(out, "{number} | {snippet}")?;
        writeln!(out, "{gutter} | {}{carets}", " ".repeat(column as usize - 1))?;
        match &self.help {
            Some(help) => writeln!(out, "{gutter} = help: {help}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.render("error", out)
    }
}

/// Something in gates.yaml that works and deserves a remark; never fatal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note(pub Problem);

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.render("note", out)
    }
}

/// The part of a line around `column` that fits on a terminal, and the column in it. Control characters become spaces,
/// so that a binary file cannot speak to the terminal.
fn excerpt(line: &str, column: u32) -> (String, u32) {
    const WIDTH: usize = 160;
    let skipped = (column as usize).saturating_sub(WIDTH * 3 / 4);
    let shown = line.chars().skip(skipped).take(WIDTH);
    (shown.map(|c| if c.is_control() { ' ' } else { c }).collect(), column - skipped as u32)
}

/// Everything that is wrong with a gates.yaml and the files that it names, in the order of each file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems(Vec<Problem>);

/// Beyond so many problems the rest is only counted: nobody reads them, and a hostile file could make many.
const SHOWN: usize = 100;

impl Problems {
    /// Adds one, in its place; the same problem at the same place is kept once.
    pub fn push(&mut self, problem: Problem) {
        let at = self.0.partition_point(|other| place(other) <= place(&problem));
        let same_place = self.0[..at].iter().rev().take_while(|other| place(other) == place(&problem));
        if !same_place.into_iter().any(|other| *other == problem) {
            self.0.insert(at, problem);
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// In the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

/// Where a problem stands; files by their names.
fn place(problem: &Problem) -> (&str, u32, u32) {
    (&problem.file, problem.line, problem.column)
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Extend<Problem> for Problems {
    fn extend<I: IntoIterator<Item = Problem>>(&mut self, problems: I) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in self.0.iter().take(SHOWN) {
            writeln!(out, "{problem}")?;
        }
        if self.0.len() > SHOWN {
            writeln!(out, "... and {} more", self.0.len() - SHOWN)?;
        }
        let mut files: Vec<&str> = self.0.iter().map(|problem| &*problem.file).collect();
        files.dedup();
        let files = if files.is_empty() { "gates.yaml".to_owned() } else { files.join(" and ") };
        match self.0.len() {
            1 => write!(out, "1 problem in {files}"),
            count => write!(out, "{count} problems in {files}"),
        }
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: u32, column: u32, message: &str) -> Problem {
        let source = Source::new("gates.yaml", "version: 1\nphases:\n  - usres: 10\n");
        Problem::new(&source, Span { line, column, length: 5 }, message)
    }

    #[test]
    fn renders_like_a_compiler() {
        let problem = problem(3, 5, "unknown key `usres`").help(Some("did you mean `users`?".into()));
        let expected = "error: unknown key `usres`\n --> gates.yaml:3:5\n  |\n3 |   - usres: 10\n  |     ^^^^^\n  = help: did you mean `users`?\n";
        assert_eq!(problem.to_string(), expected);
    }

    #[test]
    fn keeps_the_order_of_the_file_and_each_problem_once() {
        let mut problems = Problems::default();
        problems.extend([problem(3, 5, "b"), problem(1, 1, "a"), problem(3, 5, "b"), problem(3, 5, "c")]);
        assert_eq!(problems.iter().map(|p| p.message.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(problems.to_string().ends_with("3 problems in gates.yaml"));
    }

    #[test]
    fn a_place_beyond_the_file_is_its_end() {
        let beyond = problem(99, 40, "the file ends here");
        assert_eq!((beyond.line, beyond.column), (3, 14));
    }

    #[test]
    fn long_lines_and_control_characters_stay_bounded() {
        let source = Source::new("gates.yaml", &format!("{}\u{1b}[31m!{}", "x".repeat(5000), "y".repeat(5000)));
        let rendered = Problem::new(&source, Span { line: 1, column: 5001, length: 4000 }, "here").to_string();
        assert!(rendered.len() < 600 && !rendered.contains('\u{1b}'));
    }
}
