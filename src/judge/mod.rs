//! The decision: from measurements to a verdict. No clock, no I/O, no async, and it cannot fail.
//!
//! [`phase`] judges one phase as soon as it ended; [`conclude`] makes the [`Verdict`] of the run, from which every
//! report, the exit code and everything published follows.

pub mod comparison;
mod outcome;
mod statistics;
mod verdict;

pub use outcome::{Band, Ending, Level, Outcome};
pub use verdict::{
    BreakingPoint, CheckResult, EndpointVerdict, Finding, Generator, Lateness, Milliseconds, MonitorVerdict,
    PhaseVerdict, RecoveryVerdict, Regression, Totals, Verdict,
};
