//! Cookies, redirects and the hosts that nothing is sent to.

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use url::Url;

use super::get;
use crate::client::{
    Agent, ClientError, Origin, Request,
    testing::{self, Server, app, text},
};
use crate::plan::FailureKind;

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
    assert_eq!(here.url().as_str(), "http://localhost:8000/app/a/b?c=d", "below the target's own path");
    let redirected =
        |location: &str| origin.redirect(&here, location.as_bytes()).map(|address| address.url().to_string());
    assert_eq!(redirected("../x").as_deref(), Ok("http://localhost:8000/app/x"));
    assert_eq!(redirected("?y").as_deref(), Ok("http://localhost:8000/app/a/b?y"));
    assert_eq!(redirected("/x").as_deref(), Ok("http://localhost:8000/x"), "Location knows no base");
    assert_eq!(origin.address("http://localhost:8000/y").expect("the target").path(), "/y");
    assert_eq!(redirected("//127.0.0.1:9/z").as_deref(), Ok("http://127.0.0.1:9/z"));
    for location in [
        "//evil.com/",
        "http://evil.com",
        "\\\\evil.com",
        "/\\evil.com",
        "https://localhost.evil.com/",
        "http://127.0.0.1@evil.com/",
        "//localhost:8000@evil.com/",
        "http://0.0.0.0:8000/",
        "ftp://localhost/",
        "javascript:alert(1)",
    ] {
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
    let mut with_cookie = post.clone();
    with_cookie.headers.insert(header::COOKIE, HeaderValue::from_static("a=1"));
    for elsewhere in ["http://127.0.0.1/", "http://localhost:8080/", "https://localhost/"] {
        let next = with_cookie.redirected(307, origin.address(elsewhere).expect("allowed"));
        let names: Vec<&str> = next.headers.keys().map(http::HeaderName::as_str).collect();
        assert_eq!(names, ["content-type"], "{elsewhere}");
    }
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
