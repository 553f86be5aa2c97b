//! What in a recording must stay secret.

use std::ptr;

use base64::Engine as _;

use super::{archive::Entry, keep::Kept};
use crate::config::{
    looks::{is_opaque, is_random},
    names::{is_password, is_secret, is_secret_value},
};

/// A shorter value stands anywhere by chance; it is hidden only where its own name says so.
const SHORTEST: usize = 4;

/// Every secret value of a recording: passwords, credentials, tokens, cookies. Of requests that become no step a word
/// under a secret name is none: other hosts call many things a session.
pub(super) fn secrets(entries: &[Entry], kept: &[Kept<'_>]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = kept.iter().peekable();
    for entry in entries {
        let own = rest.next_if(|kept| ptr::eq(kept.entry, entry)).is_some();
        let counts = |name: &str, value: &str| {
            is_password(name) || (is_secret_value(name, value) && (own || is_random(value) || is_opaque(value)))
        };
        let named = |(name, value): (String, String)| counts(&name, &value).then_some(value);
        found.extend(entry.form().into_iter().flatten().filter_map(named));
        found.extend(entry.parts().into_iter().filter_map(named));
        if let Some(json) = entry.json() {
            in_json(&json, &counts, &mut found);
        }
        if entry.media().contains("json")
            && let Ok(json) = serde_json::from_str(&entry.body())
        {
            in_json(&json, &|name, value| is_secret(name) && is_random(value), &mut found);
        }
        let query = entry.url().map(|url| url.query_pairs().into_owned().collect::<Vec<_>>());
        found.extend(query.into_iter().flatten().filter_map(named));
        for pair in entry.request.headers.iter().chain(&entry.response.headers) {
            if is_secret(&pair.name) {
                found.extend(credentials(&pair.value).into_iter().filter(|value| own || is_random(value)));
            }
        }
        let cookies = entry.cookies().chain(entry.sets());
        let secret = |(name, value): &(&str, &str)| (own && is_secret(name)) || is_random(value);
        found.extend(cookies.filter(secret).map(|(_, value)| value.to_owned()));
        if let Some(url) = entry.url() {
            found.extend(url.password().map(str::to_owned));
        }
    }
    found.retain(|value| value.chars().count() >= SHORTEST);
    found.sort();
    found.dedup();
    found
}

/// A header's value, its token alone, and what basic authentication hides in it.
fn credentials(value: &str) -> Vec<String> {
    let mut found = vec![value.to_owned()];
    if let Some((scheme, token)) = value.split_once(' ') {
        found.push(token.to_owned());
        if scheme.eq_ignore_ascii_case("basic") {
            let bytes = base64::engine::general_purpose::STANDARD.decode(token.trim()).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            found.extend(text.split_once(':').map(|(_, password)| password.to_owned()));
        }
    }
    found
}

/// Values that count by their name and their looks, at any depth; the reader bounded it.
fn in_json(json: &serde_json::Value, counts: &dyn Fn(&str, &str) -> bool, found: &mut Vec<String>) {
    match json {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                match value {
                    serde_json::Value::String(text) if counts(key, text) => found.push(text.clone()),
                    serde_json::Value::Number(number) if counts(key, &number.to_string()) => {
                        found.push(number.to_string());
                    }
                    other => in_json(other, counts, found),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| in_json(item, counts, found)),
        _ => {}
    }
}
