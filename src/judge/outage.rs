//! Outages: seconds in which the app did not answer. Recovery, after the load, is another matter.

use std::collections::BTreeMap;

use super::{Outage, PhaseEvidence};

/// Fewer failures are bad luck, not an outage.
const FEWEST: u64 = 3;

/// What happened in one second since the phase's origin, over all steps.
#[derive(Debug, Clone, Default)]
struct Second {
    /// Requests that were meant to start in it.
    requests: u64,
    /// Failures among them.
    failures: u64,
    /// Successful answers that ended in it.
    completed: u64,
    errors: BTreeMap<String, u64>,
}

impl Second {
    /// Requests failed and none succeeded.
    fn dead(&self) -> bool {
        self.failures > 0 && self.completed == 0
    }

    /// More failed than succeeded: the second in which an outage began or ended.
    fn torn(&self) -> bool {
        self.failures > self.completed
    }
}

/// The outages of a phase, in order of time.
///
/// A failing second is one in which requests failed and no answer succeeded; failures count by the second in which they
/// were meant to start, successes by that of their last byte. With it go the seconds next to it in which more failed than
/// succeeded, and those after it in which nothing happened although requests were awaited that were answered later, as when
/// an app that was started again takes connections and is not ready yet. Failing seconds without a success in between are
/// one outage; fewer than three failures are none.
pub fn outages(name: &str, evidence: PhaseEvidence<'_>) -> Vec<Outage> {
    let Some(start) = evidence.measurements.window_start else { return Vec::new() };
    let seconds = seconds(&evidence);
    let first = seconds.keys().next().copied().unwrap_or_default();
    let last = seconds.keys().next_back().copied().unwrap_or_default();
    let at = |second: u32| seconds.get(&second).cloned().unwrap_or_default();
    let mut found = Vec::new();
    let mut second = first;
    while second <= last && !seconds.is_empty() {
        if !at(second).dead() {
            second += 1;
            continue;
        }
        let end = end(second, last, &at);
        let from = if second > first && at(second - 1).torn() { second - 1 } else { second };
        let to = if at(end).torn() { end + 1 } else { end };
        found.extend(
            outage(name, (from, to), start.as_secs_f64(), &at)
                .map(|outage| Outage { over: (end..=last).any(|later| at(later).completed > 0), ..outage }),
        );
        second = to.max(second + 1);
    }
    found
}

/// The second after the last one without an answer.
fn end(dead: u32, last: u32, at: &dyn Fn(u32) -> Second) -> u32 {
    let (mut end, mut second, mut awaited) = (dead + 1, dead, 0_u64);
    while second <= last {
        let now = at(second);
        if now.completed > 0 {
            // What was silent before it belongs to the outage where somebody waited.
            return if awaited > 0 { second } else { end };
        }
        if now.failures > 0 {
            end = second + 1;
        }
        awaited += now.requests - now.failures;
        second += 1;
    }
    end
}

fn outage(name: &str, (from, to): (u32, u32), start: f64, at: &dyn Fn(u32) -> Second) -> Option<Outage> {
    let mut errors: BTreeMap<String, u64> = BTreeMap::new();
    for (kind, count) in (from..to).flat_map(|second| at(second).errors) {
        *errors.entry(kind).or_default() += count;
    }
    let [from_s, to_s] = [from, to].map(|second| (f64::from(second) - start).max(0.0));
    let outage = Outage { phase: name.to_owned(), from_s, to_s, seconds: to_s - from_s, over: false, errors };
    (outage.errors.values().sum::<u64>() >= FEWEST).then_some(outage)
}

/// The seconds of the window, login left out.
fn seconds(evidence: &PhaseEvidence<'_>) -> BTreeMap<u32, Second> {
    let mut seconds: BTreeMap<u32, Second> = BTreeMap::new();
    let logins = &evidence.measurements.layout.logins;
    let steps =
        evidence.measurements.windows.iter().filter(|w| !logins.get(w.endpoint.index()).copied().unwrap_or(false));
    for window in steps {
        let second = seconds.entry(window.second).or_default();
        second.requests += window.requests;
        second.failures += window.failures;
        second.completed += window.completed;
        for (kind, count) in &window.errors {
            *second.errors.entry(kind.key().to_owned()).or_default() += count;
        }
    }
    seconds
}
