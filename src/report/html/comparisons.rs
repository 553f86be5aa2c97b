//! Comparisons: what matters, every cell, their intervals and their history as pictures.

use serde::Serialize;

use super::{
    picture::{Change, Picture, forest, history},
    tone::{Tone, tone},
};
use crate::{
    judge::Verdict,
    report::{
        regressions::{self, Row, TITLES},
        trouble,
    },
    units::number,
};

/// So many comparisons stand in the table of all, and so many among those that matter: those to read first. verdict.json has all.
const MOST_CELLS: usize = 120;
const MOST_MATTERING: usize = 60;

/// So many comparisons are drawn as intervals, and so many histories: those to read first.
const MOST_DRAWN: usize = 40;

/// The section.
#[derive(Serialize)]
pub(super) struct RegressionsView {
    introduction: Vec<String>,
    undecided: Vec<String>,
    titles: [&'static str; 6],
    /// Relative changes, and differences of rates.
    pictures: Vec<Picture>,
    /// Whether any cell has stored runs.
    courses: bool,
    matter: Vec<CellView>,
    all: Vec<CellView>,
    /// How many there are of both, and how many are left out.
    counts: Counts,
}

/// How many cells there are.
#[derive(Serialize)]
struct Counts {
    all: usize,
    more_mattering: usize,
    more: usize,
}

/// One cell.
#[derive(Serialize)]
struct CellView {
    name: String,
    place: String,
    cells: [String; 6],
    outcome: Tone,
    because: String,
    /// Its history, as an `svg` element; empty without one.
    course: String,
}

impl RegressionsView {
    /// `None` without a comparison.
    pub(super) fn of(verdict: &Verdict) -> Option<Self> {
        let rows = regressions::rows(verdict);
        let view =
            |list: &str, (at, row): (usize, &Row<'_>)| CellView::of(row, &format!("{list}-{at}"), at < MOST_DRAWN);
        let mattering = rows.iter().filter(|row| row.matters()).count();
        (!rows.is_empty()).then(|| Self {
            introduction: regressions::introduction(verdict),
            undecided: regressions::undecided(verdict),
            titles: TITLES,
            pictures: [false, true].into_iter().filter_map(|rates| intervals(&rows, rates)).collect(),
            courses: rows.iter().any(|row| !row.of.history.is_empty()),
            matter: rows
                .iter()
                .filter(|row| row.matters())
                .take(MOST_MATTERING)
                .enumerate()
                .map(|row| view("history", row))
                .collect(),
            all: rows.iter().take(MOST_CELLS).enumerate().map(|row| view("history-of-all", row)).collect(),
            counts: Counts {
                all: rows.len(),
                more_mattering: mattering.saturating_sub(MOST_MATTERING),
                more: rows.len().saturating_sub(MOST_CELLS),
            },
        })
    }
}

fn intervals(rows: &[Row<'_>], rates: bool) -> Option<Picture> {
    let drawn = rows.iter().filter(|row| row.of.rate == rates).filter_map(|row| {
        Some(Change {
            name: row.name.clone(),
            outcome: row.outcome,
            by: row.of.change.filter(|change| change.is_finite())?,
            interval: row.of.interval,
            margin: row.of.margin,
        })
    });
    let changes: Vec<_> = drawn.take(MOST_DRAWN).collect();
    let (words, print) = if rates {
        (("differences", "Differences of rates against their margins"), number::points as fn(f64) -> String)
    } else {
        (("changes", "Changes against their margins"), number::change as fn(f64) -> String)
    };
    forest(words, &changes, print)
}

impl CellView {
    fn of(row: &Row<'_>, id: &str, drawn: bool) -> Self {
        let course = history(id, row.of, &regressions::course_in_words(row.of)).filter(|_| drawn);
        Self {
            name: row.name.clone(),
            place: trouble::place(&row.of.file, row.of.line).map(|place| place.to_string()).unwrap_or_default(),
            cells: row.cells.clone(),
            outcome: tone(row.outcome),
            because: row.of.because.clone(),
            course: course.unwrap_or_default(),
        }
    }
}
