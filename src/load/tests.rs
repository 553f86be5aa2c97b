//! The load from its front door: over sockets where that matters, else over streams in memory under the paused clock.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{HeaderName, HeaderValue, Method, header};
use tokio::{sync::mpsc, task::LocalSet};

use super::{
    Job, Running, Tick, alarm::Precision, course::Course, default_workers, once, prepare::PreparedLoad, start,
    worker::work,
};
use crate::{
    client::{
        Origin,
        testing::{self, Reply, Server, app, app_after, text},
    },
    measure::{Layout, PhaseEnding, PhaseMeasurements},
    plan::{
        Body, ColumnId, Dataset, Encoding, Endpoint, EndpointId, Expect, Extract, Extraction, FailureKind, Load,
        Pacing, Phase, Place, Plan, Policy, Profile, Publish, Reaction, Redirects, Row, Scenario, ScenarioId, Segment,
        SlotId, Step, Template, Uncertain, Value,
    },
};

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn place() -> Place {
    Place { file: Arc::from("gates.yaml"), line: 1, column: 1 }
}

fn literal(text: &str) -> Template {
    Template { segments: vec![Segment::Literal(text.to_owned())] }
}

fn with(text: &str, value: Value, encoding: Encoding) -> Template {
    Template { segments: vec![Segment::Literal(text.to_owned()), Segment::Insert(value, encoding)] }
}

fn get(endpoint: u32, path: &str) -> Step {
    Step {
        endpoint: EndpointId(endpoint),
        method: Method::GET,
        url: literal(path),
        headers: Vec::new(),
        body: Body::Empty,
        timeout: seconds(5),
        redirects: Redirects::None,
        expect: Expect::default(),
        extract: Vec::new(),
        place: place(),
    }
}

const NO_PAUSE: Pacing = Pacing::Think { low: Duration::ZERO, high: Duration::ZERO };

fn scenario(login: Vec<Step>, steps: Vec<Step>, pacing: Pacing) -> Scenario {
    Scenario { name: "visitor".to_owned(), weight: 1, login, steps, pacing, slots: vec!["token".to_owned()] }
}

/// A plan whose endpoints are those that the steps name.
fn plan(scenarios: Vec<Scenario>) -> Plan {
    let mut endpoints = BTreeMap::new();
    for (index, scenario) in scenarios.iter().enumerate() {
        let id = ScenarioId(u32::try_from(index).expect("few scenarios"));
        for (steps, login) in [(&scenario.login, true), (&scenario.steps, false)] {
            for step in steps {
                let name = step.url.constant().unwrap_or("varying").to_owned();
                endpoints.insert(step.endpoint, Endpoint { name, tags: Vec::new(), scenario: id, login });
            }
        }
    }
    Plan {
        gate: "test".to_owned(),
        profile: Profile { name: "default".to_owned(), time_scale: 1.0, extend: false },
        seed: 1,
        commit: "dev".to_owned(),
        target: testing::target(),
        preflight: Vec::new(),
        scenarios,
        endpoints: endpoints.into_values().collect(),
        columns: Vec::new(),
        datasets: Vec::new(),
        monitors: Vec::new(),
        gauges: Vec::new(),
        phases: Vec::new(),
        recovery: None,
        integrity: Vec::new(),
        cleanup: Vec::new(),
        regression: None,
        policy: Policy {
            uncertain_criterion: Uncertain::Observed,
            uncertain_regression: Reaction::Warn,
            no_data: Reaction::Fail,
        },
        publish: Publish { junit: None, markdown: None, html: None, csv: None },
        deadline: None,
        without_effect: Vec::new(),
    }
}

fn phase(load: Load, warmup: Duration, duration: Duration) -> Phase {
    Phase {
        name: "phase".to_owned(),
        load,
        warmup,
        duration,
        rows: Arc::from([]),
        data: Vec::new(),
        criteria: Vec::new(),
        place: place(),
    }
}

fn closed(users: u32, spawn_rate: f64) -> Load {
    Load::Closed { users, spawn_rate }
}

fn job(plan: Plan, phase: Phase, origin: Origin) -> Job {
    Job { plan: Arc::new(plan), phase, phase_index: 0, origin: Arc::new(origin), seed: 1, workers: 2 }
}

/// Runs a job to its end on real sockets.
async fn run(job: Job) -> PhaseMeasurements {
    let mut running = start(job);
    while running.tick().await.is_some() {}
    running.finish().await
}

/// Runs a job's only worker on the current thread under its clock; `steer` sees each tick.
async fn run_here(mut job: Job, mut steer: impl FnMut(&Running, &Tick)) -> PhaseMeasurements {
    job.workers = 1;
    LocalSet::new()
        .run_until(async {
            let load = Arc::new(PreparedLoad::of(&job));
            let course = Arc::new(Course::of(&job.phase, Course::last_start(&job.phase.load, load.logins)));
            let layout = Arc::new(Layout::of(&job.plan, &job.phase));
            let (sender, reports) = mpsc::channel(4);
            let mut running = Running::of(Arc::clone(&course), Arc::clone(&layout), reports, Vec::new());
            let worker = tokio::task::spawn_local(work((0, load, course), layout, (Precision::Runtime, sender)));
            while let Some(tick) = running.tick().await {
                steer(&running, &tick);
            }
            worker.await.expect("the worker does not panic");
            running.finish().await
        })
        .await
}

/// An origin whose app runs on this runtime, so that a paused clock moves when both sides wait.
fn in_memory(app: Arc<dyn testing::App>) -> Origin {
    testing::origin_in_memory(move || {
        let (near, far) = tokio::io::duplex(64 * 1024);
        tokio::spawn(testing::serve(far, Arc::clone(&app)));
        Ok(near)
    })
}

fn errors(measured: &PhaseMeasurements, endpoint: usize) -> Vec<(FailureKind, u64)> {
    measured.endpoints[endpoint].errors.iter().map(|(kind, count)| (*kind, *count)).collect()
}

#[track_caller]
fn near(seen: Duration, wanted: Duration) {
    let apart = seen.abs_diff(wanted);
    assert!(apart <= wanted / 500 + millis(2), "{seen:?} is not near {wanted:?}");
}

#[tokio::test(start_paused = true)]
async fn closed_users_think_between_iterations() {
    let origin = in_memory(app_after(|_| millis(50)));
    let pacing = Pacing::Think { low: millis(450), high: millis(450) };
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], pacing)]);
    let measured = run_here(job(plan, phase(closed(4, 10.0), seconds(1), seconds(10)), origin), |_, _| {}).await;
    assert_eq!(measured.ending, PhaseEnding::Completed);
    assert_eq!((measured.ramp.started, measured.ramp.logged_in), (4, 4));
    near(measured.window_start.expect("the ramp ended"), millis(300 + 30 + 1000));
    assert_eq!(measured.measured, seconds(10));
    let endpoint = &measured.endpoints[0];
    assert!((78..=82).contains(&endpoint.requests), "two a second from each of four users: {}", endpoint.requests);
    assert_eq!(endpoint.failures(), 0);
    near(endpoint.latency.quantile(0.5).expect("measured"), millis(50));
    assert!(measured.sent > endpoint.requests, "ramp and warm-up were sent, and not measured");
    assert!(measured.generator.lateness_max < millis(2), "{:?}", measured.generator);
}

#[tokio::test(start_paused = true)]
async fn pace_counts_from_the_slot() {
    // Every fourth answer takes 3 s where a slot comes each second.
    let count = Mutex::new(0);
    let origin = in_memory(app_after(move |_| {
        let mut count = count.lock().expect("no panic");
        *count += 1;
        if *count % 4 == 0 { seconds(3) } else { millis(10) }
    }));
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], Pacing::Pace(seconds(1)))]);
    let measured = run_here(job(plan, phase(closed(1, 1.0), Duration::ZERO, seconds(40)), origin), |_, _| {}).await;
    let endpoint = &measured.endpoints[0];
    assert_eq!(endpoint.requests, 40, "late iterations catch up");
    near(endpoint.service.quantile(0.5).expect("measured"), millis(10));
    assert!(endpoint.latency.quantile(0.5).expect("measured") > seconds(1), "the slots waited behind the slow answers");
}

#[tokio::test(start_paused = true)]
async fn the_open_model_keeps_its_rate_whatever_the_app_does() {
    let origin = in_memory(app_after(|_| seconds(1)));
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], NO_PAUSE)]);
    let load = Load::Open { rate: 20.0, users: 100, spawn_rate: 20.0 };
    let measured = run_here(job(plan, phase(load, seconds(2), seconds(10)), origin), |_, _| {}).await;
    let endpoint = &measured.endpoints[0];
    assert_eq!((endpoint.requests, endpoint.failures()), (200, 0));
    assert_eq!((measured.generator.slots, measured.generator.slots_missed), (200, 0));
    near(endpoint.latency.max().expect("measured"), seconds(1));
    assert_eq!(measured.sent, 240);
}

#[tokio::test(start_paused = true)]
async fn late_slots_are_sent_and_count_from_their_time() {
    // The app freezes for the first second of every five.
    let begun = tokio::time::Instant::now();
    let origin = in_memory(app_after(move |_| {
        let into_period = begun.elapsed().as_secs_f64() % 5.0;
        seconds(1).saturating_sub(Duration::from_secs_f64(into_period))
    }));
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], NO_PAUSE)]);
    let load = Load::Open { rate: 200.0, users: 20, spawn_rate: 20.0 };
    let measured = run_here(job(plan, phase(load, Duration::ZERO, seconds(20)), origin), |_, _| {}).await;
    let endpoint = &measured.endpoints[0];
    assert_eq!((endpoint.requests, endpoint.failures()), (4000, 0));
    for (share, truth) in [(0.90, 500), (0.95, 750), (0.99, 950)] {
        let seen = endpoint.latency.quantile(share).expect("measured").as_secs_f64();
        assert!((seen / (f64::from(truth) / 1000.0) - 1.0).abs() < 0.02, "{share}: {seen}");
    }
    assert!(measured.generator.lateness_max < millis(2), "waiting for the app is not the generator's lateness");
}

#[tokio::test(start_paused = true)]
async fn slots_that_no_user_could_take_are_unsent() {
    let origin = in_memory(app_after(|_| seconds(3600)));
    let mut step = get(0, "/");
    step.timeout = seconds(60);
    let plan = plan(vec![scenario(Vec::new(), vec![step, get(1, "/next")], NO_PAUSE)]);
    let load = Load::Open { rate: 10.0, users: 5, spawn_rate: 20.0 };
    let measured = run_here(job(plan, phase(load, Duration::ZERO, seconds(10)), origin), |_, _| {}).await;
    assert_eq!(errors(&measured, 0), [(FailureKind::Timeout, 5), (FailureKind::Unsent, 95)]);
    assert_eq!(measured.endpoints[0].requests, 100);
    assert_eq!(measured.endpoints[1].requests, 0);
    assert_eq!((measured.sent, measured.failed), (5, 100));
    assert_eq!((measured.generator.slots, measured.generator.slots_missed), (100, 0));
}

#[tokio::test(start_paused = true)]
async fn requests_in_flight_at_the_end_are_awaited_and_later_steps_are_not_sent() {
    let origin = in_memory(app_after(|path| if path == "/slow" { seconds(4) } else { millis(10) }));
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/slow"), get(1, "/after")], NO_PAUSE)]);
    let mut ended = Duration::ZERO;
    let job = job(plan, phase(closed(1, 1.0), Duration::ZERO, seconds(10)), origin);
    let measured = run_here(job, |_, tick| ended = tick.elapsed).await;
    // The slow step begins at 0 s, before the window, and at 4 and 8 s; its last answer comes at 12 s, behind the end.
    assert_eq!((measured.endpoints[0].requests, measured.endpoints[0].failures()), (2, 0));
    assert_eq!(measured.endpoints[1].requests, 2);
    assert_eq!(measured.sent, 5, "nothing was sent behind the end");
    assert!(ended >= seconds(11), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_counted_at_the_time_waited() {
    let origin = in_memory(app_after(|_| seconds(3600)));
    let mut step = get(0, "/");
    step.timeout = seconds(2);
    let plan = plan(vec![scenario(Vec::new(), vec![step], NO_PAUSE)]);
    let measured = run_here(job(plan, phase(closed(2, 10.0), Duration::ZERO, seconds(9)), origin), |_, _| {}).await;
    assert_eq!(measured.ending, PhaseEnding::Completed);
    let failures = errors(&measured, 0);
    assert!(matches!(failures[..], [(FailureKind::Timeout, 8..=10)]), "{failures:?}");
    near(measured.endpoints[0].latency.max().expect("measured"), seconds(2));
    assert_eq!(measured.endpoints[0].examples, ["no complete answer within 2s"]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_sends_nothing_more_and_awaits_what_is_in_flight() {
    let origin = in_memory(app_after(|_| millis(900)));
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], NO_PAUSE)]);
    let mut stopped = Duration::ZERO;
    let job = job(plan, phase(closed(3, 10.0), Duration::ZERO, seconds(60)), origin);
    let measured = run_here(job, |running, tick| {
        if tick.elapsed >= seconds(5) && stopped.is_zero() {
            stopped = tick.elapsed;
            running.stop(PhaseEnding::StoppedAnswering);
        }
    })
    .await;
    assert_eq!(measured.ending, PhaseEnding::StoppedAnswering);
    near(measured.measured + measured.window_start.expect("the ramp ended"), stopped);
    assert_eq!(measured.failed, 0, "those in flight were awaited");
    assert!((15..=20).contains(&measured.sent), "{}", measured.sent);
}

#[tokio::test(start_paused = true)]
async fn an_interruption_waits_two_seconds_and_no_longer() {
    let origin = in_memory(app_after(|_| seconds(3600)));
    let mut step = get(0, "/");
    step.timeout = seconds(60);
    let plan = plan(vec![scenario(Vec::new(), vec![step], NO_PAUSE)]);
    let begun = tokio::time::Instant::now();
    let job = job(plan, phase(closed(3, 10.0), Duration::ZERO, seconds(600)), origin);
    let measured = run_here(job, |running, tick| {
        if tick.elapsed >= seconds(3) {
            running.stop(PhaseEnding::Interrupted);
        }
    })
    .await;
    near(begun.elapsed(), seconds(5));
    assert_eq!(measured.ending, PhaseEnding::Interrupted);
    assert_eq!((measured.sent, measured.failed), (3, 0), "they were sent, and nobody knows how they would have ended");
}

#[tokio::test(start_paused = true)]
async fn a_user_that_cannot_log_in_ends_the_ramp() {
    let origin = in_memory(app(|request| {
        let refused = request.uri().query() == Some("2");
        text(if refused { 403 } else { 200 }, "")
    }));
    let mut login = get(0, "/login");
    login.url = with("/login?", Value::UserId, Encoding::Url);
    let plan = plan(vec![scenario(vec![login], vec![get(1, "/")], Pacing::Pace(seconds(1)))]);
    let begun = tokio::time::Instant::now();
    let measured = run_here(job(plan, phase(closed(40, 2.0), Duration::ZERO, seconds(60)), origin), |_, _| {}).await;
    assert_eq!(measured.ending, PhaseEnding::RampFailed);
    assert_eq!((measured.window_start, measured.measured), (None, Duration::ZERO));
    assert!((11..=12).contains(&measured.ramp.started) && measured.ramp.logged_in >= 10, "{:?}", measured.ramp);
    assert_eq!(measured.ramp.reasons, ["status 403, expected 200 to 399"]);
    assert!(measured.endpoints[0].requests >= 11, "login requests are measured although nothing else is");
    assert_eq!(measured.endpoints[1].requests, 0);
    // The second user fails at 0.5 s, and the others get 5 s more.
    assert!(begun.elapsed() < seconds(7), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn patience_with_logins_ends_after_a_minute() {
    let origin = in_memory(app_after(|_| seconds(3600)));
    let mut login = get(0, "/login");
    login.timeout = seconds(600);
    let plan = plan(vec![scenario(vec![login], vec![get(1, "/")], NO_PAUSE)]);
    let begun = tokio::time::Instant::now();
    let measured = run_here(job(plan, phase(closed(3, 1.0), Duration::ZERO, seconds(10)), origin), |_, _| {}).await;
    assert_eq!(measured.ending, PhaseEnding::RampFailed);
    assert_eq!((measured.ramp.started, measured.ramp.logged_in), (3, 0));
    assert_eq!(measured.ramp.reasons, ["still logging in 60 s after the last user's start"]);
    near(begun.elapsed(), seconds(2 + 60 + 2));
}

/// The queries that each user sent, in their order.
async fn queries_of(seed: u64, delay: fn(&str) -> Duration) -> BTreeMap<String, Vec<String>> {
    let queries = Arc::new(Mutex::new(BTreeMap::<String, Vec<String>>::new()));
    let noted = Arc::clone(&queries);
    let waiting = app_after(delay);
    let origin = in_memory(Arc::new(move |request: http::Request<bytes::Bytes>| {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let (user, rest) = query.split_once('/').expect("a user and a value");
        noted.lock().expect("no panic").entry(user.to_owned()).or_default().push(rest.to_owned());
        waiting(request)
    }));
    let mut step = get(0, "/");
    step.url = Template {
        segments: vec![
            Segment::Literal("/?".to_owned()),
            Segment::Insert(Value::UserId, Encoding::Url),
            Segment::Literal("/".to_owned()),
            Segment::Insert(Value::Data(ColumnId(0)), Encoding::Url),
            Segment::Insert(Value::RandomInt { low: 0, high: 1_000_000 }, Encoding::Url),
        ],
    };
    let plan = plan(vec![scenario(Vec::new(), vec![step], Pacing::Think { low: millis(10), high: millis(90) })]);
    let mut phase = phase(closed(3, 10.0), Duration::ZERO, seconds(3));
    phase.rows = ["a", "b", "c", "d"].map(|name| Row(vec![Some(name.to_owned())])).into();
    let job = Job { seed, ..job(plan, phase, origin) };
    run_here(job, |_, _| {}).await;
    let queries = queries.lock().expect("no panic");
    queries.clone()
}

#[tokio::test(start_paused = true)]
async fn a_seed_gives_each_user_the_same_requests_whatever_the_timing() {
    let (fast, slow) = (queries_of(7, |_| millis(1)).await, queries_of(7, |_| millis(40)).await);
    assert_eq!(fast.keys().collect::<Vec<_>>(), ["1", "2", "3"]);
    for (user, slow) in &slow {
        assert!(slow.len() > 10 && fast[user].len() > slow.len());
        assert_eq!(fast[user][..slow.len()], slow[..], "user {user}");
    }
    assert_ne!(queries_of(8, |_| millis(1)).await["1"][..10], fast["1"][..10]);
    let all: Vec<&str> = fast.values().flatten().map(|query| &query[..1]).collect();
    assert!(["a", "b", "c", "d"].iter().all(|row| all.contains(row)), "every row is drawn");
}

#[tokio::test(start_paused = true)]
async fn users_are_shared_out_by_weight() {
    let origin = in_memory(app(|_| text(200, "")));
    let pace = Pacing::Pace(seconds(1));
    let mut scenarios =
        vec![scenario(Vec::new(), vec![get(0, "/a")], pace), scenario(Vec::new(), vec![get(1, "/b")], pace)];
    scenarios[1].weight = 3;
    let measured =
        run_here(job(plan(scenarios), phase(closed(20, 100.0), seconds(1), seconds(10)), origin), |_, _| {}).await;
    assert_eq!((measured.endpoints[0].requests, measured.endpoints[1].requests), (50, 150));
}

#[tokio::test(start_paused = true)]
async fn running_out_of_descriptors_is_not_the_apps_failure() {
    let app = app(|_| text(200, ""));
    let dials = Mutex::new(0);
    let origin = testing::origin_in_memory(move || {
        let mut dials = dials.lock().expect("no panic");
        *dials += 1;
        if *dials > 1 {
            return Err(io::Error::from_raw_os_error(rustix::io::Errno::MFILE.raw_os_error()));
        }
        let (near, far) = tokio::io::duplex(64 * 1024);
        tokio::spawn(testing::serve(far, Arc::clone(&app)));
        Ok(near)
    });
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], Pacing::Pace(seconds(1)))]);
    let measured = run_here(job(plan, phase(closed(2, 10.0), seconds(1), seconds(5)), origin), |_, _| {}).await;
    assert_eq!((measured.endpoints[0].requests, measured.failed), (5, 0));
    let exhausted = measured.generator.exhausted.expect("it was seen");
    assert!(exhausted.contains("Too many open files") || exhausted.contains("os error 24"), "{exhausted}");
}

/// An app with a login that gives a token, and pages that ask for it.
fn site(request: &http::Request<bytes::Bytes>) -> Reply {
    let cookie = request.headers().get(header::COOKIE).map_or("", |value| value.to_str().expect("text"));
    let redirect = |to: &str| {
        let mut reply = text(302, "");
        reply.headers_mut().insert(header::LOCATION, HeaderValue::try_from(to).expect("a header"));
        reply
    };
    match (request.method().as_str(), request.uri().path()) {
        ("GET", "/login") => text(200, "<input name=\"csrf\" value=\"t+k=n\">"),
        ("POST", "/login") if request.body() == "csrf=t%2Bk%3Dn" => {
            let mut reply = redirect("/home");
            reply.headers_mut().insert(header::SET_COOKIE, HeaderValue::from_static("session=yes; Path=/"));
            reply
        }
        ("GET", "/home") if cookie == "session=yes" => text(200, "welcome"),
        ("GET", "/loop") => redirect("/loop"),
        ("GET", "/away") => redirect("http://example.com/"),
        ("GET", "/none") => text(404, "no such page"),
        _ => text(403, "forbidden"),
    }
}

fn login_steps() -> Vec<Step> {
    let mut page = get(0, "/login");
    let pattern = regex::bytes::Regex::new("value=\"([^\"]+)\"").expect("a pattern");
    page.extract = vec![Extract { slot: SlotId(0), from: Extraction::Regex(pattern) }];
    let mut login = get(1, "/login");
    login.method = Method::POST;
    login.headers = vec![(HeaderName::from_static("content-type"), literal("application/x-www-form-urlencoded"))];
    login.body = Body::Text(with("csrf=", Value::Extracted(SlotId(0)), Encoding::Form));
    login.redirects = Redirects::Follow;
    login.expect.body_has = vec!["welcome".to_owned()];
    vec![page, login]
}

#[tokio::test]
async fn a_login_with_a_token_and_a_redirect_works_over_sockets() {
    let server = Server::start(app(|request| site(&request)), None);
    let mut home = get(2, "/home");
    home.expect.body_has = vec!["welcome".to_owned()];
    let pacing = Pacing::Think { low: millis(5), high: millis(15) };
    let plan = plan(vec![scenario(login_steps(), vec![home], pacing)]);
    let origin = testing::origin(&server.url());
    let measured = run(job(plan, phase(closed(10, 100.0), Duration::ZERO, millis(500)), origin)).await;
    assert_eq!(measured.ending, PhaseEnding::Completed, "{:?}", measured.ramp);
    assert_eq!((measured.ramp.started, measured.ramp.logged_in), (10, 10));
    assert_eq!(measured.endpoints[0].requests, 10);
    assert_eq!(measured.endpoints[1].requests, 20, "a redirect's hop is a request of its step");
    assert_eq!(measured.endpoints[1].statuses, BTreeMap::from([(302, 10), (200, 10)]));
    assert!(measured.endpoints[2].requests > 100, "{}", measured.endpoints[2].requests);
    assert_eq!(measured.failed, 0, "{:?}", measured.endpoints[2].examples);
}

#[tokio::test]
async fn redirects_end_at_ten_hops_and_at_forbidden_hosts() {
    let origin = in_memory(app(|request| site(&request)));
    let follow = |endpoint, path| Step { redirects: Redirects::Follow, ..get(endpoint, path) };
    let plan =
        plan(vec![scenario(Vec::new(), vec![follow(0, "/loop"), follow(1, "/away"), get(2, "/away")], NO_PAUSE)]);
    let rehearsal = once(&plan, ScenarioId(0), &origin, 1).await;
    assert_eq!((rehearsal.requests, rehearsal.failures), (13, 2));
    assert_eq!(rehearsal.exchanges[9].failure, None);
    assert_eq!(rehearsal.exchanges[10].failure.as_deref(), Some("more than 10 redirects"));
    let away = rehearsal.exchanges[11].failure.as_deref().expect("refused");
    assert_eq!(
        away,
        "the answer redirects to example.com, which is neither loopback nor in target.allow; nothing was sent there"
    );
    assert_eq!(rehearsal.exchanges[12].failure, None, "a redirect that is not followed is the answer");
}

#[tokio::test]
async fn a_rehearsal_tells_every_exchange() {
    let origin = in_memory(app(|request| site(&request)));
    let mut needs = get(4, "/home");
    needs.url = with("/home?", Value::Extracted(SlotId(0)), Encoding::Url);
    let mut loses = get(3, "/none");
    loses.extract = vec![Extract { slot: SlotId(0), from: Extraction::Header(header::LOCATION) }];
    let mut plan = plan(vec![scenario(login_steps(), vec![get(2, "/home"), loses, needs], NO_PAUSE)]);
    plan.datasets = vec![Dataset { name: "small".to_owned(), rows: vec![Row(Vec::new())] }];
    let rehearsal = once(&plan, ScenarioId(0), &origin, 1).await;
    let told: Vec<_> = rehearsal
        .exchanges
        .iter()
        .map(|exchange| {
            let method = exchange.method.as_ref().map_or("", Method::as_str);
            (exchange.step.as_str(), method, exchange.url.as_deref().unwrap_or_default(), exchange.status)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("/login", "GET", "http://localhost/login", Some(200)),
            ("/login", "POST", "http://localhost/login", Some(302)),
            ("/login", "GET", "http://localhost/home", Some(200)),
            ("/home", "GET", "http://localhost/home", Some(200)),
            ("/none", "GET", "http://localhost/none", Some(404)),
        ]
    );
    assert_eq!(rehearsal.exchanges[1].sent, "csrf=t%2Bk%3Dn");
    assert!(rehearsal.exchanges[1].received.contains("location: /home\n"), "{}", rehearsal.exchanges[1].received);
    assert_eq!(rehearsal.exchanges[4].failure.as_deref(), Some("status 404, expected 200 to 399"));
    assert_eq!(rehearsal.broken_off.as_deref(), Some("a step needs a value that no earlier step extracted"));
    assert!(!rehearsal.passed());
}

#[tokio::test]
async fn a_failed_login_ends_a_rehearsal() {
    let origin = in_memory(app(|_| text(503, "away")));
    let plan = plan(vec![scenario(login_steps(), vec![get(2, "/home")], NO_PAUSE)]);
    let rehearsal = once(&plan, ScenarioId(0), &origin, 1).await;
    assert_eq!((rehearsal.requests, rehearsal.failures), (1, 1));
    assert_eq!(rehearsal.broken_off.as_deref(), Some("the login failed: status 503, expected 200 to 399"));
}

#[tokio::test]
async fn dropping_a_phase_stops_it() {
    let arrived = Arc::new(tokio::sync::Notify::new());
    let arrival = Arc::clone(&arrived);
    let server = Server::start(
        app_after(move |_| {
            arrival.notify_one();
            seconds(5)
        }),
        None,
    );
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], NO_PAUSE)]);
    let running =
        start(job(plan, phase(closed(20, 1000.0), Duration::ZERO, seconds(600)), testing::origin(&server.url())));
    arrived.notified().await;
    let begun = std::time::Instant::now();
    drop(running);
    assert!(begun.elapsed() < seconds(1), "{:?}", begun.elapsed());
}

#[test]
fn at_least_one_worker_and_one_core_for_an_app_on_this_machine() {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let here = default_workers(&testing::origin("http://localhost:8000/"));
    assert_eq!(here, (cores - 1).max(1));
    let mut target = testing::target();
    target.allow = vec!["app.example.com".to_owned()];
    let url = url::Url::parse("http://app.example.com/").expect("a URL");
    assert_eq!(default_workers(&Origin::new(&target, &url).expect("allowed")), cores);
}
