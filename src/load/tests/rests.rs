//! Idle users of a pool give memory back.

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc, task::LocalSet};

use super::{
    NO_PAUSE, Precision, Round, Running, get, in_memory, job, millis, phase, plan, prepared, scenario, seconds, work,
};
use crate::{client::testing::app_after, plan::Load};

/// How many users of a pool have a connection without buffers at the end of a window, and how many there are.
async fn resting(rate: f64, users: u32, window: Duration) -> (usize, usize) {
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], NO_PAUSE)]);
    let load = Load::Open { rate, users, spawn_rate: rate };
    let mut job = job(plan, phase(load, Duration::ZERO, window), in_memory(app_after(|_| millis(50))));
    job.workers = 1;
    LocalSet::new()
        .run_until(async {
            let (load, course, layout) = prepared(&job);
            let (sender, reports) = mpsc::channel(4);
            let running = Running::of(Arc::clone(&course), Arc::clone(&layout), reports, Vec::new());
            let round = Round { course, layout, reports: sender };
            let worker = tokio::task::spawn_local(async move {
                let mut parked = Vec::new();
                work((0, load), round, Precision::Runtime, &mut parked).await;
                parked
            });
            assert_eq!(running.finish().await.failed, 0);
            let parked = worker.await.expect("the worker does not panic");
            (parked.iter().map(|user| user.walker.agent.resting()).sum(), parked.len())
        })
        .await
}

#[tokio::test(start_paused = true)]
async fn users_of_a_pool_rest_where_they_wait_long_for_their_slots() {
    let (resting, users) = self::resting(20.0, 100, seconds(8)).await;
    assert!(users == 100 && resting > 95, "5 s from slot to slot: {resting} of {users}");
    assert_eq!(self::resting(100.0, 10, seconds(2)).await, (0, 10), "50 ms from answer to slot");
}
