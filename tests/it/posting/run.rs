//! `run` on a pull request.

use std::{
    fs,
    net::TcpListener,
    sync::{Arc, Mutex},
};

use super::{EVERYTHING, Job, not_ready, red};
use crate::{
    gate_test::{App, GateTest, afresh, quiet_turn},
    github::{
        Answer,
        trick::Trick,
        world::{HEAD, World},
    },
};

#[test]
fn a_red_run_posts_and_a_second_one_updates() {
    let _turn = quiet_turn();
    let app = App::demo(&["--delay", "/healthz=30ms"]);
    let (ran, job) = afresh(|| {
        let job = Job::of_pull_request();
        (job.holds(red(&app)).section(EVERYTHING).run_once(), job)
    });
    let ran = ran.exits(1);
    job.keeps_the_token(&ran);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("\n::"), "the check carries the annotations: {}", ran.stdout);
    let (id, body) = job.fake.world(|world| (world.comments[0].id, world.comments[0].body.clone()));
    assert!(body.starts_with(&format!("<!-- stagegate gate=test schema=1 head={HEAD} -->\n")), "{body}");
    assert!(body.contains(&format!("https://github.com/acme/shop/blob/{HEAD}/gates.yaml#L")), "{body}");
    let check = job.check();
    assert_eq!((&check["head_sha"], &check["name"]), (&HEAD.into(), &"stagegate / test".into()));
    assert_eq!((&check["status"], &check["conclusion"]), (&"completed".into(), &"failure".into()));
    assert_eq!(check["notes"][0]["path"], "gates.yaml");
    assert_eq!(check["external_id"], "17/1/gate/runner 3/test");

    let ran = job.holds(not_ready(&app)).section("publish: {github: {comment: true}}").run_once().exits(3);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    let after = job.fake.world(|world| world.comments.iter().map(|one| (one.id, one.body.clone())).collect::<Vec<_>>());
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].0, id);
    assert_ne!(after[0].1, body);
}

/// The check is in progress from before the first request of the gate on.
#[test]
fn the_check_is_begun_before_anything_is_sent() {
    let app = App::demo(&[]);
    let job = Job::of_pull_request();
    job.holds(not_ready(&app)).section(EVERYTHING).run_once().exits(3);
    let calls = job.fake.seen();
    assert_eq!((calls[0].method.as_str(), calls[0].path.as_str()), ("POST", "/repos/acme/shop/check-runs"));
    assert_eq!(calls[0].body["status"], "in_progress");
    assert_eq!(job.check()["conclusion"], "failure", "what could not be measured is never a pass");
}

#[test]
fn a_status_takes_the_place_of_a_check() {
    let app = App::demo(&[]);
    let job = Job::of_pull_request();
    let ran = job.holds(not_ready(&app)).section("publish: {github: {status: true, annotations: true}}").run_once();
    let ran = ran.exits(3);
    let statuses = job.fake.world(|world| world.statuses.clone());
    let states: Vec<_> = statuses.iter().map(|status| status["state"].clone()).collect();
    assert_eq!(states, ["pending", "error"], "{statuses:#?}");
    assert_eq!(job.comments(), Vec::<String>::new());
    let command = ran.stdout.lines().find(|line| line.starts_with("::")).expect("no check carries the annotation");
    assert!(command.starts_with("::error file=gates.yaml,line="), "{command}");
}

/// A status whose answer is lost may be set all the same, and is not left pending.
#[test]
fn a_status_that_may_be_set_is_ended() {
    let job = Job::of_pull_request();
    job.fake.times(4, "POST", HEAD, Trick::DoneThenBreak);
    let gate = GateTest::on("")
        .section("target: {url: 'https://127.0.0.1:1', tls: {ca: missing.pem}}")
        .gets(&["/"])
        .phase("name: only, users: 1, spawn_rate: 10/s, duration: 1s", &["success_rate >= 100%"]);
    job.holds(gate).section("publish: {github: {status: true}}").run_once().exits(2);
    let last = job.fake.world(|world| world.statuses.last().cloned()).expect("one was set");
    assert_eq!(last["state"], "error", "{last}");
}

/// The check waits for GitHub, and the comment does not wait for the check.
#[test]
fn a_slow_check_does_not_hold_up_the_comment() {
    let app = App::demo(&[]);
    let job = Job::of_pull_request();
    job.fake.once("PATCH", "", Trick::Answer(Answer::message(503, "").with("Retry-After", "2")));
    job.holds(not_ready(&app)).section(EVERYTHING).run_once().exits(3);
    let calls = job.fake.seen();
    let comment = calls.iter().position(|it| it.method == "POST" && it.path.ends_with("/comments"));
    let again = calls.iter().rposition(|it| it.method == "PATCH");
    assert!(comment.is_some() && comment < again, "{comment:?} {again:?}");
}

/// A second signal ends the process at once; outputs and summary are there by then.
#[test]
fn the_runner_has_its_files_before_anything_is_posted() {
    let app = App::demo(&[]);
    let job = Job::of_pull_request();
    let folder = job.folder.path().to_owned();
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sizes);
    let look = move |_: &mut World| {
        let size = |name: &str| fs::metadata(folder.join(name)).map_or(0, |file| file.len());
        seen.lock().expect("nobody panics").push((size("output"), size("summary")));
    };
    job.fake.once("PATCH", "", Trick::meanwhile(look));
    job.holds(not_ready(&app)).section(EVERYTHING).run_once().exits(3);
    let sizes = sizes.lock().expect("nobody panics").clone();
    assert!(matches!(sizes.as_slice(), [(1.., 1..)]), "{sizes:?}");
}

#[test]
fn what_is_wrong_with_the_file_stands_at_its_line() {
    let job = Job::of_pull_request();
    let gate = GateTest::on("").section("target: {url: 'http://127.0.0.1:1'}").section("nonsense: true");
    let ran = job.holds(gate).run_once().exits(2);
    let commands: Vec<_> =
        ran.stdout.lines().filter(|line| line.starts_with("::error file=gates.yaml,line=")).collect();
    assert!(commands.iter().any(|line| line.contains("nonsense")), "{}", ran.stdout);
    let outside = job.with("GITHUB_ACTIONS", "");
    let gate = GateTest::on("").section("target: {url: 'http://127.0.0.1:1'}").section("nonsense: true");
    let ran = outside.holds(gate).run_once().exits(2);
    assert!(!ran.stdout.contains("::"), "{}", ran.stdout);
}

/// Code of the repository does not get the gate's right to write, unless gates.yaml hands it on.
#[test]
fn commands_do_not_get_the_token() {
    let app = App::demo(&[]);
    let job = Job::of_pull_request();
    let look = "cleanup:\n  - {name: look, command: [sh, -c, 'test -z \"$GITHUB_TOKEN\" && test -n \"$GITHUB_SHA\"']}";
    let ran = job.holds(not_ready(&app)).section(look).run_once().exits(3);
    assert_eq!(ran.verdict["cleanup"][0]["outcome"], "passed", "{}", ran.verdict["cleanup"]);
}

#[test]
fn a_dry_run_posts_nothing() {
    let app = App::demo(&[]);
    let job = Job::of_pull_request();
    job.holds(not_ready(&app)).section(EVERYTHING).arg("--dry-run").rehearse().exits(3);
    assert_eq!(job.fake.seen().len(), 0);
}

#[test]
fn outside_of_github_nothing_is_tried_and_nothing_said() {
    let app = App::demo(&[]);
    let job = Job::of_pull_request().with("GITHUB_ACTIONS", "");
    let ran = job.holds(not_ready(&app)).section(EVERYTHING).run_once().exits(3);
    assert_eq!((job.fake.seen().len(), ran.stderr.contains("GitHub")), (0, false), "{}", ran.stderr);
    let ran = job.holds(not_ready(&app)).section(EVERYTHING).arg("-v").run_once().exits(3);
    assert!(ran.stderr.contains("publish.github: this is no job of GitHub Actions"), "{}", ran.stderr);
    assert_eq!(job.fake.seen().len(), 0);
}

/// Whatever GitHub does, the code stays, and what is missing is said where people look.
#[test]
fn faults_are_warnings_and_change_nothing() {
    let app = App::demo(&[]);
    let refused = |status: u16, message: &str| Trick::Answer(Answer::message(status, message));
    for (method, path, trick, words) in [
        ("POST", "/comments", refused(403, "Resource not accessible by integration"), "`pull-requests: write`"),
        ("POST", "/check-runs", refused(403, "Resource not accessible by integration"), "`checks: write`"),
        ("POST", "/comments", refused(410, "Issues are disabled for this repo"), "enable them"),
        ("POST", "/comments", refused(500, "oops"), "500"),
    ] {
        let job = Job::of_pull_request();
        job.fake.always(method, path, trick);
        let ran = job.holds(not_ready(&app)).section(EVERYTHING).run_once().exits(3);
        for (place, text) in [("standard error", &ran.stderr), ("the summary", &job.summary())] {
            let warned = text.contains("warning: ") && text.contains(words);
            assert!(warned, "{words} in {place}:\n{text}");
        }
        let commands = ran.stdout.lines().filter(|line| line.starts_with("::warning title=stagegate::")).count();
        assert_eq!(commands, 1, "{}", ran.stdout);
        assert_eq!(ran.stderr.matches("warning: ").count(), 1, "said once: {}", ran.stderr);
        job.keeps_the_token(&ran);
    }
}

#[test]
fn a_github_out_of_reach_is_a_warning() {
    let app = App::demo(&[]);
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port is free");
    let job = Job::of_pull_request().with("GITHUB_API_URL", &format!("http://{port}"));
    let ran = job.holds(not_ready(&app)).section(EVERYTHING).run_once().exits(3);
    assert!(ran.stderr.contains("warning: the check `stagegate / test` was not created"), "{}", ran.stderr);
    assert!(job.summary().contains("was not posted"), "{}", job.summary());
    let annotation = ran.stdout.lines().any(|line| line.starts_with("::error file=gates.yaml,line="));
    assert!(annotation, "without a check the annotations are printed: {}", ran.stdout);
}

#[test]
fn a_job_without_a_token_is_told_how_to_give_one() {
    let app = App::demo(&[]);
    let job = Job::of_pull_request().with("GITHUB_TOKEN", "");
    let ran = job.holds(not_ready(&app)).section(EVERYTHING).run_once().exits(3);
    assert!(ran.stderr.contains("warning: GITHUB_TOKEN is not set"), "{}", ran.stderr);
    assert!(job.summary().contains("GITHUB_TOKEN is not set"), "{}", job.summary());
    assert_eq!(job.fake.seen().len(), 0);
}

/// A token that an app repeats, and one in gates.yaml.
#[test]
fn the_token_is_masked_without_being_named() {
    let app = App::demo(&[]);
    let job = Job::of_pull_request();
    let gate = job.holds(not_ready(&app)).section("cleanup:\n  - {name: 'tidy ${GITHUB_TOKEN}', command: ['true']}");
    let ran = gate.section(EVERYTHING).run_once().exits(3);
    assert!(ran.report("verdict.json").contains("tidy ***"));
    job.keeps_the_token(&ran);
    let broken = job.holds(not_ready(&app)).section("version: ${GITHUB_TOKEN}").run_once().exits(2);
    let said = format!("{}{}", broken.stdout, broken.stderr);
    assert!(!said.contains(crate::github::TOKEN), "{said}");
}

/// What an app or a file says cannot act as a command to GitHub's runner.
#[test]
fn nobody_else_gives_the_runner_commands() {
    let app = App::demo(&[]);
    let name = "::error::forged ###[error]forged ##vso[task]";
    let gate = not_ready(&app).section(&format!("cleanup:\n  - {{name: '{name}', command: ['false']}}"));
    let ran = gate.arg("-v").run_once().exits(3);
    for line in ran.stdout.lines().chain(ran.stderr.lines()) {
        assert!(!line.trim_start().starts_with("::") && !line.contains("##"), "{line}");
    }
    assert!(ran.stdout.contains("forged") || ran.stderr.contains("forged"), "it was shown at all: {}", ran.stdout);
    let summary = fs::read_to_string(ran.out.join("summary.md")).expect("it is there");
    assert!(summary.contains("forged"));
}
