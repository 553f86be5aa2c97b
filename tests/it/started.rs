//! `target.start`: apps that the gate starts itself, and stops with everything they started.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::gate_test::{App, BINARY, GateTest, clean_environment, shared_turn};

pub(crate) const SHORT: &str = "name: short, users: 2, spawn_rate: 10/s, duration: 2s";
pub(crate) const LONG: &str = "name: long, users: 2, spawn_rate: 10/s, duration: 60s";

/// The demo with a process beside it; both numbers are left in files.
pub(crate) const DEMO: &str = r#"sleep 600 & echo $! > beside.$1; echo $$ > group.$1; exec "$0" demo --port "$1""#;

/// The same, deaf to SIGTERM as a whole.
const DEAF: &str = r#"trap "" TERM; echo $$ > group.$1; "$0" demo --port "$1" & while :; do sleep 1; done"#;

/// The demo for 3 s.
const MORTAL: &str = r#"echo $$ > group.$1; "$0" demo --port "$1" & sleep 3; kill $!; echo out of memory >&2; exit 9"#;

/// A port that nobody listens at. It lies below those that Linux gives to whoever asks for any, which other tests do all
/// the time, and no other test is given it; another run of the tests hardly ever.
pub(crate) fn free_port() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id() % 100 * 100;
    let next = || 18_000 + (first + GIVEN.fetch_add(1, Ordering::Relaxed)) % 10_000;
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(next)
        .take(10_000)
        .filter_map(|port| u16::try_from(port).ok())
        .find(free)
        .expect("one of ten thousand ports is free")
}

pub(crate) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// `start` for a shell script that is given the binary and the port.
pub(crate) fn start(script: &str, port: u16) -> String {
    format!("{{command: [sh, -c, '{script}', '{BINARY}', '{port}']}}")
}

/// A gate that starts its own app.
pub(crate) fn gate(script: &str, port: u16) -> GateTest {
    let target = format!("target: {{url: '{}', timeout: 5s, start: {}}}", url(port), start(script, port));
    GateTest::on(&url(port)).section(&target).gets(&["/healthz"])
}

/// A number that a script left in the test's folder.
pub(crate) fn left(folder: &Path, name: &str, port: u16) -> Pid {
    let text = fs::read_to_string(folder.join(format!("{name}.{port}"))).expect("the script left it");
    Pid::from_raw(text.trim().parse().expect("a number")).expect("an id")
}

/// Whether any process of a group is at work. One that has ended and that nobody has waited for is not: a container
/// without an init process keeps orphans so.
pub(crate) fn is_at_work(group: Pid) -> bool {
    let group = group.as_raw_nonzero().to_string();
    let processes = fs::read_dir("/proc").expect("there is /proc").flatten();
    processes.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok()).any(|stat| {
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let (state, in_group) = (fields.next(), fields.nth(1));
        in_group == Some(group.as_str()) && state != Some("Z")
    })
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("the signal is sent");
}

/// Requests that a demo has answered.
pub(crate) fn served(port: u16) -> u64 {
    if TcpStream::connect(("127.0.0.1", port)).is_err() {
        return 0;
    }
    let (status, body) = App::ask(&format!("127.0.0.1:{port}"), "GET", "/demo/ledger", "");
    assert_eq!(status, 200);
    let ledger: serde_json::Value = serde_json::from_str(&body).expect("the ledger is JSON");
    ledger["totals"]["requests"].as_u64().unwrap_or_default()
}

#[test]
fn the_app_is_started_gated_and_stopped_with_all_it_started() {
    let _turn = shared_turn();
    let port = free_port();
    let ran = gate(DEMO, port)
        .section("preflight: [{name: deployed, get: /version, expect: {json: {/commit: abc}}}]")
        .phase(SHORT, &["success_rate >= 99%"])
        .arg("--commit")
        .arg("abc")
        .run()
        .exits(0);
    let folder = ran.out.parent().expect("it is in the test's folder");
    let group = left(folder, "group", port);
    assert!(!is_at_work(group), "nothing of the group is left");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens any more");
    assert!(ran.report("app.log").contains("listening on"), "its output is kept");
    let said = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("was started for this run; its output is in stagegate-out/app.log."), "{said}");
    assert!(ran.report("summary.md").contains("was started for this run"));
    assert_eq!(ran.verdict["preflight"][0]["name"], "the target can be reached");
}

#[test]
fn a_dry_run_starts_it_too_and_waits_for_ready() {
    let _turn = shared_turn();
    let port = free_port();
    let ready = format!(
        "target: {{url: '{}', ready: {{get: /healthz, within: 20s}}, start: {}}}",
        url(port),
        start(&format!("sleep 1; {DEMO}"), port)
    );
    let test = GateTest::on("").section(&ready).gets(&["/healthz"]).phase(SHORT, &["success_rate >= 99%"]);
    let base = free_port();
    let test = test.section(&format!("against: {{url: '{}', start: {}}}", url(base), start(DEMO, base)));
    let ran = test.arg("--dry-run").rehearse().exits(0);
    assert_eq!(ran.verdict["preflight"][0]["name"], "the target is ready");
    let folder = ran.out.parent().and_then(Path::parent).expect("it is in the test's folder");
    assert!(!is_at_work(left(folder, "group", port)));
    assert!(ran.report("app.log").contains("listening on"));
    assert!(!folder.join(format!("group.{base}")).exists(), "a dry run compares nothing");
}

#[test]
fn an_app_that_ends_at_once_is_not_ready() {
    let _turn = shared_turn();
    for (script, words) in [
        ("echo first; echo no such module >&2; exit 7", ["status 7", "its last lines: first / no such module"]),
        ("exec false", ["status 1", "said nothing"]),
        ("kill -s KILL $$", ["signal 9", "correct `target.start`"]),
    ] {
        let begun = Instant::now();
        let ran = gate(script, free_port()).phase(SHORT, &["success_rate >= 99%"]).run().exits(3);
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not wait for the dead: {:?}", begun.elapsed());
        let item = &ran.verdict["preflight"][0];
        assert_eq!((&item["outcome"], &ran.verdict["ending"]), (&"failed".into(), &"not_ready".into()));
        let detail = item["detail"].as_str().expect("a detail");
        assert!(words.iter().all(|word| detail.contains(word)), "{detail}");
    }
}

#[test]
fn what_does_not_start_is_not_ready() {
    let _turn = shared_turn();
    let target = |start: &str| format!("target: {{url: '{}', start: {start}}}", url(free_port()));
    for (start, words) in [
        ("{command: [/no/such/program]}", "`/no/such/program` does not start: "),
        ("{command: [./missing, -x]}", "`./missing -x` does not start: "),
        ("{command: ['true'], folder: nowhere}", "there is no folder nowhere; correct `target.start.folder`"),
    ] {
        let test = GateTest::on("").section(&target(start)).gets(&["/healthz"]);
        let ran = test.phase(SHORT, &["success_rate >= 99%"]).run().exits(3);
        assert_eq!(ran.verdict["preflight"][0]["name"], "the app starts");
        let detail = ran.verdict["preflight"][0]["detail"].as_str().expect("a detail");
        assert!(detail.starts_with(words), "{detail}");
    }
}

#[test]
fn it_runs_in_its_folder_with_its_environment() {
    let _turn = shared_turn();
    let port = free_port();
    let target = format!(
        "target: {{url: '{}', start: {{command: [./serve, '{BINARY}', '{port}'], env: {{WORD: told, NUMBER: 7}}, folder: deep}}}}",
        url(port)
    );
    let script = "echo \"$WORD $NUMBER $PWD $PASSWORD\"; exec \"$1\" demo --port \"$2\"";
    let test = GateTest::on("")
        .section(&target)
        .section("secrets: [PASSWORD]")
        .gets(&["/healthz"])
        .phase(SHORT, &["success_rate >= 99%"])
        .env("PASSWORD", "hunter2hunter2")
        .file("deep/script", script);
    let folder = test.folder().join("deep");
    // A shell writes it: a file that this process has open for writing cannot be run.
    let made = "printf '#!/bin/sh\\n' > serve && cat script >> serve && chmod 700 serve";
    assert!(Command::new("sh").args(["-c", made]).current_dir(&folder).status().is_ok_and(|s| s.success()));
    let ran = test.arg("--dry-run").rehearse().exits(0);
    let folder = folder.canonicalize().expect("it is there");
    let log = ran.report("app.log");
    assert!(log.starts_with(&format!("told 7 {} ***\n", folder.display())), "{log}");
}

/// What it may do on GitHub is the gate's, and not that of the code that it measures.
#[test]
fn it_does_not_get_the_gates_token() {
    let _turn = shared_turn();
    for (env, word) in [("{}", "none"), ("{GITHUB_TOKEN: '${GITHUB_TOKEN}'}", "handed on")] {
        let port = free_port();
        let script = "if test -z \"$GITHUB_TOKEN\"; then echo token: none; else echo token: handed on; fi";
        let target = format!(
            "target: {{url: '{}', start: {{command: [sh, -c, '{script}; exec \"$0\" demo --port {port}', '{BINARY}'], env: {env}}}}}",
            url(port)
        );
        let ran = GateTest::on("")
            .section(&target)
            .gets(&["/healthz"])
            .env("GITHUB_TOKEN", "ghs_do_not_hand_me_on")
            .phase("name: only, users: 1, spawn_rate: 10/s, duration: 1s", &["success_rate >= 50%"])
            .run();
        let log = ran.report("app.log");
        assert!(log.contains(&format!("token: {word}")), "{env}: {log}");
    }
}

/// Exit code, flags, and what makes a run end so.
#[test]
fn however_the_run_ends_the_group_is_stopped_and_its_output_kept() {
    let _turn = shared_turn();
    for (code, phase, criterion, flags) in
        [(1, SHORT, "p50 < 1us", &[][..]), (143, LONG, "success_rate >= 99%", &["--deadline", "3s"][..])]
    {
        let port = free_port();
        let test = gate(DEMO, port).phase(phase, &[criterion]);
        let ran = flags.iter().fold(test, |test, flag| test.arg(flag)).run().exits(code);
        assert!(!is_at_work(left(ran.out.parent().expect("a folder"), "group", port)), "{code}");
        assert!(ran.report("app.log").contains("listening on"), "{code}");
    }
}

#[test]
fn an_app_that_listens_and_never_becomes_ready_is_stopped() {
    let _turn = shared_turn();
    let port = free_port();
    let target = format!(
        "target: {{url: '{}', ready: {{get: /no-such-page, within: 2s}}, start: {}}}",
        url(port),
        start(DEMO, port)
    );
    let test = GateTest::on("").section(&target).gets(&["/healthz"]).phase(SHORT, &["success_rate >= 99%"]);
    let ran = test.run().exits(3);
    let item = &ran.verdict["preflight"][0];
    assert_eq!((&item["name"], &item["outcome"]), (&"the target is ready".into(), &"failed".into()));
    assert_eq!(ran.phase("short")["outcome"], "not_run");
    assert!(!is_at_work(left(ran.out.parent().expect("a folder"), "group", port)));
    assert!(ran.report("app.log").contains("listening on"));
}

/// Gunicorn with its workers, a `PostgreSQL` and a Redis: each in a group of its own, which its starter ends.
#[test]
fn a_local_dry_run_starts_the_staging_project_with_its_servers() {
    let _turn = shared_turn();
    let port = free_port();
    let staging = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/staging");
    let target = format!(
        "target:\n  url: '{}'\n  ready: {{get: /healthz, within: 60s}}\n  start:\n    command: [./staging, serve, --port, \
         '{port}', --database, postgres, --sessions, redis]\n    folder: '{staging}'\n    env: {{STAGING_WORKERS: 1}}",
        url(port)
    );
    // It answers a moment before it says where its servers are.
    let told = "preflight: [{name: it told all, command: [sh, -c, \"until grep -q '^redis at' stagegate-out/dry-run/app.log; \
                do sleep 0.1; done\"], timeout: 20s}]";
    let test = GateTest::on("").section(&target).section(told).gets(&["/accounts/login/"]);
    let ran = test.phase(SHORT, &["success_rate >= 99%"]).arg("--dry-run").rehearse().exits(0);
    assert_eq!(ran.verdict["preflight"][0]["name"], "the target is ready");
    let log = ran.report("app.log");
    let address = |words: &str| {
        let line = log.lines().find_map(|line| line.strip_prefix(words)).unwrap_or_else(|| panic!("{words}: {log}"));
        line.rsplit(['@', '/']).find(|part| part.contains(':')).expect("host and port").to_owned()
    };
    for server in [format!("127.0.0.1:{port}"), address("postgres at "), address("redis at ")] {
        assert!(TcpStream::connect(&server).is_err(), "{server} has ended");
    }
}

#[test]
fn an_app_that_is_deaf_to_sigterm_is_killed() {
    let _turn = shared_turn();
    let port = free_port();
    let ran = gate(DEAF, port).phase(SHORT, &["success_rate >= 99%"]).run().exits(0);
    assert!(!is_at_work(left(ran.out.parent().expect("a folder"), "group", port)));
    assert!(ran.stderr.contains("The app did not end within 5s of SIGTERM and was killed."), "{}", ran.stderr);
}

#[test]
fn an_app_that_ends_during_the_run_is_a_remark() {
    let _turn = shared_turn();
    let port = free_port();
    let ran = gate(MORTAL, port).phase(LONG, &["success_rate >= 99%"]).run().exits(1);
    let summary = ran.report("summary.md");
    assert!(summary.contains("The app ended by itself with status 9 after 3."), "{summary}");
    assert!(summary.contains("out of memory"), "{summary}");
}

#[test]
fn what_listens_there_already_is_not_taken_for_the_app() {
    let _turn = shared_turn();
    let stale = App::demo(&[]);
    let port = stale.address().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let ran = gate(DEMO, port).phase(SHORT, &["success_rate >= 99%"]).run().exits(3);
    let detail = ran.verdict["preflight"][0]["detail"].as_str().expect("a detail");
    assert!(detail.starts_with(&format!("something listens on port {port} already")), "{detail}");
    assert!(!ran.out.join("../group.0").exists() && stale.ledger()["totals"]["requests"] == 0);
}

#[test]
fn with_target_on_the_command_line_nothing_is_started() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let port = free_port();
    let ran = gate(DEMO, port).phase(SHORT, &["success_rate >= 99%"]).arg("--target").arg(&app.url).run().exits(0);
    assert!(!ran.out.join(format!("../group.{port}")).exists());
    assert!(ran.stderr.contains("`target.start` is left alone"), "{}", ran.stderr);
    assert!(!ran.out.join("app.log").exists());
}

/// Another command than `run` on the file of a test; gives what it printed.
#[track_caller]
pub(crate) fn stagegate(command: &str, test: &GateTest) -> String {
    let mut binary = Command::new(BINARY);
    clean_environment(&mut binary);
    fs::write(test.folder().join("gates.yaml"), test.yaml()).expect("it can be written");
    let output = binary.arg(command).current_dir(test.folder()).output().expect("it runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    said
}

#[test]
fn the_selftest_starts_it_and_keeps_nothing() {
    let _turn = shared_turn();
    let port = free_port();
    let test = gate(DEMO, port).phase(SHORT, &["success_rate >= 99%"]);
    stagegate("selftest", &test);
    assert!(!is_at_work(left(test.folder(), "group", port)));
    assert!(!test.folder().join("app.log").exists() && !test.folder().join("stagegate-out").exists());
}
