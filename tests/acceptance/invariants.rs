//! Checks 9 and 10: nothing passes by vacuum, and a verdict depends on what was measured and on nothing else.

use fastrand::Rng;
use stagegate::{
    judge::{
        Outcome,
        comparison::{Cell, CellResult, ComparisonFile, Scale, Side, Worse, outcome, stored},
    },
    report::comparison_json,
};

use crate::{
    window::{gate, measured, spans, verdict},
    world::{Blocks, repetitions, run, stored_cells},
};

fn compared(baseline: Vec<Option<f64>>, head: Vec<Option<f64>>) -> CellResult {
    let side = Side::Stored { baseline, head, anchor: Vec::new() };
    let cell = Cell { name: "cell".to_owned(), worse: Worse::Higher, scale: Scale::Ratio, margin: 0.1, side };
    stored(&[cell]).remove(0)
}

/// Check 9. A baseline under another key is no baseline: a store gives none then.
#[test]
fn what_was_not_measured_never_passes_and_says_why() {
    let mut reasons: Vec<String> = Vec::new();
    let mut never_passes = |outcome: Outcome, because: &str| {
        assert!(![Outcome::Passed, Outcome::Warned].contains(&outcome), "{outcome:?}: {because}");
        assert!(!because.is_empty());
        assert!(!reasons.iter().any(|known| known == because), "said twice: {because}");
        reasons.push(because.to_owned());
    };
    for (baseline, head) in [
        (vec![], vec![Some(100.0)]),
        (vec![Some(100.0); 4], vec![Some(100.0)]),
        (vec![Some(100.0); 20], vec![]),
        (vec![Some(100.0); 20], vec![Some(f64::NAN)]),
        (vec![Some(100.0), None, Some(100.0), Some(100.0), Some(100.0)], vec![Some(100.0)]),
    ] {
        let seen = compared(baseline, head);
        never_passes(seen.outcome, &seen.because);
        assert_ne!(outcome(&[seen]), Outcome::Passed);
    }
    assert_ne!(outcome(&[]), Outcome::Passed, "no cell at all");

    let plan = gate("p95 < 500ms, success_rate > 99%, 'p95(rare) < 500ms'");
    let nothing = verdict(&plan, &measured(&plan, &[]));
    assert_eq!(nothing.outcome, Outcome::Inconclusive, "nothing was sent");
    never_passes(nothing.outcome, &nothing.because[0]);
    let calm = vec![(400, 0); 30];
    let missing = verdict(&plan, &measured(&plan, &calm));
    assert_eq!(missing.outcome, Outcome::Inconclusive, "an endpoint is missing");
    never_passes(missing.outcome, &missing.because[0]);

    let whole = include_str!("../fixtures/compare/stored.json").trim_end();
    for length in (0..whole.len()).filter(|length| whole.is_char_boundary(*length)) {
        let cut = ComparisonFile::read(&whole[..length]).expect_err("a truncated file is never read in part");
        assert!(cut.to_string().contains("line"), "{cut}");
    }
}

/// Check 10: the same inputs give the same bytes.
#[test]
fn the_same_inputs_give_the_same_verdict_byte_for_byte() {
    let make = || {
        let mut rng = Rng::with_seed(21);
        let baseline: Vec<Vec<f64>> = (0..20).map(|_| run(&mut rng, &[1.0; 20], 0.07)).collect();
        let head = vec![run(&mut rng, &[1.2; 20], 0.07)];
        let mut text = comparison_json(&stored(&stored_cells(&baseline, &head, &baseline[..10], 0.1)));
        let blocks = Blocks { count: 8, deviation: 0.03, margin: 0.05, drift: 0.0, fixed_order: false, outliers: true };
        text += &comparison_json(&blocks.compare(&mut rng, &[1.06; 20]));
        let plan = gate("p95 < 500ms, success_rate > 94%, {warn: p50 < 90ms}");
        text + &serde_json::to_string(&verdict(&plan, &measured(&plan, &spans(&mut rng, 0.05, 20.0)))).expect("JSON")
    };
    assert_eq!(make(), make());
}

/// Check 10: the order of cells changes nothing.
#[test]
fn the_order_of_cells_changes_nothing() {
    let mut rng = Rng::with_seed(22);
    for _ in 0..repetitions(20).min(200) {
        let baseline: Vec<Vec<f64>> = (0..12).map(|_| run(&mut rng, &[1.0; 20], 0.05)).collect();
        let mut cells = stored_cells(&baseline, &[run(&mut rng, &[1.15; 20], 0.05)], &baseline[..4], 0.1);
        let mut before = stored(&cells);
        let mut order: Vec<usize> = (0..cells.len()).collect();
        rng.shuffle(&mut order);
        cells = order.iter().map(|index| cells[*index].clone()).collect();
        before = order.iter().map(|index| before[*index].clone()).collect();
        assert_eq!(stored(&cells), before);
    }
}

/// Check 10: more exceedances never turn a fail into a pass, as observed or for certain.
#[test]
fn more_exceedances_never_turn_a_fail_into_a_pass() {
    let mut rng = Rng::with_seed(23);
    let plan = gate("p95 < 500ms, success_rate > 95%");
    for _ in 0..repetitions(150).min(2_000) {
        let (p, burst) = (0.02 + 0.06 * rng.f64(), 40.0 * rng.f64());
        let fewer = spans(&mut rng, p, burst);
        let share = rng.f64() * 0.1;
        let more: Vec<(u64, u64)> = fewer.iter().map(|(n, x)| (*n, x + ((n - x) as f64 * share) as u64)).collect();
        let [before, after] = [fewer, more].map(|spans| verdict(&plan, &measured(&plan, &spans)));
        for (before, after) in before.findings.iter().zip(&after.findings) {
            let turned = before.outcome == Outcome::Failed && after.outcome == Outcome::Passed;
            assert!(!turned, "{before:?} became {after:?}");
        }
    }
}
