//! Regressions from outside: a run among stored ones. Two deployments in turn are the campaign's subject.

use std::{collections::BTreeMap, path::Path};

use jiff::SignedDuration;
use serde_json::Value;
use stagegate::baseline::{Recording, Run, Store};
use tempfile::TempDir;

use crate::gate_test::{App, GateTest, Ran, turn};

const LIGHT: &str = "name: light, users: 4, spawn_rate: 20/s, duration: 2s";

/// One user every few milliseconds on an endpoint that waits 20 ms: its p95 is steady also on a busy machine.
fn gate(app: &App, store: &Path) -> GateTest {
    gate_with(app, store, "confirm: 2")
}

fn gate_with(app: &App, store: &Path, more: &str) -> GateTest {
    let regression =
        format!("regression: {{margin: 50%, cells: [p95, {{error_rate: 5%}}], {more}, store: '{}'}}", store.display());
    GateTest::on(&app.url).section(&regression).gets(&["/healthz"]).phase(LIGHT, &["success_rate >= 99%"])
}

fn regression<'a>(ran: &'a Ran, cell: &str) -> &'a Value {
    let regressions = ran.verdict["regressions"].as_array().expect("they were judged");
    regressions.iter().find(|one| one["cell"] == cell).unwrap_or_else(|| panic!("no cell {cell} in {regressions:?}"))
}

/// Adds older runs like the one that the store holds, each of its times so many times as long and a little different.
fn multiply(store: &Path, runs: u32, factor: f64) {
    let store = Store::open(&store.to_string_lossy(), Path::new(""), &BTreeMap::new()).expect("it is a directory");
    let newest = store.contents().expect("it can be read").runs.pop().expect("there is a run");
    for at in 1..=runs {
        let wobble = factor * (1.0 + 0.02 * f64::from(at % 5) - 0.04);
        let values = newest.values.iter().map(|(cell, value)| (cell.clone(), value * wobble)).collect();
        let finished_at = newest.finished_at - SignedDuration::from_hours(i64::from(at));
        let run = Run { values, finished_at, commit: format!("c{at}"), ..newest.clone() };
        store.save(&Recording { run, histograms: Vec::new() }).expect("it is saved");
    }
}

#[test]
fn a_first_run_is_new_and_never_a_silent_pass() {
    let _turn = turn();
    let app = App::demo(&["--delay", "/healthz=20ms"]);
    let folder = TempDir::new().expect("a temporary folder can be made");
    let store = folder.path().join("kept");
    let ran = gate(&app, &store).run().exits(0);
    assert_eq!((&ran.verdict["outcome"], &regression(&ran, "p95")["outcome"]), (&"warned".into(), &"new".into()));
    assert_eq!(ran.verdict["comparison"]["compared"], 0);
    assert!(!store.exists(), "a run that is not asked to be saved is not");
    let failing = GateTest::on(&app.url)
        .section("regression: {missing: fail, cells: [p95]}")
        .gets(&["/healthz"])
        .phase(LIGHT, &["success_rate >= 99%"]);
    assert_eq!(failing.run().exits(4).verdict["outcome"], "inconclusive");
}

#[test]
fn a_store_out_of_reach_is_what_the_policy_says() {
    let _turn = turn();
    let app = App::demo(&["--delay", "/healthz=20ms"]);
    let folder = TempDir::new().expect("a temporary folder can be made");
    let no_folder = folder.path().join("file");
    std::fs::write(&no_folder, "not a folder").expect("it can be written");
    let ran = gate(&app, &no_folder).run().exits(0);
    assert_eq!((&ran.verdict["outcome"], &regression(&ran, "p95")["outcome"]), (&"warned".into(), &"new".into()));
    let because = regression(&ran, "p95")["because"].as_str().expect("a reason");
    assert!(because.contains("out of reach"), "{because}");
    let strict = gate_with(&app, &no_folder, "missing: fail").arg("--save-baseline").run().exits(4);
    assert!(strict.stderr.contains("warning: the run was not saved as a baseline"), "{}", strict.stderr);
}

#[test]
fn an_unchanged_app_passes_and_a_slower_one_is_confirmed_and_blocked() {
    let _turn = turn();
    let app = App::demo(&["--delay", "/healthz=20ms"]);
    let folder = TempDir::new().expect("a temporary folder can be made");
    let store = folder.path().join("kept");
    gate(&app, &store).arg("--save-baseline").run().exits(0);
    multiply(&store, 11, 1.0);
    let unchanged = gate(&app, &store).run().exits(0);
    let cell = regression(&unchanged, "p95");
    assert_ne!(cell["outcome"], "new", "{cell}");
    assert_eq!(cell["history"].as_array().map(Vec::len), Some(12), "{cell}");
    assert_eq!(unchanged.verdict["comparison"]["compared"], 2);
    assert_eq!(unchanged.verdict["comparison"]["ruler_s"].as_array().map(Vec::len), Some(2), "before and after");

    // The same app, among runs that took a third of the time: it became three times as slow.
    let slower = folder.path().join("slower");
    gate(&app, &slower).arg("--save-baseline").run().exits(0);
    multiply(&slower, 30, 1.0 / 3.0);
    let blocked = gate(&app, &slower).run().exits(1);
    let cell = regression(&blocked, "p95");
    assert_eq!((&cell["outcome"], cell["runs"].as_array().map(Vec::len)), (&"failed".into(), Some(3)), "{cell}");
    assert!(cell["change"].as_f64().is_some_and(|change| (0.5..6.0).contains(&change)), "{cell}");
    assert_eq!(blocked.verdict["phases"][0]["outcome"], "passed", "every criterion held");
    assert!(blocked.stderr.contains("measuring light again, 2 of 2"), "{}", blocked.stderr);
}

#[test]
fn repeated_ladders_are_pooled() {
    let _turn = turn();
    let app = App::demo(&["--delay", "/healthz=20ms"]);
    let folder = TempDir::new().expect("a temporary folder can be made");
    let store = folder.path().join("kept");
    gate(&app, &store).arg("--save-baseline").arg("--repeat").arg("2").run().exits(0);
    multiply(&store, 8, 1.0);
    let ran = gate(&app, &store).arg("--repeat").arg("2").run().exits(0);
    let cell = regression(&ran, "p95");
    assert_eq!((cell["runs"].as_array().map(Vec::len), cell["history"].as_array().map(Vec::len)), (Some(2), Some(10)));
    let names: Vec<_> = ran.verdict["phases"].as_array().expect("phases").iter().map(|phase| &phase["name"]).collect();
    assert_eq!(names, ["light", "light (repetition 2)"]);
}

#[test]
fn a_base_that_lets_nobody_in_is_said_so_and_is_no_pass() {
    let _turn = turn();
    let head = App::demo(&["--delay", "/healthz=20ms"]);
    let base = App::demo(&["--errors", "/healthz=503@100%"]);
    let test = |policy: &str, against: &str| {
        let gate = GateTest::on(&head.url)
            .section("regression: {margin: 50%, cells: [p95]}")
            .section(policy)
            .section(
                "scenarios: {visitor: {login: [{get: /healthz, name: door}], steps: [{get: /healthz, name: home}], \
                 think: 20ms}}",
            )
            .phase(LIGHT, &["success_rate >= 99%"]);
        gate.arg("--against").arg(against)
    };
    let ran = test("", &base.url).run().exits(0);
    assert_eq!(ran.verdict["outcome"], "warned");
    assert_eq!(regression(&ran, "p95")["outcome"], "inconclusive");
    assert_eq!(ran.phase("light")["outcome"], "passed", "the head is not to blame");
    let notes = ran.verdict["comparison"]["notes"].to_string();
    assert!(notes.contains("light: the base itself is failed"), "{notes}");
    test("policy: {uncertain_regression: fail}", &base.url).run().exits(4);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let against = format!("http://{}", nobody.local_addr().expect("it is bound"));
    drop(nobody);
    assert_eq!(test("", &against).run().exits(3).verdict["ending"], "not_ready");
}
