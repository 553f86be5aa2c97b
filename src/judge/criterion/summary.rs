//! `p95 < 500ms` where another tool wrote percentiles in the place of requests: the observed value decides, and nothing is
//! certain.

use super::{Bound, Clock};
use crate::{
    judge::{
        assessment::{Assessment, Decision, Side, Sureness},
        evidence::Selection,
    },
    measure::Summary,
    plan::Metric,
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
    let (name, time) = match metric {
        Metric::Quantile(q) => (format!("p{}", (q * 1e8).round() / 1e6), row.quantile(q)),
        Metric::Max => ("max".to_owned(), row.max),
        _ => ("mean".to_owned(), row.mean),
    };
    let Some(time) = time else {
        let known: Vec<String> = row.quantiles.iter().map(|(q, _)| format!("p{}", (q * 1e8).round() / 1e6)).collect();
        return nothing(&format!("The file does not tell {name} of these requests; it has {}.", known.join(", ")));
    };
    let observed = time.as_secs_f64() * 1e3;
    let side = Side::of(bound.op.holds(observed, limit));
    let service = if clock == Clock::Service { "service " } else { "" };
    let rounded = if matches!(metric, Metric::Quantile(_)) { " as the tool rounds it" } else { "" };
    let because = format!(
        "{service}{name} was {}{rounded}, the limit is {} {}, over {}, failures among them. Not certain: the file holds no \
         single request.",
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

/// A rate of sums: counted exactly, but when requests failed is not known, and so no interval.
pub(super) fn without_interval(assessment: Assessment) -> Assessment {
    match (assessment.interval, assessment.decision) {
        (Some(_), Decision::Decided(side, _) | Decision::Uncertain(side)) => {
            Assessment { interval: None, decision: Decision::Uncertain(side), ..assessment }
        }
        _ => assessment,
    }
}
