//! A phase's clock.

use std::time::Duration;

use tokio::time::Instant;

/// Time since a phase's origin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock whose origin is now.
    pub(super) fn start() -> Self {
        Self { origin: Instant::now() }
    }

    pub(super) fn origin(self) -> Instant {
        self.origin
    }

    pub(super) fn now(self) -> Duration {
        self.origin.elapsed()
    }

    /// A moment as time since the origin.
    pub(super) fn at(self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.origin)
    }

    pub(super) fn instant(self, at: Duration) -> Instant {
        self.origin + at
    }
}
