//! k6's JSON output: a JSON object a line, of which the points of `http_req_duration` are the requests.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};

use super::{
    Moment, Request, failure,
    reading::{Format, Line},
    request::{clipped, status, time},
};
use crate::plan::{FailureKind, ForeignRow};

/// Reads k6's points. Its tags say how a request ended; where `expected_response` is switched off, the point of
/// `http_req_failed` does, which k6 writes behind the others of the same request.
#[derive(Default)]
pub(super) struct K6 {
    /// A request whose outcome may still come, with its time as written.
    waiting: Option<(String, Request)>,
}

/// What every line has.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    metric: Cow<'a, str>,
    #[serde(rename = "data")]
    _data: IgnoredAny,
}

#[derive(Deserialize)]
struct Body {
    data: Point,
}

#[derive(Deserialize)]
struct Point {
    time: String,
    value: f64,
    tags: Option<Tags>,
}

#[derive(Deserialize, Default)]
struct Tags {
    name: Option<String>,
    url: Option<String>,
    method: Option<String>,
    status: Option<String>,
    scenario: Option<String>,
    error: Option<String>,
    error_code: Option<String>,
    expected_response: Option<String>,
}

impl Format for K6 {
    fn line(&mut self, line: &str) -> Line {
        let head: Head<'_> = match serde_json::from_str(line) {
            Ok(head) => head,
            Err(error) => return Line::Unreadable(error.to_string()),
        };
        match (&*head.kind, &*head.metric) {
            ("Point", "http_req_duration") => {}
            ("Point", "http_req_failed") => return self.outcome(line),
            ("Point" | "Metric", _) => return Line::Other,
            (kind, _) => return Line::Unreadable(format!("`type` is {kind}, neither Point nor Metric")),
        }
        match serde_json::from_str::<Body>(line) {
            Ok(body) => self.request(body.data),
            Err(error) => Line::Unreadable(error.to_string()),
        }
    }

    fn end(&mut self) -> Line {
        self.waiting.take().map_or(Line::Other, |(_, request)| Line::Request(Box::new(request)))
    }
}

impl K6 {
    fn request(&mut self, point: Point) -> Line {
        let tags = point.tags.unwrap_or_default();
        // k6 notes a request when it has ended.
        let Some(end) = Moment::read(&point.time) else { return Line::Unreadable("`time` is not RFC 3339".to_owned()) };
        let Some(took) = time(point.value) else {
            return Line::Unreadable("`value` is no time of a request".to_owned());
        };
        let names = names(&tags);
        if names.is_empty() {
            return Line::Unreadable("it has neither the tag `name` nor `url`; leave them in --system-tags".to_owned());
        }
        let expected = tags.expected_response.as_deref();
        let failed = match expected {
            Some("true") => false,
            Some(_) => true,
            None => !tags.status.as_deref().and_then(status).is_some_and(|status| (200..400).contains(&status)),
        };
        let request = Request {
            row: ForeignRow { names, scenario: tags.scenario.clone(), tags: Vec::new() },
            start: end.before(took),
            latency: took,
            service: took,
            status: tags.status.as_deref().and_then(status),
            failure: failed.then(|| kind(&tags)),
            description: description(&tags),
            phase: None,
        };
        if expected.is_some() {
            return Line::Request(Box::new(request));
        }
        let before = self.waiting.replace((point.time, request));
        before.map_or(Line::Other, |(_, request)| Line::Request(Box::new(request)))
    }

    /// The outcome of the request that waits for it, if it is of that one.
    fn outcome(&mut self, line: &str) -> Line {
        let point = match serde_json::from_str::<Body>(line) {
            Ok(body) => body.data,
            Err(error) => return Line::Unreadable(error.to_string()),
        };
        let Some((_, request)) = self.waiting.as_mut().filter(|(time, _)| *time == point.time) else {
            return Line::Other;
        };
        if point.value > 0.0 {
            request.failure = request.failure.or_else(|| Some(kind(&point.tags.unwrap_or_default())));
        } else {
            request.failure = None;
        }
        self.end()
    }
}

/// What the request may be called: k6's name for it, which is its URL unless the script gives one; with its method; and
/// method and path, as a step of gates.yaml without a name is called.
fn names(tags: &Tags) -> Vec<String> {
    let Some(name) = tags.name.clone().or_else(|| tags.url.clone()) else { return Vec::new() };
    let mut names = vec![name.clone()];
    if let Some(method) = &tags.method {
        names.push(format!("{method} {name}"));
        if let Ok(url) = url::Url::parse(&name) {
            names.push(format!("{method} {}", url.path()));
        }
    }
    names
}

fn kind(tags: &Tags) -> FailureKind {
    match tags.error_code.as_deref().and_then(|code| code.parse().ok()) {
        Some(code) => failure::of_k6(code),
        None if tags.status.as_deref().and_then(status).is_some() => FailureKind::Check,
        None => tags.error.as_deref().and_then(failure::of_words).unwrap_or(FailureKind::Protocol),
    }
}

fn description(tags: &Tags) -> Option<String> {
    let words = tags.error.as_deref().filter(|error| !error.is_empty()).map(clipped);
    words.or_else(|| tags.status.as_deref().and_then(status).map(|status| format!("status {status}")))
}
