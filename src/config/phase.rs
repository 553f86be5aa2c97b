//! `phases` and `recovery`: the ladder.

use std::time::Duration;

use serde::Deserialize;

use super::{Located, OneOrMany, located::plain_fields};
use crate::units::{Percent, Rate, Stage};

/// One rung of the ladder: `users` (closed model) or `rate` (open model), for a time, with what must hold.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Its name.
    pub name: Located<String>,
    /// Closed model: so many users, each waiting for its answers; `10..100 over 2m` for users who come one after the other,
    /// in a list for several stages. Open model: the pool (default 10 x rate).
    pub users: Option<OneOrMany<Located<Stage<u32>>>>,
    /// Users started per second: 3/s. Default: all within a second; of the open model the rate.
    pub spawn_rate: Option<Located<Rate>>,
    /// Open model: iterations started per second, whatever the app does: 200/s; `50/s..500/s over 2m` for a rate that
    /// changes, in a list for several stages.
    pub rate: Option<OneOrMany<Located<Stage<Rate>>>>,
    /// Open model: when the iterations of a rate start. Default constant.
    pub arrivals: Option<Located<Arrivals>>,
    /// Load before the measured window. Default 0s.
    pub warmup: Option<Located<Duration>>,
    /// The measured window.
    pub duration: Located<Duration>,
    /// Datasets that users draw rows from.
    #[serde(default)]
    pub data: OneOrMany<Located<String>>,
    /// What must hold. A plain line blocks; `{warn: ...}` only warns.
    #[serde(default)]
    pub criteria: Vec<Criterion>,
}

/// When the iterations of a rate start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Arrivals {
    /// At even distances.
    #[default]
    Constant,
    /// Independently of each other, as people do who know nothing of each other: a Poisson process of this rate.
    Poisson,
}

/// What must hold of a phase: `p95(not auth) < 500ms`, `success_rate > 99%`, `no 5xx`, `database.connections < 80%`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// Only warns.
    Warn(Located<String>),
    /// Fails the phase.
    #[serde(rename = "$bare")]
    #[cfg_attr(test, schemars(untagged))]
    Block(Located<String>),
}

/// After the last phase that ran: does the app come back?
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Recovery {
    /// They run the first phase's scenarios and data. Default 2.
    pub users: Option<Located<u32>>,
    /// Longest time to recover. Default 60s.
    pub within: Option<Located<Duration>>,
    /// How far p50 may stay above its level. Default 20%.
    pub tolerance: Option<Located<Percent>>,
}

/// A choice of phases and times: `run --profile NAME`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The phases of this profile, in the order of the ladder. Default: all.
    pub phases: Option<Vec<Located<String>>>,
    /// Shortens windows and warm-ups to not below 5 s (nor lengthens any) and multiplies spawn rates by at most 10.
    /// Default 1.
    pub time_scale: Option<Located<f64>>,
    /// Whether an uncertain phase is measured once more. Default true.
    pub extend: Option<Located<bool>>,
}

plain_fields!(Phase, Arrivals);
