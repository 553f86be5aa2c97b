//! Each way in which an exchange can fail, against servers on loopback.

use std::{io::Write, net::TcpListener, thread, time::Duration};

use url::Url;

use super::{failed, fetch, get, kind, plan_target};
use crate::client::{
    Agent, Failure, Keep, Origin, Request,
    testing::{self, Server, app, raw, read_head, text},
    verify,
};
use crate::plan::{Expect, FailureKind};

#[tokio::test]
async fn an_answer_is_read_to_its_end() {
    let server = Server::start(app(|request| text(201, &"x".repeat(request.uri().path().len() * 10_000))), None);
    let answer = fetch(&server.url(), Duration::from_secs(5)).await.expect("it answers");
    assert_eq!((answer.status, answer.size, answer.body.len()), (201, 10_000, 10_000));
}

#[tokio::test]
async fn a_body_that_nobody_asked_for_is_counted_only() {
    let server = Server::start(app(|_| text(200, &"x".repeat(1_000_000))), None);
    let origin = testing::origin(&server.url());
    let request = Request { keep: Keep::Nothing, ..get(&origin, "/") };
    let answer = Agent::new().exchange(&origin, &request).await.expect("it answers");
    assert_eq!((answer.size, answer.body.len()), (1_000_000, 0));
}

#[tokio::test]
async fn refusal_is_connect() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port is free").port();
    let failure = failed(fetch(&format!("http://127.0.0.1:{port}/"), Duration::from_secs(1)).await);
    assert_eq!(failure, Failure::new(FailureKind::Connect, "the connection was refused"));
    let by_name = failed(fetch(&format!("http://localhost:{port}/"), Duration::from_secs(1)).await);
    assert_eq!(by_name.kind, FailureKind::Connect);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_connect() {
    let target = plan_target(|target| target.allow = vec!["no-such-host.invalid".to_owned()]);
    let origin = Origin::new(&target, &Url::parse("http://no-such-host.invalid/").expect("a URL")).expect("allowed");
    let failure = failed(Agent::new().exchange(&origin, &get(&origin, "/")).await);
    assert_eq!(failure.kind, FailureKind::Connect);
    assert!(failure.description.starts_with("the host no-such-host.invalid was not found"), "{}", failure.description);
}

#[tokio::test]
async fn silence_is_a_timeout_wherever_it_begins() {
    let wait = || thread::sleep(Duration::from_secs(2));
    assert_eq!(kind(move |_stream| wait()).await, FailureKind::Timeout);
    let in_head = kind(move |mut stream| {
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-").expect("the client listens");
        wait();
    });
    assert_eq!(in_head.await, FailureKind::Timeout);
    let in_body = kind(move |mut stream| {
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").expect("the client listens");
        wait();
    });
    assert_eq!(in_body.await, FailureKind::Timeout);
}

#[tokio::test]
async fn a_close_before_the_end_is_a_reset() {
    let at_once = kind(|mut stream| {
        read_head(&mut stream);
    });
    assert_eq!(at_once.await, FailureKind::Reset);
    let in_body = kind(|mut stream| {
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").expect("the client listens");
    });
    assert_eq!(in_body.await, FailureKind::Reset);
    let in_chunk = kind(|mut stream| {
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").expect("it listens");
    });
    assert_eq!(in_chunk.await, FailureKind::Reset);
}

#[tokio::test]
async fn what_is_not_http_is_protocol() {
    for garbage in [
        &b"\x00\x01\x02 this is no HTTP\r\n\r\n\xff\xfe"[..],
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n",
    ] {
        let seen = kind(move |mut stream| {
            read_head(&mut stream);
            stream.write_all(garbage).expect("the client listens");
            thread::sleep(Duration::from_millis(100));
        });
        assert_eq!(seen.await, FailureKind::Protocol, "{}", String::from_utf8_lossy(garbage));
    }
}

#[tokio::test]
async fn endless_headers_end_at_a_bound() {
    // Not the timeout: that would be one.
    let seen = kind(|mut stream| {
        read_head(&mut stream);
        let line = [b"X-Filler: ".as_slice(), &[b'x'; 1000], b"\r\n"].concat();
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(&line).is_ok() {}
    });
    assert_eq!(seen.await, FailureKind::Protocol);
}

#[tokio::test]
async fn an_endless_body_ends_with_the_timeout_or_at_max_size() {
    let url = raw(|mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 16 * 1024]).is_ok() {}
    });
    assert_eq!(failed(fetch(&url, Duration::from_millis(300)).await).kind, FailureKind::Timeout);

    let origin = testing::origin(&url);
    let request = Request { max_size: Some(100_000), ..get(&origin, "/") };
    let answer = Agent::new().exchange(&origin, &request).await.expect("the bound ends it");
    assert!(answer.size > 100_000 && answer.size < 300_000, "{}", answer.size);
    let expect = Expect { max_size: Some(100_000), ..Expect::default() };
    assert!(verify(&expect, answer.status, &answer.headers, &answer.content()).is_err());
}

#[tokio::test]
async fn a_kept_body_is_bounded() {
    let url = raw(|mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n");
        let _ = stream.write_all(&vec![b'x'; 20_000_000]);
    });
    let answer = fetch(&url, Duration::from_secs(5)).await.expect("it answers");
    assert_eq!((answer.size, answer.body.len()), (20_000_000, Keep::BOUND));
    let expect = Expect { body_lacks: vec!["secret".to_owned()], ..Expect::default() };
    let violated = verify(&expect, 200, &answer.headers, &answer.content()).expect_err("nobody can tell");
    assert!(violated.contains("only the first 8 MiB of 20000000 bytes"), "{violated}");
}
