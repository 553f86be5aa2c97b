//! A share of requests: how often a fault hits.

use std::fmt;
use std::str::FromStr;

use super::FaultError;
use crate::units::{Percent, Quantity};

/// The share of requests that a fault hits, 0 to 100 %; written `5%`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share(f64);

impl Share {
    /// Every request.
    pub const ALL: Self = Self(1.0);

    /// A share from percent, brought into 0 to 100; what is no number is 0.
    #[must_use]
    pub fn percent(percent: f64) -> Self {
        Self(if percent.is_nan() { 0.0 } else { percent.clamp(0.0, 100.0) / 100.0 })
    }
}

impl FromStr for Share {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let share = Percent::read(text).map(Percent::fraction).filter(|share| *share <= 1.0);
        share.map(Self).ok_or_else(|| FaultError {
            text: text.into(),
            what: "a share",
            form: "a number from 0 to 100 with a percent sign",
            example: "5%",
        })
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Percent::from_fraction(self.0).fmt(f)
    }
}

/// Deals a share's hits over the requests as they come: after n requests there were n times the share, give or take one,
/// at random places, so that a cycle of requests never falls in step with the fault.
#[derive(Debug)]
pub(super) struct Spread {
    share: Share,
    seen: u64,
    hits: u64,
    next: u64,
}

impl Spread {
    pub(super) fn new(share: Share, random: &mut fastrand::Rng) -> Self {
        let mut spread = Self { share, seen: 0, hits: 0, next: 0 };
        spread.next = spread.place(random);
        spread
    }

    /// Counts one request and says whether the fault hits it.
    pub(super) fn hits(&mut self, random: &mut fastrand::Rng) -> bool {
        let this = self.seen;
        self.seen += 1;
        if this < self.next {
            return false;
        }
        self.hits += 1;
        // Two hits that fall on one request are dealt to neighbours.
        self.next = self.place(random).max(self.seen);
        true
    }

    /// The request on which the hit number `hits` falls: a random place in its own stretch of 1/share requests.
    fn place(&self, random: &mut fastrand::Rng) -> u64 {
        if self.share.0 == 0.0 {
            return u64::MAX;
        }
        ((self.hits as f64 + random.f64()) / self.share.0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::{Share, Spread};

    #[test]
    fn hits_are_the_share_give_or_take_one_at_every_length() {
        for share in ["0%", "1%", "5%", "33%", "50%", "90%", "100%"] {
            let mut random = fastrand::Rng::with_seed(7);
            let share: Share = share.parse().expect("a share");
            let mut spread = Spread::new(share, &mut random);
            let mut hits = 0_u32;
            for n in 1..=2_000 {
                hits += u32::from(spread.hits(&mut random));
                let expected = f64::from(n) * share.0;
                assert!((f64::from(hits) - expected).abs() <= 1.0, "{share} after {n}: {hits}");
            }
        }
    }

    #[test]
    fn hits_do_not_march_in_step_with_a_cycle_of_four() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut spread = Spread::new(Share::percent(5.0), &mut random);
        let mut per_step = [0_u32; 4];
        for n in 0..4_000 {
            per_step[n % 4] += u32::from(spread.hits(&mut random));
        }
        assert!(per_step.iter().all(|hits| (25..=75).contains(hits)), "{per_step:?}");
    }
}
