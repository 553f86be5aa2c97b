//! What is counted where.

use super::*;

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
    assert_eq!((seen.sent, seen.failed), (2, 2), "an unsent request is a failure of its endpoint, and was not sent");
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
    let seconds: Vec<_> =
        seen.windows.iter().map(|window| (window.second, window.requests, window.completed)).collect();
    assert_eq!(seconds, [(10, 1, 1), (11, 0, 1), (20, 1, 0), (39, 1, 0)], "and so does each second");
}

#[test]
fn answers_after_an_early_stop_are_no_throughput() {
    let samples = [success(PAGE, 10_000, ms(500)), success(PAGE, 14_000, ms(499)), success(PAGE, 14_000, ms(500))];
    let late = [success(PAGE, 14_400, ms(800)), success(LOGIN, 14_400, ms(800))];
    let facts = PhaseFacts { measured: ms(4_500), ending: PhaseEnding::FailedEarly, ..facts() };
    let seen = measured_with(&[&samples[..], &late].concat(), facts);
    assert_eq!((page(&seen).requests, page(&seen).completed), (4, 2), "the stop itself is excluded");
    assert_eq!(seen.endpoints[LOGIN.index()].completed, 1, "a login is of the ramp");
    let later: u64 = seen.windows.iter().map(|window| window.completed).sum();
    assert_eq!(later, 5, "each second keeps what came in it");
    assert_eq!(page(&measured(&samples)).completed, 3);
}

#[test]
fn each_second_tells_its_failures_by_kind() {
    let seen = measured(&[
        failure(PAGE, 20_000, ms(5), FailureKind::Reset),
        failure(PAGE, 20_400, ms(5), FailureKind::Connect),
        failure(PAGE, 20_900, ms(1_500), FailureKind::Connect),
    ]);
    let [second] = seen.windows.as_slice() else { panic!("one second saw requests: {:?}", seen.windows) };
    assert_eq!((second.second, second.failures), (20, 3));
    assert_eq!(second.errors, [(FailureKind::Connect, 2), (FailureKind::Reset, 1)].into());
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
    assert_eq!((by_start.requests, by_start.failures), (2, 1));
    assert_eq!((by_start.p50, by_start.p95), (Some(ms(300)), Some(ms(10_000))));
    let by_end = collector.recent(ms(8_000), ms(13_000));
    assert_eq!((by_end.requests, by_end.p50), (0, None));
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
    let seconds: Vec<_> = windows.iter().map(|window| (window.second, window.requests, window.completed)).collect();
    assert_eq!(seconds, [(12, 2, 1), (13, 0, 1), (35, 1, 1)], "the answer of the late one came in the next second");
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

/// A collector after these samples, each of which was sent, and some requests that are still in flight.
fn collected(samples: &[Sample], awaited: u32) -> Collector {
    let mut recorder = Recorder::new(layout());
    for sample in samples {
        if sample.failure != Some(FailureKind::Unsent) {
            recorder.sending();
        }
        recorder.record(sample);
    }
    (0..awaited).for_each(|_| recorder.sending());
    let mut collector = Collector::new(layout());
    collector.absorb(recorder.take());
    collector
}

#[test]
fn failures_since_the_last_success_count_wherever_they_fall() {
    let hang = |intended| failure(PAGE, intended, ms(10_000), FailureKind::Timeout);
    let samples = [
        failure(PAGE, 500, ms(100), FailureKind::Reset),
        success(PAGE, 1_000, ms(2_010)),
        hang(3_000),
        hang(13_000),
        hang(33_000),
        Sample { failure: Some(FailureKind::Unsent), ..success(PAGE, 40_000, ms(0)) },
        success(LOGIN, 41_000, ms(10)),
    ];
    let seen = collected(&samples, 2).unanswered(ms(43_000));
    assert_eq!(seen, Unanswered { since: ms(39_990), failures: 3, in_flight: 2, slowest: ms(2_000) });
}

#[test]
fn before_the_first_success_the_first_request_counts() {
    assert_eq!(collected(&[], 3).unanswered(ms(9_000)), Unanswered { in_flight: 3, ..Unanswered::default() });
    let refused = failure(PAGE, 2_000, ms(1), FailureKind::Connect);
    let seen = collected(&[refused], 0).unanswered(ms(9_000));
    assert_eq!((seen.since, seen.failures, seen.slowest), (ms(7_000), 1, ms(0)));
}

#[test]
fn an_older_success_of_another_worker_leaves_newer_failures() {
    let mut collector = collected(&[failure(PAGE, 5_000, ms(1), FailureKind::Connect)], 0);
    let mut other = Recorder::new(layout());
    other.record(&success(PAGE, 3_000, ms(10)));
    collector.absorb(other.take());
    let seen = collector.unanswered(ms(9_000));
    assert_eq!((seen.since, seen.failures), (ms(5_990), 1));
}
