//! What in a recording must stay secret.

use base64::Engine as _;

use super::archive::Entry;
use crate::draft::text::snake;

/// Names of fields, parameters and headers whose values are secrets.
const NAMES: [&str; 18] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "signature",
    "otp",
    "pin",
    "cvv",
    "credential",
    "authorization",
    "auth_key",
    "session",
];
/// Tokens against forged requests: worth nothing elsewhere, found in an answer before, and secret all the same.
const FORM_TOKENS: [&str; 4] = ["csrf", "xsrf", "authenticity_token", "request_verification_token"];

/// Ends of names that only tell something about a secret.
const ABOUT: [&str; 14] = [
    "type", "expires", "expiry", "in", "count", "at", "name", "url", "uri", "length", "enabled", "hint", "method",
    "reset",
];

/// Whether the value under a name is a secret.
pub(super) fn is_secret(name: &str) -> bool {
    let name = snake(name);
    if name.rsplit_once('_').is_some_and(|(_, end)| ABOUT.contains(&end)) {
        return false;
    }
    let said = |wanted: &str| name.split('_').any(|word| word == wanted) || name.ends_with(wanted);
    NAMES.iter().any(|wanted| said(wanted)) || is_form_token(&name)
}

/// Whether a name is that of a token against forged requests.
pub(super) fn is_form_token(name: &str) -> bool {
    let name = snake(name);
    FORM_TOKENS.iter().any(|word| name.contains(word))
}

/// Whether a field holds a password.
pub(super) fn is_password(name: &str) -> bool {
    let name = snake(name);
    ["password", "passwd", "pwd", "passphrase"]
        .iter()
        .any(|word| name == *word || name.ends_with(&format!("_{word}")) || name.starts_with(&format!("{word}_")))
}

/// Every secret value of a recording: passwords, credentials, tokens, cookies.
pub(super) fn secrets(entries: &[Entry]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for entry in entries {
        let named = |(name, value): (String, String)| is_secret(&name).then_some(value);
        found.extend(entry.form().into_iter().flatten().filter_map(named));
        if let Some(json) = entry.json() {
            in_json(&json, &|_| true, &mut found);
        }
        if entry.media().contains("json")
            && let Ok(json) = serde_json::from_str(&entry.body())
        {
            in_json(&json, &is_random, &mut found);
        }
        let query = entry.url().map(|url| url.query_pairs().into_owned().collect::<Vec<_>>());
        found.extend(query.into_iter().flatten().filter_map(named));
        for pair in entry.request.headers.iter().chain(&entry.response.headers) {
            if is_secret(&pair.name) {
                found.extend(credentials(&pair.value));
            }
        }
        let cookies = entry.cookies().chain(entry.sets());
        found.extend(
            cookies.filter(|(name, value)| is_secret(name) || is_random(value)).map(|(_, value)| value.to_owned()),
        );
        if let Some(url) = entry.url() {
            found.extend(url.password().map(str::to_owned));
        }
    }
    found.retain(|value| !value.is_empty());
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

/// Values under secret names, at any depth; the reader bounded it. A word of an answer, under whatever name, is none.
fn in_json(json: &serde_json::Value, counts: &dyn Fn(&str) -> bool, found: &mut Vec<String>) {
    match json {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                match value {
                    serde_json::Value::String(text) if is_secret(key) && counts(text) => found.push(text.clone()),
                    serde_json::Value::Number(number) if is_secret(key) && counts(&number.to_string()) => {
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

/// Whether a value looks as if nobody had chosen it: long enough, of letters and digits, without words' spaces.
pub(super) fn is_random(value: &str) -> bool {
    let has = |kind: fn(&char) -> bool| value.chars().any(|c| kind(&c));
    let token = |c: char| c.is_ascii_alphanumeric() || "-_.=+/:%".contains(c);
    value.len() >= 12
        && value.chars().all(token)
        && has(char::is_ascii_alphabetic)
        && (has(char::is_ascii_digit) || (has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase)))
}
