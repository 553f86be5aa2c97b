//! Bands that are made to be left.

use super::{
    bench::Bench,
    fault::{self, Fault},
    proof::{Proof, Proven},
};
use crate::{
    judge::{self, Outcome, PhaseVerdict},
    measure::GaugeSeries,
    plan::{Band, Gauge},
    units::number,
};

/// A proof for each gauge that has a band, in the order of gates.yaml.
pub(super) fn prove(bench: &Bench<'_>) -> Vec<Proof> {
    let banded = bench.plan.gauges.iter().enumerate();
    banded.filter_map(|(at, gauge)| Some(band(bench, (at, gauge), gauge.band?))).collect()
}

fn band(bench: &Bench<'_>, (at, gauge): (usize, &Gauge), band: Band) -> Proof {
    let critical = fault::above(band.critical);
    let [warning, beyond] = [band.warning, critical].map(|value| number::limit(value, ""));
    let phase = bench.phase(&[]);
    let measurements = bench.play(&phase, Fault::none(1), &[]);
    let judge = |alter: &dyn Fn(&GaugeSeries) -> GaugeSeries| {
        let mut gauges = bench.gauges();
        for series in gauges.iter_mut().skip(at).take(1) {
            *series = alter(series);
        }
        bench.judge(&phase, &measurements, &gauges)
    };
    let readings = |value| judge(&move |series: &GaugeSeries| fault::reading(series, value));
    let missed = safe(&judge(&GaugeSeries::clone), at)
        .and_then(|()| lies(&readings(band.warning), at, judge::Band::Warning))
        .and_then(|()| lies(&readings(critical), at, judge::Band::Critical))
        .and_then(|()| warned(&readings(critical), gauge))
        .and_then(|()| lies(&judge(&fault::silent), at, judge::Band::Missing))
        .and_then(|()| warned(&judge(&fault::silent), gauge))
        .err();
    Proof {
        about: Proven::Band,
        phase: None,
        name: gauge.name.clone(),
        place: None,
        warns: true,
        fault: format!("every reading {warning}, every reading {beyond}, no reading"),
        remark: String::new(),
        missed,
    }
}

/// Without a fault a gauge is below its warning.
fn safe(verdict: &PhaseVerdict, at: usize) -> Result<(), String> {
    let monitor = verdict.monitors.get(at).ok_or("it has no row")?;
    let read = number::counted(monitor.samples, "reading");
    match (monitor.band, monitor.max) {
        (judge::Band::Safe, _) => Ok(()),
        (judge::Band::Missing, _) => {
            let why = monitor.missing.as_deref().unwrap_or("too few to decide");
            Err(format!("the gauge itself says too little, {read}: {why}"))
        }
        (band, max) => {
            let max = number::or_nothing(max, number::plain);
            Err(format!("it is {} already without a fault: the highest of {read} was {max}", word(band)))
        }
    }
}

fn lies(verdict: &PhaseVerdict, at: usize, wanted: judge::Band) -> Result<(), String> {
    let band = verdict.monitors.get(at).ok_or("it has no row")?.band;
    if band == wanted {
        return Ok(());
    }
    Err(format!("it is {} where it should be {}", word(band), word(wanted)))
}

/// The phase is warned, and for this gauge.
fn warned(verdict: &PhaseVerdict, gauge: &Gauge) -> Result<(), String> {
    let named = verdict.because.iter().any(|sentence| sentence.starts_with(&format!("{} ", gauge.name)));
    if named && verdict.outcome == Outcome::Warned {
        return Ok(());
    }
    Err(format!("the phase is {}, and does not name it", verdict.outcome.word()))
}

fn word(band: judge::Band) -> &'static str {
    match band {
        judge::Band::Safe => "safe",
        judge::Band::Warning => "warning",
        judge::Band::Critical => "critical",
        judge::Band::Missing => "missing",
    }
}
