//! What a reader is told first, and in which order.

use super::*;
use crate::report::fixtures;

fn listed(verdict: &Verdict) -> Vec<String> {
    of(verdict).iter().map(|trouble| format!("{} {} {}", trouble.standing.word(), trouble.part, trouble.what)).collect()
}

#[test]
fn a_pass_has_no_trouble() {
    assert_eq!(listed(&fixtures::passed()), Vec::<String>::new());
}

#[test]
fn the_heaviest_comes_first() {
    assert_eq!(
        listed(&fixtures::failed()),
        [
            "failed medium p95 < 750ms",
            "failed medium p99 < 1500ms",
            "failed medium no timeouts",
            "failed recovery the app recovers",
            "warned medium band database.connections",
        ]
    );
    assert_eq!(
        listed(&fixtures::warned()),
        ["warned medium p50 < 300ms", "warned medium band app.cpu", "uncertain medium p95(not auth) < 500ms"]
    );
    assert_eq!(listed(&fixtures::invalid()), ["invalid light the whole phase"]);
    assert_eq!(listed(&fixtures::not_ready()), ["failed preflight debug mode is off"]);
    assert_eq!(listed(&fixtures::inconclusive()), ["inconclusive light p95(report) < 500ms"]);
}

#[test]
fn comparisons_that_came_to_the_same_are_one_trouble() {
    assert_eq!(listed(&fixtures::new()), ["warned regression 21 comparisons are new"]);
    assert_eq!(
        listed(&fixtures::regressed()),
        [
            "failed regression light/p95(chart data)",
            "failed regression heavy/p95",
            "inconclusive regression medium/p50",
            "inconclusive regression 2 comparisons are new",
        ]
    );
}

#[test]
fn a_comparison_that_was_not_run_is_a_trouble_only_where_its_phase_was() {
    let mut verdict = fixtures::passed();
    verdict.regressions = fixtures::regressed().regressions[..1].to_vec();
    (verdict.regressions[0].outcome, verdict.regressions[0].change) = (Outcome::NotRun, None);
    assert_eq!(listed(&verdict), ["warned regression light/p50 was not run"]);
    verdict.phases[1].outcome = Outcome::NotRun;
    assert_eq!(listed(&verdict), Vec::<String>::new());
}

#[test]
fn what_an_invalid_phase_saw_comes_after_that_it_does_not_count() {
    let mut verdict = fixtures::invalid();
    verdict.phases[1].findings[0].outcome = Outcome::Failed;
    verdict.phases[1].monitors[0].band = Band::Missing;
    let gauge = format!("{} gave 0 readings: nobody answers.", verdict.phases[1].monitors[0].name);
    verdict.phases[1].because.push(gauge);
    let troubles = of(&verdict);
    assert_eq!((troubles[0].what.as_str(), troubles[0].standing), ("the whole phase", Standing::Invalid));
    assert_eq!(
        troubles[0].because, "Lateness p99 was 212 ms; at most 10 ms is allowed.",
        "gauges speak for themselves"
    );
    assert!(troubles.iter().all(|trouble| trouble.standing != Standing::Failed));
    assert_eq!(troubles.len(), 3);
}

#[test]
fn what_to_try_for_slow_answers_follows_the_diagnosis() {
    let mut verdict = fixtures::failed();
    let advice = |verdict: &Verdict| of(verdict)[0].advice.clone().unwrap_or_default();
    assert!(advice(&verdict).starts_with("Enlarge the connection pool (database.connections reached 96)"));
    assert_eq!(of(&verdict)[1].advice, None, "it is said once");
    verdict.diagnosis = None;
    assert!(advice(&verdict).starts_with("Begin with chart data"));
}

#[test]
fn says_the_numbers_and_how_sure_they_are() {
    let verdict = fixtures::failed();
    let numbers: Vec<_> = of(&verdict).iter().map(Trouble::numbers).collect();
    assert_eq!(
        numbers[..4],
        [
            "1.21 s, limit 750 ms, interval 1.1 s to 1.38 s; certain",
            "1.5004 s, limit 1.5 s, interval 1.42 s to 1.73 s; not certain, the observed value decides",
            "14 events, limit 0 events; certain",
            "",
        ]
    );
    let verdict = fixtures::inconclusive();
    assert_eq!(of(&verdict)[0].numbers(), "no samples, limit 500 ms; nothing was measured");
}

#[test]
fn a_phase_that_its_findings_do_not_explain_explains_itself() {
    let mut verdict = fixtures::passed();
    verdict.phases[1].outcome = Outcome::Failed;
    verdict.phases[1].because = vec!["Every request failed for 5 s: the target stopped answering.".to_owned()];
    let troubles = of(&verdict);
    assert_eq!(troubles.len(), 1);
    assert_eq!(troubles[0].because, "Every request failed for 5 s: the target stopped answering.");
    assert_eq!(troubles[0].place, place("gates.yaml", 120));
    // It does so, too, beside a criterion that warns.
    let mut verdict = fixtures::warned();
    let alone = of(&verdict).len();
    verdict.phases[2].because.push("Only 12 of 50 users had logged in when the window ended.".to_owned());
    let troubles = of(&verdict);
    assert_eq!(troubles.len(), alone + 1);
    assert!(troubles.iter().any(|trouble| trouble.because.starts_with("Only 12 of 50 users")), "{troubles:?}");
}

#[test]
fn where_stagegate_itself_broke_nothing_is_to_be_tried() {
    let mut verdict = fixtures::inconclusive();
    assert!(of(&verdict).iter().any(|trouble| trouble.advice.is_some()));
    verdict.exit_code = DEFECT;
    assert!(of(&verdict).iter().all(|trouble| trouble.advice.is_none()));
}
