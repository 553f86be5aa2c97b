//! Comparisons as rows of text, the same in every format.

use crate::judge::{Outcome, Regression, Verdict, groups, ranked};

/// The heights of a sparkline, the lowest first.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// So many names stand in a sentence.
const MOST_NAMES: usize = 5;

/// The titles of a table's columns, after the cell's name and before its outcome.
pub(super) const TITLES: [&str; 6] = ["base", "head", "change", "interval", "margin", "could see"];

/// One comparison in a table.
pub(super) struct Row<'a> {
    /// `light/p95(chart data)`.
    pub(super) name: String,
    /// What [`TITLES`] name.
    pub(super) cells: [String; 6],
    /// What it came to.
    pub(super) outcome: Outcome,
    /// The comparison itself.
    pub(super) of: &'a Regression,
}

impl Row<'_> {
    /// Whether it stands unfolded: it failed, or may have become worse by more than its margin.
    pub(super) fn matters(&self) -> bool {
        let beyond = self.of.change.is_some_and(|change| change > self.of.margin);
        matches!(self.outcome, Outcome::Failed | Outcome::Warned) || self.outcome == Outcome::Inconclusive && beyond
    }
}

/// Every comparison, the one to read first before all others.
pub(super) fn rows(verdict: &Verdict) -> Vec<Row<'_>> {
    ranked(&verdict.regressions).into_iter().map(row).collect()
}

fn row(of: &Regression) -> Row<'_> {
    let cells = [
        of.value(of.base),
        of.value(of.head),
        of.changed(of.change),
        of.interval_words(),
        of.margin_words(),
        of.detectable_words(),
    ];
    Row { name: of.name(), cells, outcome: of.counts_as(), of }
}

/// What was compared with what, and the regime: a sentence each.
pub(super) fn introduction(verdict: &Verdict) -> Vec<String> {
    let Some(comparison) = verdict.comparison.as_ref().filter(|_| !verdict.regressions.is_empty()) else {
        return Vec::new();
    };
    let words = std::iter::once(format!("{}.", comparison.words()));
    words.chain(comparison.regime_words()).collect()
}

/// What neither passed nor failed, a sentence for each outcome and reason.
pub(super) fn undecided(verdict: &Verdict) -> Vec<String> {
    groups(&verdict.regressions).iter().map(|group| format!("{}: {}", group.title(), group.because)).collect()
}

/// How many came to what: `2 passed, 21 new`.
pub(super) fn counts(rows: &[&Row<'_>]) -> String {
    let outcomes = [
        Outcome::Failed,
        Outcome::Warned,
        Outcome::Passed,
        Outcome::Invalid,
        Outcome::Inconclusive,
        Outcome::New,
        Outcome::NotRun,
    ];
    let count = |outcome: Outcome| rows.iter().filter(|row| row.outcome == outcome).count();
    let counts = outcomes.into_iter().map(|outcome| (count(outcome), outcome.word())).filter(|(count, _)| *count > 0);
    counts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

/// What a comparison saw, in a sentence or two.
pub(super) fn account(verdict: &Verdict, of: &Regression) -> String {
    let sentence = of.sentence(verdict.comparison.as_ref());
    // A comparison of nothing, and one that crept, have their reasons in the sentence.
    let because = if of.change.is_some() && !of.only_crept() { format!(" {}", of.because) } else { String::new() };
    format!("{sentence}.{because}").trim_end().to_owned()
}

/// The names of some comparisons: all of a few, else the first.
pub(super) fn names(members: &[&Regression]) -> String {
    let named: Vec<_> = members.iter().take(MOST_NAMES).map(|one| one.name()).collect();
    let more = members.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

/// The remarks on the run and on its comparison.
pub(super) fn notes(verdict: &Verdict) -> impl Iterator<Item = &str> {
    let of_comparison = verdict.comparison.iter().flat_map(|comparison| &comparison.notes);
    verdict.notes.iter().chain(of_comparison).map(String::as_str)
}

/// Where the values of a comparison lie between the lowest (0) and the highest (1), the stored runs and those of this run.
/// What differs by less than the margin looks flat. `None` without stored runs.
pub(super) fn course(of: &Regression) -> Option<[Vec<f64>; 2]> {
    if of.history.is_empty() {
        return None;
    }
    let all = || of.history.iter().chain(&of.runs).copied().filter(|value| value.is_finite());
    let low = all().fold(f64::INFINITY, f64::min);
    let seen = all().fold(f64::NEG_INFINITY, f64::max);
    let margin = if of.rate { of.margin } else { low.abs() * of.margin };
    let span = (seen - low).max(margin).max(f64::MIN_POSITIVE);
    let place = |values: &[f64]| -> Vec<f64> {
        values.iter().filter(|value| value.is_finite()).map(|value| (value - low) / span).collect()
    };
    Some([place(&of.history), place(&of.runs)])
}

/// The stored runs as a line of small bars, and those of this run after a bar that divides them: `▁▂▁▁▂│█`.
pub(super) fn sparkline(of: &Regression) -> Option<String> {
    let bar = |height: &f64| HEIGHTS[((height * 7.0).round() as usize).min(7)];
    let [history, runs] = course(of)?.map(|values| values.iter().map(bar).collect::<String>());
    Some(format!("{history}│{runs}"))
}

/// The same in words, for those who do not see it.
pub(super) fn course_in_words(of: &Regression) -> String {
    let values = |values: &[f64]| values.iter().map(|value| of.value(Some(*value))).collect::<Vec<_>>().join(", ");
    format!("stored runs, oldest first: {}; this run: {}", values(&of.history), values(&of.runs))
}
