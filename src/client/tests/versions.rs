//! HTTP/2: the same promises as over HTTP/1.1.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use h2::{Reason, server::SendResponse};
use http::{HeaderMap, Method, Response, StatusCode, header};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use url::Url;

use super::{failed, get, plan_target};
use crate::client::{
    Agent, Keep, Origin, Request,
    testing::{raw, read_head},
};
use crate::plan::{Connections, FailureKind, Http};

/// What a test's app does with a request and its whole body.
pub(super) trait Treat: Fn(&http::Request<Bytes>, SendResponse<Bytes>) + Send + Sync + 'static {}
impl<F: Fn(&http::Request<Bytes>, SendResponse<Bytes>) + Send + Sync + 'static> Treat for F {}

/// Serves HTTP/2 over each connection of a listener until the test ends; counts the connections.
pub(super) async fn serve(treat: impl Treat) -> (String, Arc<AtomicUsize>) {
    let (treat, count) = (Arc::new(treat), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    let url = accept(move |stream| {
        counted.fetch_add(1, Ordering::SeqCst);
        talk(stream, Arc::clone(&treat))
    })
    .await;
    (url, count)
}

/// Treats each connection in its own way.
pub(super) async fn accept<F: Future<Output = ()> + Send + 'static>(
    treat: impl Fn(TcpStream) -> F + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(treat(stream));
        }
    });
    url
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(stream: S, treat: Arc<impl Treat>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, answer))) = connection.accept().await {
        let treat = Arc::clone(&treat);
        tokio::spawn(async move {
            let (head, mut body) = request.into_parts();
            let mut whole = Vec::new();
            while let Some(Ok(data)) = body.data().await {
                body.flow_control().release_capacity(data.len()).expect("it was received");
                whole.extend_from_slice(&data);
            }
            treat(&http::Request::from_parts(head, whole.into()), answer);
        });
    }
}

/// An answer of one piece.
pub(super) fn reply(mut answer: SendResponse<Bytes>, status: u16, body: impl Into<Bytes>) {
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::from_u16(status).expect("a status");
    head.headers_mut().append(header::SET_COOKIE, "session=abc; Path=/".parse().expect("a header"));
    let mut stream = answer.send_response(head, false).expect("the client listens");
    stream.send_data(body.into(), true).expect("the client listens");
}

fn origin_over(http: Http, url: &str) -> Origin {
    let target = plan_target(|target| target.http = http);
    Origin::new(&target, &Url::parse(url).expect("a URL")).expect("loopback is allowed")
}

pub(super) fn origin(url: &str) -> Origin {
    origin_over(Http::H2, url)
}

#[tokio::test]
async fn requests_share_a_connection_and_say_what_http_1_says() {
    let (url, connections) = serve(|request, answer| {
        let mut headers: Vec<String> =
            request.headers().iter().map(|(name, value)| format!("{name}={}", value.to_str().expect("text"))).collect();
        headers.sort();
        let body = request.body().len();
        reply(answer, 200, format!("{} {} {} {body}", request.method(), request.uri(), headers.join("|")));
    })
    .await;
    let (origin, mut agent) = (origin(&url), Agent::new());
    let mut headers = HeaderMap::new();
    headers.insert("keep-alive", "timeout=5".parse().expect("a header"));
    headers.insert("x-key", "sesame".parse().expect("a header"));
    let first = Request { headers: headers.clone(), ..get(&origin, "/a?b=c") };
    let answer = agent.exchange(&origin, &first).await.expect("it answers");
    assert_eq!(answer.body, format!("GET {url}a?b=c x-key=sesame 0"));
    let second = Request { method: Method::POST, headers, body: Bytes::from_static(b"hello"), ..get(&origin, "/") };
    let answer = agent.exchange(&origin, &second).await.expect("it answers");
    assert_eq!(answer.body, format!("POST {url} content-length=5|cookie=session=abc|x-key=sesame 5"));
    let empty = Request { method: Method::POST, ..get(&origin, "/") };
    let answer = agent.exchange(&origin, &empty).await.expect("it answers");
    assert_eq!(answer.body, format!("POST {url} content-length=0|cookie=session=abc 0"));
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_head_request_and_a_status_without_a_body_end_at_their_head() {
    let (url, _) = serve(|request, mut answer| {
        let mut head = Response::new(());
        if request.method() == Method::HEAD {
            head.headers_mut().insert(header::CONTENT_LENGTH, "1000".parse().expect("a header"));
        } else {
            *head.status_mut() = StatusCode::NO_CONTENT;
        }
        answer.send_response(head, true).expect("the client listens");
    })
    .await;
    let (origin, mut agent) = (origin(&url), Agent::new());
    let answer = agent.exchange(&origin, &Request { method: Method::HEAD, ..get(&origin, "/") }).await;
    assert_eq!(answer.expect("it answers").size, 0);
    assert_eq!(agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers").status, 204);
}

#[tokio::test]
async fn bodies_larger_than_every_window_arrive_whole_both_ways() {
    let (url, _) = serve(|request, answer| reply(answer, 200, request.body().clone())).await;
    let (origin, mut agent) = (origin(&url), Agent::new());
    let body: Bytes = (0..5_000_000_u32).map(|at| (at % 251) as u8).collect();
    let request = Request { method: Method::PUT, body: body.clone(), ..get(&origin, "/") };
    for _ in 0..2 {
        let answer = agent.exchange(&origin, &request).await.expect("it answers");
        assert_eq!((answer.size, answer.body == body), (5_000_000, true));
    }
}

#[tokio::test]
async fn an_answer_before_the_end_of_an_upload_counts() {
    let url = accept(|stream| async move {
        let mut connection = h2::server::handshake(stream).await.expect("a preface");
        while let Some(Ok((request, mut answer))) = connection.accept().await {
            let mut head = Response::new(());
            *head.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            answer.send_response(head, true).expect("the client listens");
            // The server says that it wants no more of it (RFC 9113 section 8.1).
            drop(request);
        }
    })
    .await;
    let (origin, mut agent) = (origin(&url), Agent::new());
    let request = Request { method: Method::PUT, body: vec![7; 1_000_000].into(), ..get(&origin, "/") };
    for _ in 0..2 {
        assert_eq!(agent.exchange(&origin, &request).await.expect("it answers").status, 413);
    }
}

#[tokio::test]
async fn a_request_that_the_server_refuses_is_a_reset_and_is_not_sent_again() {
    for reason in [Reason::REFUSED_STREAM, Reason::CANCEL, Reason::INTERNAL_ERROR, Reason::ENHANCE_YOUR_CALM] {
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let (url, _) = serve(move |_, mut answer| {
            if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                answer.send_reset(reason);
            } else {
                reply(answer, 200, "ok");
            }
        })
        .await;
        let (origin, mut agent) = (origin(&url), Agent::new());
        let failure = failed(agent.exchange(&origin, &get(&origin, "/")).await);
        assert_eq!(failure.kind, FailureKind::Reset);
        assert!(failure.description.contains(&format!("{reason:?}")), "{}", failure.description);
        assert_eq!(requests.load(Ordering::SeqCst), 1);
        agent.exchange(&origin, &get(&origin, "/")).await.expect("the next one is answered");
    }
}

/// A server that answers so many requests on each connection and says so with GOAWAY before it closes, or in the middle of
/// the next request.
async fn going_away(after: usize, abruptly: bool) -> (String, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (opened, seen) = (Arc::clone(&connections), Arc::clone(&requests));
    let url = accept(move |stream| {
        opened.fetch_add(1, Ordering::SeqCst);
        let seen = Arc::clone(&seen);
        async move {
            let mut connection = h2::server::handshake(stream).await.expect("a preface");
            let mut answered = 0;
            while let Some(Ok((_, answer))) = connection.accept().await {
                seen.fetch_add(1, Ordering::SeqCst);
                if abruptly && answered == after {
                    connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
                    continue;
                }
                answered += 1;
                reply(answer, 200, "ok");
                if !abruptly && answered == after {
                    connection.graceful_shutdown();
                }
            }
        }
    })
    .await;
    (url, connections, requests)
}

#[tokio::test]
async fn a_connection_that_the_server_ends_in_order_is_replaced_without_a_failure() {
    let (url, connections, requests) = going_away(2, false).await;
    let (origin, mut agent) = (origin(&url), Agent::new());
    for _ in 0..6 {
        assert_eq!(agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers").body, "ok");
        // The server's word is on its way before the next request.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((connections.load(Ordering::SeqCst), requests.load(Ordering::SeqCst)), (3, 6));
}

#[tokio::test]
async fn a_connection_that_ends_under_a_request_is_a_reset_that_is_not_repeated() {
    let (url, connections, requests) = going_away(1, true).await;
    let (origin, mut agent) = (origin(&url), Agent::new());
    agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers");
    let failure = failed(agent.exchange(&origin, &get(&origin, "/")).await);
    assert_eq!(failure.kind, FailureKind::Reset);
    assert_eq!((connections.load(Ordering::SeqCst), requests.load(Ordering::SeqCst)), (1, 2));
    agent.exchange(&origin, &get(&origin, "/")).await.expect("a new connection");
}

#[tokio::test]
async fn a_close_without_a_word_is_a_reset_only_under_a_request() {
    let url = accept(|stream| async move {
        let mut connection = h2::server::handshake(stream).await.expect("a preface");
        let (_, answer) = connection.accept().await.expect("a request").expect("whole");
        reply(answer, 200, "ok");
        // Written, and then closed.
        let _ = tokio::time::timeout(Duration::from_millis(30), connection.accept()).await;
    })
    .await;
    let (origin, mut agent) = (origin(&url), Agent::new());
    for _ in 0..3 {
        agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let url = accept(|stream| async move {
        let mut connection = h2::server::handshake(stream).await.expect("a preface");
        let _ = connection.accept().await;
    })
    .await;
    let origin = self::origin(&url);
    assert_eq!(failed(agent.exchange(&origin, &get(&origin, "/")).await).kind, FailureKind::Reset);
}

#[tokio::test]
async fn silence_is_a_timeout_whether_before_the_preface_or_in_the_body() {
    let (url, _) = serve(|request, mut answer| {
        if request.uri().path() == "/body" {
            let mut stream = answer.send_response(Response::new(()), false).expect("the client listens");
            stream.send_data(Bytes::from_static(b"so far"), false).expect("the client listens");
            tokio::spawn(async move {
                let _kept = stream;
                std::future::pending::<()>().await;
            });
        } else {
            tokio::spawn(async move {
                let _kept = answer;
                std::future::pending::<()>().await;
            });
        }
    })
    .await;
    let mute = raw(|_stream| std::thread::sleep(Duration::from_secs(5)));
    for (url, path) in [(&url, "/body"), (&url, "/head"), (&mute, "/")] {
        let origin = origin(url);
        let request = Request { timeout: Duration::from_millis(150), ..get(&origin, path) };
        assert_eq!(failed(Agent::new().exchange(&origin, &request).await).kind, FailureKind::Timeout);
    }
}

#[tokio::test]
async fn a_server_of_another_version_is_protocol() {
    let url = raw(|mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        std::thread::sleep(Duration::from_secs(1));
    });
    let origin = origin(&url);
    let failure = failed(Agent::new().exchange(&origin, &get(&origin, "/")).await);
    assert_eq!(failure.kind, FailureKind::Protocol, "{}", failure.description);
}

#[tokio::test]
async fn endless_headers_end_at_a_bound() {
    let (url, _) = serve(|_, mut answer| {
        let mut head = Response::new(());
        for _ in 0..3000 {
            head.headers_mut().append("x-more", "0123456789abcdef0123456789abcdef".parse().expect("a header"));
        }
        answer.send_response(head, true).expect("the client listens");
    })
    .await;
    let origin = origin(&url);
    assert_eq!(failed(Agent::new().exchange(&origin, &get(&origin, "/")).await).kind, FailureKind::Protocol);
}

/// An app whose body never ends; the sender learns how much of it was sent.
async fn flood() -> (String, Arc<AtomicUsize>) {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let (url, _) = serve(move |_, mut answer| {
        let mut stream = answer.send_response(Response::new(()), false).expect("the client listens");
        let counted = Arc::clone(&counted);
        tokio::spawn(async move {
            loop {
                stream.reserve_capacity(16 * 1024);
                let Some(Ok(room)) = std::future::poll_fn(|cx| stream.poll_capacity(cx)).await else { return };
                if stream.send_data(vec![7; room].into(), false).is_err() {
                    return;
                }
                counted.fetch_add(room, Ordering::SeqCst);
            }
        });
    })
    .await;
    (url, sent)
}

#[tokio::test]
async fn an_endless_body_ends_at_max_size_or_with_the_timeout() {
    let (url, sent) = flood().await;
    let (origin, mut agent) = (origin(&url), Agent::new());
    let bounded = Request { max_size: Some(100_000), keep: Keep::Nothing, ..get(&origin, "/") };
    let answer = agent.exchange(&origin, &bounded).await.expect("cut off, and judged by what it is");
    assert!(answer.size > 100_000 && answer.body.is_empty());
    assert!(sent.load(Ordering::SeqCst) < 20_000_000, "it was not read on");
    let short = Request { timeout: Duration::from_millis(200), ..get(&origin, "/") };
    assert_eq!(failed(agent.exchange(&origin, &short).await).kind, FailureKind::Timeout);
}

#[tokio::test]
async fn each_request_has_a_connection_of_its_own_where_that_is_asked_for() {
    let (url, connections) = serve(|_, answer| reply(answer, 200, "ok")).await;
    let target = plan_target(|target| (target.http, target.connections) = (Http::H2, Connections::Request));
    let origin = Origin::new(&target, &Url::parse(&url).expect("a URL")).expect("loopback is allowed");
    let mut agent = Agent::new();
    for _ in 0..5 {
        agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 5);
}
