//! A load of another tool that paused within its window.

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::{
    config,
    foreign::{Cut, Meters, Survey, Tool, claims, survey},
    judge::{self, Outcome, PhaseEvidence, PhaseVerdict, regression},
    plan::{self, Choice, Foreign, Plan},
};

/// A window of so many seconds; `more` are further keys of the phase.
fn plan(found: &Survey, window: u64, more: &str) -> Plan {
    let text = format!(
        "version: 1\ngate: g\ntarget: {{url: demo}}\nregression: {{cells: [p95]}}\nphases:\n  - {{name: light, {more}, duration: {window}s, \
         criteria: ['success_rate > 99%', 'max < 1s']}}\n"
    );
    let (config, problems) = config::read_without_load("gates.yaml", text.as_bytes(), &config::Environment::default());
    let config = config.unwrap_or_else(|| panic!("{problems}"));
    let foreign =
        Foreign { tool: "ndjson".to_owned(), rows: found.rows().to_vec(), windows: Vec::new(), open: Vec::new() };
    plan::build(&config, &Choice { foreign: Some(foreign), ..Choice::default() }).unwrap_or_else(|why| panic!("{why}"))
}

/// The verdict on requests that started at these milliseconds in a window of a minute, and how many of its cells are compared.
fn judged(starts: impl Iterator<Item = u64>, more: &str) -> (PhaseVerdict, usize) {
    judged_over(60, starts, more)
}

fn judged_over(window: u64, starts: impl Iterator<Item = u64>, more: &str) -> (PhaseVerdict, usize) {
    let mut text = String::new();
    for start in starts {
        let at = 1_790_000_000_000 + start;
        writeln!(text, r#"{{"at": {at}, "endpoint": "page", "service_ms": 20, "status": 200}}"#).expect("in memory");
    }
    let mut found = Survey::default();
    survey(Tool::Ndjson, ("f", &mut text.as_bytes()), &mut found).unwrap_or_else(|error| panic!("{error}"));
    let plan = plan(&found, window, more);
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
    judged(steady(60, seconds), more)
}

/// Ten requests a second in a window of so many seconds but in these.
fn steady(window: u64, without: &[[u64; 2]]) -> impl Iterator<Item = u64> {
    let kept = move |at: &u64| !without.iter().any(|[from, to]| (*from..*to).contains(&(at / 1000)));
    (0..window * 10).map(|at| at * 100).filter(kept)
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
    let pauses =
        "No request started for 7 s of the window, in 3 pauses; the longest was 3 s, from 30 s on: the tool paused";
    assert!(said.contains(pauses), "{said}");
}

/// A few pauses are no rhythm in a short window either, nor are more of them that come at odd times or far apart.
#[test]
fn several_pauses_are_no_rhythm() {
    for (window, pauses) in [
        (30, &[[5, 8], [13, 16], [21, 24]][..]),
        (30, &[[3, 6], [10, 13], [15, 18], [23, 26]]),
        (30, &[[1, 4], [5, 8], [9, 12], [13, 16], [26, 29]]),
        (30, &[[9, 12], [13, 16], [17, 20], [21, 24], [25, 28]]),
        (40, &[[8, 11], [18, 21], [28, 31]]),
        (40, &[[5, 8], [12, 15], [19, 22], [26, 29], [33, 36]]),
        (60, &[[7, 10], [17, 20], [27, 30], [37, 40], [47, 50], [57, 59]]),
    ] {
        let (verdict, compared) = judged_over(window, steady(window, pauses), "users: 5");
        assert_eq!((verdict.outcome, compared), (Outcome::Inconclusive, 0), "{window} s without {pauses:?}");
    }
}

#[test]
fn what_chance_explains_and_how_a_load_goes_is_no_pause() {
    // Users who all sleep for four seconds between iterations of two.
    let together = (0..60_000).step_by(50).filter(|at| at % 6_000 < 2_000);
    let (together, _) = judged(together, "users: 5");
    assert_eq!(together.outcome, Outcome::Passed, "{:?}", together.because);
    for window in [30, 40] {
        let together = (0..window * 1000).step_by(50).filter(|at| at % 4_000 < 2_000);
        let (together, _) = judged_over(window, together, "users: 5");
        assert_eq!(together.outcome, Outcome::Passed, "{window} s: {:?}", together.because);
    }
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

    /// However ten and more requests a second are spread, up to four holes that leave less than nine tenths of a window are
    /// never a pass, wherever they are.
    #[test]
    fn holes_of_more_than_a_tenth_in_a_dense_load_decide_nothing(
        window in prop::sample::select(vec![30_u64, 40, 60, 120]),
        count in 1_u64..5,
        seed in any::<u64>(),
    ) {
        let mut random = fastrand::Rng::with_seed(seed);
        let shortest = (window / 10 + 1).div_ceil(count).max(2);
        let holes: Vec<u64> = (0..count).map(|_| random.u64(shortest..shortest + 3)).collect();
        // Each hole follows another of the seconds with requests, and one of them follows the last hole.
        let busy = window - holes.iter().sum::<u64>();
        let mut before: Vec<u64> = (1..busy).collect();
        random.shuffle(&mut before);
        before.truncate(holes.len());
        before.sort_unstable();
        let mut starts = vec![0];
        let mut second = 0;
        for at in 0..busy {
            let hole = before.iter().position(|before| *before == at);
            second += hole.map_or(0, |hole| holes[hole]);
            starts.extend((0..random.u64(10..40)).map(|_| second * 1000 + random.u64(..1000)));
            second += 1;
        }
        let (verdict, compared) = judged_over(window, starts.into_iter(), "users: 5");
        prop_assert_eq!((verdict.outcome, compared), (Outcome::Inconclusive, 0), "{:?} before {:?}", holes, before);
    }
}
