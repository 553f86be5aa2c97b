//! What becomes of a phase that was measured again to confirm a comparison.

use super::{
    super::{MeasuredPhase, record::Record},
    *,
};
use crate::{
    judge::{self, PhaseEvidence},
    measure::{Collector, GeneratorHealth, Layout, PhaseEnding, PhaseFacts, PhaseMeasurements, Ramp, Recorder, Sample},
    plan::{EndpointId, FailureKind, Phase, Plan},
};

#[test]
fn one_that_went_wrong_is_told() {
    let (setup, _switch) = setup(
        "version: 1\ngate: test\ntarget: {url: 'http://127.0.0.1:1'}\nregression: {}\n\
         scenarios: {visitor: {steps: [{get: /, name: home}], think: 20ms}}\n\
         phases: [{name: light, users: 5, duration: 10s, criteria: [no errors]}]\n",
    );
    let plan = &setup.plan;
    let phase: &Phase = &plan.phases[0];
    let notes = |ending: PhaseEnding| {
        let facts = PhaseFacts {
            ramp: Ramp { started: 5, logged_in: 3, reasons: vec!["status 403".to_owned()], ..Ramp::default() },
            measured: Duration::ZERO,
            ending,
            generator: GeneratorHealth::default(),
        };
        let measured = of_phase(phase, Collector::new(Arc::new(Layout::of(plan, phase))).finish(facts));
        let mut record = Record::begin("demo".to_owned(), Vec::new());
        record.confirm(plan, phase, &measured);
        record.comparison_notes
    };
    let said = notes(PhaseEnding::RampFailed);
    let because = "light was measured again to confirm a comparison, and failed (3 of 5 users logged in; status 403), so it \
                   confirms nothing.";
    assert_eq!(said, [because]);
    assert!(notes(PhaseEnding::Interrupted).is_empty(), "the run says that it was interrupted");
}

pub(super) fn of_phase(phase: &Phase, measurements: PhaseMeasurements) -> MeasuredPhase {
    MeasuredPhase {
        name: phase.name.clone(),
        measurements,
        gauges: Vec::new(),
        statements: Vec::new(),
        statements_unknown: Vec::new(),
        base: Vec::new(),
        window_at: None,
    }
}

/// A thousand requests in ten seconds, so many of which failed at even distances.
pub(super) fn with_failures(plan: &Plan, phase: &Phase, failures: u64) -> PhaseMeasurements {
    let layout = Arc::new(Layout::of(plan, phase));
    let mut recorder = Recorder::new(Arc::clone(&layout));
    recorder.open_window(Duration::ZERO);
    for at in 0..1_000 {
        let failed = at * failures / 1_000 != (at + 1) * failures / 1_000;
        let (latency, service) = (Duration::from_millis(10), Duration::from_millis(10));
        recorder.record(&Sample {
            endpoint: EndpointId(0),
            intended: Duration::from_millis(at * 10),
            latency,
            service,
            status: Some(if failed { 500 } else { 200 }),
            failure: failed.then_some(FailureKind::Check),
            split: None,
        });
    }
    let mut collector = Collector::new(layout);
    collector.open_window(Duration::ZERO);
    collector.absorb(recorder.take());
    collector.finish(PhaseFacts {
        ramp: Ramp { started: 5, logged_in: 5, ..Ramp::default() },
        measured: Duration::from_secs(10),
        ending: PhaseEnding::Completed,
        generator: GeneratorHealth::default(),
    })
}

/// What fails for certain in the only look at a window, and not in the first of two, fails: there is no second one.
#[test]
fn one_is_judged_by_the_only_look_at_it() {
    let (setup, _switch) = setup(
        "version: 1\ngate: test\ntarget: {url: 'http://127.0.0.1:1'}\nregression: {}\npolicy: {uncertain_criterion: fail}\n\
         scenarios: {visitor: {steps: [{get: /, name: home}], think: 20ms}}\n\
         phases: [{name: light, users: 5, duration: 10s, criteria: [error_rate < 2%]}]\n",
    );
    let plan: &Plan = &setup.plan;
    let phase = &plan.phases[0];
    let outcome = |plan: &Plan, measurements: &PhaseMeasurements| {
        judge::phase(PhaseEvidence { plan, phase, measurements, gauges: &[] }).outcome
    };
    let measurements = (20..60).map(|failures| with_failures(plan, phase, failures)).find(|measurements| {
        outcome(&plan.without_extension(), measurements) == Outcome::Failed
            && outcome(plan, measurements) != Outcome::Failed
    });
    let mut record = Record::begin("demo".to_owned(), Vec::new());
    record.confirm(plan, phase, &of_phase(phase, measurements.expect("there is a number of failures in between")));
    let said = "light was measured again to confirm a comparison, and failed (error_rate < 2%: ";
    assert!(record.comparison_notes.len() == 1 && record.comparison_notes[0].starts_with(said));
    assert!(record.comparison_notes[0].ends_with(")."), "its values count: {:?}", record.comparison_notes);
}
