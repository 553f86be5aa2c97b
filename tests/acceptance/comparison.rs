//! Checks 1 to 6: comparisons with stored runs, and block by block.

use fastrand::Rng;
use stagegate::judge::{
    Outcome,
    comparison::{CellResult, Ruler, by_ruler, stored},
};

use crate::world::{Blocks, Share, any_failed, calm_run, confirmed, history, normal, repetitions, run, stored_cells};

const UNCHANGED: [f64; 20] = [1.0; 20];

fn blocks(deviation: f64, margin: f64) -> Blocks {
    Blocks { count: 12, deviation, margin, drift: 0.0, fixed_order: false, outliers: true }
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
        // The deviation is that of a run, so the difference of a block's two sides has sqrt(2) of it.
        for count in [8, 12] {
            let noisy = Blocks { count, ..blocks(deviation * std::f64::consts::SQRT_2, 0.05) };
            let of_blocks = Share::count(repetitions(300), |rng| any_failed(&noisy.compare(rng, &UNCHANGED)), 2);
            of_blocks.at_most(0.017, &format!("interleaved, {count} blocks, unchanged, sd {deviation}"));
        }
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

/// Check 3, with noise as the intervals assume it: without outliers, whose part depends on how many the blocks hold.
#[test]
fn a_regression_of_the_printed_detectable_effect_is_found_in_four_of_five_runs() {
    let slower = |effect: f64| {
        let mut changes = UNCHANGED;
        changes[7] += effect;
        changes
    };
    for deviation in [0.03, 0.07] {
        let found = |rng: &mut Rng| {
            let baseline: Vec<Vec<f64>> = (0..20).map(|_| calm_run(rng, &UNCHANGED, deviation)).collect();
            let compare = |head: &[Vec<f64>]| stored(&stored_cells(&baseline, head, &[], 0.10)).remove(7);
            let effect = compare(&[calm_run(rng, &UNCHANGED, deviation)]).detectable.expect("a detectable effect");
            compare(&[calm_run(rng, &slower(effect), deviation)]).outcome == Outcome::Failed
        };
        let of_stored = Share::count(repetitions(400), found, 8);
        of_stored.between((0.72, 0.86), &format!("stored, the detectable effect at sd {deviation}: failed"));
        let found = |rng: &mut Rng| {
            let measured = Blocks { outliers: false, ..blocks(deviation, 0.05) };
            let effect = measured.compare(rng, &UNCHANGED)[7].detectable.expect("a detectable effect");
            measured.compare(rng, &slower(effect))[7].outcome == Outcome::Failed
        };
        let of_blocks = Share::count(repetitions(250), found, 9);
        of_blocks.between((0.72, 0.86), &format!("interleaved, the detectable effect at sd {deviation}: failed"));
    }
}

/// Check 4.
#[test]
fn drift_does_no_harm_in_random_order_and_would_in_a_fixed_one() {
    let drifting =
        |fixed_order| Blocks { count: 12, deviation: 0.03, margin: 0.05, drift: 0.10, fixed_order, outliers: true };
    let random = Share::count(repetitions(300), |rng| any_failed(&drifting(false).compare(rng, &UNCHANGED)), 5);
    random.at_most(0.017, "interleaved, drift, random order");
    let fixed = Share::count(repetitions(100), |rng| any_failed(&drifting(true).compare(rng, &UNCHANGED)), 6);
    fixed.at_least(0.80, "interleaved, drift, fixed order");
}

/// Check 5.
#[test]
fn a_slower_machine_invalidates_what_it_explains() {
    for deviation in [0.03, 0.07] {
        let (mut of, mut would_fail, mut invalid, mut failed) = (0, 0, 0, 0);
        Share::count(
            repetitions(600),
            |rng| {
                let baseline = history(rng, 20, deviation);
                let cells = stored_cells(&baseline, &[run(rng, &[1.14; 20], deviation)], &[], 0.10);
                let mut reading = |truth: f64| truth * (0.01 * normal(rng)).exp();
                let ruler = Ruler {
                    baseline: (0..20).map(|_| reading(1.0)).collect(),
                    head: (0..4).map(|_| reading(1.14)).collect(),
                };
                let before = stored(&cells);
                let after = by_ruler(&cells, before.clone(), &ruler);
                for (before, after) in before.iter().zip(&after) {
                    of += 1;
                    would_fail += u32::from(before.outcome == Outcome::Failed);
                    invalid += u32::from(before.outcome == Outcome::Failed && after.outcome == Outcome::Invalid);
                    failed += u32::from(after.outcome == Outcome::Failed);
                }
                false
            },
            10,
        );
        assert!(would_fail > 0, "without the ruler comparisons do fail");
        let excused = Share { of: would_fail, hits: invalid };
        excused.at_least(0.95, &format!("everything 14 % slower at sd {deviation}, of what would fail: invalid"));
        let left = Share { of, hits: failed };
        left.at_most(0.01, &format!("everything 14 % slower at sd {deviation}, of all: failed"));
    }
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
