//! Comparison with stored runs. The noise is between runs: one value per run, requests inside a run are never evidence.

use super::{
    cell::{AnchorResult, Cell, CellResult, FAMILY_ERROR, Scale, Side, deviation, mean},
    holm,
};
use crate::judge::{Outcome, statistics::student};

/// Newest runs of a regime that count.
const HISTORY: usize = 20;
/// Fewer runs make a cell new.
const ENOUGH: usize = 5;
/// Fewer runs make a fail need twice the margin.
const PLENTY: usize = 10;
/// Smallest margin of an anchor: 15 %, against slow creep.
const ANCHOR_MARGIN: f64 = 0.15;
/// Smallest standard deviation between runs, for ratios and for rates.
const FLOOR: (f64, f64) = (0.01, 0.001);

/// Compares cells with their stored runs; one result per cell, in order.
pub fn stored(cells: &[Cell]) -> Vec<CellResult> {
    let prepared: Vec<Result<Prepared, Box<CellResult>>> = cells.iter().map(prepare).collect();
    let comparisons: Vec<&Comparison> =
        prepared.iter().flatten().flat_map(|cell| std::iter::once(&cell.rolling).chain(&cell.anchor)).collect();
    let family = comparisons.len();
    let mut adjusted = holm::adjusted(&comparisons.iter().map(|one| one.p()).collect::<Vec<_>>()).into_iter();
    let mut next = || adjusted.next().unwrap_or(1.0);
    let mut results = Vec::with_capacity(cells.len());
    for (cell, prepared) in cells.iter().zip(prepared) {
        results.push(match prepared {
            Err(result) => *result,
            Ok(Prepared { rolling, anchor }) => {
                let p_adjusted = next();
                let anchor = anchor.map(|anchor| anchor.result(cell, next()));
                rolling.cell_result(cell, p_adjusted, anchor, family)
            }
        });
    }
    results
}

/// A cell whose values can be compared.
struct Prepared {
    rolling: Comparison,
    anchor: Option<Comparison>,
}

/// One comparison of the head with some earlier runs, in scores.
struct Comparison {
    head: Vec<f64>,
    base: Vec<f64>,
    /// Mean of the head less mean of the base.
    difference: f64,
    error: f64,
    degrees: f64,
    threshold: f64,
    /// The number of runs that the rule for few runs looks at.
    runs: usize,
}

fn prepare(cell: &Cell) -> Result<Prepared, Box<CellResult>> {
    let Side::Stored { baseline, head, anchor } = &cell.side else {
        return Err(
            cell.without_comparison(Outcome::Invalid, "The cell has pairs where stored runs belong.".to_owned())
        );
    };
    let unusable = |which: &str| {
        let reason = match cell.scale {
            Scale::Ratio => "a value that is missing, zero or negative",
            Scale::Rate => "a value that is missing",
        };
        cell.without_comparison(Outcome::Invalid, format!("The {which} holds {reason}, so nothing was compared."))
    };
    if head.is_empty() {
        return Err(
            cell.without_comparison(Outcome::Invalid, "The head has no run, so nothing was compared.".to_owned())
        );
    }
    let head = cell.scores(head).ok_or_else(|| unusable("head"))?;
    let base = cell.scores(newest(baseline)).ok_or_else(|| unusable("baseline"))?;
    let anchor = cell.scores(newest(anchor)).ok_or_else(|| unusable("anchor"))?;
    if base.len() < ENOUGH {
        let because = format!("{} baseline runs; a comparison needs {ENOUGH}.", base.len());
        return Err(cell.without_comparison(Outcome::New, because));
    }
    let spread = spread(cell, &base);
    let degrees = base.len() as f64 - 1.0;
    let anchor = (!anchor.is_empty()).then(|| {
        let threshold = cell.threshold(anchor_margin(cell));
        if anchor.len() < ENOUGH {
            Comparison::new(&head, anchor, (spread, degrees), (threshold, base.len()))
        } else {
            let own = (self::spread(cell, &anchor), anchor.len() as f64 - 1.0);
            let runs = anchor.len();
            Comparison::new(&head, anchor, own, (threshold, runs))
        }
    });
    let runs = base.len();
    let rolling = Comparison::new(&head, base, (spread, degrees), (cell.threshold(cell.margin), runs));
    Ok(Prepared { rolling, anchor })
}

/// The runs that count; what stands before them does not, whatever it is.
fn newest(runs: &[Option<f64>]) -> &[Option<f64>] {
    &runs[runs.len().saturating_sub(HISTORY)..]
}

fn spread(cell: &Cell, runs: &[f64]) -> f64 {
    let floor = if cell.scale == Scale::Ratio { FLOOR.0 } else { FLOOR.1 };
    deviation(runs).max(floor)
}

/// The margin of the comparison with the anchor.
pub(in crate::judge) fn anchor_margin(cell: &Cell) -> f64 {
    match cell.scale {
        Scale::Ratio => cell.margin.max(ANCHOR_MARGIN),
        // A rate has its own margin in percentage points; 15 of them would be no guard at all.
        Scale::Rate => cell.margin,
    }
}

impl Comparison {
    fn new(head: &[f64], base: Vec<f64>, (spread, degrees): (f64, f64), (threshold, runs): (f64, usize)) -> Self {
        let error = spread * (1.0 / head.len() as f64 + 1.0 / base.len() as f64).sqrt();
        Self { difference: mean(head) - mean(&base), head: head.to_vec(), base, error, degrees, threshold, runs }
    }

    /// One-sided p of "not worse".
    fn p(&self) -> f64 {
        student::upper(self.difference / self.error, self.degrees)
    }

    /// Half the width of the interval.
    fn reach(&self) -> f64 {
        student::quantile(0.95, self.degrees) * self.error
    }

    fn outcome(&self, p_adjusted: f64) -> Outcome {
        let (low, high) = (self.difference - self.reach(), self.difference + self.reach());
        if high < self.threshold {
            Outcome::Passed
        } else if p_adjusted <= FAMILY_ERROR && low > self.threshold && self.enough() && self.each_head_is_worse() {
            Outcome::Failed
        } else {
            Outcome::Inconclusive
        }
    }

    /// With fewer than ten runs a fail needs more than twice the margin.
    fn enough(&self) -> bool {
        self.runs >= PLENTY || self.difference > 2.0 * self.threshold
    }

    /// With two or more head runs each must by itself be worse than all but a quarter of the earlier runs, so that one
    /// outlier among them does not carry the rest.
    fn each_head_is_worse(&self) -> bool {
        let needed = self.base.len() - self.base.len() / 4;
        let beaten = |head: f64| self.base.iter().filter(|base| head > **base).count();
        self.head.len() < 2 || self.head.iter().all(|head| beaten(*head) >= needed)
    }

    /// The smallest change that would have failed with 80 % power, in a family of so many comparisons.
    fn detectable(&self, cell: &Cell, family: usize) -> Option<f64> {
        let power = student::quantile(0.80, self.degrees);
        let critical = student::upper_quantile(FAMILY_ERROR / family as f64, self.degrees);
        let margin = self.threshold + (student::quantile(0.95, self.degrees) + power) * self.error;
        let mut needed = margin.max((critical + power) * self.error);
        if self.runs < PLENTY {
            needed = needed.max(2.0 * self.threshold + power * self.error);
        }
        cell.change(needed)
    }

    fn result(&self, cell: &Cell, p_adjusted: f64) -> AnchorResult {
        AnchorResult {
            outcome: self.outcome(p_adjusted),
            change: cell.change(self.difference),
            interval: cell.interval(self.difference, self.reach()),
            p_adjusted,
        }
    }

    fn cell_result(&self, cell: &Cell, p_adjusted: f64, anchor: Option<AnchorResult>, family: usize) -> CellResult {
        let own = self.outcome(p_adjusted);
        let crept = anchor.is_some_and(|anchor| anchor.outcome == Outcome::Failed);
        let outcome = if crept { Outcome::Failed } else { own };
        CellResult {
            name: cell.name.clone(),
            outcome,
            change: cell.change(self.difference),
            interval: cell.interval(self.difference, self.reach()),
            p_adjusted: Some(p_adjusted),
            detectable: self.detectable(cell, family),
            because: self.because(cell, own, anchor.filter(|_| crept)),
            anchor,
        }
    }

    fn because(&self, cell: &Cell, outcome: Outcome, crept: Option<AnchorResult>) -> String {
        let margin = cell.words(cell.margin);
        let runs = format!("{} head and {} baseline runs", self.head.len(), self.base.len());
        if let Some(change) = crept.filter(|_| outcome != Outcome::Failed).and_then(|anchor| anchor.change) {
            let margin = cell.words(anchor_margin(cell));
            return format!(
                "It crept by {} since the anchor, beyond {margin}, in steps too small to be seen one by one.",
                cell.words(change)
            );
        }
        match outcome {
            Outcome::Passed => format!("The whole interval lies below the margin of {margin} ({runs})."),
            Outcome::Failed => format!("The whole interval lies above the margin of {margin} ({runs})."),
            _ if self.difference - self.reach() <= self.threshold => {
                format!("The interval holds the margin of {margin}, so {runs} do not decide.")
            }
            _ if !self.enough() => {
                format!(
                    "It is beyond the margin of {margin}, but with fewer than {PLENTY} runs a fail needs twice the margin."
                )
            }
            _ if !self.each_head_is_worse() => {
                format!(
                    "It is beyond the margin of {margin}, but not each head run by itself is worse than the baseline runs."
                )
            }
            _ => format!(
                "It is beyond the margin of {margin}, but among so many comparisons chance may do that ({runs})."
            ),
        }
    }
}
