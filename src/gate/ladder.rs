//! The ladder: phase after phase, each only after the verdict on the one before.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Event, Progress,
    corridor::Walk,
    drive::{Drive, Look},
    record::repeated,
    ruler,
};
use crate::{
    judge::{self, Interruption},
    load::Tick,
    measure::PhaseEnding,
    plan::{Load, Phase},
};

/// Climbs so many times, until a phase ends the ladder, and gives the moment when the last load had ended.
pub(super) async fn climb(walk: &mut Walk<'_>, repetitions: u32) -> Result<Instant, Interruption> {
    let plan = Arc::clone(&walk.plan);
    let planned = |phase: &Phase| plan.outlook(phase).expected;
    let ladder = (1..=repetitions).flat_map(|repetition| plan.phases.iter().map(move |phase| (repetition, phase)));
    let phases: Vec<(u32, &Phase)> = ladder.collect();
    let mut load_ended = Instant::now();
    read_ruler(walk).await?;
    for ((repetition, phase), index) in phases.iter().copied().zip(0_u32..) {
        walk.next_index = index + 1;
        (walk.listen)(begins(phase, repetition, index + 1));
        let later = phases.iter().skip(index as usize + 1).map(|(_, phase)| planned(phase)).sum();
        let drive = Drive { kit: &walk.kit, phase, index, workers: walk.workers, stop: &walk.stop };
        let listen = &mut *walk.listen;
        let driven = drive
            .run(&mut |tick, view| {
                listen(Event::Progress(progress(phase, tick, later)));
                // What is only awaited any more needs no stop.
                let silent = judge::stopped_answering(phase, &view.unanswered());
                if silent { Look::Stop(PhaseEnding::StoppedAnswering) } else { Look::GoOn }
            })
            .await;
        load_ended = driven.ended;
        let verdict = walk.record.judge(&plan, (phase, repetition), driven.measured);
        let over = judge::ends_ladder(&verdict);
        (walk.listen)(Event::PhaseEnded(Box::new(verdict)));
        if let Some(why) = driven.interruption {
            return Err(why);
        }
        if over {
            break;
        }
        read_ruler(walk).await?;
    }
    Ok(load_ended)
}

/// Reads the machine's own speed, where that is asked for.
async fn read_ruler(walk: &mut Walk<'_>) -> Result<(), Interruption> {
    if walk.reads_ruler {
        walk.record.ruler.extend(ruler::read(&walk.stop).await?);
    }
    Ok(())
}

/// A phase begins, the so many-th of the run.
pub(super) fn begins(phase: &Phase, repetition: u32, number: u32) -> Event {
    Event::PhaseStarted {
        name: repeated(&phase.name, repetition),
        number,
        users: phase.load.users(),
        rate: match phase.load {
            Load::Open { rate, .. } => Some(rate),
            Load::Closed { .. } => None,
        },
        duration: phase.duration,
    }
}

/// How a phase goes; `later` is the time that the phases after it are planned to take.
pub(super) fn progress(phase: &Phase, tick: &Tick, later: Duration) -> Progress {
    Progress {
        phase: phase.name.clone(),
        stage: tick.stage,
        users: tick.users,
        rate: tick.rate,
        p95: tick.p95,
        failures: tick.failures,
        left: tick.left + later,
    }
}
