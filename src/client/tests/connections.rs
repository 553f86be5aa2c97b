//! When a connection is used again, and when never.

use std::{
    io::{Read, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{HeaderValue, header};

use super::{failed, get};
use crate::client::{
    Agent, Request,
    testing::{self, Server, app, raw, read_head, text},
};
use crate::plan::FailureKind;

/// A server that counts connections and requests, and closes a connection after some requests without saying so.
fn closing_after(requests: usize) -> (String, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let (connections, heads) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = (Arc::clone(&connections), Arc::clone(&heads));
    let url = raw(move |mut stream| {
        connections.fetch_add(1, Ordering::SeqCst);
        for _ in 0..requests {
            if !read_head(&mut stream) {
                return;
            }
            heads.fetch_add(1, Ordering::SeqCst);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").expect("the client listens");
        }
    });
    (url, counted.0, counted.1)
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let (url, connections, requests) = closing_after(usize::MAX);
    let (origin, mut agent) = (testing::origin(&url), Agent::new());
    for _ in 0..5 {
        agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers");
    }
    assert_eq!((connections.load(Ordering::SeqCst), requests.load(Ordering::SeqCst)), (1, 5));
}

#[tokio::test]
async fn a_connection_known_to_be_closed_is_replaced_before_anything_is_sent() {
    let (url, connections, requests) = closing_after(1);
    let (origin, mut agent) = (testing::origin(&url), Agent::new());
    for _ in 0..3 {
        agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers");
        // The close reaches this machine's side of the socket in its own time.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((connections.load(Ordering::SeqCst), requests.load(Ordering::SeqCst)), (3, 3));
}

#[tokio::test]
async fn a_request_that_was_sent_is_never_sent_again() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let url = raw(move |mut stream| {
        connections.fetch_add(1, Ordering::SeqCst);
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").expect("the client listens");
        // The second request is read, so it was sent, and then the connection is closed without an answer.
        read_head(&mut stream);
    });
    let (origin, mut agent) = (testing::origin(&url), Agent::new());
    agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers");
    let failure = failed(agent.exchange(&origin, &get(&origin, "/")).await);
    assert_eq!(failure.kind, FailureKind::Reset);
    assert_eq!(counted.load(Ordering::SeqCst), 1, "the request was sent on no other connection");
}

#[tokio::test]
async fn close_is_obeyed() {
    let server = Server::start(
        app(|_| {
            let mut reply = text(200, "bye");
            reply.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            reply
        }),
        None,
    );
    let (origin, mut agent) = (testing::origin(&server.url()), Agent::new());
    for _ in 0..3 {
        agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers");
    }
}

/// Client sockets in `TIME_WAIT` whose server had this port, as Linux tells them; 0 elsewhere. Another server may have had
/// it within the last minute.
fn ports_waiting_for(port: u16) -> usize {
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let remote = format!(":{port:04X}");
    let waits = |line: &&str| {
        let mut fields = line.split_whitespace().skip(2);
        fields.next().is_some_and(|address| address.ends_with(&remote)) && fields.next() == Some("06")
    };
    sockets.lines().filter(waits).count()
}

#[tokio::test]
async fn a_broken_exchange_leaves_no_port_waiting_and_a_whole_one_closes_in_peace() {
    let endings = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&endings);
    let (done, mut ended) = tokio::sync::mpsc::unbounded_channel();
    let answers = [
        &b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwhole"[..],
        b"HTTP/1.1 200 OK\r\n\r\nendless",
        b"garbage\r\n\r\n",
    ];
    let number = AtomicUsize::new(0);
    let url = raw(move |mut stream| {
        read_head(&mut stream);
        let number = number.fetch_add(1, Ordering::SeqCst);
        stream.write_all(answers[number]).expect("the client listens");
        if number == 0 {
            stream.shutdown(std::net::Shutdown::Write).expect("the client listens");
        }
        let ending = stream.read(&mut [0; 1]).map_err(|error| error.kind());
        noted.lock().expect("no panic").push(ending);
        done.send(()).expect("the test waits");
    });
    let origin = testing::origin(&url);
    let port = origin.url().port().expect("a port of its own");
    let before = ports_waiting_for(port);
    for _ in 0..3 {
        let request = Request { timeout: Duration::from_millis(200), ..get(&origin, "/") };
        let _ = Agent::new().exchange(&origin, &request).await;
        ended.recv().await.expect("the server noted the ending");
    }
    let endings = endings.lock().expect("no panic");
    assert_eq!(endings[..2], [Ok(0), Err(std::io::ErrorKind::ConnectionReset)]);
    let after = ports_waiting_for(port);
    assert!(after <= before, "{after} ports wait, {before} did before");
}
