//! `stagegate judge`: what is missing of a window, and what a file tells of when it was made.

use std::{fmt::Write as _, fs};

use tempfile::TempDir;

use crate::judged::{gates, judge, judge_in};

/// What is missing of a window is said in every report, before the criteria that are not decided because of it.
#[test]
fn a_pause_is_said_wherever_its_verdict_is() {
    let judged = |pause: std::ops::Range<u64>| {
        let mut text = String::new();
        for at in (0..10_000).step_by(10).filter(|at| !pause.contains(at)) {
            let at = 1_790_000_000_000_u64 + at;
            writeln!(text, r#"{{"at": {at}, "endpoint": "cart", "service_ms": 20, "status": 200}}"#)
                .expect("in memory");
        }
        judge(&gates("no errors, p95 < 100ms"), &[("results", &text)], &["--from", "ndjson", "results"])
    };
    judged(0..0).exits(0);
    let paused = judged(2_000..4_900).exits(4);
    let headline = paused.verdict["headline"].as_str().expect("a headline");
    let said = "No request started for 2 s of the window, from 2 s of it on";
    assert!(
        headline.contains(&format!("inconclusive: The files tell of 8 s of a window of 10 s. {said}")),
        "{headline}"
    );
    assert!(!paused.said.contains("A longer duration"), "{}", paused.said);
    let out = paused.folder.path().join("stagegate-out");
    for report in ["junit.xml", "summary.md", "report.html"] {
        let text = fs::read_to_string(out.join(report)).expect("it is written");
        assert!(text.contains(said), "{report}");
    }
}

/// Locust writes no time of day; that of its file stands for it, so that the same statistics are the same run.
#[test]
fn statistics_that_are_judged_twice_are_stored_once() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let stats = "Type,Name,Request Count,Failure Count,Average Response Time,Max Response Time,Requests/s,50%,95%\n\
                 GET,/a,1000,0,20,40,100,20,30\n,Aggregated,1000,0,20,40,100,20,30\n";
    fs::write(folder.path().join("a_stats.csv"), stats).expect("the file can be written");
    let arguments = ["--from", "locust", "a_stats.csv", "--baseline", "store", "--save-baseline"];
    let first = judge_in(folder, &gates("no errors"), &arguments).exits(0);
    let again = judge_in(first.folder, &gates("no errors"), &arguments).exits(0);
    assert_eq!(first.verdict["finished_at"], again.verdict["finished_at"]);
    let keys = fs::read_dir(again.folder.path().join("store/runs")).expect("there is a store");
    let runs = keys.flat_map(|key| fs::read_dir(key.expect("a key").path()).expect("a folder"));
    assert_eq!(runs.count(), 1, "{}", again.said);
}
