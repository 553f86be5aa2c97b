//! The latency histogram: the one place that names the histogram crate.

use std::time::Duration;

/// Times in microseconds with three significant digits; longer than an hour counts as an hour.
#[derive(Debug, Clone)]
pub struct Histogram(hdrhistogram::Histogram<u64>);

impl Histogram {
    /// An empty histogram.
    pub fn new() -> Self {
        Self(hdrhistogram::Histogram::new(3).expect("three digits are within the crate's range"))
    }

    /// Adds one time.
    pub fn record(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).clamp(1, 3_600_000_000);
        self.0.record(micros).expect("the histogram resizes itself");
    }

    /// Number of times recorded.
    pub fn count(&self) -> u64 {
        self.0.len()
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}
