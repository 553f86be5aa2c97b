//! What a healthy app answers: pages, logins, projects, writes, and the doors behind which a client meets the unexpected.

use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderValue, LOCATION};
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::answer::{Answer, Pace};
use super::app::App;
use super::connection::Interruption;
use super::lock::lock;
use super::projects::Prepared;
use super::route::Route;
use super::session::{LoginForm, cookie};
use super::writes::Fate;
use super::{metrics, pages};

const LOGIN_QUERY: Duration = Duration::from_millis(8);
const DASHBOARD_QUERY: Duration = Duration::from_millis(6);
const WRITE_QUERY: Duration = Duration::from_millis(5);
const READ_QUERY: Duration = Duration::from_millis(2);

/// Answers a request of the load or of a monitor.
pub(super) async fn answer(app: &App, route: Route, head: &Parts, body: &Bytes) -> Result<Answer, Interruption> {
    if matches!(route, Route::Echo) {
        return Ok(echo(head, body));
    }
    Ok(match head.method {
        Method::GET | Method::HEAD => return get(app, route, head).await,
        Method::POST => match route {
            Route::Login => post_login(app, head, body).await,
            Route::Details(id) => post_detail(app, id, body).await,
            Route::Unknown => pages::error(StatusCode::NOT_FOUND),
            _ => pages::error(StatusCode::METHOD_NOT_ALLOWED),
        },
        _ => pages::error(StatusCode::METHOD_NOT_ALLOWED),
    })
}

async fn get(app: &App, route: Route, head: &Parts) -> Result<Answer, Interruption> {
    Ok(match route {
        Route::Root => found("/dashboard/"),
        Route::Healthz => Answer::json(StatusCode::OK, &json!({"status": "ok"})),
        Route::Version => Answer::json(StatusCode::OK, &json!({"commit": app.options.commit})),
        Route::Metrics => Answer::text(metrics::print(app)),
        Route::Login => login_page(app, head, ""),
        Route::Dashboard => dashboard(app, head).await,
        Route::Project(id) => match project(app, id) {
            Some(prepared) => {
                app.pool.query(prepared.project.page_query).await;
                Answer::json_bytes(StatusCode::OK, prepared.page.clone())
            }
            None => no_project(),
        },
        Route::ChartData(id) => match project(app, id) {
            Some(prepared) => {
                app.pool.query(prepared.project.chart_query).await;
                Answer::json_bytes(StatusCode::OK, prepared.chart.clone())
            }
            None => no_project(),
        },
        Route::Detail(project, id) => detail(app, project, id).await,
        Route::Integrity => {
            app.pool.query(READ_QUERY).await;
            Answer::json(StatusCode::OK, &json!(lock(&app.details).integrity()))
        }
        Route::Redirect => redirect(head),
        Route::Raw(raw) => return Err(Interruption::Raw(raw)),
        Route::Hang => return std::future::pending().await,
        Route::EndlessBody => {
            let mut answer = Answer::text(String::new());
            answer.pace = Pace::Endless;
            answer
        }
        Route::Details(_) => pages::error(StatusCode::METHOD_NOT_ALLOWED),
        Route::Echo | Route::Faults | Route::Ledger | Route::LedgerReset | Route::Unknown => {
            pages::error(StatusCode::NOT_FOUND)
        }
    })
}

/// The login page, with the token that the browser has or a fresh one.
fn login_page(app: &App, head: &Parts, message: &str) -> Answer {
    let token = match cookie(&head.headers, "csrftoken") {
        // Only a token of our own making goes into the page.
        Some(token) if token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_alphanumeric()) => token.to_owned(),
        _ => lock(&app.sessions).token(),
    };
    pages::login(&token, message).cookie(&csrf_cookie(&token))
}

async fn post_login(app: &App, head: &Parts, body: &Bytes) -> Answer {
    let form = LoginForm::read(body);
    if form.token.is_empty() || cookie(&head.headers, "csrftoken") != Some(form.token.as_str()) {
        return pages::error(StatusCode::FORBIDDEN);
    }
    app.pool.query(LOGIN_QUERY).await;
    let Some(user) = form.user().filter(|_| form.password == app.options.password) else {
        return login_page(app, head, "Please enter a correct username and password.");
    };
    if lock(&app.faults).breaks_login() {
        return login_page(app, head, "");
    }
    // The token changes at login, as Django's does, so that one planted before it is worth nothing after.
    let (session, token) = {
        let mut sessions = lock(&app.sessions);
        (sessions.open(user), sessions.token())
    };
    found("/dashboard/")
        .cookie(&csrf_cookie(&token))
        .cookie(&format!("sessionid={session}; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax"))
}

fn csrf_cookie(token: &str) -> String {
    format!("csrftoken={token}; Max-Age=31449600; Path=/; SameSite=Lax")
}

async fn dashboard(app: &App, head: &Parts) -> Answer {
    let user = lock(&app.sessions).user(&head.headers);
    match user {
        None => found("/accounts/login/?next=/dashboard/"),
        Some(user) => {
            app.pool.query(DASHBOARD_QUERY).await;
            pages::dashboard(user)
        }
    }
}

async fn post_detail(app: &App, id: u32, body: &Bytes) -> Answer {
    if project(app, id).is_none() {
        return no_project();
    }
    let Some(volume) = volume(body) else {
        return Answer::json(StatusCode::BAD_REQUEST, &json!({"volume": ["A finite number is required."]}));
    };
    app.pool.query(WRITE_QUERY).await;
    let fate = {
        let mut faults = lock(&app.faults);
        match (faults.loses_write(), faults.corrupts_write()) {
            (true, _) => Fate::Lost,
            (false, true) => Fate::Corrupt,
            (false, false) => Fate::Stored,
        }
    };
    let saved = lock(&app.details).save(id, volume, fate);
    match saved {
        Some(detail) => Answer::json(StatusCode::CREATED, &json!({"id": detail, "project": id, "volume": volume})),
        None => pages::error(StatusCode::INSUFFICIENT_STORAGE),
    }
}

async fn detail(app: &App, project: u32, id: u64) -> Answer {
    app.pool.query(READ_QUERY).await;
    let volume = lock(&app.details).volume(project, id);
    match volume {
        Some(volume) => Answer::json(StatusCode::OK, &json!({"id": id, "project": project, "volume": volume})),
        None => Answer::json(StatusCode::NOT_FOUND, &json!({"detail": "No such detail."})),
    }
}

/// The volume of a saved detail: a number, or a number as text, as forms and templates send it.
fn volume(body: &Bytes) -> Option<f64> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let volume = match value.get("volume")? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    volume.is_finite().then_some(volume)
}

fn project(app: &App, id: u32) -> Option<&Prepared> {
    app.projects.iter().find(|prepared| prepared.project.id == id)
}

fn no_project() -> Answer {
    Answer::json(StatusCode::NOT_FOUND, &json!({"detail": "No such project."}))
}

fn found(location: &'static str) -> Answer {
    Answer::redirect(StatusCode::FOUND, HeaderValue::from_static(location))
}

/// `/demo/redirect?to=URL` sends anywhere, also round in circles.
fn redirect(head: &Parts) -> Answer {
    let query = head.uri.query().unwrap_or_default();
    let to = url::form_urlencoded::parse(query.as_bytes()).find_map(|(key, value)| (key == "to").then_some(value));
    match to.map(|to| HeaderValue::from_str(&to)) {
        Some(Ok(location)) => Answer::redirect(StatusCode::FOUND, location),
        _ => Answer::json(StatusCode::BAD_REQUEST, &json!({"error": format!("?to=URL goes into {LOCATION}")})),
    }
}

/// Says at once what was asked, whatever the method.
fn echo(head: &Parts, body: &Bytes) -> Answer {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers: Vec<[String; 2]> =
        head.headers.iter().map(|(name, value)| [name.to_string(), text(value.as_bytes())]).collect();
    let said = json!({
        "method": head.method.as_str(),
        "path": head.uri.path(),
        "query": head.uri.query(),
        "headers": headers,
        "body": text(body),
    });
    Answer::json(StatusCode::OK, &said)
}
