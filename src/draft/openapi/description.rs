//! A description with its references.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::Url;

use super::operation::{METHODS, Operation};

/// References that are followed in a row.
const MOST_HOPS: usize = 16;
/// Operations that are looked at.
const MOST_OPERATIONS: usize = 5_000;
/// The longest path of an operation.
const LONGEST_PATH: usize = 500;

/// An `OpenAPI` or Swagger document.
#[derive(Clone, Copy)]
pub(super) struct Description<'a> {
    root: &'a Value,
    /// Swagger 2.0.
    pub(super) old: bool,
}

impl<'a> Description<'a> {
    /// `None` if it is something else.
    pub(super) fn of(root: &'a Value) -> Option<Self> {
        let old = root.get("swagger").is_some();
        (old || root.get("openapi").is_some()).then_some(Self { root, old })
    }

    pub(super) fn get(&self, key: &str) -> &'a Value {
        &self.root[key]
    }

    /// What a value, or the reference in it, leads to; null where that is in another file, nowhere, or in a circle.
    pub(super) fn follow(&self, value: &'a Value) -> &'a Value {
        let mut value = value;
        for _ in 0..MOST_HOPS {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return value };
            let found = reference.strip_prefix('#').and_then(|pointer| {
                let pointer = percent_decode_str(pointer).decode_utf8_lossy();
                self.root.pointer(&pointer)
            });
            value = found.unwrap_or(&Value::Null);
        }
        &Value::Null
    }

    pub(super) fn title(&self) -> &'a str {
        self.root["info"]["title"].as_str().unwrap_or_default()
    }

    /// The addresses that it names.
    pub(super) fn servers(&self) -> Vec<String> {
        if self.old {
            return self.root["host"].as_str().map(str::to_owned).into_iter().collect();
        }
        let servers = self.root["servers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let urls = servers.iter().filter_map(|server| server["url"].as_str());
        urls.filter(|url| url.contains("://")).map(str::to_owned).collect()
    }

    /// The path of the first server, without a slash at its end; variables have their defaults.
    pub(super) fn base_path(&self) -> String {
        let path = if self.old {
            self.root["basePath"].as_str().unwrap_or_default().to_owned()
        } else {
            let server = &self.root["servers"][0];
            let mut url = server["url"].as_str().unwrap_or_default().to_owned();
            for (name, variable) in server["variables"].as_object().into_iter().flatten() {
                url = url.replace(&format!("{{{name}}}"), variable["default"].as_str().unwrap_or_default());
            }
            match Url::parse(&url) {
                Ok(url) => url.path().to_owned(),
                Err(_) if url.starts_with('/') => url.split(['?', '#']).next().unwrap_or_default().to_owned(),
                Err(_) => String::new(),
            }
        };
        let path = path.trim_end_matches('/');
        if is_path(path) { path.to_owned() } else { String::new() }
    }

    /// A path that tells whether the app is up, if one is described.
    pub(super) fn ready(&self) -> Option<String> {
        const NAMES: [&str; 7] = ["/healthz", "/health", "/readyz", "/ready", "/ping", "/status", "/livez"];
        let paths = self.root["paths"].as_object()?;
        let named = NAMES.into_iter().find(|name| paths.get(*name).is_some_and(|item| item.get("get").is_some()))?;
        Some(format!("{}{named}", self.base_path()))
    }

    /// Every operation that may become a step, in the order of the file; and those that may not, with the reason.
    pub(super) fn operations(&self) -> (Vec<Operation<'a>>, Vec<(String, String)>) {
        let (mut operations, mut left_out) = (Vec::new(), Vec::new());
        for (path, item) in self.root["paths"].as_object().into_iter().flatten() {
            // Keys that begin so belong to tools.
            if path.starts_with("x-") {
                continue;
            }
            let item = self.follow(item);
            for (method, operation) in METHODS.into_iter().filter_map(|method| Some((method, item.get(method)?))) {
                let operation = Operation { method, path, item, said: operation };
                if operations.len() + left_out.len() >= MOST_OPERATIONS {
                    continue;
                }
                match operation.unfit() {
                    Some(why) => left_out.push((operation.name(), why.to_owned())),
                    None => operations.push(operation),
                }
            }
        }
        (operations, left_out)
    }

    /// The schemes that it defines.
    pub(super) fn schemes(&self) -> &'a Value {
        if self.old { &self.root["securityDefinitions"] } else { &self.root["components"]["securitySchemes"] }
    }

    /// What an operation accepts and answers, by its statuses from 200 to 399; empty where it does not say.
    pub(super) fn statuses(operation: &Operation<'a>) -> Vec<u16> {
        let mut statuses: Vec<u16> = Vec::new();
        for key in operation.said["responses"].as_object().into_iter().flat_map(Map::keys) {
            match key.parse() {
                Ok(304) => {}
                Ok(status) if (200..400).contains(&status) => statuses.push(status),
                // A whole class: what the gate accepts by itself.
                Err(_) if key.starts_with(['2', '3']) => return Vec::new(),
                _ => {}
            }
        }
        statuses
    }

    /// The schema of what an operation answers when all is well.
    pub(super) fn answer(&self, operation: &Operation<'a>) -> &'a Value {
        let responses = operation.said["responses"].as_object().into_iter().flatten();
        let mut good = responses.filter(|(status, _)| status.starts_with('2') || *status == "default");
        let Some((_, response)) = good.next() else { return &Value::Null };
        let response = self.follow(response);
        if self.old {
            return &response["schema"];
        }
        let content = response["content"].as_object().into_iter().flatten();
        content.filter(|(kind, _)| is_json(kind)).map(|(_, media)| &media["schema"]).next().unwrap_or(&Value::Null)
    }
}

/// Whether a text is a path on the target.
pub(super) fn is_path(text: &str) -> bool {
    text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= LONGEST_PATH
        && !text.contains(|c: char| c.is_control() || "?#".contains(c))
}

/// Whether a media type is JSON.
pub(super) fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json") || kind == "*/*"
}
