//! The selftest: whether every criterion, band and comparison of a file can fail, on the file's own target.
//!
//! [`selftest`] goes through the preflight checklist, then drives the target for a few seconds with a few users, once for
//! all phases that use the same data in the same way, and keeps every request and reading. Nothing else is sent. Then
//! each criterion is judged by itself, three times, by the judge of a real run: on what was recorded, where it must not
//! fail; with a fault put between client or monitor and measurement, where it must fail and its phase with it; and on
//! nothing at all, where it must not pass. Bands and comparisons likewise.
//!
//! What this does not show is whether a limit is a good one: only that it is looked at, and what happens beyond it.

mod bands;
mod bench;
mod comparisons;
mod criteria;
mod fault;
mod proof;
mod record;

pub use proof::{Proof, Proven, Recorded, Selftest};

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use self::{
    bench::{Bench, Recording},
    comparisons::Measured,
};
use super::{
    Event, GateError, Setup,
    apps::{self, Apps},
    checks,
    corridor::{self, Walk},
    record::Record,
};
use crate::{
    judge::{
        self, CheckResult, Interruption, Outcome, PhaseEvidence, PhaseVerdict, Regression,
        regression::{self, Head, Past, StoredComparison},
    },
    load,
    plan::{Pacing, Plan, Scenario},
};

/// The least that a user pauses between two iterations, drawn up to [`LONGER_PAUSE`].
const SHORTEST_PAUSE: Duration = Duration::from_millis(150);
const LONGER_PAUSE: Duration = Duration::from_millis(250);

/// Who decides. A selftest asks the judge of a run; one that asked another would prove nothing about it.
#[derive(Debug, Clone, Copy)]
pub struct Judges {
    /// On a phase.
    pub phase: fn(PhaseEvidence<'_>) -> PhaseVerdict,
    /// On the cells against stored runs.
    pub stored: fn(&Plan, Head<'_>, &Past) -> StoredComparison,
    /// On the cells against a second deployment.
    pub interleaved: fn(&Plan, &[regression::Blocks]) -> Vec<Regression>,
}

impl Default for Judges {
    /// Those of a run.
    fn default() -> Self {
        Self { phase: judge::phase, stored: regression::against_stored, interleaved: regression::against_deployment }
    }
}

/// Walks through a selftest and says in [`Event`]s how it goes.
///
/// # Errors
/// The target cannot be used as gates.yaml describes it; nothing was sent then.
pub async fn selftest(setup: Setup, judges: &Judges, listen: &mut dyn FnMut(Event)) -> Result<Selftest, GateError> {
    let plan = Arc::new(with_every_scenario(&setup.plan));
    let stop = corridor::stop(&setup);
    let mut result = Selftest { target: corridor::target_name(&plan), ..Selftest::default() };
    let (url, staging) = match corridor::stage(&setup, &stop).await {
        Ok(Ok(found)) => found,
        Ok(Err(detail)) => {
            let name = "the built-in staging app comes up".to_owned();
            let failed = CheckResult { name, outcome: Outcome::Failed, detail, ..checks::at_the_top(&plan) };
            listen(Event::Preflight(failed.clone()));
            result.preflight.push(failed);
            return Ok(result);
        }
        Err(why) => return Ok(Selftest { interruption: Some(why), ..result }),
    };
    let kit = corridor::kit(&setup, &plan, &url)?;
    let workers = setup.workers.unwrap_or_else(|| load::default_workers(&kit.origin));
    let record = Record::begin(result.target.clone(), Vec::new());
    let apps = Apps::of(&setup);
    let mut walk = Walk { plan, kit, url, workers, stop, record, next_index: 0, reads_ruler: false, apps, listen };
    if staging.is_some() {
        result.target = format!("demo at {}", corridor::shown(&walk.url));
    }
    let measured = Box::pin(load::caught(measure(&mut walk, &mut result))).await;
    match measured.unwrap_or_else(|defect| Err(Interruption::Defect(defect.to_string()))) {
        Ok(recordings) => result.proofs = prove(&setup.plan, &recordings, judges),
        Err(why) => result.interruption = Some(why),
    }
    checks::cleanup(&mut walk).await;
    apps::stop(&mut walk, result.interruption.as_ref()).await;
    result.requests = walk.record.sent();
    result.preflight = walk.record.preflight;
    if let Some(staging) = staging {
        staging.stop().await;
    }
    Ok(result)
}

/// The plan with the same share of users for each scenario, because a few users would leave out those of little weight,
/// and with a pause for each user, because one that never pauses sends thousands of requests a second.
fn with_every_scenario(plan: &Plan) -> Plan {
    let alike = |scenario: &Scenario| Scenario { weight: 1, pacing: calm(scenario.pacing), ..scenario.clone() };
    Plan { scenarios: plan.scenarios.iter().map(alike).collect(), ..plan.clone() }
}

/// The same pauses, but not shorter than [`SHORTEST_PAUSE`].
fn calm(pacing: Pacing) -> Pacing {
    match pacing {
        Pacing::Think { low, high } => Pacing::Think { low: low.max(SHORTEST_PAUSE), high: high.max(LONGER_PAUSE) },
        Pacing::Pace(pace) => Pacing::Pace(pace.max(LONGER_PAUSE)),
    }
}

/// The recordings, by phase of the plan; none when the target is not ready or a load could not be recorded.
async fn measure(walk: &mut Walk<'_>, result: &mut Selftest) -> Result<Vec<Arc<Recording>>, Interruption> {
    let loads = record::loads(&walk.plan);
    (walk.listen)(record::begins(&walk.plan, &result.target, &loads));
    apps::start(walk).await?;
    checks::wait_until_ready(walk, None).await?;
    checks::preflight(walk).await?;
    if !walk.record.ready() {
        return Ok(Vec::new());
    }
    let mut recordings: Vec<Option<Arc<Recording>>> = vec![None; walk.plan.phases.len()];
    for (load, index) in loads.iter().zip(0..) {
        match record::record(walk, load, index).await? {
            Ok((recording, recorded)) => {
                let recording = Arc::new(recording);
                for phase in &load.phases {
                    recordings[*phase] = Some(Arc::clone(&recording));
                }
                result.recordings.push(recorded);
            }
            Err(trouble) => {
                result.trouble = Some(trouble);
                return Ok(Vec::new());
            }
        }
    }
    Ok(recordings.into_iter().flatten().collect())
}

/// Every proof: the criteria phase by phase, then the bands, then the comparisons.
fn prove(plan: &Plan, recordings: &[Arc<Recording>], judges: &Judges) -> Vec<Proof> {
    let benches =
        || plan.phases.iter().zip(recordings).map(|(phase, recording)| Bench { plan, phase, recording, judges });
    let mut proofs: Vec<Proof> = benches()
        .flat_map(|bench| bench.phase.criteria.iter().flat_map(|one| criteria::prove(&bench, one)).collect::<Vec<_>>())
        .collect();
    proofs.extend(benches().next().iter().flat_map(bands::prove));
    if let Some(regression) = &plan.regression {
        let measured: Vec<Measured<'_>> = benches().map(Measured::of).collect();
        proofs.extend(comparisons::prove(regression, &measured));
    }
    proofs
}
