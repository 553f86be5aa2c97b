//! Against stored runs.

use super::{Entry, RunValues, creep, entries};
use crate::{
    foreign::Tool,
    judge::{
        Outcome, PhaseVerdict, Regression,
        comparison::{self, Cell, Ruler, Side, by_ruler},
    },
    plan::{FailureKind, Metric, Plan},
};

/// The stored runs that this run is compared with.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// Comparable runs of the base branch in the current regime, oldest first.
    pub runs: Vec<RunValues>,
    /// The runs that the anchor holds; empty where there is none.
    pub anchor: Vec<RunValues>,
    /// Readings of the ruler in those runs, in seconds; runs without one are left out.
    pub ruler: Vec<f64>,
    /// The position in `runs` of the first run after the anchor.
    pub after_anchor: usize,
    /// Why there are no runs, where something stood in the way: a store out of reach.
    pub because: Option<String>,
}

/// What comparing with stored runs gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StoredComparison {
    /// One for each cell of the plan, phase by phase.
    pub regressions: Vec<Regression>,
    /// The phases with cells that would fail on one head run: they are to be measured again before that blocks.
    pub unconfirmed: Vec<String>,
}

/// The run that is compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Head<'a> {
    /// Its repetitions of the ladder, then the phases that were measured again, in order.
    pub runs: &'a [RunValues],
    /// Readings of the ruler in it, in seconds and in order of time; empty where it was not read.
    pub ruler: &'a [f64],
    /// The verdicts on its phases: they say why one has no values. A phase without a verdict counts as measured whole.
    pub phases: &'a [PhaseVerdict],
}

/// Compares each cell of the plan with its stored runs.
///
/// A cell that would fail is invalid when the machine became slower and most cells with it ([`by_ruler`]). A cell that no
/// head has a value for was not measured, and is `not_run`. With `regression.confirm` above 0 a cell fails only on two head
/// runs or more; one that would fail on a single run is inconclusive, and its phase is unconfirmed.
pub fn against_stored(plan: &Plan, head: Head<'_>, past: &Past) -> StoredComparison {
    let entries = entries(plan);
    let measured: Vec<Measured> = entries.iter().map(|entry| Measured::of(plan, entry, head.runs, past)).collect();
    let usable = |measured: &&Measured| !measured.head.is_empty();
    let cells: Vec<Cell> =
        entries.iter().zip(&measured).filter(|(_, of)| usable(of)).map(|(entry, of)| entry.cell(of.side())).collect();
    let ruler = Ruler { baseline: past.ruler.clone(), head: head.ruler.to_vec() };
    let mut results = by_ruler(&cells, comparison::stored(&cells), &ruler).into_iter();
    let confirm = plan.regression.as_ref().map_or(0, |regression| regression.confirm);
    let mut unconfirmed: Vec<String> = Vec::new();
    let regressions = entries
        .iter()
        .zip(&measured)
        .map(|(entry, of)| {
            let result = if of.head.is_empty() { None } else { results.next() };
            let Some(result) = result else {
                return entry.without(Outcome::NotRun, why_not(plan, head.phases, entry).to_owned());
            };
            let mut regression = entry.compared(result, &of.base, &of.head);
            regression.history.clone_from(&of.base);
            regression.runs.clone_from(&of.head);
            regression.creep = creep::of(entry, &creep::Way { anchor: &of.anchor, since: &of.since, head: &of.head });
            if let Some(because) = past.because.as_ref().filter(|_| regression.outcome == Outcome::New) {
                regression.because = format!("{} {because}", regression.because);
            }
            if regression.outcome == Outcome::Failed && of.head.len() < 2 && confirm > 0 {
                regression.outcome = Outcome::Inconclusive;
                regression.because = format!("{} {}", regression.because, alone(plan));
                if unconfirmed.last().is_none_or(|last| last != entry.phase) {
                    unconfirmed.push(entry.phase.to_owned());
                }
            }
            regression
        })
        .collect();
    StoredComparison { regressions, unconfirmed }
}

/// Why one run does not block. `judge` has never more than one, and measures nothing again.
fn alone(plan: &Plan) -> &'static str {
    if plan.foreign.is_some() {
        "It would fail, but `judge` has one run, and one alone does not block unless `regression.confirm` is 0."
    } else {
        "One run of the ladder alone does not block."
    }
}

/// Why a cell has no value.
fn why_not(plan: &Plan, phases: &[PhaseVerdict], entry: &Entry<'_>) -> &'static str {
    match phases.iter().find(|verdict| verdict.name == entry.phase) {
        Some(verdict) if verdict.outcome == Outcome::NotRun => "The phase was not run.",
        Some(verdict) if verdict.outcome == Outcome::Invalid => "The phase is invalid, so nothing of it is compared.",
        Some(verdict) if verdict.cut_short.is_some() => "The phase was not measured whole.",
        Some(verdict) if is_summed_up(plan, entry) && has_moving_failures(verdict) => {
            "The run has no value for it. Locust's times include those of failures, and what these may have moved is not \
             compared."
        }
        _ => "The run has no value for it.",
    }
}

/// Whether a cell is a time that Locust summed up.
fn is_summed_up(plan: &Plan, entry: &Entry<'_>) -> bool {
    let is_time = matches!(entry.compared.metric, Metric::Quantile(_) | Metric::Mean | Metric::Max);
    is_time && plan.foreign.as_ref().is_some_and(|foreign| foreign.tool == Tool::Locust.name())
}

/// Whether requests of a phase failed otherwise than by a timeout.
fn has_moving_failures(verdict: &PhaseVerdict) -> bool {
    let timeouts = FailureKind::Timeout.key();
    verdict.endpoints.iter().any(|row| row.failures > row.errors.get(timeouts).copied().unwrap_or_default())
}

/// The values of one cell on both sides.
struct Measured {
    base: Vec<f64>,
    head: Vec<f64>,
    anchor: Vec<f64>,
    /// The runs after the anchor.
    since: Vec<f64>,
}

impl Measured {
    fn of(plan: &Plan, entry: &Entry<'_>, heads: &[RunValues], past: &Past) -> Self {
        let name = entry.name();
        let values = |runs: &[RunValues]| runs.iter().filter_map(|run| run.get(&name).copied()).collect::<Vec<f64>>();
        let mut base = values(&past.runs);
        let history = plan.regression.as_ref().map_or(usize::MAX, |regression| regression.history);
        base.drain(..base.len().saturating_sub(history));
        let since = values(past.runs.get(past.after_anchor..).unwrap_or_default());
        Self { base, head: values(heads), anchor: values(&past.anchor), since }
    }

    fn side(&self) -> Side {
        let some = |values: &[f64]| values.iter().copied().map(Some).collect();
        Side::Stored { baseline: some(&self.base), head: some(&self.head), anchor: some(&self.anchor) }
    }
}
