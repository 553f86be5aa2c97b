//! The checklists of a run: readiness, preflight, the dry run, integrity, cleanup.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{Event, Rehearsed, corridor::Walk, record::result};
use crate::{
    judge::{CheckResult, Interruption, Outcome},
    load,
    plan::{Check, Plan, ScenarioId},
    preflight::{self, Checked, OnFailure, Sent},
};

/// The longest that cleanup may take in all.
const CLEANUP: Duration = Duration::from_secs(10);

/// The longest that cleanup may take when a signal or the deadline ended the run, which is to be over within 5 s.
const HASTY_CLEANUP: Duration = Duration::from_secs(2);

/// Waits for a fresh deployment, if gates.yaml says how (`target.ready`). Otherwise a target that does not even take a
/// connection is not ready either; nothing is sent over that connection.
pub(super) async fn wait_until_ready(walk: &mut Walk<'_>) -> Result<(), Interruption> {
    let Some((path, within)) = &walk.plan.target.ready else {
        let patience = walk.plan.target.timeout;
        if let Err(detail) = walk.stop.or(preflight::reach(&walk.url, patience)).await? {
            let name = "the target can be reached".to_owned();
            tell_preflight(walk, CheckResult { name, outcome: Outcome::Failed, detail, ..at_the_top(&walk.plan) });
        }
        return Ok(());
    };
    let ready = walk.stop.or(preflight::wait_until_ready(&walk.kit.control, path, *within)).await?;
    walk.record.count(ready.sent);
    let (outcome, detail) = match ready.outcome {
        Ok(detail) => (Outcome::Passed, detail),
        Err(detail) => (Outcome::Failed, detail),
    };
    let name = "the target is ready".to_owned();
    tell_preflight(walk, CheckResult { name, outcome, detail, ..at_the_top(&walk.plan) });
    Ok(())
}

/// The checklist before the load; its first failed item ends the run. A target that did not become ready is not asked.
pub(super) async fn preflight(walk: &mut Walk<'_>) -> Result<(), Interruption> {
    if !walk.record.ready() {
        return Ok(());
    }
    let plan = Arc::clone(&walk.plan);
    let (record, listen) = (&mut walk.record, &mut *walk.listen);
    let mut each = |checked: Checked| {
        record.show("preflight", &checked);
        listen(Event::Preflight(result(&checked)));
        record.preflight.push(result(&checked));
    };
    walk.stop.or(preflight::run(&walk.kit, &plan.preflight, OnFailure::End, &mut each)).await
}

/// `--dry-run`: one user passes through each scenario once. A pass that fails stands in the checklist as failed, so that
/// the run is not ready (exit code 3); else it is passed (exit code 0), and every phase is not run.
pub(super) async fn rehearse(walk: &mut Walk<'_>) -> Result<(), Interruption> {
    let plan = Arc::clone(&walk.plan);
    for (scenario, id) in plan.scenarios.iter().zip(0..) {
        let pass = load::once(&plan, ScenarioId(id), &walk.kit.origin, plan.seed);
        let rehearsal = walk.stop.or(pass).await?;
        walk.record.count(Sent { requests: rehearsal.requests, failures: rehearsal.failures });
        let (outcome, detail) = match preflight::describe(&scenario.name, &rehearsal) {
            Ok(detail) => (Outcome::Passed, detail),
            Err(detail) => (Outcome::Failed, detail),
        };
        let place = scenario.login.iter().chain(&scenario.steps).map(|step| &step.place).next();
        let mut shown =
            CheckResult { name: format!("one pass through {}", scenario.name), outcome, detail, ..at_the_top(&plan) };
        if let Some(place) = place {
            shown.line = place.line;
        }
        tell_preflight(walk, shown);
        walk.record.rehearsals.push(Rehearsed { title: format!("scenario {}, one user", scenario.name), rehearsal });
    }
    Ok(())
}

fn tell_preflight(walk: &mut Walk<'_>, shown: CheckResult) {
    (walk.listen)(Event::Preflight(shown.clone()));
    walk.record.preflight.push(shown);
}

/// Whether data was lost or corrupted: every item is looked at.
pub(super) async fn integrity(walk: &mut Walk<'_>) -> Result<(), Interruption> {
    let plan = Arc::clone(&walk.plan);
    let (record, listen) = (&mut walk.record, &mut *walk.listen);
    let mut each = |checked: Checked| {
        record.show("integrity", &checked);
        listen(Event::Integrity(result(&checked)));
        record.integrity.push(result(&checked));
    };
    walk.stop.or(preflight::run(&walk.kit, &plan.integrity, OnFailure::GoOn, &mut each)).await
}

/// What is tidied at every end of the run. It takes 10 s at most, 2 s once the run was asked to end, and changes no
/// outcome.
pub(super) async fn cleanup(walk: &mut Walk<'_>) {
    let plan = Arc::clone(&walk.plan);
    let in_time = {
        let (record, listen) = (&mut walk.record, &mut *walk.listen);
        let mut each = |checked: Checked| {
            record.show("cleanup", &checked);
            listen(Event::Cleanup(result(&checked)));
            record.cleanup.push(result(&checked));
        };
        let work = preflight::run(&walk.kit, &plan.cleanup, OnFailure::GoOn, &mut each);
        let hasty = async {
            walk.stop.asked().await;
            tokio::time::sleep(HASTY_CLEANUP).await;
        };
        tokio::select! {
            done = timeout(CLEANUP, work) => done.is_ok(),
            () = hasty => false,
        }
    };
    if !in_time {
        let done = walk.record.cleanup.len();
        let mut left = not_reached(&plan.cleanup[done..], "not run, because there was no time left for it");
        if let Some(first) = left.first_mut() {
            first.outcome = Outcome::Failed;
            "it was given up, because cleanup took too long; make it faster".clone_into(&mut first.detail);
        }
        for given_up in left {
            (walk.listen)(Event::Cleanup(given_up.clone()));
            walk.record.cleanup.push(given_up);
        }
    }
}

/// Items that were not run, with the reason.
pub(super) fn not_reached(checks: &[Check], why: &str) -> Vec<CheckResult> {
    checks.iter().map(|check| result(&Checked::not_run(check, why))).collect()
}

/// A result without a line of its own in gates.yaml; it stands at the top of the file.
pub(super) fn at_the_top(plan: &Plan) -> CheckResult {
    let file = plan.phases.first().map(|phase| phase.place.file.to_string()).unwrap_or_default();
    CheckResult { name: String::new(), outcome: Outcome::NotRun, detail: String::new(), file, line: 1 }
}
