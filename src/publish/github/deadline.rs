//! How long everything that is posted at the end of a run may take together.

use std::time::Duration;

use tokio::time::Instant;

/// A request gives up after this, also when more time is left.
pub(super) const LONGEST_REQUEST: Duration = Duration::from_secs(10);

/// The moment after which nothing is asked of GitHub any more.
///
/// Requests and pauses take their share of it: a request at most a third and never more than 10 s, the first pause
/// before another attempt about a sixtieth, each further one twice as long.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    end: Instant,
    total: Duration,
}

impl Deadline {
    /// What a run that came to its end may take.
    pub const ENDED: Duration = Duration::from_secs(30);
    /// What a run that was interrupted may take: the runner kills it soon.
    pub const INTERRUPTED: Duration = Duration::from_secs(2);

    /// A deadline so far from now.
    pub fn within(total: Duration) -> Self {
        Self { end: Instant::now() + total, total }
    }

    /// What was given for everything.
    pub fn total(&self) -> Duration {
        self.total
    }

    /// What is left of it; zero when it is over.
    pub fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// How long one request may take, answer included.
    pub(super) fn request(&self) -> Duration {
        self.left().min(self.total / 3).min(LONGEST_REQUEST)
    }

    /// How long to wait before another attempt; `jitter` is between 0 and 1, so that jobs that were refused together do
    /// not come back together.
    pub(super) fn pause(&self, attempt: u32, jitter: f64) -> Duration {
        let first = self.total / 60;
        (first * 2_u32.saturating_pow(attempt)).mul_f64(0.5 + jitter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_and_pauses_take_their_share() {
        let deadline = Deadline::within(Deadline::ENDED);
        assert_eq!(deadline.request(), Duration::from_secs(10));
        assert_eq!(deadline.pause(0, 0.5), Duration::from_millis(500));
        assert_eq!(deadline.pause(0, 0.0), Duration::from_millis(250));
        assert_eq!(deadline.pause(2, 1.0), Duration::from_secs(3));
        tokio::time::advance(Duration::from_secs(25)).await;
        assert_eq!((deadline.left(), deadline.request()), (Duration::from_secs(5), Duration::from_secs(5)));
        tokio::time::advance(Duration::from_secs(25)).await;
        assert_eq!(deadline.left(), Duration::ZERO);
        let short = Deadline::within(Deadline::INTERRUPTED);
        assert!(short.request() < Duration::from_millis(700), "{:?}", short.request());
    }
}
