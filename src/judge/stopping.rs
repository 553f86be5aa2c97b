//! When a phase stops early: nobody answers any more (docs/decisions.md section 1).

use std::time::Duration;

use crate::measure::Recent;
use crate::plan::{Count, Level, Limit, Metric, Op, Phase, Subject};

/// Chance that an app which keeps its criterion is taken for one that stopped answering.
const ERROR: f64 = 1e-6;

/// Failures in a row that are needed where no criterion says how many are allowed: a share of a quarter is assumed.
const ASSUMED: f64 = 0.25;

/// How long every request has to fail before the phase stops: 5 s, or 10 s where it has no blocking success criterion.
pub fn patience(phase: &Phase) -> Duration {
    Duration::from_secs(if allowed_failures(phase).is_some() { 5 } else { 10 })
}

/// Whether the target stopped answering: every request that ended within the last [`patience`] failed.
///
/// `recent` covers exactly that time, so it may only be asked for when the phase has lasted that long. Phases that allow
/// failures are never stopped for having them: there have to be so many failures in a row that an app which just keeps
/// its criterion would show them once in a million times.
pub fn stopped_answering(phase: &Phase, recent: &Recent) -> bool {
    let share = allowed_failures(phase).unwrap_or(ASSUMED).clamp(ERROR, 0.999);
    let needed = (ERROR.ln() / share.ln()).ceil() as u64;
    recent.ended > 0 && recent.ended_failures == recent.ended && recent.ended >= needed
}

/// The share of failures that the strictest blocking success criterion allows; `None` without one.
fn allowed_failures(phase: &Phase) -> Option<f64> {
    let blocking = phase.criteria.iter().filter(|criterion| criterion.level == Level::Block);
    blocking.filter_map(|criterion| allowed_by(&criterion.subject)).reduce(f64::min)
}

fn allowed_by(subject: &Subject) -> Option<f64> {
    match subject {
        Subject::Metric { metric: Metric::SuccessRate, op, limit: Limit::Share(share), .. } => match op {
            Op::Greater | Op::GreaterOrEqual | Op::Equal => Some(1.0 - share),
            Op::Less | Op::LessOrEqual => None,
        },
        Subject::Metric { metric: Metric::ErrorRate, op, limit: Limit::Share(share), .. } => match op {
            Op::Less | Op::LessOrEqual | Op::Equal => Some(*share),
            Op::Greater | Op::GreaterOrEqual => None,
        },
        Subject::No { count: Count::Errors, .. } => Some(0.0),
        _ => None,
    }
}
