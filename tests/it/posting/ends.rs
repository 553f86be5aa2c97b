//! A check is completed at every end of a run.

use std::{
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{EVERYTHING, Job, not_ready};
use crate::gate_test::{App, GateTest, turn};

#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "not within 20 s: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Runs a minute's load, sends a signal when it has come, and gives what came of it and how long that took.
fn signalled(job: &Job, signal: Signal) -> (std::process::Output, Duration) {
    let app = App::demo(&[]);
    let gate = GateTest::on(&app.url)
        .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 10ms}}")
        .phase("name: long, users: 1, spawn_rate: 10/s, duration: 60s", &["success_rate >= 100%"])
        .section(EVERYTHING);
    let gate = job.holds(gate);
    let child = gate.spawn();
    wait_until("the load came", || app.ledger()["totals"]["requests"].as_u64() >= Some(20));
    assert_eq!(job.check()["status"], "in_progress");
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a child has an id");
    kill_process(pid, signal).expect("the signal is sent");
    let begun = Instant::now();
    (child.wait_with_output().expect("the child ends"), begun.elapsed())
}

#[test]
fn a_signal_cancels_it() {
    let _turn = turn();
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let job = Job::of_pull_request();
        let (output, took) = signalled(&job, signal);
        assert_eq!(output.status.code(), Some(code));
        assert!(took < Duration::from_secs(5), "it took {took:?}");
        let check = job.check();
        assert_eq!((&check["status"], &check["conclusion"]), (&"completed".into(), &"cancelled".into()));
        assert_eq!(job.comments().len(), 1);
    }
}

/// GitHub hangs: an interrupted run does not wait for it.
#[test]
fn a_signal_is_not_held_up_by_github() {
    let _turn = turn();
    let job = Job::of_pull_request();
    for (method, path) in [("PATCH", ""), ("GET", "")] {
        job.fake.always(method, path, crate::github::trick::Trick::Hang);
    }
    let (output, took) = signalled(&job, Signal::TERM);
    assert_eq!(output.status.code(), Some(143));
    assert!(took < Duration::from_secs(8), "it took {took:?}");
}

#[test]
fn a_killed_run_is_closed_by_the_next_step() {
    let _turn = turn();
    let job = Job::of_pull_request();
    signalled(&job, Signal::KILL);
    assert_eq!(job.check()["status"], "in_progress", "nobody can catch that");
    let folder = job.folder.path().join("nowhere");
    let said = job.comment(&folder, &["--close"]).exits(0);
    assert!(said.stdout.contains("test"), "{}", said.stdout);
    let check = job.check();
    assert_eq!((&check["status"], &check["conclusion"]), (&"completed".into(), &"failure".into()));
    assert_eq!(job.comments(), Vec::<String>::new());
    let said = job.comment(&folder, &["--close"]).exits(0);
    assert!(said.stdout.contains("no check in progress"), "{}", said.stdout);
}

/// Another job of the same workflow, on its own runner, is still at work.
#[test]
fn closing_leaves_other_jobs_alone() {
    let job = Job::of_pull_request().with("RUNNER_NAME", "runner 31");
    let check = serde_json::json!({
        "id": 1, "name": "stagegate / test", "head_sha": crate::github::world::HEAD, "status": "in_progress",
        "conclusion": null, "external_id": "17/1/gate/runner 3/test", "notes": [],
    });
    job.fake.world(|world| world.checks.push(check));
    job.comment(job.folder.path(), &["--close"]).exits(0);
    assert_eq!(job.check()["status"], "in_progress");
    let outside = job.with("GITHUB_ACTIONS", "");
    let said = outside.comment(outside.folder.path(), &["--close"]).exits(0);
    assert!(said.stdout.contains("no check to close"), "{}", said.stdout);
}

/// A certificate that does not exist is found when the target is looked at, after the check was begun.
#[test]
fn an_error_completes_it() {
    let job = Job::of_pull_request();
    let gate = GateTest::on("")
        .section("target: {url: 'https://127.0.0.1:1', tls: {ca: missing.pem}}")
        .gets(&["/"])
        .phase("name: only, users: 1, spawn_rate: 10/s, duration: 1s", &["success_rate >= 100%"]);
    let ran = job.holds(gate).section(EVERYTHING).run_once().exits(2);
    assert!(ran.stderr.contains("missing.pem"), "{}", ran.stderr);
    let check = job.check();
    assert_eq!((&check["status"], &check["conclusion"]), (&"completed".into(), &"failure".into()));
    assert_eq!(check["output"]["title"], "the gate ended without a verdict");
}

#[test]
fn a_defect_completes_it() {
    let app = App::demo(&[]);
    let job = Job::of_pull_request();
    let ran = job.holds(not_ready(&app)).section(EVERYTHING).env("STAGEGATE_DEFECT", "1").run_once();
    assert_eq!(ran.code, Some(70), "{}", ran.stderr);
    let check = job.check();
    assert_eq!((&check["status"], &check["conclusion"]), (&"completed".into(), &"failure".into()));
    assert_eq!(check["output"]["title"], "the gate ended without a verdict");
}
