//! What one worker has seen: no lock, no channel, and no allocation that grows with the run.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
    time::Duration,
};

use super::{course::Course, prepare::PreparedStep, walk::Hop, walk::Witness, worker::BEAT};
use crate::{
    client::{Answer, Opening},
    measure::{Batch, Exhaustion, Histogram, Layout, Opened, Recorder, Sample, Scarce, Split, Trace},
    plan::{EndpointId, FailureKind},
    units::number,
};

/// So many requests are handed over at the next heartbeat: as many as the processor's cache holds beside everything else.
const FULL: usize = 2048;

/// So many are a few megabytes.
pub(super) const OVERFULL: usize = 16 * FULL;

/// One worker's recording of requests and of its own lateness.
pub(super) struct Ledger {
    course: Arc<Course>,
    recorder: RefCell<Recorder>,
    open: Cell<bool>,
    lateness: RefCell<Histogram>,
    /// Requests that have not ended, by the second in which they were sent; seldom more than a few.
    under_way: RefCell<Vec<(u64, u64)>>,
    extended: Cell<bool>,
    /// Since the course was last told.
    requests: Cell<u64>,
    failures: Cell<u64>,
    /// Requests that were sent and whose answers had no room.
    unread: Cell<u64>,
    exhausted: RefCell<Option<Exhaustion>>,
}

impl Ledger {
    /// An empty ledger of a worker with so many users with think time before the window.
    pub(super) fn new(course: Arc<Course>, layout: Arc<Layout>, thinking: u32) -> Self {
        Self {
            course,
            recorder: RefCell::new(Recorder::new(layout).of_users(thinking)),
            open: Cell::new(false),
            lateness: RefCell::new(Histogram::new()),
            under_way: RefCell::new(Vec::new()),
            extended: Cell::new(false),
            requests: Cell::new(0),
            failures: Cell::new(0),
            unread: Cell::new(0),
            exhausted: RefCell::new(None),
        }
    }

    /// A user of this worker with think time starts within the window.
    pub(super) fn user_joins(&self) {
        self.recorder.borrow_mut().user_joins();
    }

    /// Tells the recorder when the measured window starts, as soon as that is known, and when it was extended.
    pub(super) fn open_window(&self) {
        if !self.open.get()
            && let Some(start) = self.course.window_start()
        {
            self.recorder.borrow_mut().open_window(start);
            self.open.set(true);
        }
        if self.open.get() && !self.extended.get() && self.course.extended() {
            self.recorder.borrow_mut().extend_window();
            self.extended.set(true);
        }
    }

    /// Something that was due at `due` happened at `now`. Counts within the measured window.
    pub(super) fn late(&self, due: Duration, now: Duration) {
        let within = self.course.window_start().is_some_and(|start| due >= start)
            && self.course.end().is_some_and(|end| due < end);
        if within {
            self.lateness.borrow_mut().record(now.saturating_sub(due));
        }
    }

    /// A slot was not sent because every user waited for the app.
    pub(super) fn unsent(&self, endpoint: EndpointId, slot: Duration) {
        let latency = self.course.clock.now().saturating_sub(slot);
        self.write(&Sample {
            endpoint,
            intended: slot,
            latency,
            service: Duration::ZERO,
            status: None,
            failure: Some(FailureKind::Unsent),
            split: None,
        });
        self.recorder
            .borrow_mut()
            .describe_failure(endpoint, "every user waited for the app, so the slot was not sent");
    }

    /// Tells the course how many requests ended.
    pub(super) fn publish(&self) {
        self.course.add_requests(self.requests.take(), self.failures.take());
    }

    /// Whether so much was recorded that it is better handed over.
    pub(super) fn is_full(&self) -> bool {
        self.recorder.borrow().len() >= FULL
    }

    /// Whether so much was recorded that who has more to record at once had better wait for it to be handed over.
    fn is_overfull(&self) -> bool {
        self.recorder.borrow().len() >= OVERFULL
    }

    /// Waits until so much was handed over that there is room for more.
    pub(super) async fn room(&self) {
        while self.is_overfull() {
            tokio::time::sleep(BEAT).await;
        }
    }

    /// What was recorded since the last call.
    pub(super) fn take(&self) -> Batch {
        self.recorder.borrow_mut().take()
    }

    /// Lateness within the window.
    pub(super) fn take_lateness(&self) -> Histogram {
        self.lateness.take()
    }

    /// Requests that were sent and about which nothing is known: those that have not ended, and those whose answers had no
    /// room.
    pub(super) fn unknown(&self) -> u64 {
        self.under_way.borrow().iter().map(|(_, requests)| requests).sum::<u64>() + self.unread.get()
    }

    /// A moment at which a request had been sent that has not ended, the earliest to the second; `None` without any.
    pub(super) fn under_way_since(&self) -> Option<Duration> {
        let earliest = self.under_way.borrow().iter().map(|(second, _)| *second).min();
        earliest.map(|second| Duration::from_secs(second + 1))
    }

    fn begin(&self, at: Duration) {
        let mut under_way = self.under_way.borrow_mut();
        match under_way.iter_mut().rev().find(|(second, _)| *second == at.as_secs()) {
            Some((_, requests)) => *requests += 1,
            None => under_way.push((at.as_secs(), 1)),
        }
    }

    fn end(&self, began: Duration) {
        let mut under_way = self.under_way.borrow_mut();
        if let Some(at) = under_way.iter().rposition(|(second, _)| *second == began.as_secs()) {
            under_way[at].1 -= 1;
            if under_way[at].1 == 0 {
                under_way.swap_remove(at);
            }
        }
    }

    /// What the generator ran out of, if it did.
    pub(super) fn take_exhausted(&self) -> Option<Exhaustion> {
        self.exhausted.take()
    }

    /// What ran out, with the load that there was enough for.
    fn with_its_load(&self, exhaustion: &Exhaustion) -> Exhaustion {
        let Exhaustion { of, words } = exhaustion.clone();
        let carried = match of {
            Scarce::Descriptors | Scarce::Ports => self.course.others_at_work().filter(|users| *users > 0),
            Scarce::Bodies => None,
        };
        let carried = carried.map(|users| number::counted(u64::from(users), "user"));
        let until_then = carried.map(|users| format!("; until then it carried {users} at once")).unwrap_or_default();
        Exhaustion { of, words: format!("{}{until_then}", words.trim_end_matches('.')) }
    }

    /// The time of an answer before and after its first byte; the request was sent when its connection was ready.
    fn split(&self, answer: &Answer, hop: &Hop<'_>) -> Split {
        let clock = self.course.clock;
        let sent = hop.opened.map_or(hop.started, |opened| clock.at(opened.ready));
        let first_byte = clock.at(answer.first_byte);
        Split::of(first_byte.saturating_sub(sent), hop.ended.saturating_sub(first_byte))
    }

    fn write(&self, sample: &Sample) {
        self.open_window();
        self.requests.set(self.requests.get() + 1);
        self.failures.set(self.failures.get() + u64::from(sample.failure.is_some()));
        self.recorder.borrow_mut().record(sample);
    }
}

impl Witness for Ledger {
    fn goes_on(&self, intended: Duration, now: Duration) -> bool {
        self.course.goes_on(intended, now)
    }

    fn sending(&self, step: &PreparedStep, at: Duration) {
        self.begin(at);
        self.recorder.borrow_mut().sending();
        if step.thinks {
            self.open_window();
            self.recorder.borrow_mut().started(step.endpoint, at);
        }
    }

    fn ended(&self, hop: &Hop<'_>) {
        self.end(hop.started);
        let endpoint = hop.step.endpoint;
        self.write(&Sample {
            endpoint,
            intended: hop.intended,
            latency: hop.ended.saturating_sub(hop.intended),
            service: hop.ended.saturating_sub(hop.started),
            status: hop.answer.map(|answer| answer.status),
            failure: hop.failure.map(|failure| failure.kind),
            split: hop.answer.map(|answer| self.split(answer, hop)),
        });
        if let Some(Opening { dns, connect, tls, .. }) = hop.opened {
            self.recorder.borrow_mut().opened(endpoint, hop.intended, Opened { dns, connect, tls });
        }
        if let Some(id) = hop.trace {
            self.recorder.borrow_mut().trace(
                endpoint,
                Trace {
                    id,
                    at: hop.intended,
                    latency: hop.ended.saturating_sub(hop.intended),
                    status: hop.answer.map(|answer| answer.status),
                    failure: hop.failure.map(|failure| failure.kind),
                },
            );
        }
        if let Some(failure) = hop.failure {
            self.recorder.borrow_mut().describe_failure(endpoint, &failure.description);
        }
    }

    fn exhausted(&self, at: Duration, exhaustion: &Exhaustion) {
        self.end(at);
        self.recorder.borrow_mut().gave_up();
        let sent = match exhaustion.of {
            Scarce::Descriptors | Scarce::Ports => 0,
            Scarce::Bodies => 1,
        };
        self.unread.set(self.unread.get() + sent);
        self.exhausted.borrow_mut().get_or_insert_with(|| self.with_its_load(exhaustion));
    }
}
