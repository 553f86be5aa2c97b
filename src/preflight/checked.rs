//! The result of one item.

use crate::{
    load::Rehearsal,
    plan::{Check, Place},
};

/// What came of one item of a checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Its name in gates.yaml.
    pub name: String,
    /// Whether it held.
    pub held: Held,
    /// What was seen; for an item that did not hold also what was expected and what to do. One sentence or two.
    pub detail: String,
    /// Its line.
    pub place: Place,
    /// What it sent to the target.
    pub sent: Sent,
    /// The exchanges of an item that did not hold or is doubted, where it had any.
    pub exchanges: Option<Box<Rehearsal>>,
}

/// Whether an item held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It held.
    Yes,
    /// It held, and what was seen speaks against it: a warning.
    Doubted,
    /// It did not.
    No,
    /// An item before it did not hold, or the run ended first.
    NotRun,
}

/// Requests to the target, for the totals of the run; scrapes are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Requests.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
}

impl Checked {
    /// An item that was not run, with the reason.
    pub fn not_run(check: &Check, why: &str) -> Self {
        Self {
            name: check.name.clone(),
            held: Held::NotRun,
            detail: why.to_owned(),
            place: check.place.clone(),
            sent: Sent::default(),
            exchanges: None,
        }
    }
}

/// What an item's act gave, before it is put under the item's name.
#[derive(Debug)]
pub(super) struct Seen {
    /// The detail of an item that held, or of one that did not.
    pub(super) outcome: Result<String, String>,
    pub(super) sent: Sent,
    /// The exchanges, where there were any and the item did not hold or is doubted.
    pub(super) exchanges: Option<Box<Rehearsal>>,
}

impl Seen {
    /// Something that sends nothing to the target.
    pub(super) fn aside(outcome: Result<String, String>) -> Self {
        Self { outcome, sent: Sent::default(), exchanges: None }
    }

    pub(super) fn into_checked(self, check: &Check) -> Checked {
        let (held, detail) = match self.outcome {
            Ok(detail) if self.exchanges.as_ref().is_some_and(|seen| seen.doubt.is_some()) => (Held::Doubted, detail),
            Ok(detail) => (Held::Yes, detail),
            Err(detail) => (Held::No, detail),
        };
        Checked {
            name: check.name.clone(),
            held,
            detail,
            place: check.place.clone(),
            sent: self.sent,
            exchanges: self.exchanges,
        }
    }
}
