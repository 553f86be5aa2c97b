//! `policy` and `regression`: how evidence becomes an outcome.

use serde::Deserialize;

use super::{Located, OneOrMany, Table, Waivers, located::plain_fields};
use crate::units::Percent;

/// What happens when the evidence does not decide.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The interval straddles the limit. Default observed.
    pub uncertain_criterion: Option<Located<Uncertain>>,
    /// A comparison is inconclusive. Default warn.
    pub uncertain_regression: Option<Located<Reaction>>,
    /// A criterion without samples is inconclusive, never a pass. Default fail.
    pub no_data: Option<Located<Reaction>>,
}

/// What an uncertain finding becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Uncertain {
    /// The observed value decides and is marked.
    Observed,
    /// The phase is warned.
    Warn,
    /// Exit code 4.
    Fail,
}

/// A warning, or exit code 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// A warning.
    Warn,
    /// Exit code 4.
    Fail,
}

/// Comparison with stored baselines, or with a second deployment (`run --against URL`).
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Regression {
    /// The smallest slowdown worth blocking. Default 10%.
    pub margin: Option<Located<Percent>>,
    /// What is compared, per phase: `p95`, `p95(chart data)`, or a rate with its own margin, `{error_rate: 1%}`.
    /// Default: p50, p95 and the error rate within 1%.
    #[serde(default)]
    pub cells: Vec<Cell>,
    /// So many of the newest comparable runs of the base branch. Default 20.
    pub history: Option<Located<u32>>,
    /// A stored comparison that would fail is measured this many more times before it blocks. Default 2.
    pub confirm: Option<Located<u32>>,
    /// There is no comparable baseline; never a silent pass. Default warn.
    pub missing: Option<Located<Reaction>>,
    /// A directory, `git:BRANCH` or `s3://bucket/prefix`. Absent or empty: comparisons are new.
    pub store: Option<Located<String>>,
    /// Known regressions that do not block for a while: here, or in a file beside gates.yaml that holds such a list.
    #[serde(default)]
    pub waivers: OneOrMany<Waivers>,
}

/// One metric of a comparison.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Cell {
    /// With the margin of `regression`.
    #[serde(rename = "$bare")]
    #[cfg_attr(test, schemars(untagged))]
    Metric(Located<String>),
    /// With its own margin.
    #[serde(rename = "$whole")]
    #[cfg_attr(test, schemars(untagged))]
    WithMargin(Table<Located<Percent>>),
}

plain_fields!(Uncertain, Reaction);
