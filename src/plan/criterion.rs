//! Criteria: what must hold of a phase. The grammar that reads them stands beside this file.

use std::time::Duration;

use super::{EndpointId, GaugeId, Place};

/// One line under `criteria`, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// As written in gates.yaml, without surrounding white space: its name in every report.
    pub text: String,
    /// Whether it blocks.
    pub level: Level,
    /// Its line.
    pub place: Place,
    /// What is looked at.
    pub subject: Subject,
}

/// Whether a criterion blocks or only warns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A plain line.
    Block,
    /// `{warn: ...}`.
    Warn,
}

/// What a criterion looks at.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// `[service] METRIC[(SELECTOR)] OP VALUE`.
    Metric {
        /// The metric.
        metric: Metric,
        /// `service p95`: service time in the place of latency. Only on quantiles, mean and max.
        service: bool,
        /// One entry; with the selector `each` one for each endpoint name.
        judged: Vec<Judged>,
        /// The comparison.
        op: Op,
        /// What it is compared with, in the metric's unit.
        limit: Limit,
    },
    /// `MONITOR.GAUGE OP VALUE [for DURATION]`.
    Gauge {
        /// The gauge.
        gauge: GaugeId,
        /// The comparison.
        op: Op,
        /// A plain number; `80%` is the number 80.
        limit: f64,
        /// `for`: the longest time beyond the limit must stay below this.
        hold: Option<Duration>,
    },
    /// `no KIND[(SELECTOR)]`: one event fails.
    No {
        /// The events.
        count: Count,
        /// As for a metric.
        judged: Vec<Judged>,
    },
}

/// The endpoints that one finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The endpoint's name with the selector `each`, else `None`.
    pub name: Option<String>,
    /// In ascending order, at least one. Without a selector: every endpoint that is not a login's.
    pub endpoints: Vec<EndpointId>,
}

/// A metric of requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Metric {
    /// `pN` as a share: p99.9 is 0.999.
    Quantile(f64),
    /// Mean of latency.
    Mean,
    /// Largest latency.
    Max,
    /// Share of intended requests that succeeded.
    SuccessRate,
    /// Share of intended requests that failed.
    ErrorRate,
    /// Number of intended requests.
    Requests,
    /// Successful answers per second of the window, by their completion.
    Throughput,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the operators")]
pub enum Op {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
}

impl Op {
    /// Whether `observed OP limit` holds; never with NaN.
    pub fn holds(self, observed: f64, limit: f64) -> bool {
        match self {
            Self::Less => observed < limit,
            Self::LessOrEqual => observed <= limit,
            Self::Greater => observed > limit,
            Self::GreaterOrEqual => observed >= limit,
            #[expect(clippy::float_cmp, reason = "`==` is for exact counts and for gauges that are whole numbers")]
            Self::Equal => observed == limit,
        }
    }

    /// As written in gates.yaml.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
        }
    }
}

/// The value of a metric's limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// For quantiles, mean and max.
    Time(Duration),
    /// For rates: a share of 1.
    Share(f64),
    /// For `requests`.
    Number(f64),
    /// For `throughput`: per second.
    PerSecond(f64),
}

/// The events of `no KIND`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// `5xx`: answers with a status of 500 to 599, accepted or not.
    ServerErrors,
    /// `4xx`: answers with a status of 400 to 499, accepted or not.
    ClientErrors,
    /// `errors`: failures of every kind.
    Errors,
    /// `timeouts`, or an error key: failures of one kind.
    Failures(super::FailureKind),
}
