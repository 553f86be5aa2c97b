use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::plan::{Connections, Http, Tls};

fn target() -> Target {
    Target {
        url: None,
        allow: vec!["allowed.example.com".to_owned()],
        timeout: Duration::from_secs(2),
        headers: vec![(HeaderName::from_static("x-key"), "sesame".to_owned())],
        http: Http::H1,
        connections: Connections::Keep,
        resolve: Vec::new(),
        proxy: None,
        trace: false,
        tls: Tls { ca: None, verify: true },
        ready: None,
        start: None,
    }
}

/// A server that reads one head from each connection and then does as told; gives its address and its connections.
async fn server<F, Fut>(treat: F) -> (Url, Arc<AtomicU32>)
where
    F: Fn(TcpStream, String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let connections = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            treat(stream, String::from_utf8_lossy(&head).into_owned()).await;
        }
    });
    (Url::parse(&url).expect("a URL"), connections)
}

async fn says(mut stream: TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
}

fn control(url: &Url) -> Control {
    Control::new(&target(), url).expect("a client")
}

async fn kind_of(bytes: &'static [u8]) -> FailureKind {
    let (url, _) = server(move |stream, _| says(stream, bytes)).await;
    control(&url).get("/", Duration::from_secs(2)).await.expect_err("no answer").kind
}

#[tokio::test]
async fn an_answer_is_read_to_its_end() {
    let (url, connections) = server(|stream, head| async move {
        let body = format!("HTTP/1.1 201 Created\r\nX-A: b\r\nContent-Length: {}\r\n\r\n{head}", head.len());
        says(stream, body.as_bytes()).await;
    })
    .await;
    let answer = control(&url).get("/a?b=c", Duration::from_secs(2)).await.expect("an answer");
    assert_eq!(answer.status, 201);
    assert_eq!(answer.headers["x-a"], "b");
    assert!(answer.text().starts_with("GET /a?b=c HTTP/1.1\r\n"), "{}", answer.text());
    assert!(answer.text().contains("x-key: sesame"), "the target's headers go along: {}", answer.text());
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn failures_are_told_apart() {
    assert_eq!(kind_of(b"").await, FailureKind::Reset);
    assert_eq!(kind_of(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await, FailureKind::Reset);
    assert_eq!(kind_of(b"\x00\x01 no HTTP\r\n\r\n").await, FailureKind::Protocol);
    let refused = Url::parse("http://127.0.0.1:1").expect("a URL");
    let failure = control(&refused).get("/", Duration::from_secs(2)).await.expect_err("nobody listens");
    assert_eq!(failure.kind, FailureKind::Connect);
    assert!(failure.sentence.contains("refused"), "{failure}");
}

#[tokio::test]
async fn a_silent_server_is_a_timeout() {
    let (url, connections) = server(|stream, _| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
    })
    .await;
    let failure = control(&url).get("/", Duration::from_millis(100)).await.expect_err("no answer");
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(failure.sentence.ends_with("within 100ms"), "{failure}");
    assert_eq!(connections.load(Ordering::SeqCst), 1, "nothing is repeated");
}

#[tokio::test]
async fn plain_text_where_tls_is_expected_is_a_tls_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = Url::parse(&format!("https://{}", listener.local_addr().expect("bound"))).expect("a URL");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let failure = control(&url).get("/", Duration::from_secs(2)).await.expect_err("no handshake");
    assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let redirect = b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example.org/\r\nContent-Length: 0\r\n\r\n";
    let (url, _) = server(|stream, _| says(stream, redirect)).await;
    assert_eq!(control(&url).get("/", Duration::from_secs(2)).await.expect("an answer").status, 302);
}

#[tokio::test]
async fn another_host_is_refused_before_a_byte_is_sent() {
    let base = Url::parse("http://127.0.0.1:1").expect("a URL");
    for url in ["http://elsewhere.example.org/", "http://127.0.0.1@elsewhere.example.org/", "file:///etc/passwd", "x"] {
        let failure = control(&base).get(url, Duration::from_secs(2)).await.expect_err("refused");
        assert!(!failure.sent, "{failure}");
    }
    let failure = control(&base).get("//elsewhere.example.org/x", Duration::from_secs(2)).await.expect_err("refused");
    assert!(failure.sentence.starts_with("GET http://127.0.0.1:1//elsewhere.example.org/x "), "a path: {failure}");
}

#[tokio::test]
async fn the_targets_headers_go_to_the_target_only() {
    let echo = |stream, head: String| async move {
        says(stream, format!("HTTP/1.1 200 OK\r\n\r\n{head}").as_bytes()).await;
    };
    let (own, _) = server(echo).await;
    let (other, _) = server(echo).await;
    let control = control(&own);
    let scrape = async |url: String| control.scrape(&url, Duration::from_secs(2)).await.expect("an answer");
    assert!(scrape("/metrics".to_owned()).await.text().contains("sesame"));
    assert!(!scrape(format!("{other}metrics")).await.text().contains("sesame"));
}

#[tokio::test]
async fn an_endless_body_is_cut() {
    let (url, _) = server(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let filler = vec![b'x'; 1 << 16];
        while stream.write_all(&filler).await.is_ok() {}
    })
    .await;
    let answer = control(&url).get("/", Duration::from_secs(20)).await.expect("an answer");
    assert!(answer.cut());
    assert_eq!(answer.body.len(), BODY_LIMIT);
}
