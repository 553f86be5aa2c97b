//! The room from its front door: what is counted where, and the silences in simulation.

use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc, time::Duration};

use proptest::prelude::*;

use super::{
    Batch, Clock, Collector, EndpointMeasurements, GeneratorHealth, Histogram, Layout, PhaseEnding, PhaseFacts,
    PhaseMeasurements, Ramp, Recorder, SPANS, Sample, Threshold,
};
use crate::plan::{EndpointId, FailureKind};

const PAGE: EndpointId = EndpointId(0);
const LOGIN: EndpointId = EndpointId(1);

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn limit(endpoint: EndpointId, clock: Clock, limit: Duration, at_limit_exceeds: bool) -> Threshold {
    Threshold { endpoint, clock, limit, at_limit_exceeds }
}

/// A page and a login; a ramp of 3 s, a window of 30 s.
fn layout() -> Arc<Layout> {
    Arc::new(Layout {
        logins: vec![false, true],
        thresholds: vec![
            limit(PAGE, Clock::Latency, ms(100), true),
            limit(PAGE, Clock::Latency, ms(100), false),
            limit(PAGE, Clock::Service, ms(100), true),
            limit(LOGIN, Clock::Latency, ms(100), true),
        ],
        ramp: ms(3_000),
        duration: ms(30_000),
        spans: SPANS,
    })
}

fn success(endpoint: EndpointId, intended: u64, latency: Duration) -> Sample {
    let service = latency.saturating_sub(ms(10));
    Sample { endpoint, intended: ms(intended), latency, service, status: Some(200), failure: None }
}

fn failure(endpoint: EndpointId, intended: u64, latency: Duration, kind: FailureKind) -> Sample {
    Sample { failure: Some(kind), status: None, ..success(endpoint, intended, latency) }
}

fn facts() -> PhaseFacts {
    PhaseFacts {
        ramp: Ramp::default(),
        measured: ms(30_000),
        ending: PhaseEnding::Completed,
        generator: GeneratorHealth::default(),
    }
}

/// What comes of these samples when the window is 10 s to 40 s.
fn measured(samples: &[Sample]) -> PhaseMeasurements {
    let mut recorder = Recorder::new(layout());
    recorder.open_window(ms(10_000));
    for sample in samples {
        recorder.record(sample);
    }
    let mut collector = Collector::new(layout());
    collector.open_window(ms(10_000));
    collector.absorb(recorder.take());
    collector.finish(facts())
}

fn page(measurements: &PhaseMeasurements) -> &EndpointMeasurements {
    &measurements.endpoints[PAGE.index()]
}

#[test]
fn the_window_includes_its_start_and_excludes_its_end() {
    let just_after = Sample { intended: ms(40_000).saturating_sub(Duration::from_nanos(1)), ..success(PAGE, 0, ms(5)) };
    let seen = measured(&[
        success(PAGE, 9_999, ms(5)),
        success(PAGE, 10_000, ms(5)),
        just_after,
        success(PAGE, 40_000, ms(5)),
    ]);
    assert_eq!(page(&seen).requests, 2);
    assert_eq!((page(&seen).spans[0].requests, page(&seen).spans[29].requests), (1, 1));
    assert_eq!((seen.sent, seen.failed), (4, 0), "totals count everything");
    assert_eq!(seen.windows.iter().map(|window| window.requests).sum::<u64>(), 2);
}

#[test]
fn a_request_of_exactly_the_limit_is_told_apart_to_the_nanosecond() {
    let nano = Duration::from_nanos(1);
    let seen = measured(&[
        success(PAGE, 10_000, ms(100).saturating_sub(nano)),
        success(PAGE, 10_000, ms(100)),
        success(PAGE, 10_000, ms(100) + nano),
        success(PAGE, 10_000, ms(110)),
    ]);
    assert_eq!(page(&seen).spans[0].beyond, [3, 2, 1], "`<` latency, `<=` latency, `<` service");
}

#[test]
fn a_timeout_is_beyond_every_limit_and_other_failures_have_no_time() {
    let seen = measured(&[
        failure(PAGE, 11_000, ms(20), FailureKind::Timeout),
        failure(PAGE, 10_500, ms(1), FailureKind::Connect),
        failure(PAGE, 12_000, ms(1), FailureKind::Unsent),
    ]);
    let page = page(&seen);
    assert_eq!((page.requests, page.failures(), page.latency.count(), page.service.count()), (3, 3, 1, 1));
    assert_eq!(page.spans[1].beyond, [1, 1, 1]);
    assert_eq!(page.first_failure, Some((ms(10_500), FailureKind::Connect)));
    assert_eq!((seen.sent, seen.failed), (2, 3), "an unsent request is a failure that was not sent");
}

#[test]
fn throughput_counts_successes_by_their_last_byte() {
    let seen = measured(&[
        success(PAGE, 9_950, ms(100)),
        success(PAGE, 10_000, ms(1_500)),
        success(PAGE, 39_950, ms(100)),
        failure(PAGE, 20_000, ms(5), FailureKind::Check),
    ]);
    assert_eq!((page(&seen).completed, page(&seen).requests), (2, 3));
    assert_eq!((page(&seen).spans[0].completed, page(&seen).spans[1].completed), (1, 1));
}

#[test]
fn a_login_is_measured_whenever_it_happens_in_spans_of_the_ramp() {
    let seen = measured(&[success(LOGIN, 0, ms(5)), success(LOGIN, 1_550, ms(200)), success(LOGIN, 50_000, ms(5))]);
    let login = &seen.endpoints[LOGIN.index()];
    assert_eq!(login.requests, 3);
    assert_eq!([0, 15, 29].map(|span: usize| login.spans[span].requests), [1, 1, 1]);
    assert_eq!(login.spans[15].beyond, [1], "an endpoint counts its own limits only");
    assert_eq!(page(&seen).requests, 0);
}

#[test]
fn the_last_seconds_are_known_by_start_and_by_end() {
    let mut recorder = Recorder::new(layout());
    recorder.record(&success(PAGE, 2_000, ms(300)));
    recorder.record(&failure(PAGE, 2_000, ms(10_000), FailureKind::Timeout));
    recorder.record(&success(LOGIN, 2_000, ms(10_000)));
    let mut collector = Collector::new(layout());
    collector.absorb(recorder.take());
    let by_start = collector.recent(ms(2_000), ms(3_000));
    assert_eq!((by_start.requests, by_start.failures, by_start.ended, by_start.ended_failures), (2, 1, 1, 0));
    assert_eq!((by_start.p50, by_start.p95), (Some(ms(300)), Some(ms(10_000))));
    let by_end = collector.recent(ms(8_000), ms(13_000));
    assert_eq!((by_end.requests, by_end.ended, by_end.ended_failures, by_end.p50), (0, 1, 1, None));
}

#[test]
fn three_different_descriptions_of_failures_are_kept() {
    let mut collector = Collector::new(layout());
    for _ in 0..2 {
        let mut recorder = Recorder::new(layout());
        for words in ["status 500", "status 500", "status 502", "no title", "status 503"] {
            recorder.describe_failure(PAGE, words);
        }
        collector.absorb(recorder.take());
    }
    assert_eq!(page(&collector.finish(facts())).examples, ["status 500", "status 502", "no title"]);
}

#[test]
fn a_late_sample_opens_a_frozen_second_again() {
    let mut collector = Collector::new(layout());
    collector.open_window(ms(10_000));
    for intended in [12_300, 35_000, 12_900] {
        let mut recorder = Recorder::new(layout());
        recorder.record(&success(PAGE, intended, ms(intended / 100)));
        collector.absorb(recorder.take());
    }
    let windows = collector.finish(facts()).windows;
    assert_eq!(windows.iter().map(|window| (window.second, window.requests)).collect::<Vec<_>>(), [(12, 2), (35, 1)]);
    let read = Histogram::decode(&windows[0].latency).expect("it reads back");
    assert_eq!(read.count(), 2);
}

#[test]
fn many_endpoints_stay_small() {
    let thresholds =
        (0..200).flat_map(|id| [300, 500].map(|time| limit(EndpointId(id), Clock::Latency, ms(time), true))).collect();
    let layout = Arc::new(Layout { logins: vec![false; 200], thresholds, ..Layout::clone(&layout()) });
    let measurements = Collector::new(layout).finish(facts());
    let counters: usize = measurements
        .endpoints
        .iter()
        .flat_map(|endpoint| &endpoint.spans)
        .map(|span| size_of_val(span) + 8 * (span.beyond.capacity() + span.added_beyond.capacity()))
        .sum();
    assert!(counters < 2 << 20, "{counters} bytes for 200 endpoints with two limits each");
}

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let kind = prop::option::of(prop::sample::select(FailureKind::ALL.to_vec()));
    let one =
        (0_u32..2, 0_u64..60_000, 1_u64..15_000, kind).prop_map(|(endpoint, intended, latency, failure)| Sample {
            endpoint: EndpointId(endpoint),
            intended: ms(intended),
            latency: ms(latency),
            service: ms(latency / 2),
            status: failure.is_none().then_some(200),
            failure,
        });
    prop::collection::vec(one, 0..60)
}

proptest! {
    #[test]
    fn order_and_grouping_of_batches_do_not_matter(samples in samples(), cuts in prop::collection::vec(1_usize..9, 1..9)) {
        let whole = measured(&samples);
        let mut collector = Collector::new(layout());
        collector.open_window(ms(10_000));
        let mut rest: &[Sample] = &samples;
        let mut batches: Vec<Batch> = Vec::new();
        for cut in cuts.iter().cycle() {
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            let mut recorder = Recorder::new(layout());
            for sample in now {
recorder.record(sample);
}
            batches.push(recorder.take());
            rest = later;
            if rest.is_empty() { break; }
        }
        batches.into_iter().rev().for_each(|batch| collector.absorb(batch));
        let pieces = collector.finish(facts());
        prop_assert_eq!((pieces.sent, pieces.failed), (whole.sent, whole.failed));
        for (one, other) in pieces.endpoints.iter().zip(&whole.endpoints) {
            prop_assert_eq!(&one.errors, &other.errors);
            prop_assert_eq!(&one.statuses, &other.statuses);
            prop_assert_eq!((one.requests, one.completed, one.first_failure), (other.requests, other.completed, other.first_failure));
            prop_assert_eq!((one.latency.quantile(0.9), one.service.mean()), (other.latency.quantile(0.9), other.service.mean()));
            for (one, other) in one.spans.iter().zip(&other.spans) {
                prop_assert!((one.latency_sum - other.latency_sum).abs() < 1e-9);
                prop_assert_eq!((one.requests, one.timed, &one.beyond), (other.requests, other.timed, &other.beyond));
            }
        }
        let counts = |windows: &[super::Window]| windows.iter().map(|w| (w.second, w.endpoint, w.requests, w.failures)).collect::<Vec<_>>();
        prop_assert_eq!(counts(&pieces.windows), counts(&whole.windows));
    }

    #[test]
    fn counts_are_conserved(samples in samples()) {
        let seen = measured(&samples);
        for endpoint in &seen.endpoints {
            let spans = |count: fn(&super::SpanCounts) -> u64| endpoint.spans.iter().map(count).sum::<u64>();
            prop_assert_eq!(endpoint.requests, spans(|span| span.requests));
            prop_assert_eq!(endpoint.failures(), spans(|span| span.failures));
            prop_assert_eq!(endpoint.latency.count(), spans(|span| span.timed));
            prop_assert_eq!(endpoint.completed, spans(|span| span.completed));
        }
        let unsent = samples.iter().filter(|sample| sample.failure == Some(FailureKind::Unsent)).count();
        prop_assert_eq!(seen.sent, (samples.len() - unsent) as u64);
        prop_assert_eq!(seen.windows.iter().map(|w| w.requests).sum::<u64>(), seen.endpoints.iter().map(|e| e.requests).sum::<u64>());
    }
}

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
