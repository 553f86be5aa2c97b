//! Never green by vacuum: no criterion passes without samples.

use crate::gate_test::{App, CLEANUP, GateTest, shared_turn};

/// Every metric and count on an endpoint that no request reached, in the form that zero would satisfy.
const CRITERIA: [&str; 22] = [
    "p50(ghost) < 10s",
    "p99.9(ghost) <= 10s",
    "service p95(ghost) < 10s",
    "mean(ghost) < 10s",
    "max(ghost) < 10s",
    "service max(ghost) <= 10s",
    "success_rate(ghost) > 0%",
    "success_rate(ghost) >= 100%",
    "success_rate(ghost) <= 100%",
    "error_rate(ghost) < 50%",
    "error_rate(ghost) <= 0%",
    "requests(ghost) < 10",
    "requests(ghost) >= 0",
    "requests(ghost) == 0",
    "throughput(ghost) < 10",
    "throughput(ghost) >= 0",
    "no 5xx(ghost)",
    "no 4xx(ghost)",
    "no timeouts(ghost)",
    "no errors(ghost)",
    "no connect(ghost)",
    "p95(scenario rare) < 10s",
];

/// Every form of a criterion on a gauge whose source does not answer.
const GAUGES: [&str; 5] =
    ["dead.depth < 10", "dead.depth <= 10", "dead.depth >= 0", "dead.depth == 0", "dead.depth < 10 for 1s"];

fn gate(app: &App, policy: &str) -> GateTest {
    let criteria: Vec<&str> = CRITERIA.iter().chain(&GAUGES).copied().collect();
    GateTest::on(&app.url)
        .section(
            "scenarios:
  common: {weight: 1000, steps: [{get: /healthz, name: health}], think: 20ms}
  rare: {weight: 1, steps: [{get: /version, name: ghost}], think: 20ms}",
        )
        .section("monitors: {dead: {prometheus: 'http://127.0.0.1:1/metrics', read: {depth: depth}}}")
        .section(&format!("policy: {{no_data: {policy}}}"))
        .section(CLEANUP)
        .phase("name: only, users: 1, spawn_rate: 10/s, duration: 1s", &criteria)
}

#[test]
fn nothing_passes_without_samples() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let ran = gate(&app, "fail").run();
    let ghost = ran.endpoint("only", "ghost");
    assert_eq!(ghost["requests"], 0, "the case is what it says: no request reached the endpoint");
    for criterion in CRITERIA.iter().chain(&GAUGES) {
        let finding = ran.finding("only", criterion);
        assert_eq!(finding["outcome"], "inconclusive", "{criterion}: {finding:#}");
        assert!(finding["observed"].is_null() || finding["samples"] == 0, "{criterion}: {finding:#}");
        assert_ne!(finding["because"], "", "{criterion} says why");
    }
    assert_eq!(ran.phase("only")["monitors"][0]["band"], "missing");
    let ran = ran.exits(4).tidied();
    assert_eq!(ran.verdict["outcome"], "inconclusive");
}

#[test]
fn a_policy_may_only_warn_and_says_so() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let ran = gate(&app, "warn").run().exits(0);
    assert_eq!(ran.verdict["outcome"], "warned");
    assert_eq!(ran.finding("only", "p50(ghost) < 10s")["outcome"], "inconclusive");
}

#[test]
fn an_endpoint_that_only_fails_has_no_latency_to_pass_with() {
    let _turn = shared_turn();
    let app = App::demo(&["--errors", "/version=500@100%"]);
    let ran = GateTest::on(&app.url)
        .gets(&["/healthz", "/version"])
        .phase("name: only, users: 2, spawn_rate: 10/s, duration: 1s", &["p95(/version) < 10s"])
        .run()
        .exits(4);
    assert_eq!(ran.finding("only", "p95(/version) < 10s")["outcome"], "inconclusive");
}

#[test]
fn a_count_that_must_be_above_zero_fails_at_zero() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url)
        .section(
            "scenarios:
  common: {weight: 1000, steps: [{get: /healthz, name: health}], think: 20ms}
  rare: {weight: 1, steps: [{get: /version, name: ghost}], think: 20ms}",
        )
        .phase("name: only, users: 1, spawn_rate: 10/s, duration: 1s", &["requests(ghost) > 0"])
        .run()
        .exits(1);
    assert_eq!(ran.finding("only", "requests(ghost) > 0")["outcome"], "failed");
}
