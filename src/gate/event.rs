//! What the gate says while it runs.

use std::time::Duration;

use crate::{
    judge::{CheckResult, PhaseVerdict, RecoveryVerdict, Standing, Verdict},
    load::Stage,
};

/// What the gate says while it runs; reports and progress listen.
#[derive(Debug, Clone)]
pub enum Event {
    /// Before anything is sent.
    Started {
        /// The gate.
        gate: String,
        /// The profile.
        profile: String,
        /// The target, its address known.
        target: String,
        /// The phases of the ladder.
        phases: u32,
        /// Ramps, warm-ups and windows as planned.
        planned: Duration,
    },
    /// A remark in one line.
    Note(String),
    /// A deployment is waited for that was not there at once.
    Waiting {
        /// What is waited for: its address, and what it is to do.
        what: String,
        /// How long at most, in all.
        within: Duration,
    },
    /// A preflight item ended.
    Preflight(CheckResult),
    /// A phase begins.
    PhaseStarted {
        /// Its name.
        name: String,
        /// From 1.
        number: u32,
        /// Users or pool.
        users: u32,
        /// Iterations per second of the open model.
        rate: Option<f64>,
        /// The measured window.
        duration: Duration,
    },
    /// The phase is measured on to twice its window: a blocking criterion is not decided, and twice the requests would
    /// decide it.
    PhaseExtended {
        /// Its name.
        name: String,
        /// How much longer it takes.
        by: Duration,
    },
    /// Once a second.
    Progress(Progress),
    /// A phase ended and was judged.
    PhaseEnded(Box<PhaseVerdict>),
    /// A phase is measured again, because a comparison with stored runs would fail on one run alone.
    Confirming {
        /// Its name.
        phase: String,
        /// From 1.
        time: u32,
        /// How often.
        of: u32,
    },
    /// The load of recovery begins.
    RecoveryStarted,
    /// Recovery was judged.
    Recovery(RecoveryVerdict),
    /// An integrity item ended.
    Integrity(CheckResult),
    /// A cleanup item ended.
    Cleanup(CheckResult),
    /// The run ended.
    Finished(Box<Verdict>),
}

/// How a phase goes, once a second. Where two deployments are loaded in turn, users, rate and p95 are those of the one that
/// is loaded, the failures those of both, and criteria and gauges those of the head, by all of its slices until now.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The phase.
    pub phase: String,
    /// What it is doing.
    pub stage: Stage,
    /// Users at work.
    pub users: u32,
    /// Requests per second over the last second.
    pub rate: f64,
    /// 95th percentile of latency over the last ten seconds.
    pub p95: Option<Duration>,
    /// Failures since the phase began.
    pub failures: u64,
    /// The share of the phase's planned time that has passed, from 0 to 1.
    pub share: f64,
    /// Until the end of the ladder as planned.
    pub left: Duration,
    /// How criteria and gauges stand; empty unless [`super::Setup::watched`], and where the load is not one of the ladder.
    pub standing: Standing,
}
