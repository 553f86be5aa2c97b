//! The last seconds, for progress, recovery and the stop when nothing answers.

use std::{collections::BTreeMap, time::Duration};

use super::{Sample, histogram::micros, times::Times};
use crate::plan::FailureKind;

/// Seconds that are kept; no one looks back further.
const KEPT: u32 = 60;

/// A summary over some seconds, login excluded.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Recent {
    /// Requests intended in these seconds that ended by now, success or failure.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
    /// Median latency; `None` without a timed request. Without the requests added for silences.
    pub p50: Option<Duration>,
    /// 95th percentile of latency, likewise.
    pub p95: Option<Duration>,
}

/// How it stands with the target's answers since the last success, login excluded but for `in_flight`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unanswered {
    /// From the last byte of the last success to now; before the first one, from the start of the first request that ended.
    pub since: Duration,
    /// Requests that ended as failures since then, `unsent` excluded: those are not the target's. Failures within the same
    /// second as the last success do not count.
    pub failures: u64,
    /// Requests that were sent and have not ended, logins included.
    pub in_flight: u64,
    /// The longest service time among the successes of the last minute; zero without one.
    pub slowest: Duration,
}

/// What happened in the last [`KEPT`] seconds, second by second.
#[derive(Debug, Default)]
pub(super) struct Seconds {
    kept: BTreeMap<u32, Second>,
    /// The earliest intended start of a request that ended.
    first: Option<Duration>,
    last_success: Option<Duration>,
    /// Failures by the second in which they ended, from that of the last success on. Bounded by the seconds of a phase.
    failures: BTreeMap<u32, u64>,
}

#[derive(Debug, Default)]
struct Second {
    requests: u64,
    failures: u64,
    /// The longest service time among the successes that ended in this second.
    slowest: Duration,
    /// Latencies of timed requests.
    latencies: Times,
}

impl Seconds {
    pub(super) fn count(&mut self, sample: &Sample) {
        let failed = u64::from(sample.failure.is_some());
        let second = self.at(sample.intended);
        second.requests += 1;
        second.failures += failed;
        if sample.timed() {
            second.latencies.push(micros(sample.latency));
        }
        self.answered(sample);
    }

    /// How it stands with answers, as far as batches have come.
    pub(super) fn unanswered(&self, now: Duration, in_flight: u64) -> Unanswered {
        let begin = self.last_success.or(self.first).unwrap_or(now);
        Unanswered {
            since: now.saturating_sub(begin),
            failures: self.failures.values().sum(),
            in_flight,
            slowest: self.kept.values().map(|second| second.slowest).max().unwrap_or_default(),
        }
    }

    fn answered(&mut self, sample: &Sample) {
        let ended = sample.ended();
        self.first = Some(self.first.map_or(sample.intended, |first| first.min(sample.intended)));
        match sample.failure {
            Some(FailureKind::Unsent) => {}
            Some(_) if self.last_success.is_none_or(|last| whole(last) < whole(ended)) => {
                *self.failures.entry(whole(ended)).or_default() += 1;
            }
            Some(_) => {}
            None => {
                let second = self.at(ended);
                second.slowest = second.slowest.max(sample.service);
                self.last_success = self.last_success.max(Some(ended));
                // Batches of several workers come in any order, so an older success leaves newer failures.
                self.failures = self.failures.split_off(&whole(ended).saturating_add(1));
            }
        }
    }

    /// Forgets what is older than anyone looks back.
    pub(super) fn prune(&mut self) {
        if let Some((newest, _)) = self.kept.last_key_value() {
            self.kept = self.kept.split_off(&newest.saturating_sub(KEPT));
        }
    }

    pub(super) fn between(&self, from: Duration, to: Duration) -> Recent {
        let mut sum = Recent::default();
        let mut latencies = Vec::new();
        for (_, second) in self.kept.range(whole(from)..whole(to).max(whole(from))) {
            sum.requests += second.requests;
            sum.failures += second.failures;
            latencies.push(&second.latencies);
        }
        let [p50, p95] = Times::quantiles(&latencies, [50, 95]);
        Recent { p50, p95, ..sum }
    }

    fn at(&mut self, time: Duration) -> &mut Second {
        self.kept.entry(whole(time)).or_default()
    }
}

/// Whole seconds since the phase's origin.
pub(super) fn whole(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}
