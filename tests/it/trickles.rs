//! What a server sends in its own time, against the server's own ledger: bodies that dribble, connections that are half closed,
//! answers in bursts.

use std::{
    collections::BTreeMap,
    io::Write,
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    gate_test::{GateTest, Ran, afresh, quiet_turn},
    hostile_targets::read_head,
};

/// The pause between two pieces.
const PAUSE: Duration = Duration::from_millis(20);

/// The time from one burst of answers to the next.
const BURST: Duration = Duration::from_millis(200);

/// What the server did: by path the times that it took, and the connections that it accepted.
#[derive(Default)]
struct Ledger {
    times: BTreeMap<&'static str, Vec<Duration>>,
    connections: u64,
}

impl Ledger {
    fn mean_ms(&self, path: &str) -> f64 {
        let times = &self.times[path];
        times.iter().sum::<Duration>().as_secs_f64() * 1e3 / times.len() as f64
    }

    fn requests(&self, path: &str) -> u64 {
        self.times[path].len() as u64
    }
}

/// The pieces of each kind of answer.
const DRIBBLE: [&str; 6] = ["HTTP/1.1 200 OK\r\nConte", "nt-Length: 8\r\n\r\n", "sl", "ow", "bo", "dy"];
const WHOLE: [&str; 1] = ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole"];
const CUT: [&str; 2] = ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "who"];

/// A server on a free port for as long as the test's process lives.
fn server() -> (String, Arc<Mutex<Ledger>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let (ledger, begun) = (Arc::new(Mutex::new(Ledger::default())), Instant::now());
    let kept = Arc::clone(&ledger);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            kept.lock().expect("no panic").connections += 1;
            let kept = Arc::clone(&kept);
            thread::spawn(move || serve(stream, &kept, begun));
        }
    });
    (url, ledger)
}

/// Answers in the manner that the path names, until either side has closed.
fn serve(mut stream: TcpStream, ledger: &Mutex<Ledger>, begun: Instant) {
    stream.set_nodelay(true).expect("a socket");
    loop {
        let mut line = [0; 8];
        let peeked = stream.peek(&mut line).unwrap_or(0);
        if peeked == 0 || !read_head(&mut stream) {
            return;
        }
        let started = Instant::now();
        let (path, pieces) = match line {
            [_, _, _, _, _, b'd', ..] => ("/dribble", &DRIBBLE[..]),
            [_, _, _, _, _, b'h', ..] => ("/half", &WHOLE[..]),
            [_, _, _, _, _, b'c', ..] => ("/cut", &CUT[..]),
            _ => ("/burst", &WHOLE[..]),
        };
        if path == "/burst" {
            let since = begun.elapsed();
            let bursts = since.as_nanos() / BURST.as_nanos() + 1;
            let next = BURST * u32::try_from(bursts).expect("a short test");
            thread::sleep(next.saturating_sub(since));
        }
        for piece in pieces {
            if path != "/burst" {
                thread::sleep(PAUSE);
            }
            let _ = stream.write_all(piece.as_bytes());
        }
        ledger.lock().expect("no panic").times.entry(path).or_default().push(started.elapsed());
        if matches!(path, "/half" | "/cut") {
            // It goes on reading: only this direction is closed.
            let _ = stream.shutdown(Shutdown::Write);
        }
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("not measured: {value}"))
}

/// Asserts that a time is the ledger's, but for what a busy machine adds on the way.
#[track_caller]
fn equals(seen: &Value, truth: f64) {
    let seen = number(seen);
    assert!(seen >= truth - 0.5 && seen <= truth + 5.0, "measured {seen} ms, the truth is {truth} ms");
}

/// Asserts that every request that was sent is in the ledger, and no other.
#[track_caller]
fn counted(ran: &Ran, ledger: &Ledger) {
    let all: usize = ledger.times.values().map(Vec::len).sum();
    assert_eq!(ran.verdict["totals"]["requests"], all, "{}", ran.stdout);
}

#[test]
fn dribbling_and_half_closed_connections_are_what_the_server_did() {
    let _turn = quiet_turn();
    let (ran, ledger) = afresh(|| {
        let (url, ledger) = server();
        let ran = GateTest::on(&url)
            .section("scenarios: {visitor: {steps: [{get: /dribble, name: /dribble}, {get: /cut, name: /cut}, {get: /half, name: /half}], think: 30ms}}")
            .phase("name: only, users: 6, spawn_rate: 100/s, duration: 1500ms", &["no connect", "no timeouts"])
            .run_once();
        (ran, ledger)
    });
    let ran = ran.exits(0);
    let ledger = ledger.lock().expect("no panic");
    counted(&ran, &ledger);
    let [dribble, half, cut] = ["/dribble", "/half", "/cut"].map(|name| ran.endpoint("only", name));
    assert_eq!((&dribble["failures"], &half["failures"]), (&Value::from(0), &Value::from(0)), "{half:#}");
    assert_eq!(cut["errors"]["reset"], cut["requests"], "{cut:#}");
    for (endpoint, name) in [(dribble, "/dribble"), (half, "/half")] {
        equals(&endpoint["service_ms"]["mean"], ledger.mean_ms(name));
    }
    // Of six pauses one comes before the first byte; the server's ledger tells how long they really were.
    let (split, pause) = (&dribble["time_split_ms"], ledger.mean_ms("/dribble") / 6.0);
    equals(&split["first_byte"], pause);
    equals(&split["body"], 5.0 * pause);
    // A connection that was half closed is known to be so before the next request, which comes after a pause.
    let opened: u64 = [dribble, half, cut].iter().filter_map(|of| of["time_split_ms"]["connections"].as_u64()).sum();
    let closed = half["requests"].as_u64().expect("a count") + cut["requests"].as_u64().expect("a count");
    assert!(opened <= ledger.connections && opened + 12 >= closed, "{opened} connections, {closed} were closed");
    assert_eq!((&split["dns"], &split["tls"]), (&Value::Null, &Value::Null));
    let table = ran.report("endpoints.csv");
    assert!(table.lines().any(|line| line.contains("/dribble") && line.ends_with(&columns(split))), "{table}");
}

/// The parts as endpoints.csv writes them.
fn columns(split: &Value) -> String {
    let cell = |key: &str| {
        let text = split[key].as_f64().map(|value| format!("{value:.6}")).unwrap_or_default();
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    };
    ["connections", "dns", "connect", "tls", "first_byte", "body"].map(cell).join(",")
}

#[test]
fn requests_at_an_even_rate_wait_evenly_long_for_answers_in_bursts() {
    let _turn = quiet_turn();
    let (ran, ledger) = afresh(|| {
        let (url, ledger) = server();
        let ran = GateTest::on(&url)
            .section("scenarios: {visitor: {steps: [{get: /burst, name: /burst}], think: 0s}}")
            .phase("name: only, users: 60, rate: 100/s, duration: 2s", &["success_rate >= 100%"])
            .run_once();
        (ran, ledger)
    });
    let ran = ran.exits(0);
    let ledger = ledger.lock().expect("no panic");
    counted(&ran, &ledger);
    assert_eq!(ledger.requests("/burst"), 200);
    let burst = ran.endpoint("only", "/burst");
    equals(&burst["service_ms"]["mean"], ledger.mean_ms("/burst"));
    // 20 slots in even distances fall on the time between two bursts.
    let latency = &burst["latency_ms"];
    // The longest is that of one request: whatever the machine did to it.
    for (key, truth, off) in [("mean", 105.0, 15.0), ("p50", 100.0, 15.0), ("p90", 180.0, 15.0), ("max", 200.0, 60.0)] {
        let seen = number(&latency[key]);
        assert!((seen - truth).abs() < off, "{key} is {seen} ms, the truth is {truth} ms: {latency}");
    }
}
