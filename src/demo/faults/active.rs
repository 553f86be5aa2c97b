//! The faults at work: what they have done so far, and what they do to the next request.

use std::time::{Duration, Instant};

use super::spread::Spread;
use super::{Faults, Struggle};

/// What the faults do to one request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::demo) struct Decision {
    pub(in crate::demo) reset: bool,
    pub(in crate::demo) delay: Duration,
    pub(in crate::demo) status: Option<u16>,
    pub(in crate::demo) dribble: Option<Duration>,
}

/// The switches with their counters; made anew whenever the switches are set.
#[derive(Debug)]
pub(in crate::demo) struct ActiveFaults {
    faults: Faults,
    random: fastrand::Rng,
    delays: Vec<Spread>,
    errors: Vec<Spread>,
    resets: Vec<Spread>,
    slow_bodies: Vec<Spread>,
    broken_login: Spread,
    lose_writes: Spread,
    corrupt_writes: Spread,
    first_request: Option<Instant>,
    let_in: u64,
    refused_once: bool,
    struggling: bool,
}

impl ActiveFaults {
    pub(in crate::demo) fn new(faults: Faults, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        Self {
            delays: faults.delay.iter().map(|rule| Spread::new(rule.on.share, &mut random)).collect(),
            errors: faults.errors.iter().map(|rule| Spread::new(rule.on.share, &mut random)).collect(),
            resets: faults.reset.iter().map(|rule| Spread::new(rule.on.share, &mut random)).collect(),
            slow_bodies: faults.slow_body.iter().map(|rule| Spread::new(rule.on.share, &mut random)).collect(),
            broken_login: Spread::new(faults.broken_login, &mut random),
            lose_writes: Spread::new(faults.lose_writes, &mut random),
            corrupt_writes: Spread::new(faults.corrupt_writes, &mut random),
            faults,
            random,
            first_request: None,
            let_in: 0,
            refused_once: false,
            struggling: false,
        }
    }

    pub(in crate::demo) fn switches(&self) -> &Faults {
        &self.faults
    }

    /// Counts the periods of the stall from the next request on.
    pub(in crate::demo) fn anchor_anew(&mut self) {
        self.first_request = None;
    }

    /// Notes that a request of the load arrived, so that the periods of the stall are counted from the first.
    pub(in crate::demo) fn arrived(&mut self, now: Instant) {
        self.first_request.get_or_insert(now);
    }

    /// The time until the app moves again; zero outside a freeze.
    pub(in crate::demo) fn frozen_for(&self, now: Instant) -> Duration {
        match (self.faults.stall, self.first_request) {
            (Some(stall), Some(first)) => stall.rest(now.saturating_duration_since(first)),
            _ => Duration::ZERO,
        }
    }

    /// Whether this request closes the app. A refusal happens once for each time that it is set.
    pub(in crate::demo) fn refuses(&mut self) -> bool {
        let Some(refusal) = self.faults.refuse else {
            return false;
        };
        self.let_in += 1;
        if self.refused_once || self.let_in <= refusal.after {
            return false;
        }
        self.refused_once = true;
        true
    }

    /// Decides what happens to a request on `path` while `crowd` requests, this one included, are in the app.
    pub(in crate::demo) fn decide(&mut self, path: &str, crowd: usize) -> Decision {
        let mut decision = Decision::default();
        let random = &mut self.random;
        for (rule, spread) in self.faults.reset.iter().zip(&mut self.resets) {
            decision.reset |= rule.on.path.matches(path) && spread.hits(random);
        }
        for (rule, spread) in self.faults.delay.iter().zip(&mut self.delays) {
            if rule.on.path.matches(path) && spread.hits(random) {
                decision.delay += rule.by;
            }
        }
        for (rule, spread) in self.faults.errors.iter().zip(&mut self.errors) {
            if rule.on.path.matches(path) && spread.hits(random) {
                decision.status.get_or_insert(rule.status);
            }
        }
        for (rule, spread) in self.faults.slow_body.iter().zip(&mut self.slow_bodies) {
            if rule.on.path.matches(path) && spread.hits(random) {
                decision.dribble.get_or_insert(rule.over);
            }
        }
        self.struggle(crowd, &mut decision);
        decision
    }

    /// Whether a good login is answered with the login page.
    pub(in crate::demo) fn breaks_login(&mut self) -> bool {
        self.broken_login.hits(&mut self.random)
    }

    /// Whether an acknowledged write is lost.
    pub(in crate::demo) fn loses_write(&mut self) -> bool {
        self.lose_writes.hits(&mut self.random)
    }

    /// Whether a write is stored wrong.
    pub(in crate::demo) fn corrupts_write(&mut self) -> bool {
        self.corrupt_writes.hits(&mut self.random)
    }

    fn struggle(&mut self, crowd: usize, decision: &mut Decision) {
        let Some(no_recovery) = self.faults.no_recovery else {
            return;
        };
        self.struggling |= crowd > no_recovery.above;
        if !self.struggling {
            return;
        }
        match no_recovery.then {
            Struggle::Slow(by) => decision.delay += by,
            Struggle::Fail(status) => {
                decision.status.get_or_insert(status);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ActiveFaults, Decision};
    use crate::demo::Faults;

    fn active(json: &str) -> ActiveFaults {
        ActiveFaults::new(serde_json::from_str::<Faults>(json).expect("faults"), 1)
    }

    #[test]
    fn delays_that_match_add_up_and_others_do_not() {
        let mut active = active(r#"{"delay": ["/a=20ms", "/a*=5ms", "/b=1s", "*=1ms"]}"#);
        assert_eq!(active.decide("/a", 1).delay, Duration::from_millis(26));
        assert_eq!(active.decide("/ab", 1).delay, Duration::from_millis(6));
        assert_eq!(active.decide("/c", 1).delay, Duration::from_millis(1));
    }

    #[test]
    fn metrics_is_touched_only_by_its_own_name() {
        let mut any = active(r#"{"errors": ["*=500", "/m*=500"]}"#);
        assert_eq!(any.decide("/metrics", 1), Decision::default());
        let mut named = active(r#"{"errors": ["/metrics=503"]}"#);
        assert_eq!(named.decide("/metrics", 1).status, Some(503));
    }

    #[test]
    fn an_app_that_was_crowded_once_never_recovers() {
        let mut active = active(r#"{"no_recovery": "3=503"}"#);
        assert_eq!(active.decide("/", 3).status, None);
        assert_eq!(active.decide("/", 4).status, Some(503));
        assert_eq!(active.decide("/", 1).status, Some(503));
    }

    #[test]
    fn a_refusal_lets_its_number_in_and_happens_once() {
        let mut active = active(r#"{"refuse": "2/1s"}"#);
        let refused: Vec<bool> = (0..5).map(|_| active.refuses()).collect();
        assert_eq!(refused, [false, false, true, false, false]);
    }
}
