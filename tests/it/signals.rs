//! Signals: the first ends a run in order, the second at once.

use std::{
    process::{Child, ExitStatus},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    gate_test::{App, CLEANUP, GateTest, Ran, shared_turn},
    patience::wait_until,
};

/// A gate under load, with a minute of it left.
struct Running {
    test: GateTest,
    child: Child,
    _app: App,
}

impl Running {
    /// Starts it and waits until the load runs.
    fn with(cleanup: &str) -> Self {
        let app = App::demo(&[]);
        let test = GateTest::on(&app.url)
            .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 10ms}}")
            .section(cleanup)
            .section("integrity:\n  - {name: kept, get: /api/integrity}")
            .phase("name: long, users: 2, spawn_rate: 10/s, duration: 60s", &["success_rate >= 100%"])
            .phase("name: later, users: 2, spawn_rate: 10/s, duration: 60s", &["success_rate >= 100%"]);
        let child = test.spawn();
        wait_until("the load came", || app.ledger()["totals"]["requests"].as_u64() >= Some(100));
        Self { test, child, _app: app }
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a child has an id");
        kill_process(pid, signal).expect("the signal is sent");
    }

    /// Waits for its end, which has to come within a time.
    #[track_caller]
    fn ends_within(self, limit: Duration) -> Ran {
        let Self { test, child, _app } = self;
        let begun = Instant::now();
        let output = child.wait_with_output().expect("the child ends");
        assert!(begun.elapsed() < limit, "it took {:?}", begun.elapsed());
        test.ran(&output)
    }

    /// The same for a process of which nothing but the end is of interest.
    #[track_caller]
    fn dies_within(&mut self, limit: Duration) -> ExitStatus {
        let begun = Instant::now();
        let status = self.child.wait().expect("the child ends");
        assert!(begun.elapsed() < limit, "it took {:?}", begun.elapsed());
        status
    }
}

/// The first signal leaves reports of what was seen, marked, and tidies up.
#[track_caller]
fn ends_in_order(signal: Signal, code: i32) {
    let running = Running::with(CLEANUP);
    running.signal(signal);
    let ran = running.ends_within(Duration::from_secs(5)).exits(code).tidied();
    assert_eq!(ran.verdict["outcome"], "interrupted");
    assert_eq!(ran.verdict["ending"], "interrupted");
    assert!(ran.phase("long")["requests"].as_u64() > Some(20), "what was measured until then stands there");
    assert_eq!(ran.phase("later")["outcome"], "not_run");
    assert_eq!(ran.verdict["integrity"][0]["outcome"], "not_run");
    for report in ["summary.md", "junit.xml", "report.html"] {
        assert!(ran.report(report).contains("interrupted"), "{report} is marked");
    }
    for report in ["endpoints.csv", "measurements.json"] {
        assert!(!ran.report(report).is_empty(), "{report} is there");
    }
    assert!(ran.stdout.contains("interrupted"), "{}", ran.stdout);
}

#[test]
fn sigint_is_130_with_partial_reports() {
    let _turn = shared_turn();
    ends_in_order(Signal::INT, 130);
}

#[test]
fn sigterm_is_143_with_partial_reports() {
    let _turn = shared_turn();
    ends_in_order(Signal::TERM, 143);
}

/// A second signal does not wait for the cleanup that the first one let begin.
#[track_caller]
fn ends_at_once(first: Signal, second: Signal, code: i32) {
    let mut running = Running::with("cleanup:\n  - {name: slow, command: [sh, -c, 'touch begun; exec sleep 5']}");
    running.signal(first);
    let begun = running.test.folder().join("begun");
    wait_until("cleanup begins after the first signal", || begun.exists());
    running.signal(second);
    assert_eq!(running.dies_within(Duration::from_millis(500)).code(), Some(code));
    let verdict = running.test.folder().join("stagegate-out/verdict.json");
    assert!(!verdict.exists(), "it did not take the time for a report");
}

#[test]
fn a_second_sigint_ends_at_once() {
    let _turn = shared_turn();
    ends_at_once(Signal::INT, Signal::INT, 130);
}

#[test]
fn a_second_sigterm_ends_at_once() {
    let _turn = shared_turn();
    ends_at_once(Signal::TERM, Signal::TERM, 143);
}

#[test]
fn cleanup_that_hangs_does_not_hold_up_an_interrupted_run() {
    let _turn = shared_turn();
    let running = Running::with("cleanup:\n  - {name: slow, command: [sleep, '20']}");
    running.signal(Signal::INT);
    let ran = running.ends_within(Duration::from_secs(5)).exits(130);
    assert_eq!(ran.verdict["cleanup"][0]["outcome"], "failed");
}

#[test]
fn the_deadline_ends_like_sigterm() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .section(CLEANUP)
        .phase("name: long, users: 2, spawn_rate: 10/s, duration: 60s", &["success_rate >= 100%"])
        .arg("--deadline")
        .arg("2s")
        .run()
        .exits(143)
        .tidied();
    assert_eq!(ran.verdict["outcome"], "interrupted");
}
