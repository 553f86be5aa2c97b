//! What ends a phase early, where the app gave way, and whether it came back.

use super::*;
use crate::judge::{self, Outcome, RecoverySpan, breaking_point, patience, recovery, stopped_answering};
use crate::measure::Unanswered;

/// So many failures one after another, and nothing awaited any more.
fn failed(failures: u64) -> Unanswered {
    Unanswered { since: Duration::from_secs(60), failures, ..Unanswered::default() }
}

#[test]
fn nobody_answers_when_every_request_failed() {
    let strict = Case::of(success_rate(Op::GreaterOrEqual, 1.0)).phase;
    assert_eq!(patience(&strict), Duration::from_secs(5));
    assert!(stopped_answering(&strict, &failed(1)));
    assert!(!stopped_answering(&strict, &failed(0)), "silence is not failure");
    let usual = Case::of(success_rate(Op::Greater, 0.99)).phase;
    assert!(stopped_answering(&usual, &failed(3)) && !stopped_answering(&usual, &failed(2)));
    assert!(!stopped_answering(&usual, &Unanswered { since: ms(4_999), ..failed(300) }), "a success within 5 s");
    assert!(stopped_answering(&usual, &Unanswered { since: ms(5_000), ..failed(300) }));
    let without = Case::of(quantile(0.95, Op::Less, 500)).phase;
    assert_eq!(patience(&without), Duration::from_secs(10));
    let warning = Case::of(success_rate(Op::Greater, 0.99)).warns().phase;
    assert_eq!(patience(&warning), Duration::from_secs(10), "only a blocking criterion counts");
}

#[test]
fn a_target_that_hangs_is_stopped_by_its_timeouts() {
    let phase = Case::of(success_rate(Op::Greater, 0.99)).phase;
    // Three users with a timeout of 10 s: three failures after 10 s, six after 20 s, and the next three are awaited.
    let at = |failures| Unanswered { in_flight: 3, ..failed(failures) };
    assert!(!stopped_answering(&phase, &at(0)) && !stopped_answering(&phase, &at(3)));
    assert!(stopped_answering(&phase, &at(6)));
    // A single user.
    let alone = |failures| Unanswered { in_flight: 1, ..failed(failures) };
    assert!(!stopped_answering(&phase, &alone(3)) && stopped_answering(&phase, &alone(4)));
}

#[test]
fn a_slow_target_is_not_taken_for_one_that_stopped_answering() {
    let phase = Case::of(success_rate(Op::Greater, 0.99)).phase;
    // A hundred users wait 8 s for their first answer; three requests were refused meanwhile.
    let first = Unanswered { since: ms(7_900), failures: 3, in_flight: 97, slowest: Duration::ZERO };
    assert!(!stopped_answering(&phase, &first), "those that are awaited may succeed");
    // Ten users in step, a burst of resets; the last success was 7 s ago and answers take 8 s.
    let burst = Unanswered { since: ms(7_000), failures: 8, in_flight: 2, slowest: ms(8_000) };
    assert!(!stopped_answering(&phase, &burst));
    assert!(stopped_answering(&phase, &Unanswered { since: ms(8_000), ..burst }));
}

#[test]
fn phases_that_allow_failures_are_not_stopped_for_having_them() {
    let lenient = Case::of(success_rate(Op::Greater, 0.7)).phase;
    assert!(!stopped_answering(&lenient, &failed(5)), "five failures in a row happen once in 400 times");
    assert!(!stopped_answering(&lenient, &failed(11)) && stopped_answering(&lenient, &failed(12)));
    let none = Case::of(success_rate(Op::GreaterOrEqual, 0.0)).phase;
    assert!(!stopped_answering(&none, &failed(1_000)), "a phase in which everything may fail");
}

/// A phase of 50 users in which `chart data` becomes slow in the middle, after a stray failure of `dashboard`.
fn broken() -> Case {
    let mut case = Case::of(quantile(0.95, Op::Less, 500)).requests(PAGE, 600, ms(20)).requests(CHART, 600, ms(40));
    case.samples[3].failure = Some(FailureKind::Reset);
    for sample in &mut case.samples {
        if sample.endpoint == CHART && sample.intended > OPENING + ms(30_000) {
            sample.latency = ms(800);
        }
    }
    case.phase.name = "medium".to_owned();
    case.phase.load = Load::Closed { users: 50, spawn_rate: 10.0 };
    case.readings(&[70.0; 20])
}

fn point(case: &Case) -> crate::judge::BreakingPoint {
    let light =
        Case::of(success_rate(Op::GreaterOrEqual, 1.0)).requests(PAGE, 600, ms(40)).readings(&[10.0; 20]).judge();
    let measurements = case.measurements();
    let Case { plan, phase, gauges, .. } = case;
    let evidence = PhaseEvidence { plan, phase, measurements: &measurements, gauges };
    let failed = crate::judge::phase(evidence);
    assert_eq!(failed.outcome, Outcome::Failed);
    let seen = [judge::Seen { verdict: &failed, evidence }];
    breaking_point(&[light], &failed, evidence, &seen)
}

#[test]
fn the_breaking_point_names_load_endpoint_failure_and_resource() {
    let point = point(&broken());
    assert_eq!((point.phase.as_str(), point.users, point.last_good_users), ("medium", 50.0, Some(30.0)));
    assert_eq!(point.first_endpoint.as_deref(), Some("chart data"), "a stray failure is not where it broke");
    assert_eq!((point.first_error, point.resource.as_deref()), (None, Some("app.cpu")), "nor is it the first failure");
}

#[test]
fn a_phase_with_stages_says_at_which_load_it_gave_way() {
    let mut case = broken();
    case.phase.stages = stages(&[(10.0, 50.0, 1.0)]);
    let failed = case.judge();
    let shape: Vec<_> = failed.stages.iter().map(|stage| (stage.from, stage.to, stage.over_s)).collect();
    assert_eq!((failed.users, shape), (Some(50), vec![(10.0, 50.0, 60.0)]));
    let point = point(&case);
    assert_eq!((point.users, point.last_good_users), (50.0, Some(30.0)));
    // From 30 s on answers are slow: in the sixteenth of 30 spans, whose middle is at 31 s.
    let reached = point.reached.expect("it has stages");
    assert!((reached - (10.0 + 40.0 * 31.0 / 60.0)).abs() < 1e-9, "{reached}");
    assert_eq!(self::point(&broken()).reached, None, "a load that stays is the phase's");
}

#[test]
fn where_failures_break_it_the_first_failure_counts() {
    let mut case = broken().and("no errors", no(Count::Errors));
    assert_eq!(point(&case).first_endpoint.as_deref(), Some("dashboard"));
    case.phase.criteria.remove(0);
    assert_eq!(point(&case).first_endpoint.as_deref(), Some("dashboard"));
}

#[test]
fn the_first_failure_is_one_that_the_failed_criterion_is_about() {
    let mut case = broken().and("no timeouts(chart data)", no_at(CHART, Count::Failures(FailureKind::Timeout)));
    case = case.failures(CHART, 2, FailureKind::Timeout, None);
    case.phase.criteria.remove(0);
    let point = point(&case);
    assert_eq!((point.first_endpoint.as_deref(), point.first_error.as_deref()), (Some("chart data"), Some("timeout")));
    let mut gauge = broken().and("app.cpu < 60", cpu(Op::Less, 60.0, None));
    gauge.phase.criteria.remove(0);
    let point = self::point(&gauge);
    assert_eq!((point.first_endpoint, point.first_error), (None, None), "a gauge is about no request");
}

#[test]
fn the_last_good_load_is_less_and_of_the_same_kind() {
    let good = |users: Option<u32>, rate: Option<f64>| {
        let light = Case::of(success_rate(Op::GreaterOrEqual, 1.0)).requests(PAGE, 600, ms(40)).readings(&[10.0; 20]);
        let verdict = light.judge();
        PhaseVerdict { users, rate, ..verdict }
    };
    let case = broken();
    let measurements = case.measurements();
    let Case { plan, phase, gauges, .. } = &case;
    let evidence = PhaseEvidence { plan, phase, measurements: &measurements, gauges };
    let failed = crate::judge::phase(evidence);
    let seen = |before: &[PhaseVerdict]| {
        let point = breaking_point(before, &failed, evidence, &[]);
        (point.last_good_users, point.no_last_good)
    };
    assert_eq!(seen(&[]), (None, None));
    assert_eq!(seen(&[good(Some(30), None), good(None, Some(20.0))]), (Some(30.0), None), "a rate is not users");
    let (users, why) = seen(&[good(None, Some(20.0))]);
    assert_eq!((users, why.as_deref()), (None, Some("phase light passed before, under a load of another kind")));
    let (users, why) = seen(&[good(Some(80), None)]);
    assert_eq!((users, why.as_deref()), (None, Some("phase light passed before, under as much load or more")));
    assert_eq!(seen(&[good(Some(10), None), good(Some(80), None)]), (Some(10.0), None));
}

#[test]
fn a_login_can_be_where_it_broke() {
    let mut case = broken().ending(PhaseEnding::RampFailed).failures(LOGIN, 3, FailureKind::Timeout, None);
    case.samples.retain(|sample| sample.endpoint == LOGIN);
    let point = point(&case);
    assert_eq!((point.first_endpoint.as_deref(), point.first_error.as_deref()), (Some("login"), Some("timeout")));
}

const RULE: plan::Recovery = plan::Recovery { users: 2, within: Duration::from_secs(60), tolerance: 0.2 };

fn span(start: u64, p50: u64) -> RecoverySpan {
    RecoverySpan {
        start: Duration::from_secs(start),
        requests: 20,
        failures: 0,
        p50: Some(ms(p50)),
        awaited: Duration::ZERO,
        gauges: vec![("app.cpu".to_owned(), Some(20.0))],
    }
}

#[test]
fn recovered_is_the_first_of_two_good_spans_in_a_row() {
    let level =
        Case::of(success_rate(Op::GreaterOrEqual, 1.0)).requests(PAGE, 600, ms(40)).readings(&[10.0; 20]).judge();
    let judge = |spans: &[RecoverySpan]| recovery(&plan(), &RULE, std::slice::from_ref(&level), spans);
    // 1.2 x 40 ms + 10 ms = 58 ms.
    let seen = judge(&[span(0, 300), span(5, 58), span(10, 59), span(15, 58), span(20, 50)]);
    assert_eq!((seen.outcome, seen.seconds), (Outcome::Passed, Some(15.0)));
    assert_eq!(
        seen.detail,
        "Two spans of 5 s in a row were good from 15 s after the load on: p50 58 ms (40 ms in light)."
    );
    let not_yet = judge(&[span(0, 300), span(5, 58)]);
    assert_eq!((not_yet.outcome, not_yet.seconds), (Outcome::Failed, None));
    assert_eq!(
        judge(&[span(0, 300), span(5, 480)]).detail,
        "5 s after the load p50 was 480 ms, at most 58 ms is back to normal."
    );
    assert_eq!(judge(&[span(65, 40), span(70, 40)]).outcome, Outcome::Failed, "too late");
    assert_eq!(judge(&[]).outcome, Outcome::Failed);
}

#[test]
fn failures_gauges_and_silence_are_not_recovery() {
    let level =
        Case::of(success_rate(Op::GreaterOrEqual, 1.0)).requests(PAGE, 600, ms(40)).readings(&[70.0; 20]).judge();
    let judge = |change: &dyn Fn(&mut RecoverySpan)| {
        let mut spans = [span(0, 40), span(5, 40)];
        spans.iter_mut().for_each(change);
        recovery(&plan(), &RULE, std::slice::from_ref(&level), &spans).outcome
    };
    assert_eq!(judge(&|_| ()), Outcome::Passed);
    assert_eq!(judge(&|span| span.failures = 1), Outcome::Failed);
    assert_eq!(judge(&|span| (span.requests, span.p50) = (0, None)), Outcome::Failed);
    assert_eq!(judge(&|span| span.awaited = ms(1_000)), Outcome::Passed);
    assert_eq!(judge(&|span| span.awaited = ms(1_001)), Outcome::Failed, "who waits sends nothing that could fail");
    assert_eq!(judge(&|span| span.gauges[0].1 = Some(84.0)), Outcome::Passed, "within the tolerance of its level");
    assert_eq!(judge(&|span| span.gauges[0].1 = Some(84.1)), Outcome::Failed);
    assert_eq!(judge(&|span| span.gauges[0].1 = None), Outcome::Failed, "a source that stopped answering is not fine");
}

#[test]
fn without_a_passed_phase_there_may_be_no_failures_and_gauges_are_below_warning() {
    let judge = |change: &dyn Fn(&mut RecoverySpan)| {
        let mut spans = [span(0, 5_000), span(5, 5_000)];
        spans.iter_mut().for_each(change);
        recovery(&plan(), &RULE, &[], &spans).outcome
    };
    assert_eq!(judge(&|_| ()), Outcome::Passed);
    assert_eq!(judge(&|span| span.failures = 1), Outcome::Failed);
    assert_eq!(judge(&|span| span.awaited = ms(5_001)), Outcome::Failed);
    assert_eq!(judge(&|span| span.gauges[0].1 = Some(60.0)), Outcome::Failed);
}
