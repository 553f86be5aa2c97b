//! What goes into a run, and what comes out of it.

use std::{path::PathBuf, sync::Arc};

use super::Stop;
use crate::{
    client::ClientError,
    config::Secrets,
    judge::{
        Extent, Regime, Verdict,
        regression::{Past, RunValues},
    },
    load::Rehearsal,
    measure::{GaugeSeries, Histogram, PhaseMeasurements, Statement},
    plan::{Deployment, Plan},
};

/// What a run needs.
#[derive(Debug, Clone)]
pub struct Setup {
    /// What will happen.
    pub plan: Arc<Plan>,
    /// How far the run goes: the ladder, or `--dry-run`.
    pub extent: Extent,
    /// What ends it before its time.
    pub stop: Stop,
    /// Threads that send a load at most; `None` chooses by [`crate::load::default_workers`].
    pub workers: Option<usize>,
    /// The command that repeats this run locally, for the reports.
    pub repeat: String,
    /// Remarks that every report shows, besides those that the gate makes itself.
    pub notes: Vec<String>,
    /// Masked where a text is shortened, because what is left of a cut secret is not found any more. Everything else is
    /// masked by whoever shows it: events and verdict hold texts as they were seen.
    pub secrets: Arc<Secrets>,
    /// What the run's cells are compared with; `None` where gates.yaml asks for no comparison.
    pub against: Option<Against>,
    /// Whether the machine's own speed is read between phases: where there are stored runs to compare with, or the run is
    /// to be stored.
    pub reads_ruler: bool,
    /// How often the ladder is climbed; at least 1.
    pub repetitions: u32,
    /// The folder for the output of the apps that the gate starts ([`super::LOGS`]); `None` keeps nothing of it.
    pub logs: Option<PathBuf>,
    /// Whether somebody looks while it runs, so that [`super::Progress::standing`] is worth its work once a second.
    pub watched: bool,
    /// The binary that serves the built-in staging app by `demo --port 0 --until-stdin-closes`, for `target.url: demo`.
    pub binary: PathBuf,
}

/// What a verdict needs besides what happened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Closing<'a> {
    pub(super) plan: &'a Plan,
    pub(super) extent: Extent,
    pub(super) repeat: &'a str,
    pub(super) against: Option<&'a Against>,
    pub(super) repetitions: u32,
}

impl Setup {
    /// What its verdict needs.
    pub(super) fn closing(&self) -> Closing<'_> {
        let Self { plan, extent, repeat, against, repetitions, .. } = self;
        Closing { plan, extent: *extent, repeat, against: against.as_ref(), repetitions: *repetitions }
    }
}

/// What the cells of a run are compared with.
#[derive(Debug, Clone)]
pub enum Against {
    /// Stored runs.
    Stored(Box<Stored>),
    /// A second deployment, measured in turn with the target.
    Deployment(Deployment),
}

/// Stored runs, as they were read before the run.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// Their values.
    pub past: Past,
    /// The store as the user named it; `None` without one.
    pub source: Option<String>,
    /// The regime that they belong to; `None` without any.
    pub regime: Option<Regime>,
    /// Remarks: a store out of reach, damaged files, runs that are not comparable.
    pub notes: Vec<String>,
    /// The latency of those of them that count, all together, by phase and endpoint id of the plan: drawn beside the run's, and
    /// judged by nothing. Empty where none is known.
    pub latency: Vec<Vec<BaseLatency>>,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The one value that all reports and the exit code come from.
    pub verdict: Verdict,
    /// The phases that were run, with everything measured in them.
    pub phases: Vec<MeasuredPhase>,
    /// The values of the run's cells, one set for each repetition of the ladder: what a baseline keeps.
    pub values: Vec<RunValues>,
    /// Readings of the ruler in seconds, in order of time; empty where it was not read.
    pub ruler: Vec<f64>,
    /// The exchanges of checklist items that did not hold or are doubted, and for `--dry-run` the pass of one user through each
    /// scenario, in the order of the run. Values of secrets in it are not masked.
    pub rehearsals: Vec<Rehearsed>,
}

/// What was measured in one phase.
#[derive(Debug, Clone)]
pub struct MeasuredPhase {
    /// The phase's name.
    pub name: String,
    /// The load's side.
    pub measurements: PhaseMeasurements,
    /// The app's gauges, by gauge id of the plan; empty when the window never opened.
    pub gauges: Vec<GaugeSeries>,
    /// The statements that took most of a database's time, where it keeps count of them.
    pub statements: Vec<Statement>,
    /// In a sentence each without a full stop: of which database that keeps count they are not known, and why.
    pub statements_unknown: Vec<String>,
    /// When the measured window began; `None` where it never did, and for slices that were joined.
    pub window_at: Option<jiff::Timestamp>,
    /// The latency of what it was compared with, by endpoint id of the plan: block by block that of the base, else that of the
    /// stored runs. Empty without any, and where the generator did not measure a base well.
    pub base: Vec<BaseLatency>,
}

/// The latency of an endpoint in what a phase was compared with: over all slices of a base, or over all stored runs.
#[derive(Debug, Clone, Default)]
pub struct BaseLatency {
    /// Of the requests that were made.
    pub latency: Histogram,
    /// Of those that were added for silences.
    pub added: Histogram,
}

/// Exchanges that are shown step by step.
#[derive(Debug, Clone)]
pub struct Rehearsed {
    /// Whose they are: `scenario estimator, one user`, or `preflight: debug mode is off`.
    pub title: String,
    /// Every exchange.
    pub rehearsal: Rehearsal,
}

/// Why a run cannot begin: the file is wrong, and nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The target cannot be used as gates.yaml describes it.
    #[error(transparent)]
    Target(#[from] ClientError),
}
