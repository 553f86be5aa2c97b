//! `throughput > 50/s`: successful answers per second of the window, by their completion.

use super::{Bound, mean::sureness};
use crate::judge::{
    assessment::{Assessment, Decision, Side},
    evidence::Selection,
    statistics::{Tally, half_width},
};
use crate::units::number;

/// Judges a throughput: the observed value decides; a t interval over the spans says how sure it is.
pub(super) fn assess(selection: &Selection<'_>, bound: Bound) -> Assessment {
    let limit = bound.number();
    let requests = selection.requests();
    let seconds = selection.measured().as_secs_f64();
    if requests == 0 || seconds <= 0.0 {
        let because = "No request was made, so there is nothing to judge.".to_owned();
        return Assessment::without_data(limit, "requests/s", because);
    }
    let completed = selection.sum(|endpoint| endpoint.completed);
    let observed = completed as f64 / seconds;
    let spans = if selection.summary().is_some() { Vec::new() } else { by_span(selection) };
    let interval = half_width(&spans).map(|half| [(observed - half).max(0.0), observed + half]);
    let because = format!(
        "{} came within {}: {}, the limit is {} {}.{}",
        number::counted(completed, "successful answer"),
        number::duration(selection.measured()),
        number::beside(observed, limit, "requests/s"),
        bound.op.symbol(),
        number::limit(limit, "requests/s"),
        spread(interval, limit, "requests/s"),
    );
    Assessment {
        decision: Decision::Decided(Side::of(bound.op.holds(observed, limit)), sureness(bound, observed, interval)),
        observed: Some(observed),
        limit,
        unit: "requests/s",
        interval,
        samples: requests,
        because,
        worst: None,
    }
}

/// The throughput of each span that was measured whole; a span without an answer is one of zero.
fn by_span(selection: &Selection<'_>) -> Vec<f64> {
    let length = selection.span_length();
    if length.is_zero() {
        return Vec::new();
    }
    let whole = (selection.measured().as_secs_f64() / length.as_secs_f64() + 1e-6).floor() as usize;
    let spans = selection.spans(|_, span| Tally { n: 0, x: span.completed });
    spans.iter().take(whole).map(|span| span.x as f64 / length.as_secs_f64()).collect()
}

/// The interval over the spans, as a sentence.
pub(super) fn spread(interval: Option<[f64; 2]>, limit: f64, unit: &str) -> String {
    interval.map_or_else(String::new, |ends| {
        let [low, high] = ends.map(|end| number::beside(end, limit, unit));
        format!(" Over the spans it lies between {low} and {high}.")
    })
}
