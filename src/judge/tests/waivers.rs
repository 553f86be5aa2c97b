//! Known regressions: which block all the same.

use super::{plan, runs};
use crate::{
    judge::{Outcome, Regression, Verdict, comparison::AnchorResult, conclude},
    plan::{self as planned, Compared, Metric, Place, Plan, Reaction, Waiver},
    units::{Date, Quantity as _},
};

/// p95 of light may be up to 25 % worse.
fn waiving(cell: &str) -> Plan {
    let waiver = Waiver {
        cell: cell.to_owned(),
        ceiling: 0.25,
        rate: false,
        reason: "cache is cold".to_owned(),
        owner: "@maria".to_owned(),
        expires: Date::parse("2027-01-31").expect("a date"),
        days_left: 30,
        place: Place { file: "gates.yaml".into(), line: 12, column: 5 },
    };
    let p95 = Compared {
        name: "p95".to_owned(),
        metric: Metric::Quantile(0.95),
        endpoints: vec![],
        margin: 0.1,
        place: None,
    };
    let regression = planned::Regression {
        margin: 0.1,
        cells: vec![p95],
        history: 20,
        confirm: 2,
        missing: Reaction::Warn,
        store: None,
        waivers: vec![waiver],
    };
    Plan { regression: Some(regression), ..plan() }
}

pub(super) fn seen(change: Option<f64>, outcome: Outcome) -> Regression {
    Regression {
        endpoint: None,
        unit: "ms".to_owned(),
        file: String::new(),
        line: 0,
        creep: None,
        phase: "light".to_owned(),
        cell: "p95".to_owned(),
        margin: 0.1,
        rate: false,
        base: Some(100.0),
        head: Some(120.0),
        change,
        interval: change.map(|change| [change - 0.05, change + 0.05]),
        p_adjusted: Some(0.001),
        detectable: Some(0.12),
        outcome,
        because: "The whole interval lies above the margin.".to_owned(),
        waived: None,
        anchor: None,
        history: vec![],
        runs: vec![],
        blocks: vec![],
    }
}

fn concluded(plan: &Plan, regression: Regression) -> Verdict {
    let mut evidence = runs::run(plan, vec![runs::passed().judge()]);
    evidence.regressions = vec![regression];
    conclude(evidence)
}

#[test]
fn a_waived_regression_warns_and_stays_what_it_was() {
    let verdict = concluded(&waiving("light/p95"), seen(Some(0.2), Outcome::Failed));
    assert_eq!((verdict.outcome, verdict.exit_code), (Outcome::Warned, 0));
    let regression = &verdict.regressions[0];
    assert_eq!((regression.outcome, regression.counts_as()), (Outcome::Failed, Outcome::Warned));
    let waived = regression.waived.as_ref().expect("it is waived");
    assert_eq!((waived.owner.as_str(), waived.expires.as_str()), ("@maria", "2027-01-31"));
    assert!(
        regression
            .because
            .ends_with(" It does not block: waived below +25 % until 2027-01-31 (@maria: cache is cold)."),
        "{}",
        regression.because
    );
    assert!(
        verdict.headline.ends_with("With 1 waived regression: p95 of light became worse by 20 %."),
        "{}",
        verdict.headline
    );
}

#[test]
fn from_its_ceiling_on_it_blocks_all_the_same() {
    for (change, outcome) in [(0.249, Outcome::Warned), (0.25, Outcome::Failed), (0.4, Outcome::Failed)] {
        let verdict = concluded(&waiving("light/p95"), seen(Some(change), Outcome::Failed));
        assert_eq!(verdict.outcome, outcome, "{change}");
        let regression = &verdict.regressions[0];
        assert_eq!(regression.waived.is_some(), outcome == Outcome::Warned);
        let says = regression.because.ends_with(" It blocks although it is waived: the ceiling is +25 %.");
        assert_eq!(says, outcome == Outcome::Failed, "{}", regression.because);
    }
}

#[test]
fn what_crept_past_the_ceiling_blocks_by_the_anchor() {
    for (crept, outcome) in [(Some(0.2), Outcome::Warned), (Some(0.3), Outcome::Failed), (None, Outcome::Failed)] {
        let anchor = AnchorResult { outcome: Outcome::Failed, change: crept, interval: None, p_adjusted: 0.001 };
        let regression = Regression { anchor: Some(anchor), ..seen(Some(0.02), Outcome::Failed) };
        assert_eq!(concluded(&waiving("light/p95"), regression).outcome, outcome, "{crept:?}");
    }
}

#[test]
fn another_cell_is_not_waived() {
    for cell in ["light/p50", "heavy/p95", "p95"] {
        let verdict = concluded(&waiving(cell), seen(Some(0.2), Outcome::Failed));
        assert_eq!((verdict.outcome, verdict.exit_code), (Outcome::Failed, 1), "{cell}");
        assert_eq!(verdict.regressions[0].because, "The whole interval lies above the margin.");
    }
}

#[test]
fn only_what_failed_is_waived() {
    for (outcome, change) in
        [(Outcome::Passed, Some(0.01)), (Outcome::Inconclusive, Some(0.1)), (Outcome::Invalid, None)]
    {
        let verdict = concluded(&waiving("light/p95"), seen(change, outcome));
        assert_eq!((verdict.regressions[0].outcome, &verdict.regressions[0].waived), (outcome, &None));
    }
    assert_eq!(concluded(&waiving("light/p95"), seen(None, Outcome::Failed)).outcome, Outcome::Failed);
}

#[test]
fn active_waivers_are_listed_whatever_was_seen() {
    let verdict = concluded(&waiving("light/p95"), seen(Some(0.0), Outcome::Passed));
    assert_eq!(verdict.outcome, Outcome::Passed);
    let [waiver] = verdict.waivers.as_slice() else { panic!("one waiver: {:?}", verdict.waivers) };
    assert_eq!((waiver.cell.as_str(), waiver.days_left, waiver.line), ("light/p95", 30, 12));
}
