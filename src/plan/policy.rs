//! What happens when the evidence does not decide, and what follows the ladder.

use std::time::Duration;

/// `policy` of gates.yaml.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// `uncertain_criterion`.
    pub uncertain_criterion: Uncertain,
    /// `uncertain_regression`.
    pub uncertain_regression: Reaction,
    /// `no_data`.
    pub no_data: Reaction,
}

/// What an uncertain finding becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncertain {
    /// The observed value decides and the finding is marked as not certain.
    Observed,
    /// Inconclusive; the phase is warned.
    Warn,
    /// Inconclusive; exit code 4.
    Fail,
}

/// What an inconclusive result leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// A warning.
    Warn,
    /// Exit code 4.
    Fail,
}

/// `recovery` of gates.yaml.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recovery {
    /// Users that run the first phase's scenarios and data.
    pub users: u32,
    /// Longest time to recover.
    pub within: Duration,
    /// Share by which p50 may exceed its level: 0.2 is 20 %.
    pub tolerance: f64,
}

/// `regression` of gates.yaml. Kept as read; nothing compares yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    /// Smallest slowdown worth blocking, as a share.
    pub margin: f64,
    /// `missing`: what a comparison without a comparable baseline means.
    pub missing: Reaction,
    /// Where baselines are kept.
    pub store: Option<String>,
}
