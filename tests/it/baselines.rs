//! `stagegate baseline`, and a store with a thousand runs.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use stagegate::{
    baseline::{EndpointHistograms, Environment, Key, Outcome, Recording, Run, Store, Wanted},
    measure::Histogram,
};
use tempfile::TempDir;

use crate::{
    gate_test::{App, BINARY, GateTest, Ran, clean_environment, shared_turn},
    memory,
};

const SHORT: &str = "name: light, users: 2, spawn_rate: 10/s, duration: 1s";

fn baseline(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    clean_environment(&mut command);
    command.arg("baseline").args(arguments).current_dir(folder).stdin(Stdio::null());
    command.output().expect("the binary starts")
}

/// What it printed, when it ended with this code.
#[track_caller]
fn says(folder: &Path, arguments: &[&str], code: i32) -> String {
    let output = baseline(folder, arguments);
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    text
}

/// What `check` prints of a file that is right.
#[track_caller]
fn checked(folder: &Path) -> String {
    let mut command = Command::new(BINARY);
    clean_environment(&mut command);
    let output = command.arg("check").current_dir(folder).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn passed(app: &App, more: &str) -> Ran {
    let test = GateTest::on(&app.url).section(more).gets(&["/healthz"]);
    test.phase(SHORT, &["success_rate >= 100%"]).run().exits(0)
}

#[test]
fn a_finished_run_is_saved_listed_shown_and_decided_about() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let ran = passed(&app, "regression: {store: kept/baselines, cells: [p95]}");
    let folder = ran.out.parent().expect("a folder");

    let before = checked(folder);
    assert!(before.contains("regressions: No stored run is comparable yet.\n"), "{before}");
    assert!(before.contains("1 cell has no comparison yet: 0 stored runs, and 5 are needed."), "{before}");
    let empty = says(folder, &["list"], 0);
    assert!(
        empty.starts_with("There are no runs in kept/baselines yet; save the first with `stagegate run"),
        "{empty}"
    );
    let saved = says(folder, &["save", "stagegate-out", "--branch", "main"], 0);
    assert!(saved.contains("of main as run ") && saved.contains(" in kept/baselines"), "{saved}");
    assert_eq!(says(folder, &["save", "--branch", "main"], 0), saved, "the same run is stored once");
    let id = saved.split("as run ").nth(1).and_then(|rest| rest.split(' ').next()).expect("it has an id").to_owned();

    let list = says(folder, &["list"], 0);
    assert_eq!(list.matches(&id).count(), 1, "{list}");
    assert!(list.contains("is compared with 1 run of main (marked *); the regime began with the store."), "{list}");
    let after = checked(folder);
    assert!(after.contains("regressions: The regime began with the store: 1 comparable run in"), "{after}");
    assert!(after.contains("1 cell has no comparison yet: 1 stored run, and 5 are needed."), "{after}");
    let shown = says(folder, &["show", &id[..6]], 0);
    for part in ["light: 2 users at 10/s", "http://loopback", "light/p95(/healthz)", "light/throughput"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let p95 = ran.phase("light")["latency_ms"]["p95"].as_f64().expect("it was measured");
    assert!(shown.contains(&format!("{p95:.3}")[..4]), "{p95} in {shown}");

    let pinned = says(folder, &["pin", "v1.8"], 0);
    assert!(pinned.contains("the store holds 1 run of main, and an anchor needs 10"), "{pinned}");
    let accepted =
        says(folder, &["accept", "--reason", "search is new", "--author", "ada", "--expires", "2127-01-31"], 0);
    assert!(accepted.contains("Its history begins anew"), "{accepted}");
    let list = says(folder, &["list"], 0);
    assert!(list.contains("ada accepted: search is new, until 2127-01-31"), "{list}");
    assert!(list.contains("the anchor was pinned: v1.8"), "{list}");
    assert!(list.contains("is compared with 0 runs of main") && list.contains("1 run of other regimes"), "{list}");

    let asked = says(folder, &["prune", "--keep", "1"], 0);
    assert!(asked.starts_with("There is nothing to remove from kept/baselines"), "{asked}");
    let without = says(folder, &["show", "ffff", "--baseline", "kept/baselines"], 2);
    assert!(without.contains("there is no run ffff in kept/baselines"), "{without}");
}

#[test]
fn pruning_lists_first_and_removes_when_told_so() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let store = Store::open("store", folder.path(), &BTreeMap::new()).expect("it is a directory");
    for at in 0..14 {
        store.save(&Recording { run: run(at), histograms: Vec::new() }).expect("it is saved");
    }
    let asked = says(folder.path(), &["prune", "--keep", "2", "--baseline", "store"], 0);
    assert!(asked.ends_with("These 2 runs would be removed from store; add --yes to do it.\n"), "{asked}");
    let done = says(folder.path(), &["prune", "--keep", "2", "--baseline", "store", "--yes"], 0);
    assert!(done.ends_with("Removed 2 runs from store.\n"), "{done}");
    let left = store.contents().expect("it can be read").runs;
    let left: Vec<_> = left.iter().map(|run| run.finished_at).collect();
    assert_eq!(left, (0..10).chain(12..14).map(minute).collect::<Vec<_>>(), "ten of the anchor and the newest two");
}

#[test]
fn what_is_no_normal_is_not_saved() {
    let _turn = shared_turn();
    let app = App::demo(&["--delay", "/healthz=30ms"]);
    let store = "regression: {store: kept}";
    let test = GateTest::on(&app.url).section(store).gets(&["/healthz"]).phase(SHORT, &["p95 < 10ms"]);
    let ran = test.run().exits(1);
    let folder = ran.out.parent().expect("a folder");
    let failed = says(folder, &["save"], 2);
    assert!(failed.contains("it is failed, and only passed and warned runs say what is normal"), "{failed}");

    let ran = passed(&app, store);
    let folder = ran.out.parent().expect("a folder");
    let gates = fs::read_to_string(folder.join("gates.yaml")).expect("it is there");
    fs::write(folder.join("gates.yaml"), gates.replace("users: 2", "users: 3")).expect("it can be written");
    let other = says(folder, &["save"], 2);
    assert!(other.contains("phase light was 2 users for 1 s, and the plan says light: 3 users for 1 s"), "{other}");
    assert!(!folder.join("kept").exists());

    let ran =
        GateTest::on(&app.url).section(store).gets(&["/healthz"]).phase(SHORT, &["p95 < 1s"]).arg("--dry-run").run();
    let dry = says(ran.out.parent().expect("a folder"), &["save", "stagegate-out/dry-run"], 2);
    assert!(dry.contains("it is a dry run, which measures nothing"), "{dry}");
}

#[test]
fn without_a_store_each_act_says_how_to_name_one() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let missing = says(folder.path(), &["list"], 2);
    assert!(missing.contains("gates.yaml cannot be read"), "{missing}");
    let yaml = "version: 1\ngate: g\ntarget: {url: demo}\nscenarios: {s: {steps: [{get: /}]}}\nphases: [{name: p, users: 1, duration: 5s, spawn_rate: 1/s, criteria: [p95 < 1s]}]\n";
    fs::write(folder.path().join("gates.yaml"), yaml).expect("it can be written");
    for act in [&["list"][..], &["pin", "v1"], &["accept", "--reason", "r"], &["prune", "--keep", "3"], &["show", "0"]]
    {
        let text = says(folder.path(), act, 2);
        assert!(text.contains("gates.yaml names no store of baselines; write `regression: {store:"), "{text}");
    }
    let wrong = says(folder.path(), &["list", "--baseline", "ftp://x"], 2);
    assert!(wrong.contains("`ftp://x` is not a store of baselines"), "{wrong}");
    let elsewhere = TempDir::new().expect("a temporary folder can be made");
    let decided = says(elsewhere.path(), &["pin", "v1", "--baseline", "store"], 2);
    assert!(decided.contains("a decision is about a gate"), "{decided}");
}

#[test]
fn a_killed_save_leaves_the_store_readable() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let ran = passed(&app, "");
    let folder = ran.out.parent().expect("a folder");
    for arguments in [
        &["init", "--quiet", "--bare", "remote.git"][..],
        &["init", "--quiet"],
        &["remote", "add", "origin", "remote.git"],
    ] {
        let done = Command::new("git").args(arguments).current_dir(folder).status().expect("git starts");
        assert!(done.success(), "git {arguments:?}");
    }
    for store in ["kept", "git:baselines"] {
        for patience in [1, 5, 10, 20, 40, 80, 160] {
            let mut command = Command::new(BINARY);
            clean_environment(&mut command);
            let branch = format!("topic-{patience}");
            command.args(["baseline", "save", "--baseline", store, "--branch", &branch]).current_dir(folder);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
            thread::sleep(Duration::from_millis(patience));
            child.kill().expect("it can be killed");
            child.wait().expect("it ended");
            let list = says(folder, &["list", "--baseline", store], 0);
            assert!(!list.contains("left out"), "{list}");
        }
        says(folder, &["save", "--baseline", store, "--branch", "last"], 0);
        let list = says(folder, &["list", "--baseline", store], 0);
        assert!(list.contains("  last  ") && !list.contains("left out"), "{list}");
    }
}

fn minute(minute: i64) -> Timestamp {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    start + SignedDuration::from_mins(minute)
}

fn run(at: i64) -> Run {
    let environment = Environment::look(&BTreeMap::new());
    let key = Key {
        gate: "shop".to_owned(),
        phases: (0..7).map(|phase| format!("phase {phase}: 100 users at 10/s, 0s warm-up, 300s window")).collect(),
        dataset: "d".to_owned(),
        scenarios: "s".to_owned(),
        target: "demo".to_owned(),
        runner: environment.runner(),
        tool: None,
    };
    let cells = ["p50", "p90", "p95", "p99", "mean"];
    let cell = |phase: i32, endpoint: i32, cell: &str| format!("phase {phase}/{cell}(endpoint {endpoint})");
    let phases = (0..7).flat_map(|phase| (0..6).map(move |endpoint| (phase, endpoint)));
    let values =
        phases.flat_map(|(phase, endpoint)| cells.map(|name| (cell(phase, endpoint, name), 123.456_789 + at as f64)));
    Run {
        id: String::new(),
        commit: format!("{at:040x}"),
        branch: "main".to_owned(),
        finished_at: minute(at),
        outcome: Outcome::Passed,
        key,
        environment,
        ruler_s: Some(1.0),
        values: values.collect(),
    }
}

/// The reference ladder: seven phases of six endpoints, with some thousand requests each.
fn histograms() -> Vec<EndpointHistograms> {
    let mut times = Histogram::new();
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..5_000 {
        times.record(Duration::from_secs_f64(0.02 - 0.03 * random.f64().ln()));
    }
    let phases = (0..7).flat_map(|phase| (0..6).map(move |endpoint| (phase, endpoint)));
    let one = |(phase, endpoint)| EndpointHistograms {
        phase: format!("phase {phase}"),
        scenario: "estimator".to_owned(),
        endpoint: format!("endpoint {endpoint}"),
        latency: times.encode(),
        service: times.encode(),
        added: String::new(),
    };
    phases.map(one).collect()
}

/// The aim is a second: ten times that is more than a busy machine explains. Memory does not depend on how busy it is.
#[test]
fn a_thousand_runs_are_read_in_seconds_and_under_100_mib() {
    let _turn = shared_turn();
    let folder = TempDir::new().expect("a temporary folder can be made");
    let store = Store::open("store", folder.path(), &BTreeMap::new()).expect("it is a directory");
    let mut recording = Recording { run: run(0), histograms: histograms() };
    for at in 0..1_000 {
        recording.run = run(at);
        store.save(&recording).expect("it is saved");
    }
    let key = run(0).key;
    let began = Instant::now();
    let wanted = Wanted { key: &key, branch: "main", now: minute(2_000) };
    let history = store.history(&wanted).expect("it can be read");
    let took = began.elapsed();
    assert_eq!((history.runs.len(), history.damaged.len()), (1_000, 0));

    let mut command = Command::new(BINARY);
    clean_environment(&mut command);
    command.args(["baseline", "list", "--baseline", "store"]).current_dir(folder.path());
    let (_, peak) = memory::weigh(command.stdout(Stdio::null()).spawn().expect("it starts"));
    let peak = peak.expect("memory was seen");
    let size: u64 = history.runs.len() as u64 * serde_json::to_vec(&recording.histograms).expect("JSON").len() as u64;
    println!("1,000 runs of {} KiB: read in {took:?}, listed within {} MiB", size / 1_024_000, peak / 1024);
    assert!(took < Duration::from_secs(10), "reading took {took:?}");
    assert!(peak > 1024 && peak < 100 * 1024, "listing took {peak} KiB");
}
