//! Checks 1 to 4 and 6: comparisons with stored runs, and block by block.

use fastrand::Rng;
use stagegate::judge::{
    Outcome,
    comparison::{CellResult, stored},
};

use crate::world::{Blocks, Share, any_failed, confirmed, repetitions, run, stored_cells};

const UNCHANGED: [f64; 20] = [1.0; 20];

fn history(rng: &mut Rng, cells: usize, deviation: f64) -> Vec<Vec<f64>> {
    (0..20).map(|_| run(rng, &vec![1.0; cells], deviation)).collect()
}

fn blocks(deviation: f64, margin: f64) -> Blocks {
    Blocks { count: 12, deviation, margin, drift: 0.0, fixed_order: false }
}

/// Check 1.
#[test]
fn unchanged_code_is_blocked_about_once_in_a_hundred_runs() {
    for deviation in [0.03, 0.07, 0.13] {
        let of_stored = Share::count(
            repetitions(1_000),
            |rng| {
                let baseline = history(rng, 20, deviation);
                any_failed(&confirmed(rng, &baseline, &UNCHANGED, (deviation, 0.10)))
            },
            1,
        );
        of_stored.at_most(0.017, &format!("stored, unchanged, sd {deviation}"));
        let of_blocks =
            Share::count(repetitions(300), |rng| any_failed(&blocks(deviation, 0.05).compare(rng, &UNCHANGED)), 2);
        of_blocks.at_most(0.017, &format!("interleaved, unchanged, sd {deviation}"));
    }
}

/// Check 2.
#[test]
fn a_regression_of_exactly_the_margin_is_neither_failed_nor_passed() {
    let mut changes = UNCHANGED;
    changes[7] = 1.10;
    let outcome_of = |results: &[CellResult]| results[7].outcome;
    for wanted in [Outcome::Failed, Outcome::Passed] {
        let of_stored = Share::count(
            repetitions(1_000),
            |rng| {
                let baseline = history(rng, 20, 0.03);
                outcome_of(&confirmed(rng, &baseline, &changes, (0.03, 0.10))) == wanted
            },
            3,
        );
        of_stored.at_most(0.065, &format!("stored, exactly the margin: {}", wanted.word()));
        let of_blocks =
            Share::count(repetitions(300), |rng| outcome_of(&blocks(0.03, 0.10).compare(rng, &changes)) == wanted, 4);
        of_blocks.at_most(0.065, &format!("interleaved, exactly the margin: {}", wanted.word()));
    }
}

/// Check 4.
#[test]
fn drift_does_no_harm_in_random_order_and_would_in_a_fixed_one() {
    let drifting = |fixed_order| Blocks { count: 12, deviation: 0.03, margin: 0.05, drift: 0.10, fixed_order };
    let random = Share::count(repetitions(300), |rng| any_failed(&drifting(false).compare(rng, &UNCHANGED)), 5);
    random.at_most(0.017, "interleaved, drift, random order");
    let fixed = Share::count(repetitions(100), |rng| any_failed(&drifting(true).compare(rng, &UNCHANGED)), 6);
    fixed.at_least(0.80, "interleaved, drift, fixed order");
}

/// Check 6.
#[test]
fn creep_is_silent_run_by_run_and_seen_by_the_anchor() {
    let mut silent = 0;
    let histories = repetitions(300);
    let seen = Share::count(
        histories,
        |rng| {
            let mut runs: Vec<Vec<f64>> = history(rng, 1, 0.03);
            let anchor: Vec<Vec<f64>> = runs[..10].to_vec();
            let (mut rolling_failed, mut anchor_failed) = (false, false);
            let mut level: f64 = 1.0;
            while level * 1.015 < 1.30 && !anchor_failed {
                level *= 1.015;
                let head = vec![run(rng, &[level], 0.03)];
                let result = &stored(&stored_cells(&runs, &head, &anchor, 0.10))[0];
                anchor_failed |= result.anchor.is_some_and(|anchor| anchor.outcome == Outcome::Failed);
                rolling_failed |= result.outcome == Outcome::Failed && !anchor_failed;
                runs.extend(head);
            }
            silent += u32::from(!rolling_failed);
            anchor_failed
        },
        7,
    );
    seen.at_least(0.90, "creep: the anchor fails before +30 %");
    Share { of: histories, hits: silent }.at_least(0.80, "creep: the rolling comparison is silent");
}
