//! Worlds of which the noise is known.

use super::*;
use crate::{
    judge::tests,
    plan::{self, Reaction},
};

/// p50, p95 and the error rate of one phase.
fn plan(margin: f64) -> Plan {
    let cell =
        |name: &str, metric, margin| Compared { name: name.to_owned(), metric, endpoints: vec![], margin, place: None };
    let cells = vec![
        cell("p50", Metric::Quantile(0.5), margin),
        cell("p95", Metric::Quantile(0.95), margin),
        cell("error_rate", Metric::ErrorRate, 0.01),
    ];
    let regression = plan::Regression {
        margin,
        cells,
        history: 20,
        confirm: 2,
        missing: Reaction::Warn,
        store: None,
        waivers: Vec::new(),
    };
    Plan { phases: vec![tests::phase("light", 10, vec![])], regression: Some(regression), ..tests::plan() }
}

/// Standard normal numbers from a seed: twelve uniform ones less six. (Xorshift, so that the room needs no crate.)
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        let mut uniform = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..12).map(|_| uniform()).sum::<f64>() - 6.0
    }
}

/// So many runs around 100 ms: each by itself with this deviation, and on a wave of this deviation that lasts sixteen runs.
fn world(runs: usize, own: f64, slow: f64) -> Vec<RunValues> {
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let wave = |at: usize| slow * 2.0_f64.sqrt() * (at as f64 / 16.0 * std::f64::consts::TAU).sin();
    (0..runs)
        .map(|at| {
            let mut value = |base: f64| base * (wave(at) + own * noise.next()).exp();
            let cells = [("light/p50", value(100.0)), ("light/p95", value(300.0)), ("light/error_rate", 0.0)];
            cells.map(|(name, value)| (name.to_owned(), value)).into()
        })
        .collect()
}

#[test]
fn a_calm_runner_holds_a_fine_margin_and_stored_runs_will_do() {
    let found = calibrate(&plan(0.1), &world(48, 0.03, 0.0), 8);
    let p95 = found.cells.iter().find(|cell| cell.name == "light/p95").expect("it has numbers");
    assert!((0.02..0.04).contains(&p95.between_runs.expect("48 runs")), "{p95:?}");
    assert_eq!((p95.runs, found.cells.len()), (48, 3));
    let stored = found.stored.as_ref().expect("enough runs");
    assert_eq!((stored.each, stored.false_alarms.of), (3, 16));
    assert_eq!(stored.false_alarms.count, 0, "{stored:?}");
    assert!(stored.margin.as_ref().is_ok_and(|margin| (0.05..=0.15).contains(margin)), "{stored:?}");
    assert_eq!(stored.detected[2].count, 16, "half as slow again is always seen: {stored:?}");
    assert!(stored.detected[0].count < 4, "10 % is the margin itself: {stored:?}");
    let interleaved = found.interleaved.as_ref().expect("enough runs");
    assert_eq!((interleaved.each, interleaved.false_alarms.of), (8, 3));
}

#[test]
fn a_runner_that_drifts_is_better_compared_side_by_side() {
    let found = calibrate(&plan(0.1), &world(64, 0.02, 0.13), 8);
    let p95 = found.cells.iter().find(|cell| cell.name == "light/p95").expect("it has numbers");
    let (runs, neighbours) = (p95.between_runs.expect("64"), p95.between_neighbours.expect("32 pairs"));
    assert!(runs > 0.1 && neighbours < 0.1, "{p95:?}");
    let (mode, margin) = found.recommended().expect("one of them holds");
    assert_eq!(mode, ComparisonMode::Interleaved, "{found:?}");
    assert!(margin <= 0.15, "{margin}");
    assert!(
        found.stored.as_ref().is_ok_and(
            |stored| stored.margin.as_ref().is_err() || stored.margin.as_ref().is_ok_and(|held| *held > margin)
        ),
        "{found:?}"
    );
}

#[test]
fn a_runner_without_measure_holds_nothing() {
    let found = calibrate(&plan(0.1), &world(48, 0.9, 0.0), 8);
    assert_eq!(found.recommended(), None, "{found:?}");
}

#[test]
fn what_was_not_measured_is_not_known() {
    let few = calibrate(&plan(0.1), &world(7, 0.03, 0.0), 8);
    assert!(!few.knows_something());
    assert_eq!(few.stored.as_ref().expect_err("7 are too few"), "it needs 8 runs (5 stored and 3 of the head)");
    assert_eq!(few.interleaved.as_ref().expect_err("7 are too few"), "it needs 16 runs (8 blocks of two)");
    let none = calibrate(&plan(0.1), &[], 8);
    assert!(none.cells.is_empty() && !none.knows_something());
    let without_numbers = calibrate(&plan(0.1), &vec![RunValues::new(); 48], 8);
    assert!(without_numbers.cells.is_empty());
    assert_eq!(without_numbers.recommended(), None);
    assert!(!without_numbers.knows_something(), "no comparison is no false alarm: {without_numbers:?}");
}

#[test]
fn a_margin_of_too_few_stored_runs_is_not_known() {
    let margin = |runs| calibrate(&plan(0.1), &world(runs, 0.03, 0.0), 8).stored.expect("8 are enough").margin;
    assert_eq!(margin(8), Err("not known: it needs 13 runs (10 stored and 3 of the head)".to_owned()));
    assert!(margin(12).is_err_and(|why| why.starts_with("not known")));
    assert!(margin(13).is_ok(), "{:?}", margin(13));
}

#[test]
fn a_share_says_how_little_few_comparisons_tell() {
    let share = Share::new(0, 5);
    assert!(share.interval[0] == 0.0 && share.interval[1] > 0.4, "{share:?}");
}
