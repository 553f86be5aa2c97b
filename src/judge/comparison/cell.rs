//! A cell: one metric of one phase, with its values on both sides, and what came of comparing them.

use serde::{Deserialize, Serialize};

use crate::judge::Outcome;

/// Family-wise error rate: a comparison fails at an adjusted p of at most this.
pub(super) const FAMILY_ERROR: f64 = 0.01;

/// One metric of one phase or endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its name: `light/p95`.
    pub name: String,
    /// Which direction is worse.
    pub worse: Worse,
    /// How values are compared.
    pub scale: Scale,
    /// The smallest worsening worth blocking: a share for ratios (0.1 is 10 %), percentage points as a share of 1 for rates.
    pub margin: f64,
    /// The values.
    pub side: Side,
}

/// The direction that is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worse {
    /// Times.
    Higher,
    /// Throughput, success rates.
    Lower,
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// By their logarithms: times, throughput, sizes.
    Ratio,
    /// By their difference: success and error rates, as shares of 1.
    Rate,
}

/// The values of both sides; `None` is a run that has no number.
#[derive(Debug, Clone, PartialEq)]
pub enum Side {
    /// One value per run, oldest first.
    Stored {
        /// Runs of the base branch; the last 20 count.
        baseline: Vec<Option<f64>>,
        /// Runs of the head.
        head: Vec<Option<f64>>,
        /// The first runs of the regime; empty where there is no anchor. The last 20 count.
        anchor: Vec<Option<f64>>,
    },
    /// One pair (base, head) per block.
    Interleaved {
        /// In order of time.
        pairs: Vec<[Option<f64>; 2]>,
    },
}

/// What came of a cell's comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct CellResult {
    /// The cell's name.
    pub name: String,
    /// passed, failed, inconclusive, new or invalid.
    pub outcome: Outcome,
    /// Positive is worse: a ratio less one, for rates a difference. Null for new and invalid cells.
    pub change: Option<f64>,
    /// Its interval, at 5 % on each side.
    pub interval: Option<[f64; 2]>,
    /// Adjusted over the family.
    pub p_adjusted: Option<f64>,
    /// The smallest change that this comparison would have failed with 80 % power.
    pub detectable: Option<f64>,
    /// The reason, in one sentence.
    pub because: String,
    /// The comparison with the first runs of the regime, where there are any.
    pub anchor: Option<AnchorResult>,
}

/// What came of the comparison with the first runs of the regime.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AnchorResult {
    /// passed, failed or inconclusive.
    pub outcome: Outcome,
    /// As [`CellResult::change`].
    pub change: Option<f64>,
    /// As [`CellResult::interval`].
    pub interval: Option<[f64; 2]>,
    /// Adjusted over the family.
    pub p_adjusted: f64,
}

/// The outcome of several cells: failed > invalid > inconclusive (new counts as inconclusive) > passed.
pub fn outcome(cells: &[CellResult]) -> Outcome {
    let any = |outcome| cells.iter().any(|cell| cell.outcome == outcome);
    if any(Outcome::Failed) {
        Outcome::Failed
    } else if any(Outcome::Invalid) {
        Outcome::Invalid
    } else if any(Outcome::Inconclusive) || any(Outcome::New) || cells.is_empty() {
        Outcome::Inconclusive
    } else {
        Outcome::Passed
    }
}

impl Cell {
    /// The value on the scale where differences are compared and larger is worse; `None` where it is no number, or for
    /// ratios not above zero.
    pub(in crate::judge) fn score(&self, value: Option<f64>) -> Option<f64> {
        let value = value.filter(|value| value.is_finite())?;
        let score = match self.scale {
            Scale::Ratio if value > 0.0 => value.ln(),
            Scale::Ratio => return None,
            Scale::Rate => value,
        };
        Some(if self.worse == Worse::Higher { score } else { -score })
    }

    /// The scores of all values; `None` when one has none.
    pub(super) fn scores(&self, values: &[Option<f64>]) -> Option<Vec<f64>> {
        values.iter().map(|value| self.score(*value)).collect()
    }

    /// A margin as a difference of scores.
    pub(super) fn threshold(&self, margin: f64) -> f64 {
        match self.scale {
            Scale::Ratio => margin.ln_1p(),
            Scale::Rate => margin,
        }
    }

    /// A difference of scores as a change; `None` beyond a 64-bit float.
    pub(in crate::judge) fn change(&self, difference: f64) -> Option<f64> {
        let change = match self.scale {
            Scale::Ratio => difference.exp_m1(),
            Scale::Rate => difference,
        };
        change.is_finite().then_some(change)
    }

    /// An interval of scores as an interval of changes.
    pub(super) fn interval(&self, centre: f64, reach: f64) -> Option<[f64; 2]> {
        Some([self.change(centre - reach)?, self.change(centre + reach)?])
    }

    /// A change in words: `+12.3 %`, for rates `+1.2 percentage points`.
    pub(super) fn words(&self, change: f64) -> String {
        match self.scale {
            Scale::Ratio => format!("{:+.1} %", change * 100.0),
            Scale::Rate => format!("{:+.2} percentage points", change * 100.0),
        }
    }

    /// A result that compared nothing.
    pub(super) fn without_comparison(&self, outcome: Outcome, because: String) -> Box<CellResult> {
        Box::new(CellResult {
            name: self.name.clone(),
            outcome,
            change: None,
            interval: None,
            p_adjusted: None,
            detectable: None,
            because,
            anchor: None,
        })
    }
}

/// Mean of a non-empty list.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard deviation of at least two values, divisor n - 1.
pub(in crate::judge) fn deviation(values: &[f64]) -> f64 {
    let centre = mean(values);
    (values.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)).sqrt()
}
