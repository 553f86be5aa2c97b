//! Known regressions: which comparisons do not block for a while, and which block all the same.

use serde::{Deserialize, Serialize};

use super::{Outcome, Regression, regression};
use crate::{
    plan::{self, Plan},
    units::number,
};

/// A waiver that is active, as every report lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiver {
    /// Phase and cell: `light/p95(chart data)`.
    pub cell: String,
    /// The change from which on the cell blocks all the same, a share of 1; percentage points for rates.
    pub ceiling: f64,
    /// Whether the cell is a rate.
    #[serde(default)]
    pub rate: bool,
    /// Why it is accepted for now.
    pub reason: String,
    /// Who sees to it.
    pub owner: String,
    /// The last day on which it holds, in UTC: `2027-01-31`.
    pub expires: String,
    /// Days until then; 0 on the last.
    pub days_left: i64,
    /// The file of its line, as the user named it.
    pub file: String,
    /// Its line in that file.
    pub line: u32,
}

/// Why a failed comparison does not block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waived {
    /// The change from which on it would.
    pub ceiling: f64,
    /// Why it is accepted for now.
    pub reason: String,
    /// Who sees to it.
    pub owner: String,
    /// The last day, in UTC.
    pub expires: String,
}

/// The waivers of a plan.
pub(super) fn active(plan: &Plan) -> Vec<Waiver> {
    let waivers = plan.regression.iter().flat_map(|regression| &regression.waivers);
    let listed = |waiver: &plan::Waiver| Waiver {
        cell: waiver.cell.clone(),
        ceiling: waiver.ceiling,
        rate: waiver.rate,
        reason: waiver.reason.clone(),
        owner: waiver.owner.clone(),
        expires: waiver.expires.to_string(),
        days_left: waiver.days_left,
        file: waiver.place.file.to_string(),
        line: waiver.place.line,
    };
    waivers.map(listed).collect()
}

/// Marks the failed comparisons that are waived. Their outcome stays: it says what was seen.
///
/// A change of exactly the ceiling is beyond it. Where the anchor failed the cell, its change counts too: a waiver is no
/// way to creep past its ceiling. A failed comparison without a change is never waived.
pub(super) fn waive(regressions: &mut [Regression], plan: &Plan) {
    let Some(settings) = &plan.regression else { return };
    for one in regressions.iter_mut().filter(|one| one.outcome == Outcome::Failed) {
        let name = regression::name(&one.phase, &one.cell);
        let Some(waiver) = settings.waivers.iter().find(|waiver| waiver.cell == name) else { continue };
        let ceiling = waiver.ceiling_in_words();
        match worst(one) {
            Some(change) if change < waiver.ceiling => {
                one.because = format!(
                    "{} It does not block: waived below {ceiling} until {} ({}: {}).",
                    one.because, waiver.expires, waiver.owner, waiver.reason
                );
                one.waived = Some(Waived {
                    ceiling: waiver.ceiling,
                    reason: waiver.reason.clone(),
                    owner: waiver.owner.clone(),
                    expires: waiver.expires.to_string(),
                });
            }
            _ => one.because = format!("{} It blocks although it is waived: the ceiling is {ceiling}.", one.because),
        }
    }
}

/// The largest change that speaks against the cell.
fn worst(regression: &Regression) -> Option<f64> {
    let anchor = regression.anchor.as_ref().filter(|anchor| anchor.outcome == Outcome::Failed);
    match anchor {
        None => regression.change,
        // An anchor that fails the cell by an unknown change is beyond every ceiling.
        Some(anchor) => Some(anchor.change?.max(regression.change?)),
    }
}

impl plan::Waiver {
    fn ceiling_in_words(&self) -> String {
        ceiling(self.ceiling, self.rate)
    }
}

impl Waiver {
    /// `+25 %`, or for rates `2 percentage points`.
    pub fn ceiling_in_words(&self) -> String {
        ceiling(self.ceiling, self.rate)
    }
}

fn ceiling(ceiling: f64, rate: bool) -> String {
    if rate {
        format!("{} percentage points", number::plain(ceiling * 100.0))
    } else {
        format!("+{}", number::share(ceiling))
    }
}

impl Regression {
    /// What it means for its run: a failed comparison that is waived only warns.
    pub fn counts_as(&self) -> Outcome {
        if self.waived.is_some() && self.outcome == Outcome::Failed { Outcome::Warned } else { self.outcome }
    }
}
