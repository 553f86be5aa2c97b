//! Regressions in the verdict: against what was compared, and what became of each cell.

use serde::{Deserialize, Serialize};

use crate::judge::{Outcome, Waived, comparison::AnchorResult};

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
