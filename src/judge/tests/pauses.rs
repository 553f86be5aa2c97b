//! A load of another tool that paused within its window.

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::{
    config,
    foreign::{Cut, Meters, Survey, Tool, claims, survey},
    judge::{self, Outcome, PhaseEvidence, PhaseVerdict, regression},
    plan::{self, Choice, Foreign, Plan},
};

/// A window of a minute; `more` are further keys of the phase.
fn plan(found: &Survey, more: &str) -> Plan {
    let text = format!(
        "version: 1\ngate: g\ntarget: {{url: demo}}\nregression: {{cells: [p95]}}\nphases:\n  - {{name: light, {more}, duration: 60s, criteria: \
         ['success_rate > 99%', 'max < 1s']}}\n"
    );
    let (config, problems) = config::read_without_load("gates.yaml", text.as_bytes(), &config::Environment::default());
    let config = config.unwrap_or_else(|| panic!("{problems}"));
    let foreign =
        Foreign { tool: "ndjson".to_owned(), rows: found.rows().to_vec(), windows: Vec::new(), open: Vec::new() };
    plan::build(&config, &Choice { foreign: Some(foreign), ..Choice::default() }).unwrap_or_else(|why| panic!("{why}"))
}

/// The verdict on requests that started at these milliseconds, and how many of its cells are compared.
fn judged(starts: impl Iterator<Item = u64>, more: &str) -> (PhaseVerdict, usize) {
    let mut text = String::new();
    for start in starts {
        let at = 1_790_000_000_000 + start;
        writeln!(text, r#"{{"at": {at}, "endpoint": "page", "service_ms": 20, "status": 200}}"#).expect("in memory");
    }
    let mut found = Survey::default();
    survey(Tool::Ndjson, ("f", &mut text.as_bytes()), &mut found).unwrap_or_else(|error| panic!("{error}"));
    let plan = plan(&found, more);
    let claims = claims(&plan, &Cut::ByTime, &found).unwrap_or_else(|error| panic!("{error}"));
    let mut meters = Meters::new(&plan, &found, claims);
    meters.count(Tool::Ndjson, ("f", &mut text.as_bytes())).expect("it is read");
    let measured = meters.finish();
    let evidence =
        PhaseEvidence { plan: &plan, phase: &plan.phases[0], measurements: &measured.phases[0], gauges: &[] };
    (judge::phase(evidence), regression::values(evidence).len())
}

/// Ten requests a second for a minute but in these seconds.
fn without(seconds: &[[u64; 2]], more: &str) -> (PhaseVerdict, usize) {
    let kept = |at: &u64| !seconds.iter().any(|[from, to]| (*from..*to).contains(&(at / 1000)));
    judged((0..600).map(|at| at * 100).filter(kept), more)
}

#[test]
fn a_pause_in_the_middle_is_never_a_silent_pass() {
    let (whole, compared) = without(&[], "users: 5");
    assert_eq!((whole.outcome, whole.because.len(), compared), (Outcome::Passed, 0, 1), "{:?}", whole.because);
    let (short, compared) = without(&[[23, 27]], "users: 5");
    assert_eq!((short.outcome, compared), (Outcome::Warned, 1));
    assert!(
        short.because[0].starts_with("No request started for 4 s of the window, from 23 s of it on: the tool paused"),
        "{:?}",
        short.because
    );
    assert!(short.findings.iter().all(|finding| finding.outcome == Outcome::Passed));
    assert_eq!((short.is_part(), short.paused_s, whole.paused_s), (false, Some(4.0), None));
    let (long, compared) = without(&[[23, 30]], "users: 5");
    assert_eq!((long.outcome, compared), (Outcome::Inconclusive, 0), "seven seconds of sixty are more than a tenth");
    assert!(long.findings.iter().all(|finding| finding.outcome == Outcome::Inconclusive && !finding.certain));
    assert!(
        long.because.iter().any(|why| why.starts_with("The files tell of 53 s of a window of 60 s. No request")),
        "{:?}",
        long.because
    );
    assert_eq!((long.is_part(), long.paused_s), (true, Some(7.0)));
    let (several, _) = without(&[[10, 12], [30, 33], [50, 52]], "users: 5");
    assert_eq!(several.outcome, Outcome::Inconclusive);
    let said = several.because.join(" ");
    assert!(said.contains("in 3 pauses, 7 s of the window, the longest of 3 s from 30 s of it on"), "{said}");
}

#[test]
fn what_chance_explains_and_how_a_load_goes_is_no_pause() {
    // Users who all sleep for four seconds between iterations of two.
    let together = (0..60_000).step_by(50).filter(|at| at % 6_000 < 2_000);
    let (together, _) = judged(together, "users: 5");
    assert_eq!(together.outcome, Outcome::Passed, "{:?}", together.because);
    // Five requests that by chance lie ten seconds apart and more.
    let rare = [0, 9_000, 31_000, 42_000, 59_000].into_iter();
    let (rare, _) = judged(rare, "users: 5");
    assert_eq!(rare.outcome, Outcome::Passed, "{:?}", rare.because);
    // A rate that goes down to nothing and comes back, as planned; and the same load where it should have stayed.
    let dip = |at: &u64| !(20..40).contains(&(at / 1000));
    let starts = || (0..600).map(|at| at * 100).filter(dip);
    let planned = "rate: [10/s over 20s, 0.1/s over 20s, 10/s]";
    assert_eq!(judged(starts(), planned).0.outcome, Outcome::Passed);
    assert_eq!(judged(starts(), "rate: 10/s").0.outcome, Outcome::Inconclusive);
}

#[test]
fn pauses_at_the_ends_shorten_the_window_though_a_ramp_and_strays_surround_it() {
    // A ramp of 5 s, and the window from there on; nothing starts in its first ten seconds.
    let late = (0..650).map(|at| at * 100).filter(|at| !(5_000..15_000).contains(at));
    let (late, compared) = judged(late, "users: 5, spawn_rate: 1/s");
    assert_eq!((late.outcome, compared), (Outcome::Inconclusive, 0), "{:?}", late.because);
    let early = (0..650).map(|at| at * 100).filter(|at| !(50_000..65_000).contains(at));
    let (early, _) = judged(early, "users: 5, spawn_rate: 1/s");
    assert_eq!(early.outcome, Outcome::Inconclusive, "{:?}", early.because);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// However a load is spread, an empty stretch of a tenth and more is never a pass where the rest is dense and even.
    #[test]
    fn a_dense_load_with_a_hole_of_a_tenth_decides_nothing(from in 1_u64..50, length in 7_u64..10, each in 20_u64..150) {
        let hole = from * 1000..(from + length) * 1000;
        let starts = (0..60_000).step_by(each as usize).filter(|at| !hole.contains(at));
        let (verdict, compared) = judged(starts, "users: 5");
        prop_assert_eq!((verdict.outcome, compared), (Outcome::Inconclusive, 0));
    }
}
