//! The shape of a phase's measurements, the same for all workers.

use std::time::Duration;

use crate::plan::EndpointId;

/// The shape of a phase's measurements.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// For each endpoint of the plan, whether it is a login's: those are measured during the ramp.
    pub logins: Vec<bool>,
    /// Limits to count exceedances against.
    pub thresholds: Vec<Threshold>,
    /// The planned ramp: users / spawn rate. Login endpoints are cut into spans over it, the last one takes the rest.
    pub ramp: Duration,
    /// The measured window.
    pub duration: Duration,
    /// Equal spans of the window; 30 (decision.md section 3).
    pub spans: usize,
}

/// A limit that exceedances are counted against exactly, so that histogram precision never decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Threshold {
    /// The endpoint whose requests are compared.
    pub endpoint: EndpointId,
    /// Which time is compared.
    pub clock: Clock,
    /// The limit.
    pub limit: Duration,
    /// Whether a request of exactly the limit exceeds it: `<` yes, `<=` no.
    pub at_limit_exceeds: bool,
}

/// The two times of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Clock {
    /// From the intended start.
    Latency,
    /// From the actual start.
    Service,
}
