//! Gauges that saturated: which, when, and whether before latency or errors rose.

use super::{
    resource::{Resource, used_in_percent},
    seen::Seen,
};
use crate::judge::{Onset, Order, PhaseEvidence, Saturation, criterion::gauge};
use crate::plan;

/// Without a declared band, a gauge in percent is saturated from here on ...
const NEARLY_ALL: f64 = 90.0;

/// ... for so much of a phase. A band is the user's own word for too much, so less of it is enough.
const LONG: f64 = 1.0 / 3.0;

/// With a declared band, a gauge is saturated above critical for so much of a phase: a single spike is none.
const SOME: f64 = 0.1;

/// A gauge that was saturated in the first phase too is clearly higher from so many times its mean then on.
const HIGHER: f64 = 1.2;

/// Fewer readings beyond are a spike.
const FEWEST: usize = 2;

/// Moments within so many seconds are not told apart: gauges are read once a second.
const RESOLUTION_S: f64 = 1.0;

/// The gauges that saturated, in order of time, each in the first phase in which it did; of one moment the one that was
/// furthest beyond first. A gauge that was as saturated in the first phase, before anything rose, explains nothing: only
/// the phases count in which its mean is clearly higher than then.
pub(super) fn saturated(seen: &[Seen<'_>], onset: Option<&Onset>) -> Vec<Saturation> {
    let rose = onset.and_then(|onset| seen.iter().position(|phase| phase.name() == onset.phase));
    let mut found: Vec<(usize, f64, Saturation)> = Vec::new();
    for (position, phase) in seen.iter().enumerate() {
        for (beyond, mut one) in in_phase(&phase.evidence, phase) {
            let known = found.iter().any(|(_, _, known)| known.gauge == one.gauge);
            if known || (rose.is_some_and(|rose| rose > 0) && as_before(seen, phase, &one.gauge)) {
                continue;
            }
            one.order = rose.zip(onset).and_then(|(rose, onset)| order((position, one.after_s), (rose, onset.after_s)));
            found.push((position, beyond, one));
        }
    }
    let second = |one: &Saturation| (one.after_s / RESOLUTION_S).floor();
    found.sort_by(|(at, beyond, one), (other_at, other_beyond, other)| {
        at.cmp(other_at).then(second(one).total_cmp(&second(other))).then(other_beyond.total_cmp(beyond))
    });
    found.into_iter().map(|(_, _, one)| one).collect()
}

/// Whether a gauge that was saturated in the first phase has not become clearly higher in this one.
fn as_before(seen: &[Seen<'_>], phase: &Seen<'_>, gauge: &str) -> bool {
    let Some(first) = seen.first() else { return false };
    let mean = |of: &Seen<'_>| of.verdict.monitors.iter().find(|monitor| monitor.name == gauge)?.mean;
    let saturated = in_phase(&first.evidence, first).iter().any(|(_, one)| one.gauge == gauge);
    saturated && mean(first).zip(mean(phase)).is_none_or(|(before, now)| now < before * HIGHER)
}

fn order((phase, at): (usize, f64), (rose, rose_at): (usize, Option<f64>)) -> Option<Order> {
    Some(match phase.cmp(&rose) {
        std::cmp::Ordering::Less => Order::Before,
        std::cmp::Ordering::Equal if (at - rose_at?).abs() <= RESOLUTION_S => Order::With,
        std::cmp::Ordering::Equal if at < rose_at? => Order::Before,
        _ => Order::After,
    })
}

/// The gauges that saturated in a phase, each with how far beyond it was.
fn in_phase(evidence: &PhaseEvidence<'_>, phase: &Seen<'_>) -> Vec<(f64, Saturation)> {
    let one = |gauge: &plan::Gauge| {
        let (limit, least) = match gauge.band {
            Some(band) => (band.critical, SOME),
            None if used_in_percent(evidence.plan, &gauge.name) => (NEARLY_ALL, LONG),
            None => return None,
        };
        let series = evidence.gauges.iter().find(|series| series.name == gauge.name)?;
        let readings = gauge::readings(series);
        let is_beyond = |value: f64| if gauge.band.is_some() { value > limit } else { value >= limit };
        let beyond: Vec<_> = readings.iter().filter(|sample| is_beyond(sample.value)).collect();
        let share = beyond.len() as f64 / readings.len().max(1) as f64;
        // Two in a row, as onset asks of latency: a spike long before is no beginning.
        let in_a_row = readings.windows(2).find(|pair| pair.iter().all(|sample| is_beyond(sample.value)));
        let since = in_a_row.map(|pair| pair[0].at).or(beyond.first().map(|sample| sample.at));
        let max = readings.iter().map(|sample| sample.value).reduce(f64::max)?;
        (beyond.len() >= FEWEST && share >= least).then(|| {
            let saturation = Saturation {
                gauge: gauge.name.clone(),
                resource: Resource::of(&gauge.name),
                phase: phase.name().to_owned(),
                after_s: since.and_then(|at| phase.since_start(at)).unwrap_or_default(),
                share,
                max,
                order: None,
            };
            (max / limit, saturation)
        })
    };
    evidence.plan.gauges.iter().filter_map(one).collect()
}
