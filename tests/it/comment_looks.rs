//! The comment on a pull request as its readers see it: of a real run, rendered by Chromium at desktop and phone width.

use std::{fs, path::Path, process::Command};

use stagegate::report::{self, Blob, LARGEST_VERDICT, Links};

use crate::gate_test::{App, GateTest, Ran, turn};

/// The README's example: the chart is slow, so that the second of three phases fails.
fn failed_run() -> Ran {
    let app = App::demo(&["--delay", "/api/projects/160/chart-data/=60ms"]);
    GateTest::on(&app.url)
        .section(
            "scenarios:\n  visitor:\n    steps:\n      - {get: /api/projects/160/, name: project}\n      \
             - {get: /api/projects/160/chart-data/, name: chart data}\n    think: 100ms..300ms",
        )
        .phase(
            "name: light, users: 10, spawn_rate: 10/s, duration: 2s",
            &["success_rate > 99%", "p95 < 150ms", "no 5xx"],
        )
        .phase(
            "name: heavy, users: 60, spawn_rate: 60/s, duration: 2s",
            &["success_rate > 99%", "p95(chart data) < 50ms"],
        )
        .phase("name: stress, users: 100, spawn_rate: 60/s, duration: 2s", &["success_rate > 95%"])
        .run()
        .exits(1)
}

/// Takes its pictures, which stay in the target folder; panics where the browser found a fault.
#[track_caller]
fn look_at(name: &str, verdict: &str) -> String {
    assert!((verdict.len() as u64) < LARGEST_VERDICT);
    let publishable = report::read_verdict(verdict).expect("the run wrote it");
    let repository = "https://github.com/shop/shop";
    let blob = Blob { base: format!("{repository}/blob/4f2a9c0"), folder: String::new() };
    let links = Links { run: Some(format!("{repository}/actions/runs/1")), blob: Some(blob) };
    let comment = report::comment(&publishable, &links);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("looks").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    fs::write(folder.join("comment.md"), &comment).expect("the comment can be written");
    let looks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/looks/looks");
    let shot =
        Command::new(looks).arg("shoot").arg(folder.join("comment.md")).arg(&folder).output().expect("it starts");
    let said = [&shot.stdout, &shot.stderr].map(|said| String::from_utf8_lossy(said).into_owned()).concat();
    assert!(shot.status.success(), "{said}\n{}", folder.display());
    for picture in ["desktop.png", "phone.png", "desktop-unfolded.png", "phone-unfolded.png"] {
        assert!(fs::metadata(folder.join(picture)).expect("it was taken").len() > 10_000, "{picture} is empty");
    }
    comment
}

#[test]
fn nothing_is_cut_on_a_desktop_and_on_a_phone() {
    // A browser keeps a core busy, so nobody measures beside it.
    let _turn = turn();
    let ran = failed_run();
    let verdict = ran.report("verdict.json");
    let comment = look_at("failed", &verdict);
    assert!(comment.contains("❌ **failed** `p95(chart data) < 50ms` in `heavy`"), "{comment}");
    assert!(comment.contains("[`gates.yaml:") && comment.contains("```mermaid"), "{comment}");

    // The same with names that no screen holds, and that try to break the chart and the tables.
    let long = "x".repeat(300);
    let hostile = format!("\\\"] ``` | <b>{long}</b> %%{{init}}%% <!-- @octocat");
    let verdict = verdict.replace("\"chart data\"", &format!("\"{hostile}\""));
    let verdict = verdict.replace("\"heavy\"", &format!("\"heavy {hostile}\""));
    look_at("hostile", &verdict);
}
