//! Merging the workers' recordings.

use std::{sync::Arc, time::Duration};

use super::{Batch, EndpointMeasurements, Layout};

/// Merges the workers' recordings; order and grouping of batches do not matter.
#[derive(Debug)]
pub struct Collector {
    layout: Arc<Layout>,
}

impl Collector {
    /// Empty.
    pub fn new(layout: Arc<Layout>) -> Self {
        Self { layout }
    }

    /// As [`super::Recorder::open_window`].
    pub fn open_window(&mut self, start: Duration) {
        let _ = (start, &self.layout);
    }

    /// Adds a worker's batch.
    pub fn absorb(&mut self, batch: Batch) {
        let _ = batch;
    }

    /// What happened to requests intended in `from..to` since the phase's origin (whole seconds), login excluded:
    /// for progress, recovery and the stop when nothing answers.
    pub fn recent(&self, from: Duration, to: Duration) -> Recent {
        let _ = (from, to);
        Recent::default()
    }

    /// The endpoints' measurements, by endpoint id, with every 1 s window.
    pub fn finish(self) -> (Vec<EndpointMeasurements>, Vec<super::Window>) {
        (Vec::new(), Vec::new())
    }
}

/// A summary over some seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Recent {
    /// Requests that ended, success or failure.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
    /// Median latency; `None` without a timed request.
    pub p50: Option<Duration>,
    /// 95th percentile of latency.
    pub p95: Option<Duration>,
}
