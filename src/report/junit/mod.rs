//! junit.xml: the one place that names `quick_junit`.
//!
//! Written for what its readers do (dorny/test-reporter, mikepenz/action-junit-report, GitLab, Jenkins, `CircleCI`,
//! Buildkite): one failure a case, its message in the attribute and in the body, `file` and `line` on the case, a time
//! on every suite and case, `classname` and `name` that stay the same from run to run.

mod case;
mod properties;

use std::time::Duration;

use quick_junit::{Report, TestCase, TestSuite};

use super::{
    Publishable, regressions,
    trouble::{self, Standing, Trouble},
    waivers, when,
};
use crate::judge::{Outcome, PhaseVerdict, Verdict};

/// The suite of the comparisons.
const REGRESSION: &str = "regression";

/// The whole report.
pub(super) fn render(publishable: &Publishable) -> String {
    let verdict = publishable.verdict();
    let mut report = Report::new(verdict.gate.as_str());
    report.time = when::took(verdict);
    report.add_test_suites(suites(verdict));
    if verdict.exit_code != 0 && report.failures + report.errors == 0 {
        report.add_test_suite(run(verdict));
    }
    let xml = report.to_string().expect("strings without control characters can be written to memory");
    // The Jenkins schema knows no `skipped` on the outermost element; its value is escaped everywhere else.
    xml.replacen(&format!(" skipped=\"{}\"", report.skipped), "", 1)
}

fn suites(verdict: &Verdict) -> Vec<TestSuite> {
    let mut suites = Vec::new();
    let mut add = |name: &str, cases: Vec<TestCase>| {
        if !cases.is_empty() {
            let mut suite = suite(name, Duration::ZERO);
            suite.add_test_cases(cases);
            suites.push(suite);
        }
    };
    let checks = |part: &'static str| {
        let checks = if part == "preflight" { &verdict.preflight } else { &verdict.integrity };
        checks.iter().map(move |check| case::of_check(verdict, part, check)).collect::<Vec<_>>()
    };
    add("preflight", checks("preflight"));
    add(REGRESSION, verdict.regressions.iter().map(|cell| case::of_regression(verdict, cell)).collect());
    add("recovery", verdict.recovery.iter().map(|recovery| case::of_recovery(verdict, recovery)).collect());
    add("integrity", checks("integrity"));
    say_around_the_comparison(verdict, &mut suites);
    let after_preflight = suites.iter().take_while(|suite| suite.name.as_str() == "preflight").count();
    suites.splice(after_preflight..after_preflight, verdict.phases.iter().map(|phase| of_phase(verdict, phase)));
    suites
}

/// Active waivers, what was compared with what, and its remarks, as the output of the suite of the comparisons.
fn say_around_the_comparison(verdict: &Verdict, suites: &mut Vec<TestSuite>) {
    let waived = waivers::lines(verdict).into_iter().map(|line| format!("{}: {line}", waivers::TITLE));
    let notes = verdict.comparison.iter().flat_map(|comparison| comparison.notes.iter().cloned());
    let said: Vec<String> = waived.chain(regressions::introduction(verdict)).chain(notes).collect();
    if said.is_empty() {
        return;
    }
    if !suites.iter().any(|suite| suite.name.as_str() == REGRESSION) {
        suites.push(suite(REGRESSION, Duration::ZERO));
    }
    for suite in suites.iter_mut().filter(|suite| suite.name.as_str() == REGRESSION) {
        suite.set_system_out(said.join("\n"));
    }
}

/// The suite of a phase: a case for each criterion, one for each band that warns, and one for the phase as a whole
/// where the others do not say what became of it.
fn of_phase(verdict: &Verdict, phase: &PhaseVerdict) -> TestSuite {
    let mut suite = suite(&phase.name, Duration::try_from_secs_f64(phase.duration_s).unwrap_or_default());
    suite.add_properties(properties::of_phase(phase));
    suite.add_properties(properties::of_the_demo(verdict));
    suite.add_test_cases(phase.findings.iter().map(|finding| case::of_finding(verdict, phase, finding)));
    if phase.outcome == Outcome::NotRun {
        return suite;
    }
    suite.add_test_cases(trouble::besides(phase).iter().map(|trouble| case::of_trouble(verdict, trouble)));
    suite
}

/// A run that ended badly without a case that says so, such as an interrupted one, is never all green.
fn run(verdict: &Verdict) -> TestSuite {
    let trouble = Trouble {
        standing: if verdict.outcome == Outcome::Failed { Standing::Failed } else { Standing::Invalid },
        part: "run",
        what: "the whole run".to_owned(),
        measured: None,
        place: None,
        because: verdict.headline.clone(),
        advice: None,
    };
    let mut suite = suite("run", when::took(verdict).unwrap_or_default());
    suite.add_test_case(case::of_trouble(verdict, &trouble));
    suite
}

fn suite(name: &str, time: Duration) -> TestSuite {
    let mut suite = TestSuite::new(name);
    suite.set_time(time);
    suite
}

#[cfg(test)]
mod tests;
