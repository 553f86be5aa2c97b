//! Merging the workers' recordings.

use std::{sync::Arc, time::Duration};

use super::{
    Batch, Clock, EndpointMeasurements, Layout, PhaseFacts, PhaseMeasurements, Recent, Sample, Threshold, Traces,
    Unanswered,
    recent::Seconds,
    recorder::{Added, EXAMPLES},
    windows::Windows,
};
use crate::plan::{EndpointId, FailureKind};

/// Merges the workers' recordings; order and grouping of batches do not matter.
///
/// Memory is bounded by endpoints x seconds of the phase, never by requests. There is room for the spans of twice the
/// window from the start on, because a phase may be extended once while its load goes on.
#[derive(Debug)]
pub struct Collector {
    layout: Arc<Layout>,
    /// By endpoint: its limits, in the order of [`super::SpanCounts::beyond`].
    limits: Vec<Vec<Threshold>>,
    window_start: Option<Duration>,
    extended: bool,
    endpoints: Vec<EndpointMeasurements>,
    windows: Windows,
    seconds: Seconds,
    sent: u64,
    failed: u64,
    /// Requests that the workers sent and that have not ended.
    in_flight: i64,
}

impl Collector {
    /// Empty.
    pub fn new(layout: Arc<Layout>) -> Self {
        let ids = || (0_u32..).map(EndpointId).take(layout.logins.len());
        let roomy = Layout { spans: 2 * layout.spans, ..Layout::clone(&layout) };
        Self {
            limits: ids().map(|endpoint| layout.thresholds_of(endpoint).copied().collect()).collect(),
            window_start: None,
            extended: false,
            endpoints: ids().map(|endpoint| EndpointMeasurements::new(&roomy, endpoint)).collect(),
            windows: Windows::default(),
            seconds: Seconds::default(),
            sent: 0,
            failed: 0,
            in_flight: 0,
            layout,
        }
    }

    /// As [`super::Recorder::open_window`]; to be called before the first batch with requests of the window.
    pub fn open_window(&mut self, start: Duration) {
        self.window_start = Some(start);
    }

    /// Extends the window to twice its length; to be called before its end, so that it stays in one piece.
    pub fn extend(&mut self) {
        self.extended = true;
    }

    /// Adds a worker's batch.
    pub fn absorb(&mut self, batch: Batch) {
        self.in_flight += batch.in_flight;
        for sample in &batch.samples {
            self.count(sample);
        }
        for added in &batch.added {
            self.add(added);
        }
        for connected in &batch.opened {
            if self.span(connected.endpoint, connected.intended).is_some() {
                self.endpoints[connected.endpoint.index()].split.opened(connected.opened);
            }
        }
        for (endpoint, example) in batch.examples {
            let examples = &mut self.endpoints[endpoint.index()].examples;
            if examples.len() < EXAMPLES && !examples.contains(&example) {
                examples.push(example);
            }
        }
        for (traces, id) in batch.traces.into_iter().zip(0..) {
            self.keep(EndpointId(id), &traces);
        }
        self.windows.freeze_old();
        self.seconds.prune();
    }

    /// What happened in `from..to` since the phase's origin (whole seconds, within the last minute), login excluded,
    /// warm-up included: for progress and recovery.
    pub fn recent(&self, from: Duration, to: Duration) -> Recent {
        self.seconds.between(from, to)
    }

    /// How it stands with the target's answers at `now` since the phase's origin: for the stop when nothing answers.
    pub fn unanswered(&self, now: Duration) -> Unanswered {
        self.seconds.unanswered(now, u64::try_from(self.in_flight).unwrap_or_default())
    }

    /// Requests sent so far and failures among them: login and warm-up count, `unsent` is in neither.
    pub fn totals(&self) -> (u64, u64) {
        (self.sent, self.failed)
    }

    /// Requests that had been sent and had not ended when the workers handed over last.
    pub fn in_flight(&self) -> u64 {
        u64::try_from(self.in_flight).unwrap_or_default()
    }

    /// What is measured so far, for a look at a running phase: counts by span, in spans of the first length also when the
    /// window was extended, without histograms and seconds.
    pub fn interim(&self, facts: PhaseFacts) -> PhaseMeasurements {
        let lengths = if self.extended { 2 } else { 1 };
        let layout = &self.layout;
        let spans = layout.spans * lengths as usize;
        PhaseMeasurements {
            layout: Layout { spans, duration: layout.duration * lengths, ..Layout::clone(layout) },
            endpoints: self.endpoints.iter().map(|endpoint| endpoint.interim(spans)).collect(),
            windows: Vec::new(),
            ramp: facts.ramp,
            window_start: self.window_start,
            measured: facts.measured,
            extended: self.extended,
            ending: facts.ending,
            generator: facts.generator,
            sent: self.sent,
            failed: self.failed,
            summary: None,
        }
    }

    /// The same with statuses and histograms, as far as batches have come: for how a running phase stands. It copies a few
    /// hundred kilobytes for each endpoint, so it is for those who look.
    pub fn so_far(&self, facts: PhaseFacts) -> PhaseMeasurements {
        let mut measurements = self.interim(facts);
        for (copy, endpoint) in measurements.endpoints.iter_mut().zip(&self.endpoints) {
            copy.statuses.clone_from(&endpoint.statuses);
            copy.latency.clone_from(&endpoint.latency);
            copy.added.clone_from(&endpoint.added);
            copy.service.clone_from(&endpoint.service);
        }
        measurements
    }

    /// Everything measured in the phase; the spans of an extended window are merged in pairs. Answers that came after what
    /// was measured, because the phase was stopped early, are not counted as completed in it.
    pub fn finish(mut self, facts: PhaseFacts) -> PhaseMeasurements {
        self.leave_out_answers_after(facts.measured);
        let mut layout = Layout::clone(&self.layout);
        for (endpoint, login) in self.endpoints.iter_mut().zip(&layout.logins) {
            if self.extended && !login {
                endpoint.merge_pairs();
            }
            endpoint.spans.truncate(layout.spans);
        }
        if self.extended {
            layout.duration *= 2;
        }
        PhaseMeasurements {
            layout,
            endpoints: self.endpoints,
            windows: self.windows.finish(),
            ramp: facts.ramp,
            window_start: self.window_start,
            measured: facts.measured,
            extended: self.extended,
            ending: facts.ending,
            generator: facts.generator,
            sent: self.sent,
            failed: self.failed,
            summary: None,
        }
    }

    fn leave_out_answers_after(&mut self, measured: Duration) {
        let Some(stop) = self.window_start.map(|start| start + measured) else { return };
        let steps = (0_u32..).zip(&mut self.endpoints).zip(&self.layout.logins).filter(|(_, login)| !**login);
        for ((id, endpoint), _) in steps {
            let late = self.windows.completed_since(stop, EndpointId(id));
            endpoint.completed = endpoint.completed.saturating_sub(late);
        }
    }

    fn count(&mut self, sample: &Sample) {
        if sample.failure != Some(FailureKind::Unsent) {
            self.sent += 1;
            self.failed += u64::from(sample.failure.is_some());
        }
        let login = self.layout.logins[sample.endpoint.index()];
        if !login {
            self.seconds.count(sample);
        }
        if sample.failure.is_none()
            && let Some(span) = self.span(sample.endpoint, sample.ended())
        {
            let endpoint = &mut self.endpoints[sample.endpoint.index()];
            endpoint.completed += 1;
            endpoint.spans[span].completed += 1;
            self.windows.complete(sample);
        }
        if let Some(span) = self.span(sample.endpoint, sample.intended) {
            self.windows.count(sample);
            let limits = &self.limits[sample.endpoint.index()];
            measure(&mut self.endpoints[sample.endpoint.index()], span, sample, limits);
        }
    }

    /// Keeps those of what is measured.
    fn keep(&mut self, endpoint: EndpointId, traces: &Traces) {
        for trace in traces.all() {
            if self.span(endpoint, trace.at).is_some() {
                self.endpoints[endpoint.index()].traces.add(*trace);
            }
        }
    }

    fn add(&mut self, added: &Added) {
        let Some(span) = self.span(added.endpoint, added.at) else { return };
        self.windows.add(added);
        let endpoint = &mut self.endpoints[added.endpoint.index()];
        endpoint.added.record(added.latency);
        let span = &mut endpoint.spans[span];
        span.added += 1;
        for (beyond, limit) in span.added_beyond.iter_mut().zip(&self.limits[added.endpoint.index()]) {
            *beyond += u64::from(limit.clock == Clock::Latency && limit.exceeded_by(added.latency));
        }
    }

    /// The span of a moment; `None` outside of what is measured. The window includes its start and excludes its end; the
    /// last span of a login takes what comes after the ramp.
    fn span(&self, endpoint: EndpointId, at: Duration) -> Option<usize> {
        let last = self.layout.spans.checked_sub(1)?;
        if self.layout.logins[endpoint.index()] {
            return Some(share(at, self.layout.ramp, self.layout.spans).min(last));
        }
        let since = at.checked_sub(self.window_start?)?;
        let (length, last) =
            if self.extended { (self.layout.duration * 2, 2 * last + 1) } else { (self.layout.duration, last) };
        (since < length).then(|| share(since, self.layout.duration, self.layout.spans).min(last))
    }
}

/// Counts a measured request.
fn measure(endpoint: &mut EndpointMeasurements, span: usize, sample: &Sample, limits: &[Threshold]) {
    let span = &mut endpoint.spans[span];
    endpoint.requests += 1;
    span.requests += 1;
    if let Some(status) = sample.status {
        *endpoint.statuses.entry(status).or_default() += 1;
    }
    if let Some(kind) = sample.failure {
        *endpoint.errors.entry(kind).or_default() += 1;
        span.failures += 1;
        let failure = (sample.intended, kind);
        endpoint.first_failure = Some(endpoint.first_failure.map_or(failure, |first| first.min(failure)));
    }
    if !sample.timed() {
        return;
    }
    // A timeout has none.
    if let Some(split) = sample.split {
        endpoint.split.answered(split);
    }
    endpoint.latency.record(sample.latency);
    endpoint.service.record(sample.service);
    span.timed += 1;
    span.latency_sum += sample.latency.as_secs_f64();
    span.service_sum += sample.service.as_secs_f64();
    for (beyond, limit) in span.beyond.iter_mut().zip(limits) {
        let time = match limit.clock {
            Clock::Latency => sample.latency,
            Clock::Service => sample.service,
        };
        *beyond += u64::from(sample.failure.is_some() || limit.exceeded_by(time));
    }
}

/// Which of `parts` equal parts of `whole` holds `at`; `parts` or more behind it.
fn share(at: Duration, whole: Duration, parts: usize) -> usize {
    if whole.is_zero() {
        return parts;
    }
    let (at, parts_wide, whole) = (at.as_nanos(), parts as u128, whole.as_nanos());
    // Counted for each request twice, and a division of 64 bits takes a fraction of the time of one of 128.
    match (u64::try_from(at * parts_wide), u64::try_from(whole)) {
        (Ok(at), Ok(whole)) => usize::try_from(at / whole).unwrap_or(usize::MAX),
        _ => usize::try_from(at * parts_wide / whole).unwrap_or(usize::MAX),
    }
}
