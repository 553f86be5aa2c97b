//! What gave way, on measurements made for each kind of trouble.

use super::*;
use crate::judge::{
    Cause, Diagnosis, Order, Outcome, Resource, Rising, Seen, StatementVerdict, breaking_point, diagnose, outages,
};

/// The steps that a healthy phase has, and their latencies.
const HEALTHY: [(EndpointId, u64); 3] = [(PAGE, 20), (CHART, 40), (GHOST, 30)];

/// A phase of a minute with so many requests of each step, one after another, and two gauges.
pub(super) fn rung(name: &str, users: u32, each: u64, latencies: [(EndpointId, u64); 3]) -> Case {
    let mut case = Case::of(quantile(0.95, Op::Less, 200));
    case.phase.name = name.to_owned();
    case.phase.load = Load::Closed { users, spawn_rate: 10.0 };
    case.plan.endpoints[GHOST.index()].name = "save detail".to_owned();
    let band = |warning, critical| Some(plan::Band { warning, critical });
    case.plan.gauges = vec![
        Gauge { name: "app.cpu".to_owned(), band: band(60.0, 80.0) },
        Gauge { name: "database.connections".to_owned(), band: band(70.0, 90.0) },
        Gauge { name: "cache.used_percent".to_owned(), band: None },
    ];
    latencies.into_iter().fold(case, |case, (endpoint, latency)| case.requests(endpoint, each, ms(latency)))
}

impl Case {
    /// A gauge that reads one value up to a second of the window, and another one from then on.
    fn gauge(mut self, name: &str, [low, high]: [f64; 2], from: u64) -> Self {
        let sample = |second: u64| GaugeSample {
            at: OPENING + Duration::from_secs(second),
            value: if second < from { low } else { high },
        };
        let series =
            GaugeSeries { name: name.to_owned(), samples: (0..60).map(sample).collect(), ..Default::default() };
        self.gauges.push(series);
        self
    }

    pub(super) fn calm(self) -> Self {
        self.gauge("app.cpu", [20.0; 2], 0).gauge("database.connections", [30.0; 2], 0)
    }
}

/// What comes of these phases, with the breaking point of the last one, if it failed.
pub(super) fn diagnosed(cases: &[Case]) -> (Diagnosis, Option<crate::judge::BreakingPoint>) {
    let measured: Vec<_> = cases.iter().map(|case| (case.judge(), case.measurements())).collect();
    let seen: Vec<Seen<'_>> = cases
        .iter()
        .zip(&measured)
        .map(|(case, (verdict, measurements))| {
            let Case { plan, phase, gauges, .. } = case;
            Seen { verdict, evidence: PhaseEvidence { plan, phase, measurements, gauges } }
        })
        .collect();
    let before: Vec<PhaseVerdict> = measured.iter().map(|(verdict, _)| verdict.clone()).collect();
    let (last, before) = before.split_last().expect("there is a phase");
    let at = seen.last().expect("there is a phase").evidence;
    let point = (last.outcome == Outcome::Failed).then(|| breaking_point(before, last, at, &seen));
    let gone: Vec<_> = seen.iter().flat_map(|seen| outages(&seen.verdict.name, seen.evidence)).collect();
    (diagnose(&seen, point.as_ref(), &gone).expect("something was measured"), point)
}

pub(super) fn causes(diagnosis: &Diagnosis) -> Vec<Cause> {
    diagnosis.bottlenecks.iter().map(|bottleneck| bottleneck.cause).collect()
}

fn text(diagnosis: &Diagnosis) -> String {
    let named: Vec<_> = diagnosis.bottlenecks.iter().map(|bottleneck| bottleneck.what.as_str()).collect();
    format!("{}\n\n{}", named.join("\n"), diagnosis.because.join("\n"))
}

fn few() -> Case {
    rung("few", 5, 600, HEALTHY).calm()
}

/// All steps wait for a connection.
fn pool() -> Case {
    let waiting = [(PAGE, 320), (CHART, 360), (GHOST, 330)];
    rung("more", 20, 700, waiting).gauge("app.cpu", [30.0; 2], 0).gauge("database.connections", [100.0; 2], 0)
}

#[test]
fn a_pool_that_is_too_small_is_named_and_requests_queue_for_it() {
    let (diagnosis, point) = diagnosed(&[few(), pool()]);
    let primary = &diagnosis.bottlenecks[0];
    assert_eq!((primary.cause, primary.resource), (Cause::Saturated, Some(Resource::Connections)));
    assert_eq!(primary.gauge.as_deref(), Some("database.connections"));
    assert_eq!(primary.endpoint.as_deref(), Some("chart data"), "it has the most of the time");
    assert!(diagnosis.waiting.as_ref().is_some_and(|waiting| waiting.queued && waiting.rose == [3, 3]));
    let point = point.expect("it broke");
    assert_eq!(point.resource.as_deref(), Some("database.connections"));
    assert_eq!(point.first_endpoint, diagnosis.onset.as_ref().map(|onset| onset.endpoint.clone()));
    insta::assert_snapshot!("diagnosis_pool", text(&diagnosis));
}

#[test]
fn an_n_plus_one_query_is_slow_service_of_its_endpoint() {
    let slow = [(PAGE, 20), (CHART, 900), (GHOST, 30)];
    let more =
        rung("more", 10, 600, slow).gauge("app.cpu", [30.0; 2], 0).gauge("database.connections", [30.0, 96.0], 20);
    let (diagnosis, point) = diagnosed(&[few(), more]);
    assert_eq!(causes(&diagnosis), [Cause::SlowService, Cause::Saturated]);
    let onset = diagnosis.onset.as_ref().expect("latency rose");
    assert_eq!((onset.endpoint.as_str(), onset.rising, onset.others), ("chart data", Rising::Latency, 0));
    assert_eq!(point.expect("it broke").first_endpoint.as_deref(), Some("chart data"));
    let [before, now] = onset.service_ms.map(|mean| mean.expect("it was measured").round());
    assert_eq!((before, now), (40.0, 900.0), "service time rose with it");
    assert_eq!(diagnosis.saturated[0].order, Some(Order::After));
    insta::assert_snapshot!("diagnosis_n_plus_one", text(&diagnosis));
}

#[test]
fn a_rise_that_is_small_against_the_largest_is_not_of_the_same_queue() {
    let queued = |page: u64, chart: u64| {
        let (diagnosis, _) =
            diagnosed(&[few(), rung("more", 20, 600, [(PAGE, page), (CHART, chart), (GHOST, 30)]).calm()]);
        diagnosis.waiting.map(|waiting| (waiting.queued, waiting.rose))
    };
    assert_eq!(queued(43, 540), Some((false, [1, 3])), "23 ms of 500 ms more, 2 times of 13 times");
    assert_eq!(queued(46, 540), Some((true, [2, 3])), "26 ms: more than a twentieth");
    assert_eq!(queued(43, 170), Some((true, [2, 3])), "half of its factor");
}

/// One that each phase has, as a verdict holds it.
fn statement(query: &str, calls: u64, total_ms: f64) -> StatementVerdict {
    let (source, query) = ("postgres at db:5432/shop".to_owned(), query.to_owned());
    StatementVerdict { source, query, calls, calls_each: None, mean_ms: total_ms / calls as f64, total_ms }
}

/// What comes of two phases of 1,800 requests, in the second of which charts are slow, with these statements.
fn grown(few: &[(&str, u64, f64)], more: &[(&str, u64, f64)]) -> Diagnosis {
    let cases = [self::few(), rung("more", 10, 600, [(PAGE, 20), (CHART, 900), (GHOST, 30)]).calm()];
    let measurements = cases.each_ref().map(Case::measurements);
    let mut verdicts = cases.each_ref().map(Case::judge);
    for (verdict, statements) in verdicts.iter_mut().zip([few, more]) {
        verdict.statements = statements.iter().map(|(query, calls, total)| statement(query, *calls, *total)).collect();
    }
    let seen: Vec<Seen<'_>> = (0..2)
        .map(|at| {
            let Case { plan, phase, gauges, .. } = &cases[at];
            let evidence = PhaseEvidence { plan, phase, measurements: &measurements[at], gauges };
            Seen { verdict: &verdicts[at], evidence }
        })
        .collect();
    diagnose(&seen, None, &[]).expect("something was measured")
}

#[test]
fn the_statement_that_grew_is_named() {
    let few = [("SELECT all", 600, 900.0), ("SELECT user", 1_800, 90.0), ("SELECT part", 1_200, 24.0)];
    let more = [("SELECT part", 144_000, 2_880.0), ("SELECT all", 600, 2_700.0), ("SELECT user", 1_800, 95.0)];
    let diagnosis = grown(&few, &more);
    let named: Vec<_> = diagnosis.statements.iter().map(|one| one.query.as_str()).collect();
    assert_eq!(named, ["SELECT part", "SELECT all"], "calls for each row, then what took longer; not what stayed");
    let (few, more) = ([Some(1_200.0 / 1_800.0), Some(80.0)], [Some(24.0 / 1_800.0), Some(1.6)]);
    assert_eq!((diagnosis.statements[0].calls, diagnosis.statements[0].ms), (few, more));
    insta::assert_snapshot!("diagnosis_statement", text(&diagnosis));
}

#[test]
fn a_statement_grows_from_twice_as_much_and_a_fifth_of_a_millisecond_on() {
    let named = |before: (u64, f64), now: (u64, f64)| {
        !grown(&[("SELECT part", before.0, before.1)], &[("SELECT part", now.0, now.1)]).statements.is_empty()
    };
    assert!(named((1_800, 1_800.0), (1_800, 3_600.0)), "exactly twice its time");
    assert!(!named((1_800, 1_800.0), (1_800, 3_599.0)));
    assert!(named((1_800, 18.0), (3_600, 36.0)), "exactly twice its calls");
    assert!(!named((1_800, 18.0), (3_599, 35.9)));
    assert!(named((180, 18.0), (180, 378.0)) && !named((180, 18.0), (180, 377.0)), "0.2 ms a request more");
    let none = grown(&[], &[("SELECT part", 144_000, 2_880.0)]);
    assert!(none.statements.is_empty(), "the first phase has no statements to compare with");
}

#[test]
fn a_statement_that_is_new_among_them_had_at_most_what_the_last_of_them_had() {
    let few = [("SELECT all", 600, 900.0), ("SELECT user", 1_800, 90.0)];
    let part = |calls: u64| {
        let diagnosis = grown(&few, &[("SELECT part", calls, calls as f64 / 10.0)]);
        diagnosis.statements.first().map(|one| (one.calls, one.ms))
    };
    assert_eq!(part(1_800), Some(([None, Some(1.0)], [None, Some(0.1)])), "900 calls fit into 90 ms");
    assert_eq!(part(1_790), None, "less than twice of those");
}

#[test]
fn where_the_first_phase_breaks_its_endpoints_are_compared_with_each_other() {
    let (diagnosis, _) = diagnosed(&[rung("few", 5, 600, [(PAGE, 20), (CHART, 900), (GHOST, 30)]).calm()]);
    assert_eq!(causes(&diagnosis), [Cause::SlowService]);
    assert_eq!(diagnosis.bottlenecks[0].endpoint.as_deref(), Some("chart data"));
    let (diagnosis, _) = diagnosed(&[rung("few", 5, 600, [(PAGE, 900), (CHART, 900), (GHOST, 800)]).calm()]);
    assert_eq!(causes(&diagnosis), [], "all are slow, and there is nothing to compare with");
    insta::assert_snapshot!("diagnosis_nowhere", text(&diagnosis));
}

#[test]
fn an_endpoint_that_was_as_slow_before_did_not_queue() {
    let slow = [(PAGE, 20), (CHART, 210), (GHOST, 30)];
    let mut first = rung("few", 5, 600, slow).calm();
    first.phase.criteria[0].subject = success_rate(Op::Greater, 0.5);
    let (diagnosis, point) = diagnosed(&[first, rung("more", 20, 2_000, slow).calm()]);
    assert_eq!(point.expect("it broke").first_endpoint.as_deref(), Some("chart data"));
    assert_eq!(causes(&diagnosis), [Cause::SlowService], "against the other endpoints");
    assert!(diagnosis.because[1].ends_with("It was about as slow before."), "{:?}", diagnosis.because);
}

#[test]
fn work_of_the_cpu_is_named_and_not_the_database() {
    let slow = [(PAGE, 240), (CHART, 600), (GHOST, 260)];
    let more = rung("more", 20, 610, slow).gauge("app.cpu", [98.0; 2], 0).gauge("database.connections", [40.0; 2], 0);
    let (diagnosis, point) = diagnosed(&[few(), more]);
    assert_eq!(causes(&diagnosis), [Cause::Saturated]);
    assert_eq!(diagnosis.bottlenecks[0].resource, Some(Resource::Cpu));
    assert_eq!(point.expect("it broke").resource.as_deref(), Some("app.cpu"));
    insta::assert_snapshot!("diagnosis_cpu", text(&diagnosis));
}

/// Connections break 20 s into the window, and are refused for 3 s.
pub(super) fn killed() -> Case {
    let mut case = rung("more", 20, 600, HEALTHY).calm();
    case.phase.criteria[0].subject = success_rate(Op::Greater, 0.5);
    let killed = OPENING + ms(20_410);
    for sample in &mut case.samples {
        if sample.intended >= killed && sample.intended < killed + ms(3_000) {
            sample.failure = Some(FailureKind::Connect);
        } else if sample.intended < killed && sample.ended() > killed {
            sample.failure = Some(FailureKind::Reset);
        }
        if sample.failure.is_some() {
            (sample.status, sample.latency, sample.service) = (None, ms(1), ms(1));
        }
    }
    case
}

#[test]
fn an_app_that_was_killed_is_an_outage_and_its_failures_have_their_order() {
    let (diagnosis, point) = diagnosed(&[few(), killed()]);
    assert_eq!((causes(&diagnosis), point), (vec![Cause::Outage], None));
    let kinds: Vec<_> = diagnosis.errors.iter().map(|error| error.kind.as_str()).collect();
    assert_eq!(kinds, ["reset", "connect"]);
    assert!(diagnosis.onset.as_ref().is_some_and(|onset| onset.rising == Rising::Errors));
    insta::assert_snapshot!("diagnosis_killed", text(&diagnosis));
}

#[test]
fn errors_alone_are_named_by_their_endpoint() {
    let more = rung("more", 20, 600, HEALTHY).calm().and("no 5xx", no(Count::ServerErrors));
    let more = more.failures(CHART, 30, FailureKind::Check, Some(500));
    let (diagnosis, _) = diagnosed(&[few(), more]);
    assert_eq!(causes(&diagnosis).last(), Some(&Cause::Errors));
    assert_eq!(diagnosis.onset.map(|onset| onset.endpoint).as_deref(), Some("chart data"));
}

#[test]
fn a_queue_that_no_gauge_explains_is_called_so() {
    let waiting = [(PAGE, 320), (CHART, 360), (GHOST, 330)];
    let (diagnosis, _) = diagnosed(&[few(), rung("more", 20, 620, waiting).calm()]);
    assert_eq!(causes(&diagnosis), [Cause::Queue]);
    let plateau = diagnosis.plateau.as_ref().expect("throughput hardly grew");
    assert_eq!((plateau.load, plateau.phases.clone()), ([5.0, 20.0], ["few".to_owned(), "more".to_owned()]));
    insta::assert_snapshot!("diagnosis_flat", text(&diagnosis));
}

#[test]
fn throughput_that_grows_with_the_load_is_no_plateau() {
    // Four times the users: a fifth of that growth is 60 %, and a quarter more is less.
    let of = |each| diagnosed(&[few(), rung("more", 20, each, HEALTHY).calm()]).0;
    assert!(of(760).plateau.is_none());
    assert!(of(740).plateau.is_some());
    // Half as many users more: a fifth of that growth is 10 %.
    let of = |each| diagnosed(&[rung("few", 10, 600, HEALTHY), rung("more", 15, each, HEALTHY)]).0;
    assert!(of(670).plateau.is_none() && of(650).plateau.is_some());
    let same_load = diagnosed(&[few(), rung("more", 5, 600, HEALTHY).calm()]).0;
    assert!(same_load.plateau.is_none() && same_load.bottlenecks.is_empty());
    assert!(same_load.because[0].starts_with("Nothing gave way"), "{:?}", same_load.because);
}

#[test]
fn slower_at_all_endpoints_under_the_same_load_is_no_queue() {
    let slow = [(PAGE, 120), (CHART, 140), (GHOST, 130)];
    let (diagnosis, _) = diagnosed(&[few(), rung("again", 5, 600, slow).calm()]);
    assert_eq!((diagnosis.waiting, diagnosis.onset.map(|onset| onset.others)), (None, Some(2)));
}

#[test]
fn latency_has_risen_from_half_more_and_20_ms_on() {
    let at = |latency| {
        let more = rung("more", 20, 600, [(PAGE, 20), (CHART, latency), (GHOST, 30)]).calm();
        diagnosed(&[few(), more]).0.onset.map(|onset| (onset.endpoint, onset.after_s))
    };
    assert_eq!(at(59), None);
    assert_eq!(at(60), Some(("chart data".to_owned(), Some(0.0))), "1.5 times 40 ms");
}

#[test]
fn the_second_in_which_latency_rose_is_told() {
    let mut more = rung("more", 20, 600, HEALTHY).gauge("app.cpu", [20.0, 95.0], 28);
    for sample in more.samples.iter_mut().filter(|sample| sample.intended >= OPENING + ms(31_000)) {
        (sample.latency, sample.service) = (ms(150), ms(150));
    }
    // One slow second alone is no rise.
    for sample in more.samples.iter_mut().filter(|sample| sample.intended.as_secs() == 12) {
        sample.latency = ms(190);
    }
    let (diagnosis, _) = diagnosed(&[few(), more]);
    assert_eq!(diagnosis.onset.and_then(|onset| onset.after_s), Some(31.0));
    assert_eq!((diagnosis.saturated[0].after_s, diagnosis.saturated[0].order), (28.0, Some(Order::Before)));
}

#[test]
fn what_was_saturated_before_anything_rose_explains_nothing() {
    let hot = |name, users, latencies| rung(name, users, 600, latencies).gauge("app.cpu", [95.0; 2], 0);
    let slow = [(PAGE, 320), (CHART, 360), (GHOST, 330)];
    let (diagnosis, _) = diagnosed(&[hot("few", 5, HEALTHY), hot("more", 20, slow)]);
    assert_eq!((diagnosis.saturated, diagnosis.bottlenecks[0].cause), (vec![], Cause::Queue));
    // A tenth of the time above critical in the first phase, and all of it in the second, is another matter.
    let warm = rung("few", 5, 600, HEALTHY).gauge("app.cpu", [20.0, 95.0], 54);
    let (diagnosis, _) = diagnosed(&[warm, hot("more", 20, slow)]);
    assert_eq!((diagnosis.saturated[0].phase.as_str(), causes(&diagnosis)), ("more", vec![Cause::Saturated]));
    let (diagnosis, _) = diagnosed(&[hot("few", 5, HEALTHY)]);
    assert_eq!(causes(&diagnosis), [Cause::Saturated], "nothing rose, and it is used up all the same");
}

#[test]
fn saturated_takes_more_than_a_spike() {
    let read = |name: &str, values: [f64; 2], from| {
        let (diagnosis, _) = diagnosed(&[few(), pool_less().gauge(name, values, from)]);
        diagnosis.saturated.iter().map(|one| one.gauge.clone()).collect::<Vec<_>>()
    };
    assert_eq!(read("app.cpu", [20.0, 80.1], 54), ["app.cpu"], "a tenth of the time above critical");
    assert_eq!(read("app.cpu", [20.0, 80.1], 55), Vec::<String>::new());
    assert_eq!(read("app.cpu", [80.0; 2], 0), Vec::<String>::new(), "exactly critical is not above it");
    assert_eq!(
        read("cache.used_percent", [20.0, 90.0], 40),
        ["cache.used_percent"],
        "without a band a third of the time"
    );
    assert_eq!(read("cache.used_percent", [20.0, 90.0], 41), Vec::<String>::new());
    assert_eq!(read("cache.used_percent", [89.9; 2], 0), Vec::<String>::new());
}

#[test]
fn what_is_better_the_more_there_is_of_it_does_not_saturate() {
    let read = |name: &str| {
        let mut case = pool_less().gauge(name, [99.0; 2], 0);
        case.plan.gauges.push(Gauge { name: name.to_owned(), band: None });
        diagnosed(&[few(), case]).0.saturated.len()
    };
    let good =
        ["cache.hit_percent", "db.cache_hit_percent", "memory.free_percent", "host.cpu_idle_percent", "app.percent"];
    assert_eq!(good.map(read), [0; 5]);
    assert_eq!(["db.pool_percent", "host.cpu_percent", "queue.used_percent"].map(read), [1; 3]);
}

#[test]
fn a_spike_long_before_is_no_beginning() {
    let mut more = pool_less().gauge("app.cpu", [20.0, 95.0], 28);
    more.gauges[0].samples[3].value = 99.0;
    let saturated = diagnosed(&[few(), more]).0.saturated;
    assert_eq!(saturated.iter().map(|one| one.after_s).collect::<Vec<_>>(), [28.0]);
}

#[test]
fn an_app_that_answers_wrongly_is_there() {
    let mut broken = rung("more", 20, 600, HEALTHY).calm();
    broken.phase.criteria[0].subject = success_rate(Op::Greater, 0.5);
    let from = OPENING + ms(20_000);
    for sample in broken.samples.iter_mut().filter(|sample| sample.intended >= from) {
        (sample.failure, sample.status) = (Some(FailureKind::Check), Some(502));
    }
    let (diagnosis, _) = diagnosed(&[few(), broken]);
    assert_eq!(causes(&diagnosis), [Cause::Errors], "{}", text(&diagnosis));
    let told = text(&diagnosis);
    assert!(told.contains("No request succeeded from") && !told.contains("gone"), "{told}");
}

/// All steps wait, and no gauge was read.
fn pool_less() -> Case {
    rung("more", 20, 700, [(PAGE, 320), (CHART, 360), (GHOST, 330)])
}

#[test]
fn a_plain_number_has_no_end_to_come_close_to() {
    let mut case = pool_less().gauge("app.threads", [99.0; 2], 0);
    case.plan.gauges.push(Gauge { name: "app.threads".to_owned(), band: None });
    assert_eq!(diagnosed(&[few(), case]).0.saturated, []);
}

#[test]
fn a_phase_of_a_bad_generator_says_nothing() {
    let mut verdict = pool().judge();
    verdict.outcome = Outcome::Invalid;
    let (case, measurements) = (pool(), pool().measurements());
    let evidence = PhaseEvidence { plan: &case.plan, phase: &case.phase, measurements: &measurements, gauges: &[] };
    assert_eq!(diagnose(&[Seen { verdict: &verdict, evidence }], None, &[]), None);
    assert_eq!(diagnose(&[], None, &[]), None);
}
