//! The verdict, field for field as verdict.json holds it. Times are milliseconds, rates are shares of 1; `None` (null)
//! is "not measured", never zero.

mod comparison;
mod cut;
mod diagnosis;
mod phase;
mod source;
mod split;

pub use comparison::{Anchored, Comparison, ComparisonMode, Creep, Regime, Regression};
pub use cut::{Cut, CutShort};
pub use diagnosis::{
    Bottleneck, Cause, Diagnosis, FirstError, GrownStatement, Onset, Order, Outage, Plateau, Rising, Saturation,
    Waiting,
};
pub use phase::{
    Arrivals, Crossing, EndpointVerdict, Finding, Generator, Lacked, Lateness, Milliseconds, MonitorVerdict,
    PhaseVerdict, StageVerdict, StatementVerdict, TraceVerdict,
};
pub use split::{Longest, TimeSplit};

pub use source::{Source, SourceFile, Times};

use serde::{Deserialize, Serialize};

use super::{Ending, Outcome, Waiver};

/// What `schema` says.
pub const SCHEMA: &str = "stagegate/verdict/1";

/// The target of a run on the built-in staging app.
pub const DEMO: &str = "demo";

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
    /// URL of the target, [`DEMO`] for the built-in staging app.
    pub target: String,
    /// The tool that made the load, and its files; absent where the gate made it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Source>,
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
    /// What gave way and what the evidence for it is; null when no phase was measured.
    #[serde(default)]
    pub diagnosis: Option<Diagnosis>,
    /// Seconds in which the app did not answer, in order of time.
    #[serde(default)]
    pub outages: Vec<Outage>,
    /// Whether the app recovered; null when not asked for, or not run.
    pub recovery: Option<RecoveryVerdict>,
    /// Whether data was lost or corrupted.
    pub integrity: Vec<CheckResult>,
    /// What was tidied at the end; never part of the outcome.
    pub cleanup: Vec<CheckResult>,
    /// The machine that the load came from; absent in verdicts of earlier releases.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub runner: Option<Machine>,
}

impl Verdict {
    /// The outcome in one word, as the title of every report. A dry run that went well is not called passed: nothing was
    /// measured.
    pub fn word(&self) -> &'static str {
        if self.only_rehearsed() { "dry run" } else { self.outcome.word() }
    }

    /// The outcome whose colour and sign the title has.
    pub fn tone(&self) -> Outcome {
        if self.only_rehearsed() && self.outcome == Outcome::Passed { Outcome::NotRun } else { self.outcome }
    }

    /// Whether the built-in staging app was the target, so that nothing is said about any other app.
    pub fn is_of_the_demo(&self) -> bool {
        self.target == DEMO
    }

    fn only_rehearsed(&self) -> bool {
        self.dry_run && matches!(self.outcome, Outcome::Passed | Outcome::Warned)
    }
}

/// The result of a preflight, integrity or cleanup item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Its name in gates.yaml.
    pub name: String,
    /// passed, warned (it held, and what was seen speaks against it), failed, or `not_run`.
    pub outcome: Outcome,
    /// What was seen, in one sentence or two.
    pub detail: String,
    /// The file of its line, as the user named it.
    pub file: String,
    /// Its line in that file.
    pub line: u32,
}

impl CheckResult {
    /// Whether it held, with a warning or without.
    pub fn held(&self) -> bool {
        matches!(self.outcome, Outcome::Passed | Outcome::Warned)
    }
}

/// The machine that the load came from, as far as the system tells: `unknown` and absent are what it does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The model of its processor.
    pub cpu: String,
    /// Cores that the process may use.
    pub cores: u32,
    /// CPU time per time that the control group allows; absent without a limit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cpu_quota: Option<f64>,
    /// Its memory.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memory_bytes: Option<u64>,
    /// Its operating system's image: `ubuntu24`, `debian-12`.
    pub system: String,
    /// The kernel's release.
    pub kernel: String,
}

/// Counts over the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Requests sent.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
}

/// Where the app gave way: between the last good users and the first failing ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BreakingPoint {
    /// The first phase that failed.
    pub phase: String,
    /// Its users, or its rate in iterations per second; the most where it has stages.
    pub users: f64,
    /// Where it has stages: how many there were, in the mean over a span of the window, when it first gave way; absent for
    /// a load that stays, and where no moment is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reached: Option<f64>,
    /// The same of the last phase before it that passed under less load of the same kind; null when none did.
    pub last_good_users: Option<f64>,
    /// Why `last_good_users` is null although a phase passed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub no_last_good: Option<String>,
    /// The endpoint that failed, or went beyond a limit, first.
    pub first_endpoint: Option<String>,
    /// The kind of the first failure that the failed criteria are about; null when it broke without one.
    pub first_error: Option<String>,
    /// The gauge that saturated first (`diagnosis.saturated`); without one, the gauge that was highest relative to its
    /// critical band.
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
