//! The checks can fail: decisions that leave one rule out, computed here from what the product prints, break the check
//! that is named with each, at the settings of docs/decisions.md.

use fastrand::Rng;
use stagegate::judge::{
    Outcome,
    comparison::{CellResult, stored},
};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::{
    window::{gate, measured, spans, verdict},
    world::{Blocks, Share, history, repetitions, run, stored_cells},
};

const UNCHANGED: [f64; 20] = [1.0; 20];

/// What a comparison of this many runs or blocks printed, in scores: the difference and its standard error.
fn scores(cell: &CellResult, degrees: f64) -> (f64, f64) {
    let [low, high] = cell.interval.expect("it was compared").map(f64::ln_1p);
    let t = StudentsT::new(0.0, 1.0, degrees).expect("degrees").inverse_cdf(0.95);
    (f64::midpoint(low, high), (high - low) / 2.0 / t)
}

fn above_margin(cell: &CellResult, margin: f64) -> bool {
    cell.interval.expect("it was compared")[0] > margin
}

/// The p of one cell by itself.
fn own_p(cell: &CellResult, degrees: f64) -> f64 {
    let (difference, error) = scores(cell, degrees);
    StudentsT::new(0.0, 1.0, degrees).expect("degrees").sf(difference / error)
}

/// How often a mutated rule blocks unchanged code: one head run, and two more where it would block.
fn stored_alarms(deviation: f64, confirm: usize, blocks: impl Fn(&CellResult) -> bool) -> Share {
    let happened = |rng: &mut Rng| {
        let baseline = history(rng, 20, deviation);
        let mut head = vec![run(rng, &UNCHANGED, deviation)];
        let judge = |head: &[Vec<f64>]| stored(&stored_cells(&baseline, head, &[], 0.10)).iter().any(&blocks);
        if !judge(&head) {
            return false;
        }
        head.extend((0..confirm).map(|_| run(rng, &UNCHANGED, deviation)));
        judge(&head)
    };
    Share::count(repetitions(1_500), happened, 31)
}

/// Check 1 fails without Holm: each cell at 1 % by itself.
#[test]
fn without_holm_unchanged_code_is_blocked_too_often() {
    let alarms = stored_alarms(0.13, 0, |cell| own_p(cell, 19.0) <= 0.01 && above_margin(cell, 0.10));
    alarms.above(0.017, "check 1 without Holm, stored, unchanged, sd 0.13");
}

/// Check 1 fails without the condition on the family: the interval above the margin alone.
#[test]
fn without_the_family_condition_unchanged_code_is_blocked_too_often() {
    let alarms = stored_alarms(0.13, 0, |cell| above_margin(cell, 0.10));
    alarms.above(0.017, "check 1 without the family condition, stored, unchanged, sd 0.13");
}

/// Check 1 fails when each request counts as evidence of its own: the spread inside a run, over the square root of its
/// requests, in the place of the spread between runs.
#[test]
fn with_requests_pooled_unchanged_code_is_blocked_nearly_always() {
    const REQUESTS: f64 = 12_000.0;
    let pooled = |cell: &CellResult| {
        let (difference, _) = scores(cell, 19.0);
        // Requests within one run differ by about their own size.
        let error = (1.0 / REQUESTS + 1.0 / (20.0 * REQUESTS)).sqrt();
        let p = StudentsT::new(0.0, 1.0, 21.0 * REQUESTS - 2.0).expect("degrees").sf(difference / error);
        20.0 * p <= 0.01 && difference - 1.645 * error > 0.10_f64.ln_1p()
    };
    stored_alarms(0.07, 0, pooled).above(0.017, "check 1 with requests pooled, stored, unchanged, sd 0.07");
}

/// Check 2 fails without the margin: whatever is surely worse would block.
#[test]
fn without_the_margin_a_regression_of_the_margin_is_blocked_too_often() {
    let mut changes = UNCHANGED;
    changes[7] = 1.10;
    let happened = |rng: &mut Rng| {
        let baseline = history(rng, 20, 0.03);
        let head: Vec<Vec<f64>> = (0..3).map(|_| run(rng, &changes, 0.03)).collect();
        stored(&stored_cells(&baseline, &head, &[], 0.10))[7].p_adjusted.expect("a p") <= 0.01
    };
    let failed = Share::count(repetitions(300), happened, 32);
    failed.above(0.065, "check 2 without the margin, stored: failed");
}

/// Check 1 fails without max-T: each cell of the blocks at 1 % by itself. With twelve blocks and a small spread the interval
/// above the margin hides most of it, so eight blocks show it best.
#[test]
fn without_max_t_unchanged_code_is_blocked_too_often() {
    for (count, deviation) in [(8, 0.07), (8, 0.13), (12, 0.13)] {
        // The deviation is that of a run, as in check 1.
        let of_difference = deviation * std::f64::consts::SQRT_2;
        let blocks =
            Blocks { count, deviation: of_difference, margin: 0.05, drift: 0.0, fixed_order: false, outliers: true };
        let degrees = count as f64 - 1.0;
        let happened = |rng: &mut Rng| {
            let cells = blocks.compare(rng, &UNCHANGED);
            cells.iter().any(|cell| own_p(cell, degrees) <= 0.01 && above_margin(cell, blocks.margin))
        };
        let alarms = Share::count(repetitions(if count == 8 { 5_000 } else { 500 }), happened, 33);
        alarms.above(0.017, &format!("check 1 without max-T, interleaved, {count} blocks, unchanged, sd {deviation}"));
    }
}

/// Check 4 fails with a fixed order: see `drift_does_no_harm_in_random_order_and_would_in_a_fixed_one`, whose second half
/// is this mutation.
#[test]
fn with_a_fixed_order_drift_blocks_unchanged_code() {
    let blocks = Blocks { count: 12, deviation: 0.03, margin: 0.05, drift: 0.10, fixed_order: true, outliers: true };
    let failed = |cells: Vec<CellResult>| cells.iter().any(|cell| cell.outcome == Outcome::Failed);
    let alarms = Share::count(repetitions(50), |rng| failed(blocks.compare(rng, &UNCHANGED)), 34);
    alarms.above(0.017, "check 4 with a fixed order, interleaved, drift");
}

/// Check 7 fails without the two worst spans: the upper bound below the limit alone. A rate prints that bound; it is the
/// same one that a percentile is judged by.
#[test]
fn without_the_two_worst_spans_a_certain_pass_is_wrong_too_often() {
    let plan = gate("error_rate < 5%");
    let happened = |rng: &mut Rng| {
        let finding = &verdict(&plan, &measured(&plan, &spans(rng, 0.05, 100.0))).findings[0];
        finding.interval.expect("an interval")[1] < 0.05
    };
    let wrong = Share::count(repetitions(8_000).max(8_000), happened, 35);
    wrong.above(0.08, "check 7 without the two worst spans, bursts of 100: certain and wrong pass");
}
