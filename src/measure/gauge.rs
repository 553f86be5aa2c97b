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
    /// Readings that there is room for in the whole window: fewer in a short one where the source is asked once a second at
    /// most. 0 where it is not known.
    pub planned: u64,
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

/// What one statement of a database took in one phase's measured window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The database, without a password: `postgres at HOST:PORT/NAME`.
    pub source: String,
    /// Its text with placeholders in the place of constants, in one line of at most 200 characters.
    pub query: String,
    /// How often it ended; at least once.
    pub calls: u64,
    /// Time in all of them.
    pub total: Duration,
}

impl Statement {
    /// Time in one of them.
    pub fn mean(&self) -> Duration {
        self.total.div_f64(self.calls.max(1) as f64)
    }
}
