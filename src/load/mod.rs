//! The load: users of the closed model, slots of the open one, on threads that share nothing but a few counters.
//!
//! [`start`] brings up K workers: threads, each with a current-thread runtime; [`workers`] says how many a load is given.
//! User k belongs to worker k modulo K and
//! never moves; it is one local task that owns its connection, its cookie jar and its seeded random sources. The
//! workers record for themselves and hand over a batch once a second; [`Running`] merges the batches, tells how the
//! phase goes, stops it and gives its measurements. [`once`] is a single pass of one user without load, [`log_in`]
//! its login alone.
//! A [`Sitting`] keeps its users logged in between several windows.
//!
//! What is pure stands apart: `schedule` says who starts when, `slots` when the iterations of a rate do, `staffing` how many
//! workers there are, `course` how far the phase is.

mod alarm;
mod audit;
mod clock;
mod course;
mod defect;
mod diagnosis;
mod draws;
mod ledger;
mod login;
mod pool;
mod prepare;
mod quote;
mod recipe;
mod rehearsal;
mod render;
mod running;
mod schedule;
mod sitting;
mod slots;
mod staffing;
mod user;
mod walk;
mod worker;

use std::sync::Arc;

use crate::{
    client::Origin,
    plan::{Phase, Plan},
};

pub use audit::limits;
use audit::raise_descriptor_limit;
pub use defect::{Defect, attempt, caught};
pub use login::Doubt;
pub use quote::{Quote, confidential};
pub use rehearsal::{Exchange, Rehearsal, log_in, once};
pub use running::{Running, Stage, Tick};
pub use sitting::Sitting;
pub use staffing::{default_workers, workers};

/// What one phase needs to run.
#[derive(Debug, Clone)]
pub struct Job {
    /// The scenarios and endpoints.
    pub plan: Arc<Plan>,
    /// Load, windows and rows; recovery passes one of its own making.
    pub phase: Phase,
    /// Which load of the run it is: part of every user's seed.
    pub phase_index: u32,
    /// Where the load goes.
    pub origin: Arc<Origin>,
    /// The run's seed.
    pub seed: u64,
    /// Threads, as [`workers`] says; at least 1, more than users are not used.
    pub workers: usize,
    /// Whether the window may be extended while it runs ([`Running::extend`]).
    pub extends: bool,
}

/// Starts the load of a phase: fresh users with ids from 1, new connections, empty cookie jars.
///
/// # Panics
///
/// When the machine cannot start a thread.
#[expect(clippy::needless_pass_by_value, reason = "a job is for one phase and is not used again")]
pub fn start(job: Job) -> Running {
    raise_descriptor_limit();
    Running::start(&job)
}

#[cfg(test)]
mod tests;
