//! Faults: what the gate does to its own samples and readings, between client or monitor and measurement.

use std::{fmt, time::Duration};

use crate::{
    measure::{GaugeSample, GaugeSeries, Sample, Tape},
    plan::{EndpointId, FailureKind, Plan},
    units::number,
};

/// What is done to requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// They take so much longer; one that would take as long as its timeout is given up, as the client does.
    Delay(Duration),
    /// They are answered at once.
    AtOnce,
    /// They are answered with this status, which is not accepted.
    Status(u16),
    /// They fail in this way.
    Failure(FailureKind),
    /// They are never seen.
    Silence,
    /// Nothing: each counts more often.
    Again,
}

/// Which requests are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// All.
    Every,
    /// The first one that is measured.
    One,
    /// All but one in so many.
    AllBut(u32),
}

/// A fault in the requests of some endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) act: Act,
    pub(super) reach: Reach,
    /// How often each request counts.
    pub(super) times: u32,
}

impl Fault {
    /// A fault in every request.
    pub(super) fn every(act: Act, times: u32) -> Self {
        Self { act, reach: Reach::Every, times }
    }

    /// No fault.
    pub(super) fn none(times: u32) -> Self {
        Self::every(Act::Again, times)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whom = match self.reach {
            Reach::Every => "every request".to_owned(),
            Reach::One => "one request".to_owned(),
            Reach::AllBut(spared) => format!("all but one in {spared} requests"),
        };
        match self.act {
            Act::Delay(by) => write!(out, "{whom} {} slower", number::limit(by.as_secs_f64() * 1e3, "ms")),
            Act::AtOnce => write!(out, "{whom} answered at once"),
            Act::Status(status) => write!(out, "{whom} answered with {status}"),
            Act::Failure(kind) => write!(out, "{whom} failed with `{}`", kind.key()),
            Act::Silence => write!(out, "{whom} lost"),
            Act::Again if self.times == 1 => write!(out, "nothing"),
            Act::Again => write!(out, "{whom} counted {} times", number::count(u64::from(self.times))),
        }
    }
}

/// A fault on its way through the requests of a phase.
pub(super) struct Injection<'a> {
    pub(super) plan: &'a Plan,
    pub(super) tape: &'a Tape,
    pub(super) fault: Fault,
    pub(super) endpoints: &'a [EndpointId],
    /// Measured requests of these endpoints so far.
    pub(super) seen: u64,
}

impl Injection<'_> {
    /// What becomes of a request.
    pub(super) fn alter(&mut self, sample: &Sample) -> Option<Sample> {
        if !self.endpoints.contains(&sample.endpoint) {
            return Some(*sample);
        }
        let number = self.seen;
        let measured = self.tape.measures(sample);
        self.seen += u64::from(measured);
        let reached = match self.fault.reach {
            Reach::Every => true,
            Reach::One => measured && number == 0,
            Reach::AllBut(spared) => !measured || !number.is_multiple_of(u64::from(spared)),
        };
        if reached { self.reach(*sample) } else { Some(*sample) }
    }

    fn reach(&self, sample: Sample) -> Option<Sample> {
        // What a request waited before it was sent stays.
        let waited = sample.latency.saturating_sub(sample.service);
        // Where the time went is that of the answer as it came.
        let taking =
            |service: Duration| Sample { service, latency: waited.saturating_add(service), split: None, ..sample };
        let timeout = timeout(self.plan, sample.endpoint);
        let given_up = Sample { status: None, failure: Some(FailureKind::Timeout), ..taking(timeout) };
        Some(match self.fault.act {
            Act::Silence => return None,
            Act::Again => sample,
            Act::AtOnce => Sample { service: Duration::ZERO, latency: Duration::ZERO, split: None, ..sample },
            Act::Status(status) => Sample { status: Some(status), failure: Some(FailureKind::Check), ..sample },
            Act::Delay(by) if !sample.timed() || sample.service.saturating_add(by) < timeout => {
                taking(sample.service.saturating_add(by))
            }
            Act::Delay(_) | Act::Failure(FailureKind::Timeout) => given_up,
            Act::Failure(FailureKind::Check) => Sample { failure: Some(FailureKind::Check), ..sample },
            Act::Failure(kind) => Sample { status: None, failure: Some(kind), ..sample },
        })
    }
}

/// How long requests of an endpoint are awaited.
pub(super) fn timeout(plan: &Plan, endpoint: EndpointId) -> Duration {
    let steps = plan.scenarios.iter().flat_map(|scenario| scenario.login.iter().chain(&scenario.steps));
    let of_endpoint = steps.filter(|step| step.endpoint == endpoint).map(|step| step.timeout);
    of_endpoint.max().unwrap_or(plan.target.timeout)
}

/// The readings as a phase of its own length would have them: `window` is start and length of what was recorded.
pub(super) fn stretched(series: &GaugeSeries, window: (Duration, Duration), length: Duration) -> GaugeSeries {
    // The last reading is a second, in short windows a twentieth, before the end: as the monitors' schedule has it.
    let last = |length: Duration| length.saturating_sub((length / 20).min(Duration::from_secs(1))).as_secs_f64();
    let factor = last(length) / last(window.1).max(f64::MIN_POSITIVE);
    let moved = |sample: &GaugeSample| {
        let since = sample.at.saturating_sub(window.0).as_secs_f64() * factor;
        let since = Duration::try_from_secs_f64(since).unwrap_or(length);
        GaugeSample { at: window.0.saturating_add(since), ..*sample }
    };
    GaugeSeries { samples: series.samples.iter().map(moved).collect(), ..series.clone() }
}

/// The same readings, each of them this value.
pub(super) fn reading(series: &GaugeSeries, value: f64) -> GaugeSeries {
    let samples = series.samples.iter().map(|sample| GaugeSample { value, ..*sample });
    GaugeSeries { samples: samples.collect(), ..series.clone() }
}

/// A source that says nothing.
pub(super) fn silent(series: &GaugeSeries) -> GaugeSeries {
    GaugeSeries {
        samples: Vec::new(),
        missing: Some("the selftest let nothing through".to_owned()),
        silent: true,
        ..series.clone()
    }
}

/// A value clearly above a limit.
pub(super) fn above(limit: f64) -> f64 {
    limit + (limit.abs() / 10.0).max(1.0)
}

/// A value clearly below a limit.
pub(super) fn below(limit: f64) -> f64 {
    limit - (limit.abs() / 10.0).max(1.0)
}
