//! One user's life in a phase: start, login, iterations.

use std::{rc::Rc, time::Duration};

use super::{
    draws::Draws,
    pool::{Seat, Taken},
    prepare::PreparedScenario,
    render::Memory,
    schedule,
    walk::{Walked, Walker},
    worker::Worker,
};
use crate::plan::{Load, Pacing};

/// A user who pauses for so long gives memory back meanwhile.
const LONG_PAUSE: Duration = Duration::from_secs(1);

/// A user between two rounds: its connection, its session and its random sources.
pub(super) struct Parked {
    pub(super) user: u32,
    pub(super) walker: Walker,
    rows: fastrand::Rng,
    pauses: fastrand::Rng,
}

/// One user's life from its start on; it owns its connection, its session and its random sources.
pub(super) async fn live(worker: Rc<Worker>, user: u32, start: Duration) {
    let _presence = Presence::of(&worker);
    let load = &worker.load;
    let scenario = load.scenario_of(user);
    let Draws { rows, pauses, values, traces } = Draws::of(load.seed, load.phase_index, user, load.chance);
    let memory = Memory::new(user + 1, std::sync::Arc::clone(&load.rows), scenario.slots, values);
    let agent = worker.agent(user, load.traced.then_some(traces));
    let mut parked = Parked { user, walker: Walker { agent, memory }, rows, pauses };
    parked.walker.memory.draw_row(&mut parked.rows);
    let route = worker.route();
    match parked.walker.log_in(&scenario.login, start, &route).await {
        Ok(_) => {
            parked.walker.memory.logged_in();
            parked.walker.renew(route.origin);
            worker.course.user_logged_in();
        }
        Err(Some(reason)) => return worker.course.user_failed(&reason),
        Err(None) => return,
    }
    Life::of(&worker, parked).iterations().await;
}

/// A life goes on in the next round.
pub(super) async fn go_on(worker: Rc<Worker>, parked: Parked) {
    let _presence = Presence::of(&worker);
    worker.course.user_logged_in();
    Life::of(&worker, parked).iterations().await;
}

/// Counts a user among those at work for as long as its task lives.
struct Presence(Rc<Worker>);

impl Presence {
    fn of(worker: &Rc<Worker>) -> Self {
        worker.course.user_started();
        Self(Rc::clone(worker))
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.course.user_ended();
    }
}

struct Life<'a> {
    worker: &'a Worker,
    scenario: &'a PreparedScenario,
    user: u32,
    walker: Walker,
    rows: fastrand::Rng,
    pauses: fastrand::Rng,
}

impl<'a> Life<'a> {
    fn of(worker: &'a Worker, Parked { user, walker, rows, pauses }: Parked) -> Self {
        Self { worker, scenario: worker.load.scenario_of(user), user, walker, rows, pauses }
    }

    /// Iterations until the window is over; then the user waits for the next round.
    async fn iterations(mut self) {
        match (&self.worker.load.load, self.scenario.pacing) {
            (Load::Open { .. }, _) => self.take_slots().await,
            (_, Pacing::Think { low, high }) => self.think(low, high).await,
            (_, Pacing::Pace(pace)) => self.keep_pace(pace).await,
        }
        let Self { worker, user, walker, rows, pauses, .. } = self;
        worker.park(Parked { user, walker, rows, pauses });
    }

    /// Closed model with think time: a pause after each iteration, and a random part of one before the first.
    async fn think(&mut self, low: Duration, high: Duration) {
        let first = schedule::think(low, high, &mut self.pauses);
        let mut intended = self.worker.course.clock.now() + schedule::part_of(first, &mut self.pauses);
        while let Some(now) = self.wait_until(intended).await {
            let Some(ended) = self.iterate((intended, now)).await.ended() else { return };
            intended = ended + schedule::think(low, high, &mut self.pauses);
        }
    }

    /// Closed model with a pace: iterations in slots of the user's own; late ones catch up.
    async fn keep_pace(&mut self, pace: Duration) {
        let first = self.worker.course.clock.now() + schedule::part_of(pace, &mut self.pauses);
        let slot = |number| schedule::pace_slot(first, pace, number);
        for number in 0.. {
            let Some(now) = self.wait_until(slot(number)).await else {
                // A slot in which nothing was sent is a request that an app in time would have been asked for.
                return self.leave_slots((number..).map(slot)).await;
            };
            if self.iterate((slot(number), now)).await.ended().is_none() {
                return self.leave_slots((number + 1..).map(slot)).await;
            }
        }
    }

    /// The slots of the window that are left when its end has passed were not sent, because this user waited for the app.
    /// They can be as many as the window has milliseconds, so that they are recorded no faster than they are handed over.
    async fn leave_slots(&self, slots: impl Iterator<Item = Duration>) {
        let Worker { course, ledger, .. } = self.worker;
        let (Some(start), Some(end), None) = (course.window_start(), course.window_end(), course.stopped_at()) else {
            return;
        };
        let Some(step) = self.scenario.steps.first() else { return };
        for slot in slots.take_while(|slot| *slot < end).filter(|slot| *slot >= start) {
            ledger.room().await;
            ledger.unsent(step.endpoint, slot);
        }
    }

    /// Open model: an iteration for each slot that falls to this user.
    async fn take_slots(&mut self) {
        let seat = Rc::default();
        while let Some(taken) = self.next_slot(&seat).await {
            let now = self.worker.course.clock.now();
            if taken.awaited {
                self.worker.ledger.late(taken.time, now);
            }
            // One that the end of the window cut off was begun: late slots go on until the pool is closed.
            if self.iterate((taken.time, now)).await == Walked::Unsent {
                return self.leave_slot(taken);
            }
        }
    }

    async fn next_slot(&mut self, seat: &Rc<Seat>) -> Option<Taken> {
        let pool = &self.worker.pool;
        if pool.likely_wait() >= LONG_PAUSE {
            self.walker.agent.rest().await;
        }
        pool.take(seat).await
    }

    fn leave_slot(&self, slot: Taken) {
        if let Some(step) = self.scenario.steps.first() {
            self.worker.leave(slot, step.endpoint);
        }
    }

    /// One iteration on a row of its own, with the time just read.
    async fn iterate(&mut self, times: (Duration, Duration)) -> Walked {
        self.walker.memory.begin_iteration();
        self.walker.memory.draw_row(&mut self.rows);
        let walked = self.walker.iterate(&self.scenario.steps, times, &self.worker.route()).await;
        self.walker.renew(&self.worker.load.origin);
        walked
    }

    /// Waits and gives the time that it is then; `None` when the phase is over by then. Waking late is the generator's own
    /// lateness.
    async fn wait_until(&mut self, intended: Duration) -> Option<Duration> {
        let Worker { course, alarm, ledger, .. } = self.worker;
        let mut now = course.clock.now();
        if !course.may_go_on(intended, now) {
            return None;
        }
        if now < intended {
            if intended.saturating_sub(now) >= LONG_PAUSE {
                self.walker.agent.rest().await;
            }
            alarm.rest_until(intended).await;
            now = course.clock.now();
            ledger.late(intended, now);
        }
        course.goes_on(intended, now).then_some(now)
    }
}
