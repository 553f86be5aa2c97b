//! `mean < 200ms`: the observed value decides; a t interval over the spans says how sure it is.

use super::Bound;
use crate::judge::{
    assessment::{Assessment, Decision, Side, Sureness, Worst},
    evidence::Selection,
    statistics::half_width,
};
use crate::measure::{Clock, SpanCounts};
use crate::units::number;

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
    let because = format!(
        "The mean of {} was {}, the limit is {} {}.{}{}",
        number::counted(samples, "request"),
        number::beside(observed, limit, "ms"),
        bound.op.symbol(),
        number::limit(limit, "ms"),
        super::throughput::spread(interval, limit, "ms"),
        if clock == Clock::Latency { by_service_time(selection, bound, observed) } else { String::new() },
    );
    Assessment {
        decision: Decision::Decided(side, sureness(bound, observed, interval)),
        observed: Some(observed),
        limit,
        unit: "ms",
        interval,
        samples,
        because,
        worst: slowest(selection, clock).map(|name| Worst { name, part: None }),
    }
}

/// What service time would decide, if it is something else.
fn by_service_time(selection: &Selection<'_>, bound: Bound, observed: f64) -> String {
    let holds = |value| bound.op.holds(value, bound.number());
    match mean(selection, Clock::Service) {
        Some(service) if holds(service) != holds(observed) => format!(
            " By service time it would have {}: the mean was {}.",
            if holds(service) { "passed" } else { "failed" },
            number::beside(service, bound.number(), "ms")
        ),
        _ => String::new(),
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

/// In milliseconds. The sum, in seconds, is rounded to whole nanoseconds first, so that a mean of exactly the limit is
/// exactly that.
fn average(sum: f64, count: u64) -> Option<f64> {
    (count > 0).then(|| (sum * 1e9).round() / count as f64 / 1e6).filter(|mean| mean.is_finite())
}

fn sum(span: &SpanCounts, clock: Clock) -> f64 {
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
