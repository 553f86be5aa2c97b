//! Each switch does what it says, and leaves the rest alone.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use super::{Client, demo, demo_with, login};
use crate::demo::{Options, spawn};

#[test]
fn a_delay_adds_its_time_on_its_path_only() {
    let demo = demo_with(r#"{"delay": ["/healthz=200ms"]}"#);
    let mut client = Client::of(&demo);
    assert!(client.get("/healthz").took >= Duration::from_millis(200));
    assert!(client.get("/version").took < Duration::from_millis(200));
}

#[test]
fn shared_delays_make_a_bimodal_app() {
    let demo = demo_with(r#"{"delay": ["/healthz=1ms", "/healthz=60ms@10%"]}"#);
    let mut client = Client::of(&demo);
    for _ in 0..100 {
        client.get("/healthz");
    }
    let times = demo.ledger().endpoints["GET /healthz"].service_ms.expect("there were answers");
    assert!(times.p50 < 60.0 && times.p95 >= 60.0, "{times:?}");
}

#[test]
fn errors_hit_their_share() {
    let demo = demo_with(r#"{"errors": ["/healthz=503@5%", "/version=404"]}"#);
    let mut client = Client::of(&demo);
    let failed = (0..400).filter(|_| client.get("/healthz").status == 503).count();
    assert!((19..=21).contains(&failed), "{failed}");
    assert_eq!(client.get("/version").status, 404);
}

#[test]
fn a_stall_freezes_every_page_and_the_first_request_starts_the_clock() {
    let demo = demo_with(r#"{"stall": "250ms/500ms"}"#);
    let mut client = Client::of(&demo);
    let begin = Instant::now();
    let mut took = Vec::new();
    while begin.elapsed() < Duration::from_millis(900) {
        took.push(client.get(["/healthz", "/metrics"][took.len() % 2]).took);
    }
    let frozen = took.iter().filter(|took| **took > Duration::from_millis(150)).count();
    assert!(took[0] < Duration::from_millis(150), "{:?}", took[0]);
    assert!((1..=2).contains(&frozen), "{frozen} of {}", took.len());
    assert!(took.len() > 20, "between freezes it answers");
}

#[test]
fn a_reset_is_a_reset() {
    let demo = demo_with(r#"{"reset": ["/healthz"]}"#);
    let mut client = Client::of(&demo);
    assert_eq!(client.get("/version").status, 200);
    let error = client.try_send("GET", "/healthz", "").expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let ledger = demo.ledger();
    assert_eq!((ledger.totals.requests, ledger.totals.resets, ledger.totals.abandoned), (2, 1, 0));
}

#[test]
fn a_refusal_closes_everything_and_opens_again() {
    let demo = demo_with(r#"{"refuse": "2/200ms"}"#);
    let (mut client, mut idle) = (Client::of(&demo), Client::of(&demo));
    assert_eq!((client.get("/healthz").status, client.get("/healthz").status), (200, 200));
    let begin = Instant::now();
    client.try_send("GET", "/healthz", "").expect_err("the third is not answered");
    let mut nothing = [0];
    assert!(!matches!(idle.stream.read(&mut nothing), Ok(1)), "the other connection is closed too");
    let refused = TcpStream::connect(demo.address()).expect_err("the listener is closed");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    while TcpStream::connect(demo.address()).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(5), "it opens again");
        thread::yield_now();
    }
    assert!(begin.elapsed() >= Duration::from_millis(200));
    assert_eq!(Client::of(&demo).get("/healthz").status, 200);
}

#[test]
fn a_slow_body_dribbles() {
    let demo = demo_with(r#"{"slow_body": ["/version=200ms"]}"#);
    let mut client = Client::of(&demo);
    let slow = client.get("/version");
    assert_eq!(slow.json()["commit"], "dev");
    assert!(slow.took >= Duration::from_millis(200));
    let begin = Instant::now();
    client.ask("GET", "/version", "").expect("it goes out");
    client.stream.read_exact(&mut [0; 16]).expect("the head comes first");
    assert!(begin.elapsed() < Duration::from_millis(150));
}

#[test]
fn a_broken_login_shows_its_page_to_good_users() {
    let demo = demo_with(r#"{"broken_login": "100%"}"#);
    let (mut client, status) = login(&demo, "demo");
    assert_eq!((status, client.cookies.contains_key("sessionid")), (200, false));
    assert_eq!(client.get("/dashboard/").status, 302);
}

#[test]
fn lost_and_corrupt_writes_are_acknowledged_and_found() {
    let demo = demo_with(r#"{"lose_writes": "25%", "corrupt_writes": "100%"}"#);
    let mut client = Client::of(&demo);
    for _ in 0..8 {
        assert_eq!(client.send("POST", "/api/projects/160/details/", r#"{"volume": 1}"#).status, 201);
    }
    assert_eq!(client.get("/api/integrity").json(), serde_json::json!({"lost": 2, "corrupt": 6, "stored": 6}));
}

#[test]
fn without_recovery_a_crowd_leaves_it_failing_for_good() {
    let demo = demo_with(r#"{"no_recovery": "3=503"}"#);
    let mut client = Client::of(&demo);
    assert_eq!(client.get("/healthz").status, 200);
    let mut crowd: Vec<Client> = (0..8).map(|_| Client::of(&demo)).collect();
    for member in &mut crowd {
        member.ask("GET", "/api/projects/162/chart-data/", "").expect("it goes out");
    }
    while demo.ledger().totals.requests < 9 {
        thread::yield_now();
    }
    drop(crowd);
    assert_eq!(client.get("/healthz").status, 503);
    demo.set_faults(crate::demo::Faults::default());
    assert_eq!(client.get("/healthz").status, 200);
}

#[test]
fn a_small_pool_queues() {
    let one = spawn(Options { pool: 1, ..Options::default() }).expect("a free port");
    let time = |demo: &crate::demo::Demo| {
        let begin = Instant::now();
        let mut clients: Vec<Client> = (0..6).map(|_| Client::of(demo)).collect();
        for client in &mut clients {
            client.ask("GET", "/api/projects/162/chart-data/", "").expect("it goes out");
        }
        for client in &mut clients {
            client.stream.read_exact(&mut [0; 16]).expect("an answer comes");
        }
        begin.elapsed()
    };
    // Six queries of 34 ms, one after the other.
    assert!(time(&one) >= Duration::from_millis(6 * 34));
    let wide = demo();
    assert!(time(&wide) < Duration::from_millis(6 * 34));
    let metrics = Client::of(&one).get("/metrics").body;
    assert!(metrics.contains("\ndb_connections_peak 1\n") && metrics.contains("\ndb_pool_size 1\n"), "{metrics}");
}

#[test]
fn switches_are_set_shown_and_taken_back_at_run_time() {
    let demo = demo();
    let (mut user, mut control) = (Client::of(&demo), Client::of(&demo));
    let set = control.send("POST", "/demo/faults", r#"{"errors": ["*=500"], "pool": 3}"#);
    assert_eq!((set.status, &set.json()["errors"]), (200, &serde_json::json!(["*=500"])));
    assert_eq!(control.get("/demo/faults").json(), set.json());
    assert_eq!(user.get("/healthz").status, 500);
    assert!(user.get("/metrics").body.contains("\ndb_pool_size 3\n"));
    let wrong = control.send("POST", "/demo/faults", r#"{"errors": ["/a=1"]}"#);
    assert_eq!(wrong.status, 400);
    assert!(wrong.json()["error"].as_str().is_some_and(|error| error.contains("`/a=1` is not an error")));
    assert_eq!(user.get("/healthz").status, 500, "a wrong switch changes nothing");
    assert_eq!(control.send("POST", "/demo/faults", "{}").status, 200);
    assert_eq!(user.get("/healthz").status, 200);
    assert!(user.get("/metrics").body.contains("\ndb_pool_size 100\n"));
}
