//! The real thing: a small Django project on gunicorn, gated as a team would gate theirs.

use std::{path::PathBuf, process::Command};

use crate::{
    gate_test::{App, BINARY, clean_environment, turn},
    junit, patience,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/staging")
}

/// The Django project, healthy or with its N+1 query.
fn django(n_plus_one: &str) -> App {
    let mut command = Command::new(folder().join("staging"));
    command.args(["serve", "--port", "0"]).env("STAGING_N_PLUS_ONE", n_plus_one);
    clean_environment(&mut command);
    App::start(command)
}

/// Gates it; gives exit code, verdict and what was printed.
#[track_caller]
fn gate(app: &App) -> (Option<i32>, serde_json::Value, String) {
    patience::undisturbed(|| {
        let gated = gate_once(app);
        let said = gated.2.clone();
        (gated, said)
    })
}

fn gate_once(app: &App) -> (Option<i32>, serde_json::Value, String) {
    let out = tempfile::TempDir::new().expect("a temporary folder can be made");
    let mut command = Command::new(BINARY);
    clean_environment(&mut command);
    command.args(["run", "--seed", "7", "--commit", "dev", "--config"]).arg(folder().join("gates.yaml"));
    command.args(["--target", &app.url, "--out"]).arg(out.path());
    let output = command.output().expect("the binary starts");
    let text = std::fs::read_to_string(out.path().join("verdict.json")).unwrap_or_default();
    let verdict = serde_json::from_str(&text).unwrap_or_default();
    junit::holds_to_the_schema(&std::fs::read_to_string(out.path().join("junit.xml")).unwrap_or_default());
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code(), verdict, String::from_utf8_lossy(&printed).into_owned())
}

#[test]
fn a_healthy_django_app_passes() {
    let _turn = turn();
    let (code, verdict, printed) = gate(&django("0"));
    assert_eq!(code, Some(0), "{printed}");
    let phases = verdict["phases"].as_array().expect("phases is a list");
    assert!(phases.len() >= 2 && phases.iter().all(|phase| phase["requests"].as_u64() > Some(0)), "{printed}");
}

#[test]
fn an_n_plus_one_query_fails_the_right_criterion_at_the_right_endpoint() {
    let _turn = turn();
    let (code, verdict, printed) = gate(&django("1"));
    assert_eq!(code, Some(1), "{printed}");
    let failed: Vec<&str> = verdict["phases"]
        .as_array()
        .expect("phases is a list")
        .iter()
        .flat_map(|phase| phase["findings"].as_array().into_iter().flatten())
        .filter(|finding| finding["outcome"] == "failed" && finding["level"] == "block")
        .filter_map(|finding| finding["criterion"].as_str())
        .collect();
    assert!(
        !failed.is_empty() && failed.iter().all(|criterion| criterion.contains("chart data")),
        "{failed:?}\n{printed}"
    );
    assert_eq!(verdict["breaking_point"]["first_endpoint"], "chart data", "{printed}");
    assert!(verdict["headline"].as_str().is_some_and(|line| line.contains("chart data")), "{printed}");
}
