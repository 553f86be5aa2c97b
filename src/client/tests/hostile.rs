//! Servers that mean harm, on loopback: each is a failure of the right kind, at once, within bounds.

use std::{
    fmt::Write as _,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use http::{HeaderValue, header};

use super::{failed, fetch, get, kind};
use crate::client::{
    Agent, Request,
    testing::{self, Server, app, raw, read_head, text},
};
use crate::plan::FailureKind;

#[tokio::test]
async fn a_flood_of_interim_answers_ends_with_the_timeout() {
    let started = Instant::now();
    let seen = kind(|mut stream| {
        read_head(&mut stream);
        let flood = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(1000);
        while stream.write_all(&flood).is_ok() {}
    });
    let seen = seen.await;
    assert!(matches!(seen, FailureKind::Timeout | FailureKind::Protocol), "{seen:?}");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[tokio::test]
async fn an_interim_answer_is_not_the_answer() {
    let url = raw(|mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");
    });
    assert_eq!(fetch(&url, Duration::from_secs(2)).await.expect("it answers").status, 201);
}

#[tokio::test]
async fn endless_chunks_end_with_the_timeout_or_at_max_size() {
    let url = raw(|mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream.write_all(b"1\r\nx\r\n").is_ok() {}
    });
    assert_eq!(failed(fetch(&url, Duration::from_millis(300)).await).kind, FailureKind::Timeout);
    let origin = testing::origin(&url);
    let request = Request { max_size: Some(1000), ..get(&origin, "/") };
    let answer = Agent::new().exchange(&origin, &request).await.expect("the bound ends it");
    assert!(answer.size > 1000 && answer.size < 100_000, "{}", answer.size);
}

#[tokio::test]
async fn an_endless_chunk_extension_or_trailer_ends_at_a_bound() {
    let extension = kind(|mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;");
        while stream.write_all(&[b'x'; 1024]).is_ok() {}
    });
    assert_eq!(extension.await, FailureKind::Protocol);
    let trailer = kind(|mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
        while stream.write_all(b"X-Filler: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n").is_ok() {}
    });
    assert_eq!(trailer.await, FailureKind::Protocol);
}

#[tokio::test]
async fn an_answer_before_the_request_is_never_the_next_ones() {
    let url = raw(|mut stream| {
        let said = |text: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len());
        read_head(&mut stream);
        let _ = stream.write_all(format!("{}{}", said("first"), said("smuggled")).as_bytes());
        while read_head(&mut stream) {
            let _ = stream.write_all(said("second").as_bytes());
        }
    });
    let (origin, mut agent) = (testing::origin(&url), Agent::new());
    for _ in 0..4 {
        match agent.exchange(&origin, &get(&origin, "/")).await {
            Ok(answer) => assert_eq!(answer.body, "first", "a new connection each time"),
            Err(trouble) => panic!("{trouble:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_that_talks_first_is_a_failure_or_an_answer_and_never_a_hang() {
    let started = Instant::now();
    let url = raw(|mut stream| {
        let _ = stream.write_all(b"220 mail.example.com ESMTP\r\n");
        read_head(&mut stream);
        thread::sleep(Duration::from_millis(50));
    });
    for _ in 0..3 {
        let failure = failed(fetch(&url, Duration::from_secs(2)).await);
        assert!(matches!(failure.kind, FailureKind::Protocol | FailureKind::Reset), "{failure:?}");
    }
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_flood_of_cookies_is_bounded() {
    let count = Arc::new(AtomicUsize::new(0));
    let server = Server::start(
        app(move |request| {
            let number = count.fetch_add(1, Ordering::SeqCst);
            let length = request.headers().get(header::COOKIE).map_or(0, HeaderValue::len);
            let mut reply = text(200, &length.to_string());
            for cookie in 0..60 {
                let cookie = format!("c{number}x{cookie}={}; Path=/", "v".repeat(if number < 5 { 10 } else { 300 }));
                reply.headers_mut().append(header::SET_COOKIE, HeaderValue::try_from(cookie).expect("a cookie"));
            }
            let huge = format!("huge={}; Path=/", "v".repeat(9000));
            reply.headers_mut().append(header::SET_COOKIE, HeaderValue::try_from(huge).expect("a cookie"));
            reply
        }),
        None,
    );
    for few_and_long in [false, true] {
        let (origin, mut agent) = (testing::origin(&server.url()), Agent::new());
        let mut length = 0;
        for _ in 0..5 {
            let answer = agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers");
            length = String::from_utf8_lossy(&answer.body).parse().expect("a length");
        }
        assert!(length > 1000 && length < 40_000, "{few_and_long}: {length} bytes of cookies");
    }
}

#[tokio::test]
async fn many_short_headers_end_at_a_bound() {
    let url = raw(|mut stream| {
        read_head(&mut stream);
        let mut head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n".to_owned();
        (0..5000).for_each(|number| write!(head, "a{number}:\r\n").expect("a string takes it"));
        let _ = stream.write_all(format!("{head}\r\n").as_bytes());
        thread::sleep(Duration::from_millis(100));
    });
    assert_eq!(failed(fetch(&url, Duration::from_secs(2)).await).kind, FailureKind::Protocol);
}

#[tokio::test]
async fn a_redirect_to_a_forbidden_host_opens_no_connection() {
    // 0.0.0.0 reaches this machine, so that a connection would be seen; it is not loopback by its address.
    let listener = TcpListener::bind("0.0.0.0:0").expect("a port is free");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    listener.set_nonblocking(true).expect("sockets can be non-blocking");
    let origin = testing::origin("http://127.0.0.1:1/");
    let here = origin.address("/").expect("the target");
    for location in
        [format!("http://0.0.0.0:{port}/"), format!("//0.0.0.0:{port}/"), format!("http://127.0.0.1@0.0.0.0:{port}/")]
    {
        let failure = origin.redirect(&here, location.as_bytes()).expect_err("refused");
        assert_eq!(failure.kind, FailureKind::Check, "{location}");
    }
    assert!(listener.accept().is_err(), "nobody has connected");
    assert!(TcpStream::connect(("0.0.0.0", port)).is_ok(), "although one could have");
}

#[tokio::test]
async fn a_server_that_closes_in_the_handshake_is_a_tls_failure() {
    for bytes in [0, 5] {
        let url = raw(move |mut stream| {
            let _ = stream.read_exact(&mut vec![0; bytes]);
        });
        let failure = failed(fetch(&url.replace("http:", "https:"), Duration::from_secs(2)).await);
        assert_eq!(failure.kind, FailureKind::Tls, "{failure:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_silent_in_the_handshake_is_a_timeout() {
    let url = raw(|stream| {
        thread::sleep(Duration::from_secs(1));
        drop(stream);
    });
    let failure = failed(fetch(&url.replace("http:", "https:"), Duration::from_millis(200)).await);
    assert_eq!(failure.kind, FailureKind::Timeout);
}
