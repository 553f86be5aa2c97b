//! The checklists of a run: readiness, preflight, the dry run, integrity, cleanup.

use std::{future::pending, sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};
use url::Url;

use super::{
    Event, Rehearsed,
    corridor::{Walk, shown},
    interleaved::Base,
    record::result,
    started::Side,
};
use crate::{
    client::control::Control,
    judge::{CheckResult, Interruption, Outcome},
    load,
    plan::{Check, Plan, ScenarioId},
    preflight::{self, Checked, OnFailure, Readiness, Sent},
};

/// How long an app that the gate started may take until it takes a connection, where there is no `target.ready`.
const STARTED: Duration = Duration::from_secs(60);

/// How long a wait is silent.
const SILENT: Duration = Duration::from_secs(2);

/// The longest that cleanup may take in all.
const CLEANUP: Duration = Duration::from_secs(10);

/// The longest that cleanup may take when a signal or the deadline ended the run, which is to be over within 5 s.
const HASTY_CLEANUP: Duration = Duration::from_secs(2);

/// Waits for fresh deployments, if gates.yaml says how (`target.ready`). Otherwise one that the gate started has a minute to
/// take a connection, and one that does not even take a connection is not ready either; nothing is sent over it.
pub(super) async fn wait_until_ready(walk: &mut Walk<'_>, base: Option<&Base>) -> Result<(), Interruption> {
    let target = (Side::Target, walk.url.clone(), walk.kit.control.clone());
    let base = base.map(|base| (Side::Base, base.url.clone(), base.kit.control.clone()));
    for (side, url, control) in [target].into_iter().chain(base) {
        if walk.record.ready() {
            one_until_ready(walk, side, (&url, &control)).await?;
        }
    }
    Ok(())
}

async fn one_until_ready(
    walk: &mut Walk<'_>,
    side: Side,
    (url, control): (&Url, &Control),
) -> Result<(), Interruption> {
    let plan = Arc::clone(&walk.plan);
    let Walk { apps, stop, listen, .. } = &mut *walk;
    let started = apps.running(side);
    let awaited = awaited(&plan, url, started.is_some());
    let told = async {
        sleep(SILENT).await;
        listen(awaited);
        pending().await
    };
    let waiting = async {
        match (&plan.target.ready, started) {
            (Some((path, within)), _) => preflight::wait_until_ready(control, path, *within).await,
            (None, Some(_)) => preflight::wait_until_reached(url, STARTED).await,
            (None, None) => Readiness {
                outcome: {
                    let address = url.host_str().and_then(|host| plan.target.resolved(host));
                    let reached = match &plan.target.proxy {
                        // Only it knows the way to the target.
                        Some(proxy) => preflight::reach(proxy, None, plan.target.timeout)
                            .await
                            .map_err(|why| format!("its proxy (`target.proxy`) does not answer: {why}")),
                        None => preflight::reach(url, address, plan.target.timeout).await,
                    };
                    reached.map(|()| String::new())
                },
                sent: Sent::default(),
            },
        }
    };
    let gave_up = async {
        match started {
            Some(app) => app.gave_up().await,
            None => pending().await,
        }
    };
    let seen = async {
        tokio::select! {
            biased;
            detail = gave_up => Readiness { outcome: Err(detail), sent: Sent::default() },
            ready = waiting => ready,
            ready = told => ready,
        }
    };
    let Readiness { outcome, sent } = stop.or(seen).await?;
    walk.record.count(sent);
    let (outcome, detail) = match outcome {
        // Nobody asked for this, and nothing is wrong.
        Ok(detail) if detail.is_empty() => return Ok(()),
        Ok(detail) => (Outcome::Passed, detail),
        Err(detail) => (Outcome::Failed, detail),
    };
    let who = if side == Side::Target { "the target" } else { "the base" };
    let what = if plan.target.ready.is_some() { "is ready" } else { "can be reached" };
    tell_preflight(walk, CheckResult { name: format!("{who} {what}"), outcome, detail, ..at_the_top(&plan) });
    Ok(())
}

/// What a deployment at this address is waited for.
fn awaited(plan: &Plan, url: &Url, was_started: bool) -> Event {
    let address = shown(url);
    let (what, within) = match &plan.target.ready {
        Some((path, within)) if path.starts_with('/') => (format!("{address}{path} to be ready"), *within),
        Some((path, within)) => (format!("{path} to be ready"), *within),
        None => (format!("{address} to take a connection"), if was_started { STARTED } else { plan.target.timeout }),
    };
    Event::Waiting { what, within }
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
/// the run is not ready (exit code 3); else it is passed, or warned where the user seems not to be logged in (exit code 0),
/// and every phase is not run.
pub(super) async fn rehearse(walk: &mut Walk<'_>) -> Result<(), Interruption> {
    let plan = Arc::clone(&walk.plan);
    for (scenario, id) in plan.scenarios.iter().zip(0..) {
        let pass = load::once(&plan, ScenarioId(id), &walk.kit.origin, plan.seed);
        let rehearsal = walk.stop.or(pass).await?;
        walk.record.count(Sent { requests: rehearsal.requests, failures: rehearsal.failures });
        let (outcome, detail) = match preflight::describe(&scenario.name, &rehearsal) {
            Ok(detail) if rehearsal.doubt.is_some() => (Outcome::Warned, detail),
            Ok(detail) => (Outcome::Passed, detail),
            Err(detail) => (Outcome::Failed, detail),
        };
        let place = scenario.login.iter().chain(&scenario.steps).map(|step| &step.place).next();
        let mut told =
            CheckResult { name: format!("one pass through {}", scenario.name), outcome, detail, ..at_the_top(&plan) };
        if let Some(place) = place {
            told.line = place.line;
        }
        tell_preflight(walk, told);
        walk.record.rehearsals.push(Rehearsed { title: format!("scenario {}, one user", scenario.name), rehearsal });
    }
    Ok(())
}

/// After users of a load could not log in: whether one user alone can, in exchanges that show why not. Nothing but the
/// login is carried out.
pub(super) async fn look_at_logins(walk: &mut Walk<'_>) -> Result<(), Interruption> {
    let plan = Arc::clone(&walk.plan);
    for (scenario, id) in plan.scenarios.iter().zip(0_u32..).filter(|(scenario, _)| !scenario.login.is_empty()) {
        let login = load::log_in(&plan, ScenarioId(id), &walk.kit.origin, plan.seed);
        let rehearsal = walk.stop.or(login).await?;
        walk.record.count(Sent { requests: rehearsal.requests, failures: rehearsal.failures });
        if !rehearsal.passed() {
            let title = format!("login of {}, one user after the phase", scenario.name);
            walk.record.rehearsals.push(Rehearsed { title, rehearsal });
        }
    }
    Ok(())
}

pub(super) fn tell_preflight(walk: &mut Walk<'_>, shown: CheckResult) {
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
            sleep(HASTY_CLEANUP).await;
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
