//! Never green by vacuum: no criterion passes without samples, and none with NaN.

use super::*;
use crate::judge::Outcome;

const OPS: [Op; 5] = [Op::Less, Op::LessOrEqual, Op::Greater, Op::GreaterOrEqual, Op::Equal];

/// Every metric with every operator and limits at both ends, so that zero would satisfy about half of them.
fn metrics(judged: &[Judged]) -> Vec<Subject> {
    let times = [Metric::Quantile(0.5), Metric::Quantile(0.999), Metric::Mean, Metric::Max];
    let mut subjects = Vec::new();
    for op in OPS {
        for service in [false, true] {
            for metric in times {
                for limit in [0, 10_000] {
                    let (judged, limit) = (judged.to_vec(), Limit::Time(ms(limit)));
                    subjects.push(Subject::Metric { metric, service, judged, op, limit });
                }
            }
        }
        for limit in [0.0, 0.5, 1.0] {
            let other = |metric, limit| metric_on(judged.to_vec(), metric, op, limit);
            subjects.push(other(Metric::SuccessRate, Limit::Share(limit)));
            subjects.push(other(Metric::ErrorRate, Limit::Share(limit)));
            subjects.push(other(Metric::Throughput, Limit::PerSecond(10.0 * limit)));
        }
    }
    let kinds = FailureKind::ALL.map(Count::Failures);
    for count in [Count::ServerErrors, Count::ClientErrors, Count::Errors].into_iter().chain(kinds) {
        subjects.push(Subject::No { count, judged: judged.to_vec() });
    }
    subjects
}

/// An endpoint, a login, two endpoints as by a tag, and each: none of them was reached.
fn selectors() -> Vec<Vec<Judged>> {
    vec![
        only(GHOST),
        only(LOGIN),
        vec![Judged { name: None, endpoints: vec![LOGIN, GHOST] }],
        vec![Judged { name: Some("ghost".to_owned()), endpoints: vec![GHOST] }],
    ]
}

#[test]
fn no_metric_passes_without_samples() {
    for subject in selectors().iter().flat_map(|judged| metrics(judged)) {
        let case = Case::of(subject.clone()).requests(PAGE, 100, ms(5)).readings(&[1.0; 20]);
        let verdict = case.judge();
        let finding = &verdict.findings[0];
        assert_eq!((finding.outcome, finding.certain), (Outcome::Inconclusive, false), "{subject:?}");
        assert_eq!((finding.observed, finding.samples), (None, 0), "{subject:?}");
        assert!(!finding.because.is_empty());
        assert_eq!(verdict.outcome, Outcome::Inconclusive, "{subject:?}");
        assert_eq!(case.policy(Uncertain::Observed, Reaction::Warn).judge().outcome, Outcome::Warned, "{subject:?}");
    }
}

#[test]
fn a_number_of_requests_never_passes_at_zero() {
    for op in OPS {
        for limit in [0.0, 10.0] {
            let subject = metric_on(only(GHOST), Metric::Requests, op, Limit::Number(limit));
            let finding = Case::of(subject).requests(PAGE, 100, ms(5)).finding();
            let expected = if op.holds(0.0, limit) { Outcome::Inconclusive } else { Outcome::Failed };
            assert_eq!(finding.outcome, expected, "{op:?} {limit}");
        }
    }
}

#[test]
fn no_gauge_passes_without_readings() {
    let few: [&[f64]; 4] = [&[], &[1.0; 9], &[f64::NAN; 30], &[f64::INFINITY; 30]];
    for readings in few {
        for (op, hold) in OPS.into_iter().flat_map(|op| [(op, None), (op, Some(ms(1_000)))]) {
            let finding = Case::of(cpu(op, 1.0, hold)).requests(PAGE, 100, ms(5)).readings(readings).finding();
            assert_eq!(finding.outcome, Outcome::Inconclusive, "{op:?} {hold:?} {readings:?}");
        }
    }
    for op in OPS {
        assert_eq!(Case::of(cpu(op, 1.0, None)).requests(PAGE, 100, ms(5)).finding().outcome, Outcome::Inconclusive);
    }
}

#[test]
fn times_without_an_answer_are_no_times() {
    let refused = Case::of(quantile(0.95, Op::Less, 500)).failures(PAGE, 100, FailureKind::Connect, None).finding();
    assert_eq!((refused.outcome, refused.samples), (Outcome::Inconclusive, 0));
    assert_eq!(refused.because, "None of 100 requests has a time: failures other than timeouts have none.");
}

#[test]
fn a_warning_without_samples_warns() {
    let case = Case::of(quantile(0.95, Op::Less, 500)).warns().readings(&[1.0; 20]);
    assert_eq!(case.judge().outcome, Outcome::Warned);
}
