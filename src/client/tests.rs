//! Each way in which an exchange can end, against servers on loopback.

use std::{
    fs,
    io::Write,
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use proptest::{arbitrary::any, collection::vec, prop_assert, proptest};
use rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer};
use serde_json::json;
use url::Url;

use super::{
    Agent, Answer, ClientError, Failure, Keep, Origin, Request, Trouble,
    testing::{self, Server, app, raw, read_head, text},
    verify,
};
use crate::plan::{Expect, FailureKind, HeaderExpectation, JsonExpectation, Tls};

fn get(origin: &Origin, path: &str) -> Request {
    Request {
        method: Method::GET,
        address: origin.address(path).expect("an allowed address"),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        timeout: Duration::from_secs(5),
        keep: Keep::Body,
        max_size: None,
    }
}

async fn fetch(url: &str, timeout: Duration) -> Result<Answer, Trouble> {
    let origin = testing::origin(url);
    let request = Request { timeout, ..get(&origin, "/") };
    Agent::new().exchange(&origin, &request).await
}

#[track_caller]
fn failed(outcome: Result<Answer, Trouble>) -> Failure {
    match outcome {
        Err(Trouble::Failure(failure)) => failure,
        other => panic!("it did not fail: {other:?}"),
    }
}

/// The kind of failure of a server that treats a connection so.
async fn kind(treat: impl Fn(TcpStream) + Send + Sync + 'static) -> FailureKind {
    failed(fetch(&raw(treat), Duration::from_millis(400)).await).kind
}

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
    let started = Instant::now();
    let seen = kind(|mut stream| {
        read_head(&mut stream);
        let line = [b"X-Filler: ".as_slice(), &[b'x'; 1000], b"\r\n"].concat();
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(&line).is_ok() {}
    });
    assert_eq!(seen.await, FailureKind::Protocol);
    assert!(started.elapsed() < Duration::from_millis(400), "the bound ends it, not the timeout");
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
    assert!(verify(&expect, answer.status, &answer.headers, &answer.body, answer.size).is_err());
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
    let violated = verify(&expect, 200, &answer.headers, &answer.body, answer.size).expect_err("nobody can tell");
    assert!(violated.contains("only the first 8 MiB of 20000000 bytes"), "{violated}");
}

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

#[tokio::test]
async fn cookies_are_kept_for_their_paths() {
    let server = Server::start(
        app(|request| {
            let seen = request.headers().get(header::COOKIE).map_or("", |value| value.to_str().expect("text"));
            let mut cookies: Vec<&str> = seen.split("; ").collect();
            cookies.sort_unstable();
            let mut reply = text(200, &cookies.join(";"));
            for cookie in request.uri().query().unwrap_or_default().split('&').filter(|cookie| !cookie.is_empty()) {
                let cookie = cookie.replace('+', " ");
                reply.headers_mut().append(header::SET_COOKIE, HeaderValue::try_from(cookie).expect("a cookie"));
            }
            reply
        }),
        None,
    );
    let (origin, mut agent) = (testing::origin(&server.url()), Agent::new());
    let mut cookies = async |path: &str| {
        let answer = agent.exchange(&origin, &get(&origin, path)).await.expect("it answers");
        String::from_utf8_lossy(&answer.body).into_owned()
    };
    assert_eq!(cookies("/?a=1;+Path=/&b=2;+Path=/;+Max-Age=60").await, "");
    assert_eq!(cookies("/").await, "a=1;b=2");
    assert_eq!(cookies("/?a=3;+Path=/&b=;+Path=/;+Max-Age=0").await, "a=1;b=2");
    assert_eq!(cookies("/").await, "a=3");
    assert_eq!(cookies("/?s=4;+Path=/deep&other=5;+Path=/;+Domain=example.com").await, "a=3");
    assert_eq!(cookies("/").await, "a=3");
    assert_eq!(cookies("/deep/er").await, "a=3;s=4");
}

#[tokio::test]
async fn two_users_share_no_cookies() {
    let server = Server::start(
        app(|request| {
            let mut reply = text(200, if request.headers().contains_key(header::COOKIE) { "known" } else { "new" });
            reply.headers_mut().insert(header::SET_COOKIE, HeaderValue::from_static("id=1; Path=/"));
            reply
        }),
        None,
    );
    let origin = testing::origin(&server.url());
    let (mut one, mut other) = (Agent::new(), Agent::new());
    assert_eq!(one.exchange(&origin, &get(&origin, "/")).await.expect("it answers").body, "new");
    assert_eq!(one.exchange(&origin, &get(&origin, "/")).await.expect("it answers").body, "known");
    assert_eq!(other.exchange(&origin, &get(&origin, "/")).await.expect("it answers").body, "new");
}

#[test]
fn other_hosts_are_refused_before_a_byte_is_sent() {
    let target = testing::target();
    let refused = Origin::new(&target, &Url::parse("http://example.com/").expect("a URL")).expect_err("refused");
    assert!(matches!(&refused, ClientError::Forbidden { host } if host == "example.com"), "{refused}");
    let origin = testing::origin("http://localhost:8000/app/");
    for url in
        ["http://example.com/", "http://localhost.example.com/", "http://localhost@example.com/", "file:///etc/passwd"]
    {
        assert_eq!(origin.address(url).expect_err("refused").kind, FailureKind::Check, "{url}");
    }
    let here = origin.address("/a/b?c=d").expect("the target");
    assert_eq!(here.url().as_str(), "http://localhost:8000/a/b?c=d");
    let redirected =
        |location: &str| origin.redirect(&here, location.as_bytes()).map(|address| address.url().to_string());
    assert_eq!(redirected("../x").as_deref(), Ok("http://localhost:8000/x"));
    assert_eq!(redirected("?y").as_deref(), Ok("http://localhost:8000/a/b?y"));
    assert_eq!(redirected("//127.0.0.1:9/z").as_deref(), Ok("http://127.0.0.1:9/z"));
    for location in
        ["//evil.com/", "http://evil.com", "\\\\evil.com", "https://localhost.evil.com/", "ftp://localhost/"]
    {
        let failure = redirected(location).expect_err("refused");
        assert!(failure.description.contains("nothing was sent there"), "{location}: {}", failure.description);
    }
}

#[test]
fn redirects_change_the_method_as_browsers_do() {
    let origin = testing::origin("http://localhost/");
    let mut post = Request { method: Method::POST, body: Bytes::from_static(b"x"), ..get(&origin, "/") };
    post.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    post.headers.insert(header::AUTHORIZATION, HeaderValue::from_static("secret"));
    let next = |request: &Request, status, to: &str| {
        let next = request.redirected(status, origin.address(to).expect("allowed"));
        (next.method.clone(), next.body.len(), next.headers.len())
    };
    for status in [301, 302, 303] {
        assert_eq!(next(&post, status, "/"), (Method::GET, 0, 1), "{status}");
    }
    for status in [307, 308] {
        assert_eq!(next(&post, status, "/"), (Method::POST, 1, 2), "{status}");
        assert_eq!(next(&post, status, "http://127.0.0.1/"), (Method::POST, 1, 1), "no credentials to another server");
    }
    let put = Request { method: Method::PUT, ..post.clone() };
    assert_eq!(next(&put, 302, "/"), (Method::PUT, 1, 2));
    assert_eq!(next(&put, 303, "/"), (Method::GET, 0, 1));
    let head = Request { method: Method::HEAD, ..get(&origin, "/") };
    assert_eq!(next(&head, 303, "/").0, Method::HEAD);
}

/// A server with a certificate of an authority of its own, and that authority's file.
fn secure() -> (Server, tempfile::TempPath) {
    let authority_key = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).expect("a certificate");
    let issuer = rcgen::Issuer::new(params, authority_key);
    let key = rcgen::KeyPair::generate().expect("a key");
    let params =
        rcgen::CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .expect("a certificate and its key");
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(authority.pem().as_bytes()).expect("room for a certificate");
    (Server::start(app(|_| text(200, "secret")), Some(Arc::new(config))), file.into_temp_path())
}

fn plan_target(change: impl FnOnce(&mut crate::plan::Target)) -> crate::plan::Target {
    let mut target = testing::target();
    change(&mut target);
    target
}

async fn over_tls(url: &str, tls: Tls) -> Result<Answer, Trouble> {
    let target = plan_target(|target| target.tls = tls);
    let origin = Origin::new(&target, &Url::parse(url).expect("a URL")).expect("loopback is allowed");
    Agent::new().exchange(&origin, &get(&origin, "/")).await
}

#[tokio::test]
async fn certificates_are_verified_unless_switched_off() {
    let (server, authority) = secure();
    let known = Tls { ca: Some(authority.to_path_buf()), verify: true };
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("https://{host}:{}/", server.port());
        assert_eq!(over_tls(&url, known.clone()).await.expect("a known authority").body, "secret");
        let failure = failed(over_tls(&url, Tls { ca: None, verify: true }).await);
        assert_eq!(failure.kind, FailureKind::Tls);
        assert!(failure.description.contains("UnknownIssuer"), "{}", failure.description);
        assert_eq!(over_tls(&url, Tls { ca: None, verify: false }).await.expect("not verified").body, "secret");
    }
    // A certificate for another name of the same machine.
    let failure = failed(over_tls(&format!("https://127.0.0.2:{}/", server.port()), known).await);
    assert!(matches!(failure.kind, FailureKind::Tls | FailureKind::Connect), "{failure:?}");
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_a_tls_failure() {
    let server = Server::start(app(|_| text(200, "plain")), None);
    let url = format!("https://127.0.0.1:{}/", server.port());
    assert_eq!(failed(over_tls(&url, Tls { ca: None, verify: true }).await).kind, FailureKind::Tls);
}

#[test]
fn an_authority_that_cannot_be_read_is_an_error_with_its_path() {
    let tls = |path: &std::path::Path| super::tls::config(&Tls { ca: Some(path.to_owned()), verify: true });
    let missing = tls("/no/such/ca.pem".as_ref()).expect_err("it is missing").to_string();
    assert!(missing.contains("/no/such/ca.pem"), "{missing}");
    let empty = tempfile::NamedTempFile::new().expect("a file");
    assert!(tls(empty.path()).expect_err("it is empty").to_string().contains("no certificate"));
    fs::write(empty.path(), "-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n").expect("room");
    assert!(tls(empty.path()).is_err());
}

fn expecting(change: impl FnOnce(&mut Expect)) -> Expect {
    let mut expect = Expect::default();
    change(&mut expect);
    expect
}

#[track_caller]
fn violated(expect: &Expect, status: u16, body: &str) -> String {
    let mut headers = HeaderMap::new();
    headers.insert("x-kind", HeaderValue::from_static("seen"));
    verify(expect, status, &headers, body.as_bytes(), body.len() as u64).err().unwrap_or_default()
}

#[test]
fn each_expectation_says_what_was_expected_and_what_was_seen() {
    let holds = String::new();
    assert_eq!(violated(&Expect::default(), 399, ""), holds);
    assert_eq!(violated(&Expect::default(), 400, ""), "status 400, expected 200 to 399");
    let status = expecting(|expect| expect.status = vec![200, 201, 302]);
    assert_eq!(violated(&status, 302, ""), holds);
    assert_eq!(violated(&status, 500, ""), "status 500, expected 200, 201 or 302");

    let has = expecting(|expect| expect.body_has = vec!["Dash".to_owned()]);
    assert_eq!(violated(&has, 200, "a DaDash"), holds);
    assert_eq!(violated(&has, 200, "a Das"), "the body lacks \"Dash\"");
    let lacks = expecting(|expect| expect.body_lacks = vec!["DEBUG".to_owned()]);
    assert_eq!(violated(&lacks, 200, "DEBU"), holds);
    assert_eq!(violated(&lacks, 200, "x DEBUG y"), "the body has \"DEBUG\", which it must lack");

    let json = |wanted| expecting(|expect| expect.json = vec![("/lost".to_owned(), wanted)]);
    assert_eq!(violated(&json(JsonExpectation::Exists), 200, r#"{"lost": null}"#), holds);
    assert_eq!(violated(&json(JsonExpectation::Exists), 200, "{}"), "JSON /lost is missing");
    assert_eq!(violated(&json(JsonExpectation::Equals(json!(0))), 200, r#"{"lost": 0.0}"#), holds);
    assert_eq!(
        violated(&json(JsonExpectation::Equals(json!(0))), 200, r#"{"lost": 3}"#),
        "JSON /lost is 3, expected 0"
    );
    assert_eq!(
        violated(&json(JsonExpectation::Equals(json!("0"))), 200, r#"{"lost": 0}"#),
        "JSON /lost is 0, expected \"0\""
    );
    assert!(violated(&json(JsonExpectation::Exists), 200, "<html>").starts_with("the body is not JSON"));

    let header = |wanted| expecting(|expect| expect.header = vec![(header::HeaderName::from_static("x-kind"), wanted)]);
    assert_eq!(violated(&header(HeaderExpectation::Exists), 200, ""), holds);
    assert_eq!(violated(&header(HeaderExpectation::Equals("seen".to_owned())), 200, ""), holds);
    assert_eq!(
        violated(&header(HeaderExpectation::Equals("x".to_owned())), 200, ""),
        "the header x-kind is \"seen\", expected \"x\""
    );
    let absent = expecting(|expect| expect.header = vec![(header::LOCATION, HeaderExpectation::Exists)]);
    assert_eq!(violated(&absent, 200, ""), "the header location is missing");

    let size = expecting(|expect| expect.max_size = Some(3));
    assert_eq!(violated(&size, 200, "123"), holds);
    assert_eq!(violated(&size, 200, "1234"), "the body has more than the 3 bytes of max_size");
}

proptest! {
    #[test]
    fn a_violation_is_short_whatever_the_app_says(body in vec(any::<u8>(), 0..3000), text in ".{0,400}") {
        let expect = expecting(|expect| {
            expect.body_has = vec![text.clone()];
            expect.json = vec![("/a".to_owned(), JsonExpectation::Equals(json!(text)))];
        });
        if let Err(violation) = verify(&expect, 200, &HeaderMap::new(), &body, body.len() as u64) {
            prop_assert!(violation.chars().count() < 500, "{}", violation);
        }
    }
}
