//! The value of each cell in one run.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    judge::{PhaseEvidence, evidence::Selection, pauses::Pauses},
    measure::{EndpointMeasurements, Histogram, PhaseEnding, Summary},
    plan::{Compared, FailureKind, Metric},
};

/// The part of what lies beyond a percentile by which failures may move it that another tool summed up with it.
const MOVED: f64 = 0.1;

/// What one run gives to compare: a value for each cell, by its name ([`name`]). Times are in milliseconds, rates are
/// shares of 1, throughput is per second. A cell that has no number, such as a percentile without a timed request, is
/// not in it.
pub type RunValues = BTreeMap<String, f64>;

/// A cell's name in stores and comparison files: `light/p95(chart data)`.
pub fn name(phase: &str, cell: &str) -> String {
    format!("{phase}/{cell}")
}

/// The values of the cells of one phase. A phase that was not measured whole gives none: half a window under a rising
/// load is no fair sample of it.
pub fn values(evidence: PhaseEvidence<'_>) -> RunValues {
    let PhaseEvidence { plan, phase, measurements, .. } = evidence;
    if measurements.ending != PhaseEnding::Completed || Pauses::of(&evidence).leave_a_part(&evidence) {
        return RunValues::new();
    }
    let cells = plan.regression.iter().flat_map(|regression| &regression.cells);
    let row = |cell: &Compared| Some((name(&phase.name, &cell.name), value(&evidence, cell)?));
    cells.filter_map(row).collect()
}

fn value(evidence: &PhaseEvidence<'_>, cell: &Compared) -> Option<f64> {
    let selection: Selection<'_> = evidence.endpoints(cell.endpoints.iter().copied());
    let latency = || selection.histogram(|endpoint| &endpoint.latency);
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let (requests, failures) = (selection.requests() as f64, selection.failures() as f64);
    let of_requests = |value: f64| (requests > 0.0).then_some(value);
    if let Some(summary) = selection.summary()
        && let Metric::Quantile(_) | Metric::Mean | Metric::Max = cell.metric
    {
        return told(&selection, summary, cell.metric).map(milliseconds);
    }
    match cell.metric {
        Metric::Quantile(q) => {
            let added: Histogram = selection.histogram(|endpoint| &endpoint.added);
            latency().worse_quantile(&added, q).map(milliseconds)
        }
        Metric::Mean => latency().mean().map(milliseconds),
        Metric::Max => latency().max().map(milliseconds),
        Metric::SuccessRate => of_requests((requests - failures) / requests),
        Metric::ErrorRate => of_requests(failures / requests),
        Metric::Requests => of_requests(requests),
        Metric::Throughput => {
            let seconds = selection.measured().as_secs_f64();
            let completed = selection.sum(|endpoint| endpoint.completed) as f64;
            (requests > 0.0 && seconds > 0.0).then(|| completed / seconds)
        }
    }
}

/// Failures of an endpoint that may have moved the times which another tool summed up with theirs: all but timeouts, which are
/// a part of every time.
pub fn moving(endpoint: &EndpointMeasurements) -> u64 {
    let timeouts = endpoint.errors.get(&FailureKind::Timeout).copied().unwrap_or_default();
    endpoint.failures().saturating_sub(timeouts)
}

/// Whether a time that another tool summed up over requests of any outcome may be compared and stored: whether it is what it
/// would be without these failures ([`moving`]), whose times are no part of it. Quick errors would make it better, and slow
/// ones worse.
///
/// A percentile is moved by at most a tenth of what lies beyond it, if all failures were slower than it or all quicker: up to
/// 0.5 % of the requests for p95. The mean and the maximum may be moved by one. What is no time is never moved.
pub fn is_unmoved(metric: Metric, requests: u64, moving: u64) -> bool {
    match metric {
        Metric::Quantile(q) => moving as f64 * q <= MOVED * (1.0 - q) * requests as f64,
        Metric::Mean | Metric::Max => moving == 0,
        Metric::SuccessRate | Metric::ErrorRate | Metric::Requests | Metric::Throughput => true,
    }
}

/// A time that another tool summed up; `None` where failures may have moved it, or where the tool did not write it.
fn told(selection: &Selection<'_>, summary: &Summary, metric: Metric) -> Option<Duration> {
    let row = selection.summed_up(summary)?;
    if !is_unmoved(metric, selection.requests(), selection.sum(moving)) {
        return None;
    }
    match metric {
        Metric::Quantile(q) => row.quantile(q),
        Metric::Mean => row.mean,
        Metric::Max => row.max,
        Metric::SuccessRate | Metric::ErrorRate | Metric::Requests | Metric::Throughput => None,
    }
}
