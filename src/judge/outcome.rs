//! Outcomes, and how they follow from each other (docs/decisions.md section 1).

use serde::{Deserialize, Serialize};

/// The outcome of a finding, check, phase, comparison or run. Not every outcome occurs everywhere: a finding is passed,
/// failed or inconclusive; a check is passed or failed; a comparison may be new or invalid; only a run is interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was not measured because the ladder ended before.
    NotRun,
    /// It held.
    Passed,
    /// It held, with a warning.
    Warned,
    /// A comparison without enough history.
    New,
    /// The evidence does not decide.
    Inconclusive,
    /// It did not hold.
    Failed,
    /// The measurement itself was not good enough.
    Invalid,
    /// A signal or the deadline ended the run.
    Interrupted,
}

impl Outcome {
    /// The word in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotRun => "not run",
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::New => "new",
            Self::Inconclusive => "inconclusive",
            Self::Failed => "failed",
            Self::Invalid => "invalid",
            Self::Interrupted => "interrupted",
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The whole ladder ran.
    Completed,
    /// A phase ended the ladder.
    Stopped,
    /// A signal or the deadline.
    Interrupted,
    /// Preflight failed: no load was sent.
    NotReady,
    /// A phase was invalid.
    Invalid,
}

/// Whether a finding blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It blocks.
    Block,
    /// It only warns.
    Warn,
}

/// Where the highest value of a gauge lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Below warning.
    Safe,
    /// At or above warning, not above critical.
    Warning,
    /// Above critical.
    Critical,
    /// The source gave too few numbers, or stopped answering.
    Missing,
}
