//! Gauges: criteria and bands.

use super::*;
use crate::judge::{Band, Outcome};

fn seen(subject: Subject, readings: &[f64]) -> Finding {
    Case::of(subject).requests(PAGE, 10, ms(5)).readings(readings).finding()
}

#[test]
fn the_highest_reading_decides() {
    let mut readings = [40.0; 12];
    readings[5] = 79.9;
    let passed = seen(cpu(Op::Less, 80.0, None), &readings);
    assert_eq!(
        (passed.outcome, passed.observed, passed.unit.as_str(), passed.samples),
        (Outcome::Passed, Some(79.9), "", 12)
    );
    readings[5] = 80.0;
    assert_eq!(seen(cpu(Op::Less, 80.0, None), &readings).outcome, Outcome::Failed, "exactly at the limit");
    assert_eq!(seen(cpu(Op::LessOrEqual, 80.0, None), &readings).outcome, Outcome::Passed);
    let failed = seen(cpu(Op::LessOrEqual, 79.0, None), &readings);
    assert_eq!(failed.because, "The highest of 12 readings was 80, the limit is <= 79; 1 was beyond it.");
}

#[test]
fn where_it_must_stay_above_the_lowest_reading_decides() {
    let mut readings = [40.0; 12];
    readings[3] = 10.0;
    let failed = seen(cpu(Op::Greater, 10.0, None), &readings);
    assert_eq!((failed.outcome, failed.observed), (Outcome::Failed, Some(10.0)));
    assert_eq!(seen(cpu(Op::GreaterOrEqual, 10.0, None), &readings).outcome, Outcome::Passed);
    assert_eq!(seen(cpu(Op::Equal, 40.0, None), &readings).outcome, Outcome::Failed);
    assert_eq!(seen(cpu(Op::Equal, 40.0, None), &[40.0; 12]).outcome, Outcome::Passed);
}

#[test]
fn for_takes_the_longest_time_beyond_the_limit() {
    // Beyond from second 2 to the reading of second 5: three seconds; and for one second at the end.
    let readings = [1.0, 1.0, 9.0, 9.0, 9.0, 1.0, 1.0, 1.0, 1.0, 1.0, 9.0, 9.0];
    let hold = |seconds| seen(cpu(Op::Less, 5.0, Some(Duration::from_secs(seconds))), &readings);
    assert_eq!(
        (hold(4).outcome, hold(3).outcome, hold(2).outcome),
        (Outcome::Passed, Outcome::Failed, Outcome::Failed)
    );
    assert!(
        hold(3).because.contains("The longest time beyond it was 3 s, below 3 s is allowed."),
        "{}",
        hold(3).because
    );
}

#[test]
fn fewer_than_ten_readings_do_not_decide() {
    assert_eq!(seen(cpu(Op::Less, 80.0, None), &[10.0; 9]).outcome, Outcome::Inconclusive);
    assert_eq!(seen(cpu(Op::Less, 80.0, None), &[10.0; 10]).outcome, Outcome::Passed);
}

#[test]
fn in_a_window_without_room_for_twenty_half_of_them_decide() {
    let outcome = |readings: &[f64], planned| {
        Case::of(cpu(Op::Less, 80.0, None))
            .requests(PAGE, 10, ms(5))
            .readings(readings)
            .room_for(planned)
            .finding()
            .outcome
    };
    assert_eq!(outcome(&[10.0; 9], 20), Outcome::Inconclusive);
    assert_eq!(outcome(&[10.0; 10], 300), Outcome::Passed);
    assert_eq!(outcome(&[10.0; 4], 8), Outcome::Passed);
    assert_eq!(outcome(&[10.0; 3], 8), Outcome::Inconclusive);
    assert_eq!(outcome(&[10.0; 3], 5), Outcome::Passed);
    assert_eq!(outcome(&[10.0; 2], 2), Outcome::Inconclusive, "three at least");
    let finding = |readings: &[f64]| {
        let case = Case::of(cpu(Op::Less, 80.0, None)).requests(PAGE, 10, ms(5));
        case.readings(readings).room_for(5).finding()
    };
    let holds = finding(&[10.0; 3]);
    assert!(!holds.certain && holds.because.ends_with(" Fewer than 10 readings may have missed a peak."), "{holds:?}");
    let breaks = finding(&[90.0; 3]);
    assert_eq!((breaks.outcome, breaks.certain), (Outcome::Failed, true), "what was seen was there");
    let band = |planned| {
        let case = Case::of(success_rate(Op::GreaterOrEqual, 1.0)).requests(PAGE, 10, ms(5)).readings(&[10.0; 5]);
        case.room_for(planned).judge().monitors[0].band
    };
    assert_eq!((band(5), band(20)), (Band::Safe, Band::Missing));
}

#[test]
fn a_source_that_stopped_answering_never_passes_but_may_fail() {
    let silent = |value| Case::of(cpu(Op::Less, 80.0, None)).requests(PAGE, 10, ms(5)).readings(&[value; 30]).silent();
    let finding = silent(10.0).finding();
    assert_eq!(finding.outcome, Outcome::Inconclusive);
    assert!(finding.because.ends_with("The source stopped answering. connection refused."), "{}", finding.because);
    assert_eq!(silent(90.0).finding().outcome, Outcome::Failed);
    let monitor = &silent(10.0).judge().monitors[0];
    assert_eq!((monitor.band, monitor.missing.as_deref()), (Band::Missing, Some("connection refused")));
    assert_eq!(silent(90.0).judge().monitors[0].band, Band::Critical, "what was seen stays critical");
}

#[test]
fn bands_warn_and_never_block() {
    let verdict = |value| {
        Case::of(success_rate(Op::GreaterOrEqual, 1.0)).requests(PAGE, 10, ms(5)).readings(&[value; 12]).judge()
    };
    let band = |value| (verdict(value).monitors[0].band, verdict(value).outcome);
    assert_eq!(band(59.9), (Band::Safe, Outcome::Passed));
    assert_eq!(band(60.0), (Band::Warning, Outcome::Passed));
    assert_eq!(band(80.0), (Band::Warning, Outcome::Passed));
    assert_eq!(band(80.1), (Band::Critical, Outcome::Warned));
    assert_eq!(verdict(83.5).because, ["app.cpu reached 83.5, critical is above 80."]);
}

#[test]
fn a_gauge_that_was_never_read_is_missing_and_warns() {
    let verdict = Case::of(success_rate(Op::GreaterOrEqual, 1.0)).requests(PAGE, 10, ms(5)).judge();
    assert_eq!((verdict.monitors[0].band, verdict.outcome), (Band::Missing, Outcome::Warned));
}

#[test]
fn a_band_says_for_how_long_and_from_when_on() {
    let crossings = |values: &[f64]| {
        let mut monitor = Case::of(cpu(Op::Less, 100.0, None)).readings(values).judge().monitors.remove(0);
        [monitor.warning.take(), monitor.critical.take()].map(|crossing| crossing.map(|one| (one.share, one.first_s)))
    };
    let mut values = [20.0; 20];
    values[8..18].fill(60.0);
    values[10..14].fill(80.0);
    values[12] = 80.1;
    let [warning, critical] = crossings(&values);
    assert_eq!(warning, Some((0.5, Some(8.0))), "from exactly warning on");
    assert_eq!(critical, Some((0.05, Some(12.0))), "above critical, not at it");
    assert_eq!(crossings(&[20.0; 20]), [Some((0.0, None)), Some((0.0, None))]);
    assert_eq!(crossings(&[]), [None, None], "nothing was read");
    let mut bandless = Case::of(cpu(Op::Less, 100.0, None)).readings(&values);
    bandless.plan.gauges[0].band = None;
    let monitor = bandless.judge().monitors.remove(0);
    assert_eq!((monitor.warning, monitor.critical), (None, None));
}
