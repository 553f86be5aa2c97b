//! The selftest without a target: recordings made by hand, and judges that are blind to something.

use std::{sync::Arc, time::Duration};

use super::{Judges, Proof, Proven, Selftest, bench::Recording, prove, record, with_every_scenario};
use crate::{
    config,
    judge::{self, Band, Interruption, Outcome, PhaseEvidence, PhaseVerdict, Regression, regression},
    measure::{
        Collector, GaugeSample, GaugeSeries, GeneratorHealth, Layout, PhaseEnding, PhaseFacts, Ramp, Sample, Tape,
    },
    plan::{self, Choice, EndpointId, Load, Plan},
};

/// A visitor of two pages, and a gauge.
const HEAD: &str = "version: 1
gate: test
target: {url: 'http://127.0.0.1:9', timeout: 5s}
scenarios: {visitor: {steps: [{get: /, name: home}, {get: /cart, name: cart}], think: 100ms}}
monitors: {app: {prometheus: /metrics, read: {cpu: cpu}}}
";

fn plan(rest: &str) -> Plan {
    let choice = Choice { seed: 7, ..Choice::default() };
    let text = format!("{HEAD}{rest}");
    let (config, problems) = config::read("gates.yaml", text.as_bytes(), &choice.environment);
    assert!(problems.is_empty(), "{problems}");
    plan::build(&config.expect("a config"), &choice).unwrap_or_else(|problems| panic!("{problems}"))
}

/// One phase of a minute with these criteria.
fn with(criteria: &[&str]) -> Plan {
    let lines = criteria.join("\n      - ");
    plan(&format!("phases:\n  - name: light\n    users: 50\n    duration: 60s\n    criteria:\n      - {lines}\n"))
}

/// Forty requests of each endpoint in 4 s that took 10 ms, and twenty readings of 50.
fn recorded(plan: &Plan) -> Arc<Recording> {
    let second = Duration::from_secs(1);
    let sample = |number: u32, endpoint| Sample {
        endpoint: EndpointId(endpoint),
        intended: second + Duration::from_millis(u64::from(100 * number)),
        latency: Duration::from_millis(10),
        service: Duration::from_millis(10),
        status: Some(200),
        failure: None,
        split: None,
    };
    let samples = (0..40).flat_map(|number| (0..2).map(move |endpoint| sample(number, endpoint))).collect();
    let phase = plan::Phase { duration: 4 * second, ..plan.phases[0].clone() };
    let mut collector = Collector::new(Arc::new(Layout::of(plan, &phase)));
    collector.open_window(second);
    let measured = collector.finish(PhaseFacts {
        ramp: Ramp::default(),
        measured: 4 * second,
        ending: PhaseEnding::Completed,
        generator: GeneratorHealth::default(),
    });
    let reading = |number| GaugeSample { at: second + second / 5 * number, value: 50.0 };
    let cpu = GaugeSeries {
        name: "app.cpu".to_owned(),
        samples: (0..20).map(reading).collect(),
        attempts: 20,
        ..GaugeSeries::default()
    };
    let tape = Tape::of(samples, &measured).expect("it was measured whole");
    Arc::new(Recording { tape, load: Load::Closed { users: 2, spawn_rate: 5.0 }, gauges: vec![cpu] })
}

fn proofs(plan: &Plan, judges: &Judges) -> Vec<Proof> {
    let recording = recorded(plan);
    prove(plan, &vec![recording; plan.phases.len()], judges)
}

fn missed(proofs: &[Proof]) -> Vec<&str> {
    proofs.iter().filter(|proof| !proof.fired()).map(|proof| proof.name.as_str()).collect()
}

/// One of each kind, and every operator that makes sense.
const ALL: [&str; 26] = [
    "p50 < 200ms",
    "p10 <= 200ms",
    "p99.9 < 2s",
    "p95(each) < 500ms",
    "p50 > 1ms",
    "p50 >= 10ms",
    "service p95 < 300ms",
    "mean < 200ms",
    "mean <= 10ms",
    "max < 1s",
    "success_rate > 99%",
    "success_rate >= 100%",
    "success_rate == 100%",
    "error_rate < 2%",
    "error_rate <= 0%",
    "requests > 10000",
    "requests(cart) < 100",
    "throughput > 100/s",
    "throughput < 1000/s",
    "no 5xx",
    "no 4xx(cart)",
    "no timeouts",
    "no errors",
    "no check",
    "app.cpu < 80",
    "app.cpu > 20 for 30s",
];

#[test]
fn whatever_can_fail_fires() {
    let proofs = proofs(&with(&ALL), &Judges::default());
    assert_eq!(proofs.len(), ALL.len() + 1, "`each` is two");
    assert_eq!(missed(&proofs), [""; 0], "{proofs:#?}");
    let first = &proofs[0];
    assert_eq!((first.about, first.place.as_ref().map(|place| place.line)), (Proven::Criterion, Some(11)));
    assert_eq!(first.fault, "every request 201 ms slower");
}

#[test]
fn what_cannot_fail_is_named_with_the_reason() {
    for (criterion, why) in [
        ("mean < 3600s", "passed with the fault"),
        ("success_rate >= 0%", "passed with the fault"),
        ("error_rate <= 100%", "passed with the fault"),
        ("p50 >= 0ms", "passed with the fault"),
        ("throughput >= 0/s", "passed with the fault"),
        ("no unsent", "closed model"),
        ("app.cpu < 80 for 70s", "passed with the fault"),
        ("requests > 1000000000", "too few"),
    ] {
        let proofs = proofs(&with(&[criterion]), &Judges::default());
        let found = proofs[0].missed.as_deref().unwrap_or_default();
        assert!(found.contains(why), "{criterion}: {found:?}");
        assert_eq!(Selftest { proofs, ..Selftest::default() }.exit_code(), 1, "{criterion}");
    }
}

#[test]
fn what_fails_anyway_proves_nothing() {
    for criterion in ["p95 < 5ms", "mean < 10ms", "requests < 10", "app.cpu < 40", "error_rate > 1%"] {
        let proofs = proofs(&with(&[criterion]), &Judges::default());
        let found = proofs[0].missed.as_deref().unwrap_or_default();
        assert!(found.starts_with("it fails already without a fault"), "{criterion}: {found:?}");
    }
}

#[test]
fn a_limit_that_only_timeouts_reach_says_so() {
    let proofs = proofs(&with(&["p95 < 3600s", "p95 < 4s"]), &Judges::default());
    assert_eq!(missed(&proofs), [""; 0]);
    assert_eq!(proofs[0].remark, "only timeouts break it: requests are given up after 5 s");
    assert_eq!(proofs[1].remark, "");
}

#[test]
fn a_criterion_that_only_warns_has_to_warn() {
    let proofs = proofs(&with(&["{warn: p95 < 500ms}"]), &Judges::default());
    assert!(proofs[0].fired() && proofs[0].warns, "{proofs:#?}");
    let blind = Judges {
        phase: |evidence| PhaseVerdict { outcome: Outcome::Passed, ..judge::phase(evidence) },
        ..Judges::default()
    };
    let proofs = self::proofs(&with(&["{warn: p95 < 500ms}"]), &blind);
    assert_eq!(proofs[0].missed.as_deref(), Some("it failed, but the phase is passed"));
}

#[test]
fn an_endpoint_that_nobody_asked_for_proves_nothing() {
    let plan = with(&["p95(cart) < 500ms", "p95(home) < 500ms"]);
    let mut recording = Recording::clone(&recorded(&plan));
    let keep = recording.tape.measured().filter(|sample| sample.endpoint == EndpointId(0)).copied().collect();
    recording.tape = recording.tape.with(keep);
    let proofs = prove(&plan, &[Arc::new(recording)], &Judges::default());
    assert_eq!(missed(&proofs), ["p95(cart) < 500ms"]);
    assert!(proofs[0].missed.as_deref().is_some_and(|why| why.starts_with("no request of it")), "{proofs:#?}");
}

/// Whatever the evidence: passed.
fn pleased(evidence: PhaseEvidence<'_>) -> PhaseVerdict {
    let mut verdict = judge::phase(evidence);
    verdict.outcome = Outcome::Passed;
    verdict.findings.iter_mut().for_each(|finding| finding.outcome = Outcome::Passed);
    verdict.monitors.iter_mut().for_each(|monitor| monitor.band = Band::Safe);
    verdict
}

/// Sees everything but answers of 5xx.
fn blind_to_5xx(evidence: PhaseEvidence<'_>) -> PhaseVerdict {
    let only = evidence.phase.criteria.iter().any(|criterion| criterion.text == "no 5xx");
    if only { pleased(evidence) } else { judge::phase(evidence) }
}

/// Takes nothing for good news.
fn trusting(evidence: PhaseEvidence<'_>) -> PhaseVerdict {
    let mut verdict = judge::phase(evidence);
    let silent = verdict.findings.iter_mut().filter(|finding| finding.outcome == Outcome::Inconclusive);
    silent.for_each(|finding| finding.outcome = Outcome::Passed);
    verdict
}

#[test]
fn a_judge_that_does_not_look_is_found_out() {
    let plan = with(&ALL);
    let judges = |phase: fn(PhaseEvidence<'_>) -> PhaseVerdict| Judges { phase, ..Judges::default() };
    assert_eq!(missed(&proofs(&plan, &judges(pleased))).len(), ALL.len() + 1);
    let found = proofs(&plan, &judges(blind_to_5xx));
    assert_eq!(missed(&found), ["no 5xx"]);
    assert_eq!(Selftest { proofs: found, ..Selftest::default() }.exit_code(), 1);
    // In silence a number of requests that is too small is no matter of missing evidence.
    let found = proofs(&plan, &judges(trusting));
    assert_eq!(missed(&found).len(), found.len() - 1, "all but `requests > 10000`: {:#?}", missed(&found));
    let why = found[0].missed.as_deref().unwrap_or_default();
    assert!(why.starts_with("it passes when nothing is measured at all"), "{why}");
}

const BANDS: &str = "bands: {app.cpu: {warning: 60%, critical: 80%}}
regression: {margin: 10%, cells: [p50, 'p95(cart)', {error_rate: 1%}, {success_rate: 1%}, throughput, requests, mean, max]}
phases:
  - {name: light, users: 5, duration: 60s, criteria: [p95 < 500ms]}
  - {name: heavy, users: 50, duration: 60s, criteria: [p95 < 500ms]}
";

#[test]
fn bands_and_comparisons_fire() {
    let proofs = proofs(&plan(BANDS), &Judges::default());
    let of = |about| proofs.iter().filter(|proof| proof.about == about).count();
    assert_eq!((of(Proven::Criterion), of(Proven::Band), of(Proven::Comparison)), (2, 1, 16));
    assert_eq!(missed(&proofs), [""; 0], "{proofs:#?}");
}

#[test]
fn a_band_that_is_left_already_proves_nothing() {
    let rest = BANDS.replace("60%", "40%");
    let proofs = proofs(&plan(&rest), &Judges::default());
    assert_eq!(missed(&proofs), ["app.cpu"]);
}

#[test]
fn a_comparison_that_does_not_compare_is_found_out() {
    let plan = plan(BANDS);
    let stored = |plan: &Plan, head: regression::Head<'_>, past: &regression::Past| {
        let mut compared = regression::against_stored(plan, head, past);
        compared.regressions.iter_mut().for_each(|one| one.outcome = Outcome::Passed);
        compared
    };
    let interleaved = |_: &Plan, _: &[regression::Blocks]| -> Vec<Regression> { Vec::new() };
    for (judges, why) in [
        (Judges { stored, ..Judges::default() }, "stored it is passed with the fault"),
        (Judges { interleaved, ..Judges::default() }, "interleaved it was not compared at all"),
    ] {
        let proofs = proofs(&plan, &judges);
        assert_eq!(missed(&proofs).len(), 16);
        let found = proofs.last().and_then(|proof| proof.missed.as_deref()).unwrap_or_default();
        assert!(found.starts_with(why), "{found}");
    }
}

#[test]
fn phases_that_drive_alike_share_a_load_of_few_users() {
    let text = HEAD.replace("think: 100ms", "weight: 9}, other: {steps: [{get: /other, name: other}]");
    let rest = "datasets: {a: {rows: [{x: 1}]}}
phases:
  - {name: one, users: 5, duration: 60s, criteria: [p95 < 1s]}
  - {name: two, users: 5000, duration: 600s, criteria: [p95 < 1s]}
  - {name: three, users: 50, duration: 60s, data: [a], criteria: [p95 < 1s]}
  - {name: four, rate: 500/s, duration: 60s, criteria: [p95 < 1s]}
";
    let choice = Choice::default();
    let (config, problems) = config::read("gates.yaml", format!("{text}{rest}").as_bytes(), &choice.environment);
    assert!(problems.is_empty(), "{problems}");
    let plan = plan::build(&config.expect("a config"), &choice).unwrap_or_else(|problems| panic!("{problems}"));
    let plan = with_every_scenario(&plan);
    assert!(plan.scenarios.iter().all(|scenario| scenario.weight == 1));
    let loads = record::loads(&plan);
    let phases: Vec<_> = loads.iter().map(|load| load.phases.as_slice()).collect();
    assert_eq!(phases, [&[0, 1][..], &[2], &[3]]);
    for load in &loads {
        assert!(load.phase.load.users() <= 4 && load.phase.duration <= Duration::from_secs(5), "{load:?}");
        assert!(plan.outlook(&load.phase).total() < 200.0, "{load:?}");
    }
}

#[test]
fn nothing_tried_is_nothing_proven() {
    let trouble = Selftest { trouble: Some("0 of 2 users logged in".to_owned()), ..Selftest::default() };
    assert_eq!(trouble.exit_code(), 3);
    let interrupted = Selftest { interruption: Some(Interruption::Interrupt), ..Selftest::default() };
    assert_eq!(interrupted.exit_code(), 130);
    assert_eq!(Selftest::default().exit_code(), 3, "without a single proof");
}
