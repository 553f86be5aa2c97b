//! A window that is extended while it runs: in one piece, with the same users.

use std::time::Duration;

use super::{closed, get, in_memory, job, millis, phase, plan, run_here, scenario, seconds};
use crate::{
    client::testing::app_after,
    load::{Job, Running},
    measure::{PhaseEnding, PhaseMeasurements},
    plan::{Load, Pacing},
};

const PAUSE: Pacing = Pacing::Think { low: Duration::from_secs(3), high: Duration::from_secs(3) };

async fn measured(
    load: Load,
    pacing: Pacing,
    extends: bool,
    mut decide: impl FnMut(&mut Running),
) -> PhaseMeasurements {
    let origin = in_memory(app_after(|_| millis(10)));
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], pacing)]);
    let job = Job { extends, ..job(plan, phase(load, Duration::ZERO, seconds(20)), origin) };
    run_here(job, |running, tick| {
        // The last tick before the end of the window; nothing else runs under the paused clock.
        if running.window().is_some_and(|(_, end)| tick.elapsed + millis(1_100) >= end) {
            decide(running);
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn the_same_users_go_on_for_a_second_window_without_a_gap() {
    let mut asked = 0;
    let extended = measured(closed(6, 10.0), PAUSE, true, |running| {
        asked += 1;
        assert_eq!(running.extend(), asked == 1, "a window is extended once");
    })
    .await;
    assert!(extended.extended && extended.ending == PhaseEnding::Completed);
    assert_eq!((extended.measured, extended.layout.duration), (seconds(40), seconds(40)));
    assert_eq!(extended.ramp.started, 6, "no user came up again");
    let requests = extended.endpoints[0].requests;
    assert!((78..=82).contains(&requests), "{requests}: six users with a request every three seconds");
    let spans: Vec<u64> = extended.endpoints[0].spans.iter().map(|span| span.requests).collect();
    assert_eq!(spans.len(), 30);
    assert!(spans.iter().all(|requests| (1..=4).contains(requests)), "{spans:?}");
}

#[tokio::test(start_paused = true)]
async fn a_window_that_may_be_extended_and_is_not_ends_as_planned() {
    let open = measured(closed(6, 10.0), PAUSE, true, |_| ()).await;
    let planned = measured(closed(6, 10.0), PAUSE, false, |running| assert!(!running.extend(), "it is excluded")).await;
    for measured in [&open, &planned] {
        assert!(!measured.extended);
        assert_eq!((measured.measured, measured.layout.duration), (seconds(20), seconds(20)));
        assert_eq!(measured.endpoints[0].spans.len(), 30);
    }
    assert_eq!((open.endpoints[0].requests, open.sent), (planned.endpoints[0].requests, planned.sent));
}

#[tokio::test(start_paused = true)]
async fn the_slots_of_the_open_model_go_on_too() {
    let load = Load::Open { rate: 0.7, users: 5, spawn_rate: 100.0 };
    let extended = measured(load, PAUSE, true, |running| {
        running.extend();
    })
    .await;
    // Slots at 0, 1.43, .. 38.6 s: all that begin within 40 s.
    assert_eq!((extended.endpoints[0].requests, extended.endpoints[0].failures()), (28, 0));
    assert_eq!((extended.generator.slots, extended.generator.slots_missed), (28, 0));
}
