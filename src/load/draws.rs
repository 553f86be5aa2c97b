//! Seeded randomness: the same seed gives each user the same rows, values and think times whatever the timing.

use std::hash::{BuildHasher, RandomState};

use fastrand::Rng;

/// One user's sources, apart from each other, so that a step that could not be sent shifts nothing else.
#[derive(Debug)]
pub(super) struct Draws {
    /// Which row an iteration works on.
    pub(super) rows: Rng,
    /// Think times and the place in the cycle.
    pub(super) pauses: Rng,
    /// `random.int` and `random.uuid`.
    pub(super) values: Rng,
    /// Trace ids: never the same again, whatever the seed, because the app's tracing may know those of an earlier run.
    pub(super) traces: Rng,
}

impl Draws {
    /// The sources of a user (from 0) in a phase of a run; `chance` is [`chance`] of this load.
    pub(super) fn of(seed: u64, phase: u32, user: u32, chance: u64) -> Self {
        let source = |purpose: u64| Rng::with_seed(mix(&[seed, u64::from(phase), u64::from(user), purpose]));
        let traces = Rng::with_seed(mix(&[seed, u64::from(phase), u64::from(user), 4, chance]));
        Self { rows: source(1), pauses: source(2), values: source(3), traces }
    }
}

/// What no seed decides: other bits at each call, from the keys that the system gives each process.
pub(super) fn chance() -> u64 {
    RandomState::new().hash_one(0)
}

/// The source that deals scenarios to the users of a phase.
pub(super) fn dealer(seed: u64, phase: u32) -> Rng {
    Rng::with_seed(mix(&[seed, u64::from(phase)]))
}

/// The source of Poisson arrivals in a part of a phase.
pub(super) fn arrivals(seed: u64, part: Part) -> Rng {
    Rng::with_seed(mix(&[seed, part as u64]))
}

/// The seed of the arrivals of a phase, of its so many-th window; users draw from seeds of their own.
pub(super) fn arrivals_seed(seed: u64, phase: u32, round: u32) -> u64 {
    mix(&[seed, u64::from(phase), u64::from(round), ARRIVALS])
}

/// Sets the seed of the arrivals apart from others with as many parts: a user's has a purpose in this place.
const ARRIVALS: u64 = u64::MAX;

/// A part of a phase with arrivals of its own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Warmup,
    Window,
}

/// Folds numbers into a seed; close numbers give unrelated seeds (the finalizer of `SplitMix64`, Steele et al. 2014).
fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9E37_79B9_7F4A_7C15, |state, part| {
        let mut z = (state ^ part).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::{Draws, chance};

    #[test]
    fn a_user_draws_the_same_again_and_others_draw_something_else() {
        let first = |seed, phase, user| Draws::of(seed, phase, user, 0).rows.u64(..);
        assert_eq!(first(1, 2, 3), first(1, 2, 3));
        for other in [(2, 2, 3), (1, 3, 3), (1, 2, 4), (3, 2, 1)] {
            assert_ne!(first(1, 2, 3), first(other.0, other.1, other.2));
        }
    }

    #[test]
    fn the_sources_are_apart() {
        let mut draws = Draws::of(1, 1, 1, 0);
        let mut shifted = Draws::of(1, 1, 1, 0);
        shifted.values.u64(..);
        assert_eq!(draws.rows.u64(..), shifted.rows.u64(..));
        assert_ne!(draws.rows.u64(..), draws.pauses.u64(..));
    }

    #[test]
    fn only_trace_ids_are_others_with_the_same_seed() {
        let [mut first, mut second] = [0, 1].map(|_| Draws::of(1, 1, 1, chance()));
        assert_ne!(first.traces.u128(..), second.traces.u128(..));
        assert_eq!(first.values.u64(..), second.values.u64(..));
    }
}
