//! `compare` from outside: exit codes, output, and input that cannot be used.

use std::{
    fs,
    io::Write as _,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::gate_test::{App, BINARY, GateTest, clean_environment, shared_turn};

const HEAD_SLOWER: &str = r#"{"margin": 0.1, "mode": "stored", "cells": [
  {"name": "a", "worse": "higher", "baseline": [100, 101, 99, 100, 101, 99, 100, 101, 99, 100], "head": [101]},
  {"name": "b", "worse": "higher", "baseline": [100, 101, 99, 100, 101, 99, 100, 101, 99, 100], "head": [150]}]}"#;

/// Compares with this on standard input.
fn piped(flags: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(BINARY);
    clean_environment(&mut command);
    command.args(["compare", "-"]).args(flags);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // What is refused early is not read to its end.
    let _ = child.stdin.take().expect("it is piped").write_all(input);
    child.wait_with_output().expect("it ends")
}

fn code(flags: &[&str], input: &str) -> Option<i32> {
    piped(flags, input.as_bytes()).status.code()
}

fn file(baseline: &str, head: &str) -> String {
    format!(
        r#"{{"margin": 0.1, "mode": "stored", "cells": [{{"name": "a", "worse": "higher", "baseline": {baseline}, "head": {head}}}]}}"#
    )
}

#[test]
fn the_exit_code_follows_the_outcome() {
    let calm = "[100, 101, 99, 100, 101, 99, 100, 101, 99, 100]";
    for (head, baseline, plain, strict) in [
        ("[100]", calm, 0, 0),
        ("[150]", calm, 1, 1),
        ("[110]", calm, 0, 4),
        ("[100]", "[100]", 0, 4),
        ("[0]", calm, 4, 4),
        ("[]", calm, 4, 4),
        ("[null]", "[1]", 4, 4),
        ("[\"100\"]", calm, 2, 2),
        ("[NaN]", calm, 2, 2),
    ] {
        assert_eq!(code(&[], &file(baseline, head)), Some(plain), "{head} {baseline}");
        assert_eq!(code(&["--strict"], &file(baseline, head)), Some(strict), "{head} {baseline} --strict");
    }
}

#[test]
fn the_table_names_what_blocks_first_and_json_keeps_the_order() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let path = folder.path().join("numbers.json");
    fs::write(&path, HEAD_SLOWER).expect("it can be written");
    let mut command = Command::new(BINARY);
    clean_environment(&mut command);
    let output = command.arg("compare").arg(&path).output().expect("it runs");
    let table = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(1), "{table}");
    let place = |text: &str| table.find(text).unwrap_or_else(|| panic!("no {text:?} in {table}"));
    assert!(place("FAILED: 2 cells compared") < place("\nb  ") && place("\nb  ") < place("\na  "), "{table}");
    let json: Value = serde_json::from_slice(&piped(&["--json"], HEAD_SLOWER.as_bytes()).stdout).expect("JSON");
    assert_eq!(json["outcome"], "failed");
    assert_eq!((&json["cells"][0]["name"], &json["cells"][1]["name"]), (&Value::from("a"), &Value::from("b")));
    for key in ["name", "outcome", "change", "interval", "p_adjusted", "detectable", "because"] {
        assert!(!json["cells"][1][key].is_null(), "{key} in {json:#}");
    }
}

/// A cell may be called anything; JSON keeps its name and is no command to GitHub's runner all the same.
#[test]
fn json_is_no_command_to_the_runner() {
    let name = "::error::a ###[error]b";
    let file = HEAD_SLOWER.replace("\"a\"", &format!("\"{name}\""));
    for arguments in [&["--json"][..], &[]] {
        let said = String::from_utf8(piped(arguments, file.as_bytes()).stdout).expect("text");
        assert!(said.lines().all(|line| !line.trim_start().starts_with("::") && !line.contains("##")), "{said}");
    }
    let json: Value = serde_json::from_slice(&piped(&["--json"], file.as_bytes()).stdout).expect("JSON");
    assert_eq!(json["cells"][0]["name"], name);
}

#[test]
fn unusable_input_is_2_and_one_bounded_sentence() {
    for (name, input) in [
        ("empty", Vec::new()),
        ("binary", vec![0xff; 1_000]),
        ("no text", vec![0; 1_000]),
        ("deep", b"[".repeat(2_000_000)),
        ("huge", b" ".repeat(16 * 1024 * 1024 + 1)),
        ("twice", br#"{"margin": 0.1, "margin": 0.2, "mode": "stored", "cells": []}"#.to_vec()),
    ] {
        let output = piped(&[], &input);
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{name}: {said}");
        assert!(
            said.starts_with("error: standard input") && said.lines().count() == 1 && said.len() < 500,
            "{name}: {said}"
        );
    }
}

#[test]
fn two_runs_stand_side_by_side_and_decide_nothing() {
    let _turn = shared_turn();
    let run = |wait: &str| {
        let app = App::demo(&["--delay", &format!("/healthz={wait}")]);
        let short = "name: only, users: 1, spawn_rate: 10/s, duration: 2s";
        GateTest::on(&app.url).gets(&["/healthz"]).phase(short, &["requests > 0"]).run().exits(0)
    };
    let (base, head) = (run("10ms"), run("20ms"));
    let compare = |flags: &[&str]| {
        let mut command = Command::new(BINARY);
        clean_environment(&mut command);
        command.arg("compare").arg(&base.out).arg(&head.out).args(flags).output().expect("it runs")
    };
    let output = compare(&[]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("INCONCLUSIVE: one run on each side decides nothing"), "{text}");
    for row in ["only/p50", "only/p95", "only/p99", "only/error_rate", "only/p95(/healthz)"] {
        assert!(text.contains(row), "no {row} in {text}");
    }
    assert_eq!(compare(&["--strict"]).status.code(), Some(4));
    let json: Value = serde_json::from_slice(&compare(&["--json"]).stdout).expect("JSON");
    assert_eq!((&json["outcome"], &json["cells"][0]["outcome"]), (&Value::from("inconclusive"), &Value::from("new")));

    let alone = Command::new(BINARY).arg("compare").arg(&base.out).output().expect("it runs");
    assert_eq!(alone.status.code(), Some(2), "one directory is not a file");
    let missing = Command::new(BINARY).arg("compare").arg(&base.out).arg("no/such").output().expect("it runs");
    assert_eq!(missing.status.code(), Some(2));
}
