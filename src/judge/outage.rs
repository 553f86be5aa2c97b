//! Outages: seconds in which no request succeeded. Recovery, after the load, is another matter.

use std::{collections::BTreeMap, time::Duration};

use super::{Outage, PhaseEvidence};
use crate::plan::FailureKind;

/// Fewer failures are bad luck, not an outage.
const FEWEST: u64 = 3;

/// What happened in one second since the phase's origin, over all steps.
#[derive(Debug, Clone, Default)]
struct Second {
    /// Requests that were meant to start in it.
    requests: u64,
    /// Failures among them.
    failures: u64,
    /// Those of them that were never sent, which say nothing about the app.
    unsent: u64,
    /// Successful answers that ended in it.
    completed: u64,
    /// When the first of them came.
    answered: Option<Duration>,
    errors: BTreeMap<String, u64>,
}

impl Second {
    /// Requests were sent and failed, and none succeeded.
    fn is_failing(&self) -> bool {
        self.failures > self.unsent && self.completed == 0
    }

    /// More failed than succeeded: the second in which an outage began or ended.
    fn mostly_fails(&self) -> bool {
        self.failures > self.completed
    }
}

/// The outages of a phase, in order of time.
///
/// A failing second is one in which requests that were sent failed and none succeeded; failures count by the second in which they
/// were meant to start, successes by that of their last byte. The second before it belongs to it where more failed than
/// succeeded. Failing seconds without a success in between are one outage. It ends with the first answer after it, where
/// that comes in the next second, or was awaited meanwhile, as when an app that was started again takes connections and is
/// not ready yet; else with its last failing second. Fewer than three failures are none.
pub fn outages(name: &str, evidence: PhaseEvidence<'_>) -> Vec<Outage> {
    let Some(start) = evidence.measurements.window_start else { return Vec::new() };
    let seconds = seconds(&evidence);
    let (Some((&first, _)), Some((&last, _))) = (seconds.first_key_value(), seconds.last_key_value()) else {
        return Vec::new();
    };
    let at = |second: u32| seconds.get(&second).cloned().unwrap_or_default();
    let mut found = Vec::new();
    let mut second = first;
    while second <= last {
        if !at(second).is_failing() {
            second += 1;
            continue;
        }
        let from = if second > first && at(second - 1).mostly_fails() { second - 1 } else { second };
        let End { last: failing, answer } = end(second, last, &at);
        let to = answer.unwrap_or_else(|| Duration::from_secs(u64::from(failing) + 1));
        let mut errors: BTreeMap<String, u64> = BTreeMap::new();
        // Requests that were in flight when it began may have been meant to start in the second before.
        for (kind, count) in (second.saturating_sub(1).max(first)..=failing).flat_map(|second| at(second).errors) {
            *errors.entry(kind).or_default() += count;
        }
        if errors.values().sum::<u64>() >= FEWEST {
            let from_s = (f64::from(from) - start.as_secs_f64()).max(0.0);
            let to_s = to.saturating_sub(start).as_secs_f64();
            let over = (failing..=last).any(|later| at(later).completed > 0);
            found.push(Outage { phase: name.to_owned(), from_s, to_s, seconds: to_s - from_s, over, errors });
        }
        second = failing + 1;
    }
    found
}

/// Where an outage ends.
struct End {
    /// The last second in which requests failed before the first answer.
    last: u32,
    /// When that came, if it says when the app was back.
    answer: Option<Duration>,
}

fn end(first: u32, last: u32, at: &dyn Fn(u32) -> Second) -> End {
    let (mut failing, mut awaited) = (first, 0_u64);
    for second in first..=last {
        let now = at(second);
        if now.completed > 0 {
            let answer = now.answered.filter(|_| awaited > 0 || second == failing + 1);
            let failing = if now.mostly_fails() { second } else { failing };
            return End { last: failing, answer };
        }
        if now.failures > 0 {
            failing = second;
        }
        awaited += now.requests.saturating_sub(now.failures);
    }
    End { last: failing, answer: None }
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
        second.answered = second.answered.into_iter().chain(window.answered).min();
        for (kind, count) in &window.errors {
            if *kind == FailureKind::Unsent {
                second.unsent += count;
            }
            *second.errors.entry(kind.key().to_owned()).or_default() += count;
        }
    }
    seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_with_more_failures_than_requests_is_none_with_something_awaited() {
        let seconds = |second: u32| match second {
            0 => Second { requests: 1, failures: 2, ..Second::default() },
            _ => Second { completed: 1, answered: Some(Duration::from_millis(2_500)), ..Second::default() },
        };
        let End { last, answer } = end(0, 2, &|second| if second == 1 { Second::default() } else { seconds(second) });
        assert_eq!((last, answer), (0, None));
    }
}
