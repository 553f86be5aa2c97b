//! Whether the generator was good enough for the result to count (docs/decisions.md section 1).

use std::time::Duration;

use super::{Generator, Lateness, evidence::Selection, words};
use crate::measure::PhaseMeasurements;

/// Lateness up to this never invalidates.
const LATENESS: Duration = Duration::from_millis(10);

/// Nor does lateness below this share of the observed median.
const OF_MEDIAN: f64 = 0.05;

/// The share of the open model's slots that may be missed: one in a hundred.
const SLOTS_PER_MISS: u64 = 100;

/// The generator's row, and why the phase is invalid, if it is.
pub(super) fn judge(measurements: &PhaseMeasurements, all: &Selection<'_>) -> (Generator, Option<String>) {
    let health = &measurements.generator;
    let median = all.histogram(|endpoint| &endpoint.latency).quantile(0.5);
    let trouble = exhausted(measurements).or_else(|| missed(measurements)).or_else(|| late(measurements, median));
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let generator = Generator {
        lateness_ms: Lateness { p99: milliseconds(health.lateness_p99), max: milliseconds(health.lateness_max) },
        cpu_percent: health.cpu_percent,
        saturated: trouble.is_some(),
    };
    (generator, trouble)
}

fn exhausted(measurements: &PhaseMeasurements) -> Option<String> {
    let words = measurements.generator.exhausted.as_deref()?.trim_end_matches('.');
    Some(format!("This machine ran out of descriptors or ports: {words}. The app was not judged by it."))
}

/// The open model has to send at least 99 % of its slots.
fn missed(measurements: &PhaseMeasurements) -> Option<String> {
    let (missed, slots) = (measurements.generator.slots_missed, measurements.generator.slots);
    (missed.saturating_mul(SLOTS_PER_MISS) > slots && missed > 0).then(|| {
        format!(
            "The generator sent {} of {} ({}), 99 % are needed.",
            words::count(slots.saturating_sub(missed)),
            words::counted(slots, "slot"),
            words::percent(slots.saturating_sub(missed) as f64 / slots.max(1) as f64)
        )
    })
}

/// Lateness p99 has to be below the larger of 10 ms and 5 % of the observed median.
fn late(measurements: &PhaseMeasurements, median: Option<Duration>) -> Option<String> {
    let allowed = median.map_or(LATENESS, |median| median.mul_f64(OF_MEDIAN).max(LATENESS));
    let health = &measurements.generator;
    (health.lateness_p99 >= allowed).then(|| {
        format!(
            "The generator was saturated: 1 % of its requests started {} late or later, below {} is needed; its busiest \
             worker used {} % of a core.",
            words::duration(health.lateness_p99),
            words::duration(allowed),
            words::digits(health.cpu_percent)
        )
    })
}
