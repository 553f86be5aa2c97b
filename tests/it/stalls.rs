//! Percentiles under stalls are true: a server that freezes for 1 s in every 5 has p90, p95, p99 of 500, 750, 950 ms.

use serde_json::Value;

use crate::gate_test::{App, GateTest, quiet_turn};

/// Asserts p90, p95 and p99 within a share of the truth.
#[track_caller]
fn near_truth(latency: &Value, share: f64) {
    for (key, truth) in [("p90", 500.0), ("p95", 750.0), ("p99", 950.0)] {
        let seen = latency[key].as_f64().unwrap_or_else(|| panic!("{key} was not measured: {latency}"));
        assert!((seen / truth - 1.0).abs() <= share, "{key} is {seen} ms, the truth is {truth} ms: {latency}");
    }
}

#[test]
fn in_the_open_model() {
    let _turn = quiet_turn();
    let app = App::demo(&["--stall", "1s/5s"]);
    let ran = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase("name: open, rate: 200/s, duration: 10s, users: 1000", &["requests > 0"])
        .run()
        .exits(0);
    assert_eq!(ran.phase("open")["requests"], 2000);
    near_truth(&ran.phase("open")["latency_ms"], 0.07);
    // Each slot finds an idle user, so that both clocks are the app's own.
    let ledger = &app.ledger()["endpoints"]["GET /healthz"]["service_ms"];
    for (clock, key) in
        ["latency_ms", "service_ms"].into_iter().flat_map(|clock| ["p90", "p95", "p99"].map(|key| (clock, key)))
    {
        let [seen, truth] = [&ran.phase("open")[clock], ledger].map(|of| of[key].as_f64().expect("it was measured"));
        assert!((seen / truth - 1.0).abs() < 0.02, "{clock} {key} is {seen} ms, the ledger says {truth} ms");
    }
}

#[test]
fn with_ten_users_who_think() {
    let _turn = quiet_turn();
    let app = App::demo(&["--stall", "1s/5s"]);
    let ran = GateTest::on(&app.url)
        .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 50ms}}")
        .phase("name: closed, users: 10, spawn_rate: 50/s, duration: 10s", &["requests > 0"])
        .run()
        .exits(0);
    let phase = ran.phase("closed");
    near_truth(&phase["latency_ms"], 0.10);
    let service = phase["service_ms"]["p95"].as_f64().expect("service time was measured");
    assert!(service < 100.0, "service time stands beside it as other tools print it: {service}");
}

#[test]
fn a_bimodal_healthy_server_is_left_as_it_is() {
    let _turn = quiet_turn();
    // p90 is one of the fast answers and p95 one of the slow ones, both by three standard deviations.
    let app = App::demo(&["--delay", "/healthz=20ms", "--delay", "/healthz=780ms@7.5%"]);
    let ran = GateTest::on(&app.url)
        .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 50ms}}")
        .phase("name: closed, users: 10, spawn_rate: 50/s, duration: 15s", &["requests > 0"])
        .run()
        .exits(0);
    let phase = ran.phase("closed");
    for (key, truth) in [("p50", 20.0), ("p90", 20.0), ("p95", 800.0), ("p99", 800.0)] {
        let latency = phase["latency_ms"][key].as_f64().expect("latency was measured");
        let service = phase["service_ms"][key].as_f64().expect("service time was measured");
        assert!((truth..truth + 30.0).contains(&service), "{key}: service time {service}, the truth is {truth}");
        // Added requests would make it hundreds of milliseconds; a busy machine makes it a few.
        let off = (0.05 * service).max(5.0);
        assert!((latency - service).abs() < off, "{key}: latency {latency}, service time {service}");
    }
    let (added, requests) = (phase["added"].as_u64().expect("a count"), phase["requests"].as_u64().expect("a count"));
    assert!(added * 100 < requests, "{added} requests were added to {requests}");
}
