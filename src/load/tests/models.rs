//! Who sends what when: the closed and the open model, seeds and shares.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::super::{Job, ledger::OVERFULL};
use super::{
    NO_PAUSE, batches_of, closed, errors, get, get_within, in_memory, job, millis, near, phase, plan, run_here,
    run_together, scenario, seconds,
};
use crate::{
    client::testing::{app, app_after, text},
    measure::PhaseEnding,
    plan::{ColumnId, Encoding, FailureKind, Load, Pacing, Row, Segment, Template, Value},
};

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
async fn pace_slots_that_are_left_at_the_end_are_unsent() {
    // A slot comes each second, and an iteration takes 5 s: the second or third of them is the last that may start.
    let origin = in_memory(app_after(|_| millis(2_500)));
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/"), get(1, "/next")], Pacing::Pace(seconds(1)))]);
    let job = job(plan, phase(closed(1, 1.0), Duration::ZERO, seconds(10)), origin);
    let measured = run_here(job, |_, _| {}).await;
    let [first, next] = &measured.endpoints[..] else { panic!("two endpoints") };
    let unsent = first.errors.get(&FailureKind::Unsent).copied().unwrap_or_default();
    assert_eq!(first.requests, 10, "each slot of the window is a request, sent or not");
    assert!((6..=8).contains(&unsent), "two steps take 5 s: {unsent}");
    assert_eq!((first.failures(), next.failures()), (unsent, 0));
    assert_eq!(measured.failed, 0, "totals are of what was sent");
}

#[tokio::test(start_paused = true)]
async fn many_pace_slots_that_are_left_are_handed_over_bit_by_bit() {
    let origin = in_memory(app_after(|_| seconds(120)));
    let step = get_within(0, "/", seconds(120));
    let plan = plan(vec![scenario(Vec::new(), vec![step], Pacing::Pace(millis(1)))]);
    let job = job(plan, phase(closed(2, 2.0), Duration::ZERO, seconds(60)), origin);
    let (measured, batches) = batches_of(job).await;
    let first = &measured.endpoints[0];
    assert!(first.requests > 119_000, "two users with 60,000 slots each, less their random first part: {first:?}");
    assert_eq!(
        first.errors[&FailureKind::Unsent],
        first.requests,
        "what was sent was meant to start before the window"
    );
    let largest = batches.into_iter().max().expect("there are batches");
    assert!(largest <= OVERFULL, "{largest} requests wait to be handed over");
}

#[tokio::test(start_paused = true)]
async fn a_silence_of_users_who_think_is_seen_beside_users_with_a_pace() {
    // A page freezes for the first second of every five, and the other goes on.
    let begun = tokio::time::Instant::now();
    let origin = in_memory(app_after(move |path| {
        let into_period = begun.elapsed().as_secs_f64() % 5.0;
        let freeze = seconds(1).saturating_sub(Duration::from_secs_f64(into_period));
        if path == "/think" { freeze } else { millis(1) }
    }));
    let think = Pacing::Think { low: millis(45), high: millis(55) };
    let mut scenarios = vec![
        scenario(Vec::new(), vec![get(0, "/think")], think),
        scenario(Vec::new(), vec![get(1, "/pace")], Pacing::Pace(millis(100))),
    ];
    scenarios[1].weight = 3;
    let job = job(plan(scenarios), phase(closed(20, 100.0), Duration::ZERO, seconds(20)), origin);
    let measured = run_here(job, |_, _| {}).await;
    // Five users who think make some hundred requests a second, and four freezes lie in the window.
    let added = measured.endpoints[0].added.count();
    assert!((250..=400).contains(&added), "{added}");
    assert_eq!(measured.endpoints[1].added.count(), 0);
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
    let step = get_within(0, "/", seconds(60));
    let plan = plan(vec![scenario(Vec::new(), vec![step, get(1, "/next")], NO_PAUSE)]);
    let load = Load::Open { rate: 10.0, users: 5, spawn_rate: 20.0 };
    let measured = run_here(job(plan, phase(load, Duration::ZERO, seconds(10)), origin), |_, _| {}).await;
    assert_eq!(errors(&measured, 0), [(FailureKind::Timeout, 5), (FailureKind::Unsent, 95)]);
    assert_eq!(measured.endpoints[0].requests, 100);
    assert_eq!(measured.endpoints[1].requests, 0);
    assert_eq!((measured.sent, measured.failed), (5, 5), "totals are of what was sent");
    assert_eq!((measured.generator.slots, measured.generator.slots_missed), (100, 0));
}

#[tokio::test(start_paused = true)]
async fn many_slots_that_are_left_are_handed_over_bit_by_bit() {
    let origin = in_memory(app_after(|_| seconds(120)));
    let step = get_within(0, "/", seconds(120));
    let plan = plan(vec![scenario(Vec::new(), vec![step], NO_PAUSE)]);
    let load = Load::Open { rate: 5000.0, users: 2, spawn_rate: 2.0 };
    let (measured, batches) = batches_of(job(plan, phase(load, Duration::ZERO, seconds(20)), origin)).await;
    assert_eq!(errors(&measured, 0), [(FailureKind::Timeout, 2), (FailureKind::Unsent, 99_998)]);
    assert_eq!((measured.generator.slots, measured.generator.slots_missed), (100_000, 0));
    let largest = batches.into_iter().max().expect("there are batches");
    assert!(largest <= OVERFULL, "{largest} requests wait to be handed over");
}

#[tokio::test(start_paused = true)]
async fn no_slot_is_lost_to_a_user_who_takes_it_when_the_phase_is_over() {
    // Users come back every 3 ms, also between the last moment for late slots and the heartbeat that ends them.
    let origin = in_memory(app_after(|_| millis(3)));
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/"), get(1, "/next")], NO_PAUSE)]);
    let load = Load::Open { rate: 5000.0, users: 3, spawn_rate: 20.0 };
    let measured = run_here(job(plan, phase(load, Duration::ZERO, millis(994)), origin), |_, _| {}).await;
    let unsent = measured.endpoints[0].errors[&FailureKind::Unsent];
    assert!((1000..4000).contains(&unsent), "{unsent}");
    assert_eq!(measured.endpoints[0].requests, 4970);
    assert_eq!((measured.generator.slots, measured.generator.slots_missed), (4970, 0));
}

#[tokio::test(start_paused = true)]
async fn slots_that_idle_users_missed_while_the_process_stood_still_are_the_generators() {
    let origin = in_memory(app(|_| text(200, "")));
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], NO_PAUSE)]);
    let load = Load::Open { rate: 1000.0, users: 20, spawn_rate: 20.0 };
    // From within the window until later than its slots may still be sent.
    let standstill = tokio::spawn(async {
        tokio::time::sleep(seconds(1)).await;
        tokio::time::advance(seconds(10)).await;
    });
    let measured = run_here(job(plan, phase(load, Duration::ZERO, seconds(2)), origin), |_, _| {}).await;
    standstill.await.expect("it is over");
    let (endpoint, generator) = (&measured.endpoints[0], &measured.generator);
    assert_eq!(endpoint.failures(), 0, "the app answered whatever it was asked");
    assert!((900..1100).contains(&endpoint.requests), "{}", endpoint.requests);
    assert_eq!((generator.slots, generator.slots_missed), (2000, 2000 - endpoint.requests));
}

/// Each user's queries, by user id.
async fn queries_of(load: Load, (seed, workers): (u64, usize), delay: Duration) -> BTreeMap<String, Vec<String>> {
    let queries = Arc::new(Mutex::new(BTreeMap::<String, Vec<String>>::new()));
    let noted = Arc::clone(&queries);
    let waiting = app_after(move |_| delay);
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
    let mut phase = phase(load, Duration::ZERO, seconds(3));
    phase.rows = ["a", "b", "c", "d"].map(|name| Row(vec![Some(name.to_owned())])).into();
    run_together(Job { seed, workers, ..job(plan, phase, origin) }, |_, _| {}).await;
    let queries = queries.lock().expect("no panic");
    queries.clone()
}

#[tokio::test(start_paused = true)]
async fn a_seed_gives_each_user_the_same_requests_whatever_the_timing_and_the_workers() {
    // Three users who wait 40 ms for each answer cannot keep up with 200/s, and those who wait 1 ms are idle.
    for load in [closed(3, 10.0), Load::Open { rate: 200.0, users: 3, spawn_rate: 100.0 }] {
        let fast = queries_of(load, (7, 1), millis(1)).await;
        assert_eq!(fast.keys().collect::<Vec<_>>(), ["1", "2", "3"]);
        for (workers, delay) in [(1, millis(40)), (3, millis(1)), (3, millis(40))] {
            let other = queries_of(load, (7, workers), delay).await;
            for (user, fast) in &fast {
                let both = fast.len().min(other[user].len());
                assert!(both > 10 && (delay == millis(1) || fast.len() > both), "user {user} sent {both} requests");
                assert_eq!(fast[..both], other[user][..both], "{load:?}: user {user} of {workers} workers, {delay:?}");
            }
        }
        assert_ne!(queries_of(load, (8, 1), millis(1)).await["1"][..10], fast["1"][..10]);
        let all: Vec<&str> = fast.values().flatten().map(|query| &query[..1]).collect();
        assert!(["a", "b", "c", "d"].iter().all(|row| all.contains(row)), "every row is drawn");
    }
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
