//! What a comparison with stored runs could see, before anything is measured.

use super::{Head, Past, RunValues, against_stored};
use crate::{judge::Regression, plan::Plan};

/// Each cell of the plan as one run of the ladder would be compared that is like its stored runs: `base`, `history` and
/// `detectable` say what could be seen, the rest says nothing of any run. A cell with fewer than five stored runs has no
/// `detectable`.
pub fn outlook(plan: &Plan, past: &Past) -> Vec<Regression> {
    // How small a change can be seen depends on the stored runs alone, not on the run's own values.
    let typical = past.runs.iter().fold(RunValues::new(), |mut newest, run| {
        newest.extend(run.clone());
        newest
    });
    against_stored(plan, Head { runs: &[typical], ruler: &[], phases: &[] }, past).regressions
}
