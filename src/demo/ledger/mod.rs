//! What the app did, exactly: the truth that measurements from outside are compared with.

mod report;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use http::Method;

use super::lock::lock;
use super::route::{Party, Route};
pub use report::{Connections, LedgerLine, LedgerReport, LedgerTotals, Times};

/// The most service times kept for an endpoint, exact and one by one; beyond it the line says `truncated`.
const MOST_TIMES: usize = 1_000_000;

/// The most endpoints with a line of their own; the rest share one line.
const MOST_LINES: usize = 200;

/// The path of the line that the rest share.
const OTHER: &str = "(other)";

/// The ledger.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    /// Entries from before a reset are not of this epoch and write nothing.
    epoch: u64,
    lines: Vec<Line>,
    places: HashMap<(Method, String), usize>,
    connections_accepted: u64,
    connections_open: u64,
}

#[derive(Debug)]
struct Line {
    party: Party,
    method: Method,
    path: String,
    requests: u64,
    in_flight: u64,
    statuses: BTreeMap<u16, u64>,
    resets: u64,
    abandoned: u64,
    service_us: Vec<u32>,
    truncated: bool,
}

/// One request in the app, from its head to the last byte of its answer. Dropped before that, it counts as abandoned.
#[derive(Debug)]
pub(super) struct Entry {
    ledger: Arc<Ledger>,
    epoch: u64,
    place: usize,
    started: Instant,
    status: u16,
    ending: Ending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Abandoned,
    Reset,
    Answered,
}

/// One open connection.
#[derive(Debug)]
pub(super) struct OpenConnection(Arc<Ledger>);

impl Ledger {
    /// Opens the entry of a request whose head has just been read.
    pub(super) fn begin(self: &Arc<Self>, method: &Method, path: &str) -> Entry {
        let started = Instant::now();
        let route = Route::of(path);
        let mut books = lock(&self.books);
        let place = books.place(route.party(), method, &route.normalised(path));
        let line = &mut books.lines[place];
        line.requests += 1;
        line.in_flight += 1;
        let epoch = books.epoch;
        drop(books);
        Entry { ledger: Arc::clone(self), epoch, place, started, status: 0, ending: Ending::Abandoned }
    }

    /// Counts a connection that was accepted.
    pub(super) fn connection(self: &Arc<Self>) -> OpenConnection {
        let mut books = lock(&self.books);
        books.connections_accepted += 1;
        books.connections_open += 1;
        drop(books);
        OpenConnection(Arc::clone(self))
    }

    /// Forgets everything but the connections that are open. Requests in the app now leave no trace.
    pub(super) fn reset(&self) {
        let mut books = lock(&self.books);
        *books = Books { epoch: books.epoch + 1, connections_open: books.connections_open, ..Books::default() };
    }

    pub(super) fn report(&self) -> LedgerReport {
        report::report(&lock(&self.books))
    }

    /// The sums alone: a scrape must not sort a million times.
    pub(super) fn totals(&self) -> (LedgerTotals, Connections) {
        let books = lock(&self.books);
        (report::totals(&books), report::connections(&books))
    }
}

impl Books {
    fn place(&mut self, party: Party, method: &Method, path: &str) -> usize {
        let mut key = (method.clone(), path.to_owned());
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        if self.lines.len() >= MOST_LINES {
            key = (Method::GET, OTHER.to_owned());
            if let Some(place) = self.places.get(&key) {
                return *place;
            }
        }
        self.lines.push(Line::new(party, key.0.clone(), key.1.clone()));
        self.places.insert(key, self.lines.len() - 1);
        self.lines.len() - 1
    }
}

impl Line {
    fn new(party: Party, method: Method, path: String) -> Self {
        let (statuses, service_us) = (BTreeMap::new(), Vec::new());
        Self {
            party,
            method,
            path,
            requests: 0,
            in_flight: 0,
            statuses,
            resets: 0,
            abandoned: 0,
            service_us,
            truncated: false,
        }
    }

    fn answered(&mut self, status: u16, started: Instant) {
        *self.statuses.entry(status).or_default() += 1;
        if self.service_us.len() == MOST_TIMES {
            self.truncated = true;
            return;
        }
        let micros = (started.elapsed().as_nanos() + 500) / 1_000;
        self.service_us.push(u32::try_from(micros).unwrap_or(u32::MAX));
    }
}

impl Entry {
    /// Notes the status of the answer that is about to go out.
    pub(super) fn status(&mut self, status: u16) {
        self.status = status;
    }

    /// The last byte of the answer was handed to the socket.
    pub(super) fn answered(mut self) {
        self.ending = Ending::Answered;
    }

    /// The connection is reset in the place of an answer.
    pub(super) fn reset(mut self) {
        self.ending = Ending::Reset;
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut books = lock(&self.ledger.books);
        if books.epoch != self.epoch {
            return;
        }
        let line = &mut books.lines[self.place];
        line.in_flight -= 1;
        match self.ending {
            Ending::Answered => line.answered(self.status, self.started),
            Ending::Reset => line.resets += 1,
            Ending::Abandoned => line.abandoned += 1,
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        lock(&self.0.books).connections_open -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::Method;

    use super::{Ledger, MOST_LINES};

    #[test]
    fn an_entry_ends_answered_reset_or_abandoned() {
        let ledger = Arc::new(Ledger::default());
        let mut answered = ledger.begin(&Method::GET, "/api/projects/162/");
        answered.status(200);
        answered.answered();
        ledger.begin(&Method::GET, "/api/projects/160/").reset();
        drop(ledger.begin(&Method::GET, "/api/projects/161/"));
        let open = ledger.begin(&Method::GET, "/api/projects/161/");
        let report = ledger.report();
        let line = &report.endpoints["GET /api/projects/{id}/"];
        assert_eq!((line.requests, line.resets, line.abandoned, line.in_flight), (4, 1, 1, 1));
        assert_eq!(line.statuses.get(&200), Some(&1));
        drop(open);
        assert_eq!(ledger.report().endpoints["GET /api/projects/{id}/"].abandoned, 2);
    }

    #[test]
    fn a_reset_forgets_and_what_was_in_the_app_leaves_no_trace() {
        let ledger = Arc::new(Ledger::default());
        let connection = ledger.connection();
        let entry = ledger.begin(&Method::GET, "/healthz");
        ledger.reset();
        let other = ledger.begin(&Method::GET, "/version");
        entry.answered();
        let report = ledger.report();
        assert_eq!((report.totals.requests, report.totals.in_flight), (1, 1));
        assert_eq!((report.connections.accepted, report.connections.open), (0, 1));
        drop((connection, other));
        assert_eq!(ledger.report().connections.open, 0);
    }

    #[test]
    fn endless_paths_share_a_line() {
        let ledger = Arc::new(Ledger::default());
        for n in 0..MOST_LINES + 50 {
            ledger.begin(&Method::GET, &format!("/no-such-page-{n}")).answered();
        }
        let report = ledger.report();
        assert_eq!(report.endpoints.len(), MOST_LINES + 1);
        assert_eq!(report.totals.requests, MOST_LINES as u64 + 50);
        assert_eq!(report.endpoints["GET (other)"].requests, 50);
    }
}
