//! A phase's requests counted again.

use super::*;
use crate::measure::Tape;

/// Requests within the window and outside of it, slow ones, failures, and a login.
fn samples() -> Vec<Sample> {
    let pages = (0..400).map(|number| success(PAGE, 9_000 + 80 * number, ms(20 + number % 200)));
    let mut samples: Vec<Sample> = pages.collect();
    samples.push(failure(PAGE, 12_000, ms(500), FailureKind::Timeout));
    samples.push(failure(PAGE, 13_000, ms(5), FailureKind::Reset));
    samples.push(success(LOGIN, 1_000, ms(150)));
    samples
}

#[test]
fn without_a_change_it_counts_as_the_phase_did() {
    let whole = measured(&samples());
    let tape = Tape::of(samples(), &whole).expect("it was measured whole");
    let again = tape.play(Layout::clone(&layout()), 1, &mut |sample| Some(*sample));
    for (again, whole) in again.endpoints.iter().zip(&whole.endpoints) {
        assert_eq!((again.requests, again.completed), (whole.requests, whole.completed));
        assert_eq!((&again.statuses, &again.errors), (&whole.statuses, &whole.errors));
        assert_eq!(again.spans, whole.spans);
        assert_eq!(again.latency.quantile(0.95), whole.latency.quantile(0.95));
    }
    let counted: u64 = whole.endpoints.iter().map(|endpoint| endpoint.requests).sum();
    assert_eq!(tape.measured().count() as u64, counted);
    assert_eq!((again.sent, again.failed), (whole.sent, whole.failed));
}

#[test]
fn each_request_counts_as_often_as_asked_and_as_it_was_altered() {
    let whole = measured(&samples());
    let tape = Tape::of(samples(), &whole).expect("it was measured whole");
    let mut slower = |sample: &Sample| {
        let kept = sample.failure.is_none();
        kept.then(|| Sample { latency: sample.latency + ms(1_000), ..*sample })
    };
    let thrice = tape.play(Layout::clone(&layout()), 3, &mut slower);
    let page = page(&thrice);
    assert_eq!(page.requests, 3 * (whole.endpoints[PAGE.index()].requests - 2));
    assert_eq!(page.failures(), 0);
    assert!(page.latency.quantile(0.001) > Some(ms(1_000)), "{:?}", page.latency.quantile(0.001));
    let silent = tape.play(Layout::clone(&layout()), 1, &mut |_| None);
    assert_eq!((silent.sent, silent.endpoints[PAGE.index()].requests), (0, 0));
}

#[test]
fn a_phase_that_was_not_measured_whole_gives_none() {
    let part = PhaseMeasurements { ending: PhaseEnding::Interrupted, ..measured(&samples()) };
    assert!(Tape::of(samples(), &part).is_none());
    let locked_out = PhaseMeasurements { window_start: None, ..measured(&samples()) };
    assert!(Tape::of(samples(), &locked_out).is_none());
}
