//! The steady state of a prepared step allocates nothing of its own: what the load path asks of the allocator is what the HTTP
//! library asks for by itself, request for request.
//!
//! Allocations are those of the whole process, so there is one test in this binary, and its server is a thread that answers
//! out of fixed memory.

mod bare;
mod server;

use std::{
    alloc::System,
    sync::Arc,
    time::{Duration, Instant},
};

use stagegate::{
    client::Origin,
    config::{self, Environment},
    load::{self, Job, Stage},
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

/// The whole work of the gate on the same request each time: cookie, status check, both clocks, limits and histograms.
fn gates(port: u16) -> String {
    format!(
        "version: 1
gate: allocations
target: {{url: 'http://127.0.0.1:{port}', headers: {{Accept: '*/*'}}}}
scenarios:
  visitor:
    login: [{{get: /login, name: login}}]
    steps: [{{get: /answer, name: answer, expect: {{status: 200}}}}]
    think: 0s
phases: [{{name: load, users: 8, spawn_rate: 1000/s, duration: 6s, criteria: [p95 < 500ms, success_rate > 99%]}}]
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

/// Allocations a request between two moments of the window, users, worker and control side together.
async fn of_the_gate(port: u16) -> f64 {
    let plan = Arc::new(plan(&gates(port)));
    let url = plan.target.url.clone().expect("the plan has a URL");
    let origin = Arc::new(Origin::new(&plan.target, &url).expect("loopback is allowed"));
    let phase = plan.phases[0].clone();
    let mut running = load::start(Job { plan, phase, phase_index: 0, origin, seed: 1, workers: 1, extends: false });
    let mut seen = Vec::with_capacity(16);
    while let Some(tick) = running.tick().await {
        if tick.stage == Stage::Window {
            seen.push((allocations(), tick.requests, Instant::now()));
        }
    }
    let measured = running.finish().await;
    assert_eq!(measured.failed, 0, "{:?}", measured.endpoints.last().map(|endpoint| &endpoint.examples));
    // The first second fills what is kept and used again.
    let ((before, first, begun), (after, last, ended)) = (seen[1], *seen.last().expect("the window lasts seconds"));
    assert!(ended - begun > Duration::from_secs(2) && last - first > 1000, "{} requests are few", last - first);
    (after - before) as f64 / (last - first) as f64
}

#[test]
fn a_prepared_step_allocates_nothing_of_its_own() {
    let port = server::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let library = runtime.block_on(bare::allocations_a_request(port));
    let gate = runtime.block_on(of_the_gate(port));
    println!("allocations a request: {library:.2} of the HTTP library alone, {gate:.2} of the gate");
    assert!(library >= 1.0, "the count sees something");
    // What a second of load takes, whatever the number of requests, and requests that were counted a moment late.
    assert!((gate - library).abs() < 0.3, "the gate makes {gate:.2} allocations a request, the library {library:.2}");
}
