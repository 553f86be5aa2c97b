//! How good the generator itself was.

use std::time::Duration;

/// How good the generator was in one phase.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GeneratorHealth {
    /// 99th percentile of lateness over slots, wake-ups after think, and the workers' 10 ms heartbeats.
    pub lateness_p99: Duration,
    /// Largest lateness.
    pub lateness_max: Duration,
    /// CPU time of the busiest worker thread as a share of wall time, in percent.
    pub cpu_percent: f64,
    /// Open model: slots planned in the window; 0 in the closed model.
    pub slots: u64,
    /// Open model: slots not sent through the generator's own lateness.
    pub slots_missed: u64,
    /// A descriptor or port ran out on this machine: the system's words.
    pub exhausted: Option<String>,
}
