//! What a terminal shows while a run goes on, and what standard output holds meanwhile.

use std::{
    fs,
    process::{Command, Stdio},
};

use crate::gate_test::{App, BINARY, GateTest, clean_environment, shared_turn};

/// Runs the gate to its verdict on a terminal of its own, of these columns, with standard output in a file; gives what
/// the terminal showed and what the file holds. On a busy machine nothing may have been measured: what is shown, and
/// where, is the same then.
fn on_a_terminal(app: &App, (columns, run): (u32, &str), variables: &[(&str, &str)]) -> (String, String) {
    let (code, shown, printed) = any_end_on_a_terminal(app, (columns, run), variables);
    let verdict = if code == Some(3) { "INVALID: steady" } else { "PASSED" };
    assert!(matches!(code, Some(0 | 3)), "{shown}\n{printed}");
    assert!(printed.starts_with(verdict), "{printed}");
    (shown, printed)
}

/// The same whatever its end; the exit code, too.
fn any_end_on_a_terminal(
    app: &App,
    (columns, run): (u32, &str),
    variables: &[(&str, &str)],
) -> (Option<i32>, String, String) {
    let test = GateTest::on(&app.url)
        .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 50ms}}")
        .section("monitors: {app: {prometheus: /metrics, read: {cpu: app_cpu_percent}}}")
        .section("bands: {app.cpu: {warning: 60%, critical: 80%}}")
        .phase("name: steady, users: 2, spawn_rate: 10/s, duration: 3s", &["success_rate >= 100%", "p95 < 5s"]);
    fs::write(test.folder().join("gates.yaml"), test.yaml()).expect("gates.yaml can be written");
    let mut terminal = Command::new("script");
    clean_environment(&mut terminal);
    terminal
        .args(["-qec", &format!("stty cols {columns} rows 30; {run}"), "/dev/null"])
        .current_dir(test.folder())
        .env("TERM", "xterm")
        .env("STAGEGATE", BINARY)
        .envs(variables.iter().copied())
        .stdin(Stdio::null());
    let output = terminal.output().expect("script(1) is installed");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let printed = fs::read_to_string(test.folder().join("printed")).expect("it was written");
    (output.status.code(), shown, printed)
}

const RUN: &str = "\"$STAGEGATE\" run --seed 7 >printed";

/// The lines as they were drawn, without what moves the cursor and colours.
fn lines(shown: &str) -> Vec<String> {
    let mut text = String::new();
    let mut rest = shown;
    while let Some(at) = rest.find('\u{1b}') {
        text += &rest[..at];
        let sequence = &rest[at + 1..];
        let end = sequence.find(|c: char| c.is_ascii_alphabetic()).map_or(sequence.len(), |end| end + 1);
        rest = &sequence[end..];
    }
    text += rest;
    text.split(['\r', '\n']).map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn a_screen_on_the_terminal_and_the_verdict_on_standard_output() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let (shown, printed) = on_a_terminal(&app, (100, RUN), &[]);
    let lines = lines(&shown);
    let says = |parts: &[&str]| {
        assert!(lines.iter().any(|line| parts.iter().all(|part| line.contains(part))), "{parts:?} in {lines:#?}");
    };
    says(&["steady █", " %  measuring"]);
    says(&["  2 users  ", "/s  p95 ", " ms  0 failed"]);
    says(&["  ✓ success_rate >= 100%", "100 %"]);
    says(&["  ✓ p95 < 5s", " ms"]);
    says(&["  ● app.cpu "]);
    says(&["ladder █", "phase 1 of 1, ", " left"]);
    assert!(shown.contains("\u{1b}[2K") && shown.contains("\u{1b}[32m"), "drawn again, in colour: {shown:?}");
    assert!(shown.contains("phase 1 of 1, steady: 2 users, window 3 s"), "{shown:?}");
    assert!(!printed.contains(['█', '\u{1b}']) && !printed.contains(" left"), "{printed:?}");
}

#[test]
fn a_terminal_that_becomes_narrow_is_drawn_narrow() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    // The drawing asks for the size each time; standard input of the subshell is not the terminal, so stty names it.
    let run = format!("tty=$(readlink /proc/self/fd/2); (sleep 2; stty -F \"$tty\" cols 40) & {RUN}");
    let (shown, _) = on_a_terminal(&app, (80, &run), &[("NO_COLOR", "1")]);
    assert!(!shown.contains("\u{1b}[32m") && !shown.contains("\u{1b}[2m"), "no colour: {shown:?}");
    // The drawing fills each line with spaces up to the terminal's width.
    let text = lines(&shown).join("\n");
    let ends =
        text.match_indices("ladder ").filter_map(|(at, _)| text[at..].find(" left").map(|end| &text[at..at + end]));
    let widths: Vec<usize> = ends.map(|line| line.chars().count() + " left".len()).collect();
    assert!(widths.first().is_some_and(|width| (41..80).contains(width)), "{widths:?}\n{shown}");
    assert!(widths.last().is_some_and(|width| *width < 40), "{widths:?}\n{shown}");
}

#[test]
fn the_log_of_a_job_is_folded_by_phase() {
    let app = App::demo(&[]);
    let _turn = shared_turn();
    let test = || {
        GateTest::on(&app.url)
            .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 50ms}}")
            .phase("name: '100%::x', users: 2, spawn_rate: 10/s, duration: 1s", &["success_rate > 50%"])
            .env("GITHUB_ACTIONS", "true")
    };
    let said = |test: GateTest| {
        let output = test.command().output().expect("the binary starts");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    // Every second, for a phase that is over before the line of the tenth.
    let log = said(test().arg("-v"));
    let groups: Vec<&str> = log.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(groups, ["::group::phase 1 of 1, 100%25::x: 2 users, window 1 s", "::endgroup::"], "{log}");
    let (inside, behind) = log.split_once("::endgroup::").expect("it ends");
    assert!(inside.lines().any(|line| line.starts_with("  100%:") && line.ends_with(" left")), "{log}");
    assert!(behind.contains("100%::x ") && !inside.contains(" requests, success"), "the verdict is not folded: {log}");
    assert_eq!(said(test().arg("-q")), "");
}

#[test]
fn no_bar_on_the_terminal_of_a_ci() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let (shown, _) = on_a_terminal(&app, (100, RUN), &[("CI", "true")]);
    assert!(!shown.contains('█') && shown.contains("phase 1 of 1, steady"), "{shown:?}");
}

/// Cut off soon: a comparison takes more than a minute.
#[test]
fn of_a_comparison_all_that_is_left_and_how_the_head_stands() {
    let _turn = shared_turn();
    let (head, base) = (App::demo(&[]), App::demo(&[]));
    // With this seed the head comes first.
    let run =
        format!("timeout --preserve-status -s INT 5 {RUN} --against {}", base.url).replace("--seed 7", "--seed 4");
    let (code, shown, printed) = any_end_on_a_terminal(&head, (100, &run), &[]);
    assert_eq!(code, Some(130), "{shown}\n{printed}");
    let lines = lines(&shown);
    // Two logins with their warm-ups, and eight blocks of two slices of 5 s.
    let left: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.strip_suffix(" s left")?.split_once("phase 1 of 1, 1 min "))
        .map(|(_, seconds)| seconds)
        .collect();
    let seconds: Option<Vec<u32>> = left.iter().map(|seconds| seconds.parse().ok()).collect();
    assert!(seconds.is_some_and(|s| s.len() > 2 && s.is_sorted_by(|a, b| a >= b)), "{left:?} of {lines:#?}");
    let drawn = lines.iter().filter(|line| line.contains("phase 1 of 1, ") && line.ends_with(" left")).count();
    assert_eq!(drawn, left.len(), "each time more than a minute: {lines:#?}");
    for words in ["  ✓ success_rate >= 100%", "  ✓ p95 < 5s", "  ● app.cpu "] {
        assert!(lines.iter().any(|line| line.contains(words)), "{words} in {lines:#?}");
    }
}

#[test]
fn colour_is_forced_and_forbidden_by_variables() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let said = |variables: &[(&str, &str)], flags: &[&str]| {
        let test = GateTest::on(&app.url)
            .gets(&["/healthz"])
            .phase("name: only, users: 1, duration: 5s", &["no errors"])
            .arg("--dry-run");
        let test = flags.iter().fold(test, |test, flag| test.arg(flag));
        let test = variables.iter().fold(test, |test, (name, value)| test.env(name, value));
        let ran = test.rehearse().exits(0);
        [ran.stdout, ran.stderr]
    };
    let coloured = |said: [String; 2]| said.map(|text| text.contains("\u{1b}["));
    assert_eq!(coloured(said(&[], &[])), [false, false]);
    assert_eq!(coloured(said(&[("CLICOLOR_FORCE", "1")], &[])), [true, true]);
    assert_eq!(coloured(said(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[])), [false, false]);
    assert_eq!(coloured(said(&[("NO_COLOR", "1")], &["--color", "always"])), [true, true]);
}
