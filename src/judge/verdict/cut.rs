//! What ended a window before its time.

use serde::{Deserialize, Serialize};

/// A window that was not measured to its end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CutShort {
    /// What ended it.
    pub by: Cut,
    /// How long it was meant to be, in seconds.
    pub planned_s: f64,
}

/// What ends a window before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// A blocking criterion had failed for certain.
    FailedEarly,
    /// The target stopped answering.
    StoppedAnswering,
    /// Not all users could log in, so that it never began.
    NotLoggedIn,
    /// A signal, the deadline, or a defect in stagegate.
    Interrupted,
    /// The files of another tool tell only of a part of it.
    Files,
}

impl Cut {
    /// Whether what was measured is only a part of what was meant, for a reason that is not the app.
    pub(super) fn says_nothing_of_the_app(self) -> bool {
        matches!(self, Self::Interrupted | Self::Files)
    }
}
