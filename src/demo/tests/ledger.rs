//! The ledger is the truth.

use std::time::Duration;

use super::{Client, demo, demo_with};
use crate::demo::LedgerReport;

#[test]
fn every_request_is_counted_once_where_it_belongs() {
    let demo = demo();
    let (mut user, mut control) = (Client::of(&demo), Client::of(&demo));
    for project in [160, 162] {
        user.get(&format!("/api/projects/{project}/"));
    }
    user.get("/no-such-page");
    user.get("/dashboard/");
    user.get("/metrics");
    control.get("/demo/faults");
    let told: LedgerReport = serde_json::from_str(&control.get("/demo/ledger").body).expect("a ledger");
    assert_eq!(told.totals.requests, 4);
    assert_eq!(told.totals.statuses, [(200, 2), (302, 1), (404, 1)].into());
    assert_eq!(told.endpoints["GET /api/projects/{id}/"].statuses, [(200, 2)].into());
    assert_eq!(told.monitors["GET /metrics"].requests, 1);
    assert_eq!(told.control["GET /demo/faults"].requests, 1);
    assert_eq!((told.connections.accepted, told.connections.open), (2, 2));
    assert_eq!(demo.ledger().endpoints, told.endpoints);
}

#[test]
fn service_time_is_what_a_client_sees() {
    let demo = demo_with(r#"{"delay": ["/demo/echo=30ms"], "slow_body": ["/demo/echo=100ms@50%"]}"#);
    let mut client = Client::of(&demo);
    let mut seen: Vec<f64> = (0..10).map(|_| client.get("/demo/echo").took.as_secs_f64() * 1_000.0).collect();
    seen.sort_by(f64::total_cmp);
    let told = demo.ledger().endpoints["GET /demo/echo"].service_ms.expect("ten answers");
    assert_eq!(told.count, 10);
    assert!(told.p50 >= 30.0 && told.max >= 130.0, "{told:?}");
    // The median, because one hiccup of the machine is no fault of the ledger. A busy machine may let the client see the
    // last byte before the app sees that it is gone, so either may be the longer one.
    assert!((seen[4] - told.p50).abs() < 25.0, "{seen:?} {told:?}");
}

#[test]
fn a_reset_ledger_is_empty() {
    let demo = demo();
    let mut client = Client::of(&demo);
    client.get("/healthz");
    assert_eq!(client.send("POST", "/demo/ledger/reset", "").status, 200);
    let ledger = demo.ledger();
    assert_eq!((ledger.totals.requests, ledger.endpoints.len(), ledger.control.len()), (0, 0, 0));
    client.get("/healthz");
    assert_eq!(demo.ledger().totals.requests, 1);
    demo.reset_ledger();
    assert_eq!(demo.ledger().totals.requests, 0);
}

#[test]
fn an_app_that_is_dropped_stops() {
    let demo = demo();
    let address = demo.address();
    let mut client = Client::of(&demo);
    client.ask("GET", "/demo/hang", "").expect("it goes out");
    drop(demo);
    assert!(std::net::TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err());
}
