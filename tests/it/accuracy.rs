//! Accuracy is a test: the demo keeps a ledger of what it did, and our numbers must match it.

use serde_json::Value;

use crate::{
    gate_test::{App, GateTest, Ran, turn},
    ladder::{INTEGRITY, LOGIN},
};

/// Sum over all phases of the answers with each status, by endpoint name.
fn statuses(ran: &Ran, name: &str) -> u64 {
    let phases = ran.verdict["phases"].as_array().expect("phases is a list");
    let endpoints = phases.iter().flat_map(|phase| phase["endpoints"].as_array().into_iter().flatten());
    let of_name = endpoints.filter(|endpoint| endpoint["name"] == name);
    of_name
        .flat_map(|endpoint| endpoint["statuses"].as_object().expect("statuses").values())
        .filter_map(Value::as_u64)
        .sum()
}

#[test]
fn totals_equal_the_ledger_exactly() {
    let _turn = turn();
    let app = App::demo(&["--errors", "/dashboard/=503@10%"]);
    let ran = GateTest::on(&app.url)
        .section(LOGIN)
        .section(INTEGRITY)
        .section("preflight:\n  - {name: it answers, get: /version}\n  - {name: log in, scenario: estimator}")
        .section("recovery: {users: 2, within: 15s, tolerance: 500%}")
        .section("monitors: {app: {prometheus: /metrics, read: {cpu: app_cpu_percent}}}")
        .phase("name: a, users: 4, spawn_rate: 10/s, warmup: 1s, duration: 2s", &["requests > 0"])
        .phase("name: b, users: 12, spawn_rate: 20/s, duration: 3s", &["requests > 0"])
        .run();
    let ledger = app.ledger();
    assert_eq!(ran.verdict["totals"]["requests"], ledger["totals"]["requests"], "{}", ran.stdout);
    assert!(ran.verdict["totals"]["failures"].as_u64().is_some_and(|failures| failures > 0), "errors were injected");
}

#[test]
fn statuses_of_the_window_equal_the_ledger() {
    let _turn = turn();
    let app = App::demo(&["--errors", "/version=503@10%"]);
    let ran = GateTest::on(&app.url)
        .gets(&["/version"])
        .phase("name: a, rate: 200/s, duration: 3s, users: 50", &["requests > 0"])
        .run()
        .exits(0);
    let ledger = app.ledger();
    let served = &ledger["endpoints"]["GET /version"]["statuses"];
    assert_eq!(&ran.endpoint("a", "/version")["statuses"], served);
    assert_eq!(statuses(&ran, "/version"), 600);
    assert_eq!(ran.endpoint("a", "/version")["errors"]["check"], served["503"]);
}

#[test]
fn service_time_is_within_one_percent_of_the_ledger() {
    let _turn = turn();
    let app =
        App::demo(&["--delay", "/version=400ms", "--delay", "/version=400ms@30%", "--delay", "/version=800ms@3%"]);
    let ran = GateTest::on(&app.url)
        .section("scenarios: {visitor: {steps: [{get: /version, name: version}], think: 50ms}}")
        .phase("name: a, users: 20, spawn_rate: 40/s, duration: 8s", &["requests > 0"])
        .run()
        .exits(0);
    let ledger = app.ledger();
    for key in ["p50", "p90", "p95", "p99"] {
        let seen = ran.endpoint("a", "version")["service_ms"][key].as_f64().expect("service time was measured");
        let truth = ledger["endpoints"]["GET /version"]["service_ms"][key].as_f64().expect("the ledger has it");
        assert!((seen / truth - 1.0).abs() < 0.01, "{key}: measured {seen} ms, the ledger says {truth} ms");
    }
}
