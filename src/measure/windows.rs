//! The measured requests of each second and endpoint, for measurements.json.

use std::{collections::BTreeMap, time::Duration};

use super::{Histogram, Sample, Window, histogram::micros, recent::whole, recorder::Added, times::Times};
use crate::plan::{EndpointId, FailureKind};

/// A second older than this, by the newest one seen, is frozen to text. Longer than the default timeout, so that few
/// samples come late.
const OPEN: u32 = 15;

/// The measured requests by second and endpoint. Old seconds are kept as compressed text only; a late sample opens one
/// again.
#[derive(Debug, Default)]
pub(super) struct Windows {
    open: BTreeMap<(u32, EndpointId), Open>,
    frozen: BTreeMap<(u32, EndpointId), Window>,
}

#[derive(Debug, Default)]
struct Open {
    requests: u64,
    failures: u64,
    errors: BTreeMap<FailureKind, u64>,
    answered: Option<Duration>,
    /// When each success ended, since the start of the second.
    answers: Times,
    latency: Times,
    service: Times,
    added: Times,
}

impl Windows {
    pub(super) fn count(&mut self, sample: &Sample) {
        let open = self.at(sample.intended, sample.endpoint);
        open.requests += 1;
        open.failures += u64::from(sample.failure.is_some());
        if let Some(kind) = sample.failure {
            *open.errors.entry(kind).or_default() += 1;
        }
        if sample.timed() {
            open.latency.push(micros(sample.latency));
            open.service.push(micros(sample.service));
        }
    }

    /// Counts a success in the second of its last byte.
    pub(super) fn complete(&mut self, sample: &Sample) {
        let ended = sample.ended();
        let open = self.at(ended, sample.endpoint);
        open.answers.push(offset(ended));
        open.answered = earlier(open.answered, Some(ended));
    }

    pub(super) fn add(&mut self, added: &Added) {
        self.at(added.at, added.endpoint).added.push(micros(added.latency));
    }

    /// Freezes the seconds that are over.
    pub(super) fn freeze_old(&mut self) {
        let Some(((newest, _), _)) = self.open.last_key_value() else { return };
        let still_open = self.open.split_off(&(newest.saturating_sub(OPEN), EndpointId(0)));
        for (key, open) in std::mem::replace(&mut self.open, still_open) {
            self.freeze(key, &open);
        }
    }

    /// All of them in order of time, then endpoint.
    pub(super) fn finish(mut self) -> Vec<Window> {
        for (key, open) in std::mem::take(&mut self.open) {
            self.freeze(key, &open);
        }
        self.frozen.into_values().collect()
    }

    /// Successes of an endpoint that ended at a moment or later: to half a millisecond where a second has many. Within a
    /// second that is frozen nothing is told apart; it counts as before the moment then.
    pub(super) fn completed_since(&self, moment: Duration, endpoint: EndpointId) -> u64 {
        let second = whole(moment);
        let within = self.open.get(&(second, endpoint)).map_or(0, |open| open.answers.from(offset(moment)));
        let later = (second.saturating_add(1), EndpointId(0))..;
        let of = |key: &(u32, EndpointId)| key.1 == endpoint;
        let open = self.open.range(later.clone()).filter(|(key, _)| of(key)).map(|(_, open)| open.answers.count());
        let frozen = self.frozen.range(later).filter(|(key, _)| of(key)).map(|(_, window)| window.completed);
        within + open.chain(frozen).sum::<u64>()
    }

    fn at(&mut self, time: Duration, endpoint: EndpointId) -> &mut Open {
        self.open.entry((whole(time), endpoint)).or_default()
    }

    fn freeze(&mut self, (second, endpoint): (u32, EndpointId), open: &Open) {
        let frozen = self.frozen.entry((second, endpoint)).or_insert_with(|| Window {
            second,
            endpoint,
            requests: 0,
            failures: 0,
            errors: BTreeMap::new(),
            completed: 0,
            answered: None,
            latency: String::new(),
            service: String::new(),
            added: String::new(),
        });
        frozen.requests += open.requests;
        frozen.failures += open.failures;
        frozen.completed += open.answers.count();
        frozen.answered = earlier(frozen.answered, open.answered);
        for (kind, count) in &open.errors {
            *frozen.errors.entry(*kind).or_default() += count;
        }
        extend(&mut frozen.latency, &open.latency);
        extend(&mut frozen.service, &open.service);
        extend(&mut frozen.added, &open.added);
    }
}

/// The part of a moment beyond its whole second.
fn offset(moment: Duration) -> u32 {
    moment.subsec_micros()
}

fn earlier(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    one.into_iter().chain(other).min()
}

/// Adds times to an encoded histogram.
fn extend(encoded: &mut String, times: &Times) {
    if times.is_empty() {
        return;
    }
    let mut histogram = Histogram::decode(encoded).expect("it was encoded by us");
    times.add_to(&mut histogram);
    *encoded = histogram.encode();
}
