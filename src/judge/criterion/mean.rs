//! `mean < 200ms`: the observed value decides; a t interval over the spans says how sure it is.

use std::time::Duration;

use super::Bound;
use crate::judge::{
    assessment::{Assessment, Decision, Side, Sureness},
    evidence::Selection,
    statistics::half_width,
    words,
};
use crate::measure::{Clock, SpanCounts};

/// Judges a mean of successes and timeouts.
pub(super) fn assess(selection: &Selection<'_>, clock: Clock, bound: Bound) -> Assessment {
    let limit = bound.number();
    let Some(observed) = mean(selection, clock) else {
        let because = "No request has a time, so there is nothing to judge.".to_owned();
        return Assessment::without_data(limit, "ms", because);
    };
    let interval = half_width(&span_means(selection, clock)).map(|half| [(observed - half).max(0.0), observed + half]);
    let side = Side::of(bound.op.holds(observed, limit));
    let samples = timed(selection);
    let mut because = format!(
        "The mean of {} was {}, the limit is {} {}.{}",
        words::counted(samples, "request"),
        words::time(observed),
        bound.op.symbol(),
        words::time(limit),
        super::throughput::spread(interval, "ms"),
    );
    if let (Clock::Latency, Some(service)) = (clock, mean(selection, Clock::Service))
        && bound.op.holds(service, limit) != bound.op.holds(observed, limit)
    {
        let other = if bound.op.holds(service, limit) { "passed" } else { "failed" };
        because += &format!(" By service time it would have {other}: the mean was {}.", words::time(service));
    }
    Assessment {
        decision: Decision::Decided(side, sureness(bound, observed, interval)),
        observed: Some(observed),
        limit,
        unit: "ms",
        interval,
        samples,
        because,
        worst_endpoint: slowest(selection, clock),
    }
}

/// Certain where the whole interval is on the side of the observed value.
pub(super) fn sureness(bound: Bound, observed: f64, interval: Option<[f64; 2]>) -> Sureness {
    let holds = |value| bound.op.holds(value, bound.number());
    match interval {
        Some(ends) if ends.iter().all(|end| holds(*end) == holds(observed)) => Sureness::Certain,
        _ => Sureness::Observed,
    }
}

/// In milliseconds; `None` without times.
fn mean(selection: &Selection<'_>, clock: Clock) -> Option<f64> {
    let timed = timed(selection);
    let spans = selection.rows.iter().flat_map(|row| &row.measured.spans);
    average(spans.map(|span| sum(span, clock)).sum(), timed)
}

fn timed(selection: &Selection<'_>) -> u64 {
    selection.rows.iter().flat_map(|row| &row.measured.spans).map(|span| span.timed).sum()
}

/// The mean of each span that has one, in milliseconds.
fn span_means(selection: &Selection<'_>, clock: Clock) -> Vec<f64> {
    let spans = selection.rows.iter().map(|row| row.measured.spans.len()).max().unwrap_or_default();
    let mean_of = |index: usize| {
        let spans = || selection.rows.iter().filter_map(|row| row.measured.spans.get(index));
        let timed: u64 = spans().map(|span| span.timed).sum();
        average(spans().map(|span| sum(span, clock)).sum(), timed)
    };
    (0..spans).filter_map(mean_of).collect()
}

/// In milliseconds, from whole nanoseconds, so that a mean of exactly the limit is exactly that.
fn average(sum: Duration, count: u64) -> Option<f64> {
    (count > 0).then(|| sum.as_nanos() as f64 / count as f64 / 1e6)
}

fn sum(span: &SpanCounts, clock: Clock) -> Duration {
    match clock {
        Clock::Latency => span.latency_sum,
        Clock::Service => span.service_sum,
    }
}

/// The endpoint whose own mean is highest.
fn slowest(selection: &Selection<'_>, clock: Clock) -> Option<String> {
    selection
        .rows
        .iter()
        .filter_map(|row| {
            let histogram = match clock {
                Clock::Latency => &row.measured.latency,
                Clock::Service => &row.measured.service,
            };
            Some((row.name, histogram.mean()?))
        })
        .max_by_key(|(_, mean)| *mean)
        .map(|(name, _)| name.to_owned())
}
