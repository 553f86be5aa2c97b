//! Whether the generator was good enough for the result to count (docs/decisions.md section 1).

use std::time::Duration;

use super::{Generator, Lacked, Lateness, evidence::Selection};
use crate::measure::{GeneratorHealth, MachineShare, PhaseMeasurements};
use crate::plan::FailureKind;
use crate::units::number;

/// Lateness up to this never invalidates.
const LATENESS: Duration = Duration::from_millis(10);

/// Nor does lateness below this share of the observed median.
const OF_MEDIAN: f64 = 0.05;

/// The share of the open model's slots that may be missed: one in a hundred.
const SLOTS_PER_MISS: u64 = 100;

/// From so many percent of a core on a worker that is late was late by its own work.
const BUSY: f64 = 80.0;

/// From so large a part of all that it may use on, the process was.
const USED_UP: f64 = 0.9;

/// In percent: lateness p99 speaks of the worst hundredth, so that what took less than this does not explain it.
const EXPLAINS: f64 = 1.0;

/// Below so many requests, and below so many percent of a core, what one request takes is not known well enough.
const ENOUGH: (u64, f64) = (100, 1.0);

/// The generator's row, and why the phase is invalid, if it is.
pub(super) fn judge(measurements: &PhaseMeasurements, all: &Selection<'_>) -> (Generator, Option<String>) {
    let health = &measurements.generator;
    let median = all.histogram(|endpoint| &endpoint.latency).quantile(0.5);
    let capacity = capacity(measurements, all);
    let found = exhausted(measurements).or_else(|| {
        let found = missed(measurements).or_else(|| crowded(measurements, all)).or_else(|| late(measurements, median));
        found.map(|(lacked, trouble)| (lacked, trouble + &managed(capacity)))
    });
    let (lacked, trouble) = found.unzip();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let MachineShare { cores_used, cores_allowed, throttled_percent, steal_percent } = health.machine;
    let generator = Generator {
        lateness_ms: Lateness { p99: milliseconds(health.lateness_p99), max: milliseconds(health.lateness_max) },
        cpu_percent: health.cpu_percent,
        run_queue_percent: health.run_queue_percent,
        cores_used,
        cores_allowed,
        throttled_percent,
        steal_percent,
        capacity_per_second: capacity,
        saturated: trouble.is_some(),
        lacked,
    };
    (generator, trouble)
}

fn exhausted(measurements: &PhaseMeasurements) -> Option<(Lacked, String)> {
    let words = measurements.generator.exhausted.as_deref()?.trim_end_matches('.');
    // The system's words for EADDRNOTAVAIL, and the gate's own for its bound on bodies; everything else that exhausts a
    // machine here is a limit of open files.
    let (lacked, what) = if words.contains("assign requested address") {
        (Lacked::Ports, "local ports")
    } else if words.contains("bodies") {
        (Lacked::Memory, "memory for bodies")
    } else {
        (Lacked::Descriptors, "descriptors")
    };
    Some((lacked, format!("This machine ran out of {what}: {words}. The app was not judged by it.")))
}

/// The open model has to send at least 99 % of its slots.
fn missed(measurements: &PhaseMeasurements) -> Option<(Lacked, String)> {
    let (missed, slots) = (measurements.generator.slots_missed, measurements.generator.slots);
    let sent = slots.saturating_sub(missed);
    (missed.saturating_mul(SLOTS_PER_MISS) > slots && missed > 0).then(|| {
        let (lacked, why) = held_up(&measurements.generator);
        let share = number::beside(sent as f64 / slots.max(1) as f64, 0.99, "1");
        let (sent, slots) = (number::count(sent), number::counted(slots, "slot"));
        (lacked, format!("The generator sent {sent} of {slots} ({share}), 99 % are needed; {why}."))
    })
}

/// Where a worker has no CPU left, its users wait for it as they would wait for the app, and slots stay unsent for which
/// nobody can blame the app. An app that keeps the users waiting leaves the worker nothing to do.
fn crowded(measurements: &PhaseMeasurements, all: &Selection<'_>) -> Option<(Lacked, String)> {
    let (unsent, requests) = (unsent(all), all.requests());
    let (lacked, why) = held_up(&measurements.generator);
    let own = matches!(lacked, Lacked::OwnCpu | Lacked::Quota);
    (own && unsent.saturating_mul(SLOTS_PER_MISS) > requests).then(|| {
        let share = number::beside(unsent as f64 / requests as f64, 0.01, "1");
        let (unsent, requests) = (number::count(unsent), number::counted(requests, "request"));
        let what =
            format!("The generator was saturated: {unsent} of {requests} ({share}) were not sent, at most 1 % may be");
        (lacked, format!("{what}; {why}."))
    })
}

fn unsent(all: &Selection<'_>) -> u64 {
    all.sum(|endpoint| endpoint.errors.get(&FailureKind::Unsent).copied().unwrap_or_default())
}

/// Lateness p99 has to be below the larger of 10 ms and 5 % of the observed median.
fn late(measurements: &PhaseMeasurements, median: Option<Duration>) -> Option<(Lacked, String)> {
    let allowed = median.map_or(LATENESS, |median| median.mul_f64(OF_MEDIAN).max(LATENESS));
    let late = measurements.generator.lateness_p99;
    (late >= allowed).then(|| {
        let (lacked, why) = held_up(&measurements.generator);
        let [late, allowed] = [late, allowed].map(|time| time.as_secs_f64() * 1e3);
        let (late, allowed) = (number::beside(late, allowed, "ms"), number::limit(allowed, "ms"));
        let own = matches!(lacked, Lacked::OwnCpu | Lacked::Quota);
        let how = if own { "was saturated" } else { "was held up" };
        (
            lacked,
            format!(
                "The generator {how}: 1 % of its requests started {late} late or later, below {allowed} is needed; {why}."
            ),
        )
    })
}

/// What a generator lacked that came too late, and the measurement that says so: what it could have had first, then what
/// it used up itself, then what kept it from the rest.
fn held_up(health: &GeneratorHealth) -> (Lacked, String) {
    let MachineShare { cores_used, cores_allowed, throttled_percent, steal_percent } = health.machine;
    let explains = |percent: Option<f64>| percent.filter(|percent| *percent >= EXPLAINS);
    if let Some((allowed, throttled)) = cores_allowed.zip(explains(throttled_percent)) {
        let allowed = cores(allowed);
        let why = format!("it may use {allowed}, and that quota ran out in {} of its periods", percent(throttled));
        return (Lacked::Quota, why);
    }
    if health.cpu_percent >= BUSY {
        let used = percent(health.cpu_percent);
        return (Lacked::OwnCpu, format!("its busiest worker used {used} of a core, so it had no CPU left"));
    }
    if let Some((used, allowed)) = cores_used.zip(cores_allowed).filter(|(used, allowed)| *used >= USED_UP * allowed) {
        let (used, allowed) = (number::plain(used), cores(allowed));
        return (Lacked::OwnCpu, format!("it used {used} of the {allowed} that it may use, so it had no CPU left"));
    }
    let used = match health.cpu_percent {
        less if less < 1.0 => "less than 1 %".to_owned(),
        used => format!("only {}", percent(used)),
    };
    let used = format!("its busiest worker used {used} of a core");
    let (waited, stolen) = (explains(health.run_queue_percent), explains(steal_percent));
    match (waited, stolen) {
        (waited, Some(stolen)) if waited.is_none_or(|waited| waited < stolen) => {
            let stolen = percent(stolen);
            (
                Lacked::Steal,
                format!("{used}, and the hypervisor gave {stolen} of its cores' time to other machines (steal)"),
            )
        }
        (Some(waited), _) => {
            let waited = percent(waited);
            let why = format!(
                "{used} and for {waited} of the time one waited for a core that other work on this machine had"
            );
            (Lacked::OtherWork, why)
        }
        (None, _) if health.run_queue_percent.is_none() => {
            (Lacked::OtherWork, format!("{used}, so other work on this machine, or a limit on its CPU, came before it"))
        }
        (None, _) => {
            let why =
                "no worker waited for a core, so this machine stood still for moments, or too much was due at one";
            (Lacked::Unexplained, format!("{used}, and {why}"))
        }
    }
}

/// How many requests of this load a second the generator would manage with the CPU that it may use: as many as it made, times
/// what it may use of that CPU over what it used. A worker that needs more than [`BUSY`] of its core is late, and so is a
/// process that needs more than that of all its cores. `None` where too little was measured.
fn capacity(measurements: &PhaseMeasurements, all: &Selection<'_>) -> Option<f64> {
    let health = &measurements.generator;
    let requests = all.requests() - unsent(all);
    let seconds = measurements.measured.as_secs_f64();
    let known = requests >= ENOUGH.0 && health.cpu_percent >= ENOUGH.1 && seconds > 0.0;
    let MachineShare { cores_used, cores_allowed, .. } = health.machine;
    let of_worker = BUSY / health.cpu_percent;
    let of_process = cores_used.zip(cores_allowed).map(|(used, allowed)| BUSY / 100.0 * allowed / used);
    known.then(|| requests as f64 / seconds * of_process.map_or(of_worker, |of_process| of_process.min(of_worker)))
}

/// The capacity as a sentence, with a space before it; nothing where it is not known.
fn managed(capacity: Option<f64>) -> String {
    let Some(capacity) = capacity.filter(|capacity| *capacity >= 1.0) else { return String::new() };
    // It is an estimate: two digits.
    let step = 10_f64.powf(capacity.log10().floor() - 1.0).max(1.0);
    let about = number::count(((capacity / step).round() * step) as u64);
    format!(" With the CPU that it may use it would manage about {about} requests/s of this load.")
}

/// Percent as whole ones.
fn percent(value: f64) -> String {
    format!("{value:.0} %")
}

fn cores(number: f64) -> String {
    let cores = if (number - 1.0).abs() < f64::EPSILON { "core" } else { "cores" };
    format!("{} {cores}", number::plain(number))
}
