//! Where latency or errors rose first.

use super::seen::{Seen, failed};
use crate::judge::{BreakingPoint, EndpointVerdict, Onset, Rising};

/// Latency has risen when its mean is this many times that of the first phase ...
pub(super) const RISE: f64 = 1.5;

/// ... and longer by so many milliseconds: what doubles from 2 ms to 4 ms troubles nobody.
pub(super) const LEAST_RISE_MS: f64 = 20.0;

/// Errors have risen when their share is larger by this much than in the first phase ...
const ERRORS: f64 = 0.01;

/// ... and there are so many of them.
const FEWEST_ERRORS: u64 = 3;

/// Means over fewer requests are not compared. Not more, because a phase that broke is often stopped early.
pub(super) const FEWEST: u64 = 5;

/// The endpoint whose latency or errors rose first, against the first phase.
///
/// Where a phase broke, it is the endpoint of the breaking point: the limits of the failed criteria say what matters. The
/// phase is then the first one in which that endpoint rose, at the latest the one that broke.
pub(super) fn onset(seen: &[Seen<'_>], point: Option<&BreakingPoint>) -> Option<Onset> {
    let broke = point.and_then(|point| Some((point, point.first_endpoint.as_deref()?)));
    let Some((point, name)) = broke else {
        return seen.iter().find_map(|phase| first_of(seen, phase));
    };
    let at = seen.iter().position(|phase| phase.name() == point.phase)?;
    let earliest = seen[..=at].iter().find_map(|phase| Some((phase, rise(seen, phase, phase.endpoint(name)?)?)));
    let (phase, rise) = earliest.unwrap_or_else(|| {
        // The first failure may be another endpoint's.
        let failed = seen[at].endpoint(name).is_some_and(|now| now.failures > 0);
        let rising = if point.first_error.is_some() && failed { Rising::Errors } else { Rising::Latency };
        let after = seen[at].first_failure(name).filter(|_| rising == Rising::Errors);
        (&seen[at], Rise { rising, after, times: 1.0 })
    });
    Some(told(seen, phase, name, &rise))
}

/// How an endpoint rose in a phase.
struct Rise {
    rising: Rising,
    after: Option<f64>,
    /// How many times its latency in the first phase it has; errors have no measure of this kind.
    times: f64,
}

/// The endpoint that rose first in this phase; of those within the same second the one that rose most.
fn first_of(seen: &[Seen<'_>], phase: &Seen<'_>) -> Option<Onset> {
    let all: Vec<_> =
        phase.endpoints().filter_map(|endpoint| Some((&endpoint.name, rise(seen, phase, endpoint)?))).collect();
    let second = |rise: &Rise| rise.after.map_or(f64::INFINITY, f64::floor);
    let before = |a: &Rise, b: &Rise| second(a).total_cmp(&second(b)).then(b.times.total_cmp(&a.times));
    let (name, first) = all.iter().min_by(|(_, a), (_, b)| before(a, b))?;
    Some(told(seen, phase, name, first))
}

/// Whether, how and when an endpoint rose in a phase.
fn rise(seen: &[Seen<'_>], phase: &Seen<'_>, now: &EndpointVerdict) -> Option<Rise> {
    let first = seen.first()?;
    let same = first.name() == phase.name();
    let before = first.endpoint(&now.name).filter(|_| !same);
    let slower = before.and_then(|before| {
        let [was, is] = [before, now].map(|of| of.latency_ms.mean.filter(|_| of.requests >= FEWEST));
        let (was, is) = (was?, is?);
        let limit = limit(was);
        let after = || phase.first_slow_second(&now.name, limit);
        (is >= limit).then(|| Rise { rising: Rising::Latency, after: after(), times: is / was.max(1.0) })
    });
    let usual = before.and_then(failed).unwrap_or_default();
    let failing = now.failures >= FEWEST_ERRORS && failed(now).is_some_and(|share| share >= usual + ERRORS);
    let failing = failing.then(|| Rise { rising: Rising::Errors, after: phase.first_failure(&now.name), times: 1.0 });
    match (slower, failing) {
        (Some(slower), Some(failing)) => {
            let earlier = failing.after.unwrap_or(f64::INFINITY) < slower.after.unwrap_or(f64::INFINITY);
            Some(if earlier { failing } else { slower })
        }
        (slower, failing) => slower.or(failing),
    }
}

/// Whether latency has risen against the first phase. Where a phase broke, its endpoint may have been as slow before.
pub(super) fn risen(onset: &Onset) -> bool {
    let [before, now] = onset.latency_ms;
    before.zip(now).is_some_and(|(before, now)| now >= limit(before))
}

/// From which mean on a time has risen, in milliseconds.
pub(super) fn limit(before: f64) -> f64 {
    (before * RISE).max(before + LEAST_RISE_MS)
}

fn told(seen: &[Seen<'_>], phase: &Seen<'_>, name: &str, rise: &Rise) -> Onset {
    let first = seen.first().filter(|first| first.name() != phase.name());
    let now = phase.endpoint(name);
    let pair = |of: &dyn Fn(&EndpointVerdict) -> Option<f64>| {
        [first.and_then(|first| first.endpoint(name)).and_then(of), now.and_then(of)]
    };
    let others = phase.endpoints().filter(|other| other.name != name && self::rise(seen, phase, other).is_some());
    Onset {
        endpoint: name.to_owned(),
        rising: rise.rising,
        phase: phase.name().to_owned(),
        load: phase.load(),
        after_s: rise.after,
        against: first.map(|first| first.name().to_owned()),
        latency_ms: pair(&|of| of.latency_ms.mean),
        service_ms: pair(&|of| of.service_ms.mean),
        failed: pair(&failed),
        others: others.count() as u32,
    }
}
