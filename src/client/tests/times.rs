//! Where the time of an exchange went, against servers that take a known time for each part.

use std::{
    io::Write,
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Response;
use tokio::net::TcpListener;
use url::Url;

use super::{get, plan_target, secure};
use crate::client::{
    Agent, Opening, Origin,
    dial::dial,
    origin::Destination,
    testing::{origin, raw, read_head},
};
use crate::plan::{Connections, Http};

const MS: fn(u64) -> Duration = Duration::from_millis;

/// What a busy machine may add to each part.
const GRACE: Duration = Duration::from_millis(60);

/// Waits before each piece of an answer.
fn dribble(pieces: &'static [(u64, &'static str)]) -> String {
    raw(move |mut stream| {
        stream.set_nodelay(true).expect("a socket");
        while read_head(&mut stream) {
            for (wait, piece) in pieces {
                sleep(MS(*wait));
                stream.write_all(piece.as_bytes()).expect("the client reads");
            }
        }
    })
}

/// Asserts what passed before and after the first byte of an answer.
async fn assert_parts(agent: &mut Agent, origin: &Origin, parts: [u64; 2]) -> Option<Opening> {
    let started = tokio::time::Instant::now();
    let answer = agent.exchange(origin, &get(origin, "/")).await.expect("it answers");
    let ended = tokio::time::Instant::now();
    let sent = agent.opened().map_or(started, |opened| opened.ready);
    let seen = [answer.first_byte - sent, ended - answer.first_byte];
    for (seen, known) in seen.iter().zip(parts) {
        assert!(*seen >= MS(known) && *seen < MS(known) + GRACE, "{seen:?} of {parts:?}");
    }
    agent.opened()
}

#[tokio::test]
async fn the_first_byte_counts_however_slowly_the_head_goes_on() {
    let head = "HTTP/1.1 200 OK\r\nContent-Le";
    let url = dribble(Box::leak(Box::new([(80, head), (100, "ngth: 8\r\n\r\n"), (40, "slow"), (100, "body")])));
    let (origin, mut agent) = (origin(&url), Agent::new());
    let opened = assert_parts(&mut agent, &origin, [80, 240]).await.expect("a new connection");
    assert!(opened.dns.is_none() && opened.tls.is_none() && opened.connect < GRACE, "{opened:?}");
    assert!(assert_parts(&mut agent, &origin, [80, 240]).await.is_none(), "the connection was kept");
}

#[tokio::test]
async fn head_and_body_in_one_piece_are_the_first_byte() {
    let url = dribble(&[(70, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole")]);
    let origin = origin(&url);
    assert_parts(&mut Agent::new(), &origin, [70, 0]).await;
}

#[tokio::test]
async fn over_http_2_the_head_counts_and_not_what_the_connection_says() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        // The settings are on their way at once.
        let mut connection = h2::server::handshake(stream).await.expect("a preface");
        while let Some(Ok((_, mut answer))) = connection.accept().await {
            tokio::spawn(async move {
                tokio::time::sleep(MS(80)).await;
                let mut body = answer.send_response(Response::new(()), false).expect("the client listens");
                for (wait, last) in [(100, false), (140, true)] {
                    tokio::time::sleep(MS(wait)).await;
                    body.send_data(Bytes::from_static(b"part"), last).expect("the client listens");
                }
            });
        }
    });
    let target = plan_target(|target| target.http = Http::H2);
    let origin = Origin::new(&target, &Url::parse(&url).expect("a URL")).expect("loopback is allowed");
    let mut agent = Agent::new();
    assert!(assert_parts(&mut agent, &origin, [80, 240]).await.is_some());
    assert!(assert_parts(&mut agent, &origin, [80, 240]).await.is_none(), "the connection was kept");
}

#[tokio::test]
async fn a_slow_handshake_is_tls_and_a_new_connection_is_told_each_time() {
    let (config, authority) = secure::certified(&["127.0.0.1"], 2100);
    let url = raw(move |mut stream| {
        sleep(MS(90));
        let mut session = rustls::ServerConnection::new(Arc::clone(&config)).expect("a session");
        let mut secure = rustls::Stream::new(&mut session, &mut stream);
        let mut head = [0; 1024];
        while std::io::Read::read(&mut secure, &mut head).is_ok_and(|length| length > 0) {
            sleep(MS(50));
            let _ = secure.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    let target = plan_target(|target| {
        target.connections = Connections::Request;
        target.tls.ca = Some(authority.to_path_buf());
    });
    let url = Url::parse(&url.replace("http://", "https://")).expect("a URL");
    let origin = Origin::new(&target, &url).expect("loopback is allowed");
    let mut agent = Agent::new();
    for _ in 0..2 {
        let opened = assert_parts(&mut agent, &origin, [50, 0]).await.expect("each request has its own");
        let tls = opened.tls.expect("it is spoken");
        assert!(tls >= MS(90) && tls < MS(90) + GRACE && opened.connect < GRACE, "{opened:?}");
    }
}

#[tokio::test]
async fn a_connection_is_told_also_when_its_request_fails() {
    let url = raw(|_stream| sleep(MS(600)));
    let (slow, mut agent) = (origin(&url), Agent::new());
    let request = crate::client::Request { timeout: MS(50), ..get(&slow, "/") };
    let begun = Instant::now();
    agent.exchange(&slow, &request).await.expect_err("nothing comes");
    assert!(begun.elapsed() < MS(600) && agent.opened().is_some());
    let nobody = origin("http://127.0.0.1:9/");
    agent.exchange(&nobody, &get(&nobody, "/")).await.expect_err("nobody listens");
    assert!(agent.opened().is_none(), "none was opened for this one");
}

#[tokio::test]
async fn a_name_is_looked_up_once() {
    let url = Url::parse(&raw(|_stream| ())).expect("a URL");
    // An address that only the system's resolver understands.
    let named = Destination::under_name("127.1", url.port().expect("a port"));
    let origin = origin(url.as_str());
    let (_, first) = dial(&origin, &named).await.expect("it is found");
    let (_, second) = dial(&origin, &named).await.expect("it is known");
    assert!(first.dns.is_some() && second.dns.is_none(), "{first:?} {second:?}");
}
