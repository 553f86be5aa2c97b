//! What is sent does not depend on how many workers send it, nor on how fast the answers come.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::super::Job;
use super::{NO_PAUSE, closed, get, job, millis, phase, plan, run, scenario, seconds, with};
use crate::{
    client::testing::{self, Server, app, text},
    measure::{PhaseEnding, PhaseMeasurements},
    plan::{Arrivals, ColumnId, Encoding, Load, Pacing, Phase, Row, Segment, Template, Value},
};

/// Each user's requests, by user id.
type Sent = BTreeMap<String, Vec<String>>;

/// Two scenarios of two steps each, on rows and random numbers, by six users for a second on real sockets.
async fn sent(workers: usize, pause: Duration) -> Sent {
    let sent = Arc::new(Mutex::new(Sent::new()));
    let noted = Arc::clone(&sent);
    let server = Server::start(
        app(move |request| {
            let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
            let (user, rest) = query.split_once('/').expect("a user and the rest");
            noted.lock().expect("no panic").entry(user.to_owned()).or_default().push(format!("{path}?{rest}"));
            text(200, "")
        }),
        None,
    );
    let step = |endpoint: u32, path: &str| {
        let mut step = get(endpoint, path);
        let literal = |text: &str| Segment::Literal(text.to_owned());
        step.url = Template {
            segments: vec![
                literal(path),
                literal("?"),
                Segment::Insert(Value::UserId, Encoding::Url),
                literal("/"),
                Segment::Insert(Value::Data(ColumnId(0)), Encoding::Url),
                literal("-"),
                Segment::Insert(Value::RandomInt { low: 0, high: 1_000_000 }, Encoding::Url),
            ],
        };
        step
    };
    let pacing = Pacing::Think { low: pause, high: pause * 2 };
    let mut scenarios = vec![
        scenario(Vec::new(), vec![step(0, "/a"), step(1, "/b")], pacing),
        scenario(Vec::new(), vec![step(2, "/c"), step(3, "/d")], pacing),
    ];
    scenarios[1].weight = 2;
    let mut phase = phase(closed(6, 100.0), Duration::ZERO, seconds(1));
    phase.rows = ["1", "2", "3", "4", "5"].map(|name| Row(vec![Some(name.to_owned())])).into();
    let job = job(plan(scenarios), phase, testing::origin(&server.url()));
    let measured = run(Job { workers, ..job }).await;
    assert_eq!((measured.ending, measured.failed), (PhaseEnding::Completed, 0));
    drop(server);
    let sent = sent.lock().expect("no panic");
    sent.clone()
}

#[tokio::test]
async fn users_do_the_same_whatever_the_workers_and_the_timing() {
    let one = sent(1, millis(20)).await;
    assert_eq!(one.len(), 6);
    let second = one.values().filter(|requests| requests[0].starts_with("/c")).count();
    assert_eq!(second, 4, "users are shared out by weight");
    for (workers, pause) in [(2, millis(20)), (3, millis(7)), (6, millis(45))] {
        let other = sent(workers, pause).await;
        for (user, requests) in &one {
            let both = requests.len().min(other[user].len());
            assert!(both >= 4, "user {user} sent {both} requests");
            assert_eq!(requests[..both], other[user][..both], "user {user} of {workers} workers");
        }
    }
}

/// An open load on an app that needs 5 ms.
async fn open(workers: usize, arrivals: Arrivals) -> PhaseMeasurements {
    let server = Server::start(testing::app_after(|_| millis(5)), None);
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], NO_PAUSE)]);
    let load = Load::Open { rate: 200.0, users: 30, spawn_rate: 200.0 };
    let phase = Phase { arrivals, ..phase(load, millis(200), seconds(2)) };
    run(Job { workers, ..job(plan, phase, testing::origin(&server.url())) }).await
}

#[tokio::test]
async fn results_do_not_depend_on_the_number_of_workers() {
    for arrivals in [Arrivals::Constant, Arrivals::Poisson] {
        let one = open(1, arrivals).await;
        let requests = one.endpoints[0].requests;
        assert!(arrivals == Arrivals::Poisson || requests == 400, "{requests}");
        // Five standard deviations of a Poisson number.
        assert!(requests.abs_diff(400) < 100, "{requests}");
        for workers in [2, 3, 7] {
            let other = open(workers, arrivals).await;
            // All workers together have the very slots that one has.
            assert_eq!((other.endpoints[0].requests, other.sent), (requests, one.sent), "{workers} workers");
            assert_eq!((other.generator.slots, other.generator.slots_missed), (requests, 0));
            let [seen, wanted] = [&other, &one].map(|of| of.endpoints[0].service.quantile(0.5).expect("measured"));
            assert!(seen.abs_diff(wanted) < millis(3), "{workers} workers: median {seen:?}, not {wanted:?}");
        }
    }
}

#[tokio::test]
async fn user_k_starts_at_k_divided_by_the_spawn_rate_on_every_worker() {
    for workers in [1, 3] {
        let starts = Arc::new(Mutex::new(BTreeMap::new()));
        let noted = Arc::clone(&starts);
        let begun = std::time::Instant::now();
        let server = Server::start(
            app(move |request| {
                let user: u32 = request.uri().query().and_then(|user| user.parse().ok()).expect("a user's id");
                noted.lock().expect("no panic").entry(user).or_insert_with(|| begun.elapsed());
                text(200, "")
            }),
            None,
        );
        let mut login = get(0, "/login");
        login.url = with("/login?", Value::UserId, Encoding::Url);
        let plan = plan(vec![scenario(vec![login], vec![get(1, "/page?0")], Pacing::Pace(seconds(1)))]);
        let phase = phase(closed(9, 20.0), Duration::ZERO, millis(100));
        run(Job { workers, ..job(plan, phase, testing::origin(&server.url())) }).await;
        let starts = starts.lock().expect("no panic");
        // Ids count from 1; the first start stands for the phase's origin, which lies shortly before it.
        let first = starts[&1];
        let is_near = |user: &u32| {
            let wanted = millis(50 * u64::from(user - 1));
            starts[user].saturating_sub(first).abs_diff(wanted) < millis(40)
        };
        // A busy machine may hold up one or two.
        assert!((1..=9).filter(is_near).count() >= 7, "{workers} workers: {starts:?}");
    }
}
