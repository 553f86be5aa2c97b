//! The comment, as text and as a Markdown reader sees it.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::*;
use crate::{
    judge::{Finding, PhaseVerdict},
    report::fixtures,
};

fn links() -> Links {
    let blob = Blob { base: "https://github.com/o/r/blob/c0ffee".to_owned(), folder: "perf".to_owned() };
    Links { run: Some("https://github.com/o/r/actions/runs/1".to_owned()), blob: Some(blob) }
}

fn commented(verdict: Verdict) -> String {
    comment(&fixtures::publishable(verdict), &links())
}

#[test]
fn reads_well() {
    for (name, verdict) in fixtures::all() {
        insta::assert_snapshot!(format!("comment_{name}"), commented(verdict));
    }
}

#[test]
fn the_first_lines_say_it_all() {
    let comment = commented(fixtures::regressed());
    let lines: Vec<&str> = comment.lines().collect();
    assert_eq!(lines[0], "## ❌ `ahsp`: failed");
    assert!(lines[2].starts_with("**chart data in light became slower: p95 from 180 ms to 214 ms"), "{}", lines[2]);
    assert_eq!(
        lines[4],
        "5 of 7 cells compared, could have seen +12.4 to +15.3 % · commit `4f2a9c01d7e6` · profile `pr` · 13,042 requests \
         in 2 min 32 s"
    );
}

#[test]
fn unfolded_tables_fit_a_phone() {
    for (name, verdict) in fixtures::all() {
        let comment = commented(verdict);
        let unfolded = comment.split("<details>").next().expect("there is a beginning");
        let columns = Parser::new_ext(unfolded, Options::ENABLE_TABLES).filter_map(|event| match event {
            Event::Start(Tag::Table(columns)) => Some(columns.len()),
            _ => None,
        });
        assert!(columns.max().unwrap_or(0) <= 4, "{name}: {unfolded}");
    }
}

#[test]
fn without_links_it_has_none() {
    let comment = comment(&fixtures::publishable(fixtures::failed()), &Links::default());
    assert!(comment.contains("(`gates.yaml:117`)") && !comment.contains("]("), "{comment}");
}

/// As a Markdown reader sees it, where our own links are none.
fn structure(markdown: &str) -> Vec<String> {
    let ours = ["https://github.com/o/r/blob/c0ffee/perf/", "https://github.com/o/r/actions/runs/1"];
    fixtures::structure(markdown, &ours)
}

/// The words outside of code, where a forge looks for mentions, links, pictures and hashes.
fn running_text(markdown: &str) -> String {
    let mut in_block = false;
    let text = |event| match event {
        Event::Start(Tag::CodeBlock(_)) | Event::End(TagEnd::CodeBlock) => {
            in_block = !in_block;
            None
        }
        Event::Text(text) if !in_block => Some(text.into_string()),
        Event::Start(_) | Event::Code(_) => Some("\n".to_owned()),
        _ => None,
    };
    Parser::new_ext(markdown, Options::ENABLE_TABLES).filter_map(text).collect()
}

/// Whether what was opened is closed, in the order in which it was opened.
fn balanced(markdown: &str) -> bool {
    let opened = markdown.lines().filter(|line| line.starts_with("<details>")).count();
    let closed = markdown.lines().filter(|line| *line == "</details>").count();
    let fences = markdown.lines().filter(|line| line.starts_with("```")).count();
    opened == closed && fences.is_multiple_of(2)
}

#[test]
fn every_failing_criterion_stays_while_it_fits() {
    let mut verdict = fixtures::everything();
    let phase = verdict.phases[2].clone();
    let broken = |at: usize| Finding { criterion: format!("p95(name {at:04}) < 750ms"), ..phase.findings[1].clone() };
    verdict.phases[2].findings = (0..700).map(broken).collect();
    verdict.phases[2].endpoints = vec![phase.endpoints[2].clone(); 5_000];
    let passed = verdict.phases[1].clone();
    verdict.phases.extend((0..300).map(|at| PhaseVerdict { name: format!("passed {at}"), ..passed.clone() }));
    let some = commented(verdict.clone());
    assert!(length(&some) <= MOST_COMMENT && balanced(&some), "{}", length(&some));
    let missing: Vec<usize> = (0..700).filter(|at| !some.contains(&format!("`p95(name {at:04}) < 750ms`"))).collect();
    assert_eq!(missing, Vec::<usize>::new());
    assert!(some.ends_with(
        "had no room here; [the report of this run](https://github.com/o/r/actions/runs/1) has everything.\n"
    ));
    assert!(!some.contains("passed 299") && !some.contains("```mermaid"));

    verdict.phases[2].findings = (0..5_000).map(broken).collect();
    let many = commented(verdict);
    assert!(
        length(&many) <= MOST_COMMENT && length(&many) > MOST_COMMENT - 500 && balanced(&many),
        "{}",
        length(&many)
    );
    let kept = (0..5_000).filter(|at| many.contains(&format!("`p95(name {at:04}) < 750ms`"))).count();
    let last = many.lines().last().expect("it has lines");
    // The others of the 5,000 findings; the recovery and the comparisons that failed too had no room either.
    let said = last.split(" of them about what failed").next().and_then(|start| start.split(' ').next_back());
    let said: usize = said.expect("a number").replace(',', "").parse().expect("a number");
    assert!(kept > 700 && (5_000 - kept..5_010 - kept).contains(&said), "{kept} {last}");
}

#[test]
fn an_unreasonable_name_takes_no_room_from_the_others() {
    let mut verdict = fixtures::everything();
    verdict.gate = "g".repeat(3_000);
    verdict.headline = "h ".repeat(3_000);
    verdict.phases[2].name = "n".repeat(3_000);
    let comment = commented(verdict);
    assert!(length(comment.split("### The ladder").next().expect("a beginning")) < 8_000, "{comment}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn no_name_changes_the_structure(strings in prop::collection::vec("\\PC{0,12}|[\\\\|`*_@#<>\\[\\]()!&:/. w0-9a-f-]{0,12}", 1..20), offset in 0usize..12) {
        let (hostile, benign) = fixtures::twins(strings, offset);
        let comment = commented(hostile);
        let (seen, expected) = (structure(&comment), structure(&commented(benign)));
        let difference = seen.iter().zip(&expected).position(|(seen, expected)| seen != expected);
        prop_assert!(seen.len() == expected.len() && difference.is_none(), "at {:?} of {}", difference, comment);
        prop_assert!(!comment.contains("<!--"), "{}", comment);
        let read = running_text(&comment);
        for power in ["@o", "#1", "GH-2", "://", "www.e"] {
            prop_assert!(!read.contains(power), "{} in {}", power, read);
        }
    }

    #[test]
    fn no_size_breaks_it(
        text in "\\PC{1,8}|[|`<@#&*]{1,8}",
        repeated in 1usize..300,
        copies in 1usize..12,
        findings in 0usize..150,
        endpoints in 0usize..150,
        checks in 0usize..60,
        regressions in 0usize..60,
    ) {
        let mut at = 0;
        let mut verdict = fixtures::with_strings(&mut || { at += 1; format!("{at} {}", text.repeat(repeated)) });
        let (finding, endpoint) = (verdict.phases[2].findings[1].clone(), verdict.phases[2].endpoints[2].clone());
        verdict.phases[2].findings.extend(vec![finding; findings]);
        verdict.phases[2].endpoints.extend(vec![endpoint; endpoints]);
        verdict.phases = vec![verdict.phases; copies].concat();
        let (check, regression) = (verdict.preflight[0].clone(), verdict.regressions[0].clone());
        verdict.preflight.extend(vec![check; checks]);
        verdict.regressions.extend(vec![regression; regressions]);
        let comment = commented(verdict);
        prop_assert!(length(&comment) <= MOST_COMMENT, "{}", length(&comment));
        prop_assert!(balanced(&comment), "{}", comment);
        prop_assert!(comment.starts_with("## ❌ ") && comment.contains("### What failed first"), "{}", comment);
    }
}
