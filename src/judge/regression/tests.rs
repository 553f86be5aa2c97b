//! The regressions of a run: which cells are compared, and what one run alone may decide.

use super::*;
use crate::{
    judge::{self, Cut, CutShort, PhaseVerdict, tests},
    plan::{Compared, ForeignLoad, Metric, Reaction},
};

/// p95 and the error rate of two phases.
fn plan(confirm: u32) -> Plan {
    let cell =
        |name: &str, metric, margin| Compared { name: name.to_owned(), metric, endpoints: vec![], margin, place: None };
    let cells = vec![cell("p95", Metric::Quantile(0.95), 0.1), cell("error_rate", Metric::ErrorRate, 0.01)];
    Plan {
        phases: vec![tests::phase("light", 10, vec![]), tests::phase("heavy", 100, vec![])],
        regression: Some(crate::plan::Regression {
            margin: 0.1,
            cells,
            history: 20,
            confirm,
            missing: Reaction::Warn,
            store: None,
            waivers: vec![],
        }),
        ..tests::plan()
    }
}

fn run(light: f64, heavy: f64) -> RunValues {
    let cells = [("light/p95", light), ("light/error_rate", 0.0), ("heavy/p95", heavy), ("heavy/error_rate", 0.0)];
    cells.map(|(name, value)| (name.to_owned(), value)).into()
}

/// Twenty runs around 100 ms and 200 ms that differ by a percent or two.
fn past() -> Past {
    let wobble = |run: u32| 1.0 + 0.01 * f64::from(run % 5) - 0.02;
    Past { runs: (0..20).map(|at| run(100.0 * wobble(at), 200.0 * wobble(at + 2))).collect(), ..Past::default() }
}

fn compare(plan: &Plan, runs: &[RunValues], past: &Past) -> StoredComparison {
    against_stored(plan, Head { runs, ruler: &[], phases: &[] }, past)
}

fn outcomes(regressions: &[Regression]) -> Vec<(String, Outcome)> {
    regressions.iter().map(|one| (name(&one.phase, &one.cell), one.outcome)).collect()
}

fn of(regressions: &[Regression], wanted: &str) -> Regression {
    regressions.iter().find(|one| name(&one.phase, &one.cell) == wanted).expect("the cell is there").clone()
}

#[test]
fn unchanged_cells_pass_phase_by_phase() {
    let compared = compare(&plan(2), &[run(100.0, 200.0)], &past());
    let names = ["light/p95", "light/error_rate", "heavy/p95", "heavy/error_rate"];
    assert_eq!(outcomes(&compared.regressions), names.map(|name| (name.to_owned(), Outcome::Passed)));
    assert!(compared.unconfirmed.is_empty());
    let cell = of(&compared.regressions, "heavy/p95");
    assert!((cell.base.expect("a base") - 200.0).abs() < 1.0, "{cell:?}");
    assert!((cell.head.expect("a head") - 200.0).abs() < 1e-9, "{cell:?}");
    assert_eq!((cell.runs.as_slice(), cell.history.len()), ([200.0].as_slice(), 20));
}

#[test]
fn one_run_alone_does_not_block_and_three_do() {
    let first = compare(&plan(2), &[run(100.0, 300.0)], &past());
    assert_eq!(of(&first.regressions, "heavy/p95").outcome, Outcome::Inconclusive);
    assert_eq!(first.unconfirmed, ["heavy"]);
    let again = |value: f64| RunValues::from([("heavy/p95".to_owned(), value), ("heavy/error_rate".to_owned(), 0.0)]);
    let confirmed = compare(&plan(2), &[run(100.0, 300.0), again(295.0), again(305.0)], &past());
    let cell = of(&confirmed.regressions, "heavy/p95");
    assert_eq!((cell.outcome, cell.runs.len()), (Outcome::Failed, 3), "{cell:?}");
    assert!(confirmed.unconfirmed.is_empty());
    let outlier = compare(&plan(2), &[run(100.0, 300.0), again(200.0), again(201.0)], &past());
    assert_ne!(of(&outlier.regressions, "heavy/p95").outcome, Outcome::Failed);
    assert!(outlier.unconfirmed.is_empty());
}

/// A load of another tool is never measured again.
#[test]
fn a_load_of_another_tool_says_why_its_one_run_does_not_block() {
    let foreign = ForeignLoad { tool: "k6".to_owned(), rows: Vec::new(), open: Vec::new() };
    let judged = |confirm| {
        let plan = Plan { foreign: Some(foreign.clone()), ..plan(confirm) };
        of(&compare(&plan, &[run(100.0, 300.0)], &past()).regressions, "heavy/p95")
    };
    let (by_default, alone) = (judged(2), judged(0));
    assert_eq!((by_default.outcome, alone.outcome), (Outcome::Inconclusive, Outcome::Failed));
    assert!(
        by_default.because.ends_with("one alone does not block unless `regression.confirm` is 0."),
        "{by_default:?}"
    );
}

#[test]
fn without_confirmation_one_run_blocks() {
    let compared = compare(&plan(0), &[run(100.0, 300.0)], &past());
    assert_eq!(of(&compared.regressions, "heavy/p95").outcome, Outcome::Failed);
    assert!(compared.unconfirmed.is_empty());
}

#[test]
fn what_was_not_measured_is_not_run_and_what_has_no_past_is_new() {
    let light = RunValues::from([("light/p95".to_owned(), 100.0)]);
    let mut past = past();
    past.runs.truncate(4);
    past.because = Some("The store is out of reach: refused.".to_owned());
    let plan = plan(2);
    let [light_phase, heavy_phase] = &plan.phases[..] else { panic!("there are two phases") };
    let verdict = |outcome, phase| PhaseVerdict { outcome, ..judge::not_run(&plan, phase) };
    let compared = |heavy: PhaseVerdict| {
        let phases = [verdict(Outcome::Passed, light_phase), heavy];
        let head = Head { runs: std::slice::from_ref(&light), ruler: &[], phases: &phases };
        against_stored(&plan, head, &past)
    };
    let not_run = compared(verdict(Outcome::NotRun, heavy_phase));
    let new = of(&not_run.regressions, "light/p95");
    assert_eq!(new.outcome, Outcome::New);
    assert!(new.because.ends_with("The store is out of reach: refused."), "{}", new.because);
    let cut_short = Some(CutShort { by: Cut::Files, planned_s: 60.0 });
    let no_value = "The run has no value for it.";
    for (heavy, because) in [
        (verdict(Outcome::NotRun, heavy_phase), "The phase was not run."),
        (verdict(Outcome::Invalid, heavy_phase), "The phase is invalid, so nothing of it is compared."),
        (
            PhaseVerdict { cut_short, ..verdict(Outcome::Inconclusive, heavy_phase) },
            "The phase was not measured whole.",
        ),
        (verdict(Outcome::Passed, heavy_phase), no_value),
    ] {
        let compared = compared(heavy);
        for (cell, because) in [("light/error_rate", no_value), ("heavy/p95", because), ("heavy/error_rate", because)] {
            let cell = of(&compared.regressions, cell);
            assert_eq!((cell.outcome, cell.because.as_str()), (Outcome::NotRun, because), "{cell:?}");
        }
    }
}

#[test]
fn only_so_many_of_the_newest_runs_count() {
    let mut plan = plan(2);
    plan.regression.as_mut().expect("there is one").history = 5;
    let mut past = past();
    past.runs.splice(0..15, (0..15).map(|_| run(900.0, 900.0)));
    let compared = compare(&plan, &[run(100.0, 200.0)], &past);
    let cell = of(&compared.regressions, "light/p95");
    assert_eq!((cell.outcome, cell.history.len()), (Outcome::Passed, 5));
}

#[test]
fn blocks_are_compared_in_pairs() {
    let blocks = |slower: f64| -> Blocks {
        (0..12).map(|at| [run(100.0 + f64::from(at), 200.0), run(slower * (100.0 + f64::from(at)), 200.0)]).collect()
    };
    let compared = against_deployment(&plan(2), &[blocks(1.2), blocks(1.0)]);
    let cell = of(&compared, "light/p95");
    assert_eq!((cell.outcome, cell.blocks.len()), (Outcome::Failed, 12), "{cell:?}");
    assert_eq!(of(&compared, "heavy/p95").outcome, Outcome::Passed);
    let stopped = against_deployment(&plan(2), &[blocks(1.0)]);
    assert_eq!(of(&stopped, "light/p95").outcome, Outcome::Passed);
    assert_eq!(of(&stopped, "heavy/p95").outcome, Outcome::NotRun);
}

#[test]
fn a_base_without_numbers_compares_nothing() {
    let blocks: Blocks = (0..8).map(|_| [RunValues::new(), run(100.0, 200.0)]).collect();
    let compared = against_deployment(&plan(2), &[blocks]);
    assert_eq!(of(&compared, "light/p95").outcome, Outcome::Invalid);
    let compared = against_deployment(&plan(2), &[Blocks::new()]);
    assert_eq!(of(&compared, "light/p95").outcome, Outcome::Inconclusive);
    assert_eq!(of(&compared, "heavy/p95").outcome, Outcome::NotRun);
}

#[test]
fn a_slower_machine_blocks_nothing_and_asks_for_no_confirmation() {
    let past = Past { ruler: vec![0.001; 20], ..past() };
    let slower = [run(130.0, 260.0)];
    let outcome = |ruler: &[f64]| {
        let compared = against_stored(&plan(2), Head { runs: &slower, ruler, phases: &[] }, &past);
        (of(&compared.regressions, "heavy/p95").outcome, compared.unconfirmed.len())
    };
    assert_eq!(outcome(&[0.001, 0.001]), (Outcome::Inconclusive, 2));
    assert_eq!(outcome(&[0.0013, 0.0013]), (Outcome::Invalid, 0));
}

#[test]
fn creep_is_measured_from_the_anchor_along_every_stored_run() {
    let grown = |run: i32| 1.01_f64.powi(run);
    let runs: Vec<RunValues> = (-10..30).map(|at| run(100.0 * grown(at.max(0)), 200.0)).collect();
    let past = Past { anchor: runs[..10].to_vec(), after_anchor: 10, runs, ..Past::default() };
    let compared = compare(&plan(2), &[run(100.0 * grown(30), 200.0)], &past);
    let cell = of(&compared.regressions, "light/p95");
    assert_eq!(cell.anchor.map(|anchor| anchor.outcome), Some(Outcome::Failed), "{cell:?}");
    let creep = cell.creep.expect("there is an anchor");
    // Thirty stored runs after the anchor, more than the twenty that count, and this one.
    assert_eq!((creep.runs, cell.history.len()), (31, 20));
    assert!((creep.base - 100.0).abs() < 1e-9 && (creep.margin - 0.15).abs() < 1e-12, "{creep:?}");
    assert!((creep.largest_step - 0.01).abs() < 1e-9, "{creep:?}");
    assert_eq!(of(&compared.regressions, "heavy/p95").creep.map(|creep| creep.largest_step), Some(0.0));
    let without = compare(&plan(2), &[run(100.0, 200.0)], &self::past());
    assert_eq!(of(&without.regressions, "light/p95").creep, None);
}

#[test]
fn what_can_be_seen_is_known_before_the_run() {
    let before = outlook(&plan(2), &past());
    let after = compare(&plan(2), &[run(104.0, 203.0)], &past()).regressions;
    let seen = |cells: &[Regression]| cells.iter().map(|cell| cell.detectable).collect::<Vec<_>>();
    assert!(before.iter().all(|cell| cell.detectable.is_some() && cell.history.len() == 20));
    assert_eq!(seen(&before), seen(&after), "it depends on the stored runs alone");
    assert!(outlook(&plan(2), &Past::default()).iter().all(|cell| cell.detectable.is_none()));
}
