//! Panics of a worker: the load ends for all of them, and their defect is told.

use std::time::{Duration, Instant};

use super::{closed, get, job, millis, phase, plan, scenario, seconds, start};
use crate::{
    client::testing::{self, Server, app, text},
    measure::PhaseEnding,
    plan::{Pacing, Phase, Stage, Stages},
};

/// What runs beside the users is missed by nobody who only waits for them.
#[tokio::test]
async fn a_task_beside_the_users_that_panics_ends_the_load() {
    let server = Server::start(app(|_| text(200, "fine")), None);
    let pacing = Pacing::Think { low: millis(5), high: millis(15) };
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/page")], pacing)]);
    // No user can join the window at a moment before it.
    let [before, after] = [(1.0, -0.1), (4.0, 1.1)].map(|(level, share)| Stage { from: level, to: level, share });
    let stages = Stages::of(vec![before, after]);
    let phase = Phase { stages, ..phase(closed(4, 100.0), Duration::ZERO, seconds(20)) };
    let begun = Instant::now();
    let mut running = start(job(plan, phase, testing::origin(&server.url())));
    while running.tick().await.is_some() {}
    let defect = running.settle().await.expect("it broke");
    assert!(defect.to_string().contains("negative"), "{defect}");
    assert_eq!(running.finish().await.ending, PhaseEnding::Interrupted);
    assert!(begun.elapsed() < seconds(5), "it took {:?}", begun.elapsed());
}
