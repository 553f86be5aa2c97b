//! One criterion or item as a test case.

use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus};

use super::{
    super::{
        regressions,
        trouble::{self, Standing, Trouble},
    },
    properties,
};
use crate::judge::{CheckResult, Finding, Level, Outcome, PhaseVerdict, RecoveryVerdict, Regression, Verdict};

/// What a case came to.
enum Result {
    /// It passed; the remark becomes system-out.
    Passed(Option<String>),
    /// It was not decided or not run.
    Skipped(String),
    /// It did not hold.
    Failed(Evidence),
    /// It could not be measured.
    Error(Evidence),
}

/// Why, for a case that is red.
struct Evidence {
    /// In one line.
    message: String,
    /// What follows it in the body.
    more: Vec<String>,
}

/// A criterion.
pub(super) fn of_finding(verdict: &Verdict, phase: &PhaseVerdict, finding: &Finding) -> TestCase {
    let name = trouble::title(finding);
    let measured = trouble::measured(finding);
    let trouble = Trouble {
        standing: trouble::weight(finding).unwrap_or(Standing::Uncertain),
        part: &phase.name,
        what: name.clone(),
        measured: Some(measured),
        place: trouble::place(&finding.file, finding.line),
        because: finding.because.clone(),
        advice: super::super::advice::for_finding(phase, finding),
    };
    let result = match (phase.outcome, finding.outcome, finding.level) {
        (Outcome::NotRun, _, _) | (_, Outcome::NotRun, _) => Result::Skipped(finding.because.clone()),
        (_, Outcome::Inconclusive, Level::Block) => undecided(verdict, &trouble),
        (_, Outcome::Inconclusive, Level::Warn) => Result::Skipped(line(&trouble)),
        (Outcome::Invalid, _, _) => Result::Skipped(format!("Not judged. {}", phase.because.join(" "))),
        (_, Outcome::Failed, Level::Block) => Result::Failed(evidence(&trouble)),
        (_, Outcome::Failed, Level::Warn) => Result::Passed(Some(format!("warning: {}", line(&trouble)))),
        _ if finding.certain => Result::Passed(None),
        _ => Result::Passed(Some(line(&trouble))),
    };
    let mut case = case(verdict, &phase.name, &name, result);
    case.properties = properties::of_finding(finding);
    at(&mut case, &finding.file, finding.line);
    case
}

/// An item of preflight or integrity.
pub(super) fn of_check(verdict: &Verdict, part: &str, check: &CheckResult) -> TestCase {
    let mut case = case(verdict, part, &check.name, of_outcome(verdict, check.outcome, &check.name, &check.detail));
    at(&mut case, &check.file, check.line);
    case
}

/// Recovery.
pub(super) fn of_recovery(verdict: &Verdict, recovery: &RecoveryVerdict) -> TestCase {
    let mut case =
        case(verdict, "recovery", "recovery", of_outcome(verdict, recovery.outcome, "recovery", &recovery.detail));
    case.properties = properties::of_recovery(recovery);
    case
}

/// A comparison.
pub(super) fn of_regression(verdict: &Verdict, regression: &Regression) -> TestCase {
    let name = regression.name();
    let because = regressions::account(verdict, regression);
    let mut case = case(verdict, "regression", &name, of_outcome(verdict, regression.counts_as(), &name, &because));
    case.properties = properties::of_regression(regression);
    at(&mut case, &regression.file, regression.line);
    case
}

/// What is not a criterion: a band, a phase as a whole, the run as a whole.
pub(super) fn of_trouble(verdict: &Verdict, trouble: &Trouble<'_>) -> TestCase {
    let result = match trouble.standing {
        Standing::Failed => Result::Failed(evidence(trouble)),
        Standing::Invalid => Result::Error(evidence(trouble)),
        Standing::Inconclusive => undecided(verdict, trouble),
        Standing::Warned => Result::Passed(Some(format!("warning: {}", line(trouble)))),
        Standing::Uncertain => Result::Passed(Some(line(trouble))),
    };
    case(verdict, trouble.part, &trouble.what, result)
}

fn of_outcome(verdict: &Verdict, outcome: Outcome, name: &str, detail: &str) -> Result {
    let evidence = || Evidence { message: format!("{name}: {detail}"), more: Vec::new() };
    match outcome {
        Outcome::Passed => Result::Passed(None),
        Outcome::Warned => Result::Passed(Some(format!("warning: {detail}"))),
        Outcome::Failed => Result::Failed(evidence()),
        Outcome::Invalid | Outcome::Interrupted => Result::Error(evidence()),
        Outcome::Inconclusive | Outcome::New if decides(verdict) => Result::Error(evidence()),
        Outcome::NotRun | Outcome::Inconclusive | Outcome::New => Result::Skipped(detail.to_owned()),
    }
}

/// Inconclusive is an error where it, or an invalid phase, decides the exit code.
fn undecided(verdict: &Verdict, trouble: &Trouble<'_>) -> Result {
    if decides(verdict) { Result::Error(evidence(trouble)) } else { Result::Skipped(line(trouble)) }
}

fn decides(verdict: &Verdict) -> bool {
    matches!(verdict.exit_code, 3 | 4)
}

fn evidence(trouble: &Trouble<'_>) -> Evidence {
    let place = trouble.place.as_ref().map(|place| format!("at {place}"));
    let advice = trouble.advice.as_ref().map(|advice| format!("what to try: {advice}"));
    Evidence { message: line(trouble), more: place.into_iter().chain(advice).collect() }
}

/// What, and the evidence, in one line.
fn line(trouble: &Trouble<'_>) -> String {
    format!("{}: {}", trouble.what, trouble.evidence())
}

fn case(verdict: &Verdict, part: &str, name: &str, result: Result) -> TestCase {
    let (status, remark) = match result {
        Result::Passed(remark) => (TestCaseStatus::success(), remark),
        Result::Skipped(why) => {
            // The Jenkins schema knows no message on `skipped`: the reason is its text.
            let mut status = TestCaseStatus::skipped();
            status.set_description(why);
            (status, None)
        }
        Result::Failed(evidence) => (red(NonSuccessKind::Failure, &evidence), None),
        Result::Error(evidence) => (red(NonSuccessKind::Error, &evidence), None),
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("{}.{part}", verdict.gate));
    case.set_time(Duration::ZERO);
    if let Some(remark) = remark {
        case.set_system_out(remark);
    }
    case
}

fn red(kind: NonSuccessKind, evidence: &Evidence) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(evidence.message.as_str());
    status.set_type(match kind {
        NonSuccessKind::Failure => "failed",
        NonSuccessKind::Error => "not measured",
    });
    let body = std::iter::once(&evidence.message).chain(&evidence.more).map(String::as_str).collect::<Vec<_>>();
    status.set_description(body.join("\n"));
    status
}

fn at(case: &mut TestCase, file: &str, line: u32) {
    if trouble::place(file, line).is_some() {
        case.extra.insert("file".into(), file.into());
        case.extra.insert("line".into(), line.to_string().into());
    }
}
