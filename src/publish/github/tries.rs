//! Bounded attempts with pauses that grow.

use std::time::Duration;

use super::{deadline::Deadline, fault::Fault};

/// A request is sent at most so often.
const MOST_ATTEMPTS: u32 = 4;

/// The attempts at one request.
#[derive(Debug)]
pub(super) struct Tries {
    deadline: Deadline,
    made: u32,
}

impl Tries {
    pub(super) fn before(deadline: Deadline) -> Self {
        Self { deadline, made: 0 }
    }

    /// Waits until another attempt may be made.
    ///
    /// # Errors
    /// The fault itself: it is of no use to ask again, all attempts are made, or the pause is longer than what is left.
    pub(super) async fn pause(&mut self, fault: Fault) -> Result<(), Fault> {
        let pause = self.next(fault, fastrand::f64())?;
        tokio::time::sleep(pause).await;
        Ok(())
    }

    fn next(&mut self, fault: Fault, jitter: f64) -> Result<Duration, Fault> {
        if !fault.passes() {
            return Err(fault);
        }
        let own = self.deadline.pause(self.made, jitter);
        self.made += 1;
        let pause = fault.wait().map_or(own, |wanted| wanted.max(own));
        if self.made >= MOST_ATTEMPTS || pause >= self.deadline.left() { Err(fault) } else { Ok(pause) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(wait: Option<u64>) -> Fault {
        Fault::Limited { status: 429, message: String::new(), wait: wait.map(Duration::from_secs) }
    }

    #[tokio::test(start_paused = true)]
    async fn four_attempts_with_growing_pauses() {
        let mut tries = Tries::before(Deadline::within(Deadline::ENDED));
        let mut pauses = Vec::new();
        while let Ok(pause) = tries.next(Fault::unclear("lost"), 0.5) {
            pauses.push(pause.as_millis());
        }
        assert_eq!(pauses, [500, 1_000, 2_000], "with the first, four attempts");
    }

    #[tokio::test(start_paused = true)]
    async fn what_github_asks_for_is_kept_as_far_as_the_deadline_allows() {
        let mut tries = Tries::before(Deadline::within(Deadline::ENDED));
        assert_eq!(tries.next(limited(Some(7)), 0.5), Ok(Duration::from_secs(7)));
        assert_eq!(tries.next(limited(Some(0)), 0.5), Ok(Duration::from_secs(1)), "never shorter than our own pause");
        assert_eq!(tries.next(limited(Some(60)), 0.5), Err(limited(Some(60))));
        let began = tokio::time::Instant::now();
        let mut tries = Tries::before(Deadline::within(Deadline::ENDED));
        tries.pause(limited(Some(29))).await.expect("it is within the deadline");
        assert_eq!(began.elapsed().as_secs(), 29);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_not_asked_again() {
        let refused = Fault::Refused { status: 404, message: String::new() };
        let mut tries = Tries::before(Deadline::within(Deadline::ENDED));
        assert_eq!(tries.pause(refused.clone()).await, Err(refused));
    }
}
