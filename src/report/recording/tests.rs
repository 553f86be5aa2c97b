use super::*;
use crate::{
    judge::{Cut, CutShort, Verdict},
    report::fixtures,
};

fn recording(measured: &[MeasuredPhase], verdict: &Verdict) -> Recording<'static> {
    let endpoints = fixtures::endpoints(verdict);
    let of = Recording::of(&endpoints, measured, &|text| text.into());
    Recording { endpoints: of.endpoints, names: of.names, phases: Cow::Owned(measured.to_vec()) }
}

/// The moment of a criterion in the third phase of the failed run, whose window begins at 3 s and whose 14 timeouts of one
/// endpoint begin at 8 s, three a second.
fn moment(criterion: &str) -> Option<f64> {
    moment_of(criterion, None)
}

/// The same where the window was meant to be this long.
fn moment_of(criterion: &str, planned_s: Option<f64>) -> Option<f64> {
    let mut verdict = fixtures::failed();
    verdict.phases[2].cut_short = planned_s.map(|planned_s| CutShort { by: Cut::FailedEarly, planned_s });
    let measured = fixtures::measured(&verdict);
    let recording = recording(&measured, &verdict);
    let parts = parts(&verdict, &recording);
    let finding = crate::judge::Finding { criterion: criterion.to_owned(), ..verdict.phases[2].findings[1].clone() };
    exhausted(&recording, &parts[2], &finding)
}

#[test]
fn a_limit_is_used_up_when_more_came_than_the_whole_window_may_have() {
    // 600 requests of three endpoints in ten seconds: 1 % are six, and three came in each second from 8 s on.
    assert_eq!(moment("success_rate > 99%"), Some(9.0), "strict: six are too many");
    assert_eq!(moment("success_rate >= 99%"), Some(10.0));
    assert_eq!(moment("error_rate < 1%"), Some(9.0));
    assert_eq!(moment("error_rate <= 2%"), Some(12.0));
    assert_eq!(moment("success_rate > 90%"), None, "it never was");
    assert_eq!(moment("no timeouts"), Some(8.0));
    assert_eq!(moment("no timeouts(dashboard)"), None, "that endpoint has none");
    assert_eq!(moment("no timeouts(chart data)"), Some(8.0));
    assert_eq!(moment("no errors(not write)"), Some(8.0));
}

#[test]
fn a_window_that_was_cut_short_would_have_had_room_for_more() {
    // Twenty seconds would have had 1,200 requests.
    let cut = |criterion: &str| moment_of(criterion, Some(20.0));
    assert_eq!(cut("success_rate > 99%"), Some(11.0), "strict: twelve are too many");
    assert_eq!(cut("success_rate >= 99%"), Some(12.0));
    assert_eq!(cut("error_rate < 2%"), None, "it was certain before that many had come");
    assert_eq!(cut("no timeouts"), Some(8.0), "what allows none is broken by the first");
    let p99 = fixtures::failed().phases[2].endpoints[2].latency_ms.p99.expect("it was measured");
    assert_eq!(cut(&format!("p99(chart data) < {:.0}ms", p99 * 0.99)), Some(7.0), "the fifth of four");
    assert_eq!(cut(&format!("max(chart data) < {:.0}ms", p99 * 0.99)), Some(3.0));
}

#[test]
fn a_percentile_is_lost_with_the_request_that_is_one_too_many() {
    // Of twenty requests a second and endpoint the slowest takes p99, every second alike.
    let p99 = fixtures::failed().phases[2].endpoints[2].latency_ms.p99.expect("it was measured");
    assert_eq!(moment(&format!("p50(chart data) < {}ms", p99 * 0.99)), None, "one in twenty is not half");
    // Ten requests are one of twenty, the last of them in the last second but none more: exactly what p95 allows.
    assert_eq!(moment(&format!("p95(chart data) < {:.0}ms", p99 * 0.99)), None, "exactly the allowed share holds");
    assert_eq!(moment(&format!("p99(chart data) < {:.0}ms", p99 * 0.99)), Some(5.0), "the third of two allowed");
    assert_eq!(moment(&format!("max(chart data) < {:.0}ms", p99 * 0.99)), Some(3.0), "the first");
    assert_eq!(moment("p99(chart data) > 1ms"), None, "a lower limit has no such moment");
    assert_eq!(moment("mean < 1ms"), None, "a mean has no such moment");
}

#[test]
fn what_broke_a_limit_on_some_requests_has_a_line_of_its_own() {
    let verdict = fixtures::failed();
    let measured = fixtures::measured(&verdict);
    let recording = recording(&measured, &verdict);
    let parts = parts(&verdict, &recording);
    let steps = steps(&measured[2].measurements, 2, |id| recording.is_load(id));
    let of = |criterion: &str| {
        let finding =
            crate::judge::Finding { criterion: criterion.to_owned(), ..verdict.phases[2].findings[1].clone() };
        selection(&recording, (&parts[2], &steps), &finding, &[0.5, 0.95, 0.99])
    };
    let line = of("p90(chart data) < 1ms").expect("it is drawn");
    // Its own histogram of every second, the same in each step.
    let own = Histogram::decode(&measured[2].measurements.windows[2].latency).expect("it is one");
    let p90 = own.quantile(0.9).expect("it has times").as_secs_f64() * 1e3;
    let middles: Vec<f64> = steps.iter().map(|step| parts[2].at(step.middle())).collect();
    assert_eq!(line, middles.into_iter().map(|at| (at, p90)).collect::<Vec<_>>());
    assert!(of("p90 < 1ms").is_some(), "no line of the picture is p90");
    assert!(of("service p95 < 1ms").is_some() && of("p95(not auth) < 1ms").is_some());
    assert!(of("p95 < 1ms").is_none(), "that line is there");
    assert!(of("max < 1ms").is_none() && of("success_rate > 99%").is_none() && of("p95(unknown) < 1ms").is_none());
}

#[test]
fn a_gauge_is_beyond_its_limit_for_as_long_as_it_may_be() {
    // 96 at 12 s, an even rise of 8 a second.
    assert_eq!(moment("database.connections < 80"), Some(10.0));
    assert_eq!(moment("database.connections <= 80"), Some(11.0));
    assert_eq!(moment("database.connections < 80 for 2s"), Some(12.0));
    assert_eq!(moment("database.connections < 80 for 5s"), None);
    assert_eq!(moment("database.unknown < 80"), None);
}

#[test]
fn a_step_counts_what_its_seconds_have() {
    let verdict = fixtures::failed();
    let measured = fixtures::measured(&verdict);
    let recording = recording(&measured, &verdict);
    let of = |width| steps(&measured[2].measurements, width, |id| recording.is_load(id));
    let single = of(1);
    assert_eq!((single.len(), single[0].from, single[9].to), (10, 3.0, 13.0));
    assert_eq!((single[0].requests, single[0].failures, single[5].failures), (60, 0, 3), "without the login's");
    assert_eq!(single[5].throughput(), Some(57.0));
    assert_eq!(single[5].error_share(), Some(0.05));
    let wide = of(4);
    assert_eq!(wide.iter().map(|step| step.requests).collect::<Vec<_>>(), [240, 240, 120]);
    assert_eq!(wide[2].throughput(), Some(57.0), "its two seconds");
    let mut short = measured[2].measurements.clone();
    short.window_start = Some(std::time::Duration::from_millis(3_900));
    let short = steps(&short, 1, |id| recording.is_load(id));
    assert_eq!(short[0].throughput(), None, "a tenth of a second says nothing");
    assert!(short[0].p50.is_some());
}

#[test]
fn phases_lie_where_the_clock_puts_them_or_behind_each_other() {
    let mut verdict = fixtures::passed();
    let measured = fixtures::measured(&verdict);
    let at = |verdict: &Verdict| -> Vec<f64> {
        let recording = recording(&measured, verdict);
        parts(verdict, &recording).iter().map(|part| part.origin).collect()
    };
    for (phase, at) in verdict.phases.iter_mut().zip(["09:00:03", "09:00:20.5", "09:01:00"]) {
        phase.window_at = Some(format!("2026-11-24T{at}Z"));
    }
    assert_eq!(at(&verdict), [0.0, 17.5, 57.0]);
    verdict.phases[1].window_at = None;
    assert_eq!(at(&verdict), [0.0, 13.0, 57.0]);
    verdict.phases[2].window_at = Some("2027-01-01T00:00:00Z".to_owned());
    assert_eq!(at(&verdict), [0.0, 13.0, 26.0], "a clock that jumped");
}
