//! Whether the generator was good enough for the result to count (docs/decisions.md section 1).

use std::time::Duration;

use super::{Generator, Lacked, Lateness, evidence::Selection};
use crate::measure::PhaseMeasurements;
use crate::units::number;

/// Lateness up to this never invalidates.
const LATENESS: Duration = Duration::from_millis(10);

/// Nor does lateness below this share of the observed median.
const OF_MEDIAN: f64 = 0.05;

/// The share of the open model's slots that may be missed: one in a hundred.
const SLOTS_PER_MISS: u64 = 100;

/// From so many percent of a core on a worker that is late was late by its own work.
const BUSY: f64 = 80.0;

/// The generator's row, and why the phase is invalid, if it is.
pub(super) fn judge(measurements: &PhaseMeasurements, all: &Selection<'_>) -> (Generator, Option<String>) {
    let health = &measurements.generator;
    let median = all.histogram(|endpoint| &endpoint.latency).quantile(0.5);
    let found = exhausted(measurements).or_else(|| missed(measurements)).or_else(|| late(measurements, median));
    let (lacked, trouble) = found.unzip();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let generator = Generator {
        lateness_ms: Lateness { p99: milliseconds(health.lateness_p99), max: milliseconds(health.lateness_max) },
        cpu_percent: health.cpu_percent,
        saturated: trouble.is_some(),
        lacked,
    };
    (generator, trouble)
}

fn exhausted(measurements: &PhaseMeasurements) -> Option<(Lacked, String)> {
    let words = measurements.generator.exhausted.as_deref()?.trim_end_matches('.');
    // The system's words for EADDRNOTAVAIL; everything else that exhausts a machine here is a limit of open files.
    let ports = words.contains("assign requested address");
    let (lacked, what) = if ports { (Lacked::Ports, "local ports") } else { (Lacked::Descriptors, "descriptors") };
    Some((lacked, format!("This machine ran out of {what}: {words}. The app was not judged by it.")))
}

/// The open model has to send at least 99 % of its slots.
fn missed(measurements: &PhaseMeasurements) -> Option<(Lacked, String)> {
    let (missed, slots) = (measurements.generator.slots_missed, measurements.generator.slots);
    let sent = slots.saturating_sub(missed);
    (missed.saturating_mul(SLOTS_PER_MISS) > slots && missed > 0).then(|| {
        let (lacked, why) = held_up(measurements);
        let share = number::beside(sent as f64 / slots.max(1) as f64, 0.99, "1");
        let (sent, slots) = (number::count(sent), number::counted(slots, "slot"));
        (lacked, format!("The generator sent {sent} of {slots} ({share}), 99 % are needed; {why}."))
    })
}

/// Lateness p99 has to be below the larger of 10 ms and 5 % of the observed median.
fn late(measurements: &PhaseMeasurements, median: Option<Duration>) -> Option<(Lacked, String)> {
    let allowed = median.map_or(LATENESS, |median| median.mul_f64(OF_MEDIAN).max(LATENESS));
    let late = measurements.generator.lateness_p99;
    (late >= allowed).then(|| {
        let (lacked, why) = held_up(measurements);
        let [late, allowed] = [late, allowed].map(|time| time.as_secs_f64() * 1e3);
        let (late, allowed) = (number::beside(late, allowed, "ms"), number::limit(allowed, "ms"));
        let how = if lacked == Lacked::OwnCpu { "was saturated" } else { "was held up" };
        (
            lacked,
            format!(
                "The generator {how}: 1 % of its requests started {late} late or later, below {allowed} is needed; {why}."
            ),
        )
    })
}

/// What a generator lacked that came too late, and the measurement that says so.
fn held_up(measurements: &PhaseMeasurements) -> (Lacked, String) {
    let percent = measurements.generator.cpu_percent;
    let used = format!("{percent:.0}");
    if percent >= BUSY {
        (Lacked::OwnCpu, format!("its busiest worker used {used} % of a core, so it had no CPU left"))
    } else {
        let other = "other work on this machine, or a limit on its CPU, came before it";
        let used = if percent < 1.0 { "less than 1".to_owned() } else { format!("only {used}") };
        (Lacked::OtherWork, format!("its busiest worker used {used} % of a core, so {other}"))
    }
}
