//! The load from its front door: over sockets where that matters, else over streams in memory under the paused clock.

mod conservation;
mod defects;
mod doubts;
mod endings;
mod extension;
mod models;
mod queues;
mod rests;
mod sittings;
mod staffing;
mod stages;
mod walks;
mod workers;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use http::Method;
use tokio::{sync::mpsc, task::LocalSet};

use super::{
    Job, Running, Tick,
    alarm::Precision,
    course::Course,
    prepare::PreparedLoad,
    start,
    worker::{Report, Round, work},
};
use crate::{
    client::{
        Origin,
        testing::{self},
    },
    measure::{Layout, PhaseMeasurements},
    plan::{
        Arrivals, Body, Encoding, Endpoint, EndpointId, Expect, FailureKind, GitHub, Load, Pacing, Phase, Place, Plan,
        Policy, Profile, Publish, Reaction, Redirects, Scenario, ScenarioId, Segment, Stages, Step, Template,
        Uncertain, Value,
    },
};

pub(super) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn place() -> Place {
    Place { file: Arc::from("gates.yaml"), line: 1, column: 1 }
}

pub(super) fn literal(text: &str) -> Template {
    Template { segments: vec![Segment::Literal(text.to_owned())] }
}

pub(super) fn with(text: &str, value: Value, encoding: Encoding) -> Template {
    Template { segments: vec![Segment::Literal(text.to_owned()), Segment::Insert(value, encoding)] }
}

/// A request whose answer is awaited for so long.
pub(super) fn get_within(endpoint: u32, path: &str, timeout: Duration) -> Step {
    Step { timeout, ..get(endpoint, path) }
}

pub(super) fn get(endpoint: u32, path: &str) -> Step {
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

pub(super) const NO_PAUSE: Pacing = Pacing::Think { low: Duration::ZERO, high: Duration::ZERO };

pub(super) fn scenario(login: Vec<Step>, steps: Vec<Step>, pacing: Pacing) -> Scenario {
    Scenario { name: "visitor".to_owned(), weight: 1, login, steps, pacing, slots: vec!["token".to_owned()] }
}

/// A plan whose endpoints are those that the steps name.
pub(super) fn plan(scenarios: Vec<Scenario>) -> Plan {
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
        against: None,
        regression: None,
        policy: Policy {
            uncertain_criterion: Uncertain::Observed,
            uncertain_regression: Reaction::Warn,
            no_data: Reaction::Fail,
        },
        publish: Publish {
            junit: None,
            markdown: None,
            html: None,
            csv: None,
            metrics: None,
            github: GitHub::default(),
        },
        deadline: None,
        without_effect: Vec::new(),
        foreign: None,
    }
}

pub(super) fn phase(load: Load, warmup: Duration, duration: Duration) -> Phase {
    Phase {
        name: "phase".to_owned(),
        position: 0,
        load,
        stages: Stages::default(),
        arrivals: Arrivals::Constant,
        warmup,
        duration,
        rows: Arc::from([]),
        data: Vec::new(),
        criteria: Vec::new(),
        place: place(),
    }
}

pub(super) fn closed(users: u32, spawn_rate: f64) -> Load {
    Load::Closed { users, spawn_rate }
}

pub(super) fn job(plan: Plan, phase: Phase, origin: Origin) -> Job {
    Job { plan: Arc::new(plan), phase, phase_index: 0, origin: Arc::new(origin), seed: 1, workers: 2, extends: false }
}

/// Runs a job to its end on real sockets.
pub(super) async fn run(job: Job) -> PhaseMeasurements {
    let mut running = start(job);
    while running.tick().await.is_some() {}
    running.finish().await
}

fn prepared(job: &Job) -> (Arc<PreparedLoad>, Arc<Course>, Arc<Layout>) {
    let layout = Layout::of(&job.plan, &job.phase);
    (Arc::new(PreparedLoad::of(job)), Arc::new(Course::of(job, 0)), Arc::new(layout))
}

/// Runs a job with one worker on the current thread under its clock; `steer` sees each tick.
pub(super) async fn run_here(job: Job, steer: impl FnMut(&mut Running, &Tick)) -> PhaseMeasurements {
    run_together(Job { workers: 1, ..job }, steer).await
}

/// The same with all of its workers.
pub(super) async fn run_together(job: Job, mut steer: impl FnMut(&mut Running, &Tick)) -> PhaseMeasurements {
    LocalSet::new()
        .run_until(async {
            let (load, course, layout) = prepared(&job);
            let (sender, reports) = mpsc::channel(4 * job.workers);
            let mut running = Running::of(Arc::clone(&course), Arc::clone(&layout), reports, Vec::new());
            let round = Round { course, layout, reports: sender };
            let workers: Vec<_> = (0..load.workers)
                .map(|index| {
                    let (load, round) = (Arc::clone(&load), round.clone());
                    tokio::task::spawn_local(async move {
                        work((index, load), round, Precision::Runtime, &mut Vec::new()).await;
                    })
                })
                .collect();
            drop(round);
            while let Some(tick) = running.tick().await {
                steer(&mut running, &tick);
            }
            for worker in workers {
                worker.await.expect("the worker does not panic");
            }
            running.finish().await
        })
        .await
}

/// The same without a control side that looks on; gives also the number of requests of each batch.
pub(super) async fn batches_of(mut job: Job) -> (PhaseMeasurements, Vec<usize>) {
    job.workers = 1;
    LocalSet::new()
        .run_until(async {
            let (load, course, layout) = prepared(&job);
            let (sender, mut seen) = mpsc::channel(4);
            let (pass_on, reports) = mpsc::channel(4);
            let running = Running::of(Arc::clone(&course), Arc::clone(&layout), reports, Vec::new());
            let round = Round { course, layout, reports: sender };
            let worker = tokio::task::spawn_local(async move {
                work((0, load), round, Precision::Runtime, &mut Vec::new()).await;
            });
            let passing = tokio::task::spawn_local(async move {
                let mut batches = Vec::new();
                while let Some(report) = seen.recv().await {
                    if let Report::Batch(batch) = &report {
                        batches.push(batch.samples().len());
                    }
                    pass_on.send(report).await.expect("the control side listens");
                }
                batches
            });
            let measured = running.finish().await;
            worker.await.expect("the worker does not panic");
            (measured, passing.await.expect("nor does who passes on"))
        })
        .await
}

/// An origin whose app runs on this runtime, so that a paused clock moves when both sides wait.
pub(super) fn in_memory(app: Arc<dyn testing::App>) -> Origin {
    testing::origin_in_memory(move || {
        let (near, far) = tokio::io::duplex(64 * 1024);
        tokio::spawn(testing::serve(far, Arc::clone(&app)));
        Ok(near)
    })
}

pub(super) fn errors(measured: &PhaseMeasurements, endpoint: usize) -> Vec<(FailureKind, u64)> {
    measured.endpoints[endpoint].errors.iter().map(|(kind, count)| (*kind, *count)).collect()
}

#[track_caller]
pub(super) fn near(seen: Duration, wanted: Duration) {
    let apart = seen.abs_diff(wanted);
    assert!(apart <= wanted / 500 + millis(2), "{seen:?} is not near {wanted:?}");
}
