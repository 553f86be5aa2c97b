//! A check is completed at every end of a run.

use std::{
    fs,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{EVERYTHING, Job, not_ready};
use crate::{
    gate_test::{App, GateTest, afresh, quiet_turn},
    github::{Answer, trick::Trick},
    patience::wait_until,
};

/// A gate that passes.
fn green(app: &App) -> GateTest {
    GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase("name: only, users: 1, spawn_rate: 10/s, duration: 1s", &["success_rate >= 50%"])
}

/// A gate whose certificate does not exist, which is found when the target is looked at: after the check was begun.
fn erring() -> GateTest {
    GateTest::on("")
        .section("target: {url: 'https://127.0.0.1:1', tls: {ca: missing.pem}}")
        .gets(&["/"])
        .phase("name: only, users: 1, spawn_rate: 10/s, duration: 1s", &["success_rate >= 100%"])
}

/// The comment that an earlier commit's run left.
fn passed_before(job: &Job) {
    let body = format!("<!-- stagegate gate=test schema=1 head={} -->\npassed", crate::github::world::OLDER);
    job.fake.world(|world| world.comment("github-actions[bot]", "Bot", &body));
}

#[track_caller]
fn has_no_verdict(job: &Job) {
    let comments = job.comments();
    assert_eq!(comments.len(), 1, "{comments:#?}");
    let said = comments[0].contains(&format!("**No verdict** for {}", crate::github::world::HEAD));
    assert!(said && !comments[0].contains("passed"), "{}", comments[0]);
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
    let _turn = quiet_turn();
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
    let _turn = quiet_turn();
    let job = Job::of_pull_request();
    for (method, path) in [("PATCH", ""), ("GET", ""), ("POST", "/graphql")] {
        job.fake.always(method, path, Trick::Hang);
    }
    let (output, took) = signalled(&job, Signal::TERM);
    assert_eq!(output.status.code(), Some(143));
    // The runner kills a step 7.5 s after its SIGINT (actions/runner, ProcessInvoker.cs).
    assert!(took < Duration::from_millis(7_500), "it took {took:?}");
    let outputs = fs::read_to_string(job.folder.path().join("output")).expect("the outputs are there");
    assert!(outputs.contains("\ninterrupted\n"), "{outputs}");
}

#[test]
fn a_killed_run_is_closed_by_the_next_step() {
    let _turn = quiet_turn();
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

#[test]
fn an_error_completes_it() {
    let job = Job::of_pull_request();
    let ran = job.holds(erring()).section(EVERYTHING).run_once().exits(2);
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

/// An earlier commit's "passed" would be read as this one's.
#[test]
fn an_end_without_a_verdict_is_told_where_an_earlier_one_stands() {
    let _turn = quiet_turn();
    for section in [EVERYTHING, "publish: {github: {comment: true}}"] {
        let job = Job::of_pull_request();
        passed_before(&job);
        job.holds(erring()).section(section).run_once().exits(2);
        has_no_verdict(&job);
    }
    let job = Job::of_pull_request();
    job.holds(erring()).section(EVERYTHING).run_once().exits(2);
    assert_eq!(job.comments(), Vec::<String>::new(), "none is created");
    let job = Job::of_pull_request();
    passed_before(&job);
    signalled(&job, Signal::KILL);
    job.comment(job.folder.path(), &["--close"]).exits(0);
    has_no_verdict(&job);
}

/// GitHub is down for the end of a green run: the next step completes the check with the verdict.
#[test]
fn a_verdict_that_github_did_not_take_is_completed_by_the_next_step() {
    let _turn = quiet_turn();
    for (switch, place) in [("check", ""), ("status", crate::github::world::HEAD)] {
        let app = App::demo(&[]);
        let (ran, job) = afresh(|| {
            let job = Job::of_pull_request();
            let method = if switch == "check" { "PATCH" } else { "POST" };
            let once = Trick::meanwhile(|_| {});
            if switch == "status" {
                job.fake.once(method, place, once);
            }
            job.fake.times(4, method, place, Trick::Answer(Answer::message(500, "oops")));
            let publish = format!("publish: {{github: {{comment: true, {switch}: true}}}}");
            (job.holds(green(&app)).section(&publish).run_once(), job)
        });
        let ran = ran.exits(0);
        assert!(ran.stderr.contains("warning: the c"), "{}", ran.stderr);
        let said = job.comment(&ran.out, &["--close"]).exits(0);
        assert!(said.stdout.contains("with the verdict that GitHub had not taken: test"), "{}", said.stdout);
        if switch == "check" {
            let check = job.check();
            assert_eq!((&check["status"], &check["conclusion"]), (&"completed".into(), &"success".into()));
            assert_eq!(check["output"]["title"], ran.verdict["headline"]);
        } else {
            let states = job.fake.world(|world| world.statuses.last().cloned()).expect("one was set");
            assert_eq!(states["state"], "success");
        }
        assert!(job.comments()[0].contains("passed"), "{:#?}", job.comments());
    }
}

/// GitHub created the check, and the answer was lost together with the search for it.
#[test]
fn a_check_whose_creation_was_lost_is_the_one_that_is_completed() {
    let app = App::demo(&[]);
    let job = Job::of_pull_request();
    job.fake.once("POST", "/check-runs", Trick::DoneThenBreak);
    job.fake.times(4, "GET", "/check-runs", Trick::Answer(Answer::message(500, "oops")));
    job.holds(not_ready(&app)).section(EVERYTHING).run_once().exits(3);
    assert_eq!(job.check()["status"], "completed");
}

/// A signal while the verdict is posted does not take the verdict away.
#[test]
fn an_interrupted_post_keeps_the_verdict() {
    let _turn = quiet_turn();
    let app = App::demo(&[]);
    let (ran, job) = afresh(|| {
        let job = Job::of_pull_request();
        job.fake.once("PATCH", "", Trick::Hang);
        let gate = job.holds(green(&app)).section(EVERYTHING);
        let child = gate.spawn();
        wait_until("the verdict is posted", || job.fake.seen().iter().any(|request| request.method == "PATCH"));
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a child has an id");
        kill_process(pid, Signal::TERM).expect("the signal is sent");
        (gate.ran(&child.wait_with_output().expect("the child ends")), job)
    });
    assert_eq!(ran.code, Some(0), "the verdict was there before the signal");
    let check = job.check();
    assert_eq!((&check["status"], &check["conclusion"]), (&"completed".into(), &"success".into()));
    assert!(check["output"]["title"].as_str().is_some_and(|title| title.contains("passed")), "{check:#}");
}

/// What its own deadline ended has nobody waiting to kill it, and may be patient.
#[test]
fn a_run_that_its_deadline_ended_has_all_the_time_to_post() {
    let _turn = quiet_turn();
    let (app, job) = (App::demo(&[]), Job::of_pull_request());
    job.fake.once("POST", "/comments", Trick::Answer(Answer::message(429, "slow down").with("Retry-After", "3")));
    let gate = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase("name: long, users: 1, spawn_rate: 10/s, duration: 60s", &["success_rate >= 100%"])
        .arg("--deadline")
        .arg("2s")
        .section(EVERYTHING);
    job.holds(gate).run().exits(143);
    assert_eq!(job.comments().len(), 1);
}
