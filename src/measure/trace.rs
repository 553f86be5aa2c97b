//! Requests that are kept one by one, with the id by which the app's own tracing knows them.

use std::{fmt, time::Duration};

use crate::plan::FailureKind;

/// So many of the slowest requests are kept of an endpoint.
const SLOWEST: usize = 5;

/// So many of the first failures of each kind are kept of an endpoint.
const FAILED: usize = 5;

/// The trace id of a request (W3C Trace Context), never zero; it prints as 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(pub u128);

impl fmt::Display for TraceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

impl TraceId {
    /// Reads what was printed.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u128::from_str_radix(text, 16).ok().filter(|id| digits && *id != 0).map(Self)
    }
}

/// One request with its trace id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// Its id.
    pub id: TraceId,
    /// When it was meant to start, since the phase's origin.
    pub at: Duration,
    /// Its latency.
    pub latency: Duration,
    /// The answer's status, if there was an answer.
    pub status: Option<u16>,
    /// `None` is success.
    pub failure: Option<FailureKind>,
}

/// The slowest successes and the first failures of each kind, of one endpoint. Bounded whatever the number of requests,
/// and the same in whatever order they come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traces {
    /// At most five, the slowest first.
    pub slowest: Vec<Trace>,
    /// At most five of each kind, in order of time.
    pub failed: Vec<Trace>,
}

impl Traces {
    /// Adds a request, if it is one of those.
    pub fn add(&mut self, trace: Trace) {
        let Some(kind) = trace.failure else {
            let order = |one: &Trace| (std::cmp::Reverse(one.latency), one.at, one.id.0);
            let at = self.slowest.partition_point(|known| order(known) < order(&trace));
            if at < SLOWEST {
                self.slowest.truncate(SLOWEST - 1);
                self.slowest.insert(at, trace);
            }
            return;
        };
        let order = |one: &Trace| (one.at, one.id.0);
        let at = self.failed.partition_point(|known| order(known) < order(&trace));
        let of_kind = |traces: &[Trace]| traces.iter().filter(|known| known.failure == Some(kind)).count();
        if of_kind(&self.failed[..at]) >= FAILED {
            return;
        }
        self.failed.insert(at, trace);
        if of_kind(&self.failed) > FAILED
            && let Some(last) = self.failed.iter().rposition(|known| known.failure == Some(kind))
        {
            self.failed.remove(last);
        }
    }

    /// Adds others.
    pub fn merge(&mut self, other: Self) {
        other.slowest.into_iter().chain(other.failed).for_each(|trace| self.add(trace));
    }

    /// Failures in order of time, then the slowest.
    pub fn all(&self) -> impl Iterator<Item = &Trace> {
        self.failed.iter().chain(&self.slowest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn trace((id, latency, failure): (u32, u32, u8)) -> Trace {
        let kinds = [None, None, Some(FailureKind::Timeout), Some(FailureKind::Check)];
        Trace {
            id: TraceId(u128::from(id) + 1),
            at: Duration::from_millis(u64::from(id)),
            latency: Duration::from_micros(u64::from(latency)),
            status: None,
            failure: kinds[usize::from(failure) % 4],
        }
    }

    proptest! {
        #[test]
        fn keeps_the_slowest_and_the_first_failures_in_any_order(
            latencies in prop::collection::vec((0_u32..50, 0_u8..4), 0..60),
            parts in 1_usize..5,
        ) {
            let all: Vec<Trace> = latencies.iter().zip(0..).map(|((latency, kind), id)| trace((id, *latency, *kind))).collect();
            let mut kept = Traces::default();
            for part in (0..parts).rev() {
                let mut some = Traces::default();
                all.iter().skip(part).step_by(parts).for_each(|trace| some.add(*trace));
                kept.merge(some);
            }
            let mut slowest: Vec<Trace> = all.iter().copied().filter(|trace| trace.failure.is_none()).collect();
            slowest.sort_by_key(|trace| (std::cmp::Reverse(trace.latency), trace.at));
            slowest.truncate(SLOWEST);
            prop_assert_eq!(kept.slowest, slowest);
            for kind in [FailureKind::Timeout, FailureKind::Check] {
                let of_kind = |traces: &[Trace]| -> Vec<Trace> {
                    traces.iter().copied().filter(|trace| trace.failure == Some(kind)).collect()
                };
                let mut first = of_kind(&all);
                first.truncate(FAILED);
                prop_assert_eq!(of_kind(&kept.failed), first);
            }
        }
    }

    #[test]
    fn an_id_reads_back() {
        let id = TraceId(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
        assert_eq!(id.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(TraceId::parse(&id.to_string()), Some(id));
        for text in [
            "",
            "00000000000000000000000000000000",
            "0af7651916cd43dd8448eb211c80319",
            "+af7651916cd43dd8448eb211c80319c",
        ] {
            assert_eq!(TraceId::parse(text), None, "{text}");
        }
    }
}
