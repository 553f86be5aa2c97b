//! Waivers from outside: listed in every report while they hold, and wrong once they have expired.

use std::{fs, process::Command};

use crate::gate_test::{App, BINARY, GateTest, clean_environment, shared_turn};

/// One phase, with a waiver in a file beside gates.yaml.
fn waiving(app: &App, expires: &str) -> GateTest {
    let waiver =
        format!("- {{cell: one/p95, ceiling: 25%, reason: cold cache, owner: '@maria', expires: {expires}}}\n");
    GateTest::on(&app.url)
        .gets(&["/healthz"])
        .section("regression: {cells: [p95], waivers: waivers.yaml}")
        .file("waivers.yaml", &waiver)
        .phase("name: one, users: 2, spawn_rate: 10/s, duration: 5s", &["success_rate > 99%"])
}

#[test]
fn an_active_waiver_stands_in_every_report() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let ran = waiving(&app, "9999-12-31").run().exits(0);
    let waiver = &ran.verdict["waivers"][0];
    assert_eq!((&waiver["cell"], &waiver["owner"]), (&"one/p95".into(), &"@maria".into()), "{waiver}");
    assert_eq!((&waiver["file"], &waiver["line"]), (&"waivers.yaml".into(), &1.into()));
    for text in [ran.stdout.clone(), ran.report("summary.md"), ran.report("report.html"), ran.report("junit.xml")] {
        assert!(text.contains("Active waivers"), "{text}");
        // The page escapes slashes.
        let text = text.replace("&#x2f;", "/");
        for part in ["one/p95", "+25", "cold cache", "maria", "days left"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}

#[test]
fn an_expired_waiver_fails_check_and_run_before_anything_is_sent() {
    let app = App::demo(&[]);
    let test = waiving(&app, "2020-01-31");
    fs::write(test.folder().join("gates.yaml"), test.yaml()).expect("gates.yaml can be written");
    let mut check = Command::new(BINARY);
    check.arg("check").current_dir(test.folder());
    clean_environment(&mut check);
    let output = check.output().expect("the binary starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("the waiver of `one/p95` has expired: its last day was 2020-01-31, "), "{said}");
    assert!(said.contains(" --> waivers.yaml:1:") && said.contains("^^^^^^^^^^"), "{said}");
    let ran = test.run().exits(2);
    assert!(ran.verdict.is_null() && ran.stderr.contains("has expired"), "{}", ran.stderr);
    assert_eq!(app.ledger()["totals"]["requests"], 0, "nothing was sent");
}
