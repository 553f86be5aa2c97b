//! The doors behind which a client meets the unexpected.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use super::{Client, demo};

const MEGABYTE: usize = 1_024 * 1_024;

fn first_bytes(client: &mut Client, path: &str, count: usize) -> Vec<u8> {
    client.ask("GET", path, "").expect("it goes out");
    let mut bytes = vec![0; count];
    client.stream.read_exact(&mut bytes).expect("as many bytes as one likes");
    bytes
}

#[test]
fn garbage_is_no_http() {
    let demo = demo();
    let mut client = Client::of(&demo);
    assert!(!first_bytes(&mut client, "/demo/garbage", 10).starts_with(b"HTTP"));
}

#[test]
fn headers_without_an_end() {
    let demo = demo();
    let bytes = first_bytes(&mut Client::of(&demo), "/demo/endless-headers", MEGABYTE);
    assert!(bytes.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert!(!bytes.windows(4).any(|window| window == b"\r\n\r\n"));
}

#[test]
fn a_body_without_an_end() {
    let demo = demo();
    let bytes = first_bytes(&mut Client::of(&demo), "/demo/endless-body", MEGABYTE);
    assert!(bytes.starts_with(b"HTTP/1.1 200 OK\r\n"));
}

#[test]
fn a_body_that_breaks_off() {
    let demo = demo();
    let error = Client::of(&demo).try_send("GET", "/demo/short-body", "").expect_err("it is not whole");
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn a_request_that_hangs_is_abandoned_when_the_client_leaves() {
    let demo = demo();
    let mut client = Client::of(&demo);
    client.ask("GET", "/demo/hang", "").expect("it goes out");
    client.stream.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout can be set");
    let error = client.stream.read(&mut [0]).expect_err("nothing comes");
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
    assert_eq!(demo.ledger().totals.in_flight, 1);
    drop(client);
    while demo.ledger().totals.in_flight == 1 {
        std::thread::yield_now();
    }
    assert_eq!(demo.ledger().totals.abandoned, 1);
}
