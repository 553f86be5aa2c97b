//! Exit codes of the contract, and what stands behind them: 0 to 3 and 70. 3 by a saturated generator: `saturated`, by a
//! target that is down: `hostile_targets`; 4: `no_data`; 130 and 143: `signals`.

use std::fs;

use crate::gate_test::{App, CLEANUP, GateTest, shared_turn};

const SHORT: &str = "name: only, users: 2, spawn_rate: 10/s, duration: 1s";

#[test]
fn passed_is_0() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let gate = GateTest::on(&app.url).gets(&["/healthz"]).section(CLEANUP);
    let ran = gate.phase(SHORT, &["success_rate >= 100%"]).run().exits(0).tidied();
    assert_eq!(ran.verdict["outcome"], "passed");
    assert_eq!(ran.verdict["ending"], "completed");
}

#[test]
fn warned_is_0() {
    let _turn = shared_turn();
    let app = App::demo(&["--delay", "/healthz=30ms"]);
    let ran = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase(SHORT, &["success_rate >= 100%", "{warn: p50 < 10ms}"])
        .run()
        .exits(0);
    assert_eq!(ran.verdict["outcome"], "warned");
    assert_eq!(ran.finding("only", "p50 < 10ms")["outcome"], "failed");
    assert_eq!(ran.finding("only", "p50 < 10ms")["level"], "warn");
}

#[test]
fn failed_is_1_and_the_ladder_ends() {
    let _turn = shared_turn();
    let app = App::demo(&["--delay", "/healthz=30ms"]);
    let ran = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .section(CLEANUP)
        .phase(SHORT, &["p95 < 10ms"])
        .phase("name: later, users: 4, spawn_rate: 10/s, duration: 1s", &["success_rate >= 100%"])
        .run()
        .exits(1)
        .tidied();
    assert_eq!(ran.verdict["outcome"], "failed");
    assert_eq!(ran.verdict["ending"], "stopped");
    assert_eq!(ran.phase("later")["outcome"], "not_run");
    assert_eq!(ran.finding("only", "p95 < 10ms")["certain"], true);
    let headline = ran.verdict["headline"].as_str().expect("there is one");
    assert!(headline.contains("p95 < 10ms"), "{headline}");
    let first = ran.stdout.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    assert!(first.contains("FAILED") && first.contains(&headline[..20]), "{first}");
}

#[test]
fn a_wrong_gates_yaml_is_2_and_nothing_is_sent() {
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url).gets(&["/healthz"]).phase(SHORT, &["p95(nowhere) < 10ms"]).run().exits(2);
    assert!(ran.stderr.contains("nowhere"), "{}", ran.stderr);
    assert!(ran.verdict.is_null(), "no verdict without a run");
    assert_eq!(app.ledger()["totals"]["requests"], 0);
}

#[test]
fn wrong_usage_is_2() {
    let app = App::demo(&[]);
    GateTest::on(&app.url).gets(&["/healthz"]).phase(SHORT, &["p95 < 10ms"]).arg("--no-such-flag").run().exits(2);
    GateTest::on(&app.url).gets(&["/healthz"]).phase(SHORT, &["p95 < 10ms"]).arg("--phase").arg("nope").run().exits(2);
}

#[test]
fn preflight_failed_is_3() {
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url)
        .section("preflight:\n  - {name: deployed, get: /version, expect: {status: 200, json: {/commit: abc}}}\n  - {name: later, command: ['true']}")
        .gets(&["/healthz"])
        .section(CLEANUP)
        .phase(SHORT, &["success_rate >= 100%"])
        .run()
        .exits(3)
        .tidied();
    assert_eq!(ran.verdict["outcome"], "invalid");
    assert_eq!(ran.verdict["ending"], "not_ready");
    assert_eq!(ran.verdict["preflight"][0]["outcome"], "failed");
    assert_eq!(ran.verdict["preflight"][1]["outcome"], "not_run");
    assert_eq!(ran.phase("only")["outcome"], "not_run");
    assert_eq!(ran.verdict["totals"]["requests"], 1);
}

#[test]
fn a_defect_is_70() {
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase(SHORT, &["success_rate >= 100%"])
        .env("STAGEGATE_DEFECT", "1")
        .run()
        .exits(70);
    assert!(ran.stderr.contains("defect"), "{}", ran.stderr);
}

#[test]
fn a_defect_under_load_is_70_with_what_was_finished() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let test = GateTest::on(&app.url)
        .gets(&["/healthz"])
        .section(CLEANUP)
        .section("publish: {junit: junit.xml, html: report.html}")
        .phase(SHORT, &["success_rate >= 100%"])
        .phase("name: later, users: 4, spawn_rate: 40/s, duration: 20s", &["success_rate >= 100%"]);
    let folder = test.folder().to_owned();
    let args = ["--save-baseline", "--baseline", "normal"];
    let ran = args.iter().fold(test, |test, arg| test.arg(arg)).env("STAGEGATE_DEFECT", "later").run().exits(70);
    let store = folder.join("normal");
    let saved = store.exists() && fs::read_dir(&store).expect("it is a folder").next().is_some();
    assert!(!saved, "no baseline comes of it");
    let ran = ran.tidied();
    assert_eq!((&ran.verdict["outcome"], &ran.verdict["ending"]), (&"interrupted".into(), &"interrupted".into()));
    let headline = ran.verdict["headline"].as_str().expect("there is one");
    assert!(headline.starts_with("stagegate itself broke in later (4 users)"), "{headline}");
    assert!(headline.contains("STAGEGATE_DEFECT is set (src/cli/run.rs:"), "with its place: {headline}");
    assert!(ran.phase("only")["requests"].as_u64() > Some(0) && ran.phase("only")["cut_short"].is_null());
    assert_eq!(ran.finding("only", "success_rate >= 100%")["outcome"], "passed");
    assert_eq!(ran.phase("later")["outcome"], "inconclusive");
    assert!(ran.phase("later")["requests"].as_u64() > Some(0), "what was measured is there");
    for report in ["junit.xml", "report.html", "measurements.json"] {
        assert!(!ran.report(report).is_empty(), "{report}");
    }
    assert!(ran.stdout.contains("exit code 70: a defect in stagegate"), "{}", ran.stdout);
}
