//! Where the time of requests went, by endpoint.

use super::*;
use crate::measure::{Opened, Part, Split};

fn opened(connect: u64) -> Opened {
    Opened { dns: None, connect: ms(connect), tls: Some(ms(2 * connect)) }
}

/// A window from 10 s to 40 s: two successes, a timeout and a failed expectation; four connections, one of them before it.
fn part() -> PhaseMeasurements {
    let mut recorder = Recorder::new(layout());
    recorder.open_window(ms(10_000));
    let split = Some(Split::of(ms(30), ms(5)));
    for sample in [
        Sample { split, ..success(PAGE, 9_999, ms(35)) },
        Sample { split, ..success(PAGE, 10_000, ms(35)) },
        Sample { split: Some(Split::of(ms(50), ms(1))), ..success(PAGE, 39_999, ms(51)) },
        Sample { split: Some(Split::of(ms(1), ms(1))), ..failure(PAGE, 20_000, ms(2), FailureKind::Check) },
        failure(PAGE, 20_000, ms(5_000), FailureKind::Timeout),
        Sample { split, ..success(LOGIN, 500, ms(35)) },
    ] {
        recorder.record(&sample);
    }
    for (endpoint, at, connect) in [(PAGE, 9_999, 90), (PAGE, 10_000, 4), (PAGE, 20_000, 8), (LOGIN, 500, 6)] {
        recorder.opened(endpoint, ms(at), opened(connect));
    }
    let mut collector = Collector::new(layout());
    collector.open_window(ms(10_000));
    collector.absorb(recorder.take());
    collector.finish(facts())
}

#[test]
fn answers_are_those_of_successes_and_connections_those_of_every_request_of_the_window() {
    let measured = part();
    let page = page(&measured).split;
    let part = |count, sum, max| Part { count, sum: ms(sum), max: ms(max) };
    assert_eq!((page.first_byte, page.body), (part(2, 80, 50), part(2, 6, 5)));
    assert_eq!((page.dns, page.connect, page.tls), (Part::default(), part(2, 12, 8), part(2, 24, 16)));
    let login = measured.endpoints[LOGIN.index()].split;
    assert_eq!((login.connect, login.first_byte), (part(1, 6, 6), part(1, 30, 30)), "a login's is its ramp");
}

#[test]
fn joined_windows_have_the_parts_of_all() {
    let joined = PhaseMeasurements::joined(vec![part(), part(), part()]).expect("there are parts");
    let (one, all) = (page(&part()).split, page(&joined).split);
    assert_eq!((all.connect.count, all.first_byte.sum), (3 * one.connect.count, 3 * one.first_byte.sum));
    assert_eq!(all.body.max, one.body.max);
}
