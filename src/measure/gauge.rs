//! What a monitor read.

use std::time::Duration;

/// The readings of one gauge in one phase's measured window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GaugeSeries {
    /// `MONITOR.GAUGE`.
    pub name: String,
    /// In order of time.
    pub samples: Vec<GaugeSample>,
    /// Readings that were attempted.
    pub attempts: u64,
    /// Why the last missed reading was missed, in one sentence; `None` when every attempt gave a number.
    pub missing: Option<String>,
    /// Whether the source stopped answering: for good at the end, or for a tenth of the readings in a row.
    pub silent: bool,
}

/// One reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GaugeSample {
    /// Since the phase's origin.
    pub at: Duration,
    /// A finite number.
    pub value: f64,
}
