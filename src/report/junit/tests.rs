//! junit.xml as its readers see it.

use proptest::prelude::*;
use quick_junit::{Report, TestCaseStatus};

use super::*;
use crate::report::fixtures;

fn xml(verdict: Verdict) -> String {
    render(&fixtures::publishable(verdict))
}

/// Parses the report back, and holds it to the characters that XML 1.0 allows.
fn parsed(xml: &str) -> Report {
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let forbidden: Vec<char> = xml.chars().filter(|c| !allowed(*c)).collect();
    assert!(forbidden.is_empty(), "{forbidden:?}");
    assert!(!xml.contains("]]>"));
    Report::deserialize_from_str(xml).expect("it is well-formed")
}

#[test]
fn looks_as_its_readers_expect() {
    for (name, verdict) in fixtures::all() {
        insta::assert_snapshot!(format!("junit_{name}"), xml(verdict));
    }
}

#[test]
fn is_red_exactly_if_the_run_is() {
    for (name, verdict) in fixtures::all() {
        let exit_code = verdict.exit_code;
        let report = parsed(&xml(verdict));
        assert_eq!(report.failures + report.errors > 0, exit_code != 0, "{name}");
    }
}

#[test]
fn a_failure_carries_its_evidence_twice() {
    let report = parsed(&xml(fixtures::failed()));
    let medium = report.test_suites.iter().find(|suite| suite.name.as_str() == "medium").expect("it ran");
    let case = &medium.test_cases[1];
    assert_eq!(case.name.as_str(), "p95 < 750ms");
    assert_eq!(case.classname.as_deref(), Some("ahsp.medium"));
    assert_eq!((case.extra["file"].as_str(), case.extra["line"].as_str()), ("gates.yaml", "117"));
    let TestCaseStatus::NonSuccess { message, description, .. } = &case.status else { panic!("it failed") };
    let message = message.as_deref().expect("there is a message");
    assert!(message.starts_with("p95 < 750ms: p95 was 1.21 s, the limit is < 750 ms: 1,913 of"));
    assert!(description.as_deref().expect("there is a body").starts_with(message));
}

#[test]
fn what_was_not_run_is_skipped() {
    let report = parsed(&xml(fixtures::not_ready()));
    let phases = report.test_suites.iter().filter(|suite| suite.name.as_str() != "preflight");
    assert!(phases.into_iter().all(|suite| suite.skipped == suite.tests && suite.tests > 0));
}

#[test]
fn an_undecided_criterion_is_an_error_only_where_it_decides() {
    let mut verdict = fixtures::inconclusive();
    assert_eq!(parsed(&xml(verdict.clone())).errors, 1);
    (verdict.exit_code, verdict.outcome) = (0, Outcome::Warned);
    let report = parsed(&xml(verdict));
    assert_eq!((report.errors, report.failures), (0, 0));
}

#[test]
fn a_cell_is_a_case_and_a_new_one_an_error_only_where_it_decides() {
    let suite = |verdict: Verdict| {
        let suites = parsed(&xml(verdict)).test_suites;
        suites.into_iter().find(|suite| suite.name.as_str() == "regression").expect("it compares")
    };
    let mut verdict = fixtures::new();
    let warned = suite(verdict.clone());
    assert_eq!((warned.tests, warned.skipped, warned.errors), (21, 21, 0));
    (verdict.exit_code, verdict.outcome) = (4, Outcome::Inconclusive);
    assert_eq!(suite(verdict).errors, 21);
    let failed = suite(fixtures::regressed());
    assert_eq!((failed.tests, failed.failures, failed.skipped), (7, 2, 3));
    let case = failed.test_cases.iter().find(|case| case.name.as_str() == "light/p95(chart data)").expect("its name");
    let line = case.extra.iter().find(|(key, _)| key.as_str() == "line").map(|(_, line)| line.as_str());
    assert_eq!(line, Some("200"));
}

#[test]
fn a_warning_is_a_pass_that_says_something() {
    let report = parsed(&xml(fixtures::warned()));
    let medium = report.test_suites.iter().find(|suite| suite.name.as_str() == "medium").expect("it ran");
    let said: Vec<_> = medium.test_cases.iter().filter_map(|case| case.system_out.as_deref()).collect();
    assert_eq!(said.len(), 3);
    assert!(said[1].starts_with("warning: p50 < 300ms: p50 was 312 ms, the limit is"), "{said:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn is_well_formed_whatever_a_name_contains(strings in prop::collection::vec(any::<String>(), 1..20), offset in 0usize..12) {
        let all: Vec<String> =
            strings.into_iter().chain(fixtures::HOSTILE.map(str::to_owned)).collect();
        let mut next = offset;
        let verdict = fixtures::with_strings(&mut || {
            next += 1;
            all[next % all.len()].clone()
        });
        let benign = parsed(&xml(fixtures::everything()));
        let report = parsed(&xml(verdict.clone()));
        prop_assert_eq!(report.test_suites.len(), benign.test_suites.len());
        prop_assert_eq!((report.failures, report.errors), (benign.failures, benign.errors));
        let publishable = fixtures::publishable(verdict);
        let name = publishable.verdict().phases[0].name.as_str();
        prop_assert!(report.test_suites.iter().any(|suite| suite.name.as_str().trim() == name.trim()));
    }
}
