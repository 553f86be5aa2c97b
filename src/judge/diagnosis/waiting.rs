//! Queueing told from slow service.

use super::{
    onset::{FEWEST, limit, risen},
    plateau::{GROWN, growth},
    seen::Seen,
};
use crate::judge::{EndpointVerdict, Onset, PhaseVerdict, Rising, Waiting};

/// Where only one endpoint can be compared, requests queue when throughput grew by less than this part of what the load
/// did.
const HALF: f64 = 0.5;

/// Without a phase to compare with, an endpoint is slow when it takes this many times as long as the median of the others.
const SLOWER: f64 = 3.0;

/// A queue keeps everyone waiting for about as long, or, where its resource is shared out by turns, makes everyone as many
/// times slower. A rise that is less than this part of the largest one is not of the same queue ...
const PART: f64 = 0.05;

/// ... unless its factor is at least this part of that one's.
const FACTOR: f64 = 0.5;

/// Whether the requests of the phase in which latency rose waited in a queue, or the service of an endpoint itself took
/// longer; `None` where the evidence does not tell.
///
/// The rule. A queue is shared: whoever waits for a worker, a connection or the CPU waits whatever they ask for. So where
/// the load grew and the service time of at least half of the endpoints rose (by as much as latency has to, and not much
/// less than where it rose most), requests queued; where it rose at fewer, the work of those endpoints became slower. With one endpoint in all,
/// throughput decides: it queues when throughput grew by less than half of what the load did. Where latency rose and
/// service time did not, requests waited before they were sent, because every user still waited for an answer. Without
/// growing load there is no queue to explain it, so that only a minority of slow endpoints tells something; and in the
/// first phase, or where the endpoint that broke was as slow in the first phase, there is nothing but the other endpoints
/// to compare with.
///
/// Beside it stands Little's law (1961): requests in the app at a time are requests per second times service time. What is
/// more than requests per second times the first phase's service time has waited, if service itself takes as long as then.
pub(super) fn waiting(seen: &[Seen<'_>], onset: &Onset) -> Option<Waiting> {
    let phase = seen.iter().find(|phase| phase.name() == onset.phase)?;
    let first = seen.first()?;
    if onset.rising == Rising::Errors {
        return None;
    }
    if first.name() == phase.name() || !risen(onset) {
        return against_others(phase, &onset.endpoint);
    }
    let compared: Vec<[f64; 2]> = phase.endpoints().filter_map(|now| service(first, now)).collect();
    let rose = rose_together(&compared);
    let grown = first.is_like(phase) && growth([first.load(), phase.load()])? >= GROWN - 1.0;
    let queued = match (rose, compared.len()) {
        (_, 0) => return None,
        (_, 1) if phase.endpoints().count() > 1 => return None,
        (0, _) => grown.then_some(true),
        (_, 1) if grown => {
            let throughput = growth([first.verdict.throughput?, phase.verdict.throughput?])?;
            Some(throughput < HALF * growth([first.load(), phase.load()])?)
        }
        (_, 1) => Some(false),
        (rose, all) if rose * 2 >= all => grown.then_some(true),
        _ => Some(false),
    }?;
    let both = [first, phase];
    let service_ms = both.map(|of| of.verdict.service_ms.mean);
    Some(Waiting {
        queued,
        phase: phase.name().to_owned(),
        against: Some(first.name().to_owned()),
        service_ms,
        in_app: both.map(in_app),
        rose: [rose as u32, compared.len() as u32],
    })
}

/// So many service times rose, of those before and now: by as much as latency has to, and as the largest rise did.
fn rose_together(compared: &[[f64; 2]]) -> usize {
    let rise = |[before, now]: &[f64; 2]| now - before;
    let factor = |[before, now]: &[f64; 2]| now / before.max(f64::MIN_POSITIVE);
    let Some(most) = compared.iter().max_by(|a, b| rise(a).total_cmp(&rise(b))) else { return 0 };
    let risen = compared.iter().filter(|one| one[1] >= limit(one[0]));
    risen.filter(|one| rise(one) >= PART * rise(most) || factor(one) >= FACTOR * factor(most)).count()
}

/// Requests in the app at a time, by Little's law. Those that succeeded count by their start: what a phase that was stopped
/// early still answered came after what was measured.
fn in_app(phase: &Seen<'_>) -> Option<f64> {
    let PhaseVerdict { requests, failures, duration_s, service_ms, .. } = phase.verdict;
    (*duration_s > 0.0).then_some((requests - failures) as f64 / duration_s * service_ms.mean? / 1e3)
}

/// Mean service time of an endpoint, in the first phase and in this one.
fn service(first: &Seen<'_>, now: &EndpointVerdict) -> Option<[f64; 2]> {
    let before = first.endpoint(&now.name)?;
    let mean = |of: &EndpointVerdict| of.service_ms.mean.filter(|_| of.requests >= FEWEST);
    Some([mean(before)?, mean(now)?])
}

/// The first phase: an endpoint that takes much longer than the others do.
fn against_others(phase: &Seen<'_>, name: &str) -> Option<Waiting> {
    let mean = |of: &EndpointVerdict| of.service_ms.mean.filter(|_| of.requests >= FEWEST);
    let own = phase.endpoint(name).and_then(mean)?;
    let mut others: Vec<f64> = phase.endpoints().filter(|other| other.name != name).filter_map(mean).collect();
    others.sort_by(f64::total_cmp);
    let median = *others.get(others.len().checked_sub(1)? / 2)?;
    (own >= SLOWER * median && own >= limit(median)).then(|| Waiting {
        queued: false,
        phase: phase.name().to_owned(),
        against: None,
        service_ms: [Some(median), Some(own)],
        in_app: [None, in_app(phase)],
        rose: [1, others.len() as u32 + 1],
    })
}
