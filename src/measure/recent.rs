//! The last seconds, for progress, recovery and the stop when nothing answers.

use std::{collections::BTreeMap, time::Duration};

use super::{Sample, histogram::micros};

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
    /// Requests that ended in these seconds, whenever they were intended.
    pub ended: u64,
    /// Failures among those. The target answers nothing when all of them failed.
    pub ended_failures: u64,
}

/// What happened in the last [`KEPT`] seconds, second by second.
#[derive(Debug, Default)]
pub(super) struct Seconds {
    seconds: BTreeMap<u32, Second>,
}

#[derive(Debug, Default)]
struct Second {
    requests: u64,
    failures: u64,
    ended: u64,
    ended_failures: u64,
    /// Latencies of timed requests in microseconds.
    latencies: Vec<u32>,
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
        let second = self.at(sample.ended());
        second.ended += 1;
        second.ended_failures += failed;
    }

    /// Forgets what is older than anyone looks back.
    pub(super) fn prune(&mut self) {
        if let Some((newest, _)) = self.seconds.last_key_value() {
            self.seconds = self.seconds.split_off(&newest.saturating_sub(KEPT));
        }
    }

    pub(super) fn between(&self, from: Duration, to: Duration) -> Recent {
        let mut sum = Recent::default();
        let mut latencies = Vec::new();
        for (_, second) in self.seconds.range(whole(from)..whole(to).max(whole(from))) {
            sum.requests += second.requests;
            sum.failures += second.failures;
            sum.ended += second.ended;
            sum.ended_failures += second.ended_failures;
            latencies.extend_from_slice(&second.latencies);
        }
        sum.p50 = quantile(&mut latencies, 50);
        sum.p95 = quantile(&mut latencies, 95);
        sum
    }

    fn at(&mut self, time: Duration) -> &mut Second {
        self.seconds.entry(whole(time)).or_default()
    }
}

/// Whole seconds since the phase's origin.
pub(super) fn whole(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

fn quantile(values: &mut [u32], percent: usize) -> Option<Duration> {
    let rank = (values.len() * percent).div_ceil(100).checked_sub(1)?;
    let (_, value, _) = values.select_nth_unstable(rank);
    Some(Duration::from_micros(u64::from(*value)))
}
