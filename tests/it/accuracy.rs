//! Accuracy is a test: the demo keeps a ledger of what it did, and our numbers must match it. No run here is repeated, and
//! where counts are compared it does not matter whether the generator was disturbed: they are exact then, too.

use serde_json::{Map, Value, json};

use crate::{
    gate_test::{App, GateTest, Ran, afresh, quiet_turn, shared_turn},
    ladder::{INTEGRITY, LOGIN},
};

/// The estimator with a redirect that is followed, a body that may be slow, and a request that may take too long.
const JOURNEY: &str = "
      - {get: /demo/redirect, name: moved, query: {to: /demo/echo}, redirects: follow, expect: {status: 200}}
      - {get: /version, name: version}
      - {get: /healthz, name: health, timeout: 1s}
    think: 10ms..30ms";

/// One in ten fails, one in twenty is reset, one in twenty takes longer than its timeout, one in five is slow.
const FAULTS: [&str; 8] = [
    "--errors=/dashboard/=503@10%",
    "--errors=/version=500@4%",
    "--reset=/api/projects/162/chart-data/@5%",
    "--delay=/healthz=4s@5%",
    "--slow-body=/version=150ms@20%",
    "--slow-body=/dashboard/=60ms@50%",
    "--delay=/demo/echo=3ms",
    "--seed=4",
];

fn journey() -> String {
    LOGIN.replace("\n    think: 10ms..30ms", JOURNEY)
}

/// Answers of 400 and above, resets and requests that were given up: what the app knows to have gone wrong.
fn gone_wrong(line: &Value) -> u64 {
    let statuses = line["statuses"].as_object().expect("statuses");
    let errors = statuses.iter().filter(|(status, _)| status.as_str() >= "400").map(|(_, count)| count);
    errors.chain([&line["resets"], &line["abandoned"]]).filter_map(Value::as_u64).sum()
}

/// The sum of several lines of the ledger: an endpoint that is redirected is asked for under several paths.
fn sum(ledger: &Value, paths: &[&str]) -> Value {
    let (mut statuses, mut resets, mut abandoned) = (Map::new(), 0, 0);
    for path in paths {
        let line = &ledger["endpoints"][path];
        for (status, count) in line["statuses"].as_object().unwrap_or_else(|| panic!("no {path} in {ledger:#}")) {
            let so_far = statuses.get(status).and_then(Value::as_u64).unwrap_or(0);
            statuses.insert(status.clone(), json!(so_far + count.as_u64().unwrap_or(0)));
        }
        resets += line["resets"].as_u64().unwrap_or(0);
        abandoned += line["abandoned"].as_u64().unwrap_or(0);
    }
    json!({"statuses": statuses, "resets": resets, "abandoned": abandoned})
}

/// Asserts that an endpoint of the phase saw exactly what the app did on these paths.
#[track_caller]
fn endpoint_equals(ran: &Ran, ledger: &Value, name: &str, paths: &[&str]) {
    let (seen, truth) = (ran.endpoint("a", name), sum(ledger, paths));
    let sorted = |value: &Value| {
        let mut pairs: Vec<_> = value.as_object().expect("statuses").clone().into_iter().collect();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs
    };
    assert_eq!(sorted(&seen["statuses"]), sorted(&truth["statuses"]), "{name}: {seen:#}");
    let count = |key: &str| seen["errors"][key].as_u64().unwrap_or(0);
    assert_eq!(count("reset"), truth["resets"], "{name}: {seen:#}");
    assert_eq!(count("timeout"), truth["abandoned"], "{name}: {seen:#}");
    assert_eq!(seen["failures"], gone_wrong(&truth), "{name}: {seen:#}");
    let answers: u64 = sorted(&truth["statuses"]).iter().filter_map(|(_, count)| count.as_u64()).sum();
    assert_eq!(seen["requests"], answers + count("reset") + count("timeout"), "{name}: {seen:#}");
}

#[test]
fn totals_equal_the_ledger_exactly() {
    let _turn = shared_turn();
    let app = App::demo(&FAULTS);
    let ran = GateTest::on(&app.url)
        .section(&journey())
        .section(INTEGRITY)
        .section("preflight:\n  - {name: it answers, get: /version}\n  - {name: log in, scenario: estimator}")
        .section("recovery: {users: 2, within: 15s, tolerance: 500%}")
        .section("monitors: {app: {prometheus: /metrics, read: {cpu: app_cpu_percent}}}")
        .section("cleanup:\n  - {name: tidy, get: /healthz}")
        .phase("name: a, users: 4, spawn_rate: 10/s, warmup: 1s, duration: 2s", &["requests > 0"])
        .phase("name: b, users: 12, spawn_rate: 20/s, duration: 3s", &["requests > 0"])
        .run_once();
    assert!(!ran.verdict["recovery"].is_null() && ran.verdict["integrity"][0]["outcome"] == "passed", "{}", ran.stdout);
    let truth = app.ledger()["totals"].clone();
    assert_eq!(truth["in_flight"], 0, "nothing is left in the app");
    assert_eq!(ran.verdict["totals"]["requests"], truth["requests"], "{truth:#}\n{}", ran.stdout);
    assert_eq!(ran.verdict["totals"]["failures"], gone_wrong(&truth), "{truth:#}\n{}", ran.stdout);
    for (key, least) in [("resets", 3), ("abandoned", 3)] {
        assert!(truth[key].as_u64() >= Some(least), "the case is what it says: {truth:#}");
    }
}

#[test]
fn an_interrupted_run_counts_what_it_sent() {
    let _turn = shared_turn();
    let app = App::demo(&["--delay", "/healthz=300ms"]);
    let ran = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase("name: a, users: 20, spawn_rate: 40/s, duration: 60s", &["requests > 0"])
        .arg("--deadline")
        .arg("3s")
        .run_once()
        .exits(143);
    assert_eq!(ran.verdict["totals"]["requests"], app.ledger()["totals"]["requests"], "{}", ran.stdout);
}

#[test]
fn every_endpoint_of_the_window_equals_the_ledger_exactly() {
    let _turn = shared_turn();
    let app = App::demo(&FAULTS);
    let ran = GateTest::on(&app.url)
        .section(&journey())
        .phase("name: a, rate: 40/s, duration: 4s, users: 120", &["requests > 0"])
        .run_once();
    let ledger = app.ledger();
    for (name, paths) in [
        ("login page", &["GET /accounts/login/"][..]),
        ("login", &["POST /accounts/login/"]),
        ("dashboard", &["GET /dashboard/"]),
        ("chart data", &["GET /api/projects/{id}/chart-data/"]),
        ("save detail", &["POST /api/projects/{id}/details/"]),
        ("moved", &["GET /demo/redirect", "GET /demo/echo"]),
        ("version", &["GET /version"]),
        ("health", &["GET /healthz"]),
    ] {
        endpoint_equals(&ran, &ledger, name, paths);
    }
    assert_eq!(ran.endpoint("a", "login")["statuses"], json!({"302": 120}));
    assert!(ran.endpoint("a", "moved")["statuses"]["302"].as_u64() >= Some(100), "hops are requests");
    for (name, kind) in [("dashboard", "check"), ("version", "check"), ("chart data", "reset"), ("health", "timeout")] {
        assert!(ran.endpoint("a", name)["errors"][kind].as_u64() >= Some(3), "{name}: {}", ran.endpoint("a", name));
    }
    assert_eq!(ran.verdict["totals"]["requests"], ledger["totals"]["requests"]);
    assert_eq!(ran.verdict["totals"]["failures"], gone_wrong(&ledger["totals"]));
}

#[test]
fn a_warmup_is_in_the_totals_and_not_in_the_window() {
    let _turn = shared_turn();
    let app = App::demo(&["--errors", "/version=503@10%"]);
    let ran = GateTest::on(&app.url)
        .gets(&["/version"])
        .phase("name: a, rate: 200/s, warmup: 2s, duration: 3s, users: 50", &["requests > 0"])
        .run_once();
    let truth = app.ledger()["totals"].clone();
    assert_eq!(truth["requests"], 1000);
    assert_eq!(ran.verdict["totals"]["requests"], truth["requests"]);
    assert_eq!(ran.verdict["totals"]["failures"], truth["statuses"]["503"]);
    assert_eq!(ran.phase("a")["requests"], 600);
}

/// Asserts that the percentiles of service time of an endpoint are within 1 % of the ledger's.
#[track_caller]
fn service_times_equal(ran: &Ran, ledger: &Value, name: &str, path: &str) {
    for key in ["p50", "p90", "p95", "p99"] {
        let seen = ran.endpoint("a", name)["service_ms"][key].as_f64().expect("service time was measured");
        let truth = ledger["endpoints"][path]["service_ms"][key].as_f64().expect("the ledger has it");
        assert!((seen / truth - 1.0).abs() < 0.01, "{name} {key}: measured {seen} ms, the ledger says {truth} ms");
    }
}

/// Asserts that the percentiles of service time of a fast endpoint are within 1 ms of the ledger's: what a busy machine
/// adds on loopback is more than 1 % of its times. The highest percentiles are those of the machine.
#[track_caller]
fn service_times_are_near(ran: &Ran, ledger: &Value, name: &str, path: &str) {
    for key in ["p50", "p90"] {
        let seen = ran.endpoint("a", name)["service_ms"][key].as_f64().expect("service time was measured");
        let truth = ledger["endpoints"][path]["service_ms"][key].as_f64().expect("the ledger has it");
        assert!((20.0..60.0).contains(&truth), "the case is what it says: {key} is {truth} ms");
        assert!((seen - truth).abs() < 1.0, "{name} {key}: measured {seen} ms, the ledger says {truth} ms");
    }
}

#[test]
fn service_time_is_within_one_percent_of_the_ledger() {
    let _turn = quiet_turn();
    let faults = [
        "--delay=/version=400ms",
        "--delay=/version=400ms@30%",
        "--delay=/version=800ms@3%",
        "--slow-body=/healthz=500ms@30%",
        "--delay=/healthz=300ms",
        "--delay=/demo/echo=20ms",
        "--delay=/demo/echo=20ms@30%",
    ];
    let (ran, app) = afresh(|| {
        let app = App::demo(&faults);
        let ran = GateTest::on(&app.url)
            .section("scenarios: {visitor: {steps: [{get: /version, name: version}, {get: /healthz, name: slow body}, {get: /demo/echo, name: fast}], think: 50ms}}")
            .phase("name: a, users: 40, spawn_rate: 40/s, duration: 10s", &["requests > 0"])
            .run_once();
        (ran, app)
    });
    let ran = ran.exits(0);
    let ledger = app.ledger();
    service_times_equal(&ran, &ledger, "version", "GET /version");
    service_times_equal(&ran, &ledger, "slow body", "GET /healthz");
    service_times_are_near(&ran, &ledger, "fast", "GET /demo/echo");
}
