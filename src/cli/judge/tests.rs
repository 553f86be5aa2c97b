//! Statistics of Locust with failures: what is said of their times, and which of them are stored.

use std::fs;

use clap::Parser as _;
use tempfile::TempDir;

use super::{
    super::{
        args::{Cli, Command},
        baseline::FinishedRun,
    },
    *,
};
use crate::{
    baseline::Environment,
    config::{self, Secrets},
    plan::{self, Choice},
};

const GATES: &str = "version: 1\ngate: g\ntarget: {url: demo}\nregression: {cells: [p95]}\nphases:\n  - {name: light, users: 5, \
                     duration: 10s, criteria: ['success_rate > 99%']}\n";

/// What is said of the failures of a run of 1,000 requests with five failures, and the times that are stored of it.
fn saved(failures: &str) -> (Vec<String>, Vec<String>) {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let stats = "Type,Name,Request Count,Failure Count,Average Response Time,Max Response Time,Requests/s,50%,90%,95%,99%\n\
                 GET,/a,1000,5,20,40,100,20,25,30,38\n,Aggregated,1000,5,20,40,100,20,25,30,38\n";
    let file = folder.path().join("a_stats.csv");
    fs::write(&file, stats).expect("the file can be written");
    let failures = format!("Method,Name,Error,Occurrences\n{failures}");
    fs::write(folder.path().join("a_failures.csv"), failures).expect("the file can be written");

    let line = ["stagegate", "judge", "--from", "locust", &file.to_string_lossy()].map(str::to_owned);
    let Command::Judge(args) = Cli::parse_from(line).command else { panic!("it is another command") };
    let places = Places::default();
    let given = Given::of(&args, &places).expect("a file is named");
    let elsewhere = Elsewhere::look(Tool::Locust, &given, &places).expect("it can be read");
    let foreign = elsewhere.foreign(&places).expect("there are no windows");
    let variables = config::Environment::default();
    let (config, problems) = config::read_without_load("gates.yaml", GATES.as_bytes(), &variables);
    let config = config.unwrap_or_else(|| panic!("{problems}"));
    let choice = Choice { foreign: Some(foreign), ..Choice::default() };
    let plan = plan::build(&config, &choice).unwrap_or_else(|why| panic!("{why}"));
    let run = elsewhere.measure(&plan, &given, &places).expect("it is measured");
    let said = run.notes.iter().filter(|note| note.starts_with("light: ")).cloned().collect();
    let finished = gate::judge_foreign(&plan, run);
    let run = FinishedRun {
        plan: &plan,
        secrets: &Secrets::default(),
        verdict: &finished.verdict,
        phases: &finished.phases,
        environment: Environment::look(&variables),
        ruler_s: None,
        branch: "main".to_owned(),
    };
    let stored = run.recording().expect("it passed").run.values.into_keys();
    let times = stored.filter(|cell| !cell.ends_with("_rate") && !cell.ends_with("throughput"));
    (said, times.collect())
}

/// The rule of the comparison: two failures of 1,000 cannot have moved p95 by much.
#[test]
fn times_are_stored_while_failures_cannot_have_moved_them() {
    let (said, stored) = saved("GET,/a,HTTPError('503 Server Error'),2\nGET,/a,ReadTimeout('Read timed out.'),3\n");
    let expected = ["p50", "p50(/a)", "p90", "p90(/a)", "p95", "p95(/a)"].map(|cell| format!("light/{cell}"));
    assert_eq!(stored, expected);
    assert!(
        said.len() == 1 && said[0].starts_with("light: 2 of 1,000 requests failed otherwise than by a timeout, and"),
        "{said:?}"
    );
}

#[test]
fn timeouts_move_nothing_and_nothing_is_said_of_them() {
    let (said, stored) = saved("GET,/a,ReadTimeout('Read timed out.'),5\n");
    assert_eq!((said.as_slice(), stored.len()), ([].as_slice(), 10), "{stored:?}");
}
