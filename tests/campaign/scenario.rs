//! One scenario: how much slower the head is, and what a run said of it.

use std::{
    fs,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::app::{App, BINARY};

/// The endpoint that waits 20 ms, and becomes slower. It does nothing else, so that its latency is that of the wait.
pub(crate) const SLOWER: &str = "report";

/// Four users, two endpoints, a cell each for p50 and p95. The endpoint that stays as it is comes first, so that the order
/// of the file would blame it. The app's timer counts whole milliseconds: a wait that always began at the same point of
/// one could not become longer by a part of one. So the endpoint that changes follows the users' pause, which ends at
/// any moment.
const GATES: &str = r#"
version: 1
gate: campaign
target: {url: "TARGET", timeout: 5s}
scenarios:
  visitor:
    steps:
      - {get: /healthz, name: report}
      - {get: /api/projects/163/, name: project}
    think: 10ms..30ms
phases:
  - {name: steady, users: 4, duration: 40s, warmup: 1s, criteria: [success_rate > 99%]}
regression:
  margin: 10%
  cells: [p50(project), p95(project), p50(report), p95(report)]
"#;

/// What the head does differently.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// How long the endpoint waits in the head; in the base 20 ms. The app's timer adds a millisecond or two, so that a
    /// median of 21.4 ms is measured there; the change is a share of that.
    head: &'static str,
    /// Whether it is a regression that the gate has to block.
    pub(crate) is_to_block: bool,
    /// The first run's seed; the following ones count up.
    seed: u32,
}

/// Unchanged, one endpoint slower by 20 %, and by 3 %.
pub(crate) const SCENARIOS: [Scenario; 3] = [
    Scenario { name: "unchanged", head: "20ms", is_to_block: false, seed: 1_000 },
    Scenario { name: "+20 %", head: "24.3ms", is_to_block: true, seed: 2_000 },
    Scenario { name: "+3 %", head: "20.65ms", is_to_block: false, seed: 3_000 },
];

/// What one run said.
#[derive(Debug)]
pub(crate) struct Seen {
    code: Option<i32>,
    /// Its first line.
    pub(crate) headline: String,
    /// The cells that failed, in the order of the report.
    pub(crate) failed: Vec<String>,
    /// The cell whose change is largest as a share of its margin, with its change and interval.
    pub(crate) largest: Option<(String, f64, [f64; 2])>,
    /// Whether the generator was disturbed too much on the base's side, so that nothing was compared.
    lost_base: bool,
    /// The change of the endpoint's median.
    pub(crate) change: Option<f64>,
}

impl Scenario {
    /// One run against two fresh apps.
    pub(crate) fn run(&self, attempt: u32) -> Seen {
        let app = |wait: &str| App::demo(&["--delay", &format!("/healthz={wait}")]);
        let (base, head) = (app("20ms"), app(self.head));
        let folder = TempDir::new().expect("a temporary folder can be made");
        fs::write(folder.path().join("gates.yaml"), GATES.replace("TARGET", &head.url)).expect("it can be written");
        let mut command = Command::new(BINARY);
        command.args(["run", "--quiet", "--against", &base.url, "--seed", &(self.seed + attempt).to_string()]);
        for (name, _) in
            std::env::vars().filter(|(name, _)| name.starts_with("STAGEGATE_") || name.starts_with("GITHUB_"))
        {
            command.env_remove(name);
        }
        let output = command.current_dir(folder.path()).stdin(Stdio::null()).output().expect("the binary starts");
        let verdict = fs::read(folder.path().join("stagegate-out/verdict.json")).unwrap_or_else(|error| {
            panic!("there is no verdict ({error}): {}", String::from_utf8_lossy(&output.stderr));
        });
        let verdict: Value = serde_json::from_slice(&verdict).expect("verdict.json is JSON");
        // Whatever the machine did, what both sides were sent is known to the last request.
        let served: u64 =
            [&base, &head].map(|app| app.ledger()["totals"]["requests"].as_u64().unwrap_or(0)).iter().sum();
        assert_eq!(verdict["totals"]["requests"], served, "{verdict:#}");
        let page = fs::read_to_string(folder.path().join("stagegate-out/report.html")).expect("there is a page");
        let drawn = page.contains("A dashed line is the base of the comparison");
        let seen = Seen::of(output.status.code(), &verdict);
        assert!(drawn || seen.is_invalid(), "what was compared is drawn on both sides");
        seen
    }
}

impl Seen {
    fn of(code: Option<i32>, verdict: &Value) -> Self {
        let regressions = verdict["regressions"].as_array().expect("there is a list of comparisons");
        let name = |one: &Value| one["cell"].as_str().unwrap_or_default().to_owned();
        let number = |value: &Value| value.as_f64();
        let change = |one: &Value| {
            let interval = [number(&one["interval"][0])?, number(&one["interval"][1])?];
            Some((name(one), number(&one["change"])?, interval))
        };
        // Every cell has the same margin.
        let largest = regressions.iter().filter_map(change).max_by(|a, b| a.1.total_cmp(&b.1));
        let median = regressions.iter().find(|one| name(one) == format!("p50({SLOWER})"));
        Self {
            code,
            headline: verdict["headline"].as_str().unwrap_or_default().to_owned(),
            failed: regressions.iter().filter(|one| one["outcome"] == "failed").map(name).collect(),
            largest,
            lost_base: verdict["comparison"]["notes"].to_string().contains("the base itself is invalid"),
            change: median.and_then(|one| number(&one["change"])),
        }
    }

    /// The generator was disturbed too much; it decided nothing.
    pub(crate) fn is_invalid(&self) -> bool {
        self.code == Some(3) || self.lost_base
    }

    /// The pull request would have been blocked.
    pub(crate) fn is_blocked(&self) -> bool {
        self.code != Some(0) && !self.is_invalid()
    }

    /// The endpoint that is slower comes first among what failed, in the first line, and by its change.
    pub(crate) fn blames_the_slower_endpoint(&self) -> bool {
        let of_it = |cell: &String| cell.contains(SLOWER);
        self.failed.first().is_some_and(of_it)
            && self.largest.as_ref().is_some_and(|(cell, ..)| of_it(cell))
            && self.headline.contains(SLOWER)
    }
}
