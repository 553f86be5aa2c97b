//! A target that is down, refuses, hangs, speaks garbage, or never ends: a verdict, never a hang or a panic.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use crate::gate_test::{App, CLEANUP, GateTest, Ran, shared_turn};

/// A server that treats each connection in its own way; it ends with the test process.
fn server(treat: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("a bound socket has an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || treat(stream));
        }
    });
    format!("http://{address}")
}

/// Reads one request's head, roughly; false when the other side left.
pub(crate) fn read_head(stream: &mut impl Read) -> bool {
    let mut seen = Vec::new();
    let mut byte = [0; 1024];
    while !seen.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(0) | Err(_) => return false,
            Ok(length) => seen.extend_from_slice(&byte[..length]),
        }
    }
    true
}

/// The most memory that the gate may take against an app that sends without end, in KiB. It takes 21 MiB, as against one
/// that does not; the app here sends hundreds.
const MOST_MEMORY: u64 = 40 * 1024;

/// Runs two users for two seconds against it, in bounded time and memory.
#[track_caller]
fn gate(url: &str) -> Ran {
    let started = Instant::now();
    let ran = GateTest::on(url)
        .section(&format!("target: {{url: \"{url}\", timeout: 1s}}"))
        .section(CLEANUP)
        .section("scenarios: {visitor: {steps: [{get: /, name: /}], think: 20ms}}")
        .phase("name: only, users: 2, spawn_rate: 10/s, duration: 2s", &["success_rate > 50%"])
        .run();
    let most = ran.memory.expect("memory was seen");
    assert!(most < MOST_MEMORY, "the gate took {most} KiB");
    assert!(started.elapsed() < Duration::from_secs(30), "it took {:?}\n{}", started.elapsed(), ran.stdout);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    ran
}

/// The only kind of failure that the endpoint saw.
#[track_caller]
fn kind(ran: &Ran) -> String {
    let errors = ran.endpoint("only", "/")["errors"].as_object().expect("errors is an object").clone();
    let kinds: Vec<_> = errors.iter().filter(|(_, count)| count.as_u64() != Some(0)).map(|(key, _)| key).collect();
    assert_eq!(kinds.len(), 1, "{errors:?}");
    kinds[0].clone()
}

#[test]
fn refusing() {
    let _turn = shared_turn();
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port is free").port();
    let ran = gate(&format!("http://127.0.0.1:{port}")).exits(3).tidied();
    assert_eq!(ran.verdict["ending"], "not_ready");
    assert_eq!(ran.verdict["totals"]["requests"], 0);
}

#[test]
fn an_unknown_name() {
    let _turn = shared_turn();
    let ran = GateTest::on("")
        .section("target: {url: 'http://no-such-host.invalid', allow: [no-such-host.invalid], timeout: 1s}")
        .gets(&["/"])
        .phase("name: only, users: 2, spawn_rate: 10/s, duration: 2s", &["success_rate > 50%"])
        .run()
        .exits(3);
    assert_eq!(ran.verdict["ending"], "not_ready");
    assert_eq!(ran.verdict["totals"]["requests"], 0);
    let preflight = &ran.verdict["preflight"][0];
    assert_eq!((&preflight["name"], &preflight["outcome"]), (&"the target can be reached".into(), &"failed".into()));
    assert!(
        preflight["detail"].as_str().is_some_and(|text| text.starts_with("no-such-host.invalid port 80 ")),
        "{preflight}"
    );
}

#[test]
fn hanging() {
    let _turn = shared_turn();
    let url = server(|mut stream| {
        read_head(&mut stream);
        thread::sleep(Duration::from_secs(20));
    });
    assert_eq!(kind(&gate(&url).exits(1)), "timeout");
}

#[test]
fn closing_without_an_answer() {
    let _turn = shared_turn();
    let url = server(|mut stream| {
        read_head(&mut stream);
    });
    assert_eq!(kind(&gate(&url).exits(1)), "reset");
}

#[test]
fn closing_within_the_body() {
    let _turn = shared_turn();
    let url = server(|mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    });
    assert_eq!(kind(&gate(&url).exits(1)), "reset");
}

#[test]
fn speaking_garbage() {
    let _turn = shared_turn();
    let url = server(|mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"\x00\x01\x02 this is no HTTP\r\n\r\n\xff\xfe");
        thread::sleep(Duration::from_millis(200));
    });
    assert_eq!(kind(&gate(&url).exits(1)), "protocol");
}

/// Answers with headers that end after hundreds of MiB.
fn send_headers(mut stream: TcpStream) {
    read_head(&mut stream);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
    let line = [b"X-Filler: ".as_slice(), &[b'x'; 1000], b"\r\n"].concat();
    for _ in 0..200_000 {
        if stream.write_all(&line).is_err() {
            return;
        }
    }
}

/// Answers with a body that ends after tens of GiB.
fn send_body(mut stream: TcpStream) {
    read_head(&mut stream);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
    let filler = vec![b'x'; 64 * 1024];
    for _ in 0..400_000 {
        if stream.write_all(&filler).is_err() {
            return;
        }
    }
}

#[test]
fn endless_headers() {
    let _turn = shared_turn();
    let url = server(send_headers);
    let kind = kind(&gate(&url).exits(1));
    assert!(kind == "protocol" || kind == "timeout", "{kind}");
}

#[test]
fn an_endless_body() {
    let _turn = shared_turn();
    let url = server(send_body);
    let kind = kind(&gate(&url).exits(1));
    assert!(kind == "protocol" || kind == "timeout", "{kind}");
}

#[test]
fn an_endless_body_that_is_looked_into() {
    let _turn = shared_turn();
    let url = server(send_body);
    let ran = GateTest::on("")
        .section(&format!("target: {{url: \"{url}\", timeout: 1s}}"))
        .section("scenarios: {visitor: {steps: [{get: /, name: /, expect: {body_has: never}, extract: {a: {regex: 'y+'}}}], think: 0s}}")
        .phase("name: only, users: 2, spawn_rate: 10/s, duration: 2s", &["success_rate > 50%"])
        .run()
        .exits(1);
    assert_eq!(kind(&ran), "timeout");
    // Of a body 8 MiB are kept for each user, in a buffer that may be twice as large.
    let most = ran.memory.expect("memory was seen");
    assert!(most < MOST_MEMORY + 2 * 2 * 8 * 1024, "the gate took {most} KiB");
}

/// The checklist, the wait for the target and the monitors have a client of their own.
#[test]
fn endless_answers_to_everything_but_the_load() {
    let _turn = shared_turn();
    for endless in [send_body, send_headers] {
        let app = App::demo(&[]);
        let url = server(endless);
        let ran = GateTest::on(&app.url)
            .section(&format!("target: {{url: \"{}\", timeout: 1s}}", app.url))
            .gets(&["/healthz"])
            .section(&format!("monitors: {{app: {{prometheus: '{url}/metrics', read: {{depth: depth}}}}}}"))
            .section(&format!("integrity:\n  - {{name: kept, get: '{url}/', expect: {{body_has: never}}}}"))
            .phase("name: only, users: 2, spawn_rate: 10/s, duration: 2s", &["app.depth < 10"])
            .run()
            .exits(1);
        assert_eq!(ran.finding("only", "app.depth < 10")["outcome"], "inconclusive");
        assert_eq!(ran.verdict["integrity"][0]["outcome"], "failed");
        // Of a body 8 MiB are kept for each reading of a monitor, and eight of them may wait at the same time.
        let most = ran.memory.expect("memory was seen");
        assert!(most < MOST_MEMORY + 8 * 8 * 1024, "the gate took {most} KiB");
    }
}

#[test]
fn not_ready_when_it_is_down_and_ready_is_asked() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port is free").port();
    let url = format!("http://127.0.0.1:{port}");
    let ran = GateTest::on(&url)
        .section(&format!("target: {{url: \"{url}\", timeout: 1s, ready: {{get: /healthz, within: 2s}}}}"))
        .gets(&["/"])
        .phase("name: only, users: 2, spawn_rate: 10/s, duration: 2s", &["success_rate > 50%"])
        .run()
        .exits(3);
    assert_eq!(ran.verdict["outcome"], "invalid");
    assert_eq!(ran.verdict["ending"], "not_ready");
    assert_eq!(ran.phase("only")["outcome"], "not_run");
}
