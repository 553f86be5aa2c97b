//! Integrity by SQL: what a database must answer before and after the load.

use serde_json::Value;

use crate::{
    gate_test::{App, GateTest, Ran, shared_turn},
    monitor_sources::{REPORTS, WRONG, keeps_secret, shared},
    servers::{Database, server},
};

/// A run with these items before or after a short load.
fn run(demo: &App, place: &str, items: &[(&str, String)]) -> Ran {
    let items: Vec<String> = items.iter().map(|(name, item)| format!("  - {{name: {name}, {item}}}")).collect();
    GateTest::on(&demo.url)
        .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 50ms}}")
        .section(&format!("{place}:\n{}", items.join("\n")))
        .phase("name: only, users: 1, spawn_rate: 10/s, duration: 1s", &["success_rate >= 100%"])
        .run()
}

/// Outcome and detail of an item.
#[track_caller]
fn item<'a>(ran: &'a Ran, list: &str, name: &str) -> (&'a str, &'a str) {
    let items = ran.verdict[list].as_array().expect("it is a list");
    let item = items.iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("no {name} in {items:#?}"));
    let text = |value: &'a Value| value.as_str().expect("it is a text");
    (text(&item["outcome"]), text(&item["detail"]))
}

#[test]
fn a_database_is_asked_for_one_value_before_and_after_the_load() {
    let (app, demo) = (shared(), App::demo(&[]));
    let _turn = shared_turn();
    let url = app.said("postgres at ");
    let name = url.rsplit('@').next().expect("a host").to_owned();
    let ask = |sql: &str, value: &str| format!("postgres: '{url}', sql: \"{sql}\", expect: {{value: {value}}}");
    let items = [
        ("a number", ask("SELECT count(*) FROM ahsp_project;", "5")),
        ("a fraction", ask("SELECT 12.50", "12.5")),
        ("a text", ask("SELECT max(name) FROM django_migrations WHERE app = 'ahsp'", "0001_initial")),
        (
            "a truth",
            ask("WITH sizes AS (SELECT count(*) AS size FROM ahsp_pekerjaan) SELECT size > 0 FROM sizes", "true"),
        ),
    ];
    for place in ["preflight", "integrity"] {
        let ran = run(&demo, place, &items).exits(0);
        for (name, _) in &items {
            assert_eq!(item(&ran, place, name).0, "passed", "{name}: {}", item(&ran, place, name).1);
        }
        assert_eq!(item(&ran, place, "a number").1, format!("postgres at {name} gave 5 as expected"));
    }
    let other = [("a number", ask("SELECT count(*) FROM ahsp_project", "6"))];
    let ran = run(&demo, "preflight", &other).exits(3);
    assert_eq!(ran.verdict["ending"], "not_ready");
    let ran = run(&demo, "integrity", &other).exits(1);
    assert_eq!(ran.phase("only")["outcome"], "passed");
    let (outcome, detail) = item(&ran, "integrity", "a number");
    assert_eq!(outcome, "failed");
    assert!(detail.starts_with(&format!("postgres at {name} gave 5, expected 6; look what")), "{detail}");
}

#[test]
fn what_a_database_does_not_answer_with_one_value_is_no_pass_and_no_hang() {
    let (app, demo) = (shared(), App::demo(&[]));
    let _turn = shared_turn();
    let url = app.said("postgres at ");
    let wrong = url.replace("staging:staging@", &format!("staging:{WRONG}@"));
    let nowhere = url.replace(&server(&url), "127.0.0.1:1");
    let sql = |sql: &str| format!("postgres: '{url}', sql: \"{sql}\", expect: {{value: 1}}");
    let cases = [
        (
            "password",
            format!("postgres: '{wrong}', sql: SELECT 1, expect: {{value: 1}}"),
            "password authentication failed",
        ),
        ("port", format!("postgres: '{nowhere}', sql: SELECT 1, expect: {{value: 1}}"), "it cannot be reached"),
        ("table", sql("SELECT count(*) FROM no_such_table"), "relation \"no_such_table\" does not exist"),
        ("syntax", sql("SELEC 1"), "syntax error"),
        ("rows", sql("SELECT generate_series(1, 100000000)"), "the statement gave more than one row"),
        ("no row", sql("SELECT 1 WHERE false"), "the statement gave no row"),
        ("values", sql("SELECT 1, 2"), "the statement gave 2 values in its row"),
        ("nothing", sql("SELECT NULL"), "gave NULL, expected 1"),
        (
            "slow",
            format!("{}, timeout: 3s", sql("SELECT 1 FROM pg_sleep(60)")),
            "canceling statement due to statement timeout",
        ),
        (
            "deletes",
            sql("WITH gone AS (DELETE FROM django_migrations RETURNING 1) SELECT 1"),
            "must not contain data-modifying",
        ),
        ("counts on", sql("SELECT nextval('ahsp_saveddetail_id_seq')"), "read-only transaction"),
        ("two", sql("SELECT 1; COMMIT; DELETE FROM django_migrations"), "cannot insert multiple commands"),
    ];
    let ran = run(&demo, "integrity", &cases.clone().map(|(name, item, _)| (name, item))).exits(1);
    assert_eq!(ran.phase("only")["outcome"], "passed");
    for (name, _, words) in &cases {
        let (outcome, detail) = item(&ran, "integrity", name);
        assert_eq!(outcome, "failed", "{name}");
        assert!(detail.starts_with("postgres at 127.0.0.1:") && detail.contains(words), "{name}: {detail}");
    }
    keeps_secret(&ran, WRONG, &REPORTS);
    let database = Database::at(&url);
    let observer = database.connect();
    assert!(database.number(&observer, "SELECT count(*) FROM django_migrations") > 0.0, "nothing was deleted");
}
