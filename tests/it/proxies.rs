//! Load takes no way but its own: proxies that the environment names are for other programs.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::gate_test::{App, GateTest, shared_turn};

/// A proxy that takes connections and answers none; it counts them.
fn dead_proxy() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    thread::spawn(move || {
        let kept: Vec<_> = listener.incoming().inspect(|_| _ = counted.fetch_add(1, Ordering::SeqCst)).collect();
        drop(kept);
    });
    (url, taken)
}

/// A proxy that reaches one server only, whatever it is asked for; it keeps the first line of each connection.
pub(crate) fn proxy_of(server: &str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let server = server.rsplit('/').next().expect("an address").to_owned();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (server, kept) = (server.clone(), Arc::clone(&kept));
            thread::spawn(move || _ = pass_on(client, &server, &kept));
        }
    });
    (url, lines)
}

fn pass_on(mut client: TcpStream, server: &str, lines: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let line = String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned();
    let asked = line.starts_with("CONNECT ");
    lines.lock().expect("no panic").push(line);
    let mut server = TcpStream::connect(server)?;
    if asked {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    } else {
        server.write_all(&head)?;
    }
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let _ = io::copy(&mut client, &mut server);
    server.shutdown(Shutdown::Both)
}

/// A run at a host that only the proxy can reach.
fn through(proxy: &str) -> GateTest {
    let url = "http://app.staging.example.com:8080";
    GateTest::on(url)
        .section(&format!("target: {{url: '{url}', allow: [app.staging.example.com], proxy: '{proxy}', timeout: 2s}}"))
        .section("monitors: {app: {prometheus: /metrics, read: {cpu: app_cpu_percent}}}")
        .gets(&["/healthz"])
}

#[test]
fn everything_that_the_target_is_asked_goes_through_its_proxy() {
    let _turn = shared_turn();
    let app = App::demo(&[]);
    let (proxy, lines) = proxy_of(&app.url);
    let ran = through(&proxy)
        .section("preflight: [{name: it answers, get: /version, expect: {status: 200}}]")
        .phase("name: only, users: 2, spawn_rate: 20/s, duration: 1s", &["success_rate >= 100%"])
        .run_once()
        .exits_unless_disturbed(0);
    assert_eq!(ran.verdict["totals"]["requests"], app.ledger()["totals"]["requests"], "{}", ran.stdout);
    let lines = lines.lock().expect("no panic");
    for path in ["/version", "/healthz", "/metrics"] {
        let line = format!("GET http://app.staging.example.com:8080{path} HTTP/1.1");
        assert!(lines.contains(&line), "{line} is not among {lines:?}");
    }
}

#[test]
fn a_proxy_that_is_down_is_not_ready() {
    let _turn = shared_turn();
    let ran = through("http://127.0.0.1:9")
        .phase("name: only, users: 2, spawn_rate: 20/s, duration: 1s", &["no connect"])
        .run_once()
        .exits(3);
    let detail = ran.verdict["preflight"][0]["detail"].as_str().expect("a sentence");
    assert!(
        detail.starts_with("its proxy (`target.proxy`) does not answer: 127.0.0.1 port 9 could not be"),
        "{detail}"
    );
}

#[test]
fn neither_load_nor_probes_nor_scrapes_take_a_proxy_of_the_environment() {
    let _turn = shared_turn();
    let (app, (proxy, taken)) = (App::demo(&[]), dead_proxy());
    let mut gate = GateTest::on(&app.url)
        .section(&format!("target: {{url: '{}', timeout: 2s, ready: {{get: /healthz, within: 5s}}}}", app.url))
        .section("preflight: [{name: it answers, get: /healthz, expect: {status: 200}}]")
        .section("monitors: {app: {prometheus: /metrics, read: {cpu: app_cpu_percent}}}")
        .gets(&["/healthz"])
        .phase("name: only, users: 2, spawn_rate: 20/s, duration: 1s", &["success_rate >= 100%"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        gate = gate.env(name, &proxy);
    }
    let ran = gate.env("NO_PROXY", "").env("no_proxy", "").run().exits(0);
    assert!(ran.phase("only")["monitors"][0]["samples"].as_u64() > Some(0), "{}", ran.stdout);
    assert_eq!(taken.load(Ordering::SeqCst), 0, "the proxy got no connection");
}
