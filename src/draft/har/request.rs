//! One recorded request as a step.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::{
    archive::{FORM, Sent},
    login::{is_user, was_refused},
    trace::Sought,
    weave::{Weaver, is_id, status, thing},
};
use crate::{
    config::{
        looks::{is_opaque, is_random, is_uuid},
        names::{is_form_token, is_password, is_secret, is_secret_value},
    },
    draft::{
        gate::{Body, Json, Step},
        text::{Text, snake},
    },
};

/// The largest body that a step carries.
const LARGEST_BODY: usize = 64 << 10;
/// Headers that say something about the network or the browser alone.
const BROWSERS: [&str; 9] = [
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-real-ip",
    "x-request-id",
    "x-client-data",
    "x-b3-traceid",
    "x-amzn-trace-id",
    "x-moz",
];

impl Weaver<'_> {
    /// A request as a step.
    pub(super) fn step(&mut self, at: usize) -> Step {
        let kept = &self.kept[at];
        let mut step =
            Step { method: kept.entry.request.method.to_lowercase(), status: vec![status(kept)], ..Step::default() };
        self.path(at, &mut step);
        self.body(at, &mut step);
        self.headers(at, &mut step);
        if !["get", "head"].contains(&step.method.as_str()) && !self.is_login(at) {
            step.tags.push("write".to_owned());
        }
        if self.is_login(at) {
            step.remarks.push(
                "one user for all: with test users of their own, write `user{{ user.id }}` in the place of STAGING_USER".to_owned(),
            );
            if was_refused(kept) {
                step.remarks
                    .push("the answer in the recording is the form once more, so that this login failed".to_owned());
            }
        }
        step
    }

    /// Path, query and name.
    fn path(&mut self, at: usize, step: &mut Step) {
        let url = &self.kept[at].url;
        let (mut text, mut name) = (Text::default(), String::new());
        let mut before = String::new();
        for (index, segment) in url.path().split('/').enumerate() {
            if index > 0 {
                text = text.and("/");
                name.push('/');
                before.push('/');
            }
            let segment = plain(segment, SEGMENT);
            let (piece, shown) = self.segment(at, &segment, &before);
            text = text.then(piece);
            name.push_str(&shown);
            before.push_str(&segment);
        }
        for (index, pair) in url.query().into_iter().flat_map(|query| query.split('&')).enumerate() {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
            let name = decoded(key);
            // A query may be nothing but a token.
            let whole = if value.is_empty() { self.value(at, "query", &name) } else { None };
            text = text
                .and(if index == 0 { "?" } else { "&" })
                .then(whole.unwrap_or_else(|| Text::said(plain(key, QUERY))));
            if pair.contains('=') {
                let value = self.value(at, &name, &decoded(value)).unwrap_or_else(|| Text::said(plain(value, QUERY)));
                text = text.and("=").then(value);
            }
        }
        let shown = percent_decode_str(&name).decode_utf8_lossy().into_owned();
        step.path = text;
        step.name = format!("{} {}", step.method.to_uppercase(), shown);
    }

    /// A segment of a path: where it comes from, and what the endpoint is called by.
    fn segment(&mut self, at: usize, segment: &str, before: &str) -> (Text, String) {
        let decoded = percent_decode_str(segment).decode_utf8_lossy().into_owned();
        let secret = self.is_known_secret(&decoded) || self.holds_secret(&decoded);
        let random = is_opaque(&decoded) && !is_uuid(&decoded);
        if !is_id(segment) && !random && !secret {
            return (Text::said(segment), segment.to_owned());
        }
        // A choice of the person, made before: what the app says about it afterwards is the same thing.
        if let Some(column) = self.chosen(before, segment) {
            return (Text::insert(format!("data.{column}")), format!("{{{column}}}"));
        }
        if let Some((text, name)) = self.taken(at, Sought { value: segment, name: "", path: before }) {
            return (text, format!("{{{name}}}"));
        }
        // A link that resets a password, a shared document: whoever has it may use it.
        let name = format!("{}_token", thing(before));
        if secret {
            return (self.hidden(&name, &decoded), "{token}".to_owned());
        }
        if random {
            return (self.unexplained(&name, &decoded), "{token}".to_owned());
        }
        let column = self.column(before, segment);
        (Text::insert(format!("data.{column}")), format!("{{{column}}}"))
    }

    /// What a value becomes, if it is not sent as it is.
    fn value(&mut self, at: usize, name: &str, value: &str) -> Option<Text> {
        if value.is_empty() {
            return None;
        }
        if is_password(name) {
            return Some(self.hidden(name, value));
        }
        if let Some(text) = self.nested(at, name, value) {
            return Some(text);
        }
        let identifies = snake(name).ends_with("id") && is_id(value);
        let secret = is_secret_value(name, value)
            || tells_secret(value)
            || self.is_known_secret(value)
            || self.holds_secret(value);
        if !secret && !identifies && !is_random(value) && !is_opaque(value) {
            return None;
        }
        if let Some((text, _)) = self.taken(at, Sought { value, name, path: "" }) {
            return Some(text);
        }
        if secret {
            return Some(self.hidden(name, value));
        }
        if is_uuid(value)
            && let Some(column) = self.column_of(value)
        {
            return Some(column);
        }
        is_opaque(value).then(|| self.unexplained(name, value))
    }

    /// JSON in a text, if anything in it is not sent as it is.
    fn nested(&mut self, at: usize, name: &str, value: &str) -> Option<Text> {
        if !value.trim_start().starts_with(['{', '[']) {
            return None;
        }
        let json = serde_json::from_str(value).ok()?;
        Some(self.json(at, name, &json).text()).filter(Text::varies)
    }

    fn body(&mut self, at: usize, step: &mut Step) {
        let kept = &self.kept[at];
        let Some(post) = &kept.entry.request.post else { return };
        if post.text.as_ref().is_some_and(|text| text.len() > LARGEST_BODY) {
            step.remarks.push("its body is larger than 64 KiB and was left out".to_owned());
            return;
        }
        let kind = kept.entry.sent_kind();
        let usual = match kept.entry.sent() {
            Sent::Nothing => return,
            Sent::Form(fields) => {
                step.body = self.form(at, fields, &mut step.remarks);
                if matches!(step.body, Body::Text(_)) { "" } else { FORM }
            }
            Sent::Json(json) => {
                step.body = Body::Json(self.json(at, "", &json));
                "application/json"
            }
            Sent::Other if kind.starts_with("multipart/") => {
                step.remarks
                    .push("its multipart body was left out: write one as `body` with a Content-Type".to_owned());
                return;
            }
            Sent::Other => {
                let kind = if header_value(kind) { kind } else { "" };
                let why = "because nothing tells which words in it are secrets: write one as `body`, with variables for these";
                step.remarks.push(format!("its body ({kind}) was left out, {why}"));
                return;
            }
        };
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let kind = if kind.is_empty() && usual.is_empty() { FORM } else { kind };
        if !kind.is_empty() && !kind.eq_ignore_ascii_case(usual) && header_value(kind) {
            step.headers.push(("Content-Type".to_owned(), Text::said(kind)));
        }
    }

    /// A form; one that repeats a name is written as its text.
    fn form(&mut self, at: usize, fields: Vec<(String, String)>, remarks: &mut Vec<String>) -> Body {
        let repeats = (0..fields.len()).any(|n| fields[..n].iter().any(|(name, _)| *name == fields[n].0));
        let odd = |name: &str| name.contains("{{") || name == "<<" || name.len() > 100;
        let written = repeats || fields.iter().any(|(name, _)| odd(name));
        let mut texts: Vec<(String, Text)> = Vec::new();
        for (name, value) in fields {
            let text = match self.value(at, &name, &value) {
                Some(text) => text,
                None if self.is_login(at) && is_user(&name) => Self::user(&value),
                None => Text::said(value),
            };
            texts.push((name, text));
        }
        if !written {
            return Body::Form(texts);
        }
        if texts.iter().any(|(_, text)| text.varies()) {
            remarks.push(
                "its form repeats a field, and is a text for that reason: what templates and variables put in is not encoded, so \
                 that a value with `+`, `&`, `%` or `=` arrives as another one"
                    .to_owned(),
            );
        }
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let mut body = Text::default();
        for (at, (name, text)) in texts.into_iter().enumerate() {
            body = body.and(if at == 0 { "" } else { "&" }).and(&encode(&name)).and("=").then(text.map(&encode));
        }
        Body::Text(body)
    }

    fn json(&mut self, at: usize, key: &str, json: &Value) -> Json {
        match json {
            Value::Object(map) => {
                Json::Map(map.iter().map(|(key, value)| (key.clone(), self.json(at, key, value))).collect())
            }
            Value::Array(items) => Json::List(items.iter().map(|item| self.json(at, key, item)).collect()),
            Value::String(text) => match self.value(at, key, text) {
                Some(text) => Json::Text(text),
                None if self.is_login(at) && is_user(key) => Json::Text(Self::user(text)),
                None => Json::Text(Text::said(text.as_str())),
            },
            Value::Number(number) => match self.value(at, key, &number.to_string()) {
                Some(text) => Json::Bare(text),
                None => Json::Number(number.clone()),
            },
            other => Json::of(other),
        }
    }

    /// The user who logged in, who can be another one.
    fn user(name: &str) -> Text {
        Text::variable_or("STAGING_USER", name)
    }

    /// Those that an app reads; the rest is the browser's.
    fn headers(&mut self, at: usize, step: &mut Step) {
        let kept = &self.kept[at];
        for pair in &kept.entry.request.headers {
            let name = pair.name.to_ascii_lowercase();
            let known =
                name.len() <= 100 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
            let own = name.starts_with("x-") && !BROWSERS.iter().any(|browser| name.starts_with(browser));
            let json = name == "accept" && pair.value.contains("json");
            let twice = step.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name));
            if !known || twice || pair.value.is_empty() || !header_value(&pair.value) {
                continue;
            }
            let text = if name == "authorization" {
                self.authorization(at, &pair.value)
            } else if own || json || is_form_token(&name) || (is_secret(&name) && !name.starts_with("sec-")) {
                self.value(at, &pair.name, &pair.value).unwrap_or_else(|| Text::said(pair.value.as_str()))
            } else {
                continue;
            };
            step.headers.push((pair.name.clone(), text));
        }
        self.referer(at, step);
    }

    /// Over https some frameworks take a form only from a page of their own.
    fn referer(&self, at: usize, step: &mut Step) {
        let kept = &self.kept[at];
        let Some(referer) = kept.entry.asked("referer").and_then(|referer| url::Url::parse(referer).ok()) else {
            return;
        };
        if kept.url.scheme() == "https" && step.method != "get" && referer.origin() == kept.url.origin() {
            let text = Text::variable("STAGING_URL").and("/");
            step.headers.push(("Referer".to_owned(), text));
        }
    }

    /// The scheme, and a token that an answer gave, or a variable.
    fn authorization(&mut self, at: usize, value: &str) -> Text {
        let (scheme, token) = value.split_once(' ').unwrap_or(("", value));
        let sought = Sought { value: token, name: "Authorization", path: "" };
        let text = match self.taken(at, sought) {
            Some((text, _)) => text,
            None if scheme.eq_ignore_ascii_case("basic") => self.hidden("basic", token),
            None => self.hidden("token", token),
        };
        if scheme.is_empty() { text } else { Text::said(format!("{scheme} ")).then(text) }
    }
}

/// What of a segment of a path stays as it is, and of a query.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'!')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b';')
    .remove(b':')
    .remove(b'@')
    .remove(b'$');

const QUERY: &AsciiSet = &SEGMENT.remove(b'/').remove(b'?');

/// A part of an address in one spelling, so that a secret or a brace in it is not hidden by another one. A plus stays one:
/// in a query it is a space.
fn plain(text: &str, set: &'static AsciiSet) -> String {
    let one = |part: &str| match percent_decode_str(part).decode_utf8() {
        Ok(decoded) => utf8_percent_encode(&decoded, set).to_string(),
        Err(_) => part.replace('{', "%7B").replace('}', "%7D"),
    };
    text.split('+').map(one).collect::<Vec<_>>().join("+")
}

/// Whether a value is an address, a query or markup with a secret in it.
fn tells_secret(value: &str) -> bool {
    let query = value.split_once('?').map_or(value, |(_, query)| query);
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let markup = value.contains('<') && value.to_lowercase().contains("password");
    markup || (query.contains('=') && pairs.any(|(name, value)| !value.is_empty() && is_secret(&name)))
}

/// Whether a text can be the value of a header.
fn header_value(text: &str) -> bool {
    text.bytes().all(|byte| (32..127).contains(&byte))
}
