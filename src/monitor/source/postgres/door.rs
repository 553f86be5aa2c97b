//! When a database that lets nobody in is tried again.

use std::time::Duration;

use tokio::time::Instant;

use crate::units::Human;

/// So long after the first try that got no answer ...
const FIRST: Duration = Duration::from_secs(5);

/// ... and at most so long after a later one: the server itself gives up then (`authentication_timeout`).
const LONGEST: Duration = Duration::from_secs(60);

/// Keeps tries apart that got no answer at all. The server may still have a process for each of them, beside which a new one
/// each second would soon hold every connection. One that was refused leaves nothing behind.
#[derive(Debug, Default)]
pub(super) struct Door {
    shut: Option<Shut>,
}

/// Since the last try.
#[derive(Debug, Clone, Copy)]
struct Shut {
    /// So long its answer was awaited.
    patience: Duration,
    /// So long nobody tries after it.
    wait: Duration,
    /// When that is over.
    until: Instant,
}

impl Door {
    /// A try begins, whose answer is awaited so long. Until it has [`Self::answered`] it counts as one without an answer.
    ///
    /// # Errors
    /// It is too early for it.
    pub(super) fn knock(&mut self, now: Instant, patience: Duration) -> Result<(), String> {
        if let Some(Shut { patience, until, .. }) = self.shut.filter(|shut| now < shut.until) {
            let left = Duration::from_secs((until - now).as_secs() + 1);
            return Err(format!("it did not answer within {patience:?}, and is tried again in {}", Human(left)));
        }
        let wait = self.shut.map_or(FIRST, |shut| (shut.wait * 2).min(LONGEST));
        self.shut = Some(Shut { patience, wait, until: now + patience + wait });
        Ok(())
    }

    /// The server let the try in or refused it.
    pub(super) fn answered(&mut self) {
        self.shut = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_without_an_answer_are_further_and_further_apart() {
        let (mut door, begun) = (Door::default(), Instant::now());
        let tries = (0..300).filter(|second| {
            let now = begun + Duration::from_secs(*second);
            door.knock(now, Duration::from_secs(5)).is_ok()
        });
        assert_eq!(tries.collect::<Vec<_>>(), [0, 10, 25, 50, 95, 160, 225, 290]);
    }

    #[test]
    fn one_that_was_answered_keeps_nobody_out() {
        let (mut door, now) = (Door::default(), Instant::now());
        for _ in 0..2 {
            assert_eq!(door.knock(now, FIRST), Ok(()));
            door.answered();
        }
        assert_eq!(door.knock(now, FIRST), Ok(()));
        let why = door.knock(now + FIRST, FIRST).expect_err("the one before it has not been answered");
        assert_eq!(why, "it did not answer within 5s, and is tried again in 6s");
    }
}
