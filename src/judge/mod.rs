//! The decision: from measurements to a verdict. No clock, no I/O, no async, and it cannot fail.
//!
//! [`phase`] judges one phase as soon as it ended; [`conclude`] makes the [`Verdict`] of the run, from which every
//! report, the exit code and everything published follows.

mod assessment;
mod breaking;
pub mod calibration;
mod changes;
pub mod comparison;
mod criterion;
mod diagnosis;
mod early;
mod endpoints;
mod evidence;
mod generator;
mod headline;
mod monitors;
mod outage;
mod outcome;
mod pauses;
mod phase;
mod recovery;
pub mod regression;
mod run;
mod standing;
mod statistics;
mod stopping;
mod verdict;
mod waiver;

pub use breaking::breaking_point;
pub use changes::{Group, groups, ranked, short_commit};
pub use diagnosis::{Resource, Seen, diagnose, statements};
pub use early::{FIRST_LOOK, extension_decides, failed_early};
pub use evidence::PhaseEvidence;
pub use outage::outages;
pub use outcome::{Band, Ending, Level, Outcome};
pub use phase::{ANSWERS, LOGGED_IN, ends_ladder, lost, not_run, phase};
pub use recovery::{RECOVERY_SPAN, RecoverySpan, recovery};
pub use run::{DEFECT, Extent, Interruption, RunEvidence, conclude};
pub use standing::{GaugeStanding, Standing, standing};
pub use stopping::{patience, stopped_answering};
pub use verdict::{
    Anchored, Arrivals, Bottleneck, BreakingPoint, Cause, CheckResult, Comparison, ComparisonMode, Creep, Crossing,
    Cut, CutShort, DEMO, Diagnosis, EndpointVerdict, Finding, FirstError, Generator, GrownStatement, Lacked, Lateness,
    Longest, Machine, Milliseconds, MonitorVerdict, Onset, Order, Outage, PhaseVerdict, Plateau, RecoveryVerdict,
    Regime, Regression, Rising, SCHEMA, Saturation, Source, SourceFile, StageVerdict, StatementVerdict, TimeSplit,
    Times, Totals, TraceVerdict, Verdict, Waiting,
};
pub use waiver::{Waived, Waiver};

#[cfg(test)]
mod tests;
