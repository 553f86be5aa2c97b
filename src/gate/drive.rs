//! Driving one load to its end: ticks, gauges in the measured window, and whatever ends it early.

use std::{cell::Cell, future::pending, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep, sleep_until};

use super::{MeasuredPhase, Stop};
use crate::{
    judge::{self, Interruption, PhaseEvidence, Standing},
    load::{self, Job, Running, Tick},
    measure::{GaugeSeries, PhaseEnding, PhaseMeasurements, Recent, Unanswered},
    monitor::{Occasion, Readings, Sampling, Watched},
    plan::{LAST_READINGS, Phase, Plan},
    preflight::Kit,
};

/// How often the end of the ramp is looked for: gauges are read from the first moment of the window on, and in a short
/// window every twentieth of it counts.
const RAMP_LOOK: Duration = Duration::from_millis(10);

/// The workers hand over what they recorded once a second, so the newest second is not complete yet.
pub(super) const LAG: Duration = Duration::from_secs(1);

/// A batch needs so long at most from a worker to the measurements.
const HANDOVER: Duration = Duration::from_millis(100);

/// The same where the app's recovery is watched next and waits for it: the turn of a source that is asked once a second,
/// and its answer.
pub(super) const BRIEF_READINGS: Duration = Duration::from_millis(1500);

/// The same after an interruption.
const HASTY_READINGS: Duration = Duration::from_millis(200);

/// One load that is to be driven.
pub(super) struct Drive<'a> {
    pub(super) kit: &'a Kit,
    pub(super) phase: &'a Phase,
    /// What its users draw from besides the run's seed: [`super::ladder::draws_from`], or an index behind the ladder.
    pub(super) index: u32,
    pub(super) workers: usize,
    pub(super) stop: &'a Stop,
    /// Asked once, shortly before the window ends, whether it is extended; `None` for a load that never is.
    pub(super) extension: Option<&'a mut dyn FnMut(&View<'_>) -> bool>,
    /// What the monitors read meanwhile.
    pub(super) readings: Readings,
}

/// Whether the monitors may be read for a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Monitors {
    /// Yes, from its window on.
    Free,
    /// The readings of the load before are not over: no source is asked twice at the same time.
    Busy,
}

/// A load that has ended, while answers of monitors are still awaited.
pub(super) struct Loaded {
    name: String,
    pub(super) measurements: PhaseMeasurements,
    window_at: Option<Timestamp>,
    sampling: Option<Sampling>,
    /// When the last request had ended.
    pub(super) ended: Instant,
    /// What ended the run meanwhile.
    pub(super) interruption: Option<Interruption>,
}

/// What came of a load.
pub(super) struct Driven {
    pub(super) measured: MeasuredPhase,
    /// When the last request had ended.
    pub(super) ended: Instant,
    /// What ended the run meanwhile.
    pub(super) interruption: Option<Interruption>,
}

/// What a look at a running load leads to.
pub(super) enum Look {
    /// It goes on.
    GoOn,
    /// It ends now.
    Stop(PhaseEnding),
}

/// A running load as it looks at a tick.
pub(super) struct View<'a> {
    running: &'a Running,
    sampling: Option<&'a Sampling>,
}

impl View<'_> {
    /// How it stands with the target's answers. The workers' newest second may be missing, so that it counts from there.
    pub(super) fn unanswered(&self) -> Unanswered {
        let unanswered = self.running.unanswered();
        Unanswered { since: unanswered.since.saturating_sub(LAG), ..unanswered }
    }

    /// What happened between two whole seconds since the load's origin.
    pub(super) fn between(&self, from: Duration, to: Duration) -> Recent {
        self.running.recent(from, to)
    }

    /// The instant that all times of the load count from.
    pub(super) fn origin(&self) -> Instant {
        self.running.origin_instant()
    }

    /// Whether the window was extended.
    pub(super) fn extended(&self) -> bool {
        self.running.extended()
    }

    /// What is measured so far: counts by span only.
    pub(super) fn interim(&self) -> Option<PhaseMeasurements> {
        self.running.interim()
    }

    /// What is measured so far, histograms included, and the gauges as read until now.
    pub(super) fn so_far(&self) -> Option<(PhaseMeasurements, Vec<GaugeSeries>)> {
        Some((self.running.so_far()?, self.gauges()))
    }

    /// How the phase's criteria and gauges stand.
    pub(super) fn standing(&self, plan: &Plan, phase: &Phase) -> Standing {
        self.so_far().map_or_else(Standing::default, |(measurements, gauges)| {
            judge::standing(PhaseEvidence { plan, phase, measurements: &measurements, gauges: &gauges })
        })
    }

    /// Requests that are not among those, because they have not ended.
    pub(super) fn in_flight(&self) -> u64 {
        self.running.in_flight()
    }

    /// How long the request that has been under way longest has been at least.
    pub(super) fn longest_under_way(&self) -> Duration {
        self.running.longest_under_way()
    }

    /// Spans of the window that are over and handed over so long after the origin, where each has this length.
    pub(super) fn complete_spans(&self, elapsed: Duration, length: Duration) -> usize {
        let since = self.window_start().and_then(|start| elapsed.checked_sub(start + LAG + HANDOVER));
        since.filter(|_| !length.is_zero()).map_or(0, |since| (since.as_nanos() / length.as_nanos()) as usize)
    }

    /// Start of the window since the origin, once it is known.
    pub(super) fn window_start(&self) -> Option<Duration> {
        self.running.window().map(|(start, _)| start)
    }

    /// The gauges as read until now, by gauge id of the plan; empty before the window.
    pub(super) fn gauges(&self) -> Vec<GaugeSeries> {
        self.sampling.map(Sampling::so_far).unwrap_or_default()
    }
}

impl<'a> Drive<'a> {
    /// One that is never extended, with the gauges read meanwhile.
    pub(super) fn plain(kit: &'a Kit, stop: &'a Stop, workers: usize, phase: &'a Phase, index: u32) -> Self {
        Self { kit, phase, index, workers, stop, extension: None, readings: Readings::Gauges }
    }

    /// The load that is to be driven.
    pub(super) fn job(&self) -> Job {
        Job {
            plan: Arc::clone(&self.kit.plan),
            phase: self.phase.clone(),
            phase_index: self.index,
            origin: Arc::clone(&self.kit.origin),
            seed: self.kit.plan.seed,
            workers: load::workers(&self.kit.plan, self.phase, self.workers),
            extends: self.extension.is_some(),
        }
    }

    /// Runs the load to its end and looks at it about once a second.
    pub(super) async fn run(self, look: &mut dyn FnMut(&Tick, &View<'_>) -> Look) -> Driven {
        self.load(&Cell::new(Monitors::Free), look).await.read_out(LAST_READINGS).await
    }

    /// The same without waiting for the last answers of monitors, and with monitors that may be busy at first.
    pub(super) async fn load(
        mut self,
        monitors: &Cell<Monitors>,
        look: &mut dyn FnMut(&Tick, &View<'_>) -> Look,
    ) -> Loaded {
        let running = load::start(self.job());
        let extension = self.extension.take();
        self.steer(running, monitors, look, extension).await
    }

    /// The same with a load that is running already and is never extended.
    pub(super) async fn see_through(&self, running: Running, look: &mut dyn FnMut(&Tick, &View<'_>) -> Look) -> Loaded {
        self.steer(running, &Cell::new(Monitors::Free), look, None).await
    }

    async fn steer(
        &self,
        mut running: Running,
        monitors: &Cell<Monitors>,
        look: &mut dyn FnMut(&Tick, &View<'_>) -> Look,
        mut extension: Option<&mut dyn FnMut(&View<'_>) -> bool>,
    ) -> Loaded {
        let Self { kit, phase, stop, readings, .. } = self;
        let origin = running.origin_instant();
        let mut sampling: Option<Sampling> = None;
        let mut interruption = None;
        let looked = load::caught(async {
            loop {
                let decision = running.decision().filter(|_| extension.is_some());
                tokio::select! {
                    why = stop.asked(), if interruption.is_none() => {
                        interruption = Some(why);
                        running.stop(PhaseEnding::Interrupted);
                    }
                    tick = running.tick() => {
                        let Some(tick) = tick else { break };
                        let view = View { running: &running, sampling: sampling.as_ref() };
                        if let Look::Stop(ending) = look(&tick, &view) {
                            running.stop(ending);
                        }
                    }
                    () = until(decision.map(|at| origin + at)) => {
                        let view = View { running: &running, sampling: sampling.as_ref() };
                        let wanted = extension.take().is_some_and(|extension| extension(&view));
                        let first = running.window();
                        if wanted && interruption.is_none() && running.extend()
                            && let (Some((start, end)), Some(sampling)) = (first, &mut sampling)
                        {
                            sampling.extend((end, end + end.saturating_sub(start)));
                        }
                    }
                    () = sleep(RAMP_LOOK), if sampling.is_none() => {}
                }
                if sampling.is_none() && interruption.is_none() && monitors.get() == Monitors::Free {
                    // Where the monitors were busy until now, the moments before have passed.
                    let now = origin.elapsed();
                    let window = running.window().map(|(start, end)| (start.max(now.min(end)), end));
                    let occasion = window.map(|window| Occasion { origin, window, readings: *readings });
                    sampling = occasion.map(|occasion| Sampling::start(&kit.gauges, &kit.control, occasion));
                }
            }
        })
        .await;
        if let Err(defect) = looked {
            // What was measured until now is worth more than how the rest would have looked.
            interruption = Some(Interruption::Defect(defect.to_string()));
            running.stop(PhaseEnding::Interrupted);
        }
        if let Some(defect) = running.settle().await {
            interruption = Some(Interruption::Defect(defect.to_string()));
        }
        let measurements = running.finish().await;
        let ended = Instant::now();
        let window_at = measurements.window_start.and_then(|start| on_the_clock(origin + start));
        Loaded { name: phase.name.clone(), measurements, window_at, sampling, ended, interruption }
    }
}

impl Loaded {
    /// The gauges as read until now, by gauge id of the plan.
    pub(super) fn gauges(&self) -> Vec<GaugeSeries> {
        self.sampling.as_ref().map(Sampling::so_far).unwrap_or_default()
    }

    /// Waits at most so long for the answers of monitors that are awaited, after an interruption hardly at all.
    pub(super) async fn read_out(self, patience: Duration) -> Driven {
        let Self { name, measurements, window_at, sampling, ended, interruption } = self;
        let patience = if interruption.is_some() { HASTY_READINGS } else { patience };
        let Watched { gauges, statements, unknown: statements_unknown } = match sampling {
            Some(sampling) => sampling.finish(patience).await,
            None => Watched::default(),
        };
        let base = Vec::new();
        let measured = MeasuredPhase { name, measurements, gauges, statements, statements_unknown, window_at, base };
        Driven { measured, ended, interruption }
    }
}

/// The time of day of a moment that has passed; `None` beyond the calendar.
fn on_the_clock(moment: Instant) -> Option<Timestamp> {
    let ago = SignedDuration::try_from(moment.elapsed()).ok()?;
    Timestamp::now().checked_sub(ago).ok()
}

/// Waits until an instant, or for ever.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}
