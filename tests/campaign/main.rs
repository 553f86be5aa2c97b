//! The interleaved comparison from outside, on whatever machine this is: two demo apps, one of which is slower on one
//! endpoint, not at all, or by less than the margin.
//!
//! One run of each in the test suite; as often as docs/decisions.md reports it by
//! `STAGEGATE_RUNS=20 cargo test --release --test campaign -- --nocapture`.

#[path = "../it/app.rs"]
#[expect(dead_code, reason = "other tests ask more of an app")]
mod app;
mod scenario;
mod table;

use std::thread;

use scenario::{SCENARIOS, Scenario, Seen};

/// An invalid run decided nothing and is made again: at most so many times as often as runs are wanted.
const MOST_ATTEMPTS: u32 = 4;

/// How many runs of each scenario are wanted.
fn wanted() -> u32 {
    match std::env::var("STAGEGATE_RUNS") {
        Ok(text) => text.parse().expect("STAGEGATE_RUNS is the number of runs of each scenario"),
        Err(_) => 1,
    }
}

/// Everything that was seen of a scenario, the invalid runs included.
fn measured(scenario: &Scenario, wanted: u32) -> Vec<Seen> {
    let mut seen: Vec<Seen> = Vec::new();
    for attempt in 0..wanted * MOST_ATTEMPTS {
        let run = scenario.run(attempt);
        println!("{}", table::line(scenario, attempt, &run));
        seen.push(run);
        if seen.iter().filter(|run| !run.is_invalid()).count() >= wanted as usize {
            break;
        }
    }
    seen
}

/// The scenarios run side by side: each is the noise of the others.
#[test]
fn a_slower_endpoint_blocks_and_noise_does_not() {
    let wanted = wanted();
    let results: Vec<Vec<Seen>> = thread::scope(|scope| {
        let running = SCENARIOS.each_ref().map(|scenario| scope.spawn(move || measured(scenario, wanted)));
        running.map(|thread| thread.join().expect("a scenario runs to its end")).into()
    });
    println!("\n{}", table::table(&SCENARIOS, &results));
    for (scenario, seen) in SCENARIOS.iter().zip(&results) {
        let decided: Vec<&Seen> = seen.iter().filter(|run| !run.is_invalid()).collect();
        let name = scenario.name;
        assert!(decided.len() >= wanted as usize, "{name}: the machine was too busy to measure {wanted} of {seen:#?}");
        let blocked: Vec<&&Seen> = decided.iter().filter(|run| run.is_blocked()).collect();
        if scenario.is_to_block {
            // At least 18 of 20.
            assert!(blocked.len() * 10 >= decided.len() * 9, "{name}: too few are blocked: {seen:#?}");
        } else {
            assert!(blocked.is_empty(), "{name}: nothing is to be blocked: {seen:#?}");
        }
        for run in blocked {
            assert!(run.blames_the_slower_endpoint(), "{name}: the wrong endpoint is blamed: {run:#?}");
        }
    }
}
