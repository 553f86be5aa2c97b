//! Recording in a worker: no lock, no channel, and no allocation that grows with the run.

use std::{sync::Arc, time::Duration};

use super::{Layout, Sample};
use crate::plan::EndpointId;

/// One worker's recording since the last [`Recorder::take`].
#[derive(Debug)]
pub struct Recorder {
    layout: Arc<Layout>,
}

impl Recorder {
    /// An empty recording.
    pub fn new(layout: Arc<Layout>) -> Self {
        Self { layout }
    }

    /// Says when the measured window starts; until then only login requests are measured, the rest counts in totals.
    pub fn open_window(&mut self, start: Duration) {
        let _ = (start, &self.layout);
    }

    /// Adds a request.
    pub fn record(&mut self, sample: &Sample) {
        let _ = sample;
    }

    /// Keeps a failure's description as evidence; at most three different ones an endpoint.
    pub fn describe_failure(&mut self, endpoint: EndpointId, description: &str) {
        let _ = (endpoint, description);
    }

    /// Notes that a request of a user with think time starts now; a silence before it is filled with the requests that
    /// waiting users did not make.
    pub fn started(&mut self, endpoint: EndpointId, at: Duration) {
        let _ = (endpoint, at);
    }

    /// What was recorded since the last call.
    pub fn take(&mut self) -> Batch {
        Batch {}
    }
}

/// A worker's recording on its way to the control thread.
#[derive(Debug)]
pub struct Batch {}
