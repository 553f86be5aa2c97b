//! What a user does: logins, redirects, extracted values, rehearsals.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use http::{HeaderName, HeaderValue, Method, header};

use super::super::{Rehearsal, log_in, once};
use super::{
    NO_PAUSE, closed, errors, get, in_memory, job, literal, millis, phase, plan, run, run_here, scenario, seconds, with,
};
use crate::{
    client::testing::{self, Reply, Server, app, gzipped, text},
    measure::PhaseEnding,
    plan::{
        Body, ColumnId, Dataset, Encoding, EndpointId, Expect, Extract, Extraction, FailureKind, Load, Pacing,
        Redirects, Row, ScenarioId, SlotId, Step, Value,
    },
};

fn site(request: &http::Request<bytes::Bytes>) -> Reply {
    let cookie = request.headers().get(header::COOKIE).map_or("", |value| value.to_str().expect("text"));
    let redirect = |to: &str| {
        let mut reply = text(302, "");
        reply.headers_mut().insert(header::LOCATION, HeaderValue::try_from(to).expect("a header"));
        reply
    };
    match (request.method().as_str(), request.uri().path()) {
        ("GET", "/login") => text(200, "<input name=\"csrf\" value=\"t+k=n\">"),
        ("POST", "/login") if request.body() == "csrf=t%2Bk%3Dn" => {
            let mut reply = redirect("/home");
            reply.headers_mut().insert(header::SET_COOKIE, HeaderValue::from_static("session=yes; Path=/"));
            reply
        }
        ("GET", "/home") if cookie == "session=yes" => text(200, "welcome"),
        ("GET", "/loop") => redirect("/loop"),
        ("GET", "/away") => redirect("http://example.com/"),
        ("GET", "/none") => text(404, "no such page"),
        _ => text(403, "forbidden"),
    }
}

pub(super) fn login_steps() -> Vec<Step> {
    let mut page = get(0, "/login");
    let pattern = regex::bytes::Regex::new("value=\"([^\"]+)\"").expect("a pattern");
    page.extract = vec![Extract { slot: SlotId(0), from: Extraction::Regex(pattern) }];
    let mut login = get(1, "/login");
    login.method = Method::POST;
    login.headers = vec![(HeaderName::from_static("content-type"), literal("application/x-www-form-urlencoded"))];
    login.body = Body::Text(with("csrf=", Value::Extracted(SlotId(0)), Encoding::Form));
    login.redirects = Redirects::Follow;
    login.expect.body_has = vec!["welcome".to_owned()];
    vec![page, login]
}

#[tokio::test]
async fn a_login_with_a_token_and_a_redirect_works_over_sockets() {
    let server = Server::start(app(|request| site(&request)), None);
    let mut home = get(2, "/home");
    home.expect.body_has = vec!["welcome".to_owned()];
    let pacing = Pacing::Think { low: millis(5), high: millis(15) };
    let plan = plan(vec![scenario(login_steps(), vec![home], pacing)]);
    let origin = testing::origin(&server.url());
    let measured = run(job(plan, phase(closed(10, 100.0), Duration::ZERO, millis(500)), origin)).await;
    assert_eq!(measured.ending, PhaseEnding::Completed, "{:?}", measured.ramp);
    assert_eq!((measured.ramp.started, measured.ramp.logged_in), (10, 10));
    assert_eq!(measured.endpoints[0].requests, 10);
    assert_eq!(measured.endpoints[1].requests, 20, "a redirect's hop is a request of its step");
    assert_eq!(measured.endpoints[1].statuses, BTreeMap::from([(302, 10), (200, 10)]));
    assert!(measured.endpoints[2].requests > 100, "{}", measured.endpoints[2].requests);
    assert_eq!(measured.failed, 0, "{:?}", measured.endpoints[2].examples);
}

#[tokio::test]
async fn redirects_end_at_ten_hops_and_at_forbidden_hosts() {
    let origin = in_memory(app(|request| site(&request)));
    let follow = |endpoint, path| Step { redirects: Redirects::Follow, ..get(endpoint, path) };
    let plan =
        plan(vec![scenario(Vec::new(), vec![follow(0, "/loop"), follow(1, "/away"), get(2, "/away")], NO_PAUSE)]);
    let rehearsal = once(&plan, ScenarioId(0), &origin, 1).await;
    assert_eq!((rehearsal.requests, rehearsal.failures), (13, 2));
    assert_eq!(rehearsal.exchanges[9].failure, None);
    assert_eq!(rehearsal.exchanges[10].failure.as_deref(), Some("more than 10 redirects"));
    let away = rehearsal.exchanges[11].failure.as_deref().expect("refused");
    assert_eq!(
        away,
        "the answer redirects to example.com, which is neither loopback nor in target.allow; nothing was sent there"
    );
    assert_eq!(rehearsal.exchanges[12].failure, None, "a redirect that is not followed is the answer");
}

#[tokio::test]
async fn a_rehearsal_tells_every_exchange() {
    let origin = in_memory(app(|request| site(&request)));
    let mut needs = get(4, "/home");
    needs.url = with("/home?", Value::Extracted(SlotId(0)), Encoding::Url);
    let mut loses = get(3, "/none");
    loses.extract = vec![Extract { slot: SlotId(0), from: Extraction::Header(header::LOCATION) }];
    let mut plan = plan(vec![scenario(login_steps(), vec![get(2, "/home"), loses, needs], NO_PAUSE)]);
    plan.datasets = vec![Dataset { name: "small".to_owned(), rows: vec![Row(Vec::new())] }];
    let rehearsal = once(&plan, ScenarioId(0), &origin, 1).await;
    let told: Vec<_> = rehearsal
        .exchanges
        .iter()
        .map(|exchange| {
            let method = exchange.method.as_ref().map_or("", Method::as_str);
            (exchange.step.as_str(), method, exchange.url.as_deref().unwrap_or_default(), exchange.status)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("/login", "GET", "http://localhost/login", Some(200)),
            ("/login", "POST", "http://localhost/login", Some(302)),
            ("/login", "GET", "http://localhost/home", Some(200)),
            ("/home", "GET", "http://localhost/home", Some(200)),
            ("/none", "GET", "http://localhost/none", Some(404)),
        ]
    );
    assert_eq!(rehearsal.exchanges[1].sent.body, "csrf=***");
    let received = &rehearsal.exchanges[1].received;
    assert!(received.head.contains(&"location: /home".to_owned()), "{received:?}");
    assert!(received.head.contains(&"set-cookie: session=***; Path=/".to_owned()), "{received:?}");
    let sent = &rehearsal.exchanges[2].sent;
    assert_eq!(sent.head, ["GET /home HTTP/1.1", "host: localhost", "cookie: session=***"]);
    assert_eq!(rehearsal.exchanges[3].received.body, "welcome", "shown although no check looks at it");
    assert_eq!(rehearsal.exchanges[4].failure.as_deref(), Some("status 404, expected 200 to 399"));
    assert_eq!(rehearsal.broken_off.as_deref(), Some("varying needs token, which no earlier step extracted"));
    assert!(!rehearsal.passed());
}

/// One user's pass through a login and a page behind it, at an app that answers the login's POST and the page so.
pub(super) async fn after_login(login: fn() -> Reply, page: fn() -> Reply) -> Rehearsal {
    let origin = in_memory(app(move |request| match (request.method().as_str(), request.uri().path()) {
        ("GET", "/login") => text(200, "<input name=\"csrf\" value=\"t+k=n\">"),
        ("POST", "/login") => login(),
        _ => page(),
    }));
    let mut steps = login_steps();
    steps[1].redirects = Redirects::None;
    steps[1].expect = Expect { status: vec![302], ..Expect::default() };
    let mut home = get(2, "/home");
    home.expect.status = vec![200];
    once(&plan(vec![scenario(steps, vec![home], NO_PAUSE)]), ScenarioId(0), &origin, 1).await
}

pub(super) fn answer(status: u16, body: &str, headers: &[(HeaderName, &'static str)]) -> Reply {
    let mut reply = text(status, body);
    for (name, value) in headers {
        reply.headers_mut().append(name.clone(), HeaderValue::from_static(value));
    }
    reply
}

#[track_caller]
fn advice(rehearsal: &Rehearsal) -> &str {
    let failed = rehearsal.exchanges.iter().find(|exchange| exchange.failure.is_some()).expect("a step failed");
    failed.advice.as_deref().expect("there is advice")
}

#[tokio::test]
async fn a_login_that_does_not_work_has_its_likeliest_cause() {
    let welcome = || text(200, "welcome");
    let no_token = after_login(|| text(403, "CSRF verification failed."), welcome).await;
    assert!(advice(&no_token).starts_with("the CSRF token is missing or was refused"), "{}", advice(&no_token));
    let again = after_login(|| text(200, "<form>Wrong password<input type=\"password\"></form>"), welcome).await;
    assert!(advice(&again).starts_with("the answer is the login page again"), "{}", advice(&again));
    let unclear = after_login(|| text(200, "hello"), welcome).await;
    for cause in ["CSRF token", "cookie is refused", "login page came back"] {
        assert!(advice(&unclear).contains(cause), "{}", advice(&unclear));
    }
    let down = after_login(|| text(500, "oops"), welcome).await;
    assert!(advice(&down).starts_with("the app failed"), "{}", advice(&down));
}

#[tokio::test]
async fn a_cookie_that_was_refused_is_named_with_the_reason() {
    let to_login = || answer(302, "", &[(header::LOCATION, "/login?next=/home")]);
    let secure = after_login(
        || answer(302, "", &[(header::SET_COOKIE, "sid=0123456789; Path=/; Domain=other.example; HttpOnly")]),
        to_login,
    )
    .await;
    assert!(
        advice(&secure).starts_with("the cookie sid was not sent back, because it is for the domain other.example"),
        "{}",
        advice(&secure)
    );
    let path = after_login(|| answer(302, "", &[(header::SET_COOKIE, "sid=0123456789; Path=/deep")]), to_login).await;
    assert!(
        advice(&path).contains("sid was not sent back, because it is for the path /deep and this step asks for /home"),
        "{}",
        advice(&path)
    );
    let none = after_login(|| answer(302, "", &[]), to_login).await;
    assert!(advice(&none).starts_with("the app asks for a login"), "{}", advice(&none));
}

#[tokio::test]
async fn session_values_are_masked_wherever_the_app_repeats_them() {
    let rehearsal = after_login(
        || answer(302, "", &[(header::SET_COOKIE, "sid=s3ss10n-v4lue; Path=/")]),
        || answer(500, "dump: s3ss10n-v4lue", &[(header::LOCATION, "/?sid=s3ss10n%2Dv4lue")]),
    )
    .await;
    let told = format!("{rehearsal:?}");
    assert!(told.contains("dump: ***"), "{told}");
    assert!(!told.contains("s3ss10n"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn an_extract_that_finds_nothing_fails_its_step_and_ends_the_iteration_where_it_is_needed() {
    let origin = in_memory(app(|request| match request.uri().path() {
        "/page" => text(200, "no token here"),
        _ => text(200, ""),
    }));
    let mut page = get(0, "/page");
    let pattern = regex::bytes::Regex::new("token=(\\w+)").expect("a pattern");
    page.extract = vec![Extract { slot: SlotId(0), from: Extraction::Regex(pattern) }];
    let mut needs = get(2, "/needs");
    needs.url = with("/needs?", Value::Extracted(SlotId(0)), Encoding::Url);
    let steps = vec![page, get(1, "/between"), needs, get(3, "/after")];
    let plan = plan(vec![scenario(Vec::new(), steps, Pacing::Pace(millis(100)))]);
    let measured = run_here(job(plan, phase(closed(1, 1.0), Duration::ZERO, millis(1000)), origin), |_, _| {}).await;
    assert_eq!(errors(&measured, 0), [(FailureKind::Check, 10)]);
    assert_eq!(measured.endpoints[0].examples, [r"nothing in the body matches token=(\w+)"]);
    let requests: Vec<u64> = measured.endpoints.iter().map(|endpoint| endpoint.requests).collect();
    assert_eq!(requests, [10, 10, 0, 0], "the step that needs the value and those after it are not sent");
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_value_was_not_renewed_once_goes_on_with_that_of_the_login() {
    // The app does not answer the third renewal of any user as it should.
    let renewals = Mutex::new(0);
    let origin = in_memory(app(move |request| match request.uri().path() {
        "/login" => text(200, "token=1"),
        "/renew" => {
            let mut renewals = renewals.lock().expect("no panic");
            *renewals += 1;
            if *renewals == 3 { text(503, "") } else { text(200, "token=2") }
        }
        _ => text(200, ""),
    }));
    let pattern = regex::bytes::Regex::new("token=(\\w+)").expect("a pattern");
    let token = || vec![Extract { slot: SlotId(0), from: Extraction::Regex(pattern.clone()) }];
    let (mut login, mut first, mut renew) = (get(0, "/login"), get(1, "/first"), get(2, "/renew"));
    (login.extract, renew.extract) = (token(), token());
    first.url = with("/first?", Value::Extracted(SlotId(0)), Encoding::Url);
    let plan = plan(vec![scenario(vec![login], vec![first, renew], NO_PAUSE)]);
    let load = Load::Open { rate: 10.0, users: 1, spawn_rate: 1.0 };
    let measured = run_here(job(plan, phase(load, Duration::ZERO, seconds(2)), origin), |_, _| {}).await;
    let requests: Vec<u64> = measured.endpoints.iter().map(|endpoint| endpoint.requests).collect();
    assert_eq!(requests, [1, 20, 20], "each slot is counted");
    assert_eq!(errors(&measured, 2), [(FailureKind::Check, 1)]);
    assert_eq!((measured.generator.slots, measured.generator.slots_missed), (20, 0));
}

#[tokio::test(start_paused = true)]
async fn requests_that_cannot_be_made_leave_the_worker_to_the_others() {
    let origin = in_memory(app(|_| text(200, "")));
    let mut broken = get(0, "/broken");
    broken.headers = vec![(HeaderName::from_static("x-row"), with("", Value::Data(ColumnId(0)), Encoding::Raw))];
    let mut phase = phase(closed(1, 1.0), Duration::ZERO, seconds(1));
    phase.rows = [Row(vec![Some("no\nheader".to_owned())])].into();
    let plan = plan(vec![scenario(Vec::new(), vec![broken], NO_PAUSE)]);
    let measured = run_here(job(plan, phase, origin), |_, _| {}).await;
    assert_eq!(measured.ending, PhaseEnding::Completed);
    let refused = measured.endpoints[0].errors[&FailureKind::Check];
    assert!((300..=1000).contains(&refused), "{refused}: a moment lies between two of them");
}

#[tokio::test]
async fn a_login_alone_does_nothing_else() {
    let origin = in_memory(app(|request| site(&request)));
    let plan = plan(vec![scenario(login_steps(), vec![get(2, "/none")], NO_PAUSE)]);
    let rehearsal = log_in(&plan, ScenarioId(0), &origin, 1).await;
    assert!(rehearsal.passed() && rehearsal.exchanges.iter().all(|exchange| exchange.login), "{rehearsal:?}");
    assert_eq!(rehearsal.requests, 3);
}

#[tokio::test]
async fn what_an_app_gives_and_takes_is_masked_by_the_names_of_fields() {
    let rehearsal = after_login(
        || answer(302, "{\"refresh_token\": \"rt-0123456\"}", &[(header::LOCATION, "/in?token=lt-012345&a=b")]),
        || text(500, "<meta name=\"csrf-token\" content=\"ct-0123456\"> rt-0123456 lt-012345"),
    )
    .await;
    let told = format!("{rehearsal:?}");
    for value in ["rt-0123456", "lt-012345", "ct-0123456", "t+k=n", "t%2Bk%3Dn"] {
        assert!(!told.contains(value), "{value}: {told}");
    }
    assert_eq!(rehearsal.exchanges[1].received.body, "{\"refresh_token\": \"***\"}");
    assert!(rehearsal.exchanges[1].received.head.contains(&"location: /in?token=***&a=b".to_owned()), "{told}");
}

/// The fields of an answer are found in what its compressed body says, wherever else the app repeats them.
#[tokio::test]
async fn fields_of_compressed_answers_are_masked_too() {
    let given = || gzipped(302, "{\"refresh_token\": \"rt-0123456\"}");
    let rehearsal = after_login(given, || answer(500, "dump: rt-0123456", &[])).await;
    let told = format!("{rehearsal:?}");
    assert_eq!(rehearsal.exchanges[1].received.body, "{\"refresh_token\": \"***\"}");
    assert!(told.contains("dump: ***") && !told.contains("rt-0123456"), "{told}");
}

/// In a path no name stands beside a token; that under which it was extracted, or drawn, says what it is.
#[tokio::test]
async fn values_under_names_of_secrets_are_masked_where_they_are_sent() {
    let origin = in_memory(app(|request| match request.uri().path() {
        "/mail" => text(200, "<a href='/reset/k8-reset-42'>"),
        path => text(404, &format!("nothing at {path}")),
    }));
    let mut mail = get(0, "/mail");
    let pattern = regex::bytes::Regex::new("/reset/([^']+)").expect("a pattern");
    mail.extract = vec![Extract { slot: SlotId(0), from: Extraction::Regex(pattern) }];
    let mut reset = get(1, "/reset");
    reset.url = with("/reset/", Value::Extracted(SlotId(0)), Encoding::Url);
    let mut key = get(2, "/key");
    key.url = with("/key/", Value::Data(ColumnId(1)), Encoding::Url);
    let mut plan = plan(vec![scenario(Vec::new(), vec![mail, reset, key], NO_PAUSE)]);
    plan.scenarios[0].slots = vec!["reset_token".to_owned()];
    plan.columns = ["user", "api_key"].map(str::to_owned).to_vec();
    let row = Row(["ann-smith", "k9-key-77"].map(|value| Some(value.to_owned())).to_vec());
    plan.datasets = vec![Dataset { name: "small".to_owned(), rows: vec![row] }];
    let told = format!("{:?}", once(&plan, ScenarioId(0), &origin, 1).await);
    assert!(told.contains("http://localhost/reset/***") && told.contains("nothing at /key/***"), "{told}");
    assert!(!told.contains("k8-reset-42") && !told.contains("k9-key-77"), "{told}");
}

/// A token is used, and then it is renewed, or lost with an answer that has none.
#[tokio::test]
async fn tokens_that_were_renewed_or_lost_are_masked_where_they_were_sent() {
    let pattern = regex::bytes::Regex::new("/reset/([^']+)").expect("a pattern");
    for renewed in ["<a href='/reset/k8-second-43'>", "no such thing"] {
        let origin = in_memory(app(move |request| match request.uri().path() {
            "/login" => text(200, "<a href='/reset/k8-first-42'>"),
            "/renew" => text(200, renewed),
            path => text(404, &format!("nothing at {path}")),
        }));
        let token = || vec![Extract { slot: SlotId(0), from: Extraction::Regex(pattern.clone()) }];
        let (mut login, mut reset, mut renew) = (get(0, "/login"), get(1, "/reset"), get(2, "/renew"));
        (login.extract, renew.extract) = (token(), token());
        reset.url = with("/reset/", Value::Extracted(SlotId(0)), Encoding::Url);
        let again = Step { endpoint: EndpointId(3), ..reset.clone() };
        let mut plan = plan(vec![scenario(vec![login], vec![reset, renew, again], NO_PAUSE)]);
        plan.scenarios[0].slots = vec!["reset_token".to_owned()];
        let told = format!("{:?}", once(&plan, ScenarioId(0), &origin, 1).await);
        assert!(told.contains("http://localhost/reset/***") && told.contains("nothing at /reset/***"), "{told}");
        assert!(!told.contains("k8-first-42") && !told.contains("k8-second-43"), "{told}");
    }
}

/// A step that cannot be made gets no answer, so that what it was to renew is not used again either.
#[tokio::test]
async fn a_step_that_is_refused_loses_what_it_was_to_renew() {
    let origin = in_memory(app(|_| text(200, "token=k8-first-42")));
    let pattern = regex::bytes::Regex::new("token=([-\\w]+)").expect("a pattern");
    let token = || vec![Extract { slot: SlotId(0), from: Extraction::Regex(pattern.clone()) }];
    let (mut login, mut renew, mut needs) = (get(0, "/login"), get(1, "/renew"), get(2, "/needs"));
    (login.extract, renew.extract) = (token(), token());
    renew.headers = vec![(HeaderName::from_static("x-broken"), literal("no\nheader"))];
    needs.url = with("/needs?", Value::Extracted(SlotId(0)), Encoding::Url);
    let rehearsal =
        once(&plan(vec![scenario(vec![login], vec![renew, needs], NO_PAUSE)]), ScenarioId(0), &origin, 1).await;
    assert_eq!((rehearsal.requests, rehearsal.failures), (2, 1));
    assert_eq!(rehearsal.broken_off.as_deref(), Some("varying needs token, which no earlier step extracted"));
}

#[tokio::test]
async fn a_failed_login_ends_a_rehearsal() {
    let origin = in_memory(app(|_| text(503, "away")));
    let plan = plan(vec![scenario(login_steps(), vec![get(2, "/home")], NO_PAUSE)]);
    let rehearsal = once(&plan, ScenarioId(0), &origin, 1).await;
    assert_eq!((rehearsal.requests, rehearsal.failures), (1, 1));
    assert_eq!(rehearsal.broken_off.as_deref(), Some("the login failed: status 503, expected 200 to 399"));
}
