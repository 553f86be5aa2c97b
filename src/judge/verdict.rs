//! The verdict, field for field as verdict.json holds it. Times are milliseconds, rates are shares of 1; `None` (null)
//! is "not measured", never zero.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Band, Ending, Level, Outcome, Waived, Waiver, comparison::AnchorResult};
use crate::units::number;

/// What `schema` says.
pub const SCHEMA: &str = "stagegate/verdict/1";

/// A finished run: the one value that all reports and the exit code come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// [`SCHEMA`].
    pub schema: String,
    /// passed, warned, failed, inconclusive, invalid or interrupted.
    pub outcome: Outcome,
    /// `run --dry-run`: preflight and one user through every scenario. Nothing was measured and nothing judged, so that
    /// `passed` says no more than that the target is ready and the scenarios work.
    #[serde(default)]
    pub dry_run: bool,
    /// How it ended.
    pub ending: Ending,
    /// The exit code of the process.
    pub exit_code: u8,
    /// One sentence: what decided, by how much, how sure; the first line of every report.
    pub headline: String,
    /// `gate` of gates.yaml.
    pub gate: String,
    /// The profile in force.
    pub profile: String,
    /// Seed of every random choice.
    pub seed: u64,
    /// URL of the target, `demo` for the built-in staging app.
    pub target: String,
    /// The commit under test.
    pub commit: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC.
    pub finished_at: String,
    /// Version of stagegate.
    pub version: String,
    /// The command that repeats this run locally.
    pub repeat: String,
    /// Remarks that every report shows: TLS verification off, keys without effect, problems while publishing.
    pub notes: Vec<String>,
    /// The checklist, in order; items after a failed one are `not_run`.
    pub preflight: Vec<CheckResult>,
    /// The ladder, in order, phases that were not run included.
    pub phases: Vec<PhaseVerdict>,
    /// Everything sent to the target except monitors' scrapes.
    pub totals: Totals,
    /// How regressions were looked for; null when gates.yaml asks for no comparison, and for dry runs.
    #[serde(default)]
    pub comparison: Option<Comparison>,
    /// Comparisons with baselines.
    pub regressions: Vec<Regression>,
    /// Known regressions that do not block below their ceilings, whether or not they were seen in this run.
    #[serde(default)]
    pub waivers: Vec<Waiver>,
    /// Where the app gave way, if a phase failed.
    pub breaking_point: Option<BreakingPoint>,
    /// Whether the app recovered; null when not asked for, or not run.
    pub recovery: Option<RecoveryVerdict>,
    /// Whether data was lost or corrupted.
    pub integrity: Vec<CheckResult>,
    /// What was tidied at the end; never part of the outcome.
    pub cleanup: Vec<CheckResult>,
}

impl Verdict {
    /// The outcome in one word, as the title of every report. A dry run that went well is not called passed: nothing was
    /// measured.
    pub fn word(&self) -> &'static str {
        if self.only_rehearsed() { "dry run" } else { self.outcome.word() }
    }

    /// The outcome whose colour and sign the title has.
    pub fn tone(&self) -> Outcome {
        if self.only_rehearsed() { Outcome::NotRun } else { self.outcome }
    }

    fn only_rehearsed(&self) -> bool {
        self.dry_run && self.outcome == Outcome::Passed
    }
}

/// The result of a preflight, integrity or cleanup item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Its name in gates.yaml.
    pub name: String,
    /// passed, failed, or `not_run`.
    pub outcome: Outcome,
    /// What was seen, in one sentence.
    pub detail: String,
    /// The file of its line, as the user named it.
    pub file: String,
    /// Its line in that file.
    pub line: u32,
}

/// One phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseVerdict {
    /// Its name.
    pub name: String,
    /// passed, warned, failed, inconclusive, invalid or `not_run`.
    pub outcome: Outcome,
    /// Why it is not passed, one sentence each; empty for a pass.
    pub because: Vec<String>,
    /// Users of the closed model.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub users: Option<u32>,
    /// Iterations per second of the open model.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rate: Option<f64>,
    /// The measured window in seconds; what was measured of it when the phase stopped early.
    pub duration_s: f64,
    /// Whether the window was extended to twice its length, because a criterion was not decided; absent when not.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub extended: bool,
    /// Intended requests of the measured window, login excluded.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
    /// Share of 1; null without requests.
    pub success_rate: Option<f64>,
    /// Successful answers per second of the window; null when the phase was not run.
    pub throughput: Option<f64>,
    /// Latency over all endpoints but the login's.
    pub latency_ms: Milliseconds,
    /// Service time, likewise.
    pub service_ms: Milliseconds,
    /// Requests added for silences: those that waiting users did not make.
    pub added: u64,
    /// Bursts: groups of consecutive spans with failures or slow requests beyond a latency limit.
    pub bursts: Option<u32>,
    /// One for each criterion, with `each` one for each endpoint, in the order of gates.yaml.
    pub findings: Vec<Finding>,
    /// One for each endpoint name, in the order of gates.yaml; login endpoints measured over the ramp.
    pub endpoints: Vec<EndpointVerdict>,
    /// One for each gauge.
    pub monitors: Vec<MonitorVerdict>,
    /// How good the generator was; null when the phase was not run.
    pub generator: Option<Generator>,
    /// The file of its line.
    pub file: String,
    /// The line of its name in gates.yaml.
    pub line: u32,
}

/// The result of one criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// As written in gates.yaml, or `all users logged in`.
    pub criterion: String,
    /// The endpoint's name where the criterion's selector is `each`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub endpoint: Option<String>,
    /// Whether it blocks.
    pub level: Level,
    /// The file of its line.
    pub file: String,
    /// Its line in gates.yaml.
    pub line: u32,
    /// passed, failed, inconclusive or `not_run`.
    pub outcome: Outcome,
    /// Whether it is more than chance: an interval that lies on this side of the limit, or a count or reading that needs
    /// none. False where an interval reaches over the limit, so that only the observed value decides, and without data.
    pub certain: bool,
    /// In `unit`; null without samples.
    pub observed: Option<f64>,
    /// In `unit`.
    pub limit: f64,
    /// `ms`, `1` (share), `requests`, `requests/s`, `events`, or empty for a gauge's own unit.
    pub unit: String,
    /// The interval of the observed value, in `unit`; null where none is defined.
    pub interval: Option<[f64; 2]>,
    /// Requests, or readings of a gauge.
    pub samples: u64,
    /// The evidence, in a few sentences.
    pub because: String,
    /// The endpoint with the most of what broke the criterion; absent when it held, and where no endpoint has a part.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub worst_endpoint: Option<String>,
    /// What it has of the requests that broke the criterion, and how many those are over all endpoints; absent where
    /// nothing is counted (a mean).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub worst_part: Option<[u64; 2]>,
}

impl Finding {
    /// Where most of it was, as the end of a sentence: `most of it at chart data`, or without a majority `highest at chart
    /// data (12 of 30)`. `None` where the finding names no endpoint, or is about one only.
    pub fn whereabouts(&self) -> Option<String> {
        let name = self.worst_endpoint.as_ref().filter(|_| self.endpoint.is_none())?;
        let it = if self.unit == "events" { "them" } else { "it" };
        Some(match self.worst_part {
            None => format!("slowest at {name}"),
            Some([count, all]) if count >= all => format!("all of {it} at {name}"),
            Some([count, all]) if count > all / 2 => format!("most of {it} at {name}"),
            Some([count, all]) => format!("highest at {name} ({} of {})", number::count(count), number::count(all)),
        })
    }
}

/// Percentiles in milliseconds; null without samples.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Milliseconds {
    /// Median.
    pub p50: Option<f64>,
    /// 90th percentile.
    pub p90: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
    /// Mean.
    pub mean: Option<f64>,
}

/// One endpoint in one phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointVerdict {
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Intended requests.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
    /// Answers by status.
    pub statuses: BTreeMap<String, u64>,
    /// Failures by kind: timeout, connect, reset, tls, protocol, check, unsent.
    pub errors: BTreeMap<String, u64>,
    /// Up to three different descriptions of failures.
    pub examples: Vec<String>,
    /// Latency.
    pub latency_ms: Milliseconds,
    /// Service time.
    pub service_ms: Milliseconds,
}

/// One gauge in one phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonitorVerdict {
    /// `MONITOR.GAUGE`.
    pub name: String,
    /// Highest reading.
    pub max: Option<f64>,
    /// Mean of the readings.
    pub mean: Option<f64>,
    /// Where the highest reading lies; without declared bands `safe` when it was read at all.
    pub band: Band,
    /// Readings.
    pub samples: u64,
    /// Why readings are missing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub missing: Option<String>,
}

/// How good the generator was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generator {
    /// How late requests started.
    pub lateness_ms: Lateness,
    /// CPU of the busiest worker, percent of a core.
    pub cpu_percent: f64,
    /// Whether it was too slow for the result to count.
    pub saturated: bool,
    /// What it lacked then; absent where it was good enough.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lacked: Option<Lacked>,
}

/// What a generator lacked that was not good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lacked {
    /// Descriptors: the system's limit of open files.
    Descriptors,
    /// Local ports for new connections.
    Ports,
    /// CPU, which it used up itself.
    OwnCpu,
    /// CPU, although it used little: other work on this machine, or a limit on its CPU, held it up.
    OtherWork,
}

/// How late requests started, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Lateness {
    /// 99th percentile.
    pub p99: f64,
    /// Largest.
    pub max: f64,
}

/// Counts over the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Requests sent.
    pub requests: u64,
    /// Failures among them, `unsent` included.
    pub failures: u64,
}

/// How regressions were looked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Against what.
    pub mode: ComparisonMode,
    /// The store as gates.yaml or the command line names it, or the URL of the second deployment; null without a store.
    pub source: Option<String>,
    /// Cells that were compared: neither new nor invalid nor not run.
    pub compared: usize,
    /// All cells.
    pub of: usize,
    /// Runs of the ladder that count for the head, those that confirmed one included; blocks when interleaved.
    pub head_runs: usize,
    /// The stored runs that counted; null when interleaved, and without any.
    pub regime: Option<Regime>,
    /// Readings of the ruler in seconds, in order of time: how long a fixed piece of work took on this machine between
    /// phases; empty where it was not read.
    #[serde(default)]
    pub ruler_s: Vec<f64>,
    /// Remarks: a store out of reach, damaged files, runs that are not comparable.
    pub notes: Vec<String>,
}

/// Against what cells are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonMode {
    /// Stored runs of the base branch.
    Stored,
    /// A second deployment, block by block in one sitting.
    Interleaved,
}

/// The stored runs that are comparable and count, since normal last changed on purpose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Regime {
    /// RFC 3339: when the regime began.
    pub since: String,
    /// Why it began, in one sentence.
    pub because: String,
    /// The branch that says what is normal.
    #[serde(default)]
    pub branch: String,
    /// All its comparable runs; the newest of them count.
    #[serde(default)]
    pub runs: usize,
    /// Commits of the newest runs, those that count, oldest first.
    pub commits: Vec<String>,
    /// How many runs the anchor holds; 0 where there is none yet.
    pub anchor: usize,
    /// The newest run of the anchor; absent where there is no anchor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub anchored: Option<Anchored>,
}

/// Where the anchor lies: its newest run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchored {
    /// What it was pinned as, `v1.8`; null without a pin.
    pub label: Option<String>,
    /// The commit of its newest run.
    pub commit: String,
    /// RFC 3339: when that run finished.
    pub at: String,
}

/// How a cell got from the anchor to this run: many small steps, or a large one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Creep {
    /// Typical value of the anchor, as [`Regression::base`].
    pub base: f64,
    /// The margin of the comparison with the anchor, as [`Regression::margin`].
    pub margin: f64,
    /// Runs since the anchor, this one included.
    pub runs: usize,
    /// The largest single step on the way, as a change: of the rising curve that fits the runs best, so that the noise
    /// of one run is no step. 0 when nothing rose.
    pub largest_step: f64,
}

/// One comparison with a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Regression {
    /// The phase.
    pub phase: String,
    /// The cell: `p95`, `p95(chart data)`.
    pub cell: String,
    /// The endpoint that it is about; absent where it is about several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub endpoint: Option<String>,
    /// The unit of `base`, `head`, `history`, `runs` and `blocks`: `ms`, `1` (a share), `requests` or `requests/s`.
    #[serde(default)]
    pub unit: String,
    /// The file of its line; empty where gates.yaml names no cells.
    #[serde(default)]
    pub file: String,
    /// Its line in gates.yaml; 0 where gates.yaml names no cells.
    #[serde(default)]
    pub line: u32,
    /// The smallest worsening worth blocking: a share, for rates a difference of shares.
    #[serde(default)]
    pub margin: f64,
    /// Whether it is a rate: change, interval, detectable and margin are then differences of shares.
    #[serde(default)]
    pub rate: bool,
    /// Typical value of the baseline: the geometric mean of its runs or blocks, for rates the mean.
    pub base: Option<f64>,
    /// The same of this run.
    pub head: Option<f64>,
    /// Relative change, worse is positive.
    pub change: Option<f64>,
    /// Its interval.
    pub interval: Option<[f64; 2]>,
    /// Family-wise adjusted p.
    pub p_adjusted: Option<f64>,
    /// Smallest change that would have been seen.
    pub detectable: Option<f64>,
    /// passed, failed, inconclusive, new, invalid or `not_run`.
    pub outcome: Outcome,
    /// The reason, in a sentence or two.
    #[serde(default)]
    pub because: String,
    /// Why it does not block although it failed; absent where it blocks, or did not fail.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub waived: Option<Waived>,
    /// The comparison with the first runs of the regime; absent where there is no anchor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub anchor: Option<AnchorResult>,
    /// How it got from the anchor to this run; absent where there is no anchor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub creep: Option<Creep>,
    /// The stored values that counted, oldest first; empty when interleaved.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub history: Vec<f64>,
    /// The values of this run: one for each repetition and confirmation; empty when interleaved.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub runs: Vec<f64>,
    /// The values of base and head, block by block; empty against stored runs, null where a block has no number.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub blocks: Vec<[Option<f64>; 2]>,
}

/// Where the app gave way: between the last good users and the first failing ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BreakingPoint {
    /// The first phase that failed.
    pub phase: String,
    /// Its users, or its rate in iterations per second.
    pub users: f64,
    /// The same of the last phase before it that passed under less load of the same kind; null when none did.
    pub last_good_users: Option<f64>,
    /// Why `last_good_users` is null although a phase passed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub no_last_good: Option<String>,
    /// The endpoint that failed, or went beyond a limit, first.
    pub first_endpoint: Option<String>,
    /// The kind of the first failure that the failed criteria are about; null when it broke without one.
    pub first_error: Option<String>,
    /// The gauge that was highest relative to its critical band.
    pub resource: Option<String>,
}

/// Whether and when the app recovered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecoveryVerdict {
    /// passed or failed.
    pub outcome: Outcome,
    /// From the end of the load to the start of the first of two good spans; null when it did not recover.
    pub seconds: Option<f64>,
    /// What was seen, in one sentence.
    pub detail: String,
}

impl Comparison {
    /// Counts what was compared.
    pub fn of(regressions: &[Regression], mode: ComparisonMode) -> Self {
        let compared = |one: &&Regression| !matches!(one.outcome, Outcome::New | Outcome::Invalid | Outcome::NotRun);
        let runs = regressions.iter().map(|one| one.runs.len().max(one.blocks.len()));
        Self {
            mode,
            source: None,
            compared: regressions.iter().filter(compared).count(),
            of: regressions.len(),
            head_runs: runs.max().unwrap_or_default(),
            regime: None,
            ruler_s: Vec::new(),
            notes: Vec::new(),
        }
    }
}
