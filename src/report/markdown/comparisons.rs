//! Comparisons: what matters, and every cell in a folded table.

use std::fmt::Write;

use super::{
    IN_MEMORY,
    details::folded,
    escape::{cell, text},
    sign,
};
use crate::{
    judge::Verdict,
    report::regressions::{self, Row, TITLES},
};

/// So many cells stand unfolded.
const MOST_UNFOLDED: usize = 10;

/// So many stand in the folded table; verdict.json has them all.
const MOST_FOLDED: usize = 100;

/// The section; empty without a comparison.
pub(super) fn render(verdict: &Verdict) -> String {
    let rows = regressions::rows(verdict);
    if rows.is_empty() {
        return String::new();
    }
    let mut part = "### Regressions\n\n".to_owned();
    let introduction = regressions::introduction(verdict);
    if !introduction.is_empty() {
        writeln!(part, "{}\n", text(&introduction.join(" "))).expect(IN_MEMORY);
    }
    let matter: Vec<&Row<'_>> = rows.iter().filter(|row| row.matters()).collect();
    if !matter.is_empty() {
        part.push_str(&table(&matter[..matter.len().min(MOST_UNFOLDED)]));
        part.push('\n');
    }
    let undecided = regressions::undecided(verdict);
    if !undecided.is_empty() {
        let lines: Vec<_> = undecided.iter().map(|sentence| format!("- {}", text(sentence))).collect();
        writeln!(part, "{}\n", lines.join("\n")).expect(IN_MEMORY);
    }
    let all: Vec<&Row<'_>> = rows.iter().take(MOST_FOLDED).collect();
    let more = rows.len() - all.len();
    let more = if more > 0 { format!("\n{more} more stand in verdict.json.\n") } else { String::new() };
    let title = if rows.len() == 1 { "The cell".to_owned() } else { format!("All {} cells", rows.len()) };
    part.push_str(&folded(&title, &format!("{}{more}", table(&all))));
    part
}

fn table(rows: &[&Row<'_>]) -> String {
    // Between deployments there are no stored runs.
    let courses = if rows.iter().any(|row| !row.of.history.is_empty()) { Courses::Shown } else { Courses::None };
    let lines: String = rows.iter().map(|row| line(row, courses)).collect();
    format!("{}{lines}", head(courses))
}

/// Whether a table shows the stored runs as small bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Courses {
    /// A column of them.
    Shown,
    /// No column.
    None,
}

/// The head of a table of comparisons.
pub(in crate::report) fn head(courses: Courses) -> String {
    let (title, rule) = if courses == Courses::Shown { (" | runs│this", " | ---") } else { ("", "") };
    let titles = TITLES.join(" | ");
    format!("| cell | outcome | {titles}{title} |\n| --- | --- | --: | --: | --: | --: | --: | --:{rule} |\n")
}

/// One comparison in it.
pub(in crate::report) fn line(row: &Row<'_>, courses: Courses) -> String {
    let course = match courses {
        Courses::Shown => format!(" | {}", regressions::sparkline(row.of).unwrap_or_default()),
        Courses::None => String::new(),
    };
    let (name, cells, outcome) = (cell(&row.name), row.cells.join(" | "), row.outcome);
    format!("| {name} | {} {} | {cells}{course} |\n", sign(outcome), outcome.word())
}
