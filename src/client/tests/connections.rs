//! When a connection is used again, and when never.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{HeaderValue, header};

use super::{failed, get, plan_target};
use crate::client::{
    Agent, Origin, Request,
    testing::{self, Server, app, raw, read_head, text},
};
use crate::plan::{Connections, FailureKind};

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

#[test]
fn a_server_beside_the_target_is_the_same_one_each_time_it_is_named() {
    let target = plan_target(|target| target.allow = vec!["*.example.com".to_owned()]);
    let origin = Origin::new(&target, &url::Url::parse("http://127.0.0.1:1/").expect("a URL")).expect("it is allowed");
    let at = |text: &str| origin.address(text).expect("it is allowed").destination;
    let first = at("http://a.example.com/");
    let from = origin.address("/").expect("a path");
    let redirected = origin.redirect(&from, b"http://a.example.com/b?c").expect("it is allowed").destination;
    assert!(std::sync::Arc::ptr_eq(&first, &redirected), "its addresses are looked up once");
    for other in ["https://a.example.com/", "http://a.example.com:81/", "http://b.example.com/"] {
        assert!(!std::sync::Arc::ptr_eq(&first, &at(other)), "{other}");
    }
    for host in 0..200 {
        at(&format!("http://{host}.example.com/"));
    }
    assert!(std::sync::Arc::ptr_eq(&first, &at("http://a.example.com/")), "it was first");
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
async fn a_connection_that_rested_is_used_again() {
    let (url, connections, requests) = closing_after(usize::MAX);
    let (origin, mut agent) = (testing::origin(&url), Agent::new());
    for rests in [0, 1, 2, 1, 0] {
        agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers");
        assert_eq!(agent.resting(), 0, "it is at work");
        for _ in 0..rests {
            agent.rest().await;
            assert_eq!(agent.resting(), 1);
        }
    }
    assert_eq!((connections.load(Ordering::SeqCst), requests.load(Ordering::SeqCst)), (1, 5));
}

#[tokio::test]
async fn a_connection_that_was_closed_while_it_rested_is_replaced_before_anything_is_sent() {
    let (url, connections, requests) = closing_after(1);
    let (origin, mut agent) = (testing::origin(&url), Agent::new());
    for _ in 0..3 {
        agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers");
        agent.rest().await;
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    assert_eq!((connections.load(Ordering::SeqCst), requests.load(Ordering::SeqCst)), (3, 3));
}

#[tokio::test]
async fn a_server_that_ends_its_connections_is_not_kept_by_a_rest() {
    for head in ["HTTP/1.0 200 OK\r\nContent-Length: 2", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2"] {
        let (connections, counted) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (opened, asked) = (Arc::clone(&connections), Arc::clone(&counted));
        let url = raw(move |mut stream| {
            opened.fetch_add(1, Ordering::SeqCst);
            while read_head(&mut stream) {
                asked.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(format!("{head}\r\n\r\nok").as_bytes());
            }
        });
        let (origin, mut agent) = (testing::origin(&url), Agent::new());
        for _ in 0..3 {
            agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers");
            agent.rest().await;
        }
        assert_eq!((connections.load(Ordering::SeqCst), counted.load(Ordering::SeqCst)), (3, 3), "{head}");
    }
}

#[tokio::test]
async fn a_connection_known_to_be_closed_is_replaced_before_anything_is_sent() {
    let (url, connections, requests) = closing_after(1);
    let (origin, mut agent) = (testing::origin(&url), Agent::new());
    for _ in 0..3 {
        agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers");
        // The close reaches this machine's side of the socket in its own time.
        tokio::time::sleep(Duration::from_millis(150)).await;
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

/// Whether the client's side of a connection is in `TIME_WAIT`, as Linux tells it; false elsewhere. Its port says which
/// connection is meant: ports are used again, so others between the two may still wait.
fn waits(client: SocketAddr, server: SocketAddr) -> bool {
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let ends_with =
        |field: Option<&str>, port: u16| field.is_some_and(|address| address.ends_with(&format!(":{port:04X}")));
    sockets.lines().any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        ends_with(fields.next(), client.port())
            && ends_with(fields.next(), server.port())
            && fields.next() == Some("06")
    })
}

/// What a server sends before it waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// All that it has to say: it closes its side.
    Everything,
    /// A part: its side stays open.
    APart,
}

/// A server that gives one answer and notes how the connection ends.
async fn ending_after(answer: &'static [u8], sent: Sent, timeout: Duration) -> Result<usize, ErrorKind> {
    let (note, mut noted) = tokio::sync::mpsc::unbounded_channel();
    let url = raw(move |mut stream| {
        let ends = (stream.peer_addr().expect("it is connected"), stream.local_addr().expect("it is bound"));
        read_head(&mut stream);
        stream.write_all(answer).expect("the client listens");
        if sent == Sent::Everything {
            stream.shutdown(Shutdown::Write).expect("the client listens");
        }
        let ending = stream.read(&mut [0; 1]).map_err(|error| error.kind());
        note.send((ending, ends)).expect("the test waits");
    });
    let origin = testing::origin(&url);
    let _ = Agent::new().exchange(&origin, &Request { timeout, ..get(&origin, "/") }).await;
    let (ending, (client, server)) = noted.recv().await.expect("the server noted the ending");
    assert!(!waits(client, server), "the port of the client is not free: {ending:?}");
    ending
}

#[tokio::test]
async fn a_whole_exchange_closes_in_peace() {
    let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwhole";
    assert_eq!(ending_after(answer, Sent::Everything, Duration::from_secs(60)).await, Ok(0));
}

#[tokio::test]
async fn an_answer_after_which_the_server_does_not_close_first_leaves_no_port_waiting() {
    let minute = Duration::from_secs(60);
    for answer in [
        &b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"[..],
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ] {
        let ended = ending_after(answer, Sent::APart, minute).await;
        assert_eq!(ended, Err(ErrorKind::ConnectionReset), "{}", String::from_utf8_lossy(answer));
    }
}

#[tokio::test]
async fn a_broken_exchange_leaves_no_port_waiting() {
    let endless = b"HTTP/1.1 200 OK\r\n\r\nendless";
    assert_eq!(ending_after(endless, Sent::APart, Duration::from_secs(1)).await, Err(ErrorKind::ConnectionReset));
    let garbage = b"garbage\r\n\r\n";
    assert_eq!(ending_after(garbage, Sent::APart, Duration::from_secs(60)).await, Err(ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn a_connection_for_each_request_leaves_no_port_waiting() {
    let (note, mut noted) = tokio::sync::mpsc::unbounded_channel();
    let url = raw(move |mut stream| {
        let ends = (stream.peer_addr().expect("it is connected"), stream.local_addr().expect("it is bound"));
        while read_head(&mut stream) {
            if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_err() {
                break;
            }
        }
        note.send(ends).expect("the test waits");
    });
    let target = plan_target(|target| target.connections = Connections::Request);
    let origin = Origin::new(&target, &url::Url::parse(&url).expect("a URL")).expect("loopback is allowed");
    let mut agent = Agent::new();
    for _ in 0..4 {
        agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers");
        let ended = tokio::time::timeout(Duration::from_secs(5), noted.recv()).await;
        let (client, server) = ended.expect("the connection ended with its request").expect("it was noted");
        assert!(!waits(client, server));
    }
}

#[tokio::test]
async fn a_host_that_is_given_an_address_is_not_looked_up() {
    let host =
        |request: http::Request<bytes::Bytes>| text(200, request.headers()[header::HOST].to_str().expect("text"));
    let server = Server::start(app(host), None);
    let url = format!("http://app.staging.example.com:{}/", server.port());
    let url = url::Url::parse(&url).expect("a URL");
    let target = plan_target(|target| {
        target.allow = vec!["*.staging.example.com".to_owned()];
        target.resolve = vec![("app.staging.example.com".to_owned(), "127.0.0.1".parse().expect("an address"))];
    });
    let origin = Origin::new(&target, &url).expect("it is allowed");
    assert!(origin.is_loopback(), "its load takes processor time from the app");
    let answer = Agent::new().exchange(&origin, &get(&origin, "/")).await.expect("it answers");
    assert_eq!(answer.body, format!("app.staging.example.com:{}", server.port()));
    let control = crate::client::control::Control::new(&target, &url).expect("a client");
    let answer = control.get("/", Duration::from_secs(5)).await.expect("it answers");
    assert_eq!(answer.text(), format!("app.staging.example.com:{}", server.port()));
}
