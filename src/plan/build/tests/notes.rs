//! What is remarked on, and what has no effect.

use std::time::Duration;

use super::{Choice, build, plan, with};
use crate::{
    config::{Environment, Note},
    plan::{Limits, notes, requests_needed},
};

#[test]
fn every_key_has_an_effect() {
    let text = with("regression: {margin: 5%}\npublish: {html: a.html, github: {comment: true}}\n")
        .replace("app: {prometheus", "host: {host: local, read: {cpu: cpu_percent}}, app: {prometheus");
    assert_eq!(plan(&text).without_effect, Vec::<String>::new());
}

#[test]
fn notes_what_the_machine_has_too_little_of() {
    let text = with("  - {name: second, users: 4000, duration: 5m, data: [other], criteria: [p99 < 1s]}");
    let noted = |descriptors, ports| {
        let choice = Choice { limits: Limits { descriptors, ports }, ..Choice::default() };
        let (config, _) = crate::config::read("gates.yaml", text.as_bytes(), &choice.environment);
        let config = config.expect("a config");
        let plan = build(&config, &choice).unwrap_or_else(|problems| panic!("{problems}"));
        let notes = notes(&config, &choice, &plan).into_iter().map(|Note(note)| note);
        let notes: Vec<_> = notes.filter(|note| note.message.contains(" needs up to ")).collect();
        assert_eq!(notes.len(), plan.beyond(&choice.limits).len(), "a run says what check says");
        notes.into_iter().map(|note| (note.line, note.message)).collect::<Vec<_>>()
    };
    let needed = 4_000 + 64 + 2;
    assert_eq!(noted(None, None), []);
    assert_eq!(noted(Some(needed), Some(4_000)), []);
    let [(line, descriptors), (_, ports)] = &noted(Some(needed - 1), Some(3_999))[..] else { panic!("two notes") };
    assert_eq!(
        (*line, descriptors.as_str()),
        (10, "phase `second` needs up to 4,066 descriptors, one for each user, and this machine allows 4,065")
    );
    assert_eq!(ports, "phase `second` needs up to 4,000 local ports, one for each user, and this machine has 3,999");
}

#[test]
fn notes_secrets_that_are_not_listed() {
    let script = "cleanup:\n  - command:\n      - sh\n      - -c\n      - |\n        # in a script\n        # ${SCRIPT_TOKEN} $${LITERAL_TOKEN}\n";
    let text = with(&format!("# ${{COMMENTED_TOKEN}} ${{API_TOKEN}} in a comment\n{script}")).replace(
        "{get: /, name: home, tags: [page]}",
        "{get: '/?a=${API_TOKEN}', name: home, headers: {X-A: '{{ env.DB_PASSWORD }} ${LISTED_SECRET}${UNSET_KEY:-}${STAGE}${GITHUB_TOKEN}${TOKEN_ISSUER}${TINY_TOKEN}'}}",
    );
    let text = text.replace("target: {url", "secrets: [LISTED_SECRET]\ntarget: {url");
    let variables = ["API_TOKEN", "DB_PASSWORD", "LISTED_SECRET", "STAGE", "GITHUB_TOKEN", "DB", "UNUSED_TOKEN"];
    let more = ["SCRIPT_TOKEN", "COMMENTED_TOKEN", "LITERAL_TOKEN", "TOKEN_ISSUER"];
    let mut environment: Environment =
        variables.into_iter().chain(more).map(|name| (name.to_owned(), "value-of-it".to_owned())).collect();
    environment.insert("TINY_TOKEN".to_owned(), "12345".to_owned());
    let choice = Choice { environment, ..Choice::default() };
    let (config, problems) = crate::config::read("gates.yaml", text.as_bytes(), &choice.environment);
    assert!(problems.is_empty(), "{problems}");
    let config = config.expect("a config");
    let plan = build(&config, &choice).unwrap_or_else(|problems| panic!("{problems}"));
    let noted = notes(&config, &choice, &plan);
    let at = |name: &str| {
        let of_it = noted.iter().find(|Note(note)| note.message.contains(&format!("`{name}`")));
        of_it.map(|Note(note)| (note.line, note.column))
    };
    assert_eq!(at("API_TOKEN"), place_of(&text, "API_TOKEN}', name"));
    assert_eq!(at("SCRIPT_TOKEN"), place_of(&text, "SCRIPT_TOKEN"));
    let noted: Vec<String> = noted.into_iter().map(|Note(note)| note.message).collect();
    let short: Vec<&str> = noted.iter().filter(|note| note.contains("TINY_TOKEN")).map(String::as_str).collect();
    assert_eq!(short, ["the value of `TINY_TOKEN` is under 6 characters and is not masked in outputs"]);
    let unlisted: Vec<&str> =
        noted.iter().filter(|note| note.contains("because of its name")).map(String::as_str).collect();
    assert_eq!(
        unlisted,
        ["API_TOKEN", "DB_PASSWORD", "SCRIPT_TOKEN"]
            .map(|name| format!("`{name}` is not listed and is masked in outputs because of its name"))
    );
}

fn place_of(text: &str, part: &str) -> Option<(u32, u32)> {
    let (line, at) = text.lines().zip(1..).find_map(|(text, line)| Some((line, text.find(part)?)))?;
    Some((line, at as u32 + 1))
}

#[test]
fn notes_what_the_requests_cannot_decide() {
    let text = with(
        "  - {name: second, users: 40, duration: 5s, data: [other], criteria: [p99 < 1s, p50 < 1s, no 5xx, requests >= 0, p95 > 0ms]}
integrity:
  - {name: books, postgres: \"postgresql://a:b@db/n\", sql: SELECT 1, expect: {value: 1}}
  - {name: notes, postgres: \"postgresql://a:b@db/n?sslmode=require\", sql: SELECT 1, expect: {value: 1}}
cleanup:
  - {name: rest, postgres: \"postgresql://a:b@db/n\", sql: SELECT 1, expect: {value: 1}}",
    );
    let text = text
        .replace("criteria: [success_rate > 99%]", "data: [small], criteria: [success_rate > 50%]")
        .replace(
            "app: {prometheus",
            "db: {postgres: \"postgresql://a:b@db/n\", read: {c: connections}}, app: {prometheus",
        )
        .replace("target: {url", "secrets: [S]\ntarget: {tls: {verify: false}, url");
    let choice = Choice {
        environment: [("S".to_owned(), "abc".to_owned())].into(),
        deadline: Some(Duration::from_secs(60)),
        ..Choice::default()
    };
    let (config, _) = crate::config::read("gates.yaml", text.as_bytes(), &choice.environment);
    let config = config.expect("a config");
    let plan = build(&config, &choice).unwrap_or_else(|problems| panic!("{problems}"));
    let notes: Vec<String> =
        notes(&config, &choice, &plan).iter().map(|Note(note)| format!("{} {}", note.line, note.message)).collect();
    let expected = [
        "2 the run may take up to ",
        "3 the value of `S` is under 6 characters",
        "4 certificates are not verified",
        "6 the certificate of the database of `db` is not verified",
        "11 phase `second` raises the load and the complexity of its data at once, from `first`",
        "11 about 182 requests are expected for `p99 < 1s` in phase `second`; below 299 nothing about it is certain",
        "11 `requests >= 0` in phase `second` holds whatever was measured",
        "11 `p95 > 0ms` in phase `second` holds whatever was measured",
        "13 the certificate of the database of `books` is not verified",
        "16 the certificate of the database of `rest` is not verified",
    ];
    assert_eq!(notes.len(), expected.len(), "{notes:#?}");
    for (note, expected) in notes.iter().zip(expected) {
        assert!(note.starts_with(expected), "{note}\n{expected}");
    }
}

#[test]
fn notes_a_pool_whose_size_nobody_chose() {
    let noted = |load: &str, target: &str| {
        let text = with(&format!("  - {{name: second, {load}, duration: 5m, criteria: [p95 < 1s]}}"));
        let text = text.replace("target: {url", &format!("target: {{{target}url"));
        let choice = Choice::default();
        let (config, problems) = crate::config::read("gates.yaml", text.as_bytes(), &choice.environment);
        assert!(problems.is_empty(), "{problems}");
        let config = config.expect("a config");
        let plan = build(&config, &choice).unwrap_or_else(|problems| panic!("{problems}"));
        let notes = notes(&config, &choice, &plan).into_iter().map(|Note(note)| note);
        let mut notes = notes.filter(|note| note.message.contains(" names no `users`"));
        let place = place_of(&text, load.trim_start_matches("rate: "));
        let note = notes.next().map(|note| {
            assert_eq!(Some((note.line, note.column)), place);
            note.message
        });
        assert_eq!(notes.next().map(|note| note.message), None);
        note
    };
    let said = |pool: &str, seldom: &str| {
        Some(format!("phase `second` names no `users`, so that each of its {pool} sends once in {seldom}"))
    };
    assert_eq!(noted("rate: 100/s", ""), said("1,000", "10s"));
    assert_eq!(noted("rate: 5000/s", ""), said("10,000", "2s"));
    assert_eq!(noted("rate: 99/s", ""), None);
    assert_eq!(noted("rate: 5001/s", ""), None, "each sends more often than once in 2 s");
    assert_eq!(noted("rate: 100/s, users: 1000", ""), None, "somebody chose it");
    assert_eq!(noted("rate: 100/s", "connections: request, "), None, "no connection is kept");
    assert_eq!(noted("users: 1000", ""), None);
}

#[test]
fn the_number_of_requests_needed_is_that_of_the_decision() {
    let criterion = |text: &str| plan(&with("").replace("success_rate > 99%", text)).phases[0].criteria[0].clone();
    for (text, needed) in [
        ("p95 < 1s", Some(59)),
        ("p99 < 1s", Some(299)),
        ("p99.9 < 1s", Some(2995)),
        ("success_rate > 99%", Some(299)),
        ("error_rate < 1%", Some(299)),
        ("success_rate >= 100%", None),
        ("requests > 5", None),
        ("no 5xx", None),
    ] {
        assert_eq!(requests_needed(&criterion(text)), needed, "{text}");
    }
}
