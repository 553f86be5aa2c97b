//! Recording: the one load that a selftest sends.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use super::{bench::Recording, proof::Recorded};
use crate::{
    gate::{
        Event,
        corridor::Walk,
        drive::{Drive, Look},
        ladder,
    },
    judge::Interruption,
    load,
    measure::Tape,
    plan::{LAST_READINGS, Load, Pacing, Phase, Plan, Stages},
    units::number,
};

/// The shortest window: twenty readings of each gauge, and a few iterations.
const SHORTEST: Duration = Duration::from_secs(4);

/// The longest: who pauses for longer is not waited for.
const LONGEST: Duration = Duration::from_secs(30);

/// So long after the longest pause between two iterations every user has made one.
const ITERATION: Duration = Duration::from_secs(3);

/// Before the window: connections are made, and the first request of each kind is the slowest.
const WARMUP: Duration = Duration::from_secs(1);

/// Users, and users of the open model for each scenario.
const FEW: u32 = 2;

/// The most iterations a second of the open model, and users a second that start.
const RATE: f64 = 5.0;

/// A load for the phases that differ only in their size.
#[derive(Debug, Clone)]
pub(super) struct Short {
    /// Their positions in the plan.
    pub(super) phases: Vec<usize>,
    /// What is driven.
    pub(super) phase: Phase,
}

/// A load for each way in which phases drive the target: users who wait or a schedule, and the data that they draw from.
pub(super) fn loads(plan: &Plan) -> Vec<Short> {
    let mut loads: Vec<Short> = Vec::new();
    for (at, phase) in plan.phases.iter().enumerate() {
        let open = |load: &Load| matches!(load, Load::Open { .. });
        let alike = |short: &&mut Short| short.phase.data == phase.data && open(&short.phase.load) == open(&phase.load);
        match loads.iter_mut().find(alike) {
            Some(short) => short.phases.push(at),
            None => loads.push(Short { phases: vec![at], phase: short(plan, phase) }),
        }
    }
    loads
}

/// The phase with a user or two for each scenario, for seconds.
fn short(plan: &Plan, phase: &Phase) -> Phase {
    let scenarios = u32::try_from(plan.scenarios.len()).unwrap_or(u32::MAX);
    let (load, pause) = match phase.load {
        Load::Closed { .. } => {
            let pause = plan.scenarios.iter().map(|scenario| match scenario.pacing {
                Pacing::Think { high, .. } => high,
                Pacing::Pace(pace) => pace,
            });
            let users = scenarios.max(FEW);
            (Load::Closed { users, spawn_rate: RATE }, pause.max().unwrap_or_default())
        }
        Load::Open { rate, users, .. } => {
            let rate = rate.min(RATE);
            let pause = Duration::try_from_secs_f64(f64::from(scenarios) / rate).unwrap_or(LONGEST);
            let users = users.min(scenarios.saturating_mul(FEW)).max(scenarios);
            (Load::Open { rate, users, spawn_rate: RATE }, pause)
        }
    };
    let duration = pause.saturating_add(ITERATION).clamp(SHORTEST, LONGEST);
    Phase { load, stages: Stages::default(), duration, warmup: WARMUP, ..phase.clone() }
}

/// The event that a selftest begins with.
pub(super) fn begins(plan: &Plan, target: &str, loads: &[Short]) -> Event {
    Event::Started {
        gate: plan.gate.clone(),
        profile: plan.profile.name.clone(),
        target: target.to_owned(),
        phases: u32::try_from(loads.len()).unwrap_or(u32::MAX),
        planned: loads.iter().map(|short| plan.outlook(&short.phase).expected).sum(),
    }
}

/// Drives a load and keeps every request and reading; the inner error says why there is nothing to work with.
pub(super) async fn record(
    walk: &mut Walk<'_>,
    short: &Short,
    index: u32,
) -> Result<Result<(Recording, Recorded), String>, Interruption> {
    let plan = Arc::clone(&walk.plan);
    let phase = &short.phase;
    (walk.listen)(ladder::begins(phase, 1, index + 1));
    let drive = Drive::plain(&walk.kit, &walk.stop, walk.workers, phase, index);
    let mut running = load::start(drive.job());
    let kept = running.keep_requests();
    let listen = &mut *walk.listen;
    let mut look = |tick: &load::Tick, _: &crate::gate::drive::View<'_>| {
        listen(Event::Progress(ladder::progress(phase, tick, Duration::ZERO)));
        Look::GoOn
    };
    let driven = drive.see_through(running, &mut look).await.read_out(LAST_READINGS).await;
    let measured = driven.measured.measurements;
    walk.record.count_load(&measured);
    if let Some(why) = driven.interruption {
        return Err(why);
    }
    let samples = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
    let Some(tape) = Tape::of(samples, &measured) else {
        let reasons = measured.ramp.reasons.join("; ");
        return Ok(Err(format!(
            "{} of {} logged in, so nothing was recorded: {reasons}",
            number::count(u64::from(measured.ramp.logged_in)),
            number::counted(u64::from(phase.load.users()), "user"),
        )));
    };
    let names = short.phases.iter().filter_map(|at| plan.phases.get(*at)).map(|phase| phase.name.clone());
    let recorded = Recorded {
        phases: names.collect(),
        users: phase.load.users(),
        window: phase.duration,
        requests: tape.measured().count() as u64,
    };
    Ok(Ok((Recording { tape, load: phase.load, gauges: driven.measured.gauges }, recorded)))
}
