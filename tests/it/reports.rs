//! The files of a run: complete, well-formed, and rendered again byte for byte.

use std::{fs, process::Command};

use crate::{
    gate_test::{App, BINARY, GateTest, clean_environment, shared_turn},
    ladder::LOGIN,
};

const FILES: [&str; 7] =
    ["verdict.json", "junit.xml", "summary.md", "report.html", "endpoints.csv", "measurements.json", "metrics.txt"];

/// Switches the file on that is not written by default.
const METRICS: &str = "publish: {metrics: metrics.txt}";

#[test]
fn all_files_are_there_and_report_renders_them_again() {
    let _turn = shared_turn();
    let app = App::demo(&["--delay", "/dashboard/=30ms"]);
    let ran = GateTest::on(&app.url)
        .section(LOGIN)
        .section(METRICS)
        .phase("name: good, users: 4, spawn_rate: 10/s, duration: 1s", &["success_rate >= 100%", "p95(auth) < 5s"])
        .phase("name: bad, users: 4, spawn_rate: 10/s, duration: 1s", &["p95(dashboard) < 20ms", "{warn: p50 < 1ms}"])
        .phase("name: never, users: 5, spawn_rate: 10/s, duration: 1s", &["no 5xx"])
        .run()
        .exits(1);
    let before: Vec<Vec<u8>> =
        FILES.iter().map(|name| fs::read(ran.out.join(name)).unwrap_or_else(|_| panic!("{name} is there"))).collect();
    for name in FILES.iter().filter(|name| **name != "verdict.json" && **name != "measurements.json") {
        fs::remove_file(ran.out.join(name)).expect("a report can be removed");
    }
    let mut command = Command::new(BINARY);
    clean_environment(&mut command);
    let output = command.arg("report").arg(&ran.out).output().expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (name, before) in FILES.iter().zip(before) {
        assert!(fs::read(ran.out.join(name)).expect("it is there again") == before, "{name} is byte for byte the same");
    }
    let names: Vec<_> = fs::read_dir(&ran.out).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names.len(), FILES.len(), "no temporary file is left: {names:?}");
}

#[test]
fn secrets_never_appear() {
    let _turn = shared_turn();
    let secret = "correct-horse+battery/staple";
    let app = App::demo(&["--errors", "/version=500@100%"]);
    let ran = GateTest::on(&app.url)
        .section("secrets: [STAGING_PASSWORD]")
        .section(METRICS)
        .section(
            "scenarios: {visitor: {steps: [{get: '/version?key=${STAGING_PASSWORD}', expect: {body_has: '${STAGING_PASSWORD}'}}], think: 0s}}",
        )
        .section("preflight:\n  - {name: 'with ${STAGING_PASSWORD}', command: [sh, -c, 'echo ${STAGING_PASSWORD}; exit 0']}")
        .phase("name: only, users: 1, spawn_rate: 10/s, duration: 1s", &["requests > 0"])
        .env("STAGING_PASSWORD", secret)
        .arg("-v")
        .run();
    let encoded = "correct-horse%2Bbattery%2Fstaple";
    let mut outputs = vec![("stdout", ran.stdout.clone()), ("stderr", ran.stderr.clone())];
    outputs.extend(FILES.iter().map(|name| (*name, ran.report(name))));
    for (name, text) in outputs {
        assert!(!text.contains(secret) && !text.contains(encoded), "{name} shows the secret:\n{text}");
    }
}

#[test]
fn github_files_get_summary_and_outputs() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let folder = tempfile::TempDir::new().expect("a temporary folder can be made");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("summary"), "before\n").expect("a file can be written");
    GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase("name: only, users: 1, spawn_rate: 10/s, duration: 1s", &["requests > 0"])
        .env("GITHUB_STEP_SUMMARY", &path("summary"))
        .env("GITHUB_OUTPUT", &path("output"))
        .run()
        .exits(0);
    let summary = fs::read_to_string(path("summary")).expect("the summary is there");
    assert!(summary.starts_with("before\n") && summary.contains("passed"), "{summary}");
    let outputs = fs::read_to_string(path("output")).expect("the outputs are there");
    assert!(outputs.contains("outcome") && outputs.contains("passed"), "{outputs}");
}
