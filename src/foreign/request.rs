//! One request as a file tells of it.

use std::time::Duration;

use super::Moment;
use crate::plan::{FailureKind, ForeignRow};

/// A longer time is none of a request: a day.
const LONGEST: f64 = 86_400_000.0;

/// One request.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is something else that files leave open")]
pub struct Request {
    /// What it is counted under.
    pub row: ForeignRow,
    /// When it was meant to start, for tools that do not know that when it started.
    pub start: Moment,
    /// From there to its end.
    pub latency: Duration,
    /// From its actual start.
    pub service: Duration,
    /// The answer's status, if there was an answer.
    pub status: Option<u16>,
    /// `None` is success.
    pub failure: Option<FailureKind>,
    /// What the failure looked like.
    pub description: Option<String>,
    /// The phase that it belongs to, where the file says so.
    pub phase: Option<String>,
    /// Whether its status is not known though there may have been an answer.
    pub status_unknown: bool,
    /// Whether it failed and the file does not tell how; `failure` is the nearest kind then.
    pub kind_unknown: bool,
    /// Whether the file tells its latency; service time stands for it otherwise.
    pub latency_told: bool,
    /// Whether it prepared the load or cleaned up behind it: it belongs to no phase.
    pub aside: bool,
}

impl Request {
    /// When it ended.
    pub fn end(&self) -> Moment {
        self.start.after(self.latency)
    }
}

/// Whether the status of a request without one is only not told: of a success, of a failed check, and of a failure of
/// unknown kind there may have been an answer.
pub(super) fn may_have_status(failure: Option<FailureKind>, kind_unknown: bool) -> bool {
    kind_unknown || failure.is_none_or(|kind| kind == FailureKind::Check)
}

/// A time of a request in milliseconds; `None` when it is negative, not finite, or longer than a day.
pub(super) fn time(milliseconds: f64) -> Option<Duration> {
    let possible = milliseconds.is_finite() && (0.0..=LONGEST).contains(&milliseconds);
    // Nanoseconds, so that a time of exactly a limit is exactly that.
    possible.then(|| Duration::from_nanos((milliseconds * 1e6).round() as u64))
}

/// A status of HTTP; `None` for 0, which some tools write when there was no answer.
pub(super) fn status(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|status| (100..600).contains(status))
}

/// A text as evidence: one line of at most 200 characters.
pub(super) fn clipped(text: &str) -> String {
    const LONGEST: usize = 200;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
