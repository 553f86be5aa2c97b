//! The way from the target to the verdict: ready, preflight, ladder, recovery, integrity, cleanup.

use std::sync::Arc;

use tokio::time::Instant;
use url::Url;

use super::{
    Against, Event, Finished, GateError, Setup, Stop,
    apps::{self, Apps},
    checks, confirm,
    interleaved::{self, Base},
    ladder,
    record::Record,
    recovery,
    staging::Staging,
};
use crate::{
    client::{Origin, control::Control},
    judge::{CheckResult, DEMO, Extent, Interruption, Outcome},
    load::{self, attempt, caught},
    monitor::Gauges,
    plan::Plan,
    preflight::Kit,
};

/// A run on its way: what it works with, what happened so far, and who listens.
pub(super) struct Walk<'a> {
    pub(super) plan: Arc<Plan>,
    pub(super) kit: Kit,
    pub(super) url: Url,
    pub(super) workers: usize,
    pub(super) stop: Stop,
    pub(super) record: Record,
    /// The index of a load behind the ladder: part of its users' seeds, so that no two loads draw the same.
    pub(super) next_index: u32,
    pub(super) reads_ruler: bool,
    /// What was started for the run.
    pub(super) apps: Apps,
    pub(super) listen: &'a mut dyn FnMut(Event),
}

/// Walks the whole corridor and says in [`Event`]s how it goes.
///
/// Nothing that the app does, and nothing that a signal does, is an error: it stands in the verdict. So does a panic on the
/// way, of a worker or of the listener too: what was finished before it stays, and what is left to tidy is tidied.
///
/// # Errors
/// The target cannot be used as gates.yaml describes it; nothing was sent then.
pub async fn run(setup: Setup, listen: &mut dyn FnMut(Event)) -> Result<Finished, GateError> {
    let listen = &mut trusted(listen);
    let plan = Arc::clone(&setup.plan);
    let stop = stop(&setup);
    let record = Record::begin(target_name(&plan), notes(&setup));
    let (url, staging) = match stage(&setup, &stop).await {
        Ok(Ok(found)) => found,
        Ok(Err(sentence)) => return Ok(nowhere(&setup, record, Err(sentence), listen)),
        Err(why) => return Ok(nowhere(&setup, record, Ok(why), listen)),
    };
    let kit = kit(&setup, &plan, &url)?;
    let base = match &setup.against {
        Some(Against::Deployment(base)) => Some(Base::new(&kit, &base.url)?),
        _ => None,
    };
    let workers = setup.workers.unwrap_or_else(|| load::default_workers(&kit.origin));
    let apps = Apps::of(&setup);
    let reads_ruler = setup.reads_ruler;
    let mut walk = Walk { plan, kit, url, workers, stop, record, next_index: 0, reads_ruler, apps, listen };
    let way = async {
        walk.announce(&setup, staging.is_some());
        walk.corridor(&setup, base.as_ref()).await
    };
    // It holds two loads at a time.
    match caught(Box::pin(way)).await {
        Ok(ended) => walk.record.interruption = ended.err(),
        Err(defect) => walk.record.broke(&defect),
    }
    tidy(&mut walk, staging).await;
    let finished = walk.record.conclude(&setup.closing());
    tell_the_end(&finished, listen);
    Ok(finished)
}

/// Cleans up and ends what was started, each whatever became of the other.
async fn tidy(walk: &mut Walk<'_>, staging: Option<Staging>) {
    if let Err(defect) = caught(checks::cleanup(walk)).await {
        let done = walk.record.cleanup.len();
        let left = checks::not_reached(&walk.plan.cleanup[done..], "not done, because stagegate itself broke");
        walk.record.cleanup.extend(left);
        walk.record.broke(&defect);
    }
    let interrupted = walk.record.interruption.clone();
    if let Err(defect) = caught(apps::stop(walk, interrupted.as_ref())).await {
        walk.record.broke(&defect);
    }
    if let Some(staging) = staging {
        staging.stop().await;
    }
}

/// The last event. Once there is a verdict, no listener takes it away.
fn tell_the_end(finished: &Finished, listen: &mut dyn FnMut(Event)) {
    let _told = attempt(|| listen(Event::Finished(Box::new(finished.verdict.clone()))));
}

/// A listener that is not asked again once it has panicked: what is left to do is done without it.
fn trusted(listen: &mut dyn FnMut(Event)) -> impl FnMut(Event) {
    let mut broke = false;
    move |event| {
        if !broke {
            broke = true;
            listen(event);
            broke = false;
        }
    }
}

/// What ends it: a signal, or the deadline from now on.
pub(super) fn stop(setup: &Setup) -> Stop {
    setup.stop.clone().by(setup.plan.deadline.and_then(|deadline| Instant::now().checked_add(deadline)))
}

/// The target's address, and the built-in staging app where that is the target; the inner error says why it did not come
/// up.
pub(super) async fn stage(setup: &Setup, stop: &Stop) -> Result<Result<(Url, Option<Staging>), String>, Interruption> {
    if let Some(url) = setup.plan.target.url.clone() {
        return Ok(Ok((url, None)));
    }
    let started = stop.or(Staging::start(&setup.binary, &setup.plan.commit)).await?;
    Ok(started.map(|staging| (staging.url().clone(), Some(staging))))
}

/// What the target is asked with.
pub(super) fn kit(setup: &Setup, plan: &Arc<Plan>, url: &Url) -> Result<Kit, GateError> {
    Ok(Kit {
        control: Control::new(&plan.target, url)?,
        gauges: Gauges::new(plan),
        plan: Arc::clone(plan),
        secrets: Arc::clone(&setup.secrets),
        origin: Arc::new(Origin::new(&plan.target, url)?),
    })
}

impl Walk<'_> {
    /// Everything between the start and the cleanup; `Err` when the run was ended on the way.
    async fn corridor(&mut self, setup: &Setup, base: Option<&Base>) -> Result<(), Interruption> {
        apps::start(self).await?;
        checks::wait_until_ready(self, base).await?;
        checks::preflight(self).await?;
        if !self.record.ready() {
            return Ok(());
        }
        if setup.extent == Extent::DryRun {
            return checks::rehearse(self).await;
        }
        let mut climbed = match base {
            Some(base) => interleaved::climb(self, base, setup).await?,
            None => ladder::climb(self, setup).await?,
        };
        // A phase that is not judged yet has failed, or nothing is compared with it: there is nothing to confirm.
        if let (Some(Against::Stored(stored)), None) = (&setup.against, &climbed.unjudged) {
            climbed.ended = confirm::confirm(self, stored).await?.unwrap_or(climbed.ended);
        }
        let locked_out = climbed.locked_out;
        if let Some(rule) = self.plan.recovery {
            recovery::watch(self, &rule, climbed).await?;
        }
        // By now every phase is judged, and nothing waits for the app to come back any more.
        if locked_out {
            checks::look_at_logins(self).await?;
        }
        checks::integrity(self).await
    }

    fn announce(&mut self, setup: &Setup, built_in: bool) {
        let address = shown(&self.url);
        let target = if built_in { format!("demo at {address}") } else { address };
        (self.listen)(started(setup, target));
        for note in notes(setup) {
            (self.listen)(Event::Note(note));
        }
    }
}

fn started(setup: &Setup, target: String) -> Event {
    let plan = &setup.plan;
    let phases = u32::try_from(plan.phases.len()).unwrap_or(u32::MAX);
    Event::Started {
        gate: plan.gate.clone(),
        profile: plan.profile.name.clone(),
        target,
        phases: phases.saturating_mul(setup.repetitions),
        planned: plan.wall_time().0.saturating_mul(setup.repetitions),
    }
}

/// A run without a target: the built-in staging app did not come up, or the run was ended before it did.
fn nowhere(
    setup: &Setup,
    mut record: Record,
    why: Result<Interruption, String>,
    listen: &mut dyn FnMut(Event),
) -> Finished {
    let plan = &setup.plan;
    listen(started(setup, DEMO.to_owned()));
    match why {
        Ok(why) => record.interruption = Some(why),
        Err(detail) => {
            let result = CheckResult {
                name: "the built-in staging app comes up".to_owned(),
                outcome: Outcome::Failed,
                detail,
                ..checks::at_the_top(plan)
            };
            listen(Event::Preflight(result.clone()));
            record.preflight.push(result);
        }
    }
    record.cleanup.extend(checks::not_reached(&plan.cleanup, "not run, because there is no target"));
    let finished = record.conclude(&setup.closing());
    tell_the_end(&finished, listen);
    finished
}

/// Remarks that every report shows.
fn notes(setup: &Setup) -> Vec<String> {
    let plan = &setup.plan;
    let mut notes = setup.notes.clone();
    if !plan.target.tls.verify {
        notes.push("TLS certificates are not verified (`target.tls.verify: false`).".to_owned());
    }
    notes.extend(plan.without_effect.iter().cloned());
    notes
}

pub(super) fn target_name(plan: &Plan) -> String {
    plan.target.url.as_ref().map_or_else(|| DEMO.to_owned(), shown)
}

/// A URL as reports show it: without a user's name and password.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Only a URL without a host refuses this, and such a one holds neither.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.as_str().trim_end_matches('/').to_owned()
}
