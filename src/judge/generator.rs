//! Whether the generator was good enough for the result to count (docs/decisions.md section 1).

use std::time::Duration;

use super::{Generator, Lacked, Lateness, evidence::Selection};
use crate::measure::{Exhaustion, GeneratorHealth, MachineShare, PhaseMeasurements, Scarce};
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

/// Below so many requests the rate is not known well enough, and below so many percent of a core what one of them takes.
const ENOUGH: (u64, f64) = (100, 1.0);

/// The generator's row, and why the phase is invalid, if it is.
pub(super) fn judge(measurements: &PhaseMeasurements, all: &Selection<'_>) -> (Generator, Option<String>) {
    let health = &measurements.generator;
    let median = all.histogram(|endpoint| &endpoint.latency).quantile(0.5);
    let made = made(measurements, all);
    let mut capacity = made.and_then(|made| capacity(health, made));
    let found = if let Some((lacked, trouble)) = exhausted(measurements) {
        // No CPU takes it further than what ran out.
        capacity = made;
        Some((lacked, trouble + &carried(capacity)))
    } else {
        let found = missed(measurements).or_else(|| crowded(measurements, all)).or_else(|| late(measurements, median));
        if found.is_some() {
            // What it has just not been good enough for is the most that it would manage.
            capacity = capacity.zip(made).map(|(capacity, made)| capacity.min(made));
        }
        found.map(|(lacked, trouble)| (lacked, trouble + &managed(capacity, health)))
    };
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
    let Exhaustion { of, words } = measurements.generator.exhausted.as_ref()?;
    let (lacked, what) = match of {
        Scarce::Descriptors => (Lacked::Descriptors, "descriptors"),
        Scarce::Ports => (Lacked::Ports, "local ports"),
        Scarce::Bodies => (Lacked::Memory, "memory for bodies"),
    };
    let words = words.trim_end_matches('.');
    Some((lacked, format!("The generator ran out of {what}: {words}. The app was not judged by it.")))
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
/// nobody can blame the app. An app that keeps the users waiting leaves the worker nothing to do, also where its own work
/// uses up a quota that both have together: only what the generator used itself counts here, and lateness elsewhere.
fn crowded(measurements: &PhaseMeasurements, all: &Selection<'_>) -> Option<(Lacked, String)> {
    let (unsent, requests) = (unsent(all), all.requests());
    let (lacked, why) = held_up(&measurements.generator);
    (full(&measurements.generator) && unsent.saturating_mul(SLOTS_PER_MISS) > requests).then(|| {
        let share = number::beside(unsent as f64 / requests as f64, 0.01, "1");
        let (unsent, requests) = (number::count(unsent), number::counted(requests, "request"));
        let what =
            format!("The generator was saturated: {unsent} of {requests} ({share}) were not sent, at most 1 % may be");
        (lacked, format!("{what}; {why}."))
    })
}

/// A share of its time that is large enough to be why it was late.
fn explains(percent: Option<f64>) -> Option<f64> {
    percent.filter(|percent| *percent >= EXPLAINS)
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
        let how = if full(&measurements.generator) { "was saturated" } else { "was held up" };
        (
            lacked,
            format!(
                "The generator {how}: 1 % of its requests started {late} late or later, below {allowed} is needed; {why}."
            ),
        )
    })
}

/// Whether the generator itself used up the CPU that it may use: its busiest worker a core, or the whole process all of it.
pub(super) fn used_up(cpu_percent: f64, cores_used: Option<f64>, cores_allowed: Option<f64>) -> bool {
    let all = cores_used.zip(cores_allowed).is_some_and(|(used, allowed)| used >= USED_UP * allowed);
    cpu_percent >= BUSY || all
}

fn full(health: &GeneratorHealth) -> bool {
    used_up(health.cpu_percent, health.machine.cores_used, health.machine.cores_allowed)
}

/// What a generator lacked that came too late, and the measurement that says so: what it could have had first, then what
/// it used up itself, then what kept it from the rest.
fn held_up(health: &GeneratorHealth) -> (Lacked, String) {
    let MachineShare { cores_used, cores_allowed, throttled_percent, steal_percent } = health.machine;
    if let Some((allowed, throttled)) = cores_allowed.zip(explains(throttled_percent)) {
        let (allowed, throttled) = (cores(allowed), percent(throttled));
        let although = cores_used.filter(|_| !full(health)).map_or_else(String::new, |used| {
            format!(", although it used {}: others have that quota too, or it used it in bursts", cores(used))
        });
        let why = format!("it may use {allowed}, and its CPU quota ran out in {throttled} of its periods{although}");
        return (Lacked::Quota, why);
    }
    if health.cpu_percent >= BUSY {
        let used = percent(health.cpu_percent);
        return (Lacked::OwnCpu, format!("its busiest worker used {used} of a core, so it had no CPU left"));
    }
    if let Some((used, allowed)) = cores_used.zip(cores_allowed).filter(|_| full(health)) {
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

/// Requests a second that were made; `None` where too little was measured.
fn made(measurements: &PhaseMeasurements, all: &Selection<'_>) -> Option<f64> {
    let requests = all.requests() - unsent(all);
    let seconds = measurements.measured.as_secs_f64();
    (requests >= ENOUGH.0 && seconds > 0.0).then(|| requests as f64 / seconds)
}

/// How many requests of this load a second the generator would manage with the CPU that it can have: as many as it made,
/// times what it can have of that CPU over what it used. A worker that needs more than [`BUSY`] of its core is late, and so
/// is a process that needs more than that of all its cores. Of a core for which a worker waited, or which the hypervisor
/// gave away, it has only the share that it had when it wanted one. `None` where too little was measured.
fn capacity(health: &GeneratorHealth, made: f64) -> Option<f64> {
    let MachineShare { cores_used, cores_allowed, steal_percent, .. } = health.machine;
    let others: f64 = [health.run_queue_percent, steal_percent].into_iter().filter_map(explains).sum();
    let of_worker = BUSY / (health.cpu_percent + others);
    let of_process = cores_used.zip(cores_allowed).map(|(used, allowed)| BUSY / 100.0 * allowed / used);
    let known = health.cpu_percent >= ENOUGH.1;
    known.then(|| made * of_process.map_or(of_worker, |of_process| of_process.min(of_worker)))
}

/// The capacity as a sentence, with a space before it; nothing where it is not known.
fn managed(capacity: Option<f64>, health: &GeneratorHealth) -> String {
    let Some(about) = about(capacity) else { return String::new() };
    if full(health) {
        return format!(" With the CPU that it may use it would manage about {about} of this load.");
    }
    // More of the same load would be no earlier, and whether less would be nobody knows.
    format!(" With what this machine left to it, it would manage at most about {about} of this load.")
}

/// The same where something ran out.
fn carried(made: Option<f64>) -> String {
    about(made)
        .map_or_else(String::new, |about| format!(" With what it had of them it made about {about} of this load."))
}

/// An estimate in two digits.
fn about(per_second: Option<f64>) -> Option<String> {
    let per_second = per_second.filter(|per_second| *per_second >= 1.0)?;
    let step = 10_f64.powf(per_second.log10().floor() - 1.0).max(1.0);
    Some(format!("{} requests/s", number::count(((per_second / step).round() * step) as u64)))
}

/// Percent as whole ones.
fn percent(value: f64) -> String {
    format!("{value:.0} %")
}

fn cores(number: f64) -> String {
    let cores = if (number - 1.0).abs() < f64::EPSILON { "core" } else { "cores" };
    format!("{} {cores}", number::plain(number))
}
