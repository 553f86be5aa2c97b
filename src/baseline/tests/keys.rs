//! What makes two runs comparable.

use crate::{
    baseline::{Key, testing::environment},
    config::{self, Environment, Secrets},
    plan::{self, Choice, Plan},
};

const FILE: &str = r"version: 1
gate: shop
target: {url: 'https://pr-7.staging.example.com', allow: ['*.staging.example.com'], headers: {A: '1', B: '2'}}
datasets: {small: {rows: [{id: 1, name: x}]}, other: {rows: [{id: 2, name: y}]}}
scenarios:
  visitor:
    login: [{post: /login, name: login, form: {password: '${PASSWORD:-demo}'}}]
    steps: [{get: '/{{ data.id }}/?v=${STAGEGATE_COMMIT:-dev}', name: home, expect: {status: 200}}]
    think: 1s
phases:
  - {name: light, users: 10, duration: 60s, spawn_rate: 5/s, warmup: 2s, data: [small], criteria: [success_rate > 99%]}
  - {name: heavy, users: 20, duration: 60s, spawn_rate: 5/s, data: [small], criteria: [success_rate > 99%]}
";

fn plan_of(text: &str, choice: &Choice) -> Plan {
    let (config, problems) = config::read("gates.yaml", text.as_bytes(), &choice.environment);
    assert!(problems.is_empty(), "{problems}");
    plan::build(&config.expect("it can be read"), choice).unwrap_or_else(|problems| panic!("{problems}"))
}

fn key_of(text: &str) -> Key {
    Key::of(&plan_of(text, &Choice::default()), &Secrets::default(), &environment())
}

#[test]
fn is_the_same_whatever_the_file_looks_like() {
    let written = key_of(FILE);
    let other = FILE
        .replace("{name: light, users: 10, duration: 60s,", "{duration: 1m, users: 10, name: light,")
        .replace("headers: {A: '1', B: '2'}", "headers: {B: \"2\", A: '1'}")
        .replace("gate: shop", "# a remark\ngate:   'shop'")
        .replace("warmup: 2s", "warmup: 2000ms")
        .replace("datasets: {small: {rows: [{id: 1, name: x}]}", "datasets: {small: {rows: [{name: x, id: 1}]}");
    assert_ne!(other, FILE);
    assert_eq!(key_of(&other), written);
    assert_eq!(key_of(&other).hash(), written.hash());
    let criteria = FILE.replace("success_rate > 99%", "p95 < 300ms");
    let more = format!("{criteria}publish: {{junit: other.xml}}\npolicy: {{no_data: warn}}\n");
    assert_eq!(key_of(&more), written, "criteria and names of reports are no part of it");
}

#[test]
fn stays_the_same_from_version_to_version() {
    // A store's folders carry this name: when it changes, every stored baseline is lost to its users.
    assert_eq!(key_of(FILE).hash(), "3d994c187aa280a4", "{:#?}", key_of(FILE));
}

#[test]
fn what_is_done_otherwise_makes_another_key_and_says_so() {
    let older = key_of(FILE);
    for (from, to, says) in [
        ("gate: shop", "gate: office", "other gate: office, was shop"),
        (
            "users: 10",
            "users: 11",
            "other phase plan: light: 11 users at 5/s, 2s warm-up, 60s window, was light: 10 users at 5/s, 2s warm-up, 60s window",
        ),
        ("warmup: 2s", "warmup: 3s", "other phase plan: light: 10 users at 5/s, 3s"),
        (
            "users: 20",
            "rate: 20/s, arrivals: poisson",
            "other phase plan: heavy: 20/s by 200 users at 5/s, 0s warm-up, 60s window, Poisson arrivals",
        ),
        (
            "users: 20",
            "users: 5..20 over 30s",
            "other phase plan: heavy: 20 users at 5/s, 0s warm-up, 60s window, 5 to 20 within 0.5 of it, 20 to 20 within 0.5 of it",
        ),
        ("name: heavy", "name: weighty", "other phase plan: weighty: 20 users"),
        ("id: 1", "id: 3", "other rows in the datasets"),
        ("data: [small]", "data: [other]", "other rows in the datasets"),
        ("status: 200", "status: 201", "other scenarios"),
        ("think: 1s", "think: 2s", "other scenarios"),
        ("A: '1'", "A: '3'", "other scenarios"),
        ("name: home", "name: start", "other scenarios"),
        (
            "allow: ['*",
            "allow: ['pr-7.staging.example.com', '*",
            "other target class: https://pr-7.staging.example.com, was https://*.staging.example.com",
        ),
    ] {
        let newer = key_of(&FILE.replace(from, to));
        let differences = newer.differences(&older);
        assert_eq!(differences.len(), 1, "{differences:?}");
        assert!(differences[0].starts_with(says), "{differences:?}");
        assert_ne!(newer.hash(), older.hash(), "{says}");
    }
    assert_eq!(older.differences(&older), Vec::<String>::new());
}

#[test]
fn another_machine_is_another_key() {
    let plan = plan_of(FILE, &Choice::default());
    let older = Key::of(&plan, &Secrets::default(), &environment());
    let mut machine = environment();
    machine.os_image_version = Some("20261108.1".to_owned());
    machine.kernel = "6.12".to_owned();
    assert_eq!(Key::of(&plan, &Secrets::default(), &machine), older, "weekly images are one class");
    machine.cores = 4;
    let newer = Key::of(&plan, &Secrets::default(), &machine);
    assert_eq!(newer.differences(&older), ["other runner class: 4 cores, was 2 cores"]);
    assert_ne!(newer.hash(), older.hash());
}

#[test]
fn secrets_and_the_commit_are_no_part_of_it() {
    let key = |password: &str, commit: &str| {
        let variables = [("PASSWORD", password), ("STAGEGATE_COMMIT", commit)];
        let environment_of: Environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let text = format!("{FILE}secrets: [PASSWORD]\n");
        let (config, _) = config::read("gates.yaml", text.as_bytes(), &environment_of);
        let secrets = Secrets::new(&config.expect("it can be read").secrets, &environment_of);
        let choice = Choice { commit: commit.to_owned(), environment: environment_of, ..Choice::default() };
        Key::of(&plan_of(&text, &choice), &secrets, &environment())
    };
    let first = key("correct horse", "1111111111111111111111111111111111111111");
    assert_eq!(key("battery staple", "2222222222222222222222222222222222222222"), first);
    assert_ne!(key("short", "2222222222222222222222222222222222222222"), first, "too short to be masked");
}

#[test]
fn the_port_of_loopback_and_the_name_of_a_preview_do_not_matter() {
    let target = |url: &str| {
        let choice = Choice { target: Some(url.to_owned()), ..Choice::default() };
        Key::of(&plan_of(FILE, &choice), &Secrets::default(), &environment()).target
    };
    assert_eq!(target("http://127.0.0.1:4711"), "http://loopback");
    assert_eq!(target("http://localhost:80/"), "http://loopback");
    assert_eq!(target("https://pr-8.staging.example.com"), "https://*.staging.example.com");
    assert_eq!(target("https://pr-8.staging.example.com/shop/"), "https://*.staging.example.com/shop");
    assert_eq!(target("demo"), "demo");
}

#[test]
fn another_version_of_http_is_another_class_of_target() {
    let target = |keys: &str| {
        let text = FILE.replacen("target: {", &format!("target: {{{keys}"), 1);
        let choice = Choice { target: Some("http://127.0.0.1:4711".to_owned()), ..Choice::default() };
        Key::of(&plan_of(&text, &choice), &Secrets::default(), &environment()).target
    };
    assert_eq!(target("http: h1, "), "http://loopback");
    assert_eq!(target("http: h2, "), "http://loopback over h2");
    assert_eq!(target("http: auto, "), "http://loopback over auto");
    assert_eq!(target("connections: keep, "), "http://loopback");
    assert_eq!(target("connections: request, "), "http://loopback, a connection a request");
    assert_eq!(target("http: h2, connections: shared, "), "http://loopback over h2, shared connections");
    assert_eq!(target("proxy: 'http://127.0.0.1:3128', "), "http://loopback, through a proxy");
    assert_eq!(target("connections: iteration, http: h2, "), "http://loopback over h2, a connection an iteration");
}

#[test]
fn a_scale_counts_by_what_it_does() {
    let scaled = |scale: f64| {
        let choice = Choice { time_scale: Some(scale), ..Choice::default() };
        Key::of(&plan_of(FILE, &choice), &Secrets::default(), &environment())
    };
    assert_eq!(scaled(1.0), key_of(FILE));
    let half = scaled(0.5);
    assert!(half.differences(&key_of(FILE))[0].contains("(and 1 more)"), "{half:?}");
}
