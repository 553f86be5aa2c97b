//! Silences, in simulation.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::*;

/// Ten users with think time on a server, in virtual time; the server says when a request that arrives at a time ends.
struct Simulation {
    users: usize,
    workers: usize,
    /// Requests of an iteration, one right after the other.
    steps: u32,
    think: std::ops::Range<f64>,
    seconds: f64,
}

const TEN_USERS: Simulation = Simulation { users: 10, workers: 1, steps: 1, think: 0.045..0.055, seconds: 60.0 };

impl Simulation {
    fn run(&self, mut server: impl FnMut(f64, &mut fastrand::Rng) -> f64) -> EndpointMeasurements {
        let duration = Duration::from_secs_f64(self.seconds);
        let layout = Arc::new(Layout { duration, thresholds: vec![], ..Layout::clone(&layout()) });
        let mut rng = fastrand::Rng::with_seed(7);
        let mut recorders: Vec<Recorder> = (0..self.workers)
            .map(|_| Recorder::new(Arc::clone(&layout)).of_users((self.users / self.workers) as u32))
            .collect();
        let mut made = vec![0_u32; self.users];
        let opening = Duration::from_secs(2);
        let nanos = |seconds: f64| (seconds * 1e9) as u64;
        let mut events = BinaryHeap::new();
        for user in 0..self.users {
            events.push(Reverse((nanos(rng.f64() * self.think.end), user, None)));
        }
        let mut opened = false;
        while let Some(Reverse((now, user, began))) = events.pop() {
            let at = Duration::from_nanos(now);
            let recorder = &mut recorders[user % self.workers];
            if let Some(began) = began {
                let began = Duration::from_nanos(began);
                let time = at.saturating_sub(began);
                recorder.record(&Sample {
                    endpoint: PAGE,
                    intended: began,
                    latency: time,
                    service: time,
                    status: Some(200),
                    failure: None,
                    split: None,
                });
                made[user] += 1;
                let pause = self.think.start + rng.f64() * (self.think.end - self.think.start);
                let think = if made[user].is_multiple_of(self.steps) { pause } else { 0.0 };
                events.push(Reverse((now + nanos(think), user, None)));
            } else if at < opening + duration {
                recorder.started(PAGE, at);
                events.push(Reverse((nanos(server(at.as_secs_f64(), &mut rng)).max(now), user, Some(now))));
            }
            if !opened && at > Duration::from_secs(1) {
                for recorder in &mut recorders {
                    recorder.open_window(opening);
                }
                opened = true;
            }
        }
        let mut collector = Collector::new(layout);
        collector.open_window(opening);
        for recorder in &mut recorders {
            collector.absorb(recorder.take());
        }
        collector.finish(facts()).endpoints.swap_remove(PAGE.index())
    }
}

/// Latency percentiles in milliseconds with and without the added requests.
fn percentiles(page: &EndpointMeasurements, q: f64) -> (f64, f64) {
    let with = page.latency.worse_quantile(&page.added, q).expect("there are requests");
    let without = page.latency.quantile(q).expect("there are requests");
    (with.as_secs_f64() * 1e3, without.as_secs_f64() * 1e3)
}

fn assert_unchanged(name: &str, page: &EndpointMeasurements) {
    for q in [0.5, 0.95, 0.99] {
        let (with, without) = percentiles(page, q);
        let added = page.added.count();
        assert!(with <= 1.05 * without, "{name}: q {q} is {without} ms, with {added} added requests {with} ms");
    }
}

#[test]
fn a_stall_of_one_second_in_five_shows_in_the_percentiles() {
    let stalled = |at: f64, _: &mut fastrand::Rng| if at % 5.0 < 1.0 { at - at % 5.0 + 1.001 } else { at + 0.001 };
    for (workers, seconds) in [(1, 60.0), (1, 20.0), (2, 60.0)] {
        let page = Simulation { workers, seconds, ..TEN_USERS }.run(stalled);
        let (hidden, _) = percentiles(&page, 0.9);
        for (q, truth) in [(0.9, 500.0), (0.95, 750.0), (0.99, 950.0)] {
            let (seen, without) = percentiles(&page, q);
            println!(
                "{workers} workers, {seconds} s: q {q} {seen:.0} ms ({without:.0} without), {} added",
                page.added.count()
            );
            assert!(
                (seen / truth - 1.0).abs() <= 0.1,
                "{workers} workers, {seconds} s: q {q} is {seen} ms for {truth}"
            );
        }
        assert!(page.latency.quantile(0.95).expect("requests") < ms(2), "the stall hides without them");
        assert!(hidden > 450.0);
        assert_eq!(page.service.count(), page.requests, "service time has no added requests");
    }
}

#[test]
fn a_server_that_is_merely_slow_bimodal_or_saturated_is_left_as_it_is() {
    let slow = |at: f64, rng: &mut fastrand::Rng| at + 0.3 - 0.5 * (1.0 - rng.f64()).ln();
    let bimodal = |at: f64, rng: &mut fastrand::Rng| at + if rng.f64() < 0.9 { 0.02 } else { 0.8 };
    for users in [1, 2, 5, 10, 50] {
        for workers in [1, 2] {
            let simulation = Simulation { users, workers: workers.min(users), seconds: 60.0, ..TEN_USERS };
            assert_unchanged(&format!("slow, {users} users {workers}"), &simulation.run(slow));
            assert_unchanged(&format!("bimodal, {users} users {workers}"), &simulation.run(bimodal));
            let mut free = [0.0_f64; 2];
            let saturated = |at: f64, rng: &mut fastrand::Rng| {
                let first = usize::from(free[0] >= free[1]);
                free[first] = free[first].max(at) + 0.08 + 0.04 * rng.f64();
                free[first]
            };
            assert_unchanged(&format!("saturated, {users} users {workers}"), &simulation.run(saturated));
        }
    }
}

/// The reference file's first phase: few users, long thoughts, several steps right after each other.
#[test]
fn pauses_between_iterations_of_several_steps_are_no_silences() {
    let quick = |at: f64, rng: &mut fastrand::Rng| at + 0.005 + 0.03 * rng.f64();
    let slow_by_nature = |at: f64, rng: &mut fastrand::Rng| at + if rng.f64() < 0.25 { 0.6 } else { 0.01 };
    for seconds in [5.0, 20.0, 60.0] {
        for users in [2, 10, 30] {
            let simulation = Simulation { users, steps: 4, think: 1.0..3.0, seconds, ..TEN_USERS };
            assert_eq!(simulation.run(quick).added.count(), 0, "{users} users, {seconds} s");
            assert_unchanged(&format!("slow by nature, {users} users, {seconds} s"), &simulation.run(slow_by_nature));
        }
    }
}

#[test]
fn a_silence_until_the_end_of_the_window_is_filled_too() {
    let frozen = |at: f64, _: &mut fastrand::Rng| if at > 50.0 { at.max(65.0) } else { at + 0.001 };
    let page = TEN_USERS.run(frozen);
    let (seen, without) = percentiles(&page, 0.95);
    assert!(without < 2.0 && seen > 5_000.0, "{seen} ms with, {without} ms without");
}

#[test]
fn users_with_a_pace_beside_change_nothing() {
    // Ten users think and ten have a pace; the page of the former freezes for the first second of every five.
    let added = |paced: u64| {
        let layout = Arc::new(Layout { logins: vec![false, false], thresholds: vec![], ..Layout::clone(&layout()) });
        let mut recorder = Recorder::new(Arc::clone(&layout)).of_users(10);
        recorder.open_window(Duration::ZERO);
        let answered = |at: u64| if at % 5_000 < 1_000 { at - at % 5_000 + 1_000 } else { at + 5 };
        // At a time a request of a user who thinks starts, is answered, or one of the others is.
        let mut events = BinaryHeap::new();
        for user in 0..10 {
            events.push(Reverse((user * 10, 0_u32, 0_u64)));
        }
        for slot in 0..paced * 300 {
            let at = slot * 100 / paced.max(1);
            events.push(Reverse((at + 5, 2, at)));
        }
        while let Some(Reverse((at, what, began))) = events.pop() {
            match what {
                0 if at < 30_000 => {
                    recorder.started(PAGE, ms(at));
                    events.push(Reverse((answered(at), 1, at)));
                }
                0 => {}
                1 => {
                    recorder.record(&success(PAGE, began, ms(at - began)));
                    events.push(Reverse((at + 95, 0, 0)));
                }
                _ => recorder.record(&success(LOGIN, began, ms(at - began))),
            }
        }
        let mut collector = Collector::new(layout);
        collector.open_window(Duration::ZERO);
        collector.absorb(recorder.take());
        collector.finish(facts()).endpoints[PAGE.index()].added.count()
    };
    let alone = added(0);
    // Five freezes behind the first, in which ten users make a hundred requests a second.
    assert!((400..=500).contains(&alone), "{alone}");
    assert_eq!(added(10), alone);
}

#[test]
fn added_requests_are_shared_out_as_the_requests_so_far() {
    let layout = Arc::new(Layout { logins: vec![false; 3], thresholds: vec![], ..Layout::clone(&layout()) });
    let mut recorder = Recorder::new(Arc::clone(&layout));
    recorder.open_window(Duration::ZERO);
    for start in 0..100 {
        let endpoint = EndpointId([0, 1, 0, 2, 0][start % 5]);
        recorder.started(endpoint, ms(10 * start as u64));
        let answer = if start == 99 { ms(1_010) } else { ms([5, 700][usize::from(endpoint.0 == 1)]) };
        recorder.record(&success(endpoint, 10 * start as u64, answer));
    }
    recorder.started(PAGE, ms(2_000));
    let mut collector = Collector::new(layout);
    collector.open_window(Duration::ZERO);
    collector.absorb(recorder.take());
    let endpoints = collector.finish(facts()).endpoints;
    assert_eq!([0, 1, 2].map(|id: usize| endpoints[id].added.count()), [60, 20, 20]);
    assert!(endpoints[1].added.quantile(0.0001) >= endpoints[1].latency.quantile(0.5), "its median at least");
    assert_eq!(endpoints.iter().map(|e| e.requests).sum::<u64>(), 100, "they are never requests");
}
