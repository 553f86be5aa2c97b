//! When a phase stops early: nobody answers any more (docs/decisions.md section 1).

use std::time::Duration;

use crate::measure::Unanswered;
use crate::plan::{Count, Level, Limit, Metric, Op, Phase, Subject};

/// Chance that an app which keeps its criterion is taken for one that stopped answering.
const ERROR: f64 = 1e-6;

/// The share of failures that is taken for allowed where no blocking criterion says how many are.
const ASSUMED: f64 = 0.25;

/// How long no request may have succeeded before the phase stops, at least: 5 s, or 10 s where it has no blocking success
/// criterion.
pub fn patience(phase: &Phase) -> Duration {
    Duration::from_secs(if allowed_failures(phase).is_some() { 5 } else { 10 })
}

/// Whether the target stopped answering: no request succeeded for [`patience`], and so many failed since the last success
/// that chance does not explain it, wherever they fall.
///
/// - An answer that is still awaited is not a failure. The failures have to be too many even if every request that is in
///   flight were to succeed: an app that just keeps its criterion would show them once in a million times. So a target that
///   is slow from its first answer on is not stopped, one that hangs is stopped by its timeouts, and phases that allow
///   failures are never stopped for having them.
/// - A target whose answers take longer than the patience is given as long as its slowest success within the last minute.
pub fn stopped_answering(phase: &Phase, unanswered: &Unanswered) -> bool {
    let Unanswered { since, failures, in_flight, slowest } = *unanswered;
    let allowed = allowed_failures(phase).unwrap_or(ASSUMED).clamp(ERROR, 0.999);
    since >= patience(phase).max(slowest) && chance(failures, failures + in_flight, allowed) <= ERROR
}

/// An upper bound for the chance that so many of so many requests fail when each fails with the given probability
/// (Chernoff 1952, Hoeffding 1963): exact where all of them failed.
fn chance(failures: u64, requests: u64, each: f64) -> f64 {
    let share = failures as f64 / requests.max(1) as f64;
    if share <= each {
        return 1.0;
    }
    let rest = if share < 1.0 { (1.0 - share) * ((1.0 - share) / (1.0 - each)).ln() } else { 0.0 };
    // Rounded, so that two failures with an allowance of a thousandth are once in a million times.
    let exponent = requests as f64 * (share * (share / each).ln() + rest);
    (-exponent * (1.0 + 1e-12)).exp()
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
