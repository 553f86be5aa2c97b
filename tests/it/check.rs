//! `check`, `schema` and `init`: what is said before anything is sent.

use std::{
    fs,
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::gate_test::{BINARY, clean_environment};

/// Runs the binary in a folder.
fn stagegate(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(folder.path());
    clean_environment(&mut command);
    command.output().expect("the binary starts")
}

fn folder_with(yaml: &str) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder can be made");
    fs::write(folder.path().join("gates.yaml"), yaml).expect("gates.yaml can be written");
    folder
}

const REFERENCE: &str = include_str!("../fixtures/gates.reference.yaml");

#[test]
fn the_reference_file_passes_and_its_plan_is_printed() {
    let folder = folder_with(REFERENCE);
    let output = stagegate(&folder, &["check", "--profile", "release"]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    for phase in ["baseline", "light", "medium", "heavy", "stress", "peak", "ultimate"] {
        assert!(printed.contains(phase), "{phase} in {printed}");
    }
    assert!(printed.contains("1,000") || printed.contains("1000"), "{printed}");
}

#[test]
fn every_problem_is_reported_at_once_with_its_place() {
    let yaml = "version: 1
gate: test
target: {url: 'http://127.0.0.1:1', timeout: -1s}
gate: twice
scenario:
  a: {}
scenarios:
  visitor: {steps: [{get: '/{{ nothing }}', name: home}], think: 1s}
monitors:
  app: {prometheus: /metrics, read: {cpu: app_cpu}}
bands: {app.cpu: {warning: 90%, critical: 80%}}
secrets: [A]
phases:
  - {name: a, users: 0, duration: 5s, spawn_rate: 1/s, criteria: [p95(hme) < 1s]}
  - {name: b, users: 1, duration: 5s, spawn_rate: 1/s, criteria: [success_rate > 101%]}
  - {name: c, users: 1, duration: 5s, spawn_rate: 1/s, data: [smal], criteria: [ap.cpu < 80%]}
  - {name: d, users: 1, duration: 5s, spawn_rate: 1/s}
  - {name: e, users: 1, duraton: 5s, spawn_rate: 1/s, criteria: ['p95 < ${NOT_SET}']}
profiles: {default: {phases: [a, f]}}
";
    let folder = folder_with(yaml);
    let output = stagegate(&folder, &["check"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    let expected = [
        ("gates.yaml:3:", "-1s"),
        ("gates.yaml:4:", "gate"),
        ("gates.yaml:5:", "scenarios"),
        ("gates.yaml:8:", "nothing"),
        ("gates.yaml:11:", "critical"),
        ("gates.yaml:14:", "users"),
        ("gates.yaml:14:", "home"),
        ("gates.yaml:15:", "101%"),
        ("gates.yaml:16:", "smal"),
        ("gates.yaml:16:", "app"),
        ("gates.yaml:17:", "criteria"),
        ("gates.yaml:18:", "duration"),
        ("gates.yaml:18:", "NOT_SET"),
        ("gates.yaml:19:", "f"),
    ];
    for (place, word) in expected {
        let found = error
            .split("gates.yaml:")
            .any(|part| format!("gates.yaml:{part}").starts_with(place) && part.contains(word))
            || (error.contains(place) && error.contains(word));
        assert!(found, "{place} with {word} is missing in:\n{error}");
    }
    assert!(error.contains('^'), "a caret stands under the place:\n{error}");
}

#[test]
fn a_criterion_that_the_window_cannot_decide_is_a_note() {
    let yaml = "version: 1
gate: test
target: {url: 'http://127.0.0.1:1'}
scenarios: {visitor: {steps: [{get: /, name: home}], think: 1s}}
phases:
  - {name: a, users: 1, duration: 5s, spawn_rate: 1/s, criteria: [p99 < 1s]}
";
    let folder = folder_with(yaml);
    let output = stagegate(&folder, &["check"]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("p99 < 1s") && printed.contains("299"), "{printed}");
}

#[test]
fn users_and_complexity_raised_at_once_is_a_note() {
    let yaml = "version: 1
gate: test
target: {url: 'http://127.0.0.1:1'}
datasets: {small: {rows: [{id: 1}]}, large: {rows: [{id: 2}]}}
scenarios: {visitor: {steps: [{get: '/{{ data.id }}', name: home}], think: 100ms}}
phases:
  - {name: a, users: 10, duration: 60s, spawn_rate: 1/s, data: [small], criteria: [p50 < 1s]}
  - {name: b, users: 30, duration: 60s, spawn_rate: 1/s, data: [large], criteria: [p50 < 1s]}
";
    let folder = folder_with(yaml);
    let output = stagegate(&folder, &["check"]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(printed.contains("complexity"), "{printed}");
}

#[test]
fn the_schema_is_the_golden_file() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let output = stagegate(&folder, &["schema"]);
    assert_eq!(output.status.code(), Some(0));
    let golden = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/gates.schema.json")).expect("it is kept");
    assert_eq!(String::from_utf8_lossy(&output.stdout), golden);
}

#[test]
fn init_writes_a_file_that_passes_check_and_never_overwrites() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    assert_eq!(stagegate(&folder, &["init"]).status.code(), Some(0));
    let written = fs::read_to_string(folder.path().join("gates.yaml")).expect("gates.yaml was written");
    assert!(written.contains('#'), "it is commented");
    assert!(folder.path().join(".github/workflows").is_dir(), "the workflow was written");
    let checked = stagegate(&folder, &["check"]);
    assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stderr));
    fs::write(folder.path().join("gates.yaml"), "mine").expect("it can be written");
    stagegate(&folder, &["init"]);
    assert_eq!(fs::read_to_string(folder.path().join("gates.yaml")).expect("it is there"), "mine");
}
