//! One request as it was seen.

use std::time::Duration;

use super::Split;
use crate::plan::{EndpointId, FailureKind};

/// One intended request. Times are since the phase's origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The row that it is counted under.
    pub endpoint: EndpointId,
    /// When it was meant to start: the slot, the end of the think time, the end of the step before.
    pub intended: Duration,
    /// From the intended start to the last byte, to the failure, or the time waited at a timeout.
    pub latency: Duration,
    /// From the actual start; zero for `unsent`.
    pub service: Duration,
    /// The answer's status, if there was an answer.
    pub status: Option<u16>,
    /// `None` is success.
    pub failure: Option<FailureKind>,
    /// Before and after the first byte of the answer; `None` without a complete answer.
    pub split: Option<Split>,
}

impl Sample {
    /// When it ended: the last byte, the failure, or the time when waiting was given up. Since the phase's origin.
    pub fn ended(&self) -> Duration {
        self.intended.saturating_add(self.latency)
    }

    /// Whether its time is known and enters latency and service time: a success or a timeout.
    pub fn timed(&self) -> bool {
        matches!(self.failure, None | Some(FailureKind::Timeout))
    }
}
