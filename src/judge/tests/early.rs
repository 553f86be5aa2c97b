//! Looks at a running phase: when it stops, when it is extended, and how it is judged then.

use super::*;
use crate::judge::{Cut, CutShort, FIRST_LOOK, Outcome, extension_decides, failed_early};

impl Case {
    fn extends(mut self) -> Self {
        self.plan.profile.extend = true;
        self
    }

    fn fails_early(&self, complete: usize, unknown: u64) -> bool {
        let measurements = self.measurements();
        let Self { plan, phase, .. } = self;
        failed_early(PhaseEvidence { plan, phase, measurements: &measurements, gauges: &[] }, complete, unknown)
    }

    fn wants_more(&self) -> bool {
        let measurements = self.measurements();
        let Self { plan, phase, .. } = self;
        extension_decides(PhaseEvidence { plan, phase, measurements: &measurements, gauges: &[] })
    }
}

/// 3,000 requests, of which so many took 900 ms, spread evenly.
fn slow(subject: Subject, slow: u64) -> Case {
    Case::of(subject).requests(PAGE, 3_000 - slow, ms(100)).requests(PAGE, slow, ms(900))
}

#[test]
fn a_phase_stops_when_a_blocking_criterion_has_failed_for_certain_and_never_for_a_pass() {
    let p95 = || quantile(0.95, Op::Less, 500);
    assert!(slow(p95(), 900).fails_early(8, 0));
    assert!(!slow(p95(), 900).fails_early(7, 0), "the eighth span is the first that is looked at");
    assert_eq!(FIRST_LOOK, 8);
    assert!(!slow(p95(), 0).fails_early(30, 0));
    assert!(!slow(p95(), 150).fails_early(30, 0), "exactly what is allowed");
    assert!(!slow(p95(), 900).warns().fails_early(30, 0), "what only warns stops nothing");
    assert!(slow(quantile(0.95, Op::Greater, 500), 0).fails_early(8, 0), "the contrary of a limit fails likewise");
    assert!(!slow(quantile(1.0, Op::Less, 500), 900).fails_early(30, 0), "a maximum is no share");
}

#[test]
fn a_phase_whose_load_changes_is_judged_as_a_whole() {
    let mut case = slow(quantile(0.95, Op::Less, 500), 900);
    assert!(case.fails_early(8, 0));
    case.phase.stages = stages(&[(30.0, 1.0, 1.0)]);
    assert!(!case.fails_early(30, 0), "its last spans are under another load than its first");
    assert_eq!(case.judge().outcome, Outcome::Failed);
}

#[test]
fn failures_that_are_allowed_stop_nothing() {
    let failing = |op, share, failures| {
        Case::of(success_rate(op, share)).requests(PAGE, 3_000 - failures, ms(10)).failures(
            PAGE,
            failures,
            FailureKind::Check,
            Some(500),
        )
    };
    assert!(!failing(Op::Greater, 0.7, 850).fails_early(30, 0));
    assert!(failing(Op::Greater, 0.7, 1_500).fails_early(10, 0));
    assert!(!failing(Op::GreaterOrEqual, 1.0, 1_500).fails_early(30, 0), "a count of events is no share");
}

#[test]
fn requests_that_have_not_ended_are_taken_for_good_ones() {
    let case = slow(quantile(0.95, Op::Less, 500), 400);
    assert!(case.fails_early(12, 0));
    assert!(!case.fails_early(12, 1_500), "as many more that answer slowly may all be within the limit");
}

#[test]
fn what_stopped_a_phase_fails_it_whatever_the_policy() {
    for uncertain in [Uncertain::Observed, Uncertain::Warn, Uncertain::Fail] {
        let mut case = slow(quantile(0.95, Op::Less, 500), 900)
            .and("p50 < 500ms", quantile(0.5, Op::Less, 500))
            .policy(uncertain, Reaction::Fail)
            .ending(PhaseEnding::FailedEarly);
        case.facts.measured = ms(16_000);
        case.samples.retain(|sample| sample.intended < OPENING + ms(16_000));
        let verdict = case.judge();
        assert_eq!((verdict.outcome, verdict.duration_s), (Outcome::Failed, 16.0));
        assert_eq!(verdict.cut_short, Some(CutShort { by: Cut::FailedEarly, planned_s: 60.0 }));
        let [stopped, other] = &verdict.findings[..] else { panic!("{:?}", verdict.findings) };
        assert_eq!((stopped.outcome, stopped.certain), (Outcome::Failed, true));
        assert!(stopped.because.contains("failed for certain after 16 s of 60 s"), "{}", stopped.because);
        assert_ne!(other.outcome, Outcome::Failed, "{other:?}");
        assert!(!other.because.contains("stopped early"));
    }
}

#[test]
fn the_decision_to_stop_stands_even_when_the_last_answers_speak_against_it() {
    // Within what is allowed, as observed: no look at the whole would have stopped it, but an earlier one did.
    let mut case = slow(quantile(0.95, Op::Less, 500), 140).and("p50", quantile(0.5, Op::Less, 500));
    case.facts.ending = PhaseEnding::FailedEarly;
    let verdict = case.judge();
    assert_eq!(verdict.outcome, Outcome::Failed);
    let failed: Vec<_> = verdict.findings.iter().filter(|finding| finding.outcome == Outcome::Failed).collect();
    let [stopped] = &failed[..] else { panic!("{failed:?}") };
    assert!(stopped.certain && !stopped.because.contains("Not certain"), "{}", stopped.because);
}

#[test]
fn a_phase_is_extended_when_twice_the_requests_would_decide() {
    let p95 = || quantile(0.95, Op::Less, 500);
    assert!(!slow(p95(), 0).extends().wants_more(), "it is certain");
    assert!(slow(p95(), 126).extends().wants_more(), "4.2 % of 3,000 are not certain, of 6,000 they would be");
    assert!(!slow(p95(), 149).extends().wants_more(), "so close to the limit twice as many decide nothing");
    assert!(slow(p95(), 175).extends().wants_more(), "a fail may become certain too");
    assert!(!slow(p95(), 126).extends().warns().wants_more(), "what only warns extends nothing");
    assert!(!slow(no(Count::Errors), 126).extends().wants_more(), "a count is certain");
    let mean = metric(Metric::Mean, Op::Less, Limit::Time(ms(134)));
    assert!(!slow(mean, 126).extends().wants_more(), "a mean is judged as observed");
}

#[test]
fn a_look_that_may_be_the_first_of_two_has_three_percent_and_the_second_two() {
    let width = |case: &Case| {
        let finding = case.finding();
        let [low, high] = finding.interval.expect("an interval");
        high - low
    };
    let failing = || {
        Case::of(success_rate(Op::Greater, 0.9)).requests(PAGE, 2_800, ms(10)).failures(
            PAGE,
            200,
            FailureKind::Check,
            Some(500),
        )
    };
    let (only, first) = (width(&failing()), width(&failing().extends()));
    let second = width(&twice(failing().extends()));
    // Normal quantiles at 5, 3 and 2 %: 1.645, 1.881, 2.054; the second look has twice the requests.
    assert!((first / only - 1.881 / 1.645).abs() < 0.02, "{only} {first}");
    assert!((second / only * 2.0_f64.sqrt() - 2.054 / 1.645).abs() < 0.02, "{only} {second}");
}

/// The same requests again in a second half of the window.
fn twice(mut case: Case) -> Case {
    let later: Vec<Sample> =
        case.samples.iter().map(|sample| Sample { intended: sample.intended + ms(60_000), ..*sample }).collect();
    case.samples.extend(later);
    case.extended = true;
    case.facts.measured = ms(120_000);
    case
}

#[test]
fn the_spans_of_an_extended_window_are_merged_in_pairs() {
    let case = twice(slow(quantile(0.95, Op::Less, 500), 126).extends());
    let measurements = case.measurements();
    let spans: Vec<u64> = measurements.endpoints[PAGE.index()].spans.iter().map(|span| span.requests).collect();
    assert_eq!((measurements.layout.spans, measurements.layout.duration), (30, ms(120_000)));
    assert_eq!(spans.len(), 30);
    assert!(spans.iter().all(|requests| requests.abs_diff(200) <= 2), "{spans:?}");
    let verdict = case.judge();
    assert!(verdict.extended);
    assert_eq!((verdict.duration_s, verdict.requests), (120.0, 6_000));
    assert!(verdict.findings[0].certain, "{:?}", verdict.findings[0]);
}

#[test]
fn without_an_extension_nothing_behind_the_window_is_measured_and_spans_stay_as_they_are() {
    let mut case = slow(quantile(0.95, Op::Less, 500), 126).extends();
    case.samples.push(Sample { intended: OPENING + ms(60_000), ..case.samples[0] });
    let measurements = case.measurements();
    assert_eq!(measurements.endpoints[PAGE.index()].requests, 3_000);
    assert_eq!(measurements.endpoints[PAGE.index()].spans.len(), 30);
    assert!((case.judge().duration_s - 60.0).abs() < 1e-9);
    assert!(!case.judge().extended);
}

#[test]
fn a_phase_that_is_never_extended_has_the_whole_error_for_its_only_look() {
    let interval = |extend: bool, staged: bool, blocks: bool| {
        let mut case = Case::of(success_rate(Op::Greater, 0.9)).requests(PAGE, 950, ms(100));
        case = case.failures(PAGE, 50, FailureKind::Check, Some(500));
        case.plan.profile.extend = extend;
        case.phase.stages = if staged { stages(&[(10.0, 30.0, 0.5), (30.0, 30.0, 0.5)]) } else { Stages::default() };
        if blocks {
            let url = url::Url::parse("http://127.0.0.1:1").expect("a URL");
            case.plan.against = Some(plan::Deployment { url, start: None });
        }
        case.finding().interval
    };
    let whole = interval(false, false, false);
    assert_eq!(interval(true, true, false), whole, "one with stages is not");
    assert_eq!(interval(true, false, true), whole, "nor one in blocks");
    assert_ne!(interval(true, false, false), whole, "the first of two looks has less of it");
}
