//! What Locust and `JMeter` really write, of a load on the demo app whose ledger says what happened.

use std::{fs, path::PathBuf, process::Command};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    gate_test::{App, turn},
    judged::{Judged, judge_in},
};

/// Each of four users asks for two pages so often.
const VISITS: u64 = 60;

/// The four cases of each tool: what passes, fails, is exactly at the limit, and has no data.
const GATES: &str = "version: 1
gate: engines
target: {url: http://127.0.0.1:1}
phases:
  - name: light
    users: 4
    duration: 300ms
    criteria: [p99(/healthz) < 20s, success_rate > 99.9%, success_rate >= RATE%, 'p95(/nowhere) < 1s']
";

/// A load on the demo app, one in five answers of one page slow and one in ten of them an error; gives the folder with what
/// the tool wrote, and the ledger.
fn load(engine: &str) -> (TempDir, Value) {
    let app = App::demo(&["--delay=/version=40ms@20%", "--errors=/version=503@10%", "--seed=3"]);
    let folder = TempDir::new().expect("a temporary folder can be made");
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/engines/engines");
    let port = app.address().rsplit(':').next().expect("an address has a port").to_owned();
    let mut command = Command::new(script);
    let output = command.args([engine, &port, &VISITS.to_string()]).arg(folder.path()).output().expect("bash is there");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
    (folder, app.ledger())
}

/// The requests and failures that the app knows of, and the 95th percentile of a page's service time.
fn truth(ledger: &Value) -> (u64, u64, f64) {
    let line = &ledger["endpoints"]["GET /version"];
    let failures = line["statuses"]["503"].as_u64().expect("some failed");
    let requests = ledger["totals"]["requests"].as_u64().expect("a count");
    (requests, failures, line["service_ms"]["p95"].as_f64().expect("it has times"))
}

fn gates(ledger: &Value) -> String {
    let (requests, failures, _) = truth(ledger);
    // Counted in whole percents it is exactly at the limit: 480 requests, and the limit is their own rate.
    let rate = 100.0 * (requests - failures) as f64 / requests as f64;
    GATES.replace("RATE", &format!("{rate:.13}"))
}

/// Asserts counts and the percentile of a page against the ledger; `tolerance` is what a client adds and a tool rounds.
#[track_caller]
fn equals(judged: &Judged, ledger: &Value, tolerance: f64) {
    let (requests, failures, p95) = truth(ledger);
    let phase = &judged.verdict["phases"][0];
    assert_eq!((&phase["requests"], &phase["failures"]), (&requests.into(), &failures.into()), "{}", judged.said);
    assert_eq!(requests, 4 * 2 * VISITS, "the tool sent what it was told to");
    let page = phase["endpoints"].as_array().and_then(|rows| rows.iter().find(|row| row["name"] == "/version"));
    let page = page.unwrap_or_else(|| panic!("{phase:#}"));
    assert_eq!((&page["requests"], &page["statuses"]["503"]), (&(4 * VISITS).into(), &failures.into()), "{page:#}");
    let read = page["service_ms"]["p95"].as_f64().expect("it has times");
    assert!(read >= p95 - 1.5 && read <= p95 + tolerance, "{read} beside {p95}");
    let outcomes: Vec<&Value> = (0..4).map(|at| &judged.finding(0, at)["outcome"]).collect();
    assert_eq!(outcomes, ["passed", "failed", "passed", "inconclusive"], "{}", judged.said);
}

#[test]
fn jmeter_files_hold_what_the_app_saw() {
    let _turn = turn();
    let (folder, ledger) = load("jmeter");
    let text = fs::read_to_string(folder.path().join("jmeter.jtl")).expect("it was written");
    assert_eq!(text.matches("Number of samples in transaction").count() as u64, 4 * VISITS);
    let judged = judge_in(folder, &gates(&ledger), &["--from", "jmeter", "--phase", "light=0s..", "jmeter.jtl"]);
    assert_eq!(judged.verdict["source"]["tool"], "jmeter", "{}", judged.said);
    equals(&judged, &ledger, 25.0);
}

#[test]
fn locust_statistics_and_its_samples_hold_what_the_app_saw() {
    let _turn = turn();
    let (folder, ledger) = load("locust");
    let samples = fs::read_to_string(folder.path().join("samples.ndjson")).expect("it was written");
    let judged = judge_in(folder, &gates(&ledger), &["--from", "locust", "locust_stats.csv"]).exits(1);
    equals(&judged, &ledger, 25.0);
    for at in 0..2 {
        assert_eq!(
            (&judged.finding(0, at)["certain"], &judged.finding(0, at)["interval"]),
            (&false.into(), &Value::Null)
        );
    }
    assert!(judged.said.contains("rounded to two digits"), "{}", judged.said);

    let folder = TempDir::new().expect("a temporary folder can be made");
    fs::write(folder.path().join("s.ndjson"), samples).expect("it can be written");
    let judged = judge_in(folder, &gates(&ledger), &["--from", "ndjson", "--phase", "light=0s..", "s.ndjson"]);
    equals(&judged, &ledger, 25.0);
}
