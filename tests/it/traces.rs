//! `target.trace`: the ids of the report are those that the app received.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::Child,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use rustix::process::Signal;

use crate::{
    gate_test::{GateTest, quiet_turn},
    patience::wait_until,
    started::signal,
};

/// What the server did with a request: how long it waited, and the status.
type Done = (u64, u16);

/// What it did, by the request's `traceparent`, in order.
type Record = Mutex<Vec<(Option<String>, Done)>>;

/// Of every so many requests a few are answered late or wrongly.
const CYCLE: u64 = 200;

/// Serves until the test's process ends; gives its address and what it did, by the request's `traceparent`.
fn serve() -> (String, Arc<Record>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it has an address"));
    let done: Arc<Record> = Arc::default();
    let record = Arc::clone(&done);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let record = Arc::clone(&record);
            thread::spawn(move || answer(stream, &record));
        }
    });
    (url, done)
}

fn answer(stream: TcpStream, record: &Record) {
    let mut writer = stream.try_clone().expect("it can be written to");
    let mut reader = BufReader::new(stream);
    loop {
        let mut trace = None;
        loop {
            let mut line = String::new();
            if !matches!(reader.read_line(&mut line), Ok(1..)) {
                return;
            }
            if line.trim_end().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(": ")
                && name.eq_ignore_ascii_case("traceparent")
            {
                trace = Some(value.trim().to_owned());
            }
        }
        let done = {
            let mut record = record.lock().expect("nobody panics with it");
            let number = record.len() as u64 % CYCLE;
            let done = match number {
                30 | 60 | 90 | 120 | 150 => (200, 200),
                40 | 70 => (0, 500),
                _ => (0, 200),
            };
            record.push((trace, done));
            done
        };
        thread::sleep(Duration::from_millis(done.0));
        let text = format!("HTTP/1.1 {} Said\r\nContent-Length: 2\r\n\r\nok", done.1);
        if writer.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

fn gate(url: &str, trace: bool, seconds: u32) -> GateTest {
    GateTest::on(url)
        .section(&format!("target: {{url: '{url}', trace: {trace}}}"))
        .section("scenarios: {visitor: {steps: [{get: /, name: page}], think: 2ms}}")
        .phase(&format!("name: only, users: 1, spawn_rate: 10/s, duration: {seconds}s"), &["success_rate > 50%"])
}

#[test]
fn the_ids_are_those_that_the_app_received_and_the_slowest_are_the_slowest() {
    let _turn = quiet_turn();
    let (url, done) = serve();
    let ran = gate(&url, true, 3).run();
    let done = done.lock().expect("nobody panics with it");
    let mut received: BTreeMap<&str, Done> = BTreeMap::new();
    for (header, done) in done.iter().filter_map(|(header, done)| Some((header.as_ref()?, *done))) {
        let parts: Vec<&str> = header.split('-').collect();
        assert_eq!(
            (parts.len(), parts[0], parts[1].len(), parts[2].len(), parts[3]),
            (4, "00", 32, 16, "01"),
            "{header}"
        );
        assert_eq!(received.insert(parts[1], done), None, "no id comes twice");
    }
    let endpoint = ran.endpoint("only", "page");
    let traces = endpoint["traces"].as_array().expect("they are kept");
    let (failed, slowest): (Vec<_>, Vec<_>) = traces.iter().partition(|trace| !trace["error"].is_null());
    assert_eq!(slowest.len(), 5, "{traces:#?}");
    assert!((1..=5).contains(&failed.len()), "{traces:#?}");
    let did = |trace: &serde_json::Value| {
        let id = trace["trace_id"].as_str().expect("it is a text");
        *received.get(id).unwrap_or_else(|| panic!("{id} was never received"))
    };
    for trace in &slowest {
        assert_eq!(did(trace), (200, 200), "{trace}");
        assert!(trace["latency_ms"].as_f64() >= Some(200.0) && trace["at_s"].as_f64() >= Some(0.0), "{trace}");
    }
    for trace in &failed {
        assert_eq!(
            (did(trace), trace["error"].as_str(), trace["status"].as_u64()),
            ((0, 500), Some("check"), Some(500))
        );
    }
    let id = traces[0]["trace_id"].as_str().expect("it is a text");
    for name in ["summary.md", "measurements.json", "report.html"] {
        assert!(ran.report(name).contains(id), "{id} in {name}");
    }
}

fn end(mut child: Child) {
    signal(&child, Signal::INT);
    child.wait().expect("it ends");
}

#[test]
fn no_id_comes_again_on_the_other_side_of_a_comparison_or_in_another_run_of_the_same_seed() {
    let _turn = quiet_turn();
    let ((head, at_head), (base, at_base)) = (serve(), serve());
    let brief = || {
        GateTest::on(&head)
            .section(&format!("target: {{url: '{head}', trace: true}}"))
            .section(
                "scenarios: {visitor: {login: [{get: /, name: door}], steps: [{get: /, name: page}], think: 20ms}}",
            )
            .phase("name: only, users: 2, spawn_rate: 10/s, duration: 1s", &["success_rate > 50%"])
    };
    // What was sent counts here, not what was measured so fast.
    let count = |done: &Mutex<Vec<_>>| done.lock().expect("nobody panics with it").len();
    let pair = brief().arg("--against").arg(&base);
    let child = pair.spawn();
    wait_until("both sides are asked", || count(&at_head) > 20 && count(&at_base) > 20);
    end(child);
    let before = count(&at_head);
    let again = brief();
    let child = again.spawn();
    wait_until("the head is asked again", || count(&at_head) > before + 20);
    end(child);
    let [at_head, at_base] = [at_head, at_base].map(|done| done.lock().expect("nobody panics with it").clone());
    let mut seen = std::collections::BTreeSet::new();
    for (header, _) in at_head.iter().chain(&at_base) {
        let id = header.as_ref().and_then(|header| header.split('-').nth(1));
        assert!(id.is_none_or(|id| seen.insert(id)), "{id:?} came twice");
    }
}

#[test]
fn without_the_key_nothing_is_sent_and_nothing_kept() {
    let _turn = quiet_turn();
    let (url, done) = serve();
    let ran = gate(&url, false, 1).run();
    assert!(ran.endpoint("only", "page").get("traces").is_none());
    let done = done.lock().expect("nobody panics with it");
    assert!(done.len() > 100 && done.iter().all(|(header, _)| header.is_none()));
}
