//! Faults of the app as a whole: stall, refusal, no recovery.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::FaultError;
use crate::units::{Human, Quantity};

/// The whole app freezes for a time at the end of every period: `1s/5s`.
///
/// Periods are counted from the first request after the start or after the faults or the ledger were set anew. A request
/// that arrives in a freeze, or would have been answered in one, waits until its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// How long a freeze lasts; shorter than the period.
    pub lasts: Duration,
    /// The period.
    pub every: Duration,
}

impl Stall {
    /// The time until the app moves again, `since` after the first request: zero outside a freeze.
    pub(in crate::demo) fn rest(self, since: Duration) -> Duration {
        let into_period = Duration::from_nanos((since.as_nanos() % self.every.as_nanos()) as u64);
        if into_period < self.every.saturating_sub(self.lasts) {
            Duration::ZERO
        } else {
            self.every.saturating_sub(into_period)
        }
    }
}

/// The listener and all connections close once a number of requests was answered: `100` for good, `100/2s` for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The requests that are still let in; the next one closes the app and is not answered.
    pub after: u64,
    /// How long the app stays closed; absent: for good.
    pub lasts: Option<Duration>,
}

/// Once more than a number of requests were in the app at one time, it struggles for good: `50`, `50=500ms`, `50=503`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRecovery {
    /// The most requests at one time that do no harm.
    pub above: usize,
    /// What becomes of every later request.
    pub then: Struggle,
}

/// What an app that does not recover does to each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Struggle {
    /// It takes this much longer.
    Slow(Duration),
    /// It is answered with this status, 400 to 599.
    Fail(u16),
}

impl FromStr for Stall {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let read = || {
            let (lasts, every) = text.split_once('/')?;
            let (lasts, every) = (Duration::read(lasts)?, Duration::read(every)?);
            (!lasts.is_zero() && lasts < every).then_some(Self { lasts, every })
        };
        read().ok_or_else(|| FaultError {
            text: text.into(),
            what: "a stall",
            form: "TIME/PERIOD, the time above zero and shorter than the period",
            example: "1s/5s",
        })
    }
}

impl FromStr for Refusal {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let read = || match text.split_once('/') {
            None => Some(Self { after: text.parse().ok()?, lasts: None }),
            Some((after, lasts)) => Some(Self { after: after.parse().ok()?, lasts: Some(Duration::read(lasts)?) }),
        };
        read().ok_or_else(|| FaultError {
            text: text.into(),
            what: "a refusal",
            form: "REQUESTS, with /TIME to open again",
            example: "100/2s",
        })
    }
}

impl FromStr for NoRecovery {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let struggle = |text: &str| match text.parse::<u16>() {
            Ok(status) => (400..600).contains(&status).then_some(Struggle::Fail(status)),
            Err(_) => Duration::read(text).map(Struggle::Slow),
        };
        let read = || {
            let (above, then) = text.split_once('=').unwrap_or((text, "500ms"));
            Some(Self { above: above.parse().ok()?, then: struggle(then)? })
        };
        read().ok_or_else(|| FaultError {
            text: text.into(),
            what: "a lack of recovery",
            form: "REQUESTS, with =TIME (500ms) or =STATUS for what follows",
            example: "50=500ms",
        })
    }
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Human(self.lasts), Human(self.every))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lasts {
            None => write!(f, "{}", self.after),
            Some(lasts) => write!(f, "{}/{}", self.after, Human(lasts)),
        }
    }
}

impl fmt::Display for NoRecovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.then {
            Struggle::Slow(by) => write!(f, "{}={}", self.above, Human(by)),
            Struggle::Fail(status) => write!(f, "{}={status}", self.above),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Stall;

    #[test]
    fn a_freeze_is_the_end_of_every_period() {
        let stall: Stall = "1s/5s".parse().expect("a stall");
        let rest = |millis| stall.rest(Duration::from_millis(millis)).as_millis();
        assert_eq!([rest(0), rest(3_999), rest(4_000), rest(4_750), rest(4_999)], [0, 0, 1_000, 250, 1]);
        assert_eq!([rest(5_000), rest(8_999), rest(9_000), rest(10_000)], [0, 0, 1_000, 0]);
    }
}
