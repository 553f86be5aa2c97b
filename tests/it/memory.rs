//! The gate's own memory is bounded: by endpoints and windows, never by requests, and not by what an app sends.

use std::{
    fs,
    process::{Child, Output},
    thread,
    time::Duration,
};

use crate::{
    gate_test::{App, GateTest, turn},
    ladder::LOGIN,
};

/// How often memory is looked at. The system keeps the highest, so that only what the last of these moments brings is
/// missed.
const LOOK: Duration = Duration::from_millis(10);

/// Waits for the end of a process; gives its output and the largest resident memory that was seen, in KiB.
pub(crate) fn weigh(child: Child) -> (Output, Option<u64>) {
    let id = child.id();
    // Once it has ended it has no memory any more, which ends the watch.
    let watch = thread::spawn(move || {
        let mut most = None;
        while let Some(now) = highest(id) {
            most = most.max(Some(now));
            thread::sleep(LOOK);
        }
        most
    });
    let output = child.wait_with_output().expect("the child ends");
    let most = watch.join().expect("the watch ends with the child");
    (output, most)
}

/// The largest resident memory so far, in KiB.
fn highest(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn a_thousand_users_in_under_100_mib() {
    let _turn = turn();
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url)
        .section(&LOGIN.replace("10ms..30ms", "1s..3s"))
        .phase("name: crowd, users: 1000, spawn_rate: 250/s, duration: 5s", &["success_rate >= 100%"])
        .run_once()
        .exits(0);
    assert_eq!(ran.phase("crowd")["users"], 1000);
    let ledger = app.ledger();
    assert_eq!(ledger["endpoints"]["POST /accounts/login/"]["statuses"]["302"], 1000, "each of them logged in");
    assert!(ledger["connections"]["accepted"].as_u64() >= Some(1000), "over a connection of its own");
    assert!(ran.phase("crowd")["requests"].as_u64() > Some(3000), "and worked");
    let most = ran.memory.expect("memory was seen");
    assert!(most < 100 * 1024, "the gate took {most} KiB");
}
