//! report.html as its readers see it: of a real run, opened by Chromium on a desktop and on a phone, in light and dark, and
//! on paper; with axe.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::gate_test::{App, BINARY, GateTest, Ran, clean_environment, turn};

/// The second of three phases fails: its pool of connections is used up, and some answers are errors.
fn failed_run() -> Ran {
    let app = App::demo(&["--delay", "/api/projects/160/chart-data/=60ms", "--errors", "/api/projects/160/=500@4%"]);
    GateTest::on(&app.url)
        .section(
            "scenarios:\n  visitor:\n    steps:\n      - {get: /api/projects/160/, name: project}\n      \
             - {get: /api/projects/160/chart-data/, name: chart data, tags: [slow]}\n    think: 50ms..150ms",
        )
        .section("monitors: {app: {prometheus: /metrics, read: {cpu: app_cpu_percent, connections: 100 * db_connections / db_pool_size}}}")
        .section("bands: {app.connections: {warning: 4%, critical: 20%}}")
        .phase("name: light, users: 6, spawn_rate: 12/s, duration: 3s", &["success_rate > 50%", "p95 < 900ms"])
        .phase("name: heavy, users: 30, spawn_rate: 60/s, duration: 3s", &["no 5xx", "p95(chart data) < 50ms", "{warn: p50 < 1ms}"])
        .phase("name: stress, users: 60, spawn_rate: 60/s, duration: 3s", &["success_rate > 95%"])
        .run()
        .exits(1)
}

/// What a run with stored baselines adds to its verdict.
fn with_comparisons(verdict: &mut Value) {
    let cell = |cell: &str, outcome: &str, change: f64| {
        json!({"phase": "light", "cell": cell, "endpoint": "chart data", "unit": "ms", "file": "gates.yaml", "line": 9,
            "margin": 0.1, "base": 62.0, "head": 62.0 * (1.0 + change), "change": change,
            "interval": [change - 0.06, change + 0.06], "p_adjusted": 0.004, "detectable": 0.15, "outcome": outcome,
            "because": "The interval lies there.", "history": [61.0, 63.0, 62.0, 60.5, 62.9, 63.1], "runs": [62.0 * (1.0 + change)]})
    };
    verdict["regressions"] = json!([
        cell("p95(chart data)", "failed", 0.31),
        cell("p50(chart data)", "passed", -0.02),
        cell("p99(chart data)", "inconclusive", 0.12),
    ]);
    verdict["comparison"] = json!({"mode": "stored", "source": "./baselines", "compared": 3, "of": 3, "head_runs": 1,
        "regime": null, "notes": []});
}

/// Opens it; its pictures stay in the target folder. Panics where the browser found a fault.
#[track_caller]
fn look_at(name: &str, report: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("looks").join(format!("report-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    fs::write(folder.join("report.html"), report).expect("the report can be written");
    let looks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/looks/looks");
    let mut command = Command::new(looks);
    command.arg("report").arg(folder.join("report.html")).arg(&folder);
    if name == "hostile" {
        command.arg("with-long-names");
    }
    let looked = command.output().expect("it starts");
    let said = [&looked.stdout, &looked.stderr].map(|said| String::from_utf8_lossy(said).into_owned()).concat();
    assert!(looked.status.success(), "{said}\n{}", folder.display());
}

/// Renders a finished run again, with other files.
fn rendered(ran: &Ran, verdict: &str, measurements: &str) -> String {
    fs::write(ran.out.join("verdict.json"), verdict).expect("it can be written");
    fs::write(ran.out.join("measurements.json"), measurements).expect("it can be written");
    let mut command = Command::new(BINARY);
    clean_environment(&mut command);
    let output = command.arg("report").arg(&ran.out).output().expect("the binary starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && !said.contains("without pictures"), "{said}");
    ran.report("report.html")
}

#[test]
fn a_report_can_be_read_everywhere() {
    // A browser keeps a core busy, so nobody measures beside it.
    let _turn = turn();
    let ran = failed_run();
    let report = ran.report("report.html");
    assert!(report.len() < 2_000_000, "{} bytes", report.len());
    for shown in ["id=\"course-title\"", "id=\"latency-0-title\"", "class=\"moments\"", "id=\"errors\"", "runner's CPU"]
    {
        let escaped = shown.replace('\'', "&#x27;");
        assert!(report.contains(&escaped), "{shown}");
    }
    look_at("failed", &report);

    // The same with comparisons, and with names that no screen holds and that try to break out of tables and pictures.
    let mut verdict = ran.verdict.clone();
    with_comparisons(&mut verdict);
    let hostile = format!("<b>\"{}</b> </svg></script> 👩‍💻", "x".repeat(200));
    let hostile = serde_json::to_string(&hostile).expect("a text is JSON");
    let inside = hostile.trim_matches('"');
    let renamed = |text: &str| text.replace("chart data", inside).replace("\"heavy\"", &format!("\"heavy {inside}\""));
    let (verdict, measurements) = (renamed(&verdict.to_string()), renamed(&ran.report("measurements.json")));
    look_at("hostile", &rendered(&ran, &verdict, &measurements));
}
