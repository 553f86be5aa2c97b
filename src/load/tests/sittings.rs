//! Users that go through several windows without logging in again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::super::Sitting;
use super::{closed, get, job, millis, phase, plan, scenario};
use crate::{
    client::testing::{self, Server, app, text},
    measure::{PhaseEnding, PhaseMeasurements},
    plan::{Load, Pacing, Phase, Stage, Stages},
};

async fn round(sitting: &mut Sitting, window: Duration) -> PhaseMeasurements {
    let mut running = sitting.round(Duration::ZERO, window);
    while running.tick().await.is_some() {}
    running.finish().await
}

#[tokio::test]
async fn users_log_in_once_and_rest_between_windows() {
    let (logins, pages) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let counted = (Arc::clone(&logins), Arc::clone(&pages));
    let server = Server::start(
        app(move |request| {
            let count = if request.uri().path() == "/login" { &counted.0 } else { &counted.1 };
            count.fetch_add(1, Ordering::SeqCst);
            text(200, "fine")
        }),
        None,
    );
    let pacing = Pacing::Think { low: millis(5), high: millis(15) };
    let plan = plan(vec![scenario(vec![get(0, "/login")], vec![get(1, "/page")], pacing)]);
    let origin = testing::origin(&server.url());
    let job = job(plan, phase(closed(10, 100.0), Duration::ZERO, Duration::ZERO), origin);
    let mut sitting = Sitting::start(job);
    let first = round(&mut sitting, millis(300)).await;
    assert_eq!((first.ending, first.ramp.logged_in), (PhaseEnding::Completed, 10));
    assert_eq!(logins.load(Ordering::SeqCst), 10);
    let before = pages.load(Ordering::SeqCst);
    tokio::time::sleep(millis(300)).await;
    assert_eq!(pages.load(Ordering::SeqCst), before, "nothing is sent between two windows");
    for _ in 0..3 {
        let later = round(&mut sitting, millis(400)).await;
        assert_eq!((later.ending, later.failed), (PhaseEnding::Completed, 0));
        assert_eq!(later.endpoints[0].requests, 0, "nobody logs in again");
        assert!(later.endpoints[1].requests > 30, "{}", later.endpoints[1].requests);
        assert_eq!(later.measured, millis(400));
    }
    assert_eq!(logins.load(Ordering::SeqCst), 10);
}

#[tokio::test]
async fn the_open_model_has_its_slots_in_each_window() {
    let server = Server::start(app(|_| text(200, "fine")), None);
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/page")], super::NO_PAUSE)]);
    let load = Load::Open { rate: 100.0, users: 50, spawn_rate: 100.0 };
    let job = job(plan, phase(load, Duration::ZERO, Duration::ZERO), testing::origin(&server.url()));
    let mut sitting = Sitting::start(job);
    for _ in 0..3 {
        let measured = round(&mut sitting, millis(500)).await;
        assert_eq!((measured.generator.slots, measured.endpoints[0].requests), (50, 50));
    }
}

#[tokio::test]
async fn users_join_in_each_window_and_log_in_once() {
    let logins = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&logins);
    let server = Server::start(
        app(move |request| {
            counted.fetch_add(u64::from(request.uri().path() == "/login"), Ordering::SeqCst);
            text(200, "fine")
        }),
        None,
    );
    let pacing = Pacing::Think { low: millis(5), high: millis(5) };
    let plan = plan(vec![scenario(vec![get(0, "/login")], vec![get(1, "/page")], pacing)]);
    let stages = Stages::of(vec![Stage { from: 2.0, to: 10.0, share: 1.0 }]);
    let rising = Phase { stages, ..phase(closed(10, 100.0), Duration::ZERO, Duration::ZERO) };
    let mut sitting = Sitting::start(job(plan, rising, testing::origin(&server.url())));
    for number in 0..3 {
        let measured = round(&mut sitting, millis(600)).await;
        assert_eq!((measured.ending, measured.failed), (PhaseEnding::Completed, 0));
        assert_eq!((measured.ramp.started, measured.ramp.logged_in), (10, 10), "round {number}");
        assert_eq!(logins.load(Ordering::SeqCst), 10, "round {number}");
        let part = |spans: std::ops::Range<usize>| -> u64 {
            measured.endpoints[1].spans[spans].iter().map(|span| span.requests).sum()
        };
        // From 2 to 10 users: 3.3 in the mean of the first third, 8.7 in that of the last one.
        assert!(3 * part(0..10) < 2 * part(20..30), "round {number}: {} and {}", part(0..10), part(20..30));
    }
}
