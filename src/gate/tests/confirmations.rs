//! What becomes of a phase that was measured again to confirm a comparison.

use super::{
    super::{MeasuredPhase, record::Record},
    *,
};
use crate::{
    measure::{Collector, GeneratorHealth, Layout, PhaseEnding, PhaseFacts, Ramp},
    plan::Phase,
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
        let measured = MeasuredPhase {
            name: phase.name.clone(),
            measurements: Collector::new(Arc::new(Layout::of(plan, phase))).finish(facts),
            gauges: Vec::new(),
            statements: Vec::new(),
            statements_unknown: Vec::new(),
            base: Vec::new(),
            window_at: None,
        };
        let mut record = Record::begin("demo".to_owned(), Vec::new());
        record.confirm(plan, phase, &measured);
        record.comparison_notes
    };
    let said = notes(PhaseEnding::RampFailed);
    let because =
        "light: measured again to confirm a comparison, it is failed: all users logged in: 3 of 5 users logged in";
    assert!(said.len() == 1 && said[0].starts_with(because), "{said:?}");
    assert!(notes(PhaseEnding::Interrupted).is_empty(), "the run says that it was interrupted");
}
