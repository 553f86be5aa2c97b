//! Whatever the load, the workers, the rounds, the app and the ending: each slot and each request is counted once, and
//! all counts agree.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use fastrand::Rng;
use http::Request;
use tokio::{sync::mpsc, task::LocalSet};

use super::super::{Job, course::Course, prepare::PreparedLoad};
use super::{Precision, Round, Running, Tick, closed, get, in_memory, job, millis, phase, plan, scenario, with, work};
use crate::{
    client::testing::{App, Reply, text},
    measure::{EndpointMeasurements, Layout, PhaseEnding, PhaseMeasurements},
    plan::{Arrivals, Encoding, Extract, Extraction, FailureKind, Load, Pacing, Phase, SlotId, Step, Value},
};

/// Loads that are drawn; each takes about a hundredth of a second.
const LOADS: u64 = 30;

/// What an app has done.
#[derive(Debug, Default)]
struct Done {
    requests: u64,
    failed: u64,
}

/// An app that answers at once or late, well or not, and sometimes longer than anyone waits; in some it freezes.
fn app(random: &mut Rng, done: &Arc<Mutex<Done>>) -> Arc<dyn App> {
    let (bad, slow) = (random.u32(0..30), random.u32(0..6));
    let freezes = random.bool();
    let (random, done) = (Mutex::new(random.fork()), Arc::clone(done));
    let begun = tokio::time::Instant::now();
    Arc::new(move |request: Request<Bytes>| -> Pin<Box<dyn Future<Output = Reply> + Send>> {
        let mut random = random.lock().expect("no panic");
        let login = request.uri().path().starts_with("/login");
        let slow = !login && random.u32(..100) < slow;
        let bad = !login && random.u32(..100) < bad;
        let into_period = begun.elapsed().as_millis() as u64 % 1_500;
        let delay = match into_period {
            _ if slow => 3_000,
            0..500 if freezes => 500 - into_period,
            _ => [0, 1, 5, 20, 50, 300][random.usize(..6)],
        };
        let mut done = done.lock().expect("no panic");
        done.requests += 1;
        done.failed += u64::from(slow || bad);
        Box::pin(async move {
            tokio::time::sleep(millis(delay)).await;
            text(if bad { 500 } else { 200 }, "token=1")
        })
    })
}

/// One to three steps, of which some need the login's token and some renew it.
fn steps(random: &mut Rng, first: u32, token: Option<&Extract>) -> Vec<Step> {
    let count = random.u32(1..=3);
    let step = |endpoint: u32| {
        let mut step = get(endpoint, &format!("/page{endpoint}"));
        step.timeout = millis(1_000);
        if let Some(token) = token {
            if random.bool() {
                step.url = with(&format!("/page{endpoint}?"), Value::Extracted(token.slot), Encoding::Url);
            }
            step.extract.extend((random.u8(..3) == 0).then(|| token.clone()));
        }
        step
    };
    (first..first + count).map(step).collect()
}

fn drawn(random: &mut Rng, done: &Arc<Mutex<Done>>) -> Job {
    let logs_in = random.u8(..3) == 0;
    let pattern = regex::bytes::Regex::new("token=(\\w+)").expect("a pattern");
    let token = logs_in.then(|| Extract { slot: SlotId(0), from: Extraction::Regex(pattern) });
    let mut login = get(0, "/login");
    login.extract.extend(token.clone());
    let logins = if logs_in { vec![login] } else { Vec::new() };
    let low = random.u64(0..60);
    let pace = Pacing::Pace(millis(random.u64(20..400)));
    let pacing = if random.bool() { pace } else { Pacing::Think { low: millis(low), high: millis(low * 2) } };
    let steps = steps(random, u32::from(logs_in), token.as_ref());
    let users = random.u32(1..12);
    let open = Load::Open { rate: f64::from(random.u32(5..200)), users, spawn_rate: 20.0 };
    let load = if random.bool() { open } else { closed(users, 20.0) };
    let arrivals =
        if random.bool() && matches!(load, Load::Open { .. }) { Arrivals::Poisson } else { Arrivals::Constant };
    let phase = Phase { arrivals, ..phase(load, millis(random.u64(0..700)), millis(random.u64(500..3_000))) };
    let origin = in_memory(app(random, done));
    let job = job(plan(vec![scenario(logins, steps, pacing)]), phase, origin);
    Job { seed: random.u64(..), workers: random.usize(1..5), extends: random.bool(), ..job }
}

/// The rounds of a job's workers, all of them on this thread, until one does not end as planned.
async fn run(job: &Job, rounds: u32, mut steer: impl FnMut(&mut Running, &Tick)) -> Vec<PhaseMeasurements> {
    let load = Arc::new(PreparedLoad::of(job));
    let mut parked: Vec<_> = (0..load.workers).map(|_| Vec::new()).collect();
    let mut all: Vec<PhaseMeasurements> = Vec::new();
    for number in 0..rounds {
        let (course, layout) = (Arc::new(Course::of(job, number)), Arc::new(Layout::of(&job.plan, &job.phase)));
        let (sender, reports) = mpsc::channel(4);
        let mut running = Running::of(Arc::clone(&course), Arc::clone(&layout), reports, Vec::new());
        let start = |(index, mut parked)| {
            let round = Round { course: Arc::clone(&course), layout: Arc::clone(&layout), reports: sender.clone() };
            let load = Arc::clone(&load);
            tokio::task::spawn_local(async move {
                work((index, load), round, Precision::Runtime, &mut parked).await;
                parked
            })
        };
        let workers: Vec<_> = (0..).zip(std::mem::take(&mut parked)).map(start).collect();
        drop(sender);
        while let Some(tick) = running.tick().await {
            steer(&mut running, &tick);
        }
        for worker in workers {
            parked.push(worker.await.expect("the worker does not panic"));
        }
        all.push(running.finish().await);
        if all.last().is_some_and(|last| last.ending != PhaseEnding::Completed) {
            break;
        }
    }
    all
}

/// The counts of an endpoint in all places agree.
fn agree(measured: &PhaseMeasurements, at: usize) {
    let endpoint: &EndpointMeasurements = &measured.endpoints[at];
    let of_spans = |count: fn(&crate::measure::SpanCounts) -> u64| endpoint.spans.iter().map(count).sum::<u64>();
    let seconds = || measured.windows.iter().filter(|window| window.endpoint.index() == at);
    let requests = [of_spans(|span| span.requests), seconds().map(|second| second.requests).sum()];
    assert_eq!(requests, [endpoint.requests; 2]);
    let failures = [of_spans(|span| span.failures), seconds().map(|second| second.failures).sum()];
    assert_eq!(failures, [endpoint.failures(); 2]);
    assert_eq!([endpoint.service.count(), of_spans(|span| span.timed)], [endpoint.latency.count(); 2]);
    let unanswered = endpoint.errors.iter().filter(|(kind, _)| **kind != FailureKind::Check).map(|(_, count)| count);
    assert_eq!(endpoint.statuses.values().chain(unanswered).sum::<u64>(), endpoint.requests);
    if measured.ending == PhaseEnding::Completed {
        let completed = [of_spans(|span| span.completed), seconds().map(|second| second.completed).sum()];
        assert_eq!(completed, [endpoint.completed; 2]);
    }
}

async fn conserves(seed: u64) {
    let mut random = Rng::with_seed(seed);
    let done = Arc::new(Mutex::new(Done::default()));
    let job = drawn(&mut random, &done);
    let (extends, rounds) = (random.bool(), if random.bool() { 3 } else { 1 });
    let ending = [PhaseEnding::StoppedAnswering, PhaseEnding::FailedEarly, PhaseEnding::Interrupted][random.usize(..3)];
    let stop = (random.u8(..5) == 0).then(|| millis(random.u64(0..4_000)));
    let all = run(&job, rounds, |running, tick| {
        if extends && running.window().is_some_and(|(start, _)| tick.elapsed >= start) {
            running.extend();
        }
        if stop.is_some_and(|stop| tick.elapsed >= stop) {
            running.stop(ending);
        }
    })
    .await;
    let done = done.lock().expect("no panic");
    let sent: u64 = all.iter().map(|measured| measured.sent).sum();
    assert_eq!(sent, done.requests, "what was sent is what came to the app");
    let ended = all.last().expect("a round").ending;
    if ended != PhaseEnding::Interrupted {
        assert_eq!(all.iter().map(|measured| measured.failed).sum::<u64>(), done.failed);
    }
    let first = job.plan.scenarios[0].steps[0].endpoint.index();
    for measured in &all {
        (0..measured.endpoints.len()).for_each(|at| agree(measured, at));
        let generator = &measured.generator;
        assert!(generator.lateness_max < millis(3), "{generator:?}");
        if let Load::Open { rate, .. } = job.phase.load {
            let missed = generator.slots_missed;
            assert!(missed == 0 || stop.is_some(), "only a stop comes between a slot and an idle user: {missed}");
            assert_eq!(generator.slots, measured.endpoints[first].requests + missed);
            let planned = (rate * measured.measured.as_secs_f64() - 1e-9).ceil() as u64;
            assert!(job.phase.arrivals == Arrivals::Poisson || generator.slots == planned, "{planned}");
        }
    }
}

#[test]
fn every_slot_and_every_request_is_counted_once_whatever_happens() {
    for seed in 0..LOADS {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        println!("seed {seed}");
        LocalSet::new().block_on(&runtime.expect("a runtime"), conserves(seed));
    }
}
