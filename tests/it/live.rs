//! What a terminal shows while a run goes on, and what standard output holds meanwhile.

use std::{
    fs,
    process::{Command, Stdio},
};

use crate::gate_test::{App, BINARY, GateTest, clean_environment, turn};

/// Runs the gate on a terminal of its own with standard output in a file; gives what the terminal showed and what the
/// file holds. On a busy machine nothing may have been measured: what is shown, and where, is the same then.
fn on_a_terminal(app: &App, variables: &[(&str, &str)]) -> (String, String) {
    let test = GateTest::on(&app.url)
        .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 50ms}}")
        .phase("name: steady, users: 2, spawn_rate: 10/s, duration: 3s", &["success_rate >= 100%"]);
    fs::write(test.folder().join("gates.yaml"), test.yaml()).expect("gates.yaml can be written");
    let mut terminal = Command::new("script");
    clean_environment(&mut terminal);
    terminal
        .args(["-qec", &format!("stty cols 100 rows 30; '{BINARY}' run --seed 7 >printed"), "/dev/null"])
        .current_dir(test.folder())
        .env("TERM", "xterm")
        .envs(variables.iter().copied())
        .stdin(Stdio::null());
    let output = terminal.output().expect("script(1) is installed");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let printed = fs::read_to_string(test.folder().join("printed")).expect("it was written");
    let verdict = if output.status.code() == Some(3) { "INVALID: steady" } else { "PASSED" };
    assert!(output.status.success() || output.status.code() == Some(3), "{shown}\n{printed}");
    assert!(printed.starts_with(verdict), "{printed}");
    (shown, printed)
}

#[test]
fn a_bar_on_the_terminal_and_the_verdict_on_standard_output() {
    let _turn = turn();
    let app = App::demo(&[]);
    let (shown, printed) = on_a_terminal(&app, &[]);
    for words in ["1/1 steady 2 users", " p95 ", " 0 failed", " left"] {
        assert!(shown.contains(words), "{words} in {shown:?}");
    }
    assert!(shown.contains('█') && shown.contains("\u{1b}[2K"), "a bar that is drawn again: {shown:?}");
    assert!(shown.contains("phase 1 of 1, steady: 2 users, window 3 s"), "{shown:?}");
    assert!(!printed.contains(['█', '\u{1b}']) && !printed.contains(" left"), "{printed:?}");
}

#[test]
fn no_bar_on_the_terminal_of_a_ci() {
    let _turn = turn();
    let app = App::demo(&[]);
    let (shown, _) = on_a_terminal(&app, &[("CI", "true")]);
    assert!(!shown.contains('█') && shown.contains("phase 1 of 1, steady"), "{shown:?}");
}
