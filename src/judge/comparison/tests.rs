//! Reference figures were computed independently with scipy 1.16 (Student's t) and numpy.

use super::{CellResult, ComparisonFile, outcome};
use crate::judge::Outcome;

fn compare(text: &str) -> Vec<CellResult> {
    ComparisonFile::read(text).expect("the file is good").compare()
}

#[track_caller]
fn near(seen: Option<f64>, expected: f64) {
    let seen = seen.expect("it has a value");
    assert!((seen - expected).abs() <= 1e-7 * expected.abs().max(1e-6), "{seen} is not {expected}");
}

#[track_caller]
fn equals(cell: &CellResult, outcome: Outcome, figures: [f64; 5]) {
    let [change, low, high, p, detectable] = figures;
    assert_eq!(cell.outcome, outcome, "{cell:?}");
    near(cell.change, change);
    near(cell.interval.map(|interval| interval[0]), low);
    near(cell.interval.map(|interval| interval[1]), high);
    let seen = cell.p_adjusted.expect("it has a p");
    assert!((seen - p).abs() <= 1e-5 * p, "{seen} is not {p}");
    near(cell.detectable, detectable);
}

const STORED: &str = include_str!("../../../tests/fixtures/compare/stored.json");
const INTERLEAVED: &str = include_str!("../../../tests/fixtures/compare/interleaved.json");

#[test]
fn stored_runs_give_the_reference_figures() {
    let cells = compare(STORED);
    equals(
        &cells[0],
        Outcome::Failed,
        [
            0.502_915_001_185_317,
            0.449_484_971_935_249,
            0.558_314_535_522_32,
            2.353_210_942_377e-13,
            0.161_290_476_489_539,
        ],
    );
    equals(
        &cells[1],
        Outcome::Passed,
        [
            0.003_412_880_809_309,
            -0.022_404_946_216_095,
            0.029_912_544_541_777,
            0.823_609_628_985_345,
            0.143_799_826_598_413,
        ],
    );
    equals(
        &cells[2],
        Outcome::Inconclusive,
        [
            0.139_936_883_689_536,
            0.101_553_718_551_306,
            0.179_657_493_694_247,
            0.000_881_247_457_43,
            0.229_061_061_528_768,
        ],
    );
    equals(
        &cells[3],
        Outcome::Failed,
        [0.397_139_394_954_288, 0.334_613_921_919_766, 0.462_594_130_687_17, 1.853_510_524e-7, 0.177_526_435_045_522],
    );
    equals(
        &cells[4],
        Outcome::Failed,
        [
            -0.002_583_664_413_882,
            -0.068_357_934_633_274,
            0.067_834_293_315_68,
            0.823_609_628_985_345,
            0.218_349_280_328_01,
        ],
    );
    equals(
        &cells[5],
        Outcome::Failed,
        [
            0.416_382_200_964_774,
            0.318_225_025_245_269,
            0.521_848_319_130_633,
            0.000_162_845_247_89,
            0.251_189_938_593_87,
        ],
    );
}

#[test]
fn creep_fails_by_the_anchor_alone() {
    let cells = compare(STORED);
    let anchor = cells[4].anchor.expect("the cell has an anchor");
    assert_eq!(anchor.outcome, Outcome::Failed);
    near(anchor.change, 0.376_325_414_938_213);
    near(anchor.interval.map(|interval| interval[0]), 0.291_680_394_360_6);
    assert!((anchor.p_adjusted / 1.743_629_907_68e-5 - 1.0).abs() < 1e-5);
    assert!(cells[4].because.contains("crept"), "{}", cells[4].because);
    let few = cells[5].anchor.expect("three anchor runs are an anchor");
    near(few.change, 0.888_469_293_486_91);
    near(few.interval.map(|interval| interval[1]), 1.040_797_714_334_677);
}

#[test]
fn interleaved_blocks_give_the_reference_figures() {
    let cells = compare(INTERLEAVED);
    equals(
        &cells[0],
        Outcome::Failed,
        [0.199_722_065_006_375, 0.178_839_134_275_6, 0.220_974_933_231_783, 0.003_906_25, 0.077_512_010_756_184],
    );
    equals(
        &cells[1],
        Outcome::Passed,
        [0.006_464_917_356_313, -0.007_967_242_996_729, 0.021_107_037_764_591, 0.367_187_5, 0.072_577_122_683_204],
    );
    equals(
        &cells[2],
        Outcome::Inconclusive,
        [0.055_284_344_882_531, 0.039_964_607_248_952, 0.070_829_757_851_141, 0.003_906_25, 0.072_862_022_979_414],
    );
}

fn one(baseline: &str, head: &str) -> CellResult {
    let text = format!(
        r#"{{"margin": 0.1, "mode": "stored", "cells": [{{"name": "a", "worse": "higher", "baseline": {baseline}, "head": {head}}}]}}"#
    );
    compare(&text).remove(0)
}

#[test]
fn without_evidence_nothing_passes() {
    assert_eq!(one("[]", "[1]").outcome, Outcome::New);
    assert_eq!(one("[1, 1, 1, 1]", "[1]").outcome, Outcome::New);
    assert_eq!(one("[1, 1, 1, 1, 1]", "[]").outcome, Outcome::Invalid);
    assert_eq!(one("[1, 1, 1, 1, null]", "[1]").outcome, Outcome::Invalid);
    assert_eq!(one("[1, 1, 1]", "[0]").outcome, Outcome::Invalid, "invalid comes before new");
    assert_eq!(one("[1, 1, 1, 1, -1]", "[1]").outcome, Outcome::Invalid);
    let new = one("[]", "[1]");
    assert!(new.change.is_none() && new.interval.is_none() && new.p_adjusted.is_none() && new.detectable.is_none());
}

#[test]
fn only_the_last_twenty_runs_count() {
    let old = "[900, 900, 900, 900, 900, 100, 101, 99, 100, 101, 99, 100, 101, 99, 100, 101, 99, 100, 101, 99, 100, 101, 99, 100, 101]";
    assert_eq!(one(old, "[150]").outcome, Outcome::Failed);
}

#[test]
fn one_outlier_among_the_head_runs_does_not_fail() {
    let calm = "[100, 101, 99, 100, 101, 99, 100, 101, 99, 100]";
    assert_eq!(one(calm, "[200, 100]").outcome, Outcome::Inconclusive);
    assert_eq!(one(calm, "[150, 149]").outcome, Outcome::Failed);
}

#[test]
fn blocks_too_few_never_decide() {
    let pairs = |blocks: usize| {
        format!(
            r#"{{"margin": 0.1, "mode": "interleaved", "cells": [{{"name": "a", "worse": "higher", "pairs": [{}]}}]}}"#,
            vec!["[1, 2]"; blocks].join(", ")
        )
    };
    assert_eq!(compare(&pairs(1))[0].outcome, Outcome::Invalid);
    assert_eq!(compare(&pairs(7))[0].outcome, Outcome::Inconclusive);
    assert_eq!(compare(&pairs(7))[0].detectable, None);
    assert_eq!(compare(&pairs(8))[0].outcome, Outcome::Failed);
    assert!(ComparisonFile::read(&pairs(13)).is_err());
}

#[test]
fn unusable_files_say_where() {
    let cell = r#"{"name": "a", "worse": "higher", "baseline": [1], "head": [1]}"#;
    for (text, place) in [
        ("", "line 1"),
        ("[]", "the file"),
        (r#"{"margin": 0, "mode": "stored", "cells": []}"#, "margin"),
        (r#"{"margin": 0.1, "mode": "paired", "cells": []}"#, "mode"),
        (r#"{"margin": 0.1, "mode": "stored", "cells": []}"#, "cells"),
        (&format!(r#"{{"margin": 0.1, "mode": "stored", "cells": [{cell}, {cell}]}}"#), "cells[1].name"),
        (
            &format!(r#"{{"margin": 0.1, "mode": "stored", "cells": [{}]}}"#, cell.replace("[1]", r#"["1"]"#)),
            "cells[0].baseline[0]",
        ),
        (
            &format!(r#"{{"margin": 0.1, "mode": "stored", "cells": [{}]}}"#, cell.replace("baseline", "base")),
            "cells[0].baseline",
        ),
        (&format!(r#"{{"margin": 0.1, "mode": "interleaved", "cells": [{cell}]}}"#), "cells[0].pairs"),
        (
            r#"{"margin": 0.1, "mode": "stored", "cells": [{"name": "a", "worse": "higher", "baseline": [1e999], "head": [1]}]}"#,
            "line 1",
        ),
    ] {
        let error = ComparisonFile::read(text).expect_err(text).to_string();
        assert!(error.contains(place), "{error} does not name {place}");
    }
}

#[test]
fn the_order_of_cells_changes_nothing() {
    let forward = compare(STORED);
    let mut file: serde_json::Value = serde_json::from_str(STORED).expect("JSON");
    file["cells"].as_array_mut().expect("a list").reverse();
    let mut backward = compare(&file.to_string());
    backward.reverse();
    assert_eq!(forward, backward);
}

#[test]
fn a_file_is_as_bad_as_its_worst_cell() {
    assert_eq!(outcome(&compare(STORED)), Outcome::Failed);
    assert_eq!(outcome(&[one("[]", "[1]")]), Outcome::Inconclusive);
    assert_eq!(outcome(&[one("[]", "[1]"), one("[]", "[]")]), Outcome::Invalid);
    assert_eq!(outcome(&[]), Outcome::Inconclusive, "nothing compared is never a pass");
}
