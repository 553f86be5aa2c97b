//! How many workers a load is given: as few as send it with ease, and never more than the machine has cores for.
//!
//! What is measured must not depend on the machine that the load comes from, and two things are known to a worker only of
//! its own users. A silence is longer than ten of its mean gaps: with 200 starts a second those are 50 ms, which a silence
//! has to last anyway, so that no stall is lost to a worker with few users. And a slot is taken by one of its own users:
//! where those are few, a slow answer makes slots wait that users of other workers could have taken.

use std::{num::NonZero, thread};

use crate::{
    client::Origin,
    plan::{Load, Pacing, Phase, Plan, Scenario},
};

/// Requests per second for each worker: more than half of it where there are several. A worker manages a hundred times as
/// many over open connections, and twice as many where each opens a connection with TLS.
const REQUESTS: f64 = 500.0;

/// Users of the closed model for each worker. Those who never pause are answered as fast as their worker can go, so that
/// they are not left to a single one; and no worker has more TLS handshakes at once than take 10 ms.
const CROWD: f64 = 16.0;

/// Users of a pool for each worker: enough to make up for each other's slow answers.
const POOL: f64 = 32.0;

/// How many workers a target should be loaded from at most: the cores that may be used, less one when the target runs on
/// the same machine, at least one.
pub fn default_workers(origin: &Origin) -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    if origin.is_loopback() { (cores - 1).max(1) } else { cores }
}

/// How many workers send a phase's load: at least one, `most` at most.
pub fn workers(plan: &Plan, phase: &Phase, most: usize) -> usize {
    let wanted = match phase.load {
        Load::Open { rate, users, .. } => {
            let steps = mean(plan, |scenario| scenario.steps.len() as f64);
            (rate * steps / REQUESTS).min(f64::from(users) / POOL)
        }
        Load::Closed { users, .. } => {
            let users = f64::from(users);
            (users * mean(plan, frequency) / REQUESTS).min(users / CROWD)
        }
    };
    (wanted.ceil() as usize).clamp(1, most.max(1))
}

/// Requests per second of a user who is answered at once; infinite without a pause.
fn frequency(scenario: &Scenario) -> f64 {
    let pause = match scenario.pacing {
        Pacing::Think { low, high } => (low + high) / 2,
        Pacing::Pace(pace) => pace,
    };
    scenario.steps.len() as f64 / pause.as_secs_f64()
}

/// The mean over a plan's users.
fn mean(plan: &Plan, of: impl Fn(&Scenario) -> f64) -> f64 {
    let weights: f64 = plan.scenarios.iter().map(|scenario| f64::from(scenario.weight)).sum();
    plan.scenarios.iter().map(|scenario| of(scenario) * f64::from(scenario.weight) / weights).sum()
}
