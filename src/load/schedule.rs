//! Who starts when: pure functions of elapsed time, so that nothing drifts.

use std::time::Duration;

use fastrand::Rng;

use crate::plan::ScenarioId;

/// When a user (from 0) starts, since the phase's origin.
pub(super) fn user_start(user: u32, spawn_rate: f64) -> Duration {
    seconds(f64::from(user) / spawn_rate)
}

/// The start of a user's pace slot (from 0), where its first is at `first`.
pub(super) fn pace_slot(first: Duration, pace: Duration, number: u32) -> Duration {
    first.saturating_add(pace.saturating_mul(number))
}

/// A pause drawn uniformly from `low..=high`.
pub(super) fn think(low: Duration, high: Duration, random: &mut Rng) -> Duration {
    let spread = u64::try_from(high.saturating_sub(low).as_nanos()).unwrap_or(u64::MAX - 1);
    low + Duration::from_nanos(random.u64(0..=spread))
}

/// A random part of a user's cycle, so that users never march in step.
pub(super) fn part_of(cycle: Duration, random: &mut Rng) -> Duration {
    cycle.mul_f64(random.f64())
}

/// The scenario of each user: shares by weight as exact as whole users allow, in an order drawn from `random`.
pub(super) fn scenarios(weights: &[u32], users: u32, random: &mut Rng) -> Vec<ScenarioId> {
    let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    let mut given = vec![0_u64; weights.len()];
    let mut order = Vec::with_capacity(users as usize);
    for user in 1..=u64::from(users) {
        // The scenario that is furthest behind its share gets the user; ties go to the first.
        let behind =
            |index: usize| i128::from(u64::from(weights[index]) * user) - i128::from(given[index]) * i128::from(total);
        let Some(next) = (0..weights.len()).rev().max_by_key(|&index| behind(index)) else { break };
        given[next] += 1;
        order.push(ScenarioId(u32::try_from(next).expect("scenarios are numbered by u32")));
    }
    random.shuffle(&mut order);
    order
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fastrand::Rng;
    use proptest::{collection::vec, prop_assert, prop_assert_eq, proptest};

    use super::{scenarios, think, user_start};

    #[test]
    fn equal_weights_share_users_equally() {
        let order = scenarios(&[1, 1], 10, &mut Rng::with_seed(7));
        assert_eq!(order.iter().filter(|id| id.0 == 0).count(), 5);
    }

    #[test]
    fn the_seed_decides_the_order() {
        let order = |seed| scenarios(&[3, 2, 1], 60, &mut Rng::with_seed(seed));
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
    }

    proptest! {
        #[test]
        fn users_start_in_order_and_evenly(user in 0_u32..100_000, rate in 0.1_f64..1000.0) {
            let gap = user_start(user + 1, rate).checked_sub(user_start(user, rate));
            prop_assert!(gap.is_some_and(|gap| (gap.as_secs_f64() - 1.0 / rate).abs() < 1e-6));
        }

        #[test]
        fn a_think_time_is_within_its_range(low in 0_u64..10_000, spread in 0_u64..10_000, seed: u64) {
            let (low, high) = (Duration::from_micros(low), Duration::from_micros(low + spread));
            let pause = think(low, high, &mut Rng::with_seed(seed));
            prop_assert!(low <= pause && pause <= high);
        }

        #[test]
        fn shares_are_exact_to_one_user(weights in vec(1_u32..50, 1..6), users in 0_u32..300, seed: u64) {
            let order = scenarios(&weights, users, &mut Rng::with_seed(seed));
            prop_assert_eq!(order.len(), users as usize);
            let total: u32 = weights.iter().sum();
            for (index, weight) in weights.iter().enumerate() {
                let given = order.iter().filter(|id| id.0 as usize == index).count() as f64;
                let share = f64::from(users) * f64::from(*weight) / f64::from(total);
                prop_assert!((given - share).abs() < weights.len() as f64, "{} of {}", given, share);
            }
        }
    }
}
