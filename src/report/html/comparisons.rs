//! Comparisons: what matters, every cell, and the stored runs as a small picture.

use serde::Serialize;

use super::view::{Tone, tone};
use crate::{
    judge::{Regression, Verdict},
    report::{
        regressions::{self, Row, TITLES},
        trouble,
    },
};

/// Width of a run in the picture, in its own units.
const STEP: f64 = 6.0;

/// Height of the picture in the same units.
const HEIGHT: f64 = 24.0;

/// The section.
#[derive(Serialize)]
pub(super) struct RegressionsView {
    introduction: Vec<String>,
    undecided: Vec<String>,
    titles: [&'static str; 6],
    /// Whether any cell has stored runs.
    courses: bool,
    matter: Vec<CellView>,
    all: Vec<CellView>,
}

/// One cell.
#[derive(Serialize)]
struct CellView {
    name: String,
    place: String,
    cells: [String; 6],
    outcome: Tone,
    because: String,
    course: Option<Course>,
}

/// The stored runs as a line, and those of this run as dots after it.
#[derive(Serialize)]
struct Course {
    width: f64,
    height: f64,
    line: String,
    dots: Vec<[f64; 2]>,
    /// The values, for those who do not see the picture.
    words: String,
}

impl RegressionsView {
    /// `None` without a comparison.
    pub(super) fn of(verdict: &Verdict) -> Option<Self> {
        let rows = regressions::rows(verdict);
        (!rows.is_empty()).then(|| Self {
            introduction: regressions::introduction(verdict),
            undecided: regressions::undecided(verdict),
            titles: TITLES,
            courses: rows.iter().any(|row| !row.of.history.is_empty()),
            matter: rows.iter().filter(|row| row.matters()).map(CellView::of).collect(),
            all: rows.iter().map(CellView::of).collect(),
        })
    }
}

impl CellView {
    fn of(row: &Row<'_>) -> Self {
        Self {
            name: row.name.clone(),
            place: trouble::place(&row.of.file, row.of.line).map(|place| place.to_string()).unwrap_or_default(),
            cells: row.cells.clone(),
            outcome: tone(row.outcome),
            because: row.of.because.clone(),
            course: Course::of(row.of),
        }
    }
}

impl Course {
    fn of(regression: &Regression) -> Option<Self> {
        let [history, runs] = regressions::course(regression)?;
        let point = |at: usize, height: f64| [at as f64 * STEP, ((1.0 - height) * HEIGHT * 10.0).round() / 10.0];
        let line = history.iter().enumerate().map(|(at, height)| {
            let [x, y] = point(at, *height);
            format!("{x},{y}")
        });
        Some(Self {
            width: (history.len() + runs.len()).saturating_sub(1) as f64 * STEP,
            height: HEIGHT,
            line: line.collect::<Vec<_>>().join(" "),
            dots: runs.iter().enumerate().map(|(at, height)| point(history.len() + at, *height)).collect(),
            words: regressions::course_in_words(regression),
        })
    }
}
