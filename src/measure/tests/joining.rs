//! Windows that were measured with pauses in between, joined into one.

use super::*;
use crate::measure::{GaugeSample, GaugeSeries, Statement, join_statements};

/// A window of 30 s that starts so late, with a request in each of its seconds.
fn part(start: u64, latency: u64, login: bool) -> PhaseMeasurements {
    let layout = layout();
    let mut recorder = Recorder::new(Arc::clone(&layout));
    let mut collector = Collector::new(layout);
    recorder.open_window(ms(start));
    collector.open_window(ms(start));
    if login {
        recorder.record(&success(LOGIN, 500, ms(20)));
    }
    for second in 0..30 {
        recorder.record(&success(PAGE, start + second * 1_000, ms(latency)));
    }
    recorder.record(&failure(PAGE, start + 7_000, ms(5), FailureKind::Reset));
    collector.absorb(recorder.take());
    collector.finish(facts())
}

#[test]
fn windows_become_one_without_the_pauses() {
    let parts = vec![part(10_000, 40, true), part(90_000, 40, false), part(5_000, 200, false)];
    let joined = PhaseMeasurements::joined(parts).expect("there are parts");
    assert_eq!((joined.layout.duration, joined.measured), (ms(90_000), ms(90_000)));
    let page = &joined.endpoints[PAGE.index()];
    assert_eq!((page.requests, page.failures(), page.latency.count()), (93, 3, 90));
    assert_eq!(page.spans.len(), SPANS);
    // Three spans of a second become one of three seconds, in order of time.
    assert!(page.spans.iter().all(|span| span.timed == 3), "{:?}", page.spans);
    let beyond: Vec<u64> = page.spans.iter().map(|span| span.beyond[0]).collect();
    assert_eq!(beyond, [vec![0; 20], vec![3; 10]].concat());
    assert_eq!(page.first_failure, Some((ms(17_000), FailureKind::Reset)));
    assert_eq!(joined.endpoints[LOGIN.index()].requests, 1);
    assert_eq!(joined.endpoints[LOGIN.index()].spans.iter().map(|span| span.requests).sum::<u64>(), 1);
    let seconds: Vec<u32> =
        joined.windows.iter().filter(|window| window.endpoint == PAGE).map(|window| window.second).collect();
    assert_eq!(seconds, (10..100).collect::<Vec<u32>>());
    assert_eq!((joined.sent, joined.failed), (94, 3));
    assert!(PhaseMeasurements::joined(Vec::new()).is_none());
}

/// Those that join within a window may log in while a later one goes on.
#[test]
fn users_that_logged_in_later_are_there() {
    let with = |logged_in: u32| {
        let mut part = part(10_000, 40, false);
        part.ramp.logged_in = logged_in;
        part
    };
    let mut joined = PhaseMeasurements::joined(vec![with(4), with(6)]).expect("there are parts");
    assert_eq!(joined.ramp.logged_in, 6);
    joined.take_logins(&with(3));
    assert_eq!(joined.ramp.logged_in, 6);
    joined.take_logins(&with(7));
    assert_eq!(joined.ramp.logged_in, 7);
}

#[test]
fn a_window_keeps_its_seconds_wherever_in_a_second_it_starts() {
    // Rounds start 30 ms after their origin, give or take a little.
    let starts = [30, 29, 31, 30];
    let joined = PhaseMeasurements::joined(starts.map(|start| part(start, 40, false)).into()).expect("there are parts");
    let mut requests = vec![0; 120];
    for window in &joined.windows {
        requests[window.second as usize] += window.requests - window.failures;
    }
    assert_eq!(requests, vec![1; 120]);
}

#[test]
fn one_bad_part_is_how_it_ended() {
    let mut bad = part(10_000, 40, false);
    bad.ending = PhaseEnding::Interrupted;
    bad.generator.lateness_p99 = ms(30);
    let joined = PhaseMeasurements::joined(vec![part(10_000, 40, false), bad, part(10_000, 40, false)]);
    let joined = joined.expect("there are parts");
    assert_eq!((joined.ending, joined.generator.lateness_p99), (PhaseEnding::Interrupted, ms(30)));
}

#[test]
fn readings_go_on_where_the_window_before_ended() {
    let series = |at| GaugeSeries {
        name: "app.cpu".to_owned(),
        samples: vec![GaugeSample { at: ms(at), value: 5.0 }],
        attempts: 1,
        planned: 5,
        missing: None,
        silent: false,
    };
    let mut joined = series(12_000);
    joined.join(GaugeSeries { silent: true, missing: Some("503".to_owned()), ..series(91_000) }, -50.0);
    assert_eq!(joined.samples.iter().map(|sample| sample.at).collect::<Vec<_>>(), [ms(12_000), ms(41_000)]);
    assert_eq!((joined.attempts, joined.planned, joined.silent), (2, 10, true));
    assert_eq!(joined.missing.as_deref(), Some("503"));
}

#[test]
fn statements_of_two_windows_add_up() {
    let statement = |query: &str, calls, total| Statement {
        source: "db".to_owned(),
        query: query.to_owned(),
        calls,
        total: ms(total),
    };
    let mut joined = vec![statement("a", 5, 100), statement("b", 1, 10)];
    join_statements(&mut joined, vec![statement("b", 2, 200), statement("c", 1, 1)]);
    assert_eq!(joined, [statement("b", 3, 210), statement("a", 5, 100), statement("c", 1, 1)]);
    assert_eq!(joined[0].mean(), ms(70));
}
