//! How a comparison of two deployments goes within a phase, for those who look on: its rounds in turn as one course of
//! time, and how the head stands by all of its slices until now.

use std::{sync::Arc, time::Duration};

use super::{MeasuredPhase, Progress, ladder};
use crate::{
    judge::{self, PhaseEvidence, Standing},
    load::{Stage, Tick},
    measure::{
        Collector, GaugeSeries, GeneratorHealth, Joining, Layout, PhaseEnding, PhaseFacts, PhaseMeasurements, Ramp,
        join_gauges,
    },
    plan::{Blocks, Phase, Plan},
};

/// The side that is judged, among base and head.
pub(super) const HEAD: usize = 1;

/// What a round is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    /// One side's users start, log in and warm up.
    Login,
    /// One side is measured.
    Slice,
}

/// What is measured of a round until now, and its gauges as read until now.
pub(super) type SoFar = (PhaseMeasurements, Vec<GaugeSeries>);

/// The rounds of one phase: both sides' logins, then the slices of each block.
pub(super) struct Turns<'a> {
    plan: &'a Plan,
    phase: &'a Phase,
    /// Planned for all rounds.
    whole: Duration,
    /// Planned for one login.
    login: Duration,
    /// Planned for one slice.
    slice: Duration,
    round: Round,
    /// Planned for the round that goes on.
    planned: Duration,
    /// Planned for the rounds behind it.
    coming: Duration,
    /// Planned for the phases behind this one.
    later: Duration,
    /// Failures in the rounds that are over, on both sides.
    failures: u64,
    /// `None` where nobody looks.
    head: Option<Head>,
}

impl<'a> Turns<'a> {
    /// Those of a phase; `later` is the time that the phases after it are planned to take.
    pub(super) fn of(plan: &'a Plan, phase: &'a Phase, later: Duration) -> Self {
        let whole = plan.outlook(phase).expected;
        let Blocks { count, slice, .. } = plan.blocks(phase);
        let login = (whole / 2).saturating_sub(slice.saturating_mul(count));
        let (round, planned, coming) = (Round::Login, Duration::ZERO, whole);
        Self { plan, phase, whole, login, slice, round, planned, coming, later, failures: 0, head: None }
    }

    /// Somebody looks, so that it is worth the work to say how the head stands.
    pub(super) fn watch(&mut self) {
        self.head = Some(Head::of(self.plan, self.phase));
    }

    /// There is nothing to compare with: what is to come is one window of the head.
    pub(super) fn leave_out_base(&mut self) {
        self.slice = self.phase.duration;
        self.coming = self.slice.min(self.coming);
    }

    /// A round begins.
    pub(super) fn begin(&mut self, round: Round) {
        self.round = round;
        self.planned = match round {
            Round::Login => self.login,
            Round::Slice => self.slice,
        };
        self.coming = self.coming.saturating_sub(self.planned);
    }

    /// How the phase goes, by a look at one side's round; `so_far` is asked only where somebody looks.
    pub(super) fn progress(&mut self, side: usize, tick: &Tick, so_far: impl FnOnce() -> Option<SoFar>) -> Progress {
        if let (HEAD, Some(head)) = (side, &mut self.head)
            && let Some(so_far) = so_far()
        {
            head.look((self.plan, self.phase), self.round, so_far);
        }
        // The users of a later round are there already, though it waits for them as the first one does.
        let left = tick.left.min(self.planned).saturating_add(self.coming);
        Progress {
            stage: match (self.round, tick.stage) {
                (Round::Login, Stage::Window) => Stage::Warmup,
                (Round::Slice, Stage::Ramp) => Stage::Window,
                (_, stage) => stage,
            },
            failures: self.failures + tick.failures,
            share: if self.whole.is_zero() { 1.0 } else { 1.0 - left.as_secs_f64() / self.whole.as_secs_f64() },
            left: left.saturating_add(self.later),
            standing: self.head.as_ref().map_or_else(Standing::default, |head| head.standing.clone()),
            ..ladder::progress(self.phase, tick, self.later)
        }
    }

    /// A round ended.
    pub(super) fn ended(&mut self, side: usize, measured: &MeasuredPhase) {
        self.failures += measured.measurements.failed;
        if let (HEAD, Some(head)) = (side, &mut self.head) {
            head.keep((self.plan, self.phase), self.round, measured);
        }
    }
}

/// The head's rounds until now.
struct Head {
    /// How its users came up, and nothing of the steps.
    login: PhaseMeasurements,
    /// The slices that are over.
    slices: Option<Joining>,
    /// The gauges in them.
    gauges: Vec<GaugeSeries>,
    standing: Standing,
}

impl Head {
    fn of(plan: &Plan, phase: &Phase) -> Self {
        let nothing = PhaseFacts {
            ramp: Ramp::default(),
            measured: Duration::ZERO,
            ending: PhaseEnding::Completed,
            generator: GeneratorHealth::default(),
        };
        let login = Collector::new(Arc::new(Layout::of(plan, phase))).interim(nothing);
        let standing = stands((plan, phase), &login, &[]);
        Self { login, slices: None, gauges: Vec::new(), standing }
    }

    /// How it stands in a round that goes on.
    fn look(&mut self, of: (&Plan, &Phase), round: Round, (measurements, more): SoFar) {
        if round == Round::Login {
            let mut login = self.login.clone();
            login.take_logins(&measurements);
            self.standing = stands(of, &login, &[]);
            return;
        }
        let (slices, gauges) = self.with(measurements, more);
        self.standing = stands(of, &self.whole(slices), &gauges);
    }

    /// Keeps a round that is over. The seconds take much room and say nothing of how it stands.
    fn keep(&mut self, of: (&Plan, &Phase), round: Round, measured: &MeasuredPhase) {
        let MeasuredPhase { measurements, gauges, .. } = measured;
        if round == Round::Login {
            self.login.take_logins(measurements);
            self.standing = stands(of, &self.login, &[]);
            return;
        }
        let part = PhaseMeasurements { windows: Vec::new(), ..measurements.clone() };
        let (slices, gauges) = self.with(part, gauges.clone());
        self.standing = stands(of, &self.whole(slices.clone()), &gauges);
        (self.slices, self.gauges) = (Some(slices), gauges);
    }

    /// The slices that are over, and this one.
    fn with(&self, part: PhaseMeasurements, more: Vec<GaugeSeries>) -> (Joining, Vec<GaugeSeries>) {
        let Some(slices) = &self.slices else { return (Joining::begin(part), more) };
        let (mut slices, mut gauges) = (slices.clone(), self.gauges.clone());
        join_gauges(&mut gauges, more, slices.shift(&part));
        slices.add(part);
        (slices, gauges)
    }

    /// The slices as one window, and the logins before it.
    fn whole(&self, slices: Joining) -> PhaseMeasurements {
        let mut whole = slices.finish();
        whole.take_logins(&self.login);
        whole
    }
}

fn stands((plan, phase): (&Plan, &Phase), measurements: &PhaseMeasurements, gauges: &[GaugeSeries]) -> Standing {
    judge::standing(PhaseEvidence { plan, phase, measurements, gauges })
}
