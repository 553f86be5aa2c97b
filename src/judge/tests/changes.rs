//! Comparisons in words: which comes first, and what the first line says.

use super::runs::{passed, run};
use crate::{
    judge::{
        Anchored, Comparison, ComparisonMode, Creep, Outcome, Regime, Regression, RunEvidence, Verdict,
        comparison::AnchorResult, conclude, groups, ranked,
    },
    plan::{self, Plan, Reaction},
};

/// An endpoint's p95 that became slower by a fifth.
fn chart() -> Regression {
    Regression {
        phase: "light".to_owned(),
        cell: "p95(chart data)".to_owned(),
        endpoint: Some("chart data".to_owned()),
        unit: "ms".to_owned(),
        file: String::new(),
        line: 0,
        margin: 0.1,
        rate: false,
        base: Some(180.0),
        head: Some(214.0),
        change: Some(0.189),
        interval: Some([0.131, 0.251]),
        p_adjusted: Some(0.003),
        detectable: Some(0.124),
        outcome: Outcome::Failed,
        because: "The whole interval lies above the margin.".to_owned(),
        waived: None,
        anchor: None,
        creep: None,
        history: vec![180.0; 20],
        runs: vec![214.0],
        blocks: vec![],
    }
}

/// A cell of a whole phase.
fn whole(phase: &str, outcome: Outcome, interval: [f64; 2]) -> Regression {
    let (phase, cell) = (phase.to_owned(), "p50".to_owned());
    Regression { phase, cell, endpoint: None, outcome, interval: Some(interval), ..chart() }
}

fn new(cell: &str) -> Regression {
    let (cell, because) = (cell.to_owned(), "3 baseline runs; a comparison needs 5.".to_owned());
    Regression { cell, because, outcome: Outcome::New, change: None, interval: None, p_adjusted: None, ..chart() }
}

fn stored() -> Comparison {
    let anchored =
        Anchored { label: Some("v1.8".to_owned()), commit: "b00c".to_owned(), at: "2026-11-03T08:00:00Z".to_owned() };
    Comparison {
        mode: ComparisonMode::Stored,
        source: Some("base".to_owned()),
        compared: 1,
        of: 1,
        head_runs: 1,
        regime: Some(Regime {
            since: "2026-11-01T08:00:00Z".to_owned(),
            because: "the regime began with the store".to_owned(),
            branch: "main".to_owned(),
            runs: 33,
            commits: vec!["a1".to_owned(), "b2".to_owned()],
            anchor: 10,
            anchored: Some(anchored),
        }),
        notes: vec![],
        ruler_s: vec![],
    }
}

fn verdict(plan: &Plan, regressions: Vec<Regression>) -> Verdict {
    let evidence = run(plan, vec![passed().judge()]);
    conclude(RunEvidence { regressions, comparison: Some(stored()), ..evidence })
}

fn comparing(missing: Reaction) -> Plan {
    let regression =
        plan::Regression { margin: 0.1, cells: vec![], history: 20, confirm: 2, missing, store: None, waivers: vec![] };
    Plan { regression: Some(regression), ..super::plan() }
}

fn names(regressions: &[Regression]) -> Vec<String> {
    ranked(regressions).into_iter().map(Regression::name).collect()
}

#[test]
fn what_failed_comes_first_and_an_endpoint_before_its_phase() {
    let all = [
        whole("a", Outcome::Passed, [-0.02, 0.02]),
        new("p99"),
        whole("b", Outcome::Inconclusive, [0.05, 0.2]),
        whole("c", Outcome::Failed, [0.9, 1.9]),
        chart(),
        whole("d", Outcome::Inconclusive, [0.15, 0.4]),
    ];
    assert_eq!(names(&all), ["light/p95(chart data)", "c/p50", "d/p50", "b/p50", "light/p99", "a/p50"]);
}

#[test]
fn among_endpoints_the_one_that_is_furthest_beyond_its_margin_comes_first() {
    let other = |phase: &str, margin, low| Regression {
        phase: phase.to_owned(),
        margin,
        interval: Some([low, 0.5]),
        ..chart()
    };
    // 0.06 beyond 0.05 says more than 0.13 beyond 0.2.
    let all = [other("wide", 0.2, 0.33), other("narrow", 0.05, 0.11), other("far", 0.1, 0.45)];
    assert_eq!(names(&all), ["far/p95(chart data)", "narrow/p95(chart data)", "wide/p95(chart data)"]);
}

#[test]
fn what_came_to_the_same_is_one_group() {
    let mut all: Vec<Regression> = (0..21).map(|at| new(&format!("p{at}"))).collect();
    all.push(whole("a", Outcome::Passed, [0.0, 0.0]));
    all.push(whole("b", Outcome::Inconclusive, [0.0, 0.2]));
    let groups = groups(&all);
    let titles: Vec<String> = groups.iter().map(super::super::Group::title).collect();
    assert_eq!(titles, ["b/p50 is inconclusive", "21 comparisons are new"]);
}

#[test]
fn a_regression_says_what_from_what_to_what_how_sure_and_against_what() {
    let verdict = verdict(&comparing(Reaction::Warn), vec![whole("light", Outcome::Failed, [0.2, 0.4]), chart()]);
    assert_eq!(verdict.exit_code, 1);
    assert_eq!(
        verdict.headline,
        "chart data in light became slower: p95 from 180 ms to 214 ms, +18.9 % (interval +13.1 to +25.1 %, margin \
         10 %, adjusted p 0.003), against 20 stored runs of main since 2026-11-01; one more cell became worse too; every \
         blocking criterion held."
    );
}

#[test]
fn interleaved_it_names_the_other_deployment() {
    let comparison = Comparison {
        mode: ComparisonMode::Interleaved,
        source: Some("http://127.0.0.1:9001/".to_owned()),
        regime: None,
        ..stored()
    };
    let cell = Regression { blocks: vec![[Some(1.0), Some(2.0)]; 8], history: vec![], ..chart() };
    let sentence = cell.sentence(Some(&comparison));
    assert!(sentence.ends_with("adjusted p 0.003), against 8 blocks of http://127.0.0.1:9001/"), "{sentence}");
}

#[test]
fn a_rate_changes_by_points() {
    let cell = Regression {
        cell: "error_rate".to_owned(),
        endpoint: None,
        unit: "1".to_owned(),
        margin: 0.01,
        rate: true,
        base: Some(0.0),
        head: Some(0.03),
        change: Some(0.03),
        interval: Some([0.021, 0.039]),
        ..chart()
    };
    assert_eq!(
        cell.sentence(None),
        "light became worse: error_rate from 0 % to 3 %, +3 points (interval +2.1 to +3.9 points, margin 1 point, \
         adjusted p 0.003)"
    );
}

#[test]
fn an_end_of_the_interval_never_reads_as_the_margin() {
    let cell = Regression { interval: Some([0.100_04, 0.25]), ..chart() };
    assert_eq!(cell.interval_words(), "+10.004 to +25 %");
}

#[test]
fn creep_is_told_from_the_anchor_on() {
    let anchor = AnchorResult {
        outcome: Outcome::Failed,
        change: Some(0.174),
        interval: Some([0.152, 0.196]),
        p_adjusted: 0.000_2,
    };
    let creep = Creep { base: 182.3, margin: 0.15, runs: 23, largest_step: 0.021 };
    let cell = Regression {
        change: Some(0.036),
        interval: Some([0.011, 0.062]),
        anchor: Some(anchor),
        creep: Some(creep),
        ..chart()
    };
    assert_eq!(
        cell.sentence(Some(&stored())),
        "chart data in light crept by +17.4 % since v1.8 (commit b00c, 2026-11-03) over 23 runs, largest single step \
         +2.1 %: p95 from 182 ms to 214 ms (interval +15.2 to +19.6 %, margin 15 %, adjusted p below 0.001)"
    );
}

#[test]
fn twenty_one_new_comparisons_are_one_clause_of_a_warned_run() {
    let cells = (0..21).map(|at| new(&format!("p{at}"))).collect();
    let verdict = verdict(&comparing(Reaction::Warn), cells);
    assert_eq!((verdict.outcome, verdict.exit_code), (Outcome::Warned, 0));
    assert!(
        verdict.headline.ends_with("none failed. 21 comparisons are new: 3 baseline runs; a comparison needs 5."),
        "{}",
        verdict.headline
    );
}

#[test]
fn a_missing_baseline_that_fails_the_run_is_what_its_headline_says() {
    let verdict = verdict(&comparing(Reaction::Fail), vec![new("p50"), new("p95")]);
    assert_eq!((verdict.outcome, verdict.exit_code), (Outcome::Inconclusive, 4));
    assert!(
        verdict.headline.ends_with(
            ", but 2 comparisons are new, which `regression.missing: fail` does not let pass: 3 baseline runs; a \
             comparison needs 5."
        ),
        "{}",
        verdict.headline
    );
}

#[test]
fn what_was_measured_and_not_compared_never_passes() {
    let not_run = || Regression { outcome: Outcome::NotRun, ..new("p95") };
    let warned = verdict(&comparing(Reaction::Warn), vec![not_run()]);
    assert_eq!((warned.outcome, warned.exit_code), (Outcome::Warned, 0), "{}", warned.headline);
    let failed = verdict(&comparing(Reaction::Fail), vec![not_run()]);
    assert_eq!((failed.outcome, failed.exit_code), (Outcome::Inconclusive, 4), "{}", failed.headline);
    assert!(failed.headline.contains("light/p95 was not run, which `regression.missing: fail`"), "{}", failed.headline);
}

#[test]
fn beside_a_phase_that_does_not_count_no_criterion_held() {
    let plan = comparing(Reaction::Warn);
    let mut evidence = run(&plan, vec![passed().judge(), passed().judge()]);
    evidence.phases[1].name = "heavy".to_owned();
    evidence.phases[1].outcome = Outcome::Invalid;
    let verdict = conclude(RunEvidence { regressions: vec![chart()], comparison: Some(stored()), ..evidence });
    assert!(verdict.headline.ends_with("since 2026-11-01; heavy itself is invalid."), "{}", verdict.headline);
}
