//! The ladder: phase after phase, each only after the verdict on the one before.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::{
    Against, Event, Progress, Setup,
    corridor::Walk,
    drive::{BRIEF_READINGS, Drive, Driven, Loaded, Look, Monitors, View},
    record::{Record, repeated},
    ruler,
};
use crate::{
    judge::{self, Interruption, Outcome, PhaseEvidence, PhaseVerdict, Standing},
    load::Tick,
    measure::{PhaseEnding, SPANS},
    monitor::Readings,
    plan::{LAST_READINGS, Load, Phase, Plan},
};

/// More phases than any gates.yaml has: repetitions of the ladder are so far apart in what their users draw from.
const MOST_PHASES: u32 = 1 << 16;

/// Where a ladder ended.
pub(super) struct Climbed {
    /// When the last load had ended.
    pub(super) ended: Instant,
    /// The last phase, where the monitors' last answers are still awaited.
    pub(super) unjudged: Option<Unjudged>,
    /// Whether it ended because users of the target could not log in.
    pub(super) locked_out: bool,
}

/// A phase that has ended and is not judged yet.
pub(super) struct Unjudged {
    phase: Phase,
    repetition: u32,
    loaded: Loaded,
}

impl Unjudged {
    /// Waits at most so long for what the monitors are still to say.
    pub(super) async fn read_out(self, patience: Duration) -> Complete {
        let Self { phase, repetition, loaded } = self;
        Complete { phase, repetition, driven: loaded.read_out(patience).await }
    }
}

/// A phase of which everything is known that is judged.
pub(super) struct Complete {
    phase: Phase,
    repetition: u32,
    driven: Driven,
}

impl Complete {
    /// Judges it and says so; true when it ends the ladder.
    pub(super) fn judge(self, plan: &Plan, record: &mut Record, listen: &mut dyn FnMut(Event)) -> bool {
        let Self { phase, repetition, driven } = self;
        let verdict = record.judge(plan, (&phase, repetition), driven.measured);
        let over = judge::ends_ladder(&verdict);
        listen(Event::PhaseEnded(Box::new(verdict)));
        over
    }
}

/// Climbs so many times, until a phase ends the ladder. Where the app's recovery is watched next, whatever the monitors
/// still have to say, the last phase is left to be judged meanwhile.
pub(super) async fn climb(walk: &mut Walk<'_>, setup: &Setup) -> Result<Climbed, Interruption> {
    let plan = Arc::clone(&walk.plan);
    let repetitions = setup.repetitions;
    let planned = |phase: &Phase| plan.outlook(phase).expected;
    let ladder = (1..=repetitions).flat_map(|repetition| plan.phases.iter().map(move |phase| (repetition, phase)));
    let phases: Vec<(u32, &Phase)> = ladder.collect();
    let mut load_ended = Instant::now();
    let mut locked_out = false;
    read_ruler(walk).await?;
    for ((repetition, phase), place) in phases.iter().copied().zip(0_u32..) {
        let index = draws_from(phase, repetition);
        walk.next_index = walk.next_index.max(index.saturating_add(1));
        walk.record.phase_begins();
        (walk.listen)(begins(phase, repetition, place + 1));
        let later = phases.iter().skip(place as usize + 1).map(|(_, phase)| planned(phase)).sum();
        let listen = RefCell::new(&mut *walk.listen);
        let mut looks = Looks::of(&plan, phase);
        let mut extension = |view: &View<'_>| extends(&plan, phase, view);
        let drive = Drive {
            kit: &walk.kit,
            phase,
            index,
            workers: walk.workers,
            stop: &walk.stop,
            extension: plan.may_extend(phase).then_some(&mut extension),
            readings: Readings::GaugesAndStatements,
        };
        let loaded = drive
            .load(&Cell::new(Monitors::Free), &mut |tick, view| {
                if looks.newly_extended(view) {
                    listen.borrow_mut()(Event::PhaseExtended { name: phase.name.clone(), by: phase.duration });
                }
                let mut progress = progress(phase, tick, later);
                if setup.watched {
                    progress.standing = view.standing(&plan, phase);
                }
                listen.borrow_mut()(Event::Progress(progress));
                looks.look(tick, view)
            })
            .await;
        load_ended = loaded.ended;
        let interruption = loaded.interruption.clone();
        locked_out |= loaded.measurements.ending == PhaseEnding::RampFailed;
        let is_last = place as usize + 1 == phases.len();
        let watched = plan.recovery.is_some() && interruption.is_none();
        let alone = !walk.reads_ruler && !matches!(setup.against, Some(Against::Stored(_)));
        let so_far = judged_so_far(&plan, phase, &loaded);
        // No reading that is still to come makes a failed phase a better one.
        let has_failed = matches!(so_far.outcome, Outcome::Failed | Outcome::Invalid);
        let next_is_recovery = watched && (is_last && alone || has_failed);
        let unjudged = Unjudged { phase: phase.clone(), repetition, loaded };
        if next_is_recovery {
            return Ok(Climbed { ended: load_ended, unjudged: Some(unjudged), locked_out });
        }
        let patience = if watched && (is_last || judge::ends_ladder(&so_far)) { BRIEF_READINGS } else { LAST_READINGS };
        let over = unjudged.read_out(patience).await.judge(&plan, &mut walk.record, walk.listen);
        if let Some(why) = interruption {
            return Err(why);
        }
        if over {
            break;
        }
        read_ruler(walk).await?;
    }
    Ok(Climbed { ended: load_ended, unjudged: None, locked_out })
}

/// The verdict on a phase of which some readings are still to come.
fn judged_so_far(plan: &Plan, phase: &Phase, loaded: &Loaded) -> PhaseVerdict {
    let gauges = loaded.gauges();
    judge::phase(PhaseEvidence { plan, phase, measurements: &loaded.measurements, gauges: &gauges })
}

/// Reads the machine's own speed, where that is asked for.
async fn read_ruler(walk: &mut Walk<'_>) -> Result<(), Interruption> {
    if walk.reads_ruler {
        walk.record.ruler.extend(ruler::read(&walk.stop).await?);
    }
    Ok(())
}

/// Whether twice the requests would decide a blocking criterion that is not certain yet.
fn extends(plan: &Plan, phase: &Phase, view: &View<'_>) -> bool {
    view.interim().is_some_and(|measurements| {
        judge::extension_decides(PhaseEvidence { plan, phase, measurements: &measurements, gauges: &[] })
    })
}

/// The looks at a running phase.
struct Looks<'a> {
    plan: &'a Plan,
    phase: &'a Phase,
    /// Spans at the last look for a certain failure.
    complete: usize,
    extended: bool,
}

impl<'a> Looks<'a> {
    fn of(plan: &'a Plan, phase: &'a Phase) -> Self {
        Self { plan, phase, complete: 0, extended: false }
    }

    /// Whether the phase was extended since the last question.
    fn newly_extended(&mut self, view: &View<'_>) -> bool {
        let extended = view.extended();
        extended && !std::mem::replace(&mut self.extended, extended)
    }

    /// Whether the phase goes on: not when the target stopped answering, nor when a criterion has failed for certain.
    fn look(&mut self, tick: &Tick, view: &View<'_>) -> Look {
        let Self { plan, phase, .. } = self;
        // What is only awaited any more needs no stop.
        if judge::stopped_answering(phase, &view.unanswered()) {
            return Look::Stop(PhaseEnding::StoppedAnswering);
        }
        let complete = view.complete_spans(tick.elapsed, phase.duration / u32::try_from(SPANS).unwrap_or(u32::MAX));
        if complete < judge::FIRST_LOOK || complete == self.complete {
            return Look::GoOn;
        }
        self.complete = complete;
        let unknown = view.in_flight();
        let failed = view.interim().is_some_and(|measurements| {
            let evidence = PhaseEvidence { plan, phase, measurements: &measurements, gauges: &[] };
            judge::failed_early(evidence, complete, unknown)
        });
        if failed { Look::Stop(PhaseEnding::FailedEarly) } else { Look::GoOn }
    }
}

/// What the users of a phase draw from besides the run's seed. It is the place in gates.yaml, whichever phases are chosen:
/// whoever runs one of them again with the same seed means the same users.
pub(super) fn draws_from(phase: &Phase, repetition: u32) -> u32 {
    phase.position.saturating_add(repetition.saturating_sub(1).saturating_mul(MOST_PHASES))
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
        share: share(tick),
        left: tick.left + later,
        standing: Standing::default(),
    }
}

/// How much of its planned time a load has behind it.
fn share(tick: &Tick) -> f64 {
    let whole = (tick.elapsed + tick.left).as_secs_f64();
    if whole > 0.0 { tick.elapsed.as_secs_f64() / whole } else { 1.0 }
}
