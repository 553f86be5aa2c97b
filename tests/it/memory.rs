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

/// Room for what the gate takes without users, in this build, in MiB.
const BASE: u64 = 40;

/// What a user may take where 10,000 of them take 300 MiB, in KiB. benches/memory/measure.py holds the promise itself.
const EACH: u64 = 300 * 1024 / 10_000;

#[test]
fn two_thousand_users_with_sessions_take_no_more_each_than_10_000_in_300_mib() {
    let _turn = turn();
    let app = App::demo(&[]);
    let ran = GateTest::on(&app.url)
        .section(&LOGIN.replace("10ms..30ms", "2s..6s"))
        .phase("name: crowd, users: 2000, spawn_rate: 400/s, duration: 5s", &["success_rate >= 100%"])
        .run_once();
    // On a busy machine the phase may be invalid, and weighs the same.
    assert!(matches!(ran.code, Some(0 | 3)), "{}", ran.stdout);
    assert_eq!(ran.phase("crowd")["users"], 2000);
    let ledger = app.ledger();
    assert_eq!(ledger["endpoints"]["POST /accounts/login/"]["statuses"]["302"], 2000, "each of them logged in");
    let connections = ledger["connections"]["accepted"].as_u64().expect("it is counted");
    assert!((2000..2100).contains(&connections), "over a connection of its own, which it kept: {connections}");
    assert!(ran.phase("crowd")["requests"].as_u64() > Some(3000), "and worked");
    let most = ran.memory.expect("memory was seen");
    assert!(most < BASE * 1024 + 2000 * EACH / 2, "the gate took {most} KiB");
}
