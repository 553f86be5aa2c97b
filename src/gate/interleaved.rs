//! Two deployments in turn: base and head of a comparison, block by block, in one sitting.
//!
//! Both sides' users log in once. Then the window of a phase is cut into blocks; in each block both sides are loaded for
//! a slice, one after the other, and which is first is drawn. What disturbs the machine for longer than a block disturbs
//! both sides alike (docs/decisions.md section 4). The head's slices together are judged as the phase.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use fastrand::Rng;
use tokio::time::Instant;
use url::Url;

use super::{
    BaseLatency, Event, MeasuredPhase, Setup, Stop,
    corridor::Walk,
    drive::{BRIEF_READINGS, Drive, Driven, Look, View},
    ladder::{self, Climbed},
    turns::{HEAD, Round, Turns},
};
use crate::{
    client::{ClientError, Origin, control::Control},
    judge::{self, Interruption, Outcome, PhaseEvidence, PhaseVerdict, regression},
    load::{Sitting, Tick},
    measure::{self, Joining, PhaseEnding},
    monitor::Readings,
    plan::{Blocks, LAST_READINGS, Phase, Plan},
    preflight::Kit,
};

/// The second deployment.
pub(super) struct Base {
    pub(super) url: Url,
    pub(super) kit: Kit,
}

impl Base {
    /// Gets ready to load it.
    ///
    /// # Errors
    /// The address cannot be used as gates.yaml describes the target.
    pub(super) fn new(head: &Kit, url: &Url) -> Result<Self, ClientError> {
        let kit = Kit {
            control: Control::new(&head.plan.target, url)?,
            origin: Arc::new(Origin::new(&head.plan.target, url)?),
            ..head.clone()
        };
        Ok(Self { url: url.clone(), kit })
    }
}

/// For each block, whether the base is first: half of them, which ones is drawn.
fn order(blocks: Blocks, seed: u64, index: u32) -> Vec<bool> {
    let mut order: Vec<bool> = (0..blocks.count).map(|block| block % 2 == 0).collect();
    Rng::with_seed(seed ^ (u64::from(index) << 32) ^ 0x6261_7365).shuffle(&mut order);
    order
}

/// Climbs the ladder on both sides.
pub(super) async fn climb(walk: &mut Walk<'_>, base: &Base, setup: &Setup) -> Result<Climbed, Interruption> {
    let plan = Arc::clone(&walk.plan);
    let mut load_ended = Instant::now();
    let mut locked_out = false;
    for (phase, index) in plan.phases.iter().zip(0_u32..) {
        let draws = ladder::draws_from(phase, 1);
        walk.next_index = walk.next_index.max(draws.saturating_add(1));
        walk.record.phase_begins();
        (walk.listen)(ladder::begins(phase, 1, index + 1));
        let later = plan.phases.iter().skip(index as usize + 1).map(|phase| plan.outlook(phase).expected).sum();
        let mut turns = Turns::of(&plan, phase, later);
        if setup.watched {
            turns.watch();
        }
        let measured = Pair::of(walk, base, phase, draws).measure(walk, turns).await;
        load_ended = measured.ended;
        locked_out |= measured.head.measurements.ending == PhaseEnding::RampFailed;
        let base = measured.base.as_ref().map(|base| judged(&plan, phase, base));
        // A base that the generator did not measure well is no yardstick; a head like that makes the phase invalid.
        let spoiled = base.as_ref().is_some_and(|base| base.outcome == Outcome::Invalid);
        let blocks = if spoiled { regression::Blocks::new() } else { measured.blocks };
        let head = MeasuredPhase { base: latency(measured.base.filter(|_| !blocks.is_empty())), ..measured.head };
        let verdict = walk.record.judge(&plan, (phase, 1), head);
        if let Some(note) = base_note(phase, base.as_ref()) {
            (walk.listen)(Event::Note(note.clone()));
            walk.record.comparison_notes.push(note);
        }
        walk.record.blocks.push(blocks);
        let over = judge::ends_ladder(&verdict);
        (walk.listen)(Event::PhaseEnded(Box::new(verdict)));
        if let Some(why) = measured.interruption {
            return Err(why);
        }
        if over {
            break;
        }
    }
    Ok(Climbed { ended: load_ended, unjudged: None, locked_out })
}

/// What is kept of a base that is compared: its latency, to be drawn beside the head's.
fn latency(base: Option<MeasuredPhase>) -> Vec<BaseLatency> {
    let rows = base.into_iter().flat_map(|base| base.measurements.endpoints);
    rows.map(|row| BaseLatency { latency: row.latency, added: row.added }).collect()
}

fn judged(plan: &Plan, phase: &Phase, measured: &MeasuredPhase) -> PhaseVerdict {
    let MeasuredPhase { measurements, gauges, .. } = measured;
    judge::phase(PhaseEvidence { plan, phase, measurements, gauges })
}

/// What is to be said of a base that is not well itself: the head is not to blame for that.
fn base_note(phase: &Phase, base: Option<&PhaseVerdict>) -> Option<String> {
    let Some(verdict) = base else {
        return Some(format!("{}: the base was not measured, so nothing of this phase was compared.", phase.name));
    };
    let failed = matches!(verdict.outcome, Outcome::Failed | Outcome::Invalid);
    let because = verdict.because.first().map(String::as_str).unwrap_or_default();
    failed.then(|| format!("{}: the base itself is {}: {because}", phase.name, verdict.outcome.word()))
}

/// What a phase gave on both sides.
struct Measured {
    head: MeasuredPhase,
    /// `None` when the base could not be loaded.
    base: Option<MeasuredPhase>,
    blocks: regression::Blocks,
    ended: Instant,
    interruption: Option<Interruption>,
}

/// Base and head of one phase, in this order.
struct Pair<'a> {
    kits: [Kit; 2],
    phase: &'a Phase,
    index: u32,
    blocks: Blocks,
}

/// One side's sitting and what it gave so far.
struct Side {
    sitting: Sitting,
    parts: Vec<MeasuredPhase>,
}

impl<'a> Pair<'a> {
    fn of(walk: &Walk<'_>, base: &Base, phase: &'a Phase, index: u32) -> Self {
        Self { kits: [base.kit.clone(), walk.kit.clone()], phase, index, blocks: walk.plan.blocks(phase) }
    }

    async fn measure(&self, walk: &mut Walk<'_>, mut turns: Turns<'_>) -> Measured {
        let mut sides = [0, 1].map(|side: usize| {
            let drive = self.drive((&walk.stop, walk.workers), side, self.phase);
            Side { sitting: Sitting::start(drive.job()), parts: Vec::new() }
        });
        let mut logins = Vec::new();
        let mut interruption = None;
        // The head first: when its users cannot log in, the phase has failed, whatever the base does.
        for side in [1, 0] {
            let round = (Round::Login, self.blocks.warmup, LAST_READINGS);
            let driven = self.round(walk, (side, &mut sides[side].sitting), round, &mut turns).await;
            interruption = interruption.or(driven.interruption.clone());
            let locked_out = driven.measured.measurements.ending != PhaseEnding::Completed;
            logins.push(driven);
            if locked_out || interruption.is_some() {
                break;
            }
        }
        let ready = logins.iter().all(|driven| driven.measured.measurements.ending == PhaseEnding::Completed);
        let mut ended = logins.last().map_or_else(Instant::now, |driven| driven.ended);
        let mut blocks = regression::Blocks::new();
        // The recovery may be next: it is not kept waiting by what the monitors still have to say.
        let last = if walk.plan.recovery.is_some() { BRIEF_READINGS } else { LAST_READINGS };
        let order =
            if ready && logins.len() == 2 { order(self.blocks, walk.plan.seed, self.index) } else { Vec::new() };
        if order.is_empty()
            && interruption.is_none()
            && logins[0].measured.measurements.ending == PhaseEnding::Completed
        {
            // Without a base there is nothing to compare; the criteria are judged all the same.
            turns.leave_out_base();
            let round = (Round::Slice, self.phase.duration, last);
            let driven = self.round(walk, (HEAD, &mut sides[HEAD].sitting), round, &mut turns).await;
            (ended, interruption) = (driven.ended, driven.interruption);
            sides[HEAD].parts.push(driven.measured);
        }
        let slices = order.len() * 2;
        let of_blocks = order.into_iter().map(|base_first| if base_first { [0, 1] } else { [1, 0] });
        'blocks: for (block, of_block) in of_blocks.enumerate() {
            let mut values = [regression::RunValues::new(), regression::RunValues::new()];
            for (at, side) in of_block.into_iter().enumerate() {
                let patience = if block * 2 + at + 1 == slices { last } else { LAST_READINGS };
                let round = (Round::Slice, self.blocks.slice, patience);
                let driven = self.round(walk, (side, &mut sides[side].sitting), round, &mut turns).await;
                ended = driven.ended;
                values[side] = self.values(&walk.plan, &driven.measured);
                sides[side].parts.push(driven.measured);
                if driven.interruption.is_some() {
                    interruption = driven.interruption;
                    break 'blocks;
                }
            }
            blocks.push(values);
        }
        Self::conclude(walk, sides, logins, (blocks, ended, interruption))
    }

    /// Joins what was measured. What was sent besides the head's windows counts in the totals all the same.
    fn conclude(
        walk: &mut Walk<'_>,
        sides: [Side; 2],
        logins: Vec<Driven>,
        (blocks, ended, interruption): (regression::Blocks, Instant, Option<Interruption>),
    ) -> Measured {
        let [base, head] = sides.map(|side| joined(side.parts));
        let mut logins = logins.into_iter().map(|driven| driven.measured);
        let head_login = logins.next().expect("the head's users are the first to log in");
        let base_login = logins.next();
        let head = match head {
            Some(mut head) => {
                head.measurements.take_logins(&head_login.measurements);
                head
            }
            // Nobody came in, or the run was ended before: the phase is what became of the logins.
            None => head_login,
        };
        if let Some(login) = &base_login {
            walk.record.count_load(&login.measurements);
        }
        if let Some(base) = &base {
            walk.record.count_load(&base.measurements);
        }
        Measured { head, base: base.or(base_login), blocks, ended, interruption }
    }

    /// One side's round.
    async fn round(
        &self,
        walk: &mut Walk<'_>,
        (side, sitting): (usize, &mut Sitting),
        (round, window, patience): (Round, Duration, Duration),
        turns: &mut Turns<'_>,
    ) -> Driven {
        let phase = Phase { duration: window, warmup: Duration::ZERO, ..self.phase.clone() };
        turns.begin(round);
        let running = sitting.round(Duration::ZERO, window);
        let drive = self.drive((&walk.stop, walk.workers), side, &phase);
        let listen = &mut *walk.listen;
        let mut look = |tick: &Tick, view: &View<'_>| {
            listen(Event::Progress(turns.progress(side, tick, || view.so_far())));
            Look::GoOn
        };
        let driven = drive.see_through(running, &mut look).await.read_out(patience).await;
        turns.ended(side, &driven.measured);
        driven
    }

    fn drive<'w>(&'w self, (stop, workers): (&'w Stop, usize), side: usize, phase: &'w Phase) -> Drive<'w> {
        Drive { readings: readings(side), ..Drive::plain(&self.kits[side], stop, workers, phase, self.index) }
    }

    fn values(&self, plan: &Plan, measured: &MeasuredPhase) -> regression::RunValues {
        let MeasuredPhase { measurements, gauges, .. } = measured;
        regression::values(PhaseEvidence { plan, phase: self.phase, measurements, gauges })
    }
}

/// What is read while a side is loaded: only the head's statements are shown.
fn readings(side: usize) -> Readings {
    if side == HEAD { Readings::GaugesAndStatements } else { Readings::Gauges }
}

/// The slices of one side as one window; `None` without any.
fn joined(parts: Vec<MeasuredPhase>) -> Option<MeasuredPhase> {
    let mut parts = parts.into_iter();
    let MeasuredPhase { name, measurements, mut gauges, statements: taken, statements_unknown, .. } = parts.next()?;
    let mut joining = Joining::begin(measurements);
    let mut statements = Vec::new();
    measure::join_statements(&mut statements, taken);
    // Each reason once, although there are many slices.
    let mut unknown: BTreeSet<String> = statements_unknown.into_iter().collect();
    for part in parts {
        measure::join_gauges(&mut gauges, part.gauges, joining.shift(&part.measurements));
        measure::join_statements(&mut statements, part.statements);
        unknown.extend(part.statements_unknown);
        joining.add(part.measurements);
    }
    let (measurements, statements_unknown) = (joining.finish(), unknown.into_iter().collect());
    // Slices with pauses in between have no one clock.
    let (window_at, base) = (None, Vec::new());
    Some(MeasuredPhase { name, measurements, gauges, statements, statements_unknown, window_at, base })
}
