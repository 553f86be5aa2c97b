//! Seconds in which the app did not answer.

use super::*;
use crate::judge::{Outage, outages};

/// One request each tenth of a second, changed by `change`; times are in milliseconds since the window began.
fn seen(change: impl Fn(u64, &mut Sample)) -> Vec<Outage> {
    let mut case = Case::of(success_rate(Op::Greater, 0.5)).requests(PAGE, 600, ms(20));
    for sample in &mut case.samples {
        let at = sample.intended.saturating_sub(OPENING).as_millis() as u64;
        change(at, sample);
    }
    let measurements = case.measurements();
    let Case { plan, phase, gauges, .. } = &case;
    outages("light", PhaseEvidence { plan, phase, measurements: &measurements, gauges })
}

fn fail(sample: &mut Sample, kind: FailureKind) {
    (sample.failure, sample.status, sample.latency) = (Some(kind), None, ms(1));
}

fn spans(outages: &[Outage]) -> Vec<(f64, f64)> {
    outages.iter().map(|outage| (outage.from_s, (outage.to_s * 1e3).round() / 1e3)).collect()
}

#[test]
fn an_outage_lasts_from_the_first_failing_second_to_the_first_answer() {
    let found = seen(|at, sample| {
        if (20_200..23_700).contains(&at) {
            fail(sample, if at < 20_400 { FailureKind::Reset } else { FailureKind::Connect });
        }
    });
    assert_eq!(spans(&found), [(20.0, 23.72)], "most requests of the first second failed; until the first answer");
    assert!(found[0].over);
    assert_eq!(found[0].errors, [("connect".to_owned(), 33), ("reset".to_owned(), 2)].into(), "told apart");
}

#[test]
fn a_second_in_which_most_succeeded_is_not_failing() {
    let found = seen(|at, sample| {
        if (20_600..23_400).contains(&at) {
            fail(sample, FailureKind::Connect);
        }
    });
    assert_eq!(spans(&found), [(21.0, 23.42)]);
    assert_eq!(found[0].errors, [("connect".to_owned(), 24)].into(), "those of the second before count with it");
}

#[test]
fn what_was_awaited_until_the_app_was_ready_belongs_to_it() {
    // Connections are taken from 22.0 s on and answered at 23.5 s; meanwhile nobody asks, because all wait.
    let found = seen(|at, sample| match at {
        20_000..22_000 => fail(sample, FailureKind::Connect),
        22_000 => sample.latency = ms(1_500),
        22_001..23_500 => sample.intended += Duration::from_secs(3_600),
        _ => {}
    });
    assert_eq!(spans(&found), [(20.0, 23.5)]);
}

#[test]
fn a_quiet_second_in_which_nobody_waits_is_no_part_of_it() {
    let found = seen(|at, sample| match at {
        20_000..22_000 => fail(sample, FailureKind::Connect),
        22_000..24_000 => sample.intended += Duration::from_secs(3_600),
        _ => {}
    });
    assert_eq!(spans(&found), [(20.0, 22.0)]);
}

#[test]
fn failures_among_successes_are_no_outage() {
    assert_eq!(
        seen(|at, sample| if at % 300 != 0 {
            fail(sample, FailureKind::Check);
        }),
        [],
        "two of three fail"
    );
    let two = seen(|at, sample| match at {
        20_000 | 20_500 => fail(sample, FailureKind::Connect),
        20_001..21_000 => sample.intended += Duration::from_secs(3_600),
        _ => {}
    });
    assert_eq!(two, [], "two failures and nothing else are bad luck");
}

#[test]
fn what_was_never_sent_says_nothing_of_the_app() {
    let of = |kind| {
        seen(|at, sample| {
            if (20_000..23_000).contains(&at) {
                fail(sample, kind);
            }
        })
    };
    assert_eq!(of(FailureKind::Unsent), []);
    assert_eq!(of(FailureKind::Check).iter().map(Outage::is_gone).collect::<Vec<_>>(), [false]);
    assert_eq!(of(FailureKind::Timeout).iter().map(Outage::is_gone).collect::<Vec<_>>(), [true]);
}

#[test]
fn two_outages_are_two_and_one_at_the_end_is_not_over() {
    let found = seen(|at, sample| {
        if (10_000..12_000).contains(&at) || at >= 57_000 {
            fail(sample, FailureKind::Connect);
        }
    });
    assert_eq!(spans(&found), [(10.0, 12.02), (57.0, 60.0)]);
    assert_eq!([found[0].over, found[1].over], [true, false]);
}
