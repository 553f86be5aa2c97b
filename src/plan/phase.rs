//! Phases: the rungs of the ladder.

use std::{sync::Arc, time::Duration};

use super::{Criterion, Place, Row};

/// One rung of the ladder, already scaled by the profile's `time_scale`.
#[derive(Debug, Clone)]
pub struct Phase {
    /// Its name, unique in the plan.
    pub name: String,
    /// Users or rate.
    pub load: Load,
    /// Load before the measured window.
    pub warmup: Duration,
    /// The measured window.
    pub duration: Duration,
    /// The rows of its datasets, concatenated; a user draws one for each iteration, uniformly. Empty only if no
    /// template uses `data`.
    pub rows: Arc<[Row]>,
    /// Names of those datasets as written, for reports.
    pub data: Vec<String>,
    /// At least one.
    pub criteria: Vec<Criterion>,
    /// The line of its name.
    pub place: Place,
}

/// How much load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Load {
    /// Closed model: each user waits for its answer. User k (from 0) starts at k / `spawn_rate`.
    Closed {
        /// At least 1.
        users: u32,
        /// Users started per second.
        spawn_rate: f64,
    },
    /// Open model: iterations start on a schedule, whatever the app does.
    Open {
        /// Iterations per second.
        rate: f64,
        /// The pool of users; default 10 x rate, at most 10,000.
        users: u32,
        /// Users logged in per second during the ramp; default: `rate`. Without login steps there is no ramp.
        spawn_rate: f64,
    },
}

impl Load {
    /// Users of the closed model, the pool of the open one.
    pub fn users(&self) -> u32 {
        match self {
            Self::Closed { users, .. } | Self::Open { users, .. } => *users,
        }
    }

    /// Users started per second during the ramp.
    pub fn spawn_rate(&self) -> f64 {
        match self {
            Self::Closed { spawn_rate, .. } | Self::Open { spawn_rate, .. } => *spawn_rate,
        }
    }
}

/// The longest that the ramp waits for logins after the last user's start.
pub const LOGIN_PATIENCE: Duration = Duration::from_secs(60);

/// The longest that answers of monitors are awaited after a load.
pub const LAST_READINGS: Duration = Duration::from_secs(5);
