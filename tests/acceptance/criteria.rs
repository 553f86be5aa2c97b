//! Checks 7 and 8: absolute criteria at their limit, and stopping early.

use stagegate::{
    judge::{FIRST_LOOK, Outcome},
    measure::SPANS,
};

use crate::{
    window::{gate, measured, spans, stops, verdict},
    world::{Share, repetitions},
};

/// Whether a look at the counts of the spans, after so many of them, stops the phase.
type Stop<'a> = dyn Fn(&[(u64, u64)], usize) -> bool + 'a;

/// Check 7.
#[test]
fn at_the_limit_certainty_is_rarely_wrong() {
    for (criterion, p, burst) in [
        ("p95 < 500ms", 0.05, 0.0),
        ("p95 < 500ms", 0.05, 20.0),
        ("p95 < 500ms", 0.05, 100.0),
        ("p99 < 500ms", 0.01, 0.0),
        ("p99 < 500ms", 0.01, 20.0),
    ] {
        let plan = gate(criterion);
        let certain = |wanted: Outcome, seed| {
            let happened = |rng: &mut fastrand::Rng| {
                let finding = &verdict(&plan, &measured(&plan, &spans(rng, p, burst))).findings[0];
                finding.certain && finding.outcome == wanted
            };
            Share::count(repetitions(150).min(2_000), happened, seed)
        };
        certain(Outcome::Failed, 11).at_most(0.06, &format!("{criterion}, bursts of {burst}: certain and wrong fail"));
        certain(Outcome::Passed, 11).at_most(0.08, &format!("{criterion}, bursts of {burst}: certain and wrong pass"));
    }
}

/// Check 8.
#[test]
fn a_look_after_every_span_stops_few_unchanged_streams_and_plain_peeking_many() {
    for burst in [0.0, 20.0] {
        let plan = gate("p95 < 500ms");
        let any_look = |stop: &Stop<'_>, seed| {
            let happened = |rng: &mut fastrand::Rng| {
                let spans = spans(rng, 0.05, burst);
                (FIRST_LOOK..=SPANS).any(|complete| stop(&spans, complete))
            };
            Share::count(repetitions(1_000).min(5_000), happened, seed)
        };
        let e_process = |spans: &[(u64, u64)], complete: usize| stops(&plan, &measured(&plan, spans), complete);
        let peeking = |spans: &[(u64, u64)], complete: usize| {
            let (n, x) = spans[..complete].iter().fold((0, 0), |sum, span| (sum.0 + span.0, sum.1 + span.1));
            x * 20 > n
        };
        any_look(&e_process, 12).at_most(0.05, &format!("unchanged stream, bursts of {burst}: stopped early"));
        any_look(&peeking, 12).at_least(0.25, &format!("unchanged stream, bursts of {burst}: plain peeking"));
    }
}

/// What an early stop is for: a criterion that is far beyond its limit ends its phase in the first half of the window.
#[test]
fn a_clear_failure_is_stopped_early() {
    let plan = gate("p95 < 500ms");
    let stopped = Share::count(
        repetitions(200).min(2_000),
        |rng| {
            let spans = spans(rng, 0.15, 20.0);
            stops(&plan, &measured(&plan, &spans), SPANS / 2)
        },
        13,
    );
    stopped.at_least(0.80, "three times the allowed share, bursts of 20: stopped within half of the window");
}
