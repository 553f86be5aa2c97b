//! The ledger as others read it: `GET /demo/ledger`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Books, Line};
use crate::demo::route::Party;

/// All that the app did since its start or since the ledger was reset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerReport {
    /// The load: every request but monitors' scrapes and the control of the demo itself.
    pub totals: LedgerTotals,
    /// Connections, whoever made them.
    pub connections: Connections,
    /// One line for each method and path of the load: `GET /dashboard/`.
    pub endpoints: BTreeMap<String, LedgerLine>,
    /// `/metrics`.
    pub monitors: BTreeMap<String, LedgerLine>,
    /// `/demo/faults` and `/demo/ledger`.
    pub control: BTreeMap<String, LedgerLine>,
}

/// Sums over the endpoints of the load. `requests` = the sum of statuses + resets + abandoned + in flight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerTotals {
    /// Requests whose head was read.
    pub requests: u64,
    /// Whole answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Connections that the app reset in the place of an answer.
    pub resets: u64,
    /// Requests without a whole answer: the other side left first, or the app broke off.
    pub abandoned: u64,
    /// Requests that are in the app now.
    pub in_flight: u64,
}

/// Connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    /// Accepted since the ledger began.
    pub accepted: u64,
    /// Open now.
    pub open: u64,
}

/// One endpoint; project and detail numbers of its path are replaced: `GET /api/projects/{id}/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerLine {
    /// Requests whose head was read.
    pub requests: u64,
    /// Whole answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Connections reset in the place of an answer.
    pub resets: u64,
    /// Requests without a whole answer.
    pub abandoned: u64,
    /// Requests in the app now.
    pub in_flight: u64,
    /// Whether there were more answers than service times are kept (a million).
    pub truncated: bool,
    /// Service times of whole answers; absent when there was none.
    pub service_ms: Option<Times>,
}

/// Service times in milliseconds, exact to the microsecond: from the request's head, read, to the last byte of the
/// answer, handed to the socket. A percentile is the smallest time that at least that share of the requests kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// The number of times kept.
    pub count: u64,
    /// The arithmetic mean.
    pub mean: f64,
    /// Half of the requests.
    pub p50: f64,
    /// Nine in ten.
    pub p90: f64,
    /// Nineteen in twenty.
    pub p95: f64,
    /// Ninety-nine in a hundred.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

pub(super) fn report(books: &Books) -> LedgerReport {
    let lines_of = |party: Party| {
        let lines = books.lines.iter().filter(|line| line.party == party);
        lines.map(|kept| (format!("{} {}", kept.method, kept.path), line(kept))).collect()
    };
    LedgerReport {
        totals: totals(books),
        connections: connections(books),
        endpoints: lines_of(Party::Load),
        monitors: lines_of(Party::Monitor),
        control: lines_of(Party::Control),
    }
}

pub(super) fn totals(books: &Books) -> LedgerTotals {
    let mut totals = LedgerTotals::default();
    for line in books.lines.iter().filter(|line| line.party == Party::Load) {
        totals.requests += line.requests;
        totals.resets += line.resets;
        totals.abandoned += line.abandoned;
        totals.in_flight += line.in_flight;
        for (status, count) in &line.statuses {
            *totals.statuses.entry(*status).or_default() += count;
        }
    }
    totals
}

pub(super) fn connections(books: &Books) -> Connections {
    Connections { accepted: books.connections_accepted, open: books.connections_open }
}

fn line(line: &Line) -> LedgerLine {
    LedgerLine {
        requests: line.requests,
        statuses: line.statuses.clone(),
        resets: line.resets,
        abandoned: line.abandoned,
        in_flight: line.in_flight,
        truncated: line.truncated,
        service_ms: times(&line.service_us),
    }
}

fn times(service_us: &[u32]) -> Option<Times> {
    let mut sorted = service_us.to_vec();
    sorted.sort_unstable();
    let max = sorted.last().copied()?;
    let millis = |micros: u32| f64::from(micros) / 1_000.0;
    // Nearest rank, in whole numbers: the place of p99.0 among 100 is 99, not what a product of floats rounds to.
    let at = |percent: usize| millis(sorted[(sorted.len() * percent).div_ceil(100) - 1]);
    let sum: u64 = sorted.iter().copied().map(u64::from).sum();
    Some(Times {
        count: sorted.len() as u64,
        mean: sum as f64 / sorted.len() as f64 / 1_000.0,
        p50: at(50),
        p90: at(90),
        p95: at(95),
        p99: at(99),
        max: millis(max),
    })
}

#[cfg(test)]
mod tests {
    use super::times;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let hundred: Vec<u32> = (1..=100).rev().map(|n| n * 1_000).collect();
        let times = times(&hundred).expect("there are times");
        assert_eq!((times.p50, times.p90, times.p95, times.p99, times.max), (50.0, 90.0, 95.0, 99.0, 100.0));
        assert_eq!((times.count, times.mean), (100, 50.5));
    }

    #[test]
    fn one_time_is_every_percentile_and_none_is_absent() {
        let one = times(&[1_500]).expect("there is one");
        assert_eq!((one.p50, one.p99, one.max), (1.5, 1.5, 1.5));
        assert_eq!(times(&[]), None);
    }
}
