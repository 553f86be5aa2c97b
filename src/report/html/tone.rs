//! Outcomes as a word and a colour, and the small lists that have nothing else.

use serde::Serialize;

use crate::judge::{Band, CheckResult, Outcome};

/// An outcome as a word, and the class of its colour.
#[derive(Serialize)]
pub(super) struct Tone {
    pub(super) word: &'static str,
    pub(super) class: &'static str,
}

/// Of an outcome.
pub(super) fn tone(outcome: Outcome) -> Tone {
    let class = match outcome {
        Outcome::Passed => "good",
        Outcome::Warned => "warn",
        Outcome::Failed => "bad",
        Outcome::Inconclusive | Outcome::New | Outcome::Invalid | Outcome::Interrupted => "unsure",
        Outcome::NotRun => "quiet",
    };
    Tone { word: outcome.word(), class }
}

/// Of a gauge's band.
pub(super) fn of_band(band: Band) -> Tone {
    let (word, class) = match band {
        Band::Safe => ("safe", "good"),
        Band::Warning => ("warning", "warn"),
        Band::Critical => ("critical", "bad"),
        Band::Missing => ("missing", "unsure"),
    };
    Tone { word, class }
}

/// An item of a checklist.
#[derive(Serialize)]
pub(super) struct CheckView {
    name: String,
    outcome: Tone,
    detail: String,
}

impl CheckView {
    /// All of a checklist.
    pub(super) fn all(checks: &[CheckResult]) -> Vec<Self> {
        let view = |check: &CheckResult| Self {
            name: check.name.clone(),
            outcome: tone(check.outcome),
            detail: check.detail.clone(),
        };
        checks.iter().map(view).collect()
    }
}

/// A cell of a table that can be sorted: what is written, and what it is sorted by.
#[derive(Serialize)]
pub(super) struct Cell {
    text: String,
    /// A number; where nothing was measured it stands below all others.
    value: f64,
}

impl Cell {
    /// A number as it is written.
    pub(super) fn of(value: Option<f64>, print: fn(f64) -> String) -> Self {
        Self { text: crate::units::number::or_nothing(value, print), value: value.unwrap_or(-1.0) }
    }

    /// A count.
    pub(super) fn count(value: u64) -> Self {
        Self { text: crate::units::number::count(value), value: value as f64 }
    }
}
