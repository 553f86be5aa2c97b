//! The ladder as a small picture: a bar for each phase's p50, p95 and p99, coloured by outcome.

use serde::Serialize;

use crate::units::number;
use crate::{
    judge::{Outcome, Verdict},
    report::ladder,
};

/// Height of the plot in its own units.
const HEIGHT: f64 = 140.0;

/// Width of a phase in the same units.
const STEP: f64 = 110.0;

/// The picture; it says nothing that the table below it does not.
#[derive(Serialize)]
pub(super) struct Chart {
    width: f64,
    height: f64,
    /// The height of the top line, as text.
    top: String,
    columns: Vec<Column>,
}

/// One phase.
#[derive(Serialize)]
struct Column {
    x: f64,
    name: String,
    load: String,
    class: &'static str,
    bars: Vec<Bar>,
}

/// One percentile.
#[derive(Serialize)]
struct Bar {
    x: f64,
    y: f64,
    height: f64,
    name: &'static str,
    value: String,
}

/// The picture, if at least two phases have times to compare.
pub(super) fn of(verdict: &Verdict) -> Option<Chart> {
    let times = |phase: &crate::judge::PhaseVerdict| {
        let times = &phase.latency_ms;
        [("p50", times.p50), ("p95", times.p95), ("p99", times.p99)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
    };
    let measured = verdict.phases.iter().filter(|phase| phase.latency_ms.p99.is_some()).count();
    let largest = verdict.phases.iter().flat_map(times).map(|(_, value)| value).fold(0.0, f64::max);
    if measured < 2 || largest <= 0.0 {
        return None;
    }
    let columns = verdict.phases.iter().enumerate().map(|(position, phase)| {
        let left = position as f64 * STEP;
        let bars = times(phase).enumerate().map(|(bar, (name, value))| {
            let height = (value / largest * HEIGHT).max(1.0).round();
            Bar { x: 20.0 + bar as f64 * 24.0, y: HEIGHT - height, height, name, value: number::milliseconds(value) }
        });
        Column {
            x: left,
            name: clip(&phase.name),
            load: ladder::load(phase),
            class: class(phase.outcome),
            bars: bars.collect(),
        }
    });
    let width = verdict.phases.len() as f64 * STEP;
    Some(Chart { width, height: HEIGHT, top: number::milliseconds(largest), columns: columns.collect() })
}

fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "good",
        Outcome::Warned => "warn",
        Outcome::Failed => "bad",
        Outcome::NotRun => "quiet",
        Outcome::Inconclusive | Outcome::New | Outcome::Invalid | Outcome::Interrupted => "unsure",
    }
}

/// What fits below a column.
fn clip(name: &str) -> String {
    if name.chars().count() <= 14 { name.to_owned() } else { name.chars().take(13).chain(['…']).collect() }
}
