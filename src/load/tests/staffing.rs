//! How many workers a load is given: what they measure does not depend on the machine's cores.

use std::{sync::Arc, time::Duration};

use super::super::{Job, staffing::workers};
use super::{NO_PAUSE, closed, get, in_memory, job, millis, phase, plan, run_together, scenario, seconds};
use crate::{
    client::testing::{App, app_after},
    plan::{Load, Pacing},
};

const CORES: [usize; 4] = [1, 2, 4, 16];

fn open(rate: f64, users: u32) -> Load {
    Load::Open { rate, users, spawn_rate: rate }
}

/// A load on a page of an app, for so long.
fn page(load: Load, pacing: Pacing, window: Duration, app: Arc<dyn App>) -> Job {
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], pacing)]);
    job(plan, phase(load, Duration::ZERO, window), in_memory(app))
}

/// Stands still at the beginning of each period.
fn freezing(freeze: Duration, period: Duration) -> Arc<dyn App> {
    let begun = tokio::time::Instant::now();
    app_after(move |_| {
        let into_period = begun.elapsed().as_secs_f64() % period.as_secs_f64();
        millis(1).max(freeze.saturating_sub(Duration::from_secs_f64(into_period)))
    })
}

/// Each eleventh answer is a slow one: an odd number, so that none of two workers has all of them.
fn bimodal(slow: Duration) -> Arc<dyn App> {
    let answers = std::sync::atomic::AtomicU32::new(0);
    app_after(move |_| {
        let number = answers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if number.is_multiple_of(11) { slow } else { millis(20) }
    })
}

/// Runs a load as machines with so many cores would, and gives p90 and p95 of each in seconds.
async fn percentiles(of: impl Fn() -> Job) -> Vec<(usize, [f64; 2])> {
    let mut seen = Vec::new();
    for cores in CORES {
        let job = of();
        let workers = workers(&job.plan, &job.phase, cores);
        let measured = run_together(Job { workers, ..job }, |_, _| {}).await;
        let page = &measured.endpoints[0];
        assert_eq!((page.failures(), measured.generator.slots_missed), (0, 0));
        let at = |share| page.latency.worse_quantile(&page.added, share).expect("measured").as_secs_f64();
        seen.push((workers, [0.90, 0.95].map(at)));
    }
    seen
}

/// The percentiles of one core, which those of more cores are near.
#[track_caller]
fn alike(seen: &[(usize, [f64; 2])]) -> [f64; 2] {
    let (_, one) = seen[0];
    for (_, other) in seen {
        for (one, other) in one.iter().zip(other) {
            assert!((other / one - 1.0).abs() < 0.05, "workers and their p90 and p95: {seen:?}");
        }
    }
    one
}

#[tokio::test(start_paused = true)]
async fn a_freeze_reads_the_same_on_any_number_of_cores() {
    let think = Pacing::Think { low: seconds(1), high: seconds(3) };
    let light = percentiles(|| page(closed(30, 30.0), think, seconds(60), freezing(seconds(5), seconds(30)))).await;
    let [p90, p95] = alike(&light);
    assert!(p90 > 1.0 && p95 > 2.0, "a sixth of the time nothing is answered: {light:?}");
    let crowd =
        percentiles(|| page(closed(1_200, 1_200.0), think, seconds(10), freezing(seconds(1), seconds(5)))).await;
    let [p90, p95] = alike(&crowd);
    assert!(crowd[3].0 > 1 && p90 > 0.3 && p95 > 0.6, "a fifth of the time nothing is answered: {crowd:?}");
}

#[tokio::test(start_paused = true)]
async fn a_tight_pool_reads_the_same_on_any_number_of_cores() {
    let small = percentiles(|| page(open(10.0, 4), NO_PAUSE, seconds(60), bimodal(seconds(1)))).await;
    let [p90, p95] = alike(&small);
    assert!(p90 < 0.03 && p95 > 0.9, "no slot waits for a slow answer: {small:?}");
    let large = percentiles(|| page(open(1_000.0, 64), NO_PAUSE, seconds(3), bimodal(millis(300)))).await;
    let [p90, p95] = alike(&large);
    assert!(large[3].0 > 1 && p90 < 0.03 && p95 > 0.25, "no slot waits for a slow answer: {large:?}");
}

#[test]
fn the_load_decides_how_many_workers_there_are() {
    let wanted = |load: Load, pacing: Pacing, steps: u32| {
        let steps = (0..steps).map(|id| get(id, "/")).collect();
        workers(&plan(vec![scenario(Vec::new(), steps, pacing)]), &phase(load, Duration::ZERO, seconds(1)), 16)
    };
    let think = Pacing::Think { low: seconds(1), high: seconds(3) };
    for (users, pacing, steps, expected) in [
        (1, NO_PAUSE, 1, 1),
        (16, NO_PAUSE, 1, 1),
        (17, NO_PAUSE, 1, 2),
        (1_000, NO_PAUSE, 1, 16),
        (1_000, think, 1, 1),
        (1_001, think, 1, 2),
        (1_000, think, 4, 4),
        (1_000, Pacing::Pace(seconds(1)), 1, 2),
        (10_000, Pacing::Pace(seconds(1)), 1, 16),
    ] {
        assert_eq!(wanted(closed(users, 10.0), pacing, steps), expected, "{users} users, {pacing:?}, {steps} steps");
    }
    for (rate, users, steps, expected) in [
        (0.1, 1, 1, 1),
        (500.0, 5_000, 1, 1),
        (501.0, 5_010, 1, 2),
        (501.0, 32, 1, 1),
        (5_000.0, 100, 1, 4),
        (500.0, 5_000, 3, 3),
    ] {
        assert_eq!(wanted(open(rate, users), NO_PAUSE, steps), expected, "{rate}/s, {users} users, {steps} steps");
    }
    let mut mixed = plan(vec![
        scenario(Vec::new(), vec![get(0, "/")], Pacing::Pace(seconds(1))),
        scenario(Vec::new(), vec![get(1, "/")], Pacing::Pace(millis(100))),
    ]);
    mixed.scenarios[0].weight = 8;
    // 8 of 9 users send once a second, the others ten times: twice a second in the mean.
    let phase = phase(closed(750, 10.0), Duration::ZERO, seconds(1));
    assert_eq!([workers(&mixed, &phase, 16), workers(&mixed, &phase, 2), workers(&mixed, &phase, 0)], [3, 2, 1]);
}
