//! action.yml and the workflows, this repository's and the one that `init` writes, pass their linters; and the linters can
//! fail.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{
    gate_test::{BINARY, turn},
    runner::repository,
};

/// Lints these files, or all of the repository; gives the exit code and what was found. The linters keep a core busy.
fn lint(files: &[&Path]) -> (Option<i32>, String) {
    let _turn = turn();
    let output = Command::new(repository().join("tests/workflows/workflows")).arg("lint").args(files).output();
    let output = output.expect("the linters start");
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn every_workflow_and_the_action_pass_their_linters() {
    let (code, said) = lint(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches("ok -- validation done").count(), 2, "the schemas were held to both kinds: {said}");
}

#[test]
fn the_workflow_that_init_writes_passes_them_too() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let written = Command::new(BINARY).arg("init").current_dir(folder.path()).output().expect("the binary starts");
    assert!(written.status.success());
    let workflow = folder.path().join(".github/workflows/stagegate.yml");
    let (code, said) = lint(&[&workflow]);
    assert_eq!(code, Some(0), "{said}");
    let text = fs::read_to_string(&workflow).expect("it was written");
    let version = concat!("--version '=", env!("CARGO_PKG_VERSION"), "'");
    assert!(text.contains(version) && !text.contains("STAGEGATE_VERSION"), "{text}");
}

#[test]
fn the_workflows_of_the_documentation_pass_them_too() {
    let text = fs::read_to_string(repository().join("docs/github.md")).expect("it is there");
    let blocks: Vec<&str> =
        text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect();
    let whole: Vec<&&str> = blocks.iter().filter(|block| block.contains("\njobs:")).collect();
    assert!(!whole.is_empty(), "there is a whole workflow among {}", blocks.len());
    for block in whole {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let copy = folder.path().join("workflow.yml");
        fs::write(&copy, block).expect("it can be written");
        let (code, said) = lint(&[&copy]);
        assert_eq!(code, Some(0), "{said}");
    }
    let versions = text.matches("--version '=").count();
    assert_eq!(text.matches(concat!("--version '=", env!("CARGO_PKG_VERSION"), "'")).count(), versions);
    assert!(versions > 0 && text.contains(concat!("# v", env!("CARGO_PKG_VERSION"))));
}

/// A copy with one thing broken, and a word of the linter that has to find it.
#[track_caller]
fn is_found(file: &str, sound: &str, broken: &str, found: &str) {
    let text = fs::read_to_string(repository().join(file)).expect("the file is there");
    assert!(text.contains(sound), "{file} has no {sound}");
    let folder = TempDir::new().expect("a temporary folder can be made");
    let copy: PathBuf = folder.path().join(Path::new(file).file_name().expect("a file has a name"));
    fs::write(&copy, text.replacen(sound, broken, 1)).expect("the copy can be written");
    let (code, said) = lint(&[&copy]);
    assert_eq!(code, Some(1), "{broken}: {said}");
    assert!(said.contains(found), "{broken}: {said}");
}

#[test]
fn each_linter_can_fail() {
    let gate = ".github/workflows/gate.yml";
    // actionlint: of what it does not know yet, only what is listed passes.
    is_found(gate, "runs-on: ubuntu-24.04", "runs-on: ubuntu-99.04", "[runner-label]");
    is_found(gate, "checks: write", "cheques: write", "[permissions]");
    is_found(gate, "github.ref", "github.reference", "[expression]");
    // The schemas.
    is_found(gate, "timeout-minutes: 30", "timeout-minutes: soon", "Schema validation errors");
    is_found("src/cli/init/workflow.yml", "queue: max", "queue: most", "Schema validation errors");
    is_found("action.yml", "using: composite", "using: composition", "Schema validation errors");
    // zizmor.
    is_found(gate, "3d3c42e5aac5ba805825da76410c181273ba90b1", "v7", "unpinned-uses");
    is_found("action.yml", "exec \"$BINARY\"", "exec ${{ inputs.args }}", "template-injection");
    is_found(".github/workflows/comment.yml", "# zizmor: ignore[dangerous-triggers]", "#", "dangerous-triggers");
}
