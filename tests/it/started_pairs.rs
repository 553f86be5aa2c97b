//! `against` with `start`: both sides of a comparison are started and stopped by the gate.

use std::{
    process::Child,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    gate_test::{GateTest, shared_turn},
    patience::wait_until,
    started::{DEMO, LONG, SHORT, free_port, gate, is_at_work, left, served, signal, stagegate, start, url},
};

/// A gate and its base, both started, under load.
#[track_caller]
fn pair() -> (GateTest, Child, [u16; 2]) {
    let ports = [free_port(), free_port()];
    let test = gate(DEMO, ports[0])
        .section(&format!("against: {{url: '{}', start: {}}}", url(ports[1]), start(DEMO, ports[1])))
        .phase(LONG, &["success_rate >= 99%"]);
    let child = test.spawn();
    wait_until("both sides are loaded", || ports.iter().all(|port| served(*port) > 200));
    (test, child, ports)
}

#[test]
fn both_sides_are_started_and_a_signal_stops_them() {
    let _turn = shared_turn();
    let (test, child, ports) = pair();
    signal(&child, Signal::INT);
    let begun = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let ran = test.ran(&output).exits(130);
    for (port, log) in ports.into_iter().zip(["app.log", "against.log"]) {
        assert!(!is_at_work(left(ran.out.parent().expect("a folder"), "group", port)), "{log}");
        assert!(ran.report(log).contains("listening on"), "{log}");
    }
}

#[test]
fn even_a_gate_that_is_killed_leaves_nothing_running() {
    let _turn = shared_turn();
    let (test, mut child, ports) = pair();
    signal(&child, Signal::KILL);
    child.wait().expect("it ends");
    let groups = ports.map(|port| left(test.folder(), "group", port));
    wait_until("both groups have ended", || !groups.into_iter().any(is_at_work));
}

#[test]
fn a_base_that_does_not_come_up_is_not_ready() {
    let _turn = shared_turn();
    let (head, base) = (free_port(), free_port());
    for (start, name) in [
        (format!(", start: {}", start("exit 3", base)), "the base can be reached"),
        (String::new(), "the base can be reached"),
    ] {
        let test = gate(DEMO, head).section(&format!("against: {{url: '{}'{start}}}", url(base)));
        let ran = test.phase(SHORT, &["success_rate >= 99%"]).run().exits(3);
        let failed: Vec<_> = ran.verdict["preflight"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|item| item["outcome"] == "failed")
            .collect();
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0]["name"], name);
        assert!(!is_at_work(left(ran.out.parent().expect("a folder"), "group", head)));
    }
}

#[test]
fn a_store_on_the_command_line_chooses_the_stored_comparison() {
    let _turn = shared_turn();
    let (head, base) = (free_port(), free_port());
    let test = gate(DEMO, head).section(&format!("against: {{url: '{}', start: {}}}", url(base), start(DEMO, base)));
    let ran = test.phase(SHORT, &["success_rate >= 99%"]).arg("--baseline").arg("kept").run().exits(0);
    assert_eq!(ran.verdict["comparison"]["mode"], "stored");
    assert!(!ran.out.join(format!("../group.{base}")).exists(), "the base is not needed");
}

#[test]
fn check_says_what_is_started_and_compared() {
    let (head, base) = (free_port(), free_port());
    let against = format!("against: {{url: '{}', start: {}}}", url(base), start(DEMO, base));
    let test = gate(DEMO, head).section(&against).phase(SHORT, &["success_rate >= 99%"]);
    let said = stagegate("check", &test).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("The gate starts the app itself, with sh."), "{said}");
    assert!(said.contains(&format!("compares with {}/, which it starts with sh.", url(base))), "{said}");
    assert!(!test.folder().join(format!("group.{head}")).exists());
}
