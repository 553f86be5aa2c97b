//! Phases: the rungs of the ladder.

use std::{sync::Arc, time::Duration};

use super::{Criterion, Place, Row, Stages};
use crate::units::{Rate, number};

/// One rung of the ladder, already scaled by the profile's `time_scale`.
#[derive(Debug, Clone)]
pub struct Phase {
    /// Its name, unique in the plan.
    pub name: String,
    /// Its place among the phases of gates.yaml, from 0, whichever of them are chosen.
    pub position: u32,
    /// Users or rate; where it changes within the window, the highest.
    pub load: Load,
    /// How it changes within the window.
    pub stages: Stages,
    /// When the iterations of a rate start.
    pub arrivals: Arrivals,
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

impl Phase {
    /// Users that start before the window: all, unless their number rises within it.
    pub fn first_users(&self) -> u32 {
        match self.load {
            Load::Closed { users, .. } => self.stages.first().map_or(users, |first| first as u32),
            Load::Open { users, .. } => users,
        }
    }

    /// When a user (from 0) starts, since the start of the window; `None` for those that start before it. At every moment
    /// there are as many as the stages say, rounded.
    pub fn joins(&self, user: u32) -> Option<Duration> {
        if user < self.first_users() {
            return None;
        }
        let share = self.stages.when_level(f64::from(user) + 0.5)?;
        Some(self.duration.mul_f64(share))
    }

    /// Users, or iterations per second, so long after the window's start.
    pub fn load_at(&self, elapsed: Duration) -> f64 {
        let share = elapsed.as_secs_f64() / self.duration.as_secs_f64().max(f64::MIN_POSITIVE);
        self.stages.level(share).unwrap_or_else(|| self.load.level())
    }

    /// Users, or iterations per second, in the mean over the window.
    pub fn mean_load(&self) -> f64 {
        self.stages.mean().unwrap_or_else(|| self.load.level())
    }

    /// Its load in the words of gates.yaml: `30 users`, `10..100 users`, `50/s..500/s`.
    pub fn load_in_words(&self) -> String {
        let ends: Vec<[f64; 2]> = self.stages.iter().map(|stage| [stage.from, stage.to]).collect();
        let rate = |per_second: f64| Rate::from_per_second(per_second).to_string();
        let levels = ends.as_flattened();
        // Levels that follow one another without a change are one.
        let differing =
            levels.iter().enumerate().filter(|(at, level)| *at == 0 || levels[at - 1].to_bits() != level.to_bits());
        let levels: Vec<f64> = differing.map(|(_, level)| *level).collect();
        match self.load {
            Load::Closed { users, .. } if levels.is_empty() => format!("{} users", number::count(u64::from(users))),
            Load::Closed { .. } => {
                let levels: Vec<String> = levels.iter().map(|level| number::count(*level as u64)).collect();
                format!("{} users", levels.join(".."))
            }
            Load::Open { rate: constant, .. } if levels.is_empty() => rate(constant),
            Load::Open { .. } => levels.into_iter().map(rate).collect::<Vec<_>>().join(".."),
        }
    }
}

/// When the iterations of a rate start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Arrivals {
    /// At even distances.
    #[default]
    Constant,
    /// Independently of each other: a Poisson process.
    Poisson,
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

    /// Users of the closed model, iterations per second of the open one.
    pub fn level(&self) -> f64 {
        match self {
            Self::Closed { users, .. } => f64::from(*users),
            Self::Open { rate, .. } => *rate,
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

/// Slots of a `rate` or of a `pace` that were due within the window may still be sent for so long after its end.
pub const SLOT_GRACE: Duration = Duration::from_secs(2);

/// The longest that answers of monitors are awaited after a load.
pub const LAST_READINGS: Duration = Duration::from_secs(5);
