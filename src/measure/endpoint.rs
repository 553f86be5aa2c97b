//! What was measured of one endpoint in one phase.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Histogram, Layout, TimeSplit, Traces};
use crate::plan::{EndpointId, FailureKind};

/// What was measured of one endpoint in one phase: its measured window, for login endpoints the ramp.
#[derive(Debug, Clone, Default)]
pub struct EndpointMeasurements {
    /// Intended requests.
    pub requests: u64,
    /// Answers by status, of successes and failures alike.
    pub statuses: BTreeMap<u16, u64>,
    /// Failures by kind; kinds without failures are absent.
    pub errors: BTreeMap<FailureKind, u64>,
    /// Latency of successes and timeouts.
    pub latency: Histogram,
    /// Latency of the requests that waiting users did not make (docs/decisions.md section 2, "Silences").
    pub added: Histogram,
    /// Service time of successes and timeouts.
    pub service: Histogram,
    /// Where the time of successes went, and that of the connections which requests opened.
    pub split: TimeSplit,
    /// Successful answers whose last byte came within the window, as far as it was measured, also of requests that were
    /// meant to start before it.
    pub completed: u64,
    /// Counts per span, by time of intended start.
    pub spans: Vec<SpanCounts>,
    /// The failure that was meant to start first: time since the phase's origin, and kind.
    pub first_failure: Option<(Duration, FailureKind)>,
    /// Up to three different descriptions of failures, as evidence.
    pub examples: Vec<String>,
    /// Requests whose status another tool's files do not tell, though an answer may have come; 0 for a load of the gate's
    /// own.
    pub unknown_statuses: u64,
    /// Failures whose kind another tool's files do not tell; 0 likewise.
    pub unknown_kinds: u64,
    /// Requests with their trace ids: the slowest, and the first failures; empty where they carry none.
    pub traces: Traces,
}

impl EndpointMeasurements {
    /// Nothing measured yet, with an empty count for each span and each limit of the endpoint.
    pub fn new(layout: &Layout, endpoint: EndpointId) -> Self {
        let limits = layout.thresholds_of(endpoint).count();
        let span = SpanCounts { beyond: vec![0; limits], added_beyond: vec![0; limits], ..SpanCounts::default() };
        Self { spans: vec![span; layout.spans], ..Self::default() }
    }

    /// What the counts of the spans alone say, without histograms: enough for a look at a running phase.
    pub(super) fn interim(&self, spans: usize) -> Self {
        Self {
            requests: self.requests,
            errors: self.errors.clone(),
            completed: self.completed,
            spans: self.spans.iter().take(spans).cloned().collect(),
            ..Self::default()
        }
    }

    /// Merges spans in pairs, so that a window of twice the length has as many.
    pub(super) fn merge_pairs(&mut self) {
        self.spans =
            self.spans.chunks(2).map(|pair| pair.iter().fold(SpanCounts::default(), SpanCounts::with)).collect();
    }

    /// Failures of every kind.
    pub fn failures(&self) -> u64 {
        self.errors.values().sum()
    }
}

/// Counts of one span.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpanCounts {
    /// Intended requests.
    pub requests: u64,
    /// Failures of every kind.
    pub failures: u64,
    /// Requests whose time is known: successes and timeouts. The n of latency criteria.
    pub timed: u64,
    /// Sum of their latencies in seconds.
    pub latency_sum: f64,
    /// Sum of their service times in seconds.
    pub service_sum: f64,
    /// Successful answers whose last byte came within this span.
    pub completed: u64,
    /// Requests added for silences.
    pub added: u64,
    /// For each limit of the endpoint ([`super::Layout::thresholds_of`]): timed requests beyond it. A timeout is beyond
    /// every limit.
    pub beyond: Vec<u64>,
    /// Likewise: added requests beyond it; zero for limits of service time.
    pub added_beyond: Vec<u64>,
}

impl SpanCounts {
    /// The counts of both.
    fn with(self, other: &Self) -> Self {
        let sums = |mine: &[u64], theirs: &[u64]| {
            let at = |counts: &[u64], index: usize| counts.get(index).copied().unwrap_or_default();
            (0..mine.len().max(theirs.len())).map(|index| at(mine, index) + at(theirs, index)).collect()
        };
        Self {
            requests: self.requests + other.requests,
            failures: self.failures + other.failures,
            timed: self.timed + other.timed,
            latency_sum: self.latency_sum + other.latency_sum,
            service_sum: self.service_sum + other.service_sum,
            completed: self.completed + other.completed,
            added: self.added + other.added,
            beyond: sums(&self.beyond, &other.beyond),
            added_beyond: sums(&self.added_beyond, &other.added_beyond),
        }
    }
}
