//! What a selftest found.

use std::time::Duration;

use crate::{
    judge::{CheckResult, Interruption},
    plan::Place,
};

/// What came of a selftest.
#[derive(Debug, Clone, Default)]
pub struct Selftest {
    /// The target, its address known.
    pub target: String,
    /// The checklist; items after a failed one are `not_run`.
    pub preflight: Vec<CheckResult>,
    /// The loads that were recorded.
    pub recordings: Vec<Recorded>,
    /// One for each criterion (with `each` one for each endpoint), band and comparison.
    pub proofs: Vec<Proof>,
    /// Requests that were sent to the target, all together: preflight, logins and cleanup included.
    pub requests: u64,
    /// Why nothing could be recorded; `None` when all was.
    pub trouble: Option<String>,
    /// What ended it from outside.
    pub interruption: Option<Interruption>,
}

impl Selftest {
    /// 0 when everything fired, 1 when something did not, 3 when nothing could be recorded, 130 or 143 when it was
    /// interrupted, 70 by a defect.
    pub fn exit_code(&self) -> u8 {
        if let Some(why) = &self.interruption {
            return why.exit_code();
        }
        let ready = self.preflight.iter().all(CheckResult::held);
        let tried = ready && self.trouble.is_none() && !self.proofs.is_empty();
        match (tried, self.proofs.iter().all(Proof::fired)) {
            (false, _) => 3,
            (true, false) => 1,
            (true, true) => 0,
        }
    }
}

/// A short load on the target, for the phases that drive it alike.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Their names.
    pub phases: Vec<String>,
    /// Users.
    pub users: u32,
    /// The measured window.
    pub window: Duration,
    /// Requests within it, and logins.
    pub requests: u64,
}

/// What a proof is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proven {
    /// A line under `criteria`.
    Criterion,
    /// An entry of `bands`.
    Band,
    /// A cell of `regression`.
    Comparison,
}

/// Whether one criterion, band or comparison can fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What it is.
    pub about: Proven,
    /// The phase that it belongs to; `None` for bands, which belong to all.
    pub phase: Option<String>,
    /// As written; with `each` the endpoint in brackets behind it.
    pub name: String,
    /// Its place in gates.yaml, where it has a line of its own.
    pub place: Option<Place>,
    /// Whether it only warns.
    pub warns: bool,
    /// What was done to make it fail.
    pub fault: String,
    /// What is to be known beside; empty for nothing.
    pub remark: String,
    /// Why it did not fire; `None` when it did.
    pub missed: Option<String>,
}

impl Proof {
    /// Whether it held without a fault, failed with it, and did not pass in silence.
    pub fn fired(&self) -> bool {
        self.missed.is_none()
    }
}
