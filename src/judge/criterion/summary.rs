//! `p95 < 500ms` where another tool wrote percentiles in the place of requests: the observed value decides, and nothing is
//! certain.

use std::time::Duration;

use super::{Bound, Clock};
use crate::{
    judge::{
        assessment::{Assessment, Decision, Side, Sureness},
        evidence::Selection,
    },
    measure::{Summary, SummaryRow},
    plan::{FailureKind, Metric, Op},
    units::number,
};

/// Judges a percentile, the mean or the maximum by what the tool wrote of these endpoints.
pub(super) fn assess(
    (selection, summary): (&Selection<'_>, &Summary),
    (metric, clock): (Metric, Clock),
    bound: Bound,
) -> Assessment {
    let limit = bound.number();
    let nothing = |because: &str| Assessment::without_data(limit, "ms", because.to_owned());
    if selection.requests() == 0 {
        return nothing("No request was made, so there is nothing to judge.");
    }
    let Some(row) = selection.summed_up(summary) else {
        return nothing(
            "The file has percentiles of each endpoint and of all of them together, not of these endpoints together, and \
             percentiles cannot be added up.",
        );
    };
    let name = match metric {
        Metric::Quantile(q) => format!("p{}", percent(q)),
        Metric::Max => "max".to_owned(),
        _ => "mean".to_owned(),
    };
    let Some(told) = told(row, metric) else {
        let known: Vec<String> = row.quantiles.iter().map(|(q, _)| format!("p{}", percent(*q))).collect();
        return nothing(&format!("The file does not tell {name} of these requests; it has {}.", known.join(", ")));
    };
    let observed = told.as_secs_f64() * 1e3;
    let failures = Failures::of(selection);
    let Some(side) = side((row, metric), bound, &failures) else {
        return Assessment {
            observed: Some(observed),
            samples: selection.requests(),
            ..nothing(&format!(
                "{name} over all requests was {}, the limit is {} {}; {} of {} failed, whose times are among them, and \
                 whether it holds without them the file does not tell.",
                number::beside(observed, limit, "ms"),
                bound.op.symbol(),
                number::limit(limit, "ms"),
                number::count(failures.all),
                number::counted(selection.requests(), "request"),
            ))
        };
    };
    let service = if clock == Clock::Service { "service " } else { "" };
    let rounded = if matches!(metric, Metric::Quantile(_)) { " as the tool rounds it" } else { "" };
    let among = if failures.all > 0 { ", failures among them" } else { "" };
    let because = format!(
        "{service}{name} was {}{rounded}, the limit is {} {}, over {}{among}. Not certain: the file holds no single request.",
        number::beside(observed, limit, "ms"),
        bound.op.symbol(),
        number::limit(limit, "ms"),
        number::counted(selection.requests(), "request"),
    );
    let decision = match metric {
        Metric::Quantile(_) => Decision::Uncertain(side),
        _ => Decision::Decided(side, Sureness::Observed),
    };
    Assessment {
        decision,
        observed: Some(observed),
        limit,
        unit: "ms",
        interval: None,
        samples: selection.requests(),
        because,
        worst: None,
    }
}

/// The percentile of a share, in percent.
fn percent(q: f64) -> f64 {
    (q * 1e8).round() / 1e6
}

/// What the tool wrote over all requests. A percentile that is not listed has none.
fn told(row: &SummaryRow, metric: Metric) -> Option<Duration> {
    match metric {
        Metric::Quantile(q) => row.quantile(q),
        Metric::Max => row.max,
        _ => row.mean,
    }
}

/// Failures among the requests that the tool summed up.
struct Failures {
    requests: f64,
    all: u64,
    /// Timeouts, which are beyond every limit, and those that may be.
    timeouts: f64,
    possible_timeouts: f64,
}

impl Failures {
    fn of(selection: &Selection<'_>) -> Self {
        let timeouts =
            selection.sum(|endpoint| endpoint.errors.get(&FailureKind::Timeout).copied().unwrap_or_default());
        let unknown = selection.sum(|endpoint| endpoint.unknown_kinds);
        Self {
            requests: selection.requests() as f64,
            all: selection.failures(),
            timeouts: timeouts as f64,
            possible_timeouts: (timeouts + unknown) as f64,
        }
    }

    /// The share below which requests of any outcome have to lie within a limit, so that the quantile of those whose time
    /// counts lies within it for certain: every failure may have been faster, and every timeout counts as beyond.
    fn strictest(&self, q: f64) -> f64 {
        let timed = self.requests - self.all as f64 + self.possible_timeouts;
        1.0 - ((1.0 - q) * timed - self.possible_timeouts) / self.requests
    }

    /// The same share beyond which they break it for certain: every failure may have been slower.
    fn mildest(&self, q: f64) -> f64 {
        let failed = self.all as f64 - self.timeouts;
        1.0 - ((1.0 - q) * (self.requests - failed) + failed) / self.requests
    }
}

/// On which side of the limit it lies whatever the failures' times were, as criteria about times leave failures out;
/// `None` when that depends on them.
fn side((row, metric): (&SummaryRow, Metric), bound: Bound, failures: &Failures) -> Option<Side> {
    let holds = |time: Duration| bound.op.holds(time.as_secs_f64() * 1e3, bound.number());
    if failures.all == 0 {
        return told(row, metric).map(|time| Side::of(holds(time)));
    }
    let upper = matches!(bound.op, Op::Less | Op::LessOrEqual);
    match metric {
        Metric::Quantile(q) if upper => {
            let (strictest, mildest) = (failures.strictest(q), failures.mildest(q));
            if row.at_or_above(strictest).is_some_and(holds) {
                return Some(Side::Holds);
            }
            row.at_or_below(mildest).is_some_and(|time| !holds(time)).then_some(Side::Breaks)
        }
        Metric::Max if upper && failures.timeouts > 0.0 => Some(Side::Breaks),
        Metric::Max if upper && failures.possible_timeouts == 0.0 => {
            row.max.filter(|time| holds(*time)).map(|_| Side::Holds)
        }
        _ => None,
    }
}

/// A rate of sums: counted exactly, but when requests failed is not known, and so no interval.
pub(super) fn without_interval(assessment: Assessment) -> Assessment {
    match (assessment.interval, assessment.decision) {
        (Some(_), Decision::Decided(side, _) | Decision::Uncertain(side)) => {
            Assessment { interval: None, decision: Decision::Uncertain(side), ..assessment }
        }
        _ => assessment,
    }
}
