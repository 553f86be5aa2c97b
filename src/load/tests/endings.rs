//! How a phase ends: by itself, by a stop, by a failed ramp, by an exhausted machine.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{sync::mpsc, task::LocalSet, time::sleep};

use super::super::{Job, course::Course, default_workers, start, worker::WorkerEnd};
use super::{
    NO_PAUSE, Precision, Report, Round, closed, errors, get, get_within, in_memory, job, millis, near, phase, plan,
    prepared, run_here, scenario, seconds, with, work,
};
use crate::{
    client::{
        Origin,
        testing::{self, Server, app, app_after, text},
    },
    measure::{Exhaustion, PhaseEnding, Sample, Scarce},
    plan::{Encoding, FailureKind, Load, Pacing, Value},
};

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
    let step = get_within(0, "/", seconds(2));
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
async fn a_request_that_hangs_is_known_to_be_under_way() {
    // The third page hangs for four seconds; that of the other user goes on.
    let count = Mutex::new(0);
    let origin = in_memory(app_after(move |_| {
        let mut count = count.lock().expect("no panic");
        *count += 1;
        if *count == 3 { seconds(4) } else { millis(10) }
    }));
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], Pacing::Pace(millis(500)))]);
    let mut longest = Vec::new();
    let job = job(plan, phase(closed(2, 10.0), Duration::ZERO, seconds(8)), origin);
    run_here(job, |running, _| longest.push(running.longest_under_way().as_secs())).await;
    // It was sent in the first second or in the second one, and to the second it counts from the end of that.
    assert!(longest.iter().any(|longest| *longest >= 2), "{longest:?}");
    assert!(longest.iter().all(|longest| *longest < 4), "{longest:?}");
    assert_eq!(longest.last(), Some(&0), "nothing is under way any more");
}

#[tokio::test(start_paused = true)]
async fn an_interruption_waits_two_seconds_and_no_longer() {
    let origin = in_memory(app_after(|_| seconds(3600)));
    let step = get_within(0, "/", seconds(60));
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

/// A job's only worker, its end and what it recorded, which nobody takes before all has been steered.
async fn steered(mut job: Job, steer: impl AsyncFnOnce(&Course)) -> (Arc<Course>, WorkerEnd, Vec<Sample>) {
    job.workers = 1;
    let (load, course, layout) = prepared(&job);
    let (sender, mut reports) = mpsc::channel(1);
    let round = Round { course: Arc::clone(&course), layout, reports: sender };
    let steering = async {
        steer(&course).await;
        let mut samples = Vec::new();
        loop {
            match reports.recv().await.expect("a worker tells its end") {
                Report::Batch(batch) => samples.extend_from_slice(batch.samples()),
                Report::End(end) => return (*end, samples),
            }
        }
    };
    let mut parked = Vec::new();
    let working = work((0, load), round, Precision::Runtime, &mut parked);
    let ((), (end, samples)) = LocalSet::new().run_until(async { tokio::join!(working, steering) }).await;
    (course, end, samples)
}

#[tokio::test(start_paused = true)]
async fn an_interruption_amid_slots_that_are_left_counts_those_that_were_recorded() {
    let origin = in_memory(app_after(|_| seconds(3600)));
    let step = get_within(0, "/", seconds(60));
    let plan = plan(vec![scenario(Vec::new(), vec![step], NO_PAUSE)]);
    let load = Load::Open { rate: 40_000.0, users: 2, spawn_rate: 2.0 };
    let (_, end, samples) = steered(job(plan, phase(load, Duration::ZERO, seconds(2)), origin), async |course| {
        sleep(seconds(5)).await;
        course.stop(PhaseEnding::Interrupted);
        sleep(seconds(3)).await;
    })
    .await;
    let unsent = samples.len() as u64;
    assert!((1..79_998).contains(&unsent), "{unsent}: the interruption came amid them");
    assert_eq!((end.slots, end.slots_missed, end.unknown), (unsent + 2, 0, 2));
}

#[tokio::test(start_paused = true)]
async fn slots_behind_a_stop_do_not_count() {
    // Users come back every few milliseconds to slots that are due, also between the stop and the heartbeat after it.
    for stop in 50..70 {
        let origin = in_memory(app_after(|_| millis(5)));
        let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], NO_PAUSE)]);
        let load = Load::Open { rate: 1000.0, users: 5, spawn_rate: 20.0 };
        let job = job(plan, phase(load, Duration::ZERO, seconds(2)), origin);
        let (course, end, samples) = steered(job, async |course| {
            sleep(millis(stop)).await;
            course.stop(PhaseEnding::FailedEarly);
        })
        .await;
        let planned = (course.measured().as_secs_f64() * 1000.0 - 1e-6).ceil() as u64;
        assert!(planned > 10, "the window has begun");
        assert_eq!((end.slots, samples.len() as u64 + end.slots_missed), (planned, planned), "stopped at {stop} ms");
    }
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
    let Exhaustion { of, words } = measured.generator.exhausted.expect("it was seen");
    assert_eq!(of, Scarce::Descriptors);
    assert!(words.contains("Too many open files") || words.contains("os error 24"), "{words}");
    assert!(words.ends_with("; until then it carried 1 user at once"), "{words}");
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_answer_had_no_room_was_sent() {
    let app = app(|_| text(200, &"x".repeat(1024 * 1024)));
    let seen = Arc::new(Mutex::new(0_u64));
    let count = Arc::clone(&seen);
    let origin = testing::without_room(in_memory(Arc::new(move |request| {
        *count.lock().expect("no panic") += 1;
        app(request)
    })));
    let mut step = get(0, "/");
    step.expect.body_has = vec!["y".to_owned()];
    let plan = plan(vec![scenario(Vec::new(), vec![step], Pacing::Pace(seconds(1)))]);
    let measured = run_here(job(plan, phase(closed(1, 1.0), Duration::ZERO, seconds(5)), origin), |_, _| {}).await;
    assert_eq!(measured.generator.exhausted.expect("it was seen").of, Scarce::Bodies);
    assert_eq!((measured.endpoints[0].requests, measured.failed), (0, 0), "nothing is known of them");
    assert!(measured.sent >= 5, "{}", measured.sent);
    assert_eq!(measured.sent, *seen.lock().expect("no panic"), "as many as came to the app");
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
