//! A phase as the diagnosis looks at it.

use std::time::Duration;

use crate::judge::{EndpointVerdict, Outcome, PhaseEvidence, PhaseVerdict, evidence::Row, headline};
use crate::measure::{EndpointMeasurements, Histogram};
use crate::plan::EndpointId;

/// A phase that was measured, with what was said of it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// What was said of it.
    pub verdict: &'a PhaseVerdict,
    /// What was measured.
    pub evidence: PhaseEvidence<'a>,
}

impl<'a> Seen<'a> {
    /// Whether it says anything about the app: it had requests, and a generator that was good enough.
    pub(super) fn counts(&self) -> bool {
        let of_login = || self.evidence.measurements.endpoints.iter().any(|endpoint| endpoint.requests > 0);
        self.verdict.outcome != Outcome::Invalid && (self.verdict.requests > 0 || of_login())
    }

    pub(super) fn name(&self) -> &'a str {
        &self.verdict.name
    }

    /// Users, or the rate of the open model.
    pub(super) fn load(&self) -> f64 {
        self.verdict.users.map(f64::from).or(self.verdict.rate).unwrap_or_default()
    }

    /// `20 users`, `200/s`.
    pub(super) fn load_in_words(&self) -> String {
        headline::load(self.verdict)
    }

    /// Whether both have users, or both rates.
    pub(super) fn is_like(&self, other: &Seen<'_>) -> bool {
        self.verdict.users.is_some() == other.verdict.users.is_some()
    }

    /// The endpoints of the scenarios' steps, by name.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &'a EndpointVerdict> {
        let plan = self.evidence.plan;
        let step = move |name: &str| plan.endpoints.iter().any(|endpoint| endpoint.name == name && !endpoint.login);
        self.verdict.endpoints.iter().filter(move |endpoint| step(&endpoint.name))
    }

    /// The endpoint of this name, a login's too.
    pub(super) fn endpoint(&self, name: &str) -> Option<&'a EndpointVerdict> {
        self.verdict.endpoints.iter().find(|endpoint| endpoint.name == name)
    }

    /// The rows of every endpoint, logins included.
    pub(super) fn rows(&self) -> Vec<Row<'a>> {
        self.evidence.endpoints((0..).map(EndpointId).take(self.evidence.plan.endpoints.len())).rows
    }

    /// The rows of one name: scenarios may share it.
    fn rows_of(&self, name: &str) -> Vec<Row<'a>> {
        self.rows().into_iter().filter(|row| row.name == name).collect()
    }

    /// A moment since the phase's origin, in seconds since the window began; `None` before it.
    pub(super) fn since_start(&self, at: Duration) -> Option<f64> {
        let start = self.evidence.measurements.window_start?;
        at.checked_sub(start).map(|since| since.as_secs_f64())
    }

    /// The start of a whole second since the phase's origin, in seconds since the window began.
    fn second(&self, second: u32) -> f64 {
        self.since_start(Duration::from_secs(second.into())).unwrap_or_default()
    }

    /// The first of two seconds in a row, of those with timed requests, in which the mean latency of an endpoint was at
    /// least so many milliseconds.
    pub(super) fn first_slow_second(&self, name: &str, limit_ms: f64) -> Option<f64> {
        let ids: Vec<EndpointId> = self.rows_of(name).iter().map(|row| row.id).collect();
        let mut slow_before: Option<u32> = None;
        for (second, latency) in self.latencies(&ids) {
            match (latency.mean().is_some_and(|mean| mean.as_secs_f64() * 1e3 >= limit_ms), slow_before) {
                (true, Some(first)) => return Some(self.second(first)),
                (true, None) => slow_before = Some(second),
                (false, _) => slow_before = None,
            }
        }
        None
    }

    /// The latencies of each second with timed requests, in order of time.
    fn latencies(&self, ids: &[EndpointId]) -> Vec<(u32, Histogram)> {
        let mut seconds: Vec<(u32, Histogram)> = Vec::new();
        let windows = &self.evidence.measurements.windows;
        for window in windows.iter().filter(|window| ids.contains(&window.endpoint) && !window.latency.is_empty()) {
            // What cannot be read shows nothing.
            let Ok(histogram) = Histogram::decode(&window.latency) else { continue };
            match seconds.last_mut().filter(|(second, _)| *second == window.second) {
                Some((_, sum)) => sum.merge(&histogram),
                None => seconds.push((window.second, histogram)),
            }
        }
        seconds
    }

    /// Answers to steps and their failures from the window's start to its planned end, also of a phase that was stopped
    /// early: what was in flight then still came.
    pub(super) fn answered(&self) -> u64 {
        let logins = &self.evidence.measurements.layout.logins;
        let windows = self.evidence.measurements.windows.iter();
        let steps = windows.filter(|window| !logins.get(window.endpoint.index()).copied().unwrap_or(false));
        steps.map(|window| window.completed + window.failures).sum()
    }

    /// When the first failure of an endpoint was meant to start, in seconds since the window began.
    pub(super) fn first_failure(&self, name: &str) -> Option<f64> {
        let rows = self.rows_of(name);
        let first = |measured: &EndpointMeasurements| measured.first_failure.map(|(at, _)| at);
        rows.iter().filter_map(|row| first(row.measured)).min().and_then(|at| self.since_start(at))
    }
}

/// Share of failures; `None` without a request.
pub(super) fn failed(endpoint: &EndpointVerdict) -> Option<f64> {
    (endpoint.requests > 0).then(|| endpoint.failures as f64 / endpoint.requests as f64)
}
