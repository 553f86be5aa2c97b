//! `stagegate calibrate`: what is measured on the demo within a budget, and what is not claimed without it.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use crate::gate_test::{BINARY, clean_environment, turn};

const SHOP: &str = "version: 1
gate: shop
target: {url: demo, timeout: 2s}
scenarios: {visitor: {steps: [{get: /api/projects/160/, name: project}], think: 20ms..40ms}}
phases:
  - {name: light, users: 4, spawn_rate: 50/s, duration: 1s, criteria: [success_rate > 99%]}
";

/// Exit code and standard output, its white space as single spaces.
fn calibrate(yaml: &str, budget: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("gates.yaml"), yaml).expect("gates.yaml can be written");
    let mut command = Command::new(BINARY);
    command.args(["calibrate", "--quiet", "--budget", budget]).current_dir(folder.path());
    clean_environment(&mut command);
    let output = command.output().expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    (output.status.code(), text + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_demo_against_itself_within_the_budget() {
    let _turn = turn();
    let begun = Instant::now();
    let (code, text) = calibrate(SHOP, "16s");
    assert_eq!(code, Some(0), "{text}");
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    for words in [
        "runs of the same app, demo at http://127.0.0.1:",
        "Runs in which a blocking criterion failed by itself: 0 of",
        "light/p95",
        "stored, 3 head runs each: margin that this runner holds:",
        "false alarms, any cell:",
        "every request 50 % slower: failed",
    ] {
        assert!(text.contains(words), "{words:?} is not in:\n{text}");
    }
}

#[test]
fn what_the_budget_did_not_allow_is_not_claimed() {
    let _turn = turn();
    let (code, text) = calibrate(SHOP, "3s");
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("stored: not known: it needs 8 runs"), "{text}");
    assert!(text.contains("interleaved: not known: it needs 16 runs"), "{text}");
    assert!(!text.contains("Recommended") && !text.contains("margin that"), "{text}");
    let closed = SHOP.replace("demo,", "'http://127.0.0.1:9',");
    let (code, text) = calibrate(&closed, "30s");
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("the target can be reached"), "{text}");
    assert_eq!(calibrate(SHOP, "soon").0, Some(2));
}
