//! A healthy app behaves as the strategy document's.

use super::{Client, demo, login};
use crate::demo::{Options, spawn};

#[test]
fn a_user_logs_in_and_works_and_every_write_is_there() {
    let demo = demo();
    let (mut client, status) = login(&demo, "demo");
    assert_eq!(status, 302);
    let dashboard = client.get("/dashboard/");
    assert_eq!(dashboard.status, 200);
    assert!(dashboard.body.contains("Dashboard") && dashboard.body.contains("user7"));
    for project in [160, 161, 163, 139, 162] {
        assert_eq!(client.get(&format!("/api/projects/{project}/")).json()["id"], project);
        let chart = client.get(&format!("/api/projects/{project}/chart-data/"));
        assert!(!chart.json()["rows"].as_array().expect("rows").is_empty());
        let saved = client.send("POST", &format!("/api/projects/{project}/details/"), r#"{"volume": "42"}"#);
        assert_eq!((saved.status, &saved.json()["volume"]), (201, &serde_json::json!(42.0)));
        let stored = client.get(&format!("/api/projects/{project}/details/{}/", saved.json()["id"]));
        assert_eq!((stored.status, &stored.json()["volume"]), (200, &serde_json::json!(42.0)));
    }
    assert_eq!(client.get("/api/integrity").json(), serde_json::json!({"lost": 0, "corrupt": 0, "stored": 5}));
}

#[test]
fn the_dashboard_needs_a_session() {
    let demo = demo();
    let mut stranger = Client::of(&demo);
    let answer = stranger.get("/dashboard/");
    assert_eq!((answer.status, answer.header("location")), (302, Some("/accounts/login/?next=/dashboard/")));
    stranger.cookies.insert("sessionid".into(), "guessed".into());
    assert_eq!(stranger.get("/dashboard/").status, 302);
}

#[test]
fn a_wrong_password_shows_the_login_page_again_and_opens_no_session() {
    let demo = demo();
    let (mut client, status) = login(&demo, "wrong");
    assert_eq!((status, client.cookies.contains_key("sessionid")), (200, false));
    assert_eq!(client.get("/dashboard/").status, 302);
}

#[test]
fn a_login_without_the_cookies_token_is_forbidden() {
    let demo = demo();
    let mut client = Client::of(&demo);
    assert_eq!(client.get("/accounts/login/").status, 200);
    for token in ["", "&csrfmiddlewaretoken=", "&csrfmiddlewaretoken=guessed"] {
        let form = format!("username=user1&password=demo{token}");
        assert_eq!(client.send("POST", "/accounts/login/", &form).status, 403, "{token}");
    }
    client.cookies.clear();
    assert_eq!(
        client.send("POST", "/accounts/login/", "username=user1&password=demo&csrfmiddlewaretoken=x").status,
        403
    );
}

#[test]
fn the_token_of_a_foreign_cookie_does_not_reach_the_page() {
    let demo = demo();
    let mut client = Client::of(&demo);
    client.cookies.insert("csrftoken".into(), "\"><script>".into());
    assert!(!client.get("/accounts/login/").body.contains("<script>"));
}

#[test]
fn the_small_pages_answer() {
    let demo = spawn(Options { commit: "abc123".into(), ..Options::default() }).expect("a free port");
    let mut client = Client::of(&demo);
    assert_eq!(client.get("/healthz").status, 200);
    assert_eq!(client.get("/version").json(), serde_json::json!({"commit": "abc123"}));
    let missing = client.get("/no-such-page");
    assert_eq!((missing.status, missing.body.contains("DEBUG = True")), (404, false));
    assert_eq!(client.get("/api/projects/1/").status, 404);
    assert_eq!(client.send("POST", "/dashboard/", "").status, 405);
    assert_eq!(client.send("POST", "/api/projects/160/details/", "{}").status, 400);
    let head = client.send("HEAD", "/healthz", "");
    assert_eq!((head.status, head.header("content-length")), (200, Some("15")));
    let echo = client.send("PUT", "/demo/echo/x?a=b", "said").json();
    assert_eq!((&echo["method"], &echo["query"], &echo["body"]), (&"PUT".into(), &"a=b".into(), &"said".into()));
    let sent = client.get("/demo/redirect?to=http%3A%2F%2Felsewhere.example%2F");
    assert_eq!((sent.status, sent.header("location")), (302, Some("http://elsewhere.example/")));
}

#[test]
fn a_body_beyond_the_limit_is_refused() {
    let demo = demo();
    let mut client = Client::of(&demo);
    let body = "x".repeat(3 * 1_024 * 1_024);
    // The app may close before it was sent everything; what it says then is that the body is too large, or nothing.
    if let Ok(answer) = client.try_send("POST", "/demo/echo", &body) {
        assert_eq!(answer.status, 413);
    }
    assert_eq!(Client::of(&demo).get("/healthz").status, 200);
}

#[test]
fn metrics_have_every_gauge_of_the_reference_file() {
    let demo = demo();
    let mut client = Client::of(&demo);
    client.get("/api/projects/162/");
    let metrics = client.get("/metrics").body;
    let value = |name: &str| {
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {metrics}")).parse::<f64>().expect("a number")
    };
    for gauge in ["app_cpu_percent", "app_memory_percent", "app_disk_busy_percent"] {
        assert!((0.0..=100.0).contains(&value(gauge)), "{gauge}");
    }
    assert_eq!((value("db_connections_peak") as u32, value("db_pool_size") as u32), (1, 100));
    assert!((0.0..=1.0).contains(&value("db_connections")));
    assert_eq!((value("db_connections_in_use") as u32, value("app_requests_total") as u32), (0, 1));
    assert!(metrics.contains("app_responses_total{status=\"200\"} 1"));
}
