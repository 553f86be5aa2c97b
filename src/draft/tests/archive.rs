//! Drafts of recorded sessions.

use serde_json::{Value, json};

use super::*;
use crate::plan::{Body, Redirects};

/// One request with its answer; headers as `name: value` lines.
pub(super) struct Recorded(pub(super) Value);

pub(super) fn recorded(method: &str, path: &str, status: u16) -> Recorded {
    let url = if path.starts_with("http") { path.to_owned() } else { format!("https://app.shop.example{path}") };
    Recorded(json!({
        "startedDateTime": "2026-11-26T10:00:00.000Z", "time": 100,
        "request": {"method": method, "url": url, "headers": [], "cookies": null},
        "response": {"status": status, "headers": [], "content": {"mimeType": "text/html", "size": 0}}
    }))
}

impl Recorded {
    fn at(mut self, time: &str) -> Self {
        self.0["startedDateTime"] = format!("2026-11-26T10:{time}Z").into();
        self
    }

    pub(super) fn asks(mut self, name: &str, value: &str) -> Self {
        self.0["request"]["headers"].as_array_mut().expect("a list").push(json!({"name": name, "value": value}));
        self
    }

    pub(super) fn answers(mut self, name: &str, value: &str) -> Self {
        self.0["response"]["headers"].as_array_mut().expect("a list").push(json!({"name": name, "value": value}));
        self
    }

    pub(super) fn sends(mut self, kind: &str, text: &str) -> Self {
        self.0["request"]["postData"] = json!({"mimeType": kind, "text": text});
        self
    }

    pub(super) fn holds(mut self, kind: &str, text: &str) -> Self {
        self.0["response"]["content"] = json!({"mimeType": kind, "text": text});
        self
    }
}

pub(super) fn archive(entries: Vec<Recorded>) -> String {
    json!({"log": {"version": "1.2", "entries": entries.into_iter().map(|entry| entry.0).collect::<Vec<_>>()}})
        .to_string()
}

pub(super) const FORM: &str = "application/x-www-form-urlencoded";
const PASSWORD: &str = "correct horse battery";
const TOKEN: &str = "a8Fh3kPq92LmZx71";
const SESSION: &str = "q8w7e6r5t4y3u2i1o0p9";
const KEY: &str = "sk-live-4242aaBB";

/// A shop: login with a token of the form, a list, a cart with an id, an order that redirects to itself, a beacon.
fn shop() -> String {
    let page =
        format!(r#"<form><input type="hidden" name="csrf_token" value="{TOKEN}"><input type="password"></form>"#);
    archive(vec![
        recorded("GET", "/", 302).answers("Location", "/login?next=/"),
        recorded("GET", "/login?next=/", 200)
            .holds("text/html", &page)
            .answers("Set-Cookie", "sid=first000000000001; Path=/"),
        recorded("GET", "/static/app.css", 200).holds("text/css", "body {}"),
        recorded("POST", "/login?next=/", 302)
            .at("00:05.000")
            .asks("Cookie", "sid=first000000000001; _ga=GA1.2.3")
            .asks("Referer", "https://app.shop.example/login?next=/")
            .asks("User-Agent", "Mozilla/5.0")
            .sends(FORM, "email=ann%40shop.example&password=correct+horse+battery&csrf_token=a8Fh3kPq92LmZx71")
            .answers("Location", "/")
            .answers("Set-Cookie", &format!("sid={SESSION}; HttpOnly")),
        recorded("GET", "/", 200).at("00:05.200").asks("Cookie", &format!("sid={SESSION}")),
        recorded("GET", "https://cdn.tracker.example/t.js", 200).holds("application/javascript", ""),
        recorded("GET", "/api/items?api_key=sk-live-4242aaBB", 200)
            .at("00:08.300")
            .asks("Accept", "application/json")
            .asks("X-Requested-With", "XMLHttpRequest")
            .holds(
                "application/json",
                r#"{"items": [{"id": 731, "name": "Lamp"}], "nonce": "Zz81kd02mmQ1", "token_type": "Bearer"}"#,
            ),
        recorded("GET", "/api/items/731", 304).at("00:08.400"),
        recorded("GET", "/shops/12/hours", 200).at("00:08.450"),
        recorded("GET", "/shops/12", 200).at("00:08.460").holds("application/json", r#"{"id": 12}"#),
        recorded("GET", "/shops/12/map", 200).at("00:08.470"),
        recorded("POST", "/api/carts", 201)
            .at("00:08.500")
            .asks("Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x1")
            .sends("application/json", r#"{"item_id": 731, "note": "{{ not a template }}", "nonce": "Zz81kd02mmQ1"}"#)
            .holds("application/json", r#"{"cart": {"id": "9f1c2d3e-0000-4000-8000-1234567890ab"}}"#),
        recorded("PUT", "/api/carts/9f1c2d3e-0000-4000-8000-1234567890ab", 200)
            .at("00:08.700")
            .sends("application/json", r#"{"count": 2}"#),
        recorded("POST", "/orders", 303).at("00:10.800").sends(FORM, "a=1&a=2").answers("Location", "/orders/55017"),
        recorded("GET", "/orders/55017", 200).at("00:10.950").holds("text/html", "<h1>Order 55017</h1>"),
        recorded("DELETE", "/api/items/9", 204).at("00:11.100"),
        recorded("GET", "/missing", 404).at("00:11.300"),
        recorded("POST", "/logout", 302).at("00:11.500"),
    ])
}

#[test]
fn the_apps_own_requests_become_steps() {
    let draft = drafted(&shop());
    let plan = planned(&draft);
    let scenario = &plan.scenarios[0];
    let login: Vec<String> =
        scenario.login.iter().map(|step| format!("{} {}", step.method, shown(&step.url))).collect();
    assert_eq!(login, ["GET /login?next=/", "POST /login?next=/"]);
    let (item, cart) = ("<Extracted(SlotId(1))>", "<Extracted(SlotId(3))>");
    assert_eq!(
        steps(&plan),
        [
            "GET / [200]".to_owned(),
            "GET /api/items?api_key=%3CSTAGING_API_KEY%3E [200]".to_owned(),
            format!("GET /api/items/{item} [200]"),
            "GET /shops/<Data(ColumnId(0))>/hours [200]".to_owned(),
            "GET /shops/<Data(ColumnId(0))> [200]".to_owned(),
            "GET /shops/<Data(ColumnId(0))>/map [200]".to_owned(),
            "POST /api/carts [201]".to_owned(),
            format!("PUT /api/carts/{cart} [200]"),
            "POST /orders [200]".to_owned(),
        ]
    );
    assert_eq!(scenario.steps[8].redirects, Redirects::Follow);
    let names: Vec<&str> = plan.endpoints.iter().skip(2).map(|endpoint| endpoint.name.as_str()).collect();
    assert_eq!(
        [&names[2..4], &names[6..8]].concat(),
        ["GET /api/items/{item}", "GET /shops/{shop}/hours", "POST /api/carts", "PUT /api/carts/{cart}"]
    );
    for left_out in [
        "GET / (it came before the login",
        "1 request for images, fonts, styles and scripts (assets)",
        "1 request to cdn.tracker.example (another host",
        "DELETE /api/items/{item} (it destroys data",
        "GET /missing (it was answered with 404",
        "POST /logout (it would end what the login began)",
    ] {
        assert!(draft.yaml.contains(&format!("# left out: {left_out}")), "{left_out}\n{}", draft.yaml);
    }
    assert!(draft.yaml.contains("_ga"), "the cookie that nobody set is named: {}", draft.yaml);
}

#[test]
fn bodies_carry_what_answers_gave() {
    let plan = planned(&drafted(&shop()));
    let body = |step: &crate::plan::Step| match &step.body {
        Body::Text(text) => shown(text),
        Body::Empty => String::new(),
    };
    let scenario = &plan.scenarios[0];
    assert_eq!(
        body(&scenario.login[1]),
        "email=ann%40shop.example&password=%3CSTAGING_PASSWORD%3E&csrf_token=<Extracted(SlotId(0))>"
    );
    let cart = body(&scenario.steps[6]);
    let read: Value = serde_json::from_str(&cart.replace("<Extracted(SlotId(1))>", "731")).expect("it is JSON");
    assert_eq!(read["item_id"], 731);
    assert_eq!(read["note"], "{{ not a template }}");
    assert!(read["nonce"].as_str().is_some_and(|nonce| nonce.starts_with("<Extracted")), "{cart}");
    assert_eq!(body(&scenario.steps[8]), "a=1&a=2");
}

#[test]
fn headers_that_matter_stay() {
    let plan = planned(&drafted(&shop()));
    let sent = |step: &crate::plan::Step| {
        let headers = step.headers.iter().map(|(name, value)| format!("{name}: {}", shown(value)));
        headers.collect::<Vec<_>>()
    };
    let scenario = &plan.scenarios[0];
    assert_eq!(sent(&scenario.steps[1]), ["accept: application/json", "x-requested-with: XMLHttpRequest"]);
    assert_eq!(sent(&scenario.steps[6]), ["authorization: Bearer <STAGING_TOKEN>", "content-type: application/json"]);
    assert_eq!(
        sent(&scenario.login[1]),
        ["referer: http://127.0.0.1:1/", "content-type: application/x-www-form-urlencoded"]
    );
}

#[test]
fn no_secret_of_the_recording_is_in_the_draft() {
    let draft = drafted(&shop());
    for secret in
        [PASSWORD, "correct+horse", "correct%20horse", TOKEN, SESSION, KEY, "first0000", "eyJhbGci", "Zz81kd02mmQ1"]
    {
        assert!(!draft.yaml.contains(secret), "{secret}\n{}", draft.yaml);
        assert!(!draft.notes.iter().any(|note| note.contains(secret)));
    }
    let names: Vec<&str> = draft.variables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["STAGING_URL", "STAGING_PASSWORD", "STAGING_API_KEY", "STAGING_TOKEN"]);
    assert!(draft.yaml.contains("secrets: [STAGING_PASSWORD, STAGING_API_KEY, STAGING_TOKEN]"), "{}", draft.yaml);
}

#[test]
fn a_secret_hides_also_where_nobody_looks_for_it() {
    let text = archive(vec![
        recorded("POST", "/login", 200)
            .sends("application/json", r#"{"username": "ann", "password": "hunter2hunter2"}"#),
        recorded("GET", "/u/hunter2hunter2/%68unter2hunter2?q=hunter2hunter2&basic=x", 200)
            .asks("X-Debug", "aHVudGVyMmh1bnRlcjI=")
            .asks("Authorization", "Basic YW5uOmh1bnRlcjJodW50ZXIy"),
        recorded("POST", "/a", 200).sends("text/plain", "my hunter2hunter2 is out"),
    ]);
    let draft = drafted(&text);
    planned(&draft);
    assert!(!draft.yaml.contains("hunter2"), "{}", draft.yaml);
    assert!(!draft.yaml.contains("aHVudGVyMm") && !draft.yaml.contains("h1bnRlcjJ"), "{}", draft.yaml);
}

#[test]
fn pauses_become_think_time() {
    let draft = drafted(&shop());
    // 3.0 s before the items, 2.0 s before the order; those before the login belong to no iteration.
    assert!(draft.yaml.contains("think: 3.5s..6.5s"), "{}", draft.yaml);
    let draft = drafted(&archive(vec![recorded("GET", "/", 200)]));
    assert!(draft.yaml.contains("review: the recording has no pauses"), "{}", draft.yaml);
}

#[test]
fn a_token_of_a_cookie_goes_into_its_header() {
    let token = "Abc123Abc123Abc123";
    let text = archive(vec![
        recorded("GET", "/", 200).answers("set-cookie", &format!("a=1; Path=/\ncsrftoken={token}; Path=/")),
        recorded("POST", "/save", 200).asks("X-CSRFToken", token).sends("application/json", "{}"),
        recorded("GET", "/meta", 200).holds("text/html", r#"<meta name="csrf-token" content="Xy12Xy12Xy12Xy">"#),
        recorded("POST", "/save", 200).asks("X-CSRF-Token", "Xy12Xy12Xy12Xy").sends("application/json", "{}"),
    ]);
    let draft = drafted(&text);
    let plan = planned(&draft);
    assert!(draft.yaml.contains("extract: {csrf: {cookie: csrftoken}}"), "{}", draft.yaml);
    assert_eq!(shown(&plan.scenarios[0].steps[1].headers[0].1), "<Extracted(SlotId(0))>");
    assert_eq!(shown(&plan.scenarios[0].steps[3].headers[0].1), "<Extracted(SlotId(1))>");
}

#[test]
fn a_token_that_the_login_answers_is_what_the_steps_send() {
    let answer = json!({"access_token": TOKEN, "token_type": "Bearer", "user": {"id": 5}}).to_string();
    let text = archive(vec![
        recorded("POST", "/api/login", 200)
            .sends("application/json; charset=utf-8", r#"{"email": "ann@shop.example", "password": "hunter2hunter2"}"#)
            .holds("application/json", &answer),
        recorded("GET", "/api/users/5", 200).asks("Authorization", &format!("Bearer {TOKEN}")),
    ]);
    let draft = drafted(&text);
    let plan = planned(&draft);
    let scenario = &plan.scenarios[0];
    let Body::Text(body) = &scenario.login[0].body else { panic!("JSON") };
    assert_eq!(shown(body), r#"{"email":"ann@shop.example","password":"<STAGING_PASSWORD>"}"#);
    assert_eq!(steps(&plan), ["GET /api/users/<Extracted(SlotId(0))> [200]"]);
    assert_eq!(shown(&scenario.steps[0].headers[0].1), "Bearer <Extracted(SlotId(1))>");
    assert_eq!(draft.variables.len(), 2, "{:?}", draft.variables);
    assert!(!draft.yaml.contains(TOKEN) && !draft.yaml.contains("hunter2"), "{}", draft.yaml);
    assert!(draft.yaml.contains("/access_token"), "{}", draft.yaml);
}

/// Only the app's own cookies count: a tracker's were not the app's before, and it sets none of the app's.
#[test]
fn cookies_of_another_host_are_not_the_apps() {
    let tracker =
        |path: &str| recorded("GET", &format!("https://shop.example.tracker.test{path}?app=app.shop.example"), 200);
    let draft = drafted(&archive(vec![
        recorded("GET", "/", 200).asks("Cookie", "theme=dark"),
        tracker("/pixel").asks("Cookie", "tracked=4711").answers("Set-Cookie", "basket=1"),
        recorded("GET", "/basket", 200).asks("Cookie", "theme=dark; basket=7"),
    ]));
    let said = draft.yaml.lines().find(|line| line.contains("began with the cookies")).expect("some were there before");
    assert!(said.contains("the cookies theme, basket, which no answer in it had set"), "{said}");
    assert!(!draft.yaml.contains("tracked"), "{}", draft.yaml);
}

#[test]
fn without_requests_of_an_app_there_is_no_gate() {
    let error = refused(&archive(vec![recorded("GET", "/logo.png", 200)]));
    assert!(
        error.to_string().starts_with("none of its requests (1) can become a step: 1 request for images"),
        "{error}"
    );
    assert!(matches!(refused(r#"{"log": {"entries": []}}"#), Error::NoRequests { entries: 0, .. }));
}
