//! Where the time of an exchange went, against servers that note when they send what. Times are held against those moments,
//! because a busy machine may be late with any of them.

use std::{
    io::{Read, Write},
    sync::{Arc, Mutex},
    thread::sleep,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Response;
use tokio::net::TcpListener;
use url::Url;

use super::{get, plan_target, secure};
use crate::client::{
    Agent, Opening, Origin, Request,
    dial::dial,
    origin::Destination,
    testing::{origin, raw, read_head},
};
use crate::plan::{Connections, Http};

const MS: fn(u64) -> Duration = Duration::from_millis;

/// When a server did what.
#[derive(Clone, Default)]
struct Moments(Arc<Mutex<Vec<Instant>>>);

impl Moments {
    /// Waits, and then notes the moment.
    fn after(&self, wait: u64) {
        sleep(MS(wait));
        self.0.lock().expect("no panic").push(Instant::now());
    }

    fn take(&self) -> Vec<Instant> {
        std::mem::take(&mut self.0.lock().expect("no panic"))
    }
}

/// Sends an answer in pieces, each after a while.
fn dribble(pieces: &'static [(u64, &'static str)]) -> (String, Moments) {
    let moments = Moments::default();
    let noted = moments.clone();
    let url = raw(move |mut stream| {
        stream.set_nodelay(true).expect("a socket");
        while read_head(&mut stream) {
            for (wait, piece) in pieces {
                noted.after(*wait);
                stream.write_all(piece.as_bytes()).expect("the client reads");
            }
        }
    });
    (url, moments)
}

/// When an exchange had its first byte and its end, and what it opened.
async fn exchange(agent: &mut Agent, origin: &Origin) -> (Instant, Instant, Option<Opening>) {
    let answer = agent.exchange(origin, &get(origin, "/")).await.expect("it answers");
    (answer.first_byte.into_std(), Instant::now(), agent.opened())
}

#[tokio::test]
async fn the_first_byte_counts_however_slowly_the_head_goes_on() {
    let (url, moments) =
        dribble(&[(80, "HTTP/1.1 200 OK\r\nContent-Le"), (300, "ngth: 8\r\n\r\n"), (40, "slow"), (100, "body")]);
    let (origin, mut agent) = (origin(&url), Agent::new());
    for new in [true, false] {
        let (first, ended, opened) = exchange(&mut agent, &origin).await;
        let sent = moments.take();
        assert!(first >= sent[0] && first < sent[1] && ended >= sent[3], "{first:?} {ended:?} {sent:?}");
        assert_eq!(opened.is_some(), new, "the connection was kept");
        if let Some(opened) = opened {
            assert!(opened.dns.is_none() && opened.tls.is_none(), "{opened:?}");
            assert!(opened.ready.into_std() < sent[0] && opened.connect < MS(80), "{opened:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_in_one_piece_has_all_its_time_before_the_first_byte() {
    let (url, moments) = dribble(&[(200, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole")]);
    let origin = origin(&url);
    let (first, ended, _) = exchange(&mut Agent::new(), &origin).await;
    assert!(first >= moments.take()[0] && ended - first < MS(100), "{:?}", ended - first);
}

#[tokio::test]
async fn over_http_2_the_head_counts_and_not_what_the_connection_says() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    let moments = Moments::default();
    let noted = moments.clone();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        // Its settings are on their way at once.
        let mut connection = h2::server::handshake(stream).await.expect("a preface");
        while let Some(Ok((_, mut answer))) = connection.accept().await {
            let noted = noted.clone();
            tokio::spawn(async move {
                tokio::time::sleep(MS(80)).await;
                noted.after(0);
                let mut body = answer.send_response(Response::new(()), false).expect("the client listens");
                for (wait, last) in [(300, false), (50, true)] {
                    tokio::time::sleep(MS(wait)).await;
                    noted.after(0);
                    body.send_data(Bytes::from_static(b"part"), last).expect("the client listens");
                }
            });
        }
    });
    let target = plan_target(|target| target.http = Http::H2);
    let origin = Origin::new(&target, &Url::parse(&url).expect("a URL")).expect("loopback is allowed");
    let mut agent = Agent::new();
    for new in [true, false] {
        let (first, ended, opened) = exchange(&mut agent, &origin).await;
        let sent = moments.take();
        assert!(first >= sent[0] && first < sent[1] && ended >= sent[2], "{first:?} {ended:?} {sent:?}");
        assert_eq!(opened.is_some(), new, "the connection was kept");
    }
}

#[tokio::test]
async fn a_slow_handshake_is_tls_and_a_new_connection_is_told_each_time() {
    let (config, authority) = secure::certified(&["127.0.0.1"], 2100);
    let moments = Moments::default();
    let noted = moments.clone();
    let url = raw(move |mut stream| {
        noted.after(200);
        let mut session = rustls::ServerConnection::new(Arc::clone(&config)).expect("a session");
        let mut secure = rustls::Stream::new(&mut session, &mut stream);
        let mut head = [0; 1024];
        while secure.read(&mut head).is_ok_and(|length| length > 0) {
            noted.after(50);
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
        let (first, _, opened) = exchange(&mut agent, &origin).await;
        let (opened, sent) = (opened.expect("each request has its own"), moments.take());
        let ready = opened.ready.into_std();
        let accepted = ready.checked_sub(opened.tls.expect("it is spoken")).expect("a moment of this test");
        assert!(accepted < sent[0] && ready >= sent[0] && ready < sent[1], "{opened:?} {sent:?}");
        assert!(first >= sent[1] && opened.connect < MS(200), "{opened:?}");
    }
}

#[tokio::test]
async fn a_connection_is_told_also_when_its_request_fails() {
    let url = raw(|_stream| sleep(Duration::from_secs(5)));
    let (slow, mut agent) = (origin(&url), Agent::new());
    let request = Request { timeout: MS(200), ..get(&slow, "/") };
    agent.exchange(&slow, &request).await.expect_err("nothing comes");
    assert!(agent.opened().is_some());
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
    let (_, first) = dial(&origin, &named, 0).await.expect("it is found");
    let (_, second) = dial(&origin, &named, 0).await.expect("it is known");
    assert!(first.dns.is_some() && second.dns.is_none(), "{first:?} {second:?}");
}
