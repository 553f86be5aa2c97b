//! summary.md, as text and as a Markdown reader sees it.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser};

use super::*;
use crate::report::fixtures;

fn summary(verdict: Verdict) -> String {
    render(&fixtures::publishable(verdict))
}

#[test]
fn reads_well() {
    for (name, verdict) in fixtures::all() {
        insta::assert_snapshot!(format!("markdown_{name}"), summary(verdict));
    }
}

/// As a Markdown reader sees it; the summary has no link.
fn structure(markdown: &str) -> Vec<String> {
    fixtures::structure(markdown, &[])
}

#[test]
fn the_structure_would_show_a_forged_link() {
    assert!(structure("see [this](http://x)").iter().any(|part| part.starts_with("forged")));
}

#[test]
fn why_statements_are_not_known_stands_under_their_table() {
    let mut verdict = fixtures::failed();
    let why = "which statements took most of the time of postgres at db:5432/shop is not known: it was gone";
    verdict.phases[2].statements_unknown = vec![why.to_owned()];
    let with_table = summary(verdict.clone());
    let part = with_table.split("Statements of the database").nth(1).expect("the part is there");
    assert!(part.contains("| 115,200 |") && part.contains(&format!("\n\n- medium: {why}.\n")), "{part}");
    verdict.phases[2].statements.clear();
    let alone = summary(verdict);
    assert!(alone.contains(&format!("- medium: {why}.\n")) && !alone.contains("| statement |"), "{alone}");
}

#[test]
fn is_bounded() {
    let mut verdict = fixtures::everything();
    let endpoint = verdict.phases[2].endpoints[2].clone();
    let finding = verdict.phases[2].findings[1].clone();
    verdict.phases[2].endpoints = vec![endpoint; 5_000];
    verdict.phases[2].findings = vec![finding; 5_000];
    let summary = summary(verdict);
    assert!(summary.len() < 60_000, "{}", summary.len());
    assert!(summary.contains("more, in the other reports") && summary.contains("4950 more stand in"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_name_changes_the_structure(strings in prop::collection::vec("\\PC{0,12}|[\\\\|`*_@#<>\\[\\]()!&:/. w-]{0,12}", 1..20), offset in 0usize..12) {
        let (hostile, benign) = fixtures::twins(strings, offset);
        let summary = summary(hostile);
        let (seen, expected) = (structure(&summary), structure(&super::render(&fixtures::publishable(benign))));
        let difference = seen.iter().zip(&expected).position(|(seen, expected)| seen != expected);
        prop_assert!(seen.len() == expected.len() && difference.is_none(), "at {:?} of {}", difference, summary);
        let read = running_text(&summary);
        for power in ["@o", "#1", "GH-2", "://", "www.e"] {
            prop_assert!(!read.contains(power), "{} in {}", power, read);
        }
    }
}

/// The words outside of code spans, where a forge looks for mentions and links.
fn running_text(markdown: &str) -> String {
    Parser::new_ext(markdown, Options::ENABLE_TABLES)
        .filter_map(|event| match event {
            Event::Text(text) => Some(text.into_string()),
            Event::Start(_) | Event::Code(_) => Some("\n".to_owned()),
            _ => None,
        })
        .collect()
}
