//! The corridor: walks from the target to the verdict, and speaks to the outside only in [`Event`]s.
//!
//! [`run`] is the whole of it, and `corridor` reads like the run: wait until the target is ready, do the preflight
//! checklist, climb the ladder, measure again what would block as a regression, watch the recovery, look at integrity,
//! clean up, conclude. A phase begins only after the verdict on the one before. What each part needs is in `Walk`, what
//! happened so far is in `Record`.
//!
//! Nothing that the app does ends the gate: it becomes a finding. Nothing hangs: each part is bounded by timeouts of its
//! own. A signal or the deadline ([`Stop`]) drops whatever is being done; what a load measured until then is judged as the
//! part that it is, cleanup gets 2 s, and the verdict says `interrupted`.
//!
//! A dry run ([`Extent::DryRun`]) does preflight and one pass of one user through every scenario. The passes stand behind
//! the checklist's own items; a failed one makes the run not ready (exit code 3). Else the outcome is passed (exit code
//! 0), with every phase not run, and marked as what it is.
//!
//! [`Extent::DryRun`]: crate::judge::Extent::DryRun

mod apps;
mod calibrate;
mod checks;
mod confirm;
mod corridor;
mod drive;
mod event;
mod foreign;
mod interleaved;
mod ladder;
mod output;
mod record;
mod recovery;
mod ruler;
mod selftest;
mod setup;
mod staging;
mod started;
mod stop;
mod turns;

#[cfg(test)]
mod tests;

pub use calibrate::{Calibrated, calibrate};
pub use corridor::run;
pub use event::{Event, Progress};
pub use foreign::{ForeignRun, judge_foreign};
pub use selftest::{Judges, Proof, Proven, Recorded, Selftest, selftest};
pub use setup::{Against, BaseLatency, Finished, GateError, MeasuredPhase, Rehearsed, Setup, Stored};
pub use started::LOGS;
pub use stop::{Stop, StopSwitch};

pub use crate::load::Stage;
