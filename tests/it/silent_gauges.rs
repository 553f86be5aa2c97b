//! A source that falls silent within a phase is missing, also when it answers again before the end.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::gate_test::{App, GateTest, Ran, afresh, quiet_turn};

/// The scrapes that the demo answered with this status.
fn scrapes(app: &App, status: &str) -> u64 {
    app.ledger()["monitors"]["GET /metrics"]["statuses"][status].as_u64().unwrap_or(0)
}

/// Waits until the demo answered so many scrapes with a status.
#[track_caller]
fn wait_for(app: &App, status: &str, count: u64) {
    let begun = Instant::now();
    while scrapes(app, status) < count {
        assert!(begun.elapsed() < Duration::from_secs(20), "{count} scrapes with {status} never came");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a phase with 20 readings, in whose middle so many in a row are answered with 503.
fn missed_in_the_middle(readings: u64) -> (Ran, App) {
    let app = App::demo(&[]);
    let test = GateTest::on(&app.url)
        .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 50ms}}")
        .section("monitors: {app: {prometheus: /metrics, read: {cpu: app_cpu_percent}}}")
        .section("bands: {app.cpu: {warning: 1000%, critical: 2000%}}")
        .phase("name: only, users: 1, spawn_rate: 10/s, duration: 8s", &["app.cpu < 1000%"]);
    let child = test.spawn();
    wait_for(&app, "200", 5);
    assert_eq!(app.request("POST", "/demo/faults", r#"{"errors": ["/metrics=503@100%"]}"#).0, 200);
    wait_for(&app, "503", readings);
    assert_eq!(app.request("POST", "/demo/faults", "{}").0, 200);
    (test.ran(&child.wait_with_output().expect("the child ends")), app)
}

/// The same on a machine that did not disturb it.
fn missed(readings: u64) -> Ran {
    let (ran, app) = afresh(|| missed_in_the_middle(readings));
    assert_eq!(scrapes(&app, "503"), readings, "so many were missed");
    assert!(scrapes(&app, "200") >= 15, "and it answered again to the end: {}", scrapes(&app, "200"));
    ran
}

fn monitor(ran: &Ran) -> &Value {
    &ran.phase("only")["monitors"][0]
}

#[test]
fn three_in_a_row_are_a_silence() {
    let _turn = quiet_turn();
    let ran = missed(3).exits(4);
    let finding = ran.finding("only", "app.cpu < 1000%");
    assert_eq!(finding["outcome"], "inconclusive");
    assert!(finding["because"].as_str().is_some_and(|why| why.contains("503")), "{finding:#}");
    assert_eq!(monitor(&ran)["band"], "missing");
    assert_eq!(monitor(&ran)["samples"], 17);
}

#[test]
fn two_are_told_and_decide_nothing() {
    let _turn = quiet_turn();
    let ran = missed(2).exits(0);
    let finding = ran.finding("only", "app.cpu < 1000%");
    assert_eq!(finding["outcome"], "passed");
    assert!(
        finding["because"].as_str().is_some_and(|why| why.contains("2 of 20 attempts gave no number")),
        "{finding:#}"
    );
    assert_eq!(monitor(&ran)["band"], "safe");
}
