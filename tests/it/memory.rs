//! A thousand users in under 100 MiB of the gate's own memory.

use std::{fs, process::Stdio, thread, time::Duration};

use crate::{
    gate_test::{App, GateTest, turn},
    ladder::LOGIN,
};

/// The largest resident memory so far, in KiB.
fn peak(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn a_thousand_users_in_under_100_mib() {
    let _turn = turn();
    let app = App::demo(&[]);
    let test = GateTest::on(&app.url)
        .section(&LOGIN.replace("10ms..30ms", "1s..3s"))
        .phase("name: crowd, users: 1000, spawn_rate: 250/s, duration: 5s", &["success_rate > 70%"]);
    let mut child =
        test.command().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut highest = 0;
    while child.try_wait().expect("the child can be asked").is_none() {
        highest = highest.max(peak(child.id()).unwrap_or(0));
        thread::sleep(Duration::from_millis(100));
    }
    let ran = test.ran(&child.wait_with_output().expect("the child ended")).exits(0);
    assert_eq!(ran.phase("crowd")["users"], 1000);
    assert!(highest > 1024, "memory was seen");
    assert!(highest < 100 * 1024, "the gate took {highest} KiB");
}
