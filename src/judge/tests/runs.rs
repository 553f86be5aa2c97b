//! A run: outcome, ending, exit code and headline.

use super::*;
use crate::judge::{
    CheckResult, Comparison, ComparisonMode, Ending, Extent, Interruption, Outcome, RecoveryVerdict, Regression,
    RunEvidence, Totals, Verdict, conclude, lost, not_run,
};
use crate::measure::{Exhaustion, Scarce};

fn check(name: &str, outcome: Outcome, detail: &str) -> CheckResult {
    CheckResult { name: name.to_owned(), outcome, detail: detail.to_owned(), file: "gates.yaml".to_owned(), line: 3 }
}

pub(super) fn passed() -> Case {
    Case::of(success_rate(Op::GreaterOrEqual, 1.0)).requests(PAGE, 1_200, ms(40)).readings(&[10.0; 20])
}

fn failed() -> Case {
    let mut case = Case::of(quantile(0.95, Op::Less, 750)).requests(PAGE, 500, ms(40)).requests(CHART, 500, ms(1_210));
    case.phase.name = "medium".to_owned();
    case.phase.load = Load::Closed { users: 50, spawn_rate: 10.0 };
    case.phase.criteria[0].text = "p95 < 750ms".to_owned();
    case.readings(&[10.0; 20])
}

pub(super) fn run(plan: &Plan, phases: Vec<PhaseVerdict>) -> RunEvidence<'_> {
    RunEvidence {
        plan,
        target: "demo".to_owned(),
        source: None,
        started_at: "2026-11-24T09:00:00Z".to_owned(),
        finished_at: "2026-11-24T09:01:00Z".to_owned(),
        repeat: "stagegate run --seed 7".to_owned(),
        notes: vec![],
        extent: Extent::Ladder,
        interruption: None,
        preflight: vec![],
        phases,
        totals: Totals { requests: 2_000, failures: 0 },
        breaking_point: None,
        diagnosis: None,
        outages: vec![],
        comparison: None,
        regressions: vec![],
        recovery: None,
        integrity: vec![],
        cleanup: vec![],
    }
}

fn seen(verdict: &Verdict) -> (Outcome, Ending, u8) {
    (verdict.outcome, verdict.ending, verdict.exit_code)
}

#[test]
fn a_pass_says_how_far_it_went() {
    let mut evidence_plan = plan();
    evidence_plan.seed = 9;
    let mut evidence = run(&evidence_plan, vec![passed().judge(), passed().judge()]);
    evidence.recovery = Some(RecoveryVerdict { outcome: Outcome::Passed, seconds: Some(5.0), detail: String::new() });
    let verdict = conclude(evidence);
    assert_eq!(seen(&verdict), (Outcome::Passed, Ending::Completed, 0));
    assert_eq!(
        verdict.headline,
        "2 of 2 phases passed, up to 30 users: 2,400 requests measured, none failed; back to normal 5 s after the load."
    );
    assert_eq!((verdict.seed, verdict.schema.as_str()), (9, "stagegate/verdict/1"));
}

#[test]
fn a_fail_says_what_by_how_much_and_where() {
    let plan = plan();
    let skipped = not_run(&plan, &phase("heavy", 100, vec![]));
    let verdict = conclude(run(&plan, vec![passed().judge(), failed().judge(), skipped]));
    assert_eq!(seen(&verdict), (Outcome::Failed, Ending::Stopped, 1));
    assert_eq!(
        verdict.headline,
        "medium (50 users) failed: p95 < 750ms was 1.21 s, 460 ms over the limit (certain), all of it at chart data."
    );
}

#[test]
fn an_endpoint_that_the_criterion_names_is_not_named_again() {
    let mut case = failed();
    case.phase.criteria[0].text = "p95(chart data) < 750ms".to_owned();
    let headline = conclude(run(&plan(), vec![case.judge()])).headline;
    assert!(headline.ends_with("p95(chart data) < 750ms was 1.21 s, 460 ms over the limit (certain)."), "{headline}");
}

#[test]
fn further_failures_are_counted_in_the_headline() {
    let case = failed().failures(CHART, 3, FailureKind::Check, Some(500)).and("no 5xx", no(Count::ServerErrors));
    let headline = conclude(run(&plan(), vec![case.judge()])).headline;
    assert!(headline.ends_with("at chart data; one more criterion did not hold either."), "{headline}");
    let mut case = case;
    case.phase.criteria.remove(0);
    let headline = conclude(run(&plan(), vec![case.judge()])).headline;
    assert_eq!(headline, "medium (50 users) failed: no 5xx, but there were 3 (certain), all of them at chart data.");
}

#[test]
fn rates_and_logins_have_their_own_words() {
    let mut rate = Case::of(success_rate(Op::Greater, 0.99)).requests(PAGE, 900, ms(5)).failures(
        CHART,
        100,
        FailureKind::Check,
        None,
    );
    rate.phase.criteria[0].text = "success_rate > 99%".to_owned();
    assert_eq!(
        conclude(run(&plan(), vec![rate.judge()])).headline,
        "light (30 users) failed: success_rate > 99% was 90 %, 9 points under the limit (certain), all of it at chart data."
    );
    let mut login = passed().ending(PhaseEnding::RampFailed);
    login.samples.clear();
    login.facts.ramp.logged_in = 0;
    assert_eq!(
        conclude(run(&plan(), vec![login.judge()])).headline,
        "light (30 users) failed: 0 of 30 users logged in, so nothing was measured."
    );
}

#[test]
fn loads_that_change_have_their_levels() {
    let mut joining = passed();
    joining.phase.stages = stages(&[(10.0, 30.0, 0.5), (30.0, 30.0, 0.5)]);
    let verdict = conclude(run(&plan(), vec![joining.judge()]));
    assert!(verdict.headline.starts_with("1 of 1 phase passed, up to 30 users: "), "{}", verdict.headline);
    // One of those that joined within the window could not log in: what was measured is judged, and the phase fails.
    joining.facts.ramp.logged_in = 29;
    joining.facts.ramp.reasons = vec!["status 403".to_owned()];
    let verdict = conclude(run(&plan(), vec![joining.judge()]));
    assert_eq!(verdict.headline, "light (10 to 30 users) failed: 29 of 30 users logged in. status 403.");
    assert!(verdict.phases[0].requests > 0 && verdict.phases[0].findings.len() > 1, "{:?}", verdict.phases[0].findings);
    // Nobody failed, but more than a tenth were too late: the load was less than planned.
    joining.facts.ramp.reasons.clear();
    for (logged_in, outcome) in [(27, Outcome::Passed), (26, Outcome::Warned)] {
        joining.facts.ramp.logged_in = logged_in;
        let phase = joining.judge();
        assert_eq!(phase.outcome, outcome, "{:?}", phase.because);
        let said =
            phase.because.iter().any(|why| why.starts_with("Only 26 of 30 users had logged in when the window ended"));
        assert_eq!(said, outcome == Outcome::Warned, "{:?}", phase.because);
    }
    let mut open = passed();
    open.phase.load = Load::Open { rate: 500.0, users: 30, spawn_rate: 10.0 };
    open.phase.stages = stages(&[(50.0, 500.0, 1.0)]);
    open.phase.arrivals = Arrivals::Poisson;
    let verdict = conclude(run(&plan(), vec![open.judge()]));
    assert!(verdict.headline.starts_with("1 of 1 phase passed, up to 500/s: "), "{}", verdict.headline);
    let json = serde_json::to_value(&verdict.phases[0]).expect("a verdict is JSON");
    assert_eq!((json["rate"].as_f64(), json["arrivals"].as_str()), (Some(500.0), Some("poisson")));
    assert_eq!(json["stages"].to_string(), r#"[{"from":50.0,"to":500.0,"over_s":60.0}]"#);
    let plain = serde_json::to_value(passed().judge()).expect("a verdict is JSON");
    assert!(plain.get("stages").is_none() && plain.get("arrivals").is_none());
}

#[test]
fn a_warning_is_named() {
    let mut case = Case::of(quantile(0.5, Op::Less, 10)).warns().requests(PAGE, 600, ms(40)).readings(&[10.0; 20]);
    case.phase.criteria[0].text = "p50 < 10ms".to_owned();
    let verdict = conclude(run(&plan(), vec![case.judge()]));
    assert_eq!(seen(&verdict), (Outcome::Warned, Ending::Completed, 0));
    assert_eq!(
        verdict.headline,
        "1 of 1 phase passed, up to 30 users: 600 requests measured, none failed. With 1 warning: in light p50 < 10ms \
         was 40 ms, 30 ms over the limit (certain), all of it at dashboard."
    );
}

#[test]
fn not_ready_names_the_check() {
    let plan = plan();
    let mut evidence = run(&plan, vec![not_run(&plan, &passed().phase)]);
    evidence.preflight = vec![
        check("deployed", Outcome::Passed, "ok"),
        check("debug mode is off", Outcome::Failed, "the body has \"DEBUG = True\"."),
        check("room", Outcome::NotRun, ""),
    ];
    let verdict = conclude(evidence);
    assert_eq!(seen(&verdict), (Outcome::Invalid, Ending::NotReady, 3));
    assert_eq!(
        verdict.headline,
        "Not ready, so no load was sent: \"debug mode is off\" failed: the body has \"DEBUG = True\"."
    );
}

#[test]
fn inconclusive_is_4_by_policy_and_a_warning_by_another() {
    let ghost = metric_on(only(GHOST), Metric::Mean, Op::Less, Limit::Time(ms(9)));
    let case = Case::of(ghost).requests(PAGE, 100, ms(5)).readings(&[10.0; 20]);
    let verdict = conclude(run(&plan(), vec![case.judge()]));
    assert_eq!(seen(&verdict), (Outcome::Inconclusive, Ending::Stopped, 4));
    assert_eq!(
        verdict.headline,
        "light (30 users) is inconclusive: the criterion has no data: No request has a time, so there is nothing to judge."
    );
    let case = case.policy(Uncertain::Observed, Reaction::Warn);
    assert_eq!(seen(&conclude(run(&plan(), vec![case.judge()]))), (Outcome::Warned, Ending::Completed, 0));
}

#[test]
fn a_signal_outweighs_everything() {
    let plan = plan();
    for (interruption, code) in
        [(Interruption::Interrupt, 130), (Interruption::Terminate, 143), (Interruption::Deadline, 143)]
    {
        let cut = passed().ending(PhaseEnding::Interrupted).judge();
        let mut evidence = run(&plan, vec![failed().judge(), cut, not_run(&plan, &passed().phase)]);
        evidence.interruption = Some(interruption);
        let verdict = conclude(evidence);
        assert_eq!(seen(&verdict), (Outcome::Interrupted, Ending::Interrupted, code));
        assert!(verdict.headline.ends_with("in light (30 users); 1 of 3 phases were judged."), "{}", verdict.headline);
    }
}

#[test]
fn a_defect_ends_a_run_like_a_signal_and_says_whose_it_is() {
    let plan = plan();
    let mut evidence =
        run(&plan, vec![failed().judge(), lost(&plan, &passed().phase), not_run(&plan, &passed().phase)]);
    evidence.interruption = Some(Interruption::Defect("index out of bounds (src/load/walk.rs:7:3)".to_owned()));
    let verdict = conclude(evidence);
    assert_eq!(seen(&verdict), (Outcome::Interrupted, Ending::Interrupted, 70));
    assert_eq!(
        verdict.headline,
        "stagegate itself broke in light (30 users), which says nothing of the app: index out of bounds \
         (src/load/walk.rs:7:3). Please report this line with your gates.yaml; 1 of 3 phases were judged."
    );
}

#[test]
fn recovery_and_integrity_fail_a_run_whose_ladder_passed() {
    let plan = plan();
    let mut evidence = run(&plan, vec![passed().judge()]);
    evidence.recovery = Some(RecoveryVerdict {
        outcome: Outcome::Failed,
        seconds: None,
        detail: "60 s after the load p50 was 480 ms.".to_owned(),
    });
    let verdict = conclude(evidence.clone());
    assert_eq!(seen(&verdict), (Outcome::Failed, Ending::Completed, 1));
    assert_eq!(
        verdict.headline,
        "1 of 1 phase passed, up to 30 users, but the app did not recover: 60 s after the load p50 was 480 ms."
    );
    evidence.integrity = vec![check("every saved detail is stored", Outcome::Failed, "/lost was 3, not 0")];
    assert_eq!(
        conclude(evidence).headline,
        "1 of 1 phase passed, up to 30 users, but \"every saved detail is stored\" failed after the load: /lost was 3, not 0."
    );
}

#[test]
fn a_failed_run_stays_failed_when_something_else_is_invalid() {
    let mut invalid = passed();
    invalid.facts.generator.exhausted = Some(Exhaustion { of: Scarce::Ports, words: "no ports".to_owned() });
    let verdict = conclude(run(&plan(), vec![failed().judge(), invalid.judge()]));
    assert_eq!((verdict.outcome, verdict.exit_code), (Outcome::Failed, 1));
}

#[test]
fn a_run_that_measured_nothing_never_passes() {
    let plan = plan();
    assert_eq!(conclude(run(&plan, vec![])).exit_code, 4);
    let mut evidence = run(&plan, vec![not_run(&plan, &passed().phase)]);
    assert_eq!(seen(&conclude(evidence.clone())), (Outcome::Inconclusive, Ending::Completed, 4));
    assert_eq!(conclude(run(&plan, vec![passed().judge(), not_run(&plan, &passed().phase)])).exit_code, 4);
    evidence.extent = Extent::DryRun;
    evidence.preflight = vec![check("deployed", Outcome::Passed, "ok")];
    let verdict = conclude(evidence);
    assert_eq!(seen(&verdict), (Outcome::Passed, Ending::Completed, 0));
    assert!(verdict.dry_run);
    assert_eq!((verdict.word(), verdict.tone()), ("dry run", Outcome::NotRun));
    assert_eq!(
        verdict.headline,
        "Nothing was measured and nothing judged. One user walked through 0 scenarios, 1 preflight item passed."
    );
}

#[test]
fn an_item_that_held_and_is_doubted_warns_the_run() {
    let plan = plan();
    let doubted = vec![
        check("deployed", Outcome::Passed, "ok"),
        check("a user can log in", Outcome::Warned, "login: status 200 passed, but it is the login page again"),
    ];
    let mut evidence = run(&plan, vec![passed().judge()]);
    evidence.preflight = doubted.clone();
    let verdict = conclude(evidence);
    assert_eq!(seen(&verdict), (Outcome::Warned, Ending::Completed, 0));
    let warning = "With 1 warning: \"a user can log in\" held, but look at it: login: status 200 passed, but it is the \
                   login page again.";
    assert!(verdict.headline.ends_with(warning), "{}", verdict.headline);
    let mut evidence = run(&plan, vec![not_run(&plan, &passed().phase)]);
    (evidence.extent, evidence.preflight) = (Extent::DryRun, doubted.clone());
    let verdict = conclude(evidence);
    assert_eq!(seen(&verdict), (Outcome::Warned, Ending::Completed, 0));
    assert_eq!((verdict.word(), verdict.tone()), ("dry run", Outcome::Warned), "it is titled as what it is");
    assert!(verdict.headline.starts_with("Nothing was measured and nothing judged."), "{}", verdict.headline);
    assert!(verdict.headline.ends_with(warning) && !verdict.headline.contains(" passed. With"), "{}", verdict.headline);
    let mut evidence = run(&plan, vec![failed().judge()]);
    evidence.preflight = doubted;
    assert_eq!(conclude(evidence).outcome, Outcome::Failed, "a warning outweighs nothing");
}

#[test]
fn without_a_majority_the_highest_is_named_with_its_figure() {
    let mut case = Case::of(quantile(0.95, Op::Less, 750)).requests(PAGE, 500, ms(40));
    for (endpoint, slow) in [(PAGE, 100), (CHART, 120), (GHOST, 90)] {
        case = case.requests(endpoint, slow, ms(1_210));
    }
    case.phase.criteria[0].text = "p95 < 750ms".to_owned();
    let verdict = conclude(run(&plan(), vec![case.judge()]));
    assert!(verdict.headline.ends_with("(certain), highest at chart data (120 of 310)."), "{}", verdict.headline);
    let because = &verdict.phases[0].findings[0].because;
    assert!(because.contains(" The most were at chart data (120 of 310)."), "{because}");
}

#[test]
fn a_limit_is_printed_as_written_and_the_observed_value_on_its_side() {
    let mut case = Case::of(quantile(0.5, Op::Less, 1_234)).requests(PAGE, 600, Duration::from_micros(1_235_400));
    case.phase.criteria[0].text = "p50 < 1234ms".to_owned();
    let verdict = conclude(run(&plan(), vec![case.judge()]));
    let because = &verdict.phases[0].findings[0].because;
    assert!(because.starts_with("p50 was 1.24 s, the limit is < 1.234 s: 600 of 600 requests"), "{because}");
    assert!(verdict.headline.contains("p50 < 1234ms was 1.24 s, "), "{}", verdict.headline);
}

#[test]
fn a_new_comparison_follows_missing_and_an_unsure_one_its_own_policy() {
    let comparison = |outcome| Regression {
        phase: "light".to_owned(),
        cell: "p95".to_owned(),
        endpoint: None,
        unit: "ms".to_owned(),
        file: String::new(),
        line: 0,
        creep: None,
        margin: 0.1,
        rate: false,
        base: None,
        head: None,
        change: None,
        interval: None,
        p_adjusted: None,
        detectable: None,
        outcome,
        because: String::new(),
        waived: None,
        anchor: None,
        history: vec![],
        runs: vec![],
        blocks: vec![],
    };
    let seen = |missing, uncertain, outcome| {
        let mut plan = plan();
        plan.regression = Some(plan::Regression {
            margin: 0.1,
            cells: vec![],
            history: 20,
            confirm: 2,
            missing,
            store: None,
            waivers: vec![],
        });
        plan.policy.uncertain_regression = uncertain;
        let mut evidence = run(&plan, vec![passed().judge()]);
        evidence.regressions = vec![comparison(outcome)];
        conclude(evidence).outcome
    };
    let (fail, warn) = (Reaction::Fail, Reaction::Warn);
    assert_eq!(seen(fail, warn, Outcome::New), Outcome::Inconclusive);
    assert_eq!(seen(warn, fail, Outcome::New), Outcome::Warned);
    assert_eq!(seen(fail, warn, Outcome::Inconclusive), Outcome::Warned);
    assert_eq!(seen(warn, fail, Outcome::Inconclusive), Outcome::Inconclusive);
}

#[test]
fn a_comparison_of_an_invalid_phase_does_not_count() {
    let plan = plan();
    for outcome in [Outcome::Failed, Outcome::Passed, Outcome::Inconclusive] {
        let mut evidence = run(&plan, vec![PhaseVerdict { outcome: Outcome::Invalid, ..passed().judge() }]);
        evidence.regressions = vec![super::waivers::seen(Some(0.2), outcome)];
        evidence.comparison = Some(Comparison::of(&evidence.regressions, ComparisonMode::Interleaved));
        let verdict = conclude(evidence);
        assert_eq!((verdict.outcome, verdict.exit_code), (Outcome::Invalid, 3), "{outcome:?}");
        assert_eq!(verdict.regressions[0].outcome, Outcome::Invalid);
        assert!(verdict.regressions[0].because.starts_with("The phase is invalid"), "{outcome:?}");
        assert_eq!(verdict.comparison.map(|comparison| (comparison.compared, comparison.of)), Some((0, 1)));
    }
}
