//! A phase: its outcome, its numbers, its built-in findings, the generator.

use super::*;
use crate::{
    judge::{ANSWERS, Cut, CutShort, LOGGED_IN, Outcome, ends_ladder, not_run},
    measure::{Exhaustion, Scarce},
};

fn good() -> Case {
    Case::of(success_rate(Op::GreaterOrEqual, 1.0)).requests(PAGE, 600, ms(40)).readings(&[10.0; 20])
}

#[test]
fn a_phase_has_its_numbers() {
    let verdict = good().requests(CHART, 300, ms(80)).requests(LOGIN, 30, ms(500)).judge();
    assert_eq!((verdict.outcome, verdict.because.len()), (Outcome::Passed, 0));
    assert_eq!(
        (verdict.requests, verdict.failures, verdict.success_rate, verdict.throughput),
        (900, 0, Some(1.0), Some(15.0))
    );
    assert_eq!((verdict.users, verdict.rate, verdict.duration_s, verdict.bursts), (Some(30), None, 60.0, Some(0)));
    assert_eq!(
        (verdict.latency_ms.p50.map(f64::round), verdict.latency_ms.max, verdict.latency_ms.mean.map(f64::round)),
        (Some(40.0), Some(80.0), Some(53.0))
    );
    let rows: Vec<_> =
        verdict.endpoints.iter().map(|row| (row.name.as_str(), row.requests, row.latency_ms.max)).collect();
    assert_eq!(
        rows,
        [
            ("dashboard", 600, Some(40.0)),
            ("chart data", 300, Some(80.0)),
            ("login", 30, Some(500.0)),
            ("ghost", 0, None)
        ]
    );
    assert_eq!(verdict.endpoints[0].statuses["200"], 600);
}

#[test]
fn endpoints_of_one_name_are_one_row() {
    let mut case = good().requests(CHART, 100, ms(80)).failures(CHART, 2, FailureKind::Reset, None);
    case.plan.endpoints[1].name = "dashboard".to_owned();
    case.plan.endpoints[1].tags = vec!["write".to_owned()];
    let row = &case.judge().endpoints[0];
    assert_eq!(
        (row.requests, row.failures, row.errors["reset"], row.tags.as_slice()),
        (702, 2, 2, ["write".to_owned()].as_slice())
    );
}

#[test]
fn a_warning_never_fails_a_phase() {
    let verdict =
        Case::of(quantile(0.5, Op::Less, 10)).warns().requests(PAGE, 600, ms(40)).readings(&[10.0; 20]).judge();
    assert_eq!((verdict.findings[0].outcome, verdict.outcome), (Outcome::Failed, Outcome::Warned));
    assert!(!ends_ladder(&verdict) && verdict.because[0].starts_with("the criterion: p50 was 40 ms"));
}

#[test]
fn the_worst_finding_is_the_phase() {
    let verdict = good()
        .and("p95", quantile(0.95, Op::Less, 10))
        .and("ghost", metric_on(only(GHOST), Metric::Mean, Op::Less, Limit::Time(ms(9))))
        .judge();
    assert_eq!(verdict.outcome, Outcome::Failed);
    assert!(ends_ladder(&verdict));
    assert_eq!(verdict.because.len(), 2);
    assert!(verdict.because[0].starts_with("p95: "), "the heaviest first: {:?}", verdict.because);
}

#[test]
fn users_that_cannot_log_in_fail_the_phase() {
    let mut case = good().ending(PhaseEnding::RampFailed).failures(LOGIN, 3, FailureKind::Check, Some(200));
    case.samples.retain(|sample| sample.endpoint == LOGIN);
    case.facts.ramp =
        Ramp { started: 30, logged_in: 27, took: ms(3_000), reasons: vec!["status 200, expected 302".to_owned()] };
    case.facts.measured = Duration::ZERO;
    let verdict = case.judge();
    assert_eq!(verdict.outcome, Outcome::Failed);
    let finding = &verdict.findings[0];
    assert_eq!(
        (finding.criterion.as_str(), finding.outcome, finding.observed, finding.limit),
        (LOGGED_IN, Outcome::Failed, Some(27.0), 30.0)
    );
    assert_eq!(finding.because, "27 of 30 users logged in, so nothing was measured. status 200, expected 302.");
    assert_eq!(finding.worst_endpoint.as_deref(), Some("login"));
    assert_eq!(verdict.findings[1].outcome, Outcome::Inconclusive);
    assert_eq!((verdict.throughput, verdict.success_rate), (None, None));
}

#[test]
fn a_target_that_stopped_answering_fails_the_phase() {
    let mut case = Case::of(quantile(0.5, Op::Less, 100)).requests(PAGE, 60, ms(5)).failures(
        CHART,
        600,
        FailureKind::Connect,
        None,
    );
    case.facts.ending = PhaseEnding::StoppedAnswering;
    case.facts.measured = ms(12_000);
    let verdict = case.judge();
    assert_eq!((verdict.outcome, verdict.findings[0].criterion.as_str()), (Outcome::Failed, ANSWERS));
    assert_eq!(
        verdict.findings[0].because,
        "For 10 s or longer every request that ended failed: the target stopped answering, so the phase was ended after 12 s \
         of its window."
    );
}

#[test]
fn a_part_of_a_window_is_not_passed() {
    let mut case = good().ending(PhaseEnding::Interrupted);
    case.facts.measured = ms(12_000);
    let verdict = case.judge();
    assert_eq!((verdict.outcome, verdict.findings[0].outcome), (Outcome::Inconclusive, Outcome::Inconclusive));
    assert!(verdict.is_part());
    assert!(verdict.because.iter().any(|why| why == "The phase was interrupted after 12 s of 60 s."));
    assert_eq!(verdict.cut_short, Some(CutShort { by: Cut::Interrupted, planned_s: 60.0 }));
    assert_eq!(good().judge().cut_short, None);
}

#[test]
fn what_an_interrupted_phase_saw_is_not_decided() {
    let slow = Case::of(quantile(0.95, Op::Less, 500)).requests(PAGE, 1_200, ms(900));
    let case = slow.failures(PAGE, 3, FailureKind::Check, Some(500)).and("no 5xx", no(Count::ServerErrors));
    assert_eq!(case.judge().outcome, Outcome::Failed);
    let verdict = case.ending(PhaseEnding::Interrupted).judge();
    assert_eq!(verdict.outcome, Outcome::Inconclusive);
    for finding in &verdict.findings {
        assert_eq!((finding.outcome, finding.certain), (Outcome::Inconclusive, false), "{}", finding.criterion);
        let because = &finding.because;
        assert!(!because.to_lowercase().contains("certain"), "{because}");
        assert!(because.ends_with("so this is only a part of its window and decides nothing."), "{because}");
    }
}

#[test]
fn a_generator_that_was_not_good_enough_makes_the_phase_invalid() {
    let health = |change: fn(&mut GeneratorHealth)| {
        let mut case = good().requests(PAGE, 600, ms(400));
        change(&mut case.facts.generator);
        let verdict = case.judge();
        (verdict.outcome, verdict.generator.expect("it ran").saturated)
    };
    let (valid, invalid) = ((Outcome::Passed, false), (Outcome::Invalid, true));
    assert_eq!(health(|health| health.cpu_percent = 99.0), valid, "CPU alone invalidates nothing");
    // The median is 40 ms in the one half, 400 ms in the other: 5 % of 40 ms is below 10 ms.
    assert_eq!(health(|health| health.lateness_p99 = ms(9)), valid);
    assert_eq!(health(|health| health.lateness_p99 = ms(10)), invalid);
    assert_eq!(
        health(|health| (health.slots, health.slots_missed) = (1_000, 10)),
        valid,
        "99 % of the slots are enough"
    );
    assert_eq!(health(|health| (health.slots, health.slots_missed) = (1_000, 11)), invalid);
    assert_eq!(
        health(|health| health.exhausted = Some(Exhaustion { of: Scarce::Descriptors, words: "too many".to_owned() })),
        invalid
    );
}

#[test]
fn slow_answers_allow_more_lateness() {
    let mut case = Case::of(success_rate(Op::GreaterOrEqual, 1.0)).requests(PAGE, 600, ms(1_000)).readings(&[10.0; 20]);
    case.facts.generator.lateness_p99 = ms(49);
    assert_eq!(case.judge().outcome, Outcome::Passed);
    case.facts.generator.lateness_p99 = ms(51);
    let verdict = case.judge();
    assert_eq!(verdict.outcome, Outcome::Invalid, "also when every criterion holds");
    assert!(
        verdict.because[0].starts_with("The generator was held up: 1 % of its requests started 51 ms late or later")
    );
}

#[test]
fn a_phase_that_was_not_run_has_its_criteria() {
    let case = good().and("no 5xx", no(Count::ServerErrors)).and("cpu", cpu(Op::Less, 80.0, None));
    let verdict = not_run(&case.plan, &case.phase);
    assert_eq!((verdict.outcome, verdict.throughput, verdict.generator.is_none()), (Outcome::NotRun, None, true));
    let seen: Vec<_> =
        verdict.findings.iter().map(|f| (f.criterion.as_str(), f.outcome, f.unit.as_str(), f.limit)).collect();
    assert_eq!(
        seen,
        [
            ("the criterion", Outcome::NotRun, "1", 1.0),
            ("no 5xx", Outcome::NotRun, "events", 0.0),
            ("cpu", Outcome::NotRun, "", 80.0)
        ]
    );
}

#[test]
fn bursts_are_counted() {
    let mut case = Case::of(quantile(0.95, Op::Less, 100)).requests(PAGE, 600, ms(5)).readings(&[10.0; 20]);
    for sample in &mut case.samples {
        let second = sample.intended.as_secs() - OPENING.as_secs();
        if second % 20 == 3 {
            sample.latency = ms(300);
        }
    }
    let verdict = case.judge();
    assert_eq!(verdict.bursts, Some(3));
    assert!(verdict.findings[0].because.contains("in 3 bursts"), "{}", verdict.findings[0].because);
}
