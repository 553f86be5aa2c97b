//! Sentence by sentence what docs/decisions.md says about edge cases of comparisons.

use super::{Cell, CellResult, ComparisonFile, Scale, Side, Worse, interleaved, stored};
use crate::judge::Outcome;

fn values(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

fn cell(name: &str, baseline: &[f64], head: &[f64], anchor: &[f64]) -> Cell {
    let side = Side::Stored { baseline: values(baseline), head: values(head), anchor: values(anchor) };
    Cell { name: name.to_owned(), worse: Worse::Higher, scale: Scale::Ratio, margin: 0.1, side }
}

fn one(baseline: &[f64], head: f64, anchor: &[f64]) -> CellResult {
    stored(&[cell("a", baseline, &[head], anchor)]).remove(0)
}

/// A baseline without noise: the floor of 1 % stands in for its deviation.
fn calm(runs: usize) -> Vec<f64> {
    vec![100.0; runs]
}

#[test]
fn with_five_to_nine_runs_a_fail_needs_twice_the_margin() {
    // ln 1.15 lies between ln 1.1 and 2 ln 1.1, ln 1.22 above both.
    assert_eq!(one(&calm(9), 115.0, &[]).outcome, Outcome::Inconclusive);
    assert_eq!(one(&calm(10), 115.0, &[]).outcome, Outcome::Failed);
    assert_eq!(one(&calm(9), 122.0, &[]).outcome, Outcome::Failed);
    assert_eq!(one(&calm(5), 125.0, &[]).outcome, Outcome::Failed);
    assert!(one(&calm(9), 115.0, &[]).because.contains("twice the margin"));
}

#[test]
fn a_short_anchor_counts_the_runs_of_the_baseline_and_a_longer_one_its_own() {
    let anchored = |baseline: usize, anchor: usize| {
        let low = vec![80.0; anchor];
        one(&calm(baseline), 100.0, &low).anchor.expect("there is an anchor").outcome
    };
    // ln(100 / 80) lies between ln 1.15 and 2 ln 1.15.
    assert_eq!(anchored(10, 3), Outcome::Failed, "the ten runs of the baseline are enough");
    assert_eq!(anchored(9, 3), Outcome::Inconclusive, "nine are not");
    assert_eq!(anchored(20, 5), Outcome::Inconclusive, "five runs of its own are not");
    assert_eq!(anchored(5, 10), Outcome::Failed, "ten are");
}

#[test]
fn a_short_anchor_has_the_deviation_and_degrees_of_the_baseline() {
    let noisy = [90.0, 110.0, 95.0, 105.0, 100.0, 98.0, 102.0, 93.0, 107.0, 100.0];
    let few = one(&noisy, 100.0, &[100.0; 4]).anchor.expect("an anchor").interval.expect("an interval");
    let own = one(&noisy, 100.0, &[100.0; 5]).anchor.expect("an anchor").interval.expect("an interval");
    assert!(few[1] - few[0] > 0.2, "a deviation of 6 %: {few:?}");
    assert!(own[1] - own[0] < 0.06, "a deviation at the floor of 1 %: {own:?}");
}

#[test]
fn an_anchor_counts_its_last_twenty_runs_and_a_baseline_too() {
    let long: Vec<f64> = [vec![1.0; 30], vec![100.0; 20]].concat();
    let seen = one(&long, 100.0, &long);
    assert_eq!((seen.outcome, seen.anchor.expect("an anchor").outcome), (Outcome::Passed, Outcome::Passed));
    let mut old = values(&long);
    old[3] = None;
    let side = Side::Stored { baseline: old.clone(), head: values(&[100.0]), anchor: old };
    let seen = stored(&[Cell { side, ..cell("a", &[], &[], &[]) }]).remove(0);
    assert_eq!(seen.outcome, Outcome::Passed, "a run that does not count invalidates nothing");
}

#[test]
fn holm_is_over_anchors_too_and_not_over_new_and_invalid_cells() {
    let noisy = [90.0, 110.0, 95.0, 105.0, 100.0, 98.0, 102.0, 93.0, 107.0, 100.0];
    // A small margin, so that the family and not the margin says what is detectable.
    let cell = |name, baseline: &[f64], head: &[f64], anchor: &[f64]| Cell {
        margin: 0.01,
        ..cell(name, baseline, head, anchor)
    };
    let alone = stored(&[cell("a", &noisy, &[112.0], &[])]);
    let raw = alone[0].p_adjusted.expect("a p");
    let anchored = stored(&[cell("a", &noisy, &[112.0], &[112.0; 10])]);
    assert!((anchored[0].p_adjusted.expect("a p") / (2.0 * raw) - 1.0).abs() < 1e-12);
    assert!(anchored[0].detectable > alone[0].detectable, "m counts the anchor");
    let beside = stored(&[
        cell("new", &noisy[..4], &[112.0], &noisy),
        cell("a", &noisy, &[112.0], &[]),
        cell("invalid", &noisy, &[0.0], &noisy),
    ]);
    assert_eq!((beside[0].outcome, beside[2].outcome), (Outcome::New, Outcome::Invalid));
    assert_eq!((&beside[0].anchor, &beside[2].anchor), (&None, &None), "not even its anchor is compared");
    assert_eq!((beside[1].p_adjusted, beside[1].detectable), (alone[0].p_adjusted, alone[0].detectable));
}

#[test]
fn invalid_comes_before_new_wherever_the_value_is_missing() {
    for (baseline, head, anchor) in [(-1.0, 100.0, 100.0), (100.0, 0.0, 100.0), (100.0, 100.0, 0.0)] {
        let seen = one(&[100.0, baseline], head, &[anchor]);
        assert_eq!(seen.outcome, Outcome::Invalid);
        assert_eq!((seen.change, seen.interval, seen.p_adjusted, seen.detectable), (None, None, None, None));
    }
}

#[test]
fn worse_is_positive_for_throughput_too() {
    let side = Side::Stored { baseline: values(&[1_000.0; 10]), head: values(&[800.0]), anchor: vec![] };
    let seen = stored(&[Cell { worse: Worse::Lower, side, ..cell("a", &[], &[], &[]) }]).remove(0);
    assert!((seen.change.expect("a change") - 0.25).abs() < 1e-12);
    assert_eq!(seen.outcome, Outcome::Failed);
}

#[test]
fn rates_are_compared_by_their_difference_with_a_floor_of_a_thousandth() {
    let rate = |head: f64| {
        let side = Side::Stored { baseline: values(&[0.0; 10]), head: values(&[head]), anchor: vec![] };
        stored(&[Cell { scale: Scale::Rate, margin: 0.01, side, ..cell("a", &[], &[], &[]) }]).remove(0)
    };
    let seen = rate(0.02);
    assert_eq!((seen.outcome, seen.change), (Outcome::Failed, Some(0.02)));
    let [low, high] = seen.interval.expect("an interval");
    // t(0.95, 9) = 1.833113; the error is 0.001 sqrt(1 + 1/10).
    assert!((high - low - 2.0 * 1.833_113 * 0.001 * 1.1_f64.sqrt()).abs() < 1e-8);
    // The margin in place of its logarithm, and no exponential: 0.01 + (1.833113 + 0.883404) x error.
    assert!((seen.detectable.expect("a value") - (0.01 + 2.716_517 * 0.001 * 1.1_f64.sqrt())).abs() < 1e-8);
    assert_eq!(rate(0.0).outcome, Outcome::Passed);
}

#[test]
fn what_is_beyond_a_float_is_null() {
    let mut wide = cell("a", &calm(10), &[100.0], &[]);
    wide.margin = 1.79e308;
    let seen = stored(&[wide]).remove(0);
    assert_eq!((seen.outcome, seen.detectable), (Outcome::Passed, None));
    let seen = one(&[1e-300; 10], 1e300, &[]);
    assert_eq!((seen.outcome, seen.change, seen.interval), (Outcome::Failed, None, None));
}

#[test]
fn with_several_head_runs_each_must_beat_all_but_a_quarter_of_the_baseline() {
    // Five of twenty earlier runs were as slow as the head: as many as may have been.
    let slow = |count: usize| [vec![100.0; 20 - count], vec![150.0; count]].concat();
    let seen = |count| stored(&[cell("a", &slow(count), &[150.0, 900.0, 900.0, 900.0], &[])]).remove(0);
    assert_eq!(seen(5).outcome, Outcome::Failed, "{:?}", seen(5));
    assert_eq!(seen(6).outcome, Outcome::Inconclusive, "{:?}", seen(6));
    assert!(seen(6).because.contains("not each head run"), "{}", seen(6).because);
}

fn blocks(names: &[(&str, &[f64])]) -> Vec<CellResult> {
    let of = |(name, changes): &(&str, &[f64])| {
        let pairs = changes.iter().map(|change| [Some(100.0), Some(100.0 * change)]).collect();
        Cell { side: Side::Interleaved { pairs }, ..cell(name, &[], &[], &[]) }
    };
    interleaved(&names.iter().map(of).collect::<Vec<_>>())
}

#[test]
fn equal_blocks_have_the_floor_for_their_deviation_and_ties_count() {
    let seen = blocks(&[("a", &[1.2; 8]), ("b", &[1.2; 8])]);
    // Only the identity is as large, and it ties with itself.
    assert_eq!(seen[0].p_adjusted, Some(1.0 / 256.0));
    let [low, high] = seen[0].interval.expect("an interval");
    // t(0.95, 7) = 1.894579.
    let reach = 1.894_579 * 1e-4 / 8.0_f64.sqrt();
    assert!(
        (low.ln_1p() - (1.2_f64.ln() - reach)).abs() < 1e-9 && (high.ln_1p() - (1.2_f64.ln() + reach)).abs() < 1e-9
    );
    let none = blocks(&[("a", &[1.0; 8])]);
    assert_eq!(none[0].p_adjusted, Some(1.0), "every vector ties");
}

#[test]
fn two_to_seven_blocks_are_inconclusive_with_a_change_and_without_a_detectable_one() {
    for count in 2..8 {
        let seen = blocks(&[("a", &vec![2.0; count])]).remove(0);
        assert_eq!((seen.outcome, seen.detectable), (Outcome::Inconclusive, None), "{count}");
        assert!(seen.change.is_some() && seen.interval.is_some() && seen.p_adjusted.is_some());
    }
    assert_eq!(blocks(&[("a", &[2.0])])[0].outcome, Outcome::Invalid);
}

#[test]
fn an_invalid_cell_is_no_part_of_the_family_of_blocks() {
    let noisy = [1.02, 0.99, 1.05, 1.01, 0.97, 1.04, 1.03, 1.0];
    let alone = blocks(&[("a", &noisy)]);
    let beside = blocks(&[("bad", &[0.0; 8]), ("a", &noisy), ("short", &[1.0])]);
    assert_eq!((beside[0].outcome, beside[2].outcome), (Outcome::Invalid, Outcome::Invalid));
    assert_eq!(beside[1], alone[0]);
}

#[track_caller]
fn refused(text: &str, place: &str) {
    let error = ComparisonFile::read(text).expect_err("it is refused").to_string();
    assert!(error.contains(place), "{error} does not name {place}");
    assert!(error.len() < 400, "a message of {} bytes", error.len());
}

#[test]
fn what_is_no_number_is_refused_with_its_place() {
    let with = |head: &str| {
        format!(
            r#"{{"margin": 0.1, "mode": "stored", "cells": [{{"name": "a", "worse": "higher", "baseline": [1, 2], "head": [1, {head}]}}]}}"#
        )
    };
    for bad in ["\"1\"", "true", "[1]", "{}"] {
        refused(&with(bad), "cells[0].head[1]");
    }
    for bad in ["NaN", "Infinity", "-Infinity", "1e999", "0x1", "1,"] {
        refused(&with(bad), "line 1, column");
    }
    for margin in ["0", "-0.1", "null", "true", "\"0.1\"", "[]"] {
        refused(&with("1").replace("0.1", margin), "margin");
    }
    refused(&with("1").replace("\"worse\"", "\"wrose\""), "cells[0].worse");
    refused(&with("1").replace("\"head\"", "\"haed\""), "cells[0].head");
    refused(&with("1").replace("\"name\": \"a\"", "\"name\": 1"), "cells[0].name");
    assert!(ComparisonFile::read(&with("null")).is_ok(), "null is a run without a number");
    assert!(ComparisonFile::read(&with("-1")).is_ok(), "and a negative one makes the cell invalid");
}

#[test]
fn blocks_that_do_not_fit_are_refused_with_their_place() {
    let cell = |name: &str, count: usize| {
        format!(r#"{{"name": "{name}", "worse": "higher", "pairs": [{}]}}"#, vec!["[1, 2]"; count].join(", "))
    };
    let file =
        |cells: &[String]| format!(r#"{{"margin": 0.1, "mode": "interleaved", "cells": [{}]}}"#, cells.join(", "));
    assert!(ComparisonFile::read(&file(&[cell("a", 12), cell("b", 12)])).is_ok());
    refused(&file(&[cell("a", 13)]), "cells[0].pairs");
    refused(&file(&[cell("a", 8), cell("b", 9)]), "cells[1].pairs");
    refused(&file(&[cell("a", 8).replacen("[1, 2]", "[1, 2, 3]", 1)]), "cells[0].pairs[0]");
    refused(&file(&[cell("a", 8).replacen("[1, 2]", "[1, \"2\"]", 1)]), "cells[0].pairs[0]");
}

#[test]
fn hostile_files_are_refused_in_one_bounded_sentence() {
    refused(&"[".repeat(1_000_000), "line 1, column");
    refused(&format!("{{\"margin\": {}", "{\"a\":".repeat(100_000)), "line 1, column");
    refused(r#"{"margin": 0.1, "margin": 0.9, "mode": "stored", "cells": []}"#, "\"margin\" is there twice");
    let twice = r#"{"margin": 0.1, "mode": "stored", "cells": [{"name": "a", "worse": "higher", "baseline": [1], "head": [1], "head": [9]}]}"#;
    refused(twice, "\"head\" is there twice");
    let long = "x".repeat(1_000_000);
    refused(&format!(r#"{{"{long}": 1, "{long}": 2}}"#), "is there twice");
    let cell = format!(r#"{{"name": "{long}", "worse": "higher", "baseline": [1], "head": [1]}}"#);
    refused(&format!(r#"{{"margin": 0.1, "mode": "stored", "cells": [{cell}, {cell}]}}"#), "cells[1].name");
    let many = vec![r#"{"name": "a", "worse": "higher", "baseline": [1], "head": [1]}"#; 10_001].join(",");
    refused(&format!(r#"{{"margin": 0.1, "mode": "stored", "cells": [{many}]}}"#), "at most 10000");
}
