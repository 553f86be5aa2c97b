//! Recording in a worker: no lock, no channel, and no allocation that grows with the run.

use std::{sync::Arc, time::Duration};

use super::{Histogram, Layout, Opened, Sample, Trace, Traces, silence::Silences, split::Connected};
use crate::plan::{EndpointId, FailureKind};

/// Different descriptions of failures that are kept for an endpoint.
pub(super) const EXAMPLES: usize = 3;

/// One worker's recording since the last [`Recorder::take`].
///
/// It only appends; its memory is that of the requests between two calls of [`Recorder::take`].
#[derive(Debug)]
pub struct Recorder {
    layout: Arc<Layout>,
    samples: Vec<Sample>,
    added: Vec<Added>,
    opened: Vec<Connected>,
    examples: Vec<(EndpointId, String)>,
    /// By endpoint; empty where requests carry no trace id.
    traces: Vec<Traces>,
    in_flight: i64,
    /// By endpoint: what [`Self::describe_failure`] has already kept.
    described: Vec<Vec<String>>,
    /// Only with think time: who started when, and how long answers took so far.
    silences: Option<Watch>,
    window: Option<Duration>,
    /// Length of the window.
    length: Duration,
    users: Option<u32>,
}

#[derive(Debug)]
struct Watch {
    silences: Silences,
    latencies: Vec<Histogram>,
}

impl Recorder {
    /// An empty recording.
    pub fn new(layout: Arc<Layout>) -> Self {
        let described = vec![Vec::new(); layout.logins.len()];
        Self {
            length: layout.duration,
            layout,
            samples: Vec::new(),
            added: Vec::new(),
            opened: Vec::new(),
            examples: Vec::new(),
            traces: Vec::new(),
            in_flight: 0,
            described,
            silences: None,
            window: None,
            users: None,
        }
    }

    /// Says how many users with think time this worker has, so that a silence can tell those who wait from those who think.
    #[must_use]
    pub fn of_users(mut self, users: u32) -> Self {
        self.users = Some(users);
        self
    }

    /// Says that this worker has one user with think time more from now on.
    pub fn user_joins(&mut self) {
        self.users = self.users.map(|users| users + 1);
        if let Some(watch) = &mut self.silences {
            watch.silences.user_joins();
        }
    }

    /// Says when the measured window starts; until then only login requests are measured, the rest counts in totals.
    ///
    /// Best called when the ramp ended, with the end of the warm-up: the mean gap between requests, which tells a
    /// silence, then starts anew with all users at work.
    pub fn open_window(&mut self, start: Duration) {
        self.window = Some(start);
        let end = start.saturating_add(self.length);
        if let Some(watch) = &mut self.silences {
            watch.silences.open_window(end);
        }
    }

    /// Notes that a request is sent now, so that the collector knows how many are in flight.
    pub fn sending(&mut self) {
        self.in_flight += 1;
    }

    /// Notes that it ended without a sample, because the generator was exhausted.
    pub fn gave_up(&mut self) {
        self.in_flight -= 1;
    }

    /// Says that the window was extended to twice its length; to be called before its end.
    pub fn extend_window(&mut self) {
        let Some(start) = self.window else { return };
        self.length = self.layout.duration * 2;
        if let Some(watch) = &mut self.silences {
            watch.silences.move_end(start.saturating_add(self.length));
        }
    }

    /// Adds a request that ended, or was not sent.
    pub fn record(&mut self, sample: &Sample) {
        if let Some(watch) = &mut self.silences
            && watch.silences.knows(sample.endpoint)
        {
            if sample.timed() {
                watch.latencies[sample.endpoint.index()].record(sample.latency);
            }
            self.added.extend(watch.silences.ended(sample.ended(), &watch.latencies));
        }
        self.in_flight -= i64::from(sample.failure != Some(FailureKind::Unsent));
        self.samples.push(*sample);
    }

    /// Notes that a request opened a connection; `intended` is when the request was meant to start.
    pub fn opened(&mut self, endpoint: EndpointId, intended: Duration, opened: Opened) {
        self.opened.push(Connected { endpoint, intended, opened });
    }

    /// Keeps a failure's description as evidence; at most three different ones an endpoint.
    pub fn describe_failure(&mut self, endpoint: EndpointId, description: &str) {
        let described = &mut self.described[endpoint.index()];
        if described.len() < EXAMPLES && !described.iter().any(|known| known == description) {
            described.push(description.to_owned());
            self.examples.push((endpoint, description.to_owned()));
        }
    }

    /// Keeps a request with its trace id, if it is one of the slowest, or of the first failures, of what is measured.
    pub fn trace(&mut self, endpoint: EndpointId, trace: Trace) {
        let within = |start: Duration| trace.at.checked_sub(start).is_some_and(|since| since < self.length);
        if !self.layout.logins[endpoint.index()] && !self.window.is_some_and(within) {
            return;
        }
        if self.traces.is_empty() {
            self.traces = vec![Traces::default(); self.layout.logins.len()];
        }
        self.traces[endpoint.index()].add(trace);
    }

    /// Notes that a request of a user with think time starts now; a silence before it is filled with the requests that
    /// waiting users did not make. `at` is the actual start; login requests are ignored.
    pub fn started(&mut self, endpoint: EndpointId, at: Duration) {
        if self.layout.logins[endpoint.index()] {
            return;
        }
        let window = self.window.map(|start| (start, start.saturating_add(self.length)));
        let watch = self.silences.get_or_insert_with(|| Watch::new(&self.layout, window, self.users));
        self.added.extend(watch.silences.started(endpoint, at, &watch.latencies));
    }

    /// Requests recorded since the last [`Self::take`].
    #[expect(clippy::len_without_is_empty, reason = "nobody asks whether it is empty")]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// What was recorded since the last call.
    pub fn take(&mut self) -> Batch {
        // The next batch needs about as much room as this one did.
        let room = Vec::with_capacity(self.samples.len() + self.samples.len() / 4);
        Batch {
            samples: std::mem::replace(&mut self.samples, room),
            added: std::mem::take(&mut self.added),
            opened: std::mem::take(&mut self.opened),
            examples: std::mem::take(&mut self.examples),
            traces: std::mem::take(&mut self.traces),
            in_flight: std::mem::take(&mut self.in_flight),
        }
    }
}

impl Watch {
    fn new(layout: &Layout, window: Option<(Duration, Duration)>, users: Option<u32>) -> Self {
        let mut silences = Silences::new(layout.logins.len(), users);
        if let Some((_, end)) = window {
            silences.open_window(end);
        }
        Self { silences, latencies: vec![Histogram::new(); layout.logins.len()] }
    }
}

/// A worker's recording on its way to the control thread.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    pub(super) samples: Vec<Sample>,
    pub(super) added: Vec<Added>,
    pub(super) opened: Vec<Connected>,
    pub(super) examples: Vec<(EndpointId, String)>,
    /// By endpoint, or empty.
    pub(super) traces: Vec<Traces>,
    /// By how many there are more requests in flight.
    pub(super) in_flight: i64,
}

impl Batch {
    /// The requests in it.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }
}

/// A request that a waiting user did not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Added {
    pub(super) endpoint: EndpointId,
    /// When it would have started, since the phase's origin.
    pub(super) at: Duration,
    pub(super) latency: Duration,
}
