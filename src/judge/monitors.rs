//! Gauges against their bands.

use std::time::Duration;

use super::{Band, Crossing, MonitorVerdict, Outcome, PhaseEvidence, criterion::gauge};
use crate::measure::{GaugeSample, GaugeSeries};
use crate::plan::{self, Plan};
use crate::units::number;

/// One row for each gauge of the plan, in the order of gates.yaml.
pub(super) fn judge(evidence: &PhaseEvidence<'_>) -> Vec<MonitorVerdict> {
    let series = |name: &str| evidence.gauges.iter().find(|series| series.name == name);
    let start = evidence.measurements.window_start.unwrap_or_default();
    evidence.plan.gauges.iter().map(|gauge| monitor(gauge, series(&gauge.name), start)).collect()
}

/// The rows of a phase that was not run.
pub(super) fn not_read(plan: &Plan) -> Vec<MonitorVerdict> {
    plan.gauges.iter().map(|gauge| monitor(gauge, None, Duration::ZERO)).collect()
}

/// What a gauge means for its phase: a critical band and a missing source warn, only a criterion blocks.
pub(super) fn warning(plan: &Plan, monitor: &MonitorVerdict) -> Option<(Outcome, String)> {
    let MonitorVerdict { name, max, missing, samples, .. } = monitor;
    let band = plan.gauges.iter().find(|gauge| gauge.name == *name).and_then(|gauge| gauge.band);
    let because = match (monitor.band, max, band) {
        (Band::Critical, Some(max), Some(band)) => {
            let (max, critical) = (number::beside(*max, band.critical, ""), number::limit(band.critical, ""));
            format!("{name} reached {max}, critical is above {critical}.")
        }
        (Band::Missing, _, _) => {
            let why = missing.as_deref().unwrap_or("so few do not decide").trim_end_matches('.');
            format!("{name} gave {}: {why}.", number::counted(*samples, "reading"))
        }
        _ => return None,
    };
    Some((Outcome::Warned, because))
}

fn monitor(gauge: &plan::Gauge, series: Option<&GaugeSeries>, start: Duration) -> MonitorVerdict {
    let readings = series.map(gauge::readings).unwrap_or_default();
    let values = || readings.iter().map(|sample| sample.value);
    let max = values().reduce(f64::max);
    let mean = (!readings.is_empty()).then(|| values().sum::<f64>() / readings.len() as f64);
    let silent = series.is_none_or(|series| series.silent);
    let few = readings.len() < gauge::fewest(series);
    MonitorVerdict {
        name: gauge.name.clone(),
        max,
        mean,
        // What was seen in a critical band stays critical, although the source stopped answering later.
        band: match (band(gauge.band, max), silent || few) {
            (Band::Critical, _) => Band::Critical,
            (_, true) => Band::Missing,
            (band, false) => band,
        },
        warning: gauge.band.and_then(|band| crossing(&readings, start, band.warning, |value| value >= band.warning)),
        critical: gauge.band.and_then(|band| crossing(&readings, start, band.critical, |value| value > band.critical)),
        samples: readings.len() as u64,
        missing: series.and_then(|series| series.missing.clone()).filter(|_| silent || few),
    }
}

/// The readings that are `beyond`, against all; `None` without any reading.
fn crossing(readings: &[GaugeSample], start: Duration, limit: f64, beyond: impl Fn(f64) -> bool) -> Option<Crossing> {
    let crossed: Vec<&GaugeSample> = readings.iter().filter(|sample| beyond(sample.value)).collect();
    (!readings.is_empty()).then(|| Crossing {
        share: crossed.len() as f64 / readings.len() as f64,
        first_s: crossed.first().map(|sample| sample.at.saturating_sub(start).as_secs_f64()),
        limit: Some(limit),
    })
}

/// The band of a value; without a value it is missing, without declared bands safe.
pub(super) fn band(band: Option<plan::Band>, max: Option<f64>) -> Band {
    match (band, max) {
        (_, None) => Band::Missing,
        (Some(band), Some(max)) if max > band.critical => Band::Critical,
        (Some(band), Some(max)) if max >= band.warning => Band::Warning,
        _ => Band::Safe,
    }
}
