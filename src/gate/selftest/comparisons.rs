//! Comparisons that are made to fail: against stored runs and against a second deployment, both made of what was measured
//! here.

use std::time::Duration;

use super::{
    bench::Bench,
    fault::{Act, Fault, Reach},
    proof::{Proof, Proven},
};
use crate::{
    judge::{
        Outcome, PhaseEvidence, Regression,
        regression::{self, Head, Past, RunValues},
    },
    plan::{self, Compared, Metric},
};

/// Pairs of blocks: as many as an interleaved run of many cells has (docs/decisions.md section 4).
const BLOCKS: usize = 12;

/// Runs of the past differ by this much: as little as the comparison believes.
const WOBBLE: f64 = 0.01;

/// What one phase gave, for each of its cells.
pub(super) struct Measured<'a> {
    bench: Bench<'a>,
    healthy: RunValues,
}

impl<'a> Measured<'a> {
    /// The cells of a phase as they were recorded.
    pub(super) fn of(bench: Bench<'a>) -> Self {
        let healthy = values(&bench, Fault::none(1), &[]);
        Self { bench, healthy }
    }
}

/// A proof for each cell of each phase. All cells of all phases are compared at once, as at the end of a run; one of them
/// has the fault.
pub(super) fn prove(regression: &plan::Regression, phases: &[Measured<'_>]) -> Vec<Proof> {
    let healthy: RunValues = phases.iter().flat_map(|measured| measured.healthy.clone()).collect();
    let cell = |measured, compared| proof(regression, measured, compared, &healthy);
    phases.iter().flat_map(|measured| regression.cells.iter().map(move |compared| cell(measured, compared))).collect()
}

fn proof(regression: &plan::Regression, measured: &Measured<'_>, compared: &Compared, healthy: &RunValues) -> Proof {
    let phase = &measured.bench.phase.name;
    let mut proof = Proof {
        about: Proven::Comparison,
        phase: Some(phase.clone()),
        name: compared.name.clone(),
        place: None,
        warns: false,
        fault: String::new(),
        remark: String::new(),
        missed: None,
    };
    let name = regression::name(phase, &compared.name);
    let Some(value) = healthy.get(&name).copied() else {
        let missed = "it has no number: no request of it succeeded within the selftest's window".to_owned();
        return Proof { missed: Some(missed), ..proof };
    };
    let fault = fault(compared, value);
    proof.fault = fault.to_string();
    let slower = values(&measured.bench, fault, &compared.endpoints).get(&name).copied();
    let run = |value: Option<f64>| {
        let mut run = healthy.clone();
        match value {
            Some(value) => drop(run.insert(name.clone(), value)),
            None => drop(run.remove(&name)),
        }
        run
    };
    let compare = |head: Option<f64>| compare(regression, measured, (&name, compared), (healthy, &run(head)));
    proof.missed = [Some(value), slower, None].into_iter().zip(WANTED).find_map(|(head, (wrong, words))| {
        compare(head).into_iter().find_map(|(mode, found)| match found {
            Some(found) if wrong(found.outcome) => {
                Some(format!("{mode} it is {} {words}: {}", found.outcome.word(), found.because))
            }
            Some(_) => None,
            None => Some(format!("{mode} it was not compared at all")),
        })
    });
    proof
}

/// Whether an outcome is wrong.
type Wrong = fn(Outcome) -> bool;

/// What is wrong, for the three heads that are tried.
const WANTED: [(Wrong, &str); 3] = [
    (|outcome| outcome == Outcome::Failed, "already without a fault"),
    (|outcome| outcome != Outcome::Failed, "with the fault"),
    (|outcome| outcome == Outcome::Passed, "without any number"),
];

/// What makes a cell worse by far more than its margin, and more than the twice that a short history asks for.
fn fault(compared: &Compared, value: f64) -> Fault {
    let worse = 3.0 * compared.margin + compared.margin.powi(2) + 0.5;
    let spared = Reach::AllBut((1.0 + worse).ceil() as u32);
    let (act, reach) = match compared.metric {
        Metric::Quantile(_) | Metric::Mean | Metric::Max => {
            // Whole microseconds: a delay is printed as it was.
            let by = (value * worse * 1e3).ceil() as u64;
            (Act::Delay(Duration::from_micros(by)), Reach::Every)
        }
        Metric::SuccessRate | Metric::ErrorRate => (Act::Status(503), Reach::Every),
        Metric::Throughput => (Act::Status(503), spared),
        Metric::Requests => (Act::Silence, spared),
    };
    Fault { act, reach, times: 1 }
}

fn values(bench: &Bench<'_>, fault: Fault, endpoints: &[plan::EndpointId]) -> RunValues {
    let phase = bench.phase(&bench.phase.criteria);
    let measurements = bench.play(&phase, fault, endpoints);
    regression::values(PhaseEvidence { plan: bench.plan, phase: &phase, measurements: &measurements, gauges: &[] })
}

/// The cell's comparison in both modes; `None` where it was left out.
fn compare(
    regression: &plan::Regression,
    measured: &Measured<'_>,
    (name, compared): (&str, &Compared),
    (healthy, head): (&RunValues, &RunValues),
) -> [(&'static str, Option<Regression>); 2] {
    let Bench { plan, judges, .. } = measured.bench;
    let rates = regression.cells.iter().filter(|cell| cell.is_rate());
    let rates: Vec<String> =
        rates.flat_map(|cell| plan.phases.iter().map(|phase| regression::name(&phase.name, &cell.name))).collect();
    let past = |run: usize| -> RunValues {
        let wobble = WOBBLE * ((run * 2) % 5) as f64 / 2.0 - WOBBLE;
        let value = |(cell, value): (&String, &f64)| {
            (cell.clone(), if rates.contains(cell) { *value } else { value * (1.0 + wobble) })
        };
        healthy.iter().map(value).collect()
    };
    let runs = Past { runs: (0..regression.history).map(past).collect(), ..Past::default() };
    let heads = vec![head.clone(); 1 + regression.confirm as usize];
    let of_phase = |phase: &str, run: &RunValues| -> RunValues {
        let own = run.iter().filter(|(cell, _)| cell.starts_with(&format!("{phase}/")));
        own.map(|(cell, value)| (cell.clone(), *value)).collect()
    };
    let blocks: Vec<regression::Blocks> = plan
        .phases
        .iter()
        .map(|phase| (0..BLOCKS).map(|at| [of_phase(&phase.name, &past(at)), of_phase(&phase.name, head)]).collect())
        .collect();
    let stored = (judges.stored)(plan, Head { runs: &heads, ruler: &[], phases: &[] }, &runs).regressions;
    let interleaved = (judges.interleaved)(plan, &blocks);
    let of_cell = |found: Vec<Regression>| {
        found.into_iter().find(|one| one.cell == compared.name && regression::name(&one.phase, &one.cell) == name)
    };
    [("stored", of_cell(stored)), ("interleaved", of_cell(interleaved))]
}
