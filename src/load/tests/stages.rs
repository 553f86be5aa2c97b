//! Loads that change within the window, and arrivals that nothing ties to each other.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::Instant;

use super::super::Job;
use super::{
    NO_PAUSE, closed, errors, get, in_memory, job, millis, near, phase, plan, run_here, scenario, seconds, with,
};
use crate::{
    client::testing::{app, app_after, text},
    measure::{PhaseEnding, PhaseMeasurements},
    plan::{Arrivals, Encoding, FailureKind, Load, Pacing, Phase, Stage, Stages, Value},
};

fn staged(phase: Phase, levels: &[(f64, f64, f64)]) -> Phase {
    let stages = levels.iter().map(|&(from, to, share)| Stage { from, to, share }).collect();
    Phase { stages: Stages::of(stages), ..phase }
}

/// Requests that were intended in the spans of the window from this one to before that one.
fn in_spans(measured: &PhaseMeasurements, spans: std::ops::Range<usize>) -> u64 {
    measured.endpoints[0].spans[spans].iter().map(|span| span.requests).sum()
}

#[tokio::test(start_paused = true)]
async fn a_rate_rises_within_the_window_and_stays() {
    let origin = in_memory(app_after(|_| millis(100)));
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], NO_PAUSE)]);
    let load = Load::Open { rate: 50.0, users: 100, spawn_rate: 50.0 };
    let rising = staged(phase(load, seconds(2), seconds(60)), &[(5.0, 50.0, 2.0 / 3.0), (50.0, 50.0, 1.0 / 3.0)]);
    let measured = run_here(job(plan, rising, origin), |_, _| {}).await;
    assert_eq!((measured.ending, measured.endpoints[0].failures()), (PhaseEnding::Completed, 0));
    // Spans of 2 s: a rise from 5/s to 50/s within 40 s, then 20 s at 50/s; the warm-up is at 5/s.
    assert!(in_spans(&measured, 0..10).abs_diff(325) <= 1, "{}", in_spans(&measured, 0..10));
    assert!(in_spans(&measured, 10..20).abs_diff(775) <= 1, "{}", in_spans(&measured, 10..20));
    assert!(in_spans(&measured, 20..30).abs_diff(1000) <= 1, "{}", in_spans(&measured, 20..30));
    assert_eq!(measured.sent, measured.endpoints[0].requests + 10);
    assert_eq!((measured.generator.slots, measured.generator.slots_missed), (measured.endpoints[0].requests, 0));
    assert!(measured.generator.lateness_max < millis(2), "{:?}", measured.generator);
}

#[tokio::test(start_paused = true)]
async fn users_join_within_the_window() {
    let starts = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&starts);
    let begun = Instant::now();
    let origin = in_memory(app(move |request| {
        if request.uri().path() == "/login" {
            noted.lock().expect("no panic").push(begun.elapsed());
        }
        text(200, "")
    }));
    let pace = Pacing::Pace(seconds(1));
    let plan = plan(vec![scenario(vec![get(0, "/login")], vec![get(1, "/page")], pace)]);
    let rising = staged(phase(closed(20, 5.0), seconds(1), seconds(60)), &[(5.0, 20.0, 0.5), (20.0, 20.0, 0.5)]);
    let mut most = 0;
    let measured = run_here(job(plan, rising, origin), |_, tick| most = most.max(tick.users)).await;
    assert_eq!((measured.ramp.started, measured.ramp.logged_in, most), (20, 20, 20));
    let window = measured.window_start.expect("the ramp ended");
    near(window, millis(800 + 30 + 1000));
    let starts = starts.lock().expect("no panic");
    // Users 0 to 4 come at 5/s, user k when the line from 5 to 20 within 30 s is at k and a half.
    for (user, at) in starts.iter().enumerate() {
        let wanted = match user {
            0..5 => millis(200 * user as u64),
            _ => window + seconds(2).mul_f64(user as f64 - 4.5),
        };
        assert!(at.abs_diff(wanted) <= millis(3), "user {user} started at {at:?}, not {wanted:?}");
    }
    let pages: u64 = measured.endpoints[1].requests;
    // The area below the line: (5 + 20) / 2 x 30 s + 20 x 30 s; a user's first slot is a random part of a second later.
    assert!((965..=985).contains(&pages), "{pages}");
    assert_eq!(measured.endpoints[0].requests, 20, "logins within the window are logins");
}

#[tokio::test(start_paused = true)]
async fn a_user_that_joins_and_cannot_log_in_is_told_and_the_window_goes_on() {
    let origin = in_memory(app(|request| text(if request.uri() == "/login?3" { 403 } else { 200 }, "")));
    let mut login = get(0, "/login");
    login.url = with("/login?", Value::UserId, Encoding::Url);
    let plan = plan(vec![scenario(vec![login], vec![get(1, "/page")], Pacing::Pace(seconds(1)))]);
    let rising = staged(phase(closed(4, 4.0), Duration::ZERO, seconds(20)), &[(2.0, 4.0, 1.0)]);
    let measured = run_here(job(plan, rising, origin), |_, _| {}).await;
    assert_eq!((measured.ending, measured.measured), (PhaseEnding::Completed, seconds(20)));
    assert_eq!((measured.ramp.started, measured.ramp.logged_in), (4, 3));
    assert_eq!(measured.ramp.reasons, ["status 403, expected 200 to 399"]);
    assert_eq!(errors(&measured, 0), [(FailureKind::Check, 1)]);
    assert!((42..=46).contains(&measured.endpoints[1].requests), "{}", measured.endpoints[1].requests);
}

#[tokio::test(start_paused = true)]
async fn poisson_arrivals_are_what_the_seed_says() {
    async fn run(seed: u64, delay: Duration) -> (Vec<Duration>, PhaseMeasurements) {
        let arrivals = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&arrivals);
        let begun = Instant::now();
        let waiting = app_after(move |_| delay);
        let origin = in_memory(Arc::new(move |request: http::Request<bytes::Bytes>| {
            noted.lock().expect("no panic").push(begun.elapsed());
            waiting(request)
        }));
        let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], NO_PAUSE)]);
        let load = Load::Open { rate: 20.0, users: 200, spawn_rate: 20.0 };
        let poisson = Phase { arrivals: Arrivals::Poisson, ..phase(load, Duration::ZERO, seconds(60)) };
        let measured = run_here(Job { seed, ..job(plan, poisson, origin) }, |_, _| {}).await;
        let arrivals = arrivals.lock().expect("no panic").clone();
        (arrivals, measured)
    }
    let ((first, measured), (slow, _), (other, _)) =
        (run(1, millis(1)).await, run(1, millis(700)).await, run(2, millis(1)).await);
    assert_eq!(first.len() as u64, measured.endpoints[0].requests);
    assert_eq!((measured.generator.slots, measured.generator.slots_missed), (first.len() as u64, 0));
    assert!(measured.generator.lateness_max < millis(2), "{:?}", measured.generator);
    // 1,200 are expected; five standard deviations are 173.
    assert!(first.len().abs_diff(1200) < 173, "{}", first.len());
    assert_eq!(first.len(), slow.len());
    assert!(first.iter().zip(&slow).all(|(a, b)| a.abs_diff(*b) <= millis(2)), "arrivals wait for no answer");
    assert_ne!(first[..20], other[..20]);
}
