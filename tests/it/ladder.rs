//! The ladder, what ends it, and what follows: breaking point, recovery, integrity.

use crate::gate_test::{App, GateTest, afresh, shared_turn};

#[test]
fn the_breaking_point_lies_between_two_phases() {
    let _turn = shared_turn();
    // Four connections of 40 ms each serve 100 requests/s: 2 users need 50/s, 40 users would need 1,000/s.
    let app = App::demo(&["--pool", "4", "--delay", "/api/projects/160/=0ms"]);
    let ran = GateTest::on(&app.url)
        .section(LOGIN)
        .section(
            "monitors: {database: {prometheus: /metrics, read: {connections: 100 * db_connections / db_pool_size}}}",
        )
        .section("bands: {database.connections: {warning: 70%, critical: 90%}}")
        .phase("name: few, users: 1, spawn_rate: 10/s, duration: 2s", &["p95 < 150ms"])
        .phase("name: many, users: 80, spawn_rate: 80/s, duration: 3s", &["p95 < 150ms"])
        .phase("name: never, users: 90, spawn_rate: 80/s, duration: 3s", &["p95 < 150ms"])
        .run()
        .exits(1);
    let point = &ran.verdict["breaking_point"];
    assert_eq!(point["phase"], "many");
    assert_eq!(point["users"], 80.0);
    assert_eq!(point["last_good_users"], 1.0);
    // All endpoints share the pool, so any may be first; the staging tests hold the right one.
    assert!(point["first_endpoint"].is_string(), "{point}");
    assert_eq!(point["resource"], "database.connections");
    assert_eq!(ran.phase("never")["outcome"], "not_run");
}

#[test]
fn lost_writes_fail_integrity_although_every_criterion_passes() {
    let _turn = shared_turn();
    let app = App::demo(&["--lose-writes", "20%"]);
    let ran = GateTest::on(&app.url)
        .section(LOGIN)
        .section(INTEGRITY)
        .phase("name: only, users: 4, spawn_rate: 10/s, duration: 2s", &["success_rate >= 100%"])
        .run()
        .exits(1);
    assert_eq!(ran.phase("only")["outcome"], "passed");
    assert_eq!(ran.verdict["outcome"], "failed");
    assert_eq!(ran.verdict["integrity"][0]["outcome"], "failed");
    assert!(ran.verdict["headline"].as_str().is_some_and(|line| line.contains("every saved detail is stored")));
}

#[test]
fn recovery_is_reported_after_a_passed_ladder() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url)
        .section(LOGIN)
        .section(INTEGRITY)
        .section("recovery: {users: 2, within: 30s, tolerance: 50%}")
        .phase("name: only, users: 4, spawn_rate: 10/s, duration: 2s", &["success_rate >= 100%"])
        .run()
        .exits(0);
    assert_eq!(ran.verdict["recovery"]["outcome"], "passed");
    assert!(ran.verdict["recovery"]["seconds"].as_f64().is_some_and(|seconds| seconds < 10.0));
    assert_eq!(ran.verdict["integrity"][0]["outcome"], "passed");
}

#[test]
fn an_app_that_does_not_come_back_fails_although_every_criterion_passes() {
    let _turn = shared_turn();
    // More than eight requests at one time, and from then on every answer takes 400 ms longer.
    let (ran, _) = afresh(|| {
        let app = App::demo(&["--delay", "/healthz=20ms", "--no-recovery", "8=400ms"]);
        let ran = GateTest::on(&app.url)
            .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 20ms}}")
            .section(INTEGRITY)
            .section("recovery: {users: 2, within: 5s, tolerance: 50%}")
            .phase("name: few, users: 1, spawn_rate: 10/s, duration: 2s", &["p95 < 100ms"])
            .phase("name: many, users: 40, spawn_rate: 80/s, duration: 2s", &["success_rate >= 100%"])
            .run_once();
        (ran, app)
    });
    let ran = ran.exits(1);
    assert_eq!(ran.phase("few")["outcome"], "passed");
    assert_eq!(ran.phase("many")["outcome"], "passed");
    assert_eq!(ran.verdict["outcome"], "failed");
    assert_eq!(ran.verdict["ending"], "completed");
    assert_eq!(ran.verdict["recovery"]["outcome"], "failed");
    assert!(ran.verdict["recovery"]["seconds"].is_null(), "{}", ran.verdict["recovery"]);
    let detail = ran.verdict["recovery"]["detail"].as_str().expect("it says why");
    assert!(detail.contains("p50 was 4") && detail.contains("is back to normal"), "{detail}");
    assert_eq!(ran.verdict["integrity"][0]["outcome"], "passed", "integrity is looked at all the same");
    assert!(
        ran.verdict["headline"].as_str().is_some_and(|line| line.contains("recover")),
        "{}",
        ran.verdict["headline"]
    );
    for report in ["summary.md", "junit.xml", "report.html"] {
        assert!(ran.report(report).contains("is back to normal"), "{report} says why:\n{}", ran.report(report));
    }
    assert!(ran.stdout.contains("is back to normal"), "{}", ran.stdout);
}

#[test]
fn a_target_that_stops_answering_ends_the_phase_early() {
    let _turn = shared_turn();
    let app = App::demo(&["--errors", "/healthz=500@100%"]);
    let started = std::time::Instant::now();
    let ran = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase("name: only, users: 2, spawn_rate: 10/s, duration: 60s", &["success_rate > 50%"])
        .run()
        .exits(1);
    assert!(started.elapsed().as_secs() < 25, "it took {:?}", started.elapsed());
    assert_eq!(ran.phase("only")["outcome"], "failed");
    assert!(ran.phase("only")["duration_s"].as_f64().is_some_and(|seconds| seconds < 20.0));
}

#[test]
fn users_that_cannot_log_in_fail_the_phase() {
    let _turn = shared_turn();
    let app = App::demo(&["--broken-login"]);
    let ran = GateTest::on(&app.url)
        .section(LOGIN)
        .phase("name: only, users: 3, spawn_rate: 10/s, duration: 2s", &["success_rate >= 100%"])
        .run()
        .exits(1);
    let finding = ran.finding("only", "all users logged in");
    assert_eq!(finding["outcome"], "failed");
    assert_eq!(finding["level"], "block");
}

/// The estimator of the reference file, with short think times.
pub(crate) const LOGIN: &str = r#"scenarios:
  estimator:
    login:
      - {get: /accounts/login/, name: login page, tags: [auth], extract: {csrf: {regex: 'name="csrfmiddlewaretoken" value="([^"]+)"'}}}
      - post: /accounts/login/
        name: login
        tags: [auth]
        form: {username: "user{{ user.id }}", password: demo, csrfmiddlewaretoken: "{{ csrf }}"}
        expect: {status: 302}
    steps:
      - {get: /dashboard/, name: dashboard, expect: {status: 200, body_has: "Dashboard"}}
      - {get: "/api/projects/162/chart-data/", name: chart data, expect: {status: 200, json: {/rows: exists}}}
      - {post: "/api/projects/162/details/", name: save detail, tags: [write], json: {volume: "{{ random.int(1, 100) }}"}, expect: {status: 201}}
    think: 10ms..30ms"#;

/// The integrity item of the reference file.
pub(crate) const INTEGRITY: &str = "integrity:
  - {name: every saved detail is stored, get: /api/integrity, expect: {status: 200, json: {/lost: 0, /corrupt: 0}}}";
