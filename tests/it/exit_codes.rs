//! Each exit code of the contract, and what stands behind it.

use std::{process::Stdio, thread, time::Duration, time::Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::gate_test::{App, GateTest, turn};

const SHORT: &str = "name: only, users: 2, spawn_rate: 10/s, duration: 1s";

#[test]
fn passed_is_0() {
    let _turn = turn();
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url).gets(&["/healthz"]).phase(SHORT, &["success_rate >= 100%"]).run().exits(0);
    assert_eq!(ran.verdict["outcome"], "passed");
    assert_eq!(ran.verdict["ending"], "completed");
}

#[test]
fn warned_is_0() {
    let _turn = turn();
    let app = App::demo(&["--delay", "/healthz=30ms"]);
    let ran = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase(SHORT, &["success_rate >= 100%", "{warn: p50 < 10ms}"])
        .run()
        .exits(0);
    assert_eq!(ran.verdict["outcome"], "warned");
    assert_eq!(ran.finding("only", "p50 < 10ms")["outcome"], "failed");
    assert_eq!(ran.finding("only", "p50 < 10ms")["level"], "warn");
}

#[test]
fn failed_is_1_and_the_ladder_ends() {
    let _turn = turn();
    let app = App::demo(&["--delay", "/healthz=30ms"]);
    let ran = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase(SHORT, &["p95 < 10ms"])
        .phase("name: later, users: 4, spawn_rate: 10/s, duration: 1s", &["success_rate >= 100%"])
        .run()
        .exits(1);
    assert_eq!(ran.verdict["outcome"], "failed");
    assert_eq!(ran.verdict["ending"], "stopped");
    assert_eq!(ran.phase("later")["outcome"], "not_run");
    assert_eq!(ran.finding("only", "p95 < 10ms")["certain"], true);
    let first = ran.stdout.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
    assert!(ran.verdict["headline"].as_str().is_some_and(|line| line.contains("p95 < 10ms")), "{first}");
}

#[test]
fn a_wrong_gates_yaml_is_2_and_nothing_is_sent() {
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url).gets(&["/healthz"]).phase(SHORT, &["p95(nowhere) < 10ms"]).run().exits(2);
    assert!(ran.stderr.contains("nowhere"), "{}", ran.stderr);
    assert!(ran.verdict.is_null(), "no verdict without a run");
    assert_eq!(app.ledger()["totals"]["requests"], 0);
}

#[test]
fn wrong_usage_is_2() {
    let app = App::demo(&[]);
    GateTest::on(&app.url).gets(&["/healthz"]).phase(SHORT, &["p95 < 10ms"]).arg("--no-such-flag").run().exits(2);
    GateTest::on(&app.url).gets(&["/healthz"]).phase(SHORT, &["p95 < 10ms"]).arg("--phase").arg("nope").run().exits(2);
}

#[test]
fn preflight_failed_is_3() {
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url)
        .section("preflight:\n  - {name: deployed, get: /version, expect: {status: 200, json: {/commit: abc}}}\n  - {name: later, command: ['true']}")
        .gets(&["/healthz"])
        .phase(SHORT, &["success_rate >= 100%"])
        .run()
        .exits(3);
    assert_eq!(ran.verdict["outcome"], "invalid");
    assert_eq!(ran.verdict["ending"], "not_ready");
    assert_eq!(ran.verdict["preflight"][0]["outcome"], "failed");
    assert_eq!(ran.verdict["preflight"][1]["outcome"], "not_run");
    assert_eq!(ran.phase("only")["outcome"], "not_run");
    assert_eq!(ran.verdict["totals"]["requests"], 1);
}

/// Starts a long run, waits until the load runs, sends a signal, and gives what came of it.
fn interrupted(signal: Signal) -> crate::gate_test::Ran {
    let app = App::demo(&[]);
    let test = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .section("cleanup:\n  - {name: tidy, command: ['true']}")
        .phase("name: long, users: 2, spawn_rate: 10/s, duration: 60s", &["success_rate >= 100%"])
        .phase("name: later, users: 2, spawn_rate: 10/s, duration: 60s", &["success_rate >= 100%"]);
    let child = test.command().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("the binary starts");
    let waited = Instant::now();
    while app.ledger()["totals"]["requests"].as_u64().is_none_or(|requests| requests < 50) {
        assert!(waited.elapsed() < Duration::from_secs(20), "the load never came");
        thread::sleep(Duration::from_millis(50));
    }
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a child has an id");
    let sent = Instant::now();
    kill_process(pid, signal).expect("the signal is sent");
    let output = child.wait_with_output().expect("the child ends");
    assert!(sent.elapsed() < Duration::from_secs(6), "it took {:?}", sent.elapsed());
    test.ran(&output)
}

#[test]
fn sigint_is_130_with_partial_reports() {
    let _turn = turn();
    let ran = interrupted(Signal::INT).exits(130);
    assert_eq!(ran.verdict["outcome"], "interrupted");
    assert_eq!(ran.verdict["ending"], "interrupted");
    assert!(ran.report("summary.md").contains("interrupted"));
    assert_eq!(ran.verdict["cleanup"][0]["outcome"], "passed");
    assert_eq!(ran.phase("later")["outcome"], "not_run");
}

#[test]
fn sigterm_is_143_with_partial_reports() {
    let _turn = turn();
    let ran = interrupted(Signal::TERM).exits(143);
    assert_eq!(ran.verdict["ending"], "interrupted");
    assert!(ran.report("junit.xml").contains("<testsuites"));
}

#[test]
fn the_deadline_ends_like_sigterm() {
    let _turn = turn();
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase("name: long, users: 2, spawn_rate: 10/s, duration: 60s", &["success_rate >= 100%"])
        .arg("--deadline")
        .arg("2s")
        .run()
        .exits(143);
    assert_eq!(ran.verdict["outcome"], "interrupted");
}

#[test]
fn a_defect_is_70() {
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase(SHORT, &["success_rate >= 100%"])
        .env("STAGEGATE_DEFECT", "1")
        .run()
        .exits(70);
    assert!(ran.stderr.contains("defect"), "{}", ran.stderr);
}
