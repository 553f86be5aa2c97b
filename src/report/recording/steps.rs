//! The measured window in equal steps of whole seconds.

use crate::{
    measure::{Histogram, PhaseMeasurements, Window},
    plan::EndpointId,
};

/// A step that was measured for a shorter time than this says nothing about a rate.
const SHORTEST: f64 = 0.25;

/// A part of the measured window.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct Step {
    /// Its start, in seconds since the phase's origin.
    pub(in crate::report) from: f64,
    /// Its end.
    pub(in crate::report) to: f64,
    /// Intended requests.
    pub(in crate::report) requests: u64,
    /// Failures among them.
    pub(in crate::report) failures: u64,
    /// Latency percentiles in milliseconds, as the criteria have them; `None` without a timed request.
    pub(in crate::report) p50: Option<f64>,
    /// Likewise.
    pub(in crate::report) p95: Option<f64>,
    /// Likewise.
    pub(in crate::report) p99: Option<f64>,
    completed: u64,
}

impl Step {
    /// The middle, where a picture has its point.
    pub(in crate::report) fn middle(&self) -> f64 {
        f64::midpoint(self.from, self.to)
    }

    /// Successful answers per second; `None` where too little of the step was measured.
    pub(in crate::report) fn throughput(&self) -> Option<f64> {
        let seconds = self.to - self.from;
        (seconds >= SHORTEST).then(|| self.completed as f64 / seconds)
    }

    /// The share of failures; `None` without a request.
    pub(in crate::report) fn error_share(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.failures as f64 / self.requests as f64)
    }

    /// Counts the seconds of its endpoints. Only one step's histograms are in memory at a time.
    fn count(&mut self, windows: &[&Window]) {
        let (mut latency, mut added) = (Histogram::new(), Histogram::new());
        for window in windows {
            self.requests += window.requests;
            self.failures += window.failures;
            self.completed += window.completed;
            // A damaged second of a file that somebody else wrote is a gap in a picture, and no reason to show none.
            latency.merge(&Histogram::decode(&window.latency).unwrap_or_default());
            added.merge(&Histogram::decode(&window.added).unwrap_or_default());
        }
        let time = |q: f64| latency.worse_quantile(&added, q).map(|time| time.as_secs_f64() * 1e3);
        (self.p50, self.p95, self.p99) = (time(0.5), time(0.95), time(0.99));
    }
}

/// The window of a phase in steps of so many seconds, those without any request too; only the requests of endpoints that
/// are `counted`. Empty where the window never opened.
pub(in crate::report) fn steps(
    phase: &PhaseMeasurements,
    width: u32,
    counted: impl Fn(EndpointId) -> bool,
) -> Vec<Step> {
    let Some(start) = phase.window_start.map(|start| start.as_secs_f64()) else { return Vec::new() };
    let end = start + phase.measured.as_secs_f64();
    let width = width.max(1);
    let first = start as u32;
    let number = ((end - f64::from(first)) / f64::from(width)).ceil().max(0.0) as usize;
    let step = |at: usize| {
        let from = f64::from(first) + (at as f64) * f64::from(width);
        Step { from: from.max(start), to: (from + f64::from(width)).min(end), ..Step::default() }
    };
    let mut steps: Vec<Step> = (0..number).map(step).collect();
    let place = |window: &Window| ((window.second - first) / width) as usize;
    let mut windows: Vec<&Window> =
        phase.windows.iter().filter(|window| window.second >= first && counted(window.endpoint)).collect();
    windows.sort_by_key(|window| window.second);
    for own in windows.chunk_by(|one, other| place(one) == place(other)) {
        if let Some(step) = own.first().and_then(|window| steps.get_mut(place(window))) {
            step.count(own);
        }
    }
    steps
}
