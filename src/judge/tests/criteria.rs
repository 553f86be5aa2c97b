//! Each kind of criterion: passes, fails, exactly at the limit. That it has no data stands in `no_data`.

use proptest::prelude::*;

use super::*;
use crate::judge::Outcome;

fn outcome(case: &Case) -> Outcome {
    case.finding().outcome
}

#[test]
fn a_quantile_passes_and_fails_certainly() {
    let fast = Case::of(quantile(0.95, Op::Less, 500)).requests(PAGE, 1_200, ms(100)).finding();
    assert_eq!((fast.outcome, fast.certain, fast.samples), (Outcome::Passed, true, 1_200));
    assert_eq!((fast.observed, fast.limit, fast.unit.as_str()), (Some(100.0), 500.0, "ms"));
    let slow =
        Case::of(quantile(0.95, Op::Less, 500)).requests(PAGE, 1_000, ms(100)).requests(CHART, 200, ms(900)).finding();
    assert_eq!((slow.outcome, slow.certain), (Outcome::Failed, true));
    assert_eq!(slow.worst_endpoint.as_deref(), Some("chart data"));
    assert_eq!(
        slow.because,
        "p95 was 900 ms, the limit is < 500 ms: 200 of 1,200 requests (16.7 %) took 500 ms or longer, 5 % are \
         allowed. They came in one burst. Certain: the share lies between 14.7 % and 18.8 %. All of them were at chart data."
    );
    let [low, high] = slow.interval.expect("there is an interval");
    assert!(low > 500.0 && low <= 900.0 && high <= 900.1, "{low} {high}");
}

#[test]
fn a_share_of_exactly_what_is_allowed_holds_and_a_request_of_exactly_the_limit_is_told_apart() {
    let at = |op, slow: u64, limit| {
        Case::of(quantile(0.9, op, limit)).requests(PAGE, 100 - slow, ms(10)).requests(PAGE, slow, ms(500)).finding()
    };
    // Ten of a hundred is exactly the share that p90 allows.
    assert_eq!(at(Op::Less, 10, 500).outcome, Outcome::Passed);
    assert_eq!(at(Op::Less, 11, 500).outcome, Outcome::Failed, "a request of exactly the limit exceeds `<`");
    assert_eq!(at(Op::LessOrEqual, 11, 500).outcome, Outcome::Passed, "and does not exceed `<=`");
    assert_eq!(at(Op::LessOrEqual, 11, 499).outcome, Outcome::Failed);
    assert_eq!(at(Op::Greater, 11, 500).outcome, Outcome::Failed);
    assert_eq!(at(Op::GreaterOrEqual, 11, 500).outcome, Outcome::Passed);
    assert_eq!(at(Op::GreaterOrEqual, 10, 500).outcome, Outcome::Failed);
    assert_eq!(at(Op::Equal, 11, 500).outcome, Outcome::Passed);
    assert_eq!(at(Op::Equal, 11, 499).outcome, Outcome::Failed);
    assert!(!at(Op::Less, 10, 500).certain, "at the limit nothing is certain");
    let failed = at(Op::Less, 11, 500);
    assert!(failed.observed >= Some(failed.limit), "{failed:?}");
}

#[test]
fn a_nanosecond_decides_not_the_histogram() {
    let nano = Duration::from_nanos(1);
    let just = |latency| Case::of(quantile(0.95, Op::Less, 500)).requests(PAGE, 300, latency).finding();
    let below = just(ms(500).saturating_sub(nano));
    assert_eq!(below.outcome, Outcome::Passed);
    assert!(below.observed < Some(500.0), "{below:?}");
    assert_eq!(just(ms(500)).outcome, Outcome::Failed);
}

#[test]
fn too_few_requests_are_not_certain() {
    let fast = |count| Case::of(quantile(0.95, Op::Less, 500)).requests(PAGE, count, ms(100)).finding();
    assert_eq!((fast(58).outcome, fast(58).certain, fast(59).certain), (Outcome::Passed, false, true));
    assert!(fast(58).because.contains("these count as 58 independent requests, too few"), "{}", fast(58).because);
    assert_eq!(fast(58).interval, None);
    let slow = |count| Case::of(quantile(0.95, Op::Less, 5)).requests(PAGE, count, ms(100)).finding();
    assert_eq!((slow(58).outcome, slow(58).certain, slow(59).certain), (Outcome::Failed, false, true));
}

#[test]
fn a_timeout_exceeds_every_limit_and_a_fast_error_improves_nothing() {
    let timeouts = Case::of(quantile(0.95, Op::Less, 60_000))
        .requests(PAGE, 900, ms(10))
        .failures(PAGE, 100, FailureKind::Timeout, None)
        .finding();
    assert_eq!(timeouts.outcome, Outcome::Failed);
    assert_eq!(timeouts.observed, Some(60_000.0));
    assert!(timeouts.because.contains("100 timeouts among them: a timeout is beyond every limit."));
    let errors = Case::of(quantile(0.95, Op::Less, 500))
        .requests(PAGE, 90, ms(900))
        .failures(PAGE, 9_000, FailureKind::Connect, None)
        .finding();
    assert_eq!((errors.outcome, errors.samples), (Outcome::Failed, 90));
}

#[test]
fn what_service_time_would_decide_otherwise_is_said() {
    let late = Case::of(quantile(0.95, Op::Less, 500)).late(PAGE, 600, ms(900), ms(80));
    assert!(late.finding().because.ends_with("By service time it would have passed: p95 was 80 ms."));
    let subject = Subject::Metric {
        metric: Metric::Quantile(0.95),
        service: true,
        judged: everything(),
        op: Op::Less,
        limit: Limit::Time(ms(500)),
    };
    let service = Case::of(subject).late(PAGE, 600, ms(900), ms(80)).finding();
    assert_eq!((service.outcome, service.observed), (Outcome::Passed, Some(80.0)));
    assert!(service.because.starts_with("service p95 was 80 ms"));
}

#[test]
fn added_requests_enter_percentiles_and_nothing_else() {
    let mut case = Case::of(quantile(0.9, Op::Less, 300))
        .and("requests", metric(Metric::Requests, Op::Equal, Limit::Number(1_001.0)));
    let layout = Arc::new(Layout::of(&case.plan, &case.phase));
    let mut recorder = Recorder::new(Arc::clone(&layout));
    recorder.open_window(OPENING);
    let mut record = |at: Duration, latency| {
        recorder.started(PAGE, at);
        recorder.record(&Sample {
            endpoint: PAGE,
            intended: at,
            latency,
            service: latency,
            status: Some(200),
            failure: None,
            split: None,
        });
    };
    // The last of them waits two seconds, and nobody starts anything meanwhile.
    for index in 0..1_000 {
        record(OPENING + ms(10 * index), if index == 999 { ms(2_010) } else { ms(5) });
    }
    record(OPENING + ms(12_005), ms(5));
    let mut collector = Collector::new(layout);
    collector.open_window(OPENING);
    collector.absorb(recorder.take());
    let measurements = collector.finish(case.facts.clone());
    case.phase.criteria.push(criterion("mean", metric(Metric::Mean, Op::Less, Limit::Time(ms(10)))));
    let Case { plan, phase, gauges, .. } = &case;
    let verdict = crate::judge::phase(PhaseEvidence { plan, phase, measurements: &measurements, gauges });
    assert_eq!(
        verdict.findings.iter().map(|f| f.outcome).collect::<Vec<_>>(),
        [Outcome::Failed, Outcome::Passed, Outcome::Passed]
    );
    let p90 = &verdict.findings[0];
    assert_eq!((verdict.requests, p90.samples), (1_001, 1_001));
    assert!(
        p90.because.contains("1 of 1,001 requests (0.0999 %)")
            && p90.because.contains("that waiting users did not make"),
        "{}",
        p90.because
    );
    assert!(p90.because.contains("By service time it would have passed"), "{}", p90.because);
    assert!(verdict.added > 150 && verdict.latency_ms.p90 > Some(300.0) && verdict.service_ms.p90 < Some(6.0));
}

#[test]
fn a_maximum_is_exact() {
    let max = |op, latency| {
        Case::of(metric(Metric::Max, op, Limit::Time(ms(200))))
            .requests(PAGE, 20, ms(5))
            .requests(CHART, 1, latency)
            .finding()
    };
    assert_eq!(max(Op::Less, ms(199)).outcome, Outcome::Passed);
    assert_eq!(max(Op::Less, ms(200)).outcome, Outcome::Failed);
    assert_eq!(max(Op::LessOrEqual, ms(200)).outcome, Outcome::Passed);
    assert_eq!(max(Op::LessOrEqual, ms(201)).outcome, Outcome::Failed);
    let failed = max(Op::Less, ms(900));
    assert_eq!(
        (failed.observed, failed.interval, failed.worst_endpoint.as_deref()),
        (Some(900.0), None, Some("chart data"))
    );
}

#[test]
fn a_mean_is_judged_by_its_observed_value_with_a_t_interval() {
    let mean = |op, limit| {
        Case::of(metric(Metric::Mean, op, Limit::Time(ms(limit))))
            .requests(PAGE, 300, ms(100))
            .requests(CHART, 300, ms(300))
            .finding()
    };
    let passed = mean(Op::Less, 250);
    assert_eq!((passed.outcome, passed.certain, passed.observed), (Outcome::Passed, true, Some(200.0)));
    assert!(passed.interval.is_some_and(|[low, high]| (low..=high).contains(&200.0) && high < 250.0));
    let failed = mean(Op::Less, 150);
    assert_eq!((failed.outcome, failed.worst_endpoint.as_deref()), (Outcome::Failed, Some("chart data")));
    assert_eq!((mean(Op::Less, 200).outcome, mean(Op::LessOrEqual, 200).outcome), (Outcome::Failed, Outcome::Passed));
}

#[test]
fn a_rate_passes_fails_and_is_told_apart_at_exactly_the_limit() {
    let rate = |subject, failures| {
        Case::of(subject)
            .requests(PAGE, 10_000 - failures, ms(5))
            .failures(PAGE, failures, FailureKind::Check, Some(500))
            .finding()
    };
    let passed = rate(success_rate(Op::Greater, 0.99), 20);
    assert_eq!((passed.outcome, passed.certain, passed.observed), (Outcome::Passed, true, Some(0.998)));
    assert!(passed.interval.is_some_and(|[low, high]| 0.99 < low && low < 0.998 && 0.998 < high && high < 1.0));
    let failed = rate(success_rate(Op::Greater, 0.99), 300);
    assert_eq!((failed.outcome, failed.certain), (Outcome::Failed, true));
    assert_eq!(rate(success_rate(Op::Greater, 0.99), 100).outcome, Outcome::Failed, "`> 99%` fails at exactly 99 %");
    assert_eq!(rate(success_rate(Op::GreaterOrEqual, 0.99), 100).outcome, Outcome::Passed);
    let error = |op, share| metric(Metric::ErrorRate, op, Limit::Share(share));
    assert_eq!(rate(error(Op::Less, 0.02), 200).outcome, Outcome::Failed);
    assert_eq!(rate(error(Op::LessOrEqual, 0.02), 200).outcome, Outcome::Passed);
    assert_eq!(rate(error(Op::Greater, 0.02), 201).outcome, Outcome::Passed);
    assert_eq!(rate(success_rate(Op::LessOrEqual, 0.98), 200).outcome, Outcome::Passed);
    assert_eq!(rate(success_rate(Op::Less, 0.98), 200).outcome, Outcome::Failed);
    assert_eq!(rate(success_rate(Op::Equal, 0.98), 200).outcome, Outcome::Passed);
    assert_eq!(rate(success_rate(Op::Equal, 0.98), 199).outcome, Outcome::Failed);
}

#[test]
fn all_or_nothing_is_a_count_of_events() {
    let rate = |subject, failures| {
        Case::of(subject)
            .requests(PAGE, 10 - failures, ms(5))
            .failures(PAGE, failures, FailureKind::Check, Some(500))
            .finding()
    };
    let error = |op, share| metric(Metric::ErrorRate, op, Limit::Share(share));
    for subject in [
        success_rate(Op::GreaterOrEqual, 1.0),
        success_rate(Op::Equal, 1.0),
        error(Op::LessOrEqual, 0.0),
        error(Op::Equal, 0.0),
    ] {
        let (none, one) = (rate(subject.clone(), 0), rate(subject, 1));
        assert_eq!((none.outcome, none.certain), (Outcome::Passed, true));
        assert_eq!((one.outcome, one.certain, one.interval), (Outcome::Failed, true, None));
    }
}

#[test]
fn one_event_fails_a_count_of_none() {
    let events = |count, status| {
        Case::of(no(count)).requests(PAGE, 50, ms(5)).failures(CHART, 1, FailureKind::Check, Some(status)).finding()
    };
    assert_eq!(events(Count::ServerErrors, 503).outcome, Outcome::Failed);
    assert_eq!(events(Count::ServerErrors, 499).outcome, Outcome::Passed);
    assert_eq!(events(Count::ServerErrors, 600).outcome, Outcome::Passed);
    assert_eq!(events(Count::ClientErrors, 400).outcome, Outcome::Failed);
    assert_eq!(events(Count::ClientErrors, 500).outcome, Outcome::Passed);
    assert_eq!(events(Count::Errors, 200).outcome, Outcome::Failed);
    assert_eq!(events(Count::Failures(FailureKind::Timeout), 200).outcome, Outcome::Passed);
    let mut case =
        Case::of(no(Count::ServerErrors)).requests(PAGE, 50, ms(5)).failures(CHART, 2, FailureKind::Check, Some(503));
    case.examples.push((CHART, "status 503, expected 200 to 399"));
    let failed = case.finding();
    assert_eq!(
        (failed.certain, failed.observed, failed.unit.as_str(), failed.samples),
        (true, Some(2.0), "events", 52)
    );
    assert_eq!(
        failed.because,
        "2 answers with a status of 500 to 599 among 52 requests; none is allowed. All of them were at chart data. For \
         example: status 503, expected 200 to 399."
    );
}

#[test]
fn the_number_of_requests_is_exact() {
    let requests =
        |op, limit| Case::of(metric(Metric::Requests, op, Limit::Number(limit))).requests(PAGE, 50, ms(5)).finding();
    let passed = requests(Op::Greater, 49.0);
    assert_eq!((passed.outcome, passed.certain, passed.unit.as_str()), (Outcome::Passed, true, "requests"));
    assert_eq!(requests(Op::Greater, 50.0).outcome, Outcome::Failed);
    assert_eq!(requests(Op::GreaterOrEqual, 50.0).outcome, Outcome::Passed);
    assert_eq!(
        (requests(Op::Equal, 50.0).outcome, requests(Op::Equal, 51.0).outcome),
        (Outcome::Passed, Outcome::Failed)
    );
    let none = Case::of(metric_on(only(GHOST), Metric::Requests, Op::Greater, Limit::Number(0.0)))
        .requests(PAGE, 9, ms(5))
        .finding();
    assert_eq!(none.outcome, Outcome::Failed, "none where some were wanted is a failure");
}

#[test]
fn throughput_counts_answers_per_second() {
    let throughput = |op, limit| {
        Case::of(metric(Metric::Throughput, op, Limit::PerSecond(limit))).requests(PAGE, 600, ms(5)).finding()
    };
    let passed = throughput(Op::Greater, 9.0);
    assert_eq!((passed.outcome, passed.observed, passed.unit.as_str()), (Outcome::Passed, Some(10.0), "requests/s"));
    assert!(passed.certain && passed.interval.is_some());
    assert_eq!(throughput(Op::Greater, 11.0).outcome, Outcome::Failed);
    assert_eq!(
        (throughput(Op::Greater, 10.0).outcome, throughput(Op::GreaterOrEqual, 10.0).outcome),
        (Outcome::Failed, Outcome::Passed)
    );
}

#[test]
fn each_gives_a_finding_for_each_endpoint() {
    let judged = [(PAGE, "dashboard"), (CHART, "chart data")]
        .map(|(id, name)| Judged { name: Some(name.to_owned()), endpoints: vec![id] });
    let subject = metric_on(judged.to_vec(), Metric::Quantile(0.95), Op::Less, Limit::Time(ms(500)));
    let verdict = Case::of(subject).requests(PAGE, 100, ms(5)).requests(CHART, 100, ms(700)).judge();
    let seen: Vec<_> = verdict.findings.iter().map(|finding| (finding.endpoint.as_deref(), finding.outcome)).collect();
    assert_eq!(seen, [(Some("dashboard"), Outcome::Passed), (Some("chart data"), Outcome::Failed)]);
}

#[test]
fn a_login_is_judged_only_where_it_is_named() {
    let named = metric_on(only(LOGIN), Metric::Quantile(0.5), Op::Less, Limit::Time(ms(100)));
    let mut case = Case::of(quantile(0.5, Op::Less, 100)).and("p50(auth)", named).requests(PAGE, 100, ms(5)).requests(
        LOGIN,
        300,
        ms(900),
    );
    assert_eq!(case.judge().findings.iter().map(|f| f.outcome).collect::<Vec<_>>(), [Outcome::Passed, Outcome::Failed]);
    case.samples.retain(|sample| sample.endpoint == PAGE);
    assert_eq!(case.judge().findings[1].outcome, Outcome::Inconclusive);
}

#[test]
fn policies_decide_what_becomes_of_an_uncertain_finding() {
    use crate::plan::Uncertain::{Fail, Observed, Warn};
    // 1 % are allowed and 0.9 % failed: it holds, but not certainly.
    let case = |policy| {
        Case::of(success_rate(Op::Greater, 0.99))
            .requests(PAGE, 991, ms(5))
            .failures(PAGE, 9, FailureKind::Check, Some(500))
            .readings(&[10.0; 20])
            .policy(policy, Reaction::Fail)
            .judge()
    };
    let seen = |verdict: &PhaseVerdict| (verdict.findings[0].outcome, verdict.findings[0].certain, verdict.outcome);
    assert_eq!(seen(&case(Observed)), (Outcome::Passed, false, Outcome::Passed));
    assert_eq!(seen(&case(Warn)), (Outcome::Inconclusive, false, Outcome::Warned));
    assert_eq!(seen(&case(Fail)), (Outcome::Inconclusive, false, Outcome::Inconclusive));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn more_exceedances_never_turn_a_fail_into_a_pass(
        fast in 1_u64..400,
        slow in 0_u64..60,
        more in 1_u64..200,
        q in prop::sample::select(vec![0.5, 0.9, 0.95, 0.99]),
        policy in prop::sample::select(vec![Uncertain::Observed, Uncertain::Warn, Uncertain::Fail]),
    ) {
        let outcome = |slow| Case::of(quantile(q, Op::Less, 500))
            .requests(PAGE, fast, ms(10))
            .requests(PAGE, slow, ms(600))
            .policy(policy, Reaction::Fail)
            .finding()
            .outcome;
        prop_assert!(!(outcome(slow) == Outcome::Failed && outcome(slow + more) == Outcome::Passed));
        prop_assert!(!(outcome(slow) == Outcome::Inconclusive && outcome(slow + more) == Outcome::Passed && policy == Uncertain::Observed));
    }
}

#[test]
fn the_same_evidence_gives_the_same_verdict() {
    let case = Case::of(quantile(0.95, Op::Less, 500)).requests(PAGE, 500, ms(480)).requests(CHART, 100, ms(520));
    assert_eq!(case.judge(), case.judge());
    assert_eq!(outcome(&case), Outcome::Failed);
}
