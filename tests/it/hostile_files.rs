//! A gates.yaml that is not one: exit 2, a position, a sentence, in bounded time and memory.

use std::{
    fmt::Write as _,
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::gate_test::{BINARY, clean_environment};

/// Runs `check` on these bytes and gives standard error.
#[track_caller]
fn refused(bytes: &[u8]) -> String {
    let folder = TempDir::new().expect("a temporary folder can be made");
    fs::write(folder.path().join("gates.yaml"), bytes).expect("gates.yaml can be written");
    let mut command = Command::new(BINARY);
    command.arg("check").current_dir(folder.path()).stdin(Stdio::null());
    clean_environment(&mut command);
    let started = Instant::now();
    let output = command.output().expect("the binary starts");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(started.elapsed() < Duration::from_secs(10), "it took {:?}", started.elapsed());
    assert!(error.len() < 20_000, "the answer is {} bytes long", error.len());
    assert!(error.contains("gates.yaml:"), "a position stands in: {error}");
    error
}

const REFERENCE: &str = include_str!("../fixtures/gates.reference.yaml");

#[test]
fn truncated_anywhere() {
    // Behind the phases a cut may leave a file that is whole again.
    for share in [3, 10, 25, 40, 50, 60] {
        let mut end = REFERENCE.len() * share / 100;
        while !REFERENCE.is_char_boundary(end) {
            end += 1;
        }
        refused(&REFERENCE.as_bytes()[..end]);
    }
}

#[test]
fn empty() {
    refused(b"");
    refused(b"# only a comment\n");
}

#[test]
fn binary() {
    let bytes: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    refused(&bytes);
    refused(b"version: 1\ngate: \x00\x01\xff\n");
}

#[test]
fn huge() {
    let mut text = String::from("version: 1\ngate: huge\nsecrets:\n");
    for i in 0..2_000_000 {
        text.push_str("  - NAME_");
        text.push_str(&i.to_string());
        text.push('\n');
    }
    refused(text.as_bytes());
}

#[test]
fn deeply_nested() {
    refused(format!("version: {}1{}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes());
    let mut blocks = String::new();
    for depth in 0..2_000 {
        blocks.push_str(&" ".repeat(depth));
        blocks.push_str("a:\n");
    }
    refused(blocks.as_bytes());
}

#[test]
fn an_alias_bomb() {
    let mut text = String::from("version: 1\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{items}]").expect("a string takes it");
    }
    refused(text.as_bytes());
}

#[test]
fn a_missing_file_is_a_sentence() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let mut command = Command::new(BINARY);
    command.arg("check").current_dir(folder.path());
    clean_environment(&mut command);
    let output = command.output().expect("the binary starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(error.contains("gates.yaml") && error.contains("stagegate init"), "{error}");
}
