//! What a runner can hold: an unchanged app compared with itself, run after run.
//!
//! The same runs are looked at in two ways. **Stored**: so many in a row as a head run and its confirmations are the
//! head, all others the history; each group of them is a comparison that an unchanged build would have had. **Interleaved**:
//! neighbours are a block, and so many blocks as a sitting has are a comparison. Groups and sittings do not overlap, so
//! that each counts once; how many there are is how much is known.
//!
//! A slowdown is put into the heads: every request so much slower makes every percentile, mean and maximum so much larger.

use super::{
    ComparisonMode, Outcome, Regression,
    comparison::deviation,
    regression::{self, Blocks, Head, Past, RunValues},
    statistics::exact,
};
use crate::plan::{Compared, Metric, Plan};

/// Fewer stored runs are never compared (docs/decisions.md section 4).
const FEWEST_STORED: usize = 5;

/// With fewer stored runs a fail needs twice the margin (docs/decisions.md section 4), so that no margin is held.
const ENOUGH_STORED: usize = 10;

/// The slowdowns that are looked for, as factors.
pub const SLOWDOWNS: [f64; 3] = [1.1, 1.2, 1.5];

/// The margins that are tried for ratios, from the finest.
const MARGINS: [f64; 10] = [0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5];

/// A margin is held where a change of so many times the margin is seen.
const WITHIN: f64 = 2.0;

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Runs of the ladder.
    pub runs: usize,
    /// One for each cell of each phase that has numbers.
    pub cells: Vec<CellNoise>,
    /// Against stored runs, or why that is not known.
    pub stored: Result<Holding, String>,
    /// Block by block, or why that is not known.
    pub interleaved: Result<Holding, String>,
}

/// How a cell varies although nothing changed. Deviations are those of logarithms, for rates differences of shares.
#[derive(Debug, Clone, PartialEq)]
pub struct CellNoise {
    /// `light/p95`.
    pub name: String,
    /// Whether it is a rate.
    pub rate: bool,
    /// Runs that have a number.
    pub runs: usize,
    /// From run to run; `None` below two runs.
    pub between_runs: Option<f64>,
    /// Of the difference of two neighbours; `None` below two pairs.
    pub between_neighbours: Option<f64>,
}

/// What comparisons in one mode came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Holding {
    /// Head runs of a group, or blocks of a sitting.
    pub each: usize,
    /// Comparisons of the unchanged app that failed a cell, with the margins of the plan.
    pub false_alarms: Share,
    /// Likewise with each of [`SLOWDOWNS`] in the head.
    pub detected: [Share; SLOWDOWNS.len()],
    /// The finest margin for ratios of which twice would be seen in every such cell, as a share; else why there is none.
    pub margin: Result<f64, String>,
}

/// So many of so many independent comparisons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Those that failed.
    pub count: u64,
    /// All.
    pub of: u64,
    /// At 5 % on each side.
    pub interval: [f64; 2],
}

impl Share {
    /// So many of so many, with their interval.
    pub fn new(count: u64, of: u64) -> Self {
        Self { count, of, interval: exact::interval(count, of) }
    }
}

impl Calibration {
    /// The mode with the finer margin; stored where both are alike, because it needs no second deployment. `None` when
    /// neither holds one.
    pub fn recommended(&self) -> Option<(ComparisonMode, f64)> {
        let margin =
            |mode: &Result<Holding, String>| mode.as_ref().ok().and_then(|holding| holding.margin.clone().ok());
        match (margin(&self.stored), margin(&self.interleaved)) {
            (Some(stored), Some(interleaved)) if interleaved < stored => {
                Some((ComparisonMode::Interleaved, interleaved))
            }
            (Some(stored), _) => Some((ComparisonMode::Stored, stored)),
            (None, Some(interleaved)) => Some((ComparisonMode::Interleaved, interleaved)),
            (None, None) => None,
        }
    }

    /// Whether anything is known.
    pub fn knows_something(&self) -> bool {
        self.stored.is_ok() || self.interleaved.is_ok()
    }
}

/// Looks at runs of an unchanged app, in order of time; `blocks` is how many an interleaved comparison of this plan has.
pub fn calibrate(plan: &Plan, runs: &[RunValues], blocks: usize) -> Calibration {
    Calibration {
        runs: runs.len(),
        cells: cells(plan).filter_map(|(name, compared)| noise(&name, compared, runs)).collect(),
        stored: stored(plan, runs),
        interleaved: interleaved(plan, runs, blocks),
    }
}

fn cells(plan: &Plan) -> impl Iterator<Item = (String, &Compared)> {
    let cells = plan.regression.iter().flat_map(|regression| &regression.cells);
    plan.phases.iter().flat_map(move |phase| {
        cells.clone().map(move |compared| (regression::name(&phase.name, &compared.name), compared))
    })
}

fn noise(name: &str, compared: &Compared, runs: &[RunValues]) -> Option<CellNoise> {
    let score = |value: f64| if compared.is_rate() { value } else { value.ln() };
    let score = |run: &RunValues| run.get(name).map(|value| score(*value)).filter(|score| score.is_finite());
    let scores: Vec<f64> = runs.iter().filter_map(score).collect();
    let differences: Vec<f64> =
        runs.chunks_exact(2).filter_map(|pair| Some(score(&pair[1])? - score(&pair[0])?)).collect();
    let spread = |values: &[f64]| (values.len() > 1).then(|| deviation(values));
    (!scores.is_empty()).then(|| CellNoise {
        name: name.to_owned(),
        rate: compared.is_rate(),
        runs: scores.len(),
        between_runs: spread(&scores),
        between_neighbours: spread(&differences),
    })
}

fn stored(plan: &Plan, runs: &[RunValues]) -> Result<Holding, String> {
    let head = 1 + plan.regression.as_ref().map_or(0, |regression| regression.confirm as usize);
    let needed = FEWEST_STORED + head;
    if runs.len() < needed {
        return Err(format!("it needs {needed} runs ({FEWEST_STORED} stored and {head} of the head)"));
    }
    let groups: Vec<(Vec<RunValues>, Past)> = (0..runs.len() / head)
        .map(|group| {
            let own = group * head..(group + 1) * head;
            let others = runs.iter().enumerate().filter(|(at, _)| !own.contains(at)).map(|(_, run)| run.clone());
            (runs[own.clone()].to_vec(), Past { runs: others.collect(), ..Past::default() })
        })
        .collect();
    let compare = |plan: &Plan, factor: f64| -> Vec<Vec<Regression>> {
        let of = |(heads, past): &(Vec<RunValues>, Past)| {
            let heads: Vec<RunValues> = heads.iter().map(|run| slower(plan, run, factor)).collect();
            regression::against_stored(plan, Head { runs: &heads, ruler: &[], phases: &[] }, past).regressions
        };
        groups.iter().map(of).collect()
    };
    let found = holding(plan, head, &compare)?;
    if runs.len() - head < ENOUGH_STORED {
        let needed = ENOUGH_STORED + head;
        let margin = Err(format!("not known: it needs {needed} runs ({ENOUGH_STORED} stored and {head} of the head)"));
        return Ok(Holding { margin, ..found });
    }
    Ok(found)
}

fn interleaved(plan: &Plan, runs: &[RunValues], blocks: usize) -> Result<Holding, String> {
    if blocks == 0 || runs.len() < 2 * blocks {
        return Err(format!("it needs {} runs ({blocks} blocks of two)", 2 * blocks));
    }
    let compare = |plan: &Plan, factor: f64| -> Vec<Vec<Regression>> {
        let of = |sitting: &[RunValues]| {
            let pair = |(block, pair): (usize, &[RunValues])| {
                // Half of the blocks have the base first, as in a sitting.
                let [base, head] = if block % 2 == 0 { [&pair[0], &pair[1]] } else { [&pair[1], &pair[0]] };
                [base.clone(), slower(plan, head, factor)]
            };
            let blocks: Blocks = sitting.chunks_exact(2).enumerate().map(pair).collect();
            regression::against_deployment(plan, &vec![blocks; plan.phases.len()])
        };
        runs.chunks_exact(2 * blocks).map(of).collect()
    };
    holding(plan, blocks, &compare)
}

/// Tries the plan's own margins with and without a slowdown, then the margins one by one.
///
/// # Errors
/// Nothing could be compared.
fn holding(plan: &Plan, each: usize, compare: &dyn Fn(&Plan, f64) -> Vec<Vec<Regression>>) -> Result<Holding, String> {
    let compared =
        |cell: &Regression| matches!(cell.outcome, Outcome::Passed | Outcome::Failed | Outcome::Inconclusive);
    let compare = |plan: &Plan, factor: f64| -> Vec<Vec<Regression>> {
        // Where no cell was compared nothing was decided, which is no proof of calm.
        compare(plan, factor).into_iter().filter(|cells| cells.iter().any(compared)).collect()
    };
    let failed = |factor: f64| {
        let found = compare(plan, factor);
        let any = |cells: &&Vec<Regression>| cells.iter().any(|cell| cell.outcome == Outcome::Failed);
        Share::new(found.iter().filter(any).count() as u64, found.len() as u64)
    };
    let held = |margin: &f64| {
        let found = compare(&with_margin(plan, *margin), 1.0);
        detectable(&found).is_some_and(|seen| seen <= WITHIN * margin)
    };
    let false_alarms = failed(1.0);
    if false_alarms.of == 0 {
        return Err("no cell has numbers to compare".to_owned());
    }
    let margin = MARGINS.iter().copied().find(held).ok_or_else(|| "none up to 50 %".to_owned());
    Ok(Holding { each, false_alarms, detected: SLOWDOWNS.map(failed), margin })
}

/// The change that would be seen in every cell that is compared by ratio, typical over the comparisons.
fn detectable(found: &[Vec<Regression>]) -> Option<f64> {
    let cells = found.first()?.len();
    let of_cell = |at: usize| {
        let mut seen: Vec<f64> = found
            .iter()
            .filter_map(|regressions| regressions.get(at))
            .filter(|cell| !cell.rate)
            .map(|cell| cell.detectable.unwrap_or(f64::INFINITY))
            .collect();
        seen.sort_by(f64::total_cmp);
        seen.get(seen.len() / 2).copied()
    };
    (0..cells).filter_map(of_cell).reduce(f64::max)
}

/// The plan with this margin on every cell that is compared by ratio.
fn with_margin(plan: &Plan, margin: f64) -> Plan {
    let mut plan = plan.clone();
    for cell in plan.regression.iter_mut().flat_map(|regression| &mut regression.cells) {
        if !cell.is_rate() {
            cell.margin = margin;
        }
    }
    plan
}

/// A run whose requests all take so many times as long. Rates and numbers of requests stay as they are.
fn slower(plan: &Plan, run: &RunValues, factor: f64) -> RunValues {
    let mut run = run.clone();
    for (name, compared) in cells(plan) {
        if matches!(compared.metric, Metric::Quantile(_) | Metric::Mean | Metric::Max)
            && let Some(value) = run.get_mut(&name)
        {
            *value *= factor;
        }
    }
    run
}

#[cfg(test)]
mod tests;
