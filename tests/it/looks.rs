//! What a look at a running phase leads to, from outside: it is stopped, or extended.

use std::time::Duration;

use serde_json::Value;
use stagegate::report;

use crate::gate_test::{App, GateTest, quiet_turn};

#[test]
fn a_clear_failure_stops_its_phase_early_and_says_so() {
    let _turn = quiet_turn();
    let app = App::demo(&["--delay", "/healthz=40ms"]);
    let long = "name: only, users: 4, spawn_rate: 10/s, duration: 20s";
    let ran = GateTest::on(&app.url).gets(&["/healthz"]).phase(long, &["p95 < 20ms"]).run().exits(1);
    let (phase, finding) = (ran.phase("only"), ran.finding("only", "p95 < 20ms"));
    assert_eq!((&phase["outcome"], &finding["certain"]), (&Value::from("failed"), &Value::from(true)));
    assert!(phase["duration_s"].as_f64().expect("a number") < 15.0, "{phase:#}");
    assert!(finding["because"].as_str().expect("text").contains("stopped early"), "{finding:#}");
}

#[test]
fn an_undecided_criterion_is_measured_on_to_twice_the_window() {
    let _turn = quiet_turn();
    // 13 % of the requests are slow, 10 % may be. 400 requests leave that open, 800 do not.
    let app = App::demo(&["--delay", "/healthz=60ms@13%"]);
    let keys = "name: only, users: 4, spawn_rate: 10/s, duration: 5s";
    let slow = |profile: &str| {
        GateTest::on(&app.url)
            .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], pace: 50ms}}")
            .section(profile)
            .phase(keys, &["p90 < 50ms"])
            .run()
    };
    let extended = slow("profiles: {default: {}}");
    let phase = extended.phase("only");
    assert_eq!(phase["extended"], true, "{}", extended.stderr);
    let seconds = phase["duration_s"].as_f64().expect("a number");
    assert!((seconds - 10.0).abs() < 0.01, "{seconds}");
    assert!(extended.stderr.contains("only: extended by 5 s"), "{}", extended.stderr);
    assert!(extended.report("summary.md").contains("extended"), "{}", extended.report("summary.md"));
    let requests = phase["requests"].as_u64().expect("a count");
    assert!((720..=820).contains(&requests), "{requests}: four users at 20 a second for ten seconds");
    let text = extended.report("measurements.json");
    let measured = report::read_measurements(&text).expect("it is readable");
    assert!(measured[0].measurements.extended);
    assert_eq!(measured[0].measurements.layout.duration, Duration::from_secs(10));

    let planned = slow("profiles: {default: {extend: false}}");
    assert!(planned.phase("only").get("extended").is_none());
    assert_eq!(planned.phase("only")["duration_s"], 5.0);
}
