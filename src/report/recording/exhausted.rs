//! When a criterion that failed could not hold any more.
//!
//! A limit on a share allows so many requests beyond it among those of the whole window; the moment is the second in which
//! one more came. What allows none is broken by its first. Where a phase was cut short, its window would have had more requests
//! and room for more of them beyond the limit: as many more as it was meant to be longer.

use std::time::Duration;

use super::{Part, Recording};
use crate::{
    judge::Finding,
    measure::{GaugeSeries, Histogram, Window},
    plan::{Count, EndpointId, FailureKind, Limit, Metric, Op, Selected, Written, written},
};

/// The moment in seconds since the phase's origin; `None` for what is judged over the window as a whole (a mean, a number
/// of requests, a throughput), and where the measurements do not show it.
pub(in crate::report) fn exhausted(recording: &Recording<'_>, part: &Part<'_>, finding: &Finding) -> Option<f64> {
    let name = finding.endpoint.as_deref();
    let second = match written(&finding.criterion)? {
        Written::Metric { service, metric, selector, op, limit } => {
            let windows = selected(recording, part, name, selector)?;
            let whole = whole(part);
            match (metric, limit) {
                (Metric::Quantile(q), Limit::Time(limit)) => {
                    quantile(&windows, service, (1.0 - q) * whole, (op, limit))
                }
                (Metric::Max, Limit::Time(limit)) => quantile(&windows, service, 0.0, (op, limit)),
                (Metric::SuccessRate, Limit::Share(least)) => failures(&windows, (1.0 - least) * whole, op),
                (Metric::ErrorRate, Limit::Share(most)) => failures(&windows, most * whole, op),
                _ => None,
            }
        }
        Written::No { count, selector } => first(&selected(recording, part, name, selector)?, count, part),
        Written::Gauge { gauge, op, limit, hold } => {
            let series = part.verdict.monitors.iter().position(|monitor| monitor.name == gauge.text)?;
            return reading(part.measured.gauges.get(series)?, (op, limit), hold.unwrap_or_default());
        }
    };
    let start = part.measured.measurements.window_start.unwrap_or_default().as_secs_f64();
    second.map(|second| f64::from(second).max(start))
}

/// How many times as long as what was measured the window was meant to be.
fn whole(part: &Part<'_>) -> f64 {
    let measured = part.measured.measurements.measured.as_secs_f64();
    let planned = part.verdict.cut_short.map_or(measured, |cut| cut.planned_s);
    if measured > 0.0 { (planned / measured).max(1.0) } else { 1.0 }
}

/// The seconds of the requests that a selector means; `None` for a scenario, whose name the measurements do not hold.
pub(super) fn selected<'a>(
    recording: &Recording<'_>,
    part: &Part<'a>,
    name: Option<&str>,
    selector: Option<Selected<'_>>,
) -> Option<Vec<&'a Window>> {
    let meant = |id: EndpointId| {
        let Some(endpoint) = recording.endpoints().get(id.index()) else { return false };
        let tagged = |tag: &str| endpoint.tags.iter().any(|known| known == tag);
        match (name, selector) {
            (Some(name), _) => endpoint.name == name,
            (None, None | Some(Selected::Each | Selected::Scenario(_))) => !endpoint.login,
            (None, Some(Selected::Not(word))) => !endpoint.login && !tagged(word.text),
            (None, Some(Selected::Name(word))) => endpoint.name == word.text || tagged(word.text),
        }
    };
    if matches!(selector, Some(Selected::Scenario(_))) {
        return None;
    }
    Some(part.measured.measurements.windows.iter().filter(|window| meant(window.endpoint)).collect())
}

/// The second in which more than the allowed share of all that were seen was beyond the limit, with or without the requests
/// that were added for silences, whichever comes first: a percentile is the worse of the two.
fn quantile(windows: &[&Window], service: bool, allowed: f64, (op, limit): (Op, Duration)) -> Option<u32> {
    if !matches!(op, Op::Less | Op::LessOrEqual) {
        return None;
    }
    let counted = |text: &str| {
        let times = Histogram::decode(text).unwrap_or_default();
        (times.count(), times.count_above(limit))
    };
    let counts = windows.iter().map(|window| {
        let (all, beyond) = counted(if service { &window.service } else { &window.latency });
        let (added, added_beyond) = counted(if service { "" } else { &window.added });
        [(window.second, all, beyond), (window.second, all + added, beyond + added_beyond)]
    });
    let counts: Vec<_> = counts.collect();
    let measured = counts.iter().map(|[measured, _]| *measured);
    let with = counts.iter().map(|[_, with]| *with);
    [used_up(measured, allowed, Op::LessOrEqual), used_up(with, allowed, Op::LessOrEqual)].into_iter().flatten().min()
}

/// The second in which the failures became more than the allowed share of all requests that were seen.
fn failures(windows: &[&Window], allowed: f64, op: Op) -> Option<u32> {
    let counts = windows.iter().map(|window| (window.second, window.requests, window.failures));
    match op {
        // Strict limits are broken at exactly the limit.
        Op::Less | Op::Greater => used_up(counts, allowed, Op::Less),
        Op::LessOrEqual | Op::GreaterOrEqual => used_up(counts, allowed, Op::LessOrEqual),
        Op::Equal => None,
    }
}

/// Of counts of all and of those beyond, second by second: the first second with which the sum does not hold.
fn used_up(counts: impl Iterator<Item = (u32, u64, u64)> + Clone, allowed: f64, op: Op) -> Option<u32> {
    let all: u64 = counts.clone().map(|(_, all, _)| all).sum();
    let mut beyond = 0;
    counts.into_iter().find_map(|(second, _, more)| {
        beyond += more;
        // Room for the error of binary fractions: 1 - 0.95 is a little more than 0.05.
        let room = if op == Op::Less { -1e-9 } else { 1e-9 };
        let holds = op.holds(beyond as f64, all as f64 * allowed + room);
        (more > 0 && !holds).then_some(second)
    })
}

/// The second of the first event.
fn first(windows: &[&Window], count: Count, part: &Part<'_>) -> Option<u32> {
    let has = |window: &Window| match count {
        Count::Errors => window.failures > 0,
        Count::Failures(kind) => window.errors.contains_key(&kind),
        Count::ServerErrors | Count::ClientErrors => window.errors.contains_key(&FailureKind::Check),
    };
    let class = match count {
        Count::ServerErrors => 500..600,
        Count::ClientErrors => 400..500,
        Count::Errors | Count::Failures(_) => 0..0,
    };
    // A second knows no status. Where every failed check is an answer of this class, the first check is the first of them.
    let endpoints = &part.measured.measurements.endpoints;
    let answers = endpoints.iter().flat_map(|row| &row.statuses).filter(|(status, _)| class.contains(*status));
    let checks = endpoints.iter().filter_map(|row| row.errors.get(&FailureKind::Check)).sum::<u64>();
    let told = class.is_empty() || answers.map(|(_, count)| count).sum::<u64>() == checks;
    windows.iter().find(|window| told && has(window)).map(|window| window.second)
}

/// When a gauge was beyond its limit, for `hold` on end.
fn reading(series: &GaugeSeries, (op, limit): (Op, f64), hold: Duration) -> Option<f64> {
    let mut since: Option<Duration> = None;
    series.samples.iter().find_map(|sample| {
        if op.holds(sample.value, limit) {
            since = None;
            return None;
        }
        let began = *since.get_or_insert(sample.at);
        (sample.at.saturating_sub(began) >= hold).then_some(sample.at.as_secs_f64())
    })
}
