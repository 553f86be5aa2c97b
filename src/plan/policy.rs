//! What happens when the evidence does not decide, and what follows the ladder.

use std::time::Duration;

use super::{EndpointId, Metric, Place, Waiver};

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

/// `regression` of gates.yaml: what is compared, and how strictly.
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    /// Smallest slowdown worth blocking, as a share; each cell carries its own.
    pub margin: f64,
    /// What is compared in each phase, at least one; no name stands twice.
    pub cells: Vec<Compared>,
    /// `history`: so many of the newest comparable runs count.
    pub history: usize,
    /// `confirm`: a stored comparison that would fail is measured so many more times before it blocks.
    pub confirm: u32,
    /// `missing`: what a comparison without enough baseline runs leads to.
    pub missing: Reaction,
    /// Where baselines are kept.
    pub store: Option<String>,
    /// Known regressions that do not block below their ceilings; no cell stands twice.
    pub waivers: Vec<Waiver>,
}

/// One entry of `regression.cells`: a metric that is compared in every phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// As written: `p95`, `p95(chart data)`; with the selector `each` one for each endpoint.
    pub name: String,
    /// The metric.
    pub metric: Metric,
    /// Its endpoints, in ascending order, at least one.
    pub endpoints: Vec<EndpointId>,
    /// The smallest worsening worth blocking: a share for ratios, percentage points as a share of 1 for rates.
    pub margin: f64,
    /// Its line; `None` where gates.yaml names no cells.
    pub place: Option<Place>,
}

impl Compared {
    /// The unit of its values, in the words of a finding: `ms`, `1` (a share), `requests`, `requests/s`.
    pub fn unit(&self) -> &'static str {
        match self.metric {
            Metric::Quantile(_) | Metric::Mean | Metric::Max => "ms",
            Metric::SuccessRate | Metric::ErrorRate => "1",
            Metric::Requests => "requests",
            Metric::Throughput => "requests/s",
        }
    }

    /// Whether it is a rate, compared by difference; everything else is compared by ratio.
    pub fn is_rate(&self) -> bool {
        matches!(self.metric, Metric::SuccessRate | Metric::ErrorRate)
    }

    /// Whether a lower value is worse: success rates, throughput, numbers of requests.
    pub fn lower_is_worse(&self) -> bool {
        matches!(self.metric, Metric::SuccessRate | Metric::Throughput | Metric::Requests)
    }
}
