//! The open model's pool: idle users of one worker, and the slots that they take.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use tokio::sync::Notify;

use super::{alarm::Alarm, course::Course, slots::Way};

/// One worker's idle users and its share of the slots.
///
/// Slots need no queue, because their times follow from their numbers or their seed: what waits is what lies between the
/// next slot and the last one that is due.
pub(super) struct Pool {
    course: Arc<Course>,
    /// Up to the next slot of this worker that no one has taken, once the slots are known.
    way: RefCell<Option<Way>>,
    idle: RefCell<VecDeque<Rc<Seat>>>,
    /// How long the user waited who took a slot last.
    waited: Cell<Duration>,
    closed: Cell<bool>,
    /// The slots are known, a user became idle, or the pool was closed.
    changed: Notify,
}

/// Where an idle user waits; each has one of its own.
#[derive(Default)]
pub(super) struct Seat {
    /// Idle since then.
    since: Cell<Duration>,
    slot: Cell<Option<Taken>>,
    called: Notify,
}

/// A slot that a user has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    /// Its time.
    pub(super) time: Duration,
    /// Whether a user was idle when it was due: then a late start is the generator's own lateness.
    pub(super) awaited: bool,
}

/// The window's slots of one worker that no one took, up to where it was stopped: their times, none of them kept.
#[derive(Debug, Clone)]
pub(super) struct Leftover {
    way: Way,
    end: Duration,
    /// Whether users were idle nevertheless, so that it was the generator that did not send them.
    pub(super) users_idle: bool,
}

impl Leftover {
    /// Slots of the window until now: those that were taken, and those that this has given.
    pub(super) fn passed(&self) -> u64 {
        self.way.passed()
    }
}

impl Iterator for Leftover {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        while let Some(time) = self.way.next().filter(|time| *time < self.end) {
            let within = self.way.is_within();
            self.way.advance();
            if within {
                return Some(time);
            }
        }
        None
    }
}

impl Pool {
    /// An empty pool of a worker.
    pub(super) fn new(course: Arc<Course>) -> Self {
        Self {
            course,
            way: RefCell::new(None),
            idle: RefCell::new(VecDeque::new()),
            waited: Cell::new(Duration::MAX),
            closed: Cell::new(false),
            changed: Notify::new(),
        }
    }

    /// Whether it is known when the slots are.
    pub(super) fn is_open(&self) -> bool {
        self.way.borrow().is_some()
    }

    /// Says when this worker's slots are.
    pub(super) fn open(&self, way: Way) {
        *self.way.borrow_mut() = Some(way);
        self.changed.notify_one();
    }

    /// Says that the window is longer than was said; earlier slots stay as they are.
    pub(super) fn extend(&self, duration: Duration) {
        if let Some(way) = &mut *self.way.borrow_mut()
            && way.extend(duration)
        {
            self.changed.notify_one();
        }
    }

    /// How long a user is likely to wait for a slot: as long as the last one did, because users take turns. The longest time
    /// of all before the first slot.
    pub(super) fn likely_wait(&self) -> Duration {
        self.waited.get()
    }

    /// A user is idle in its seat until it gets a slot; `None` when there will be none. Users take turns.
    pub(super) async fn take(&self, seat: &Rc<Seat>) -> Option<Taken> {
        if self.closed.get() {
            return None;
        }
        let now = self.course.clock.now();
        if self.idle.borrow().is_empty()
            && let Some(time) = self.next_time()
            && time <= now
        {
            self.advance();
            self.waited.set(Duration::ZERO);
            return Some(Taken { time, awaited: false });
        }
        seat.since.set(now);
        self.idle.borrow_mut().push_back(Rc::clone(seat));
        self.changed.notify_one();
        seat.called.notified().await;
        seat.slot.take()
    }

    /// Gives slots to idle users as they become due; ends when the pool is closed. Where it is too late for a slot,
    /// because the process stood still until then, they stay idle, which tells at the end that they did not wait for the
    /// app.
    pub(super) async fn dispatch(&self, alarm: &Alarm) {
        while !self.closed.get() {
            let Some(time) = self.next_time() else {
                // Behind the last slot the window may still be extended, until the pool is closed.
                self.changed.notified().await;
                continue;
            };
            alarm.rest_until(time).await;
            // While it slept, a user that came back may have taken the slot.
            let now = self.course.clock.now();
            if now < time {
                return;
            }
            if self.next_time() != Some(time) {
                continue;
            }
            if !self.course.goes_on(time, now) {
                self.changed.notified().await;
                continue;
            }
            let seat = self.idle.borrow_mut().pop_front();
            match seat {
                Some(seat) => {
                    self.advance();
                    self.waited.set(now.saturating_sub(seat.since.get()));
                    seat.slot.set(Some(Taken { time, awaited: true }));
                    seat.called.notify_one();
                }
                None => self.changed.notified().await,
            }
        }
    }

    /// Whether every slot was taken.
    pub(super) fn is_done(&self) -> bool {
        self.is_open() && self.next_time().is_none()
    }

    /// Sends all idle users home. Slots before `end` that were not taken are left over.
    pub(super) fn close(&self, end: Duration) -> Option<Leftover> {
        if self.closed.replace(true) {
            return None;
        }
        let idle = self.idle.take();
        for seat in &idle {
            seat.called.notify_one();
        }
        self.changed.notify_one();
        Some(Leftover { way: self.way.take()?, end, users_idle: !idle.is_empty() })
    }

    fn next_time(&self) -> Option<Duration> {
        self.way.borrow().as_ref()?.next()
    }

    fn advance(&self) {
        if let Some(way) = &mut *self.way.borrow_mut() {
            way.advance();
        }
    }
}
