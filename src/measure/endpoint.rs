//! What was measured of one endpoint in one phase.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Histogram, Layout};
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
    /// Successful answers whose last byte came within the window, also of requests that were meant to start before it.
    pub completed: u64,
    /// Counts per span, by time of intended start.
    pub spans: Vec<SpanCounts>,
    /// The failure that was meant to start first: time since the phase's origin, and kind.
    pub first_failure: Option<(Duration, FailureKind)>,
    /// Up to three different descriptions of failures, as evidence.
    pub examples: Vec<String>,
}

impl EndpointMeasurements {
    /// Nothing measured yet, with an empty count for each span and each limit of the endpoint.
    pub fn new(layout: &Layout, endpoint: EndpointId) -> Self {
        let limits = layout.thresholds_of(endpoint).count();
        let span = SpanCounts { beyond: vec![0; limits], added_beyond: vec![0; limits], ..SpanCounts::default() };
        Self { spans: vec![span; layout.spans], ..Self::default() }
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
