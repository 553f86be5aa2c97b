//! `success_rate > 99%`, `error_rate < 2%`: a share of the intended requests.

use std::cmp::Ordering;

use super::{Bound, Counts, in_bursts, most_at};
use crate::judge::{
    assessment::{Assessment, Decision, Side, Sureness},
    evidence::{Most, Selection},
    statistics::{Allowed, Proportion, Tally},
};
use crate::plan::Op;
use crate::units::number;

/// Which share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rate {
    /// Of requests that succeeded.
    Success,
    /// Of requests that failed.
    Error,
}

/// The requests that count against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Against {
    Failures,
    Successes,
}

/// Judges a rate.
pub(super) fn assess(selection: &Selection<'_>, rate: Rate, bound: Bound) -> Assessment {
    let limit = bound.number();
    let (against, allowed) = allowed(rate, bound);
    let spans = tallies(selection, against);
    let Some(proportion) = Proportion::new(spans, selection.requests(), selection.look()) else {
        return Assessment::without_data(limit, "1", "No request was made, so there is nothing to judge.".to_owned());
    };
    let same = (rate == Rate::Error) == (against == Against::Failures);
    let decision = decide(&proportion, allowed, bound.op);
    let failures = selection.failures();
    let requests = proportion.n();
    let most = selection.most(|row| row.measured.failures());
    let counts = allowed.number() > 0.0 && allowed.number() < 1.0 && bound.op != Op::Equal;
    let as_rate = |share: f64| if same { share } else { 1.0 - share };
    let interval = counts
        .then(|| proportion.interval())
        .map(|[low, high]| if same { [low, high] } else { [as_rate(high), as_rate(low)] });
    let because = [
        what_was_seen(rate, bound, failures, requests),
        if against == Against::Failures && selection.summary().is_none() {
            in_bursts(proportion.bursts(allowed.number()))
        } else {
            String::new()
        },
        if counts { how_sure(selection, decision, &proportion, allowed.number()) } else { String::new() },
        most_at(most.as_ref(), selection.names()),
        example(selection, most.as_ref()),
    ]
    .concat();
    let broken = matches!(decision, Decision::Decided(Side::Breaks, _) | Decision::Uncertain(Side::Breaks));
    Assessment {
        decision,
        observed: Some(observed(rate, failures, requests)),
        limit,
        unit: "1",
        interval,
        samples: requests,
        because,
        worst: most.filter(|_| broken).map(Into::into),
    }
}

/// The requests that count against the limit, and the share of them that it allows: `success_rate > 99%` says that failures
/// are less than 1 %; `error_rate > 10%` that successes are less than 90 %.
fn allowed(rate: Rate, bound: Bound) -> (Against, Allowed) {
    let limit = bound.number();
    let against = match (rate, bound.op) {
        (Rate::Success, Op::Greater | Op::GreaterOrEqual) | (Rate::Error, Op::Less | Op::LessOrEqual | Op::Equal) => {
            Against::Failures
        }
        (Rate::Success, Op::Equal) if limit >= 1.0 => Against::Failures,
        _ => Against::Successes,
    };
    let same = (rate == Rate::Error) == (against == Against::Failures);
    (against, if same { Allowed::share(limit) } else { Allowed::rest(limit) })
}

fn tallies(selection: &Selection<'_>, against: Against) -> Vec<Tally> {
    selection.spans(|_, span| Tally {
        n: span.requests,
        x: match against {
            Against::Failures => span.failures,
            Against::Successes => span.requests - span.failures,
        },
    })
}

/// The requests that count against a rate's limit; empty for `==`, which no share breaks by being larger.
pub(super) fn counts(selection: &Selection<'_>, rate: Rate, bound: Bound) -> Vec<Counts> {
    if bound.op == Op::Equal {
        return Vec::new();
    }
    let (against, allowed) = allowed(rate, bound);
    let spans = tallies(selection, against);
    let made = spans.iter().map(|span| span.n).collect();
    vec![Counts { spans, made, allowed: allowed.number() }]
}

fn what_was_seen(rate: Rate, bound: Bound, failures: u64, requests: u64) -> String {
    format!(
        "{} of {} failed ({}): {} was {}, the limit is {} {}.",
        number::count(failures),
        number::counted(requests, "request"),
        number::share(failures as f64 / requests as f64),
        match rate {
            Rate::Success => "success_rate",
            Rate::Error => "error_rate",
        },
        number::beside(observed(rate, failures, requests), bound.number(), "1"),
        bound.op.symbol(),
        number::limit(bound.number(), "1"),
    )
}

fn observed(rate: Rate, failures: u64, requests: u64) -> f64 {
    let part = match rate {
        Rate::Success => requests - failures,
        Rate::Error => failures,
    };
    part as f64 / requests as f64
}

fn decide(proportion: &Proportion, allowed: Allowed, op: Op) -> Decision {
    let share = allowed.number();
    let order = allowed.compare(proportion.x(), proportion.n());
    let side = Side::of(match op {
        Op::Less | Op::Greater => order == Ordering::Less,
        Op::LessOrEqual | Op::GreaterOrEqual => order != Ordering::Greater,
        Op::Equal => order == Ordering::Equal,
    });
    // No request, or every request, may count against the limit: that is a count of events, and one decides.
    if share <= 0.0 || (share >= 1.0 && matches!(op, Op::LessOrEqual | Op::GreaterOrEqual)) {
        return Decision::Decided(side, Sureness::Certain);
    }
    let certain = match side {
        _ if op == Op::Equal => return Decision::Decided(side, Sureness::Observed),
        Side::Holds => proportion.certainly_below(share),
        Side::Breaks => proportion.certainly_above(share),
    };
    if certain { Decision::Decided(side, Sureness::Certain) } else { Decision::Uncertain(side) }
}

/// How sure a share is, as a sentence.
pub(super) fn how_sure(selection: &Selection<'_>, decision: Decision, proportion: &Proportion, allowed: f64) -> String {
    if selection.summary().is_some() {
        return " Not certain: when requests failed is not known.".to_owned();
    }
    let [low, high] = proportion.interval().map(|end| number::beside(end, allowed, "1"));
    let between = format!("the share lies between {low} and {high}");
    let limit = number::limit(allowed, "1");
    if selection.interrupted() {
        return format!(" So far {between}.");
    }
    match decision {
        Decision::Decided(_, Sureness::Certain) => format!(" Certain: {between}."),
        // What stopped the phase is said behind this, and had been certain.
        _ if selection.failed_early() => format!(" So far {between}."),
        _ if !proportion.can_decide(allowed) => format!(
            " Not certain: these count as {}, too few to be certain about {}.",
            number::counted(proportion.effective().floor() as u64, "independent request"),
            limit
        ),
        Decision::Uncertain(Side::Holds) if proportion.interval()[1] < allowed => {
            format!(" Not certain: {between}, but too much of it stands in two spans of the window.")
        }
        _ => format!(" Not certain: {between}."),
    }
}

/// What a failure looked like at the endpoint with the most of them.
pub(in crate::judge) fn example(selection: &Selection<'_>, most: Option<&Most>) -> String {
    let Some(Most { name, .. }) = most else { return String::new() };
    let examples = selection.rows.iter().filter(|row| row.name == *name).flat_map(|row| &row.measured.examples);
    examples
        .map(|example| example.trim_end_matches('.'))
        .next()
        .map_or_else(String::new, |example| format!(" For example: {example}."))
}
