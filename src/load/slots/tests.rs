//! Slots lie where the rate says, whatever the number of workers, and nothing drifts.

use std::time::Duration;

use proptest::{prop_assert, prop_assert_eq, proptest};

use super::{Slots, Way};
use crate::plan::{Stage, Stages};

fn slots(rate: f64, warmup: Duration, duration: Duration) -> Slots {
    Slots { rate, stages: Stages::default(), seed: None, window_start: Duration::from_secs(1000), warmup, duration }
}

fn staged(levels: &[(f64, f64, f64)], duration: u64) -> Slots {
    let stages = levels.iter().map(|&(from, to, share)| Stage { from, to, share }).collect();
    let stages = Stages::of(stages);
    Slots { stages, ..slots(levels[0].0, Duration::ZERO, Duration::from_secs(duration)) }
}

/// All slots of one worker, since the start of the window in seconds; negative in the warm-up.
fn times(slots: &Slots, worker: u32, workers: u32) -> Vec<f64> {
    let start = slots.window_start.as_secs_f64();
    let mut way = Way::of(slots.clone(), worker, workers);
    let mut times = Vec::new();
    while let Some(time) = way.next() {
        times.push(time.as_secs_f64() - start);
        way.advance();
    }
    assert_eq!(way.passed(), times.iter().filter(|time| **time >= 0.0).count() as u64);
    times
}

fn within(slots: &Slots) -> Vec<f64> {
    times(slots, 0, 1).into_iter().filter(|time| *time >= 0.0).collect()
}

#[test]
fn twenty_seconds_at_two_hundred_are_four_thousand_slots() {
    let times = times(&slots(200.0, Duration::from_secs(2), Duration::from_secs(20)), 0, 1);
    assert_eq!(times.len(), 4400);
    for (slot, at) in [(0, -2.0), (400, 0.0), (401, 0.005), (4399, 19.995)] {
        assert!((times[slot] - at).abs() < 1e-9, "{slot}: {}", times[slot]);
    }
}

#[test]
fn rounding_adds_no_slot() {
    // 0.1 * 30 is more than 3 in binary fractions.
    assert_eq!(within(&slots(30.0, Duration::ZERO, Duration::from_millis(100))).len(), 3);
    assert_eq!(within(&slots(1.0, Duration::ZERO, Duration::from_millis(500))).len(), 1);
}

#[test]
fn an_extended_window_goes_on_where_it_ended() {
    for seed in [None, Some(7)] {
        let short = Slots { seed, ..slots(200.0, Duration::from_secs(1), Duration::from_secs(5)) };
        let long = times(&Slots { duration: Duration::from_secs(10), ..short.clone() }, 0, 1);
        let mut way = Way::of(short, 0, 1);
        let mut seen = Vec::new();
        while let Some(time) = way.next() {
            seen.push(time.as_secs_f64() - 1000.0);
            way.advance();
        }
        assert!(way.extend(Duration::from_secs(10)) && !way.extend(Duration::from_secs(10)));
        while let Some(time) = way.next() {
            seen.push(time.as_secs_f64() - 1000.0);
            way.advance();
        }
        assert_eq!(seen, long);
    }
}

#[test]
fn a_rising_rate_has_as_many_slots_as_its_area() {
    // 50/s to 500/s within 2 minutes, then a minute at 500/s.
    let rising = staged(&[(50.0, 500.0, 2.0 / 3.0), (500.0, 500.0, 1.0 / 3.0)], 180);
    let times = within(&rising);
    assert!((times.len() as f64 - (275.0 * 120.0 + 500.0 * 60.0)).abs() <= 1.0, "{}", times.len());
    for (second, slots) in [(0, 50.0 + 1.875), (60, 275.0 + 1.875), (119, 500.0 - 1.875), (150, 500.0)] {
        let second = f64::from(second);
        let seen = times.iter().filter(|at| (second..second + 1.0).contains(*at)).count() as f64;
        assert!((seen - slots).abs() <= 1.0, "second {second}: {seen}, not {slots}");
    }
}

#[test]
fn a_rate_may_begin_and_end_with_nothing() {
    let peak = staged(&[(0.0, 100.0, 0.5), (100.0, 0.0, 0.5)], 20);
    let times = within(&peak);
    assert!((999..=1001).contains(&times.len()), "{}", times.len());
    assert!(times[0].abs() < 1e-9 && (times[1] - 0.447).abs() < 0.001, "{:?}", &times[..2]);
}

#[test]
fn poisson_arrivals_have_the_rate_and_the_spread_of_a_poisson_process() {
    let poisson = Slots { seed: Some(11), ..slots(500.0, Duration::ZERO, Duration::from_secs(400)) };
    let times = within(&poisson);
    let n = times.len() as f64;
    // The number has mean and variance 200,000; five standard deviations are 2,236.
    assert!((n - 200_000.0).abs() < 2_236.0, "{n}");
    // Numbers in equal cells have a variance of their mean, here 5: its estimate from 40,000 cells is within 4 %.
    let mut cells = vec![0.0_f64; 40_000];
    for at in &times {
        cells[(at * 100.0) as usize] += 1.0;
    }
    let mean = n / 40_000.0;
    let variance = cells.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 39_999.0;
    assert!((variance / mean - 1.0).abs() < 0.04, "{}", variance / mean);
    // Distances are exponential: a share of exp(-x) is longer than x means; five standard errors are 0.0056.
    let distances: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]) * 500.0).collect();
    for x in [0.1, 0.5, 1.0, 2.0, 4.0] {
        let longer = distances.iter().filter(|distance| **distance > x).count() as f64 / n;
        assert!((longer - f64::exp(-x)).abs() < 0.0056, "{x}: {longer}");
    }
}

#[test]
fn poisson_arrivals_follow_stages() {
    let rising = Slots { seed: Some(3), ..staged(&[(0.0, 1000.0, 0.5), (200.0, 200.0, 0.5)], 200) };
    let times = within(&rising);
    for (from, to, expected) in [(0.0, 50.0, 12_500.0_f64), (50.0, 100.0, 37_500.0), (100.0, 200.0, 20_000.0)] {
        let seen = times.iter().filter(|at| (from..to).contains(*at)).count() as f64;
        assert!((seen - expected).abs() < 5.0 * expected.sqrt(), "{from} to {to}: {seen}");
    }
}

#[test]
fn a_warmup_changes_nothing_in_the_window() {
    let cold = Slots { seed: Some(5), ..slots(300.0, Duration::ZERO, Duration::from_secs(10)) };
    let warm = Slots { warmup: Duration::from_secs(20), ..cold.clone() };
    assert_eq!(within(&cold), within(&warm));
    let before = times(&warm, 0, 1).len() - within(&warm).len();
    assert!((before as f64 - 6000.0).abs() < 5.0 * 6000_f64.sqrt(), "{before}");
}

#[test]
fn the_seed_decides_poisson_arrivals() {
    let of = |seed| within(&Slots { seed: Some(seed), ..slots(100.0, Duration::ZERO, Duration::from_secs(10)) });
    assert_eq!(of(1), of(1));
    assert_ne!(of(1)[..100], of(2)[..100]);
}

#[test]
fn after_a_day_nothing_has_drifted() {
    let day = Duration::from_secs(86_400);
    let times = times(&slots(97.0, Duration::ZERO, day), 3, 4);
    let last = times.len() - 1;
    assert!((times[last] - (4 * last + 3) as f64 / 97.0).abs() < 1e-6);
}

proptest! {
    #[test]
    fn constant_slots_lie_at_even_distances_within_their_window(
        rate in 0.01_f64..2000.0,
        warmup in 0_u64..10_000,
        duration in 1_u64..10_000,
    ) {
        let slots = slots(rate, Duration::from_millis(warmup), Duration::from_millis(duration));
        let times = times(&slots, 0, 1);
        let before = times.iter().filter(|at| **at < 0.0).count();
        let planned = slots.duration.as_secs_f64() * rate;
        prop_assert!(times.len() > before, "the slot at the start of the window is always there");
        prop_assert!(((times.len() - before) as f64 - planned).abs() <= 1.0);
        prop_assert!(times[0] + 2e-9 + slots.warmup.as_secs_f64() >= 0.0);
        prop_assert!(times[times.len() - 1] < slots.duration.as_secs_f64());
        for slot in [before, usize::midpoint(before, times.len()), times.len() - 1] {
            prop_assert!((times[slot] - (slot - before) as f64 / rate).abs() < 1e-8);
        }
    }

    #[test]
    fn workers_share_the_same_slots(workers in 1_u32..7, warmup in 0_u64..3, kind in 0_u32..4, seed: u64) {
        let levels: &[(f64, f64, f64)] = &[(20.0, 200.0, 0.4), (50.0, 0.0, 0.6)];
        let plain = if kind % 2 == 0 { slots(90.0, Duration::ZERO, Duration::from_secs(5)) } else { staged(levels, 5) };
        let seed = (kind >= 2).then_some(seed);
        let slots = Slots { seed, warmup: Duration::from_secs(warmup), ..plain };
        let mut shared: Vec<f64> = (0..workers).flat_map(|worker| times(&slots, worker, workers)).collect();
        shared.sort_by(f64::total_cmp);
        prop_assert_eq!(shared, times(&slots, 0, 1));
    }
}
