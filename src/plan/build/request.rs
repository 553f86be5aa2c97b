//! The parts that requests of steps and of checks have in common: URL, headers, body, timeout.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, header};
use url::Url;

use super::{
    Draft,
    template::{Context, Scope, Writer},
};
use crate::{
    config::{Located, Span, Table, Value, hidden},
    plan::{Body, Segment, Target, Template, allowed},
};

/// A request as gates.yaml says it.
pub(super) struct Said<'a> {
    pub(super) url: &'a Located<String>,
    pub(super) headers: &'a Table<Located<String>>,
    pub(super) query: &'a Table<Located<String>>,
    pub(super) form: Option<&'a Table<Located<String>>>,
    pub(super) json: Option<&'a Located<Value>>,
    pub(super) body: Option<&'a Located<String>>,
}

/// A request as it goes out.
pub(super) struct Meant {
    pub(super) url: Template,
    pub(super) headers: Vec<(HeaderName, Template)>,
    pub(super) body: Body,
}

/// Headers that follow from the request itself.
const OWN: [HeaderName; 5] =
    [header::HOST, header::CONTENT_LENGTH, header::COOKIE, header::TRANSFER_ENCODING, header::CONNECTION];

/// The keys that say a request's method.
const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

impl Draft<'_> {
    pub(super) fn request(&mut self, said: &Said<'_>, target: &Target, scope: &Scope<'_>) -> Meant {
        let url = self.url(said, target, scope);
        let (body, content_type) = self.body(said, scope);
        let mut headers: Vec<(HeaderName, Template)> = Vec::new();
        for (name, value) in said.headers.iter() {
            let value = self.template(value, Context::Raw, scope);
            headers.extend(self.header_name(name).map(|name| (name, value)));
        }
        let constant = |text: &str| {
            let mut writer = Writer::default();
            writer.literal(text);
            writer.template()
        };
        let inherited = target.headers.iter().map(|(name, value)| (name.clone(), constant(value)));
        let content_type = content_type.map(|kind| (header::CONTENT_TYPE, constant(kind)));
        for (name, value) in inherited.chain(content_type) {
            if !headers.iter().any(|(own, _)| *own == name) {
                headers.push((name, value));
            }
        }
        Meant { url, headers, body }
    }

    /// The one method of a request and its URL.
    pub(super) fn method<'s>(
        &mut self,
        place: Span,
        methods: [(Method, &'s Option<Located<String>>); 6],
    ) -> Option<(Method, &'s Located<String>)> {
        let mut given = methods.into_iter().filter_map(|(method, url)| url.as_ref().map(|url| (method, url)));
        let first = given.next();
        if let Some((method, url)) = given.next() {
            self.problem(
                url.span,
                format!("a request has one method; `{}` is one too many", method.as_str().to_lowercase()),
            );
        }
        if first.is_none() && !self.lost_key(place, &METHODS) {
            self.problem_with(
                place,
                "this makes no request",
                Some("say `get: /path`, or post, put, patch, delete, head".into()),
            );
        }
        first
    }

    /// A path on the target, or an absolute URL on an admitted host, with the query appended.
    fn url(&mut self, said: &Said<'_>, target: &Target, scope: &Scope<'_>) -> Template {
        let text = said.url;
        if let Some(fault) = url_fault(text, target) {
            self.problem(text.span, fault);
        }
        let mut writer = Writer::default();
        self.write(&mut writer, text, Context::Url, scope);
        let mut separator = if text.value.contains('?') { "&" } else { "?" };
        for (name, value) in said.query.iter() {
            writer.literal(separator);
            self.write(&mut writer, name, Context::Query, scope);
            writer.literal("=");
            self.write(&mut writer, value, Context::Query, scope);
            separator = "&";
        }
        writer.template()
    }

    /// The body and its content type.
    fn body(&mut self, said: &Said<'_>, scope: &Scope<'_>) -> (Body, Option<&'static str>) {
        let kinds = [said.form.is_some(), said.json.is_some(), said.body.is_some()];
        if kinds.into_iter().filter(|given| *given).count() > 1 {
            let place = said.json.map(|json| json.span).or(said.body.map(|body| body.span)).unwrap_or(said.url.span);
            self.problem(place, "a request has one body: `form`, `json` or `body`");
        }
        let mut writer = Writer::default();
        let content_type = if let Some(form) = said.form {
            for (index, (name, value)) in form.iter().enumerate() {
                writer.literal(if index == 0 { "" } else { "&" });
                self.write(&mut writer, name, Context::Form, scope);
                writer.literal("=");
                self.write(&mut writer, value, Context::Form, scope);
            }
            Some("application/x-www-form-urlencoded")
        } else if let Some(json) = said.json {
            self.json(&mut writer, json, scope);
            Some("application/json")
        } else if let Some(body) = said.body {
            self.write(&mut writer, body, Context::Raw, scope);
            None
        } else {
            return (Body::Empty, None);
        };
        (Body::Text(writer.template()), content_type)
    }

    fn json(&mut self, writer: &mut Writer, value: &Located<Value>, scope: &Scope<'_>) {
        match &value.value {
            Value::Null => writer.literal("null"),
            Value::Bool(value) => writer.literal(&value.to_string()),
            Value::Whole(value) => writer.literal(&value.to_string()),
            Value::Number(value) => writer.literal(&serde_json::Value::from(*value).to_string()),
            Value::Text(text) => self.write_json(writer, &value.with(text.clone()), scope),
            Value::List(items) => {
                writer.literal("[");
                for (index, item) in items.iter().enumerate() {
                    writer.literal(if index == 0 { "" } else { "," });
                    self.json(writer, item, scope);
                }
                writer.literal("]");
            }
            Value::Map(entries) => {
                writer.literal("{");
                for (index, (key, item)) in entries.iter().enumerate() {
                    writer.literal(if index == 0 { "" } else { "," });
                    writer.literal(&serde_json::Value::from(key.value.as_str()).to_string());
                    writer.literal(":");
                    self.json(writer, item, scope);
                }
                writer.literal("}");
            }
        }
    }

    /// A header that the user may set.
    pub(super) fn header_name(&mut self, name: &Located<String>) -> Option<HeaderName> {
        match HeaderName::from_bytes(name.value.as_bytes()) {
            Ok(header) if OWN.contains(&header) => {
                self.problem(name.span, format!("the header `{header}` follows from the request and cannot be set"));
                None
            }
            Ok(header) => Some(header),
            Err(_) => {
                self.problem(name.span, format!("`{}` is not the name of a header", name.value));
                None
            }
        }
    }

    /// A header's value without variables of users.
    pub(super) fn constant(&mut self, text: &Located<String>) -> String {
        let scope = Scope { scenario: None, slots: &[], extracted: &[] };
        let template = self.template(text, Context::Raw, &scope);
        let value = template.constant().unwrap_or_default().to_owned();
        if HeaderValue::from_str(&value).is_err() {
            self.problem(text.span, "a header's value is one line");
        }
        value
    }

    /// A time that must be more than nothing, or its default.
    pub(super) fn time(&mut self, key: &str, time: Option<Located<Duration>>, default: Duration) -> Duration {
        if let Some(time) = &time {
            self.positive(key, time, Duration::ZERO);
        }
        time.map_or(default, |time| time.value)
    }
}

/// What keeps a text from being a URL that may be requested.
fn url_fault(text: &Located<String>, target: &Target) -> Option<String> {
    if text.value.starts_with('/') && !text.value.starts_with("//") {
        return None;
    }
    let shown = &text.value;
    if !shown.starts_with("http://") && !shown.starts_with("https://") {
        let shown = hidden(shown);
        return Some(format!(
            "`{shown}` is neither a path, which starts with one `/`, nor an http:// or https:// address"
        ));
    }
    let authority = shown.split('/').nth(2).unwrap_or_default();
    if authority.contains("{{") {
        return Some("the host of an address cannot hold variables: it must be known before the run".to_owned());
    }
    let address = format!("{}//{authority}/", shown.split('/').next().unwrap_or_default());
    match Url::parse(&address) {
        Ok(url) => refused(&url, &target.allow),
        Err(error) => Some(format!("`{}` is not an address: {error}", hidden(&address))),
    }
}

/// Why load may not be sent to an address.
pub(super) fn refused(url: &Url, allow: &[String]) -> Option<String> {
    let host = url.host_str().unwrap_or_default();
    if !url.username().is_empty() || url.password().is_some() {
        return Some(format!(
            "an address holds no user name or password, and `{host}` would be the host that `allow` must list"
        ));
    }
    if allowed(url, allow) {
        return None;
    }
    Some(format!("load may not be sent to `{host}`: it is neither this machine nor listed under `target.allow`"))
}

/// The text of a template that has no variables.
pub(super) fn text(template: &Template) -> String {
    let literal = |segment: &Segment| match segment {
        Segment::Literal(text) => text.clone(),
        Segment::Insert(..) => String::new(),
    };
    template.segments.iter().map(literal).collect()
}
