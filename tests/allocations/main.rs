//! The steady state of a prepared step allocates nothing of its own: what the load path asks of the allocator is what the HTTP
//! library asks for by itself, request for request.
//!
//! Allocations are those of the whole process, so there is one test in this binary, and its server is a thread that answers
//! out of fixed memory.

mod bare;
mod server;

use std::{
    alloc::System,
    ops::Range,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use stagegate::{
    client::Origin,
    config::{self, Environment},
    load::{self, Job},
    plan::{self, Choice, Plan},
    units::Date,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations so far, and blocks that grew.
pub(crate) fn allocations() -> u64 {
    let stats = ALLOCATOR.stats();
    (stats.allocations + stats.reallocations) as u64
}

/// A load: the pause of its users, and the keys of its phase.
struct Load(&'static str, &'static str);

const CLOSED: Load = Load("0s", "users: 8, duration: 2200ms");
const THINKING: Load = Load("1ms", "users: 8, duration: 2200ms");

/// Behind its rate nothing is sent any more.
const OPEN: Load = Load("0s", "users: 40, rate: [5000/s over 2200ms, 0.1/s], duration: 4100ms");

/// A second of each load: the one before fills what is kept and used again.
const BUSY: Range<Duration> = Duration::from_millis(1_100)..Duration::from_millis(2_100);

/// A second behind a rate, which shows what a second takes whatever the number of requests.
const IDLE: Range<Duration> = Duration::from_millis(2_900)..Duration::from_millis(3_900);

/// Requests that were answered so far.
fn answered() -> u64 {
    server::ANSWERED.load(Ordering::Relaxed)
}

/// The whole work of the gate on the same request each time: cookie, status check, both clocks, limits and histograms.
fn gates(port: u16, Load(think, keys): &Load) -> String {
    format!(
        "version: 1
gate: allocations
target: {{url: 'http://127.0.0.1:{port}', headers: {{Accept: '*/*'}}}}
scenarios:
  visitor:
    login: [{{get: /login, name: login}}]
    steps: [{{get: /answer, name: answer, expect: {{status: 200}}}}]
    think: {think}
phases: [{{name: load, {keys}, spawn_rate: 1000/s, criteria: [p95 < 500ms, success_rate > 99%]}}]
"
    )
}

fn plan(text: &str) -> Plan {
    let environment = Environment::default();
    let (config, problems) = config::read("gates.yaml", text.as_bytes(), &environment);
    let config = config.unwrap_or_else(|| panic!("{problems}"));
    let choice = Choice {
        profile: None,
        phases: Vec::new(),
        target: None,
        time_scale: None,
        seed: 1,
        commit: "dev".to_owned(),
        comparison: false,
        deadline: None,
        today: Date::of(jiff::Timestamp::now()),
        limits: plan::Limits::default(),
        files: std::collections::BTreeMap::new(),
        foreign: None,
        environment,
    };
    plan::build(&config, &choice).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Allocations and requests in some parts of a load: of users, worker and control side together.
async fn of_the_gate<const N: usize>(port: u16, load: &Load, parts: [Range<Duration>; N]) -> [(u64, u64); N] {
    let plan = Arc::new(plan(&gates(port, load)));
    let url = plan.target.url.clone().expect("the plan has a URL");
    let origin = Arc::new(Origin::new(&plan.target, &url).expect("loopback is allowed"));
    let phase = plan.phases[0].clone();
    let mut running = load::start(Job { plan, phase, phase_index: 0, origin, seed: 1, workers: 1, extends: false });
    let begun = running.origin_instant();
    let mut seen = [(0, 0); N];
    for (part, seen) in parts.into_iter().zip(&mut seen) {
        look_on_until(&mut running, begun + part.start).await;
        let before = (allocations(), answered());
        look_on_until(&mut running, begun + part.end).await;
        *seen = (allocations() - before.0, answered() - before.1);
    }
    while running.tick().await.is_some() {}
    let measured = running.finish().await;
    assert_eq!(measured.failed, 0, "{:?}", measured.endpoints.last().map(|endpoint| &endpoint.examples));
    seen
}

/// As a run does, once a second.
async fn look_on_until(running: &mut load::Running, moment: tokio::time::Instant) {
    while tokio::time::timeout_at(moment, running.tick()).await.is_ok() {}
}

#[test]
fn a_prepared_step_allocates_nothing_of_its_own() {
    let port = server::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let library = runtime.block_on(bare::allocations_a_request(port));
    assert!(library >= 1.0, "the count sees something");
    let [open, idle] = runtime.block_on(of_the_gate(port, &OPEN, [BUSY, IDLE]));
    let [closed] = runtime.block_on(of_the_gate(port, &CLOSED, [BUSY]));
    let [thinking] = runtime.block_on(of_the_gate(port, &THINKING, [BUSY]));
    assert_eq!(idle.1, 0, "nothing is sent behind the rate");
    println!("allocations a request: {library:.2} of the HTTP library alone; a second of the gate: {}", idle.0);
    for (name, (allocations, requests)) in [("open", open), ("closed", closed), ("with think time", thinking)] {
        assert!(requests > 1000, "{name}: {requests} requests are few");
        let gate = allocations.saturating_sub(idle.0) as f64 / requests as f64;
        println!("{name}: {gate:.3} of the gate, {requests} requests");
        let own = gate - library;
        assert!(own.abs() < 0.05, "{name}: the gate makes {gate:.3} allocations a request, the library {library:.3}");
    }
}
