//! A second look at the files: the requests are counted, with the recorder of the load engine.

use std::{io::BufRead, sync::Arc, time::Duration};

use super::{Claim, ForeignError, Moment, Request, Survey, Tool, claim::ramp, read};
use crate::{
    measure::{Collector, GeneratorHealth, Layout, PhaseEnding, PhaseFacts, PhaseMeasurements, Ramp, Recorder, Sample},
    plan::{EndpointId, FailureKind, Plan},
};

/// Requests that are handed over at once, as a worker does once a second.
const BATCH: usize = 4096;

/// Less of a window than this is a part of it, which decides nothing: tools stop a moment before their time is over.
const WHOLE: f64 = 0.9;

/// Whether a load that covers so much of a window is one of the whole window.
pub fn is_whole(covered: Duration, window: Duration) -> bool {
    covered.as_secs_f64() >= window.as_secs_f64() * WHOLE
}

/// Counts the requests of all phases.
pub struct Meters<'a> {
    plan: &'a Plan,
    found: &'a Survey,
    phases: Vec<Meter>,
    files: usize,
    outside: u64,
    unclaimed: u64,
    unclaimed_failures: u64,
}

/// Counts the requests of one phase.
struct Meter {
    claim: Claim,
    recorder: Recorder,
    collector: Collector,
    /// The first and the last start of a request in the measured window, and how many there are.
    starts: Option<(Moment, Moment)>,
    measured: u64,
    /// Whether there are requests before the window.
    before: bool,
    /// Of each endpoint, requests of the window whose status, and failures whose kind, the files do not tell.
    unknown: Vec<[u64; 2]>,
}

/// What was measured, phase by phase.
#[derive(Debug, Clone)]
pub struct Measured {
    /// By phase of the plan.
    pub phases: Vec<PhaseMeasurements>,
    /// Where each phase's window began; `None` without a request.
    pub windows_at: Vec<Option<Moment>>,
    /// Requests in no measured window.
    pub outside: u64,
    /// Requests that are of no phase at all, and failures among them.
    pub unclaimed: (u64, u64),
}

impl<'a> Meters<'a> {
    /// Nothing counted yet.
    pub fn new(plan: &'a Plan, found: &'a Survey, claims: Vec<Claim>) -> Self {
        let phases = claims.into_iter().map(|claim| Meter::new(plan, claim)).collect();
        Self { plan, found, phases, files: 0, outside: 0, unclaimed: 0, unclaimed_failures: 0 }
    }

    /// Counts the next file, in the order of the survey.
    ///
    /// # Errors
    /// As [`read`].
    pub fn count(&mut self, tool: Tool, (name, input): (&str, &mut dyn BufRead)) -> Result<(), ForeignError> {
        let file = self.files;
        read(tool, (name, input), &mut |request| {
            self.take(file, &request);
            Ok(())
        })?;
        self.files += 1;
        Ok(())
    }

    /// What came of it.
    pub fn finish(self) -> Measured {
        let windows_at = self.phases.iter().map(|meter| meter.starts.map(|_| meter.claim.window)).collect();
        let phases = self.phases.into_iter().map(|meter| meter.finish(self.plan)).collect();
        let unclaimed = (self.unclaimed, self.unclaimed_failures);
        Measured { phases, windows_at, outside: self.outside, unclaimed }
    }

    fn take(&mut self, file: usize, request: &Request) {
        let rows = self.plan.foreign.as_ref().map(|foreign| foreign.rows.as_slice()).unwrap_or_default();
        // What the survey did not see was written since.
        let endpoint = self.found.position(&request.row).and_then(|at| rows.get(at)).copied();
        let endpoint = endpoint.filter(|_| !request.aside);
        let (mut claimed, mut measured) = (false, false);
        for meter in &mut self.phases {
            let Some(endpoint) = endpoint else { break };
            if meter.claim.takes(file, request.phase.as_deref(), request.start) {
                claimed = true;
                measured |= meter.claim.measures(request.start);
                meter.record(endpoint, request, self.plan.target.timeout);
            }
        }
        self.outside += u64::from(!measured);
        self.unclaimed += u64::from(!claimed);
        self.unclaimed_failures += u64::from(!claimed && request.failure.is_some());
    }
}

impl Meter {
    fn new(plan: &Plan, claim: Claim) -> Self {
        let layout = Arc::new(Layout::of(plan, &plan.phases[claim.phase]));
        let (mut recorder, mut collector) = (Recorder::new(Arc::clone(&layout)), Collector::new(layout));
        let window = claim.window.since(claim.origin);
        recorder.open_window(window);
        collector.open_window(window);
        let unknown = vec![[0, 0]; plan.endpoints.len()];
        Self { claim, recorder, collector, starts: None, measured: 0, before: false, unknown }
    }

    fn record(&mut self, endpoint: EndpointId, request: &Request, timeout: Duration) {
        // Tools that do not tell how long a timeout was waited for write nothing; it took as long as a request may.
        let unknown = request.failure == Some(FailureKind::Timeout) && request.service.is_zero();
        let waited = |time: Duration| if unknown { time.max(timeout) } else { time };
        self.before |= request.start < self.claim.window;
        if self.claim.measures(request.start) {
            let (first, last) = self.starts.unwrap_or((request.start, request.start));
            self.starts = Some((first.min(request.start), last.max(request.start)));
            self.measured += 1;
            if let Some([statuses, kinds]) = self.unknown.get_mut(endpoint.index()) {
                *statuses += u64::from(request.status_unknown);
                *kinds += u64::from(request.kind_unknown);
            }
        }
        self.recorder.sending();
        self.recorder.record(&Sample {
            endpoint,
            intended: request.start.since(self.claim.origin),
            latency: waited(request.latency),
            service: waited(request.service),
            status: request.status,
            failure: request.failure,
            // Other tools write parts of the time in ways that differ too much to stand under one name.
            split: None,
        });
        if request.failure.is_some()
            && let Some(description) = &request.description
        {
            self.recorder.describe_failure(endpoint, description);
        }
        if self.recorder.len() >= BATCH {
            self.collector.absorb(self.recorder.take());
        }
    }

    fn finish(mut self, plan: &Plan) -> PhaseMeasurements {
        self.collector.absorb(self.recorder.take());
        let phase = &plan.phases[self.claim.phase];
        let measured = self.covered();
        let whole = is_whole(measured, self.claim.duration);
        let users = phase.load.users();
        let mut measured = self.collector.finish(PhaseFacts {
            ramp: Ramp { started: users, logged_in: users, took: ramp(phase), reasons: Vec::new() },
            measured,
            ending: if whole { PhaseEnding::Completed } else { PhaseEnding::Interrupted },
            generator: GeneratorHealth::default(),
        });
        for (endpoint, [statuses, kinds]) in measured.endpoints.iter_mut().zip(self.unknown) {
            (endpoint.unknown_statuses, endpoint.unknown_kinds) = (statuses, kinds);
        }
        measured
    }

    /// How much of the window the phase's own requests tell of: from the first start in it to the last one, which stands
    /// for the usual time until the next. Behind a ramp or a warm-up the first one stands for the time since the one before
    /// likewise. Requests outside of the window say nothing about it.
    fn covered(&self) -> Duration {
        let Some((first, last)) = self.starts else { return Duration::ZERO };
        let usual = last.since(first).div_f64(self.measured.saturating_sub(1).max(1) as f64);
        let first = if self.before { first.before(usual) } else { first };
        let end = last.after(usual).min(self.claim.window.after(self.claim.duration));
        end.since(first.max(self.claim.window))
    }
}
