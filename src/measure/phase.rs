//! What was measured in one phase.

use std::{collections::BTreeMap, time::Duration};

use super::{EndpointMeasurements, GeneratorHealth, Layout, Summary};
use crate::plan::{EndpointId, FailureKind};

/// Everything measured in one phase.
#[derive(Debug, Clone)]
pub struct PhaseMeasurements {
    /// The shape: thresholds, spans, duration.
    pub layout: Layout,
    /// By endpoint id of the plan.
    pub endpoints: Vec<EndpointMeasurements>,
    /// Each second of each endpoint in which a request was meant to start, or an answer came.
    pub windows: Vec<Window>,
    /// How the users came up.
    pub ramp: Ramp,
    /// Start of the measured window since the phase's origin; `None` when the ramp never ended.
    pub window_start: Option<Duration>,
    /// How much of the window was measured: its duration unless the phase was stopped early.
    pub measured: Duration,
    /// Whether the window was extended to twice its planned length; `layout` holds the length that it had then.
    pub extended: bool,
    /// How it ended.
    pub ending: PhaseEnding,
    /// How good the generator was.
    pub generator: GeneratorHealth,
    /// Every request sent in this phase, ramp, login and warm-up included, `unsent` excluded.
    pub sent: u64,
    /// Failures among them; what was not sent is among the endpoints' failures only.
    pub failed: u64,
    /// The times, where another tool summed them up and wrote no requests; histograms and spans have none then.
    pub summary: Option<Summary>,
}

/// What the load knows of a phase besides its requests; [`super::Collector::finish`] joins the two.
#[derive(Debug, Clone)]
pub struct PhaseFacts {
    /// How the users came up.
    pub ramp: Ramp,
    /// How much of the window was measured.
    pub measured: Duration,
    /// How it ended.
    pub ending: PhaseEnding,
    /// How good the generator was.
    pub generator: GeneratorHealth,
}

/// How a phase ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseEnding {
    /// The whole window was measured.
    Completed,
    /// Not all users could log in; nothing was measured.
    RampFailed,
    /// Every request failed for 5 s: the target stopped answering.
    StoppedAnswering,
    /// A blocking criterion had failed for certain before the window's end.
    FailedEarly,
    /// A signal or the deadline.
    Interrupted,
}

/// How the users came up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ramp {
    /// Users started.
    pub started: u32,
    /// Users that logged in (without login steps: all that started).
    pub logged_in: u32,
    /// How long it took until the last one.
    pub took: Duration,
    /// Up to three different reasons why a user could not.
    pub reasons: Vec<String>,
}

/// One second of one endpoint, by intended start.
#[derive(Debug, Clone)]
pub struct Window {
    /// Whole seconds since the phase's origin.
    pub second: u32,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Intended requests.
    pub requests: u64,
    /// Failures.
    pub failures: u64,
    /// Failures by kind; kinds without failures are absent.
    pub errors: BTreeMap<FailureKind, u64>,
    /// Successful answers whose last byte came in this second, whenever their requests were meant to start.
    pub completed: u64,
    /// When the first of them came, since the phase's origin; `None` without any.
    pub answered: Option<Duration>,
    /// Latency histogram, HDR V2 compressed, base64; empty without a timed request.
    pub latency: String,
    /// Service time histogram, likewise.
    pub service: String,
    /// Histogram of the requests added for silences, likewise.
    pub added: String,
}
