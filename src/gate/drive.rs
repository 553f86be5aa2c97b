//! Driving one load to its end: ticks, gauges in the measured window, and whatever ends it early.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{MeasuredPhase, Stop};
use crate::{
    judge::Interruption,
    load::{self, Job, Running, Tick},
    measure::{GaugeSeries, PhaseEnding, Recent, Unanswered},
    monitor::Sampling,
    plan::Phase,
    preflight::Kit,
};

/// How often the end of the ramp is looked for: gauges are read from the first moment of the window on, and in a short
/// window every twentieth of it counts.
const RAMP_LOOK: Duration = Duration::from_millis(10);

/// The workers hand over what they recorded once a second, so the newest second is not complete yet.
pub(super) const LAG: Duration = Duration::from_secs(1);

/// The longest that answers of monitors are awaited after a load.
const LAST_READINGS: Duration = Duration::from_secs(5);

/// The same after an interruption.
const HASTY_READINGS: Duration = Duration::from_millis(200);

/// One load that is to be driven.
pub(super) struct Drive<'a> {
    pub(super) kit: &'a Kit,
    pub(super) phase: &'a Phase,
    /// Its position in the ladder, or behind it.
    pub(super) index: u32,
    pub(super) workers: usize,
    pub(super) stop: &'a Stop,
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

    /// Start of the window since the origin, once it is known.
    pub(super) fn window_start(&self) -> Option<Duration> {
        self.running.window().map(|(start, _)| start)
    }

    /// The gauges as read until now, by gauge id of the plan; empty before the window.
    pub(super) fn gauges(&self) -> Vec<GaugeSeries> {
        self.sampling.map(Sampling::so_far).unwrap_or_default()
    }
}

impl Drive<'_> {
    /// The load that is to be driven.
    pub(super) fn job(&self) -> Job {
        Job {
            plan: Arc::clone(&self.kit.plan),
            phase: self.phase.clone(),
            phase_index: self.index,
            origin: Arc::clone(&self.kit.origin),
            seed: self.kit.plan.seed,
            workers: self.workers,
        }
    }

    /// Runs the load to its end and looks at it about once a second.
    pub(super) async fn run(self, look: &mut dyn FnMut(&Tick, &View<'_>) -> Look) -> Driven {
        let running = load::start(self.job());
        self.see_through(running, look).await
    }

    /// The same with a load that is running already.
    pub(super) async fn see_through(
        &self,
        mut running: Running,
        look: &mut dyn FnMut(&Tick, &View<'_>) -> Look,
    ) -> Driven {
        let Self { kit, phase, stop, .. } = self;
        let mut sampling: Option<Sampling> = None;
        let mut interruption = None;
        loop {
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
                () = sleep(RAMP_LOOK), if sampling.is_none() => {}
            }
            if sampling.is_none() && interruption.is_none() {
                let window = running.window();
                sampling =
                    window.map(|window| Sampling::start(&kit.gauges, &kit.control, running.origin_instant(), window));
            }
        }
        let measurements = running.finish().await;
        let ended = Instant::now();
        let patience = if interruption.is_some() { HASTY_READINGS } else { LAST_READINGS };
        let gauges = match sampling {
            Some(sampling) => sampling.finish(patience).await,
            None => Vec::new(),
        };
        Driven { measured: MeasuredPhase { name: phase.name.clone(), measurements, gauges }, ended, interruption }
    }
}
