//! Whether an answer is what it should be.

use http::HeaderMap;
use serde_json::Value;

use super::{Keep, decode::Content, json, origin::short};
use crate::{
    config::{
        hidden,
        names::{self, Told},
    },
    plan::{Expect, HeaderExpectation, JsonExpectation},
};

/// Checks an answer. `max_size` is of the body as it came; texts and JSON are looked for in the decoded one.
///
/// # Errors
///
/// The first violated expectation, as a sentence that says what was expected and what was seen, of bounded length.
pub fn verify(expect: &Expect, status: u16, headers: &HeaderMap, content: &Content<'_>) -> Result<(), String> {
    if !expect.accepts(status) {
        return Err(format!("status {status}, expected {}", accepted(&expect.status)));
    }
    if let Some(max) = expect.max_size.filter(|max| content.size > *max) {
        return Err(format!("the body has more than the {max} bytes of max_size"));
    }
    for (name, wanted) in &expect.header {
        verify_header(name, wanted, headers)?;
    }
    let (body, size) = if expect.reads_body() { content.plain()? } else { (&[][..], 0) };
    for text in &expect.body_has {
        if !contains(body, text) {
            return Err(format!("the body lacks \"{}\"{}", short(text), cut(body, size)));
        }
    }
    for text in &expect.body_lacks {
        if contains(body, text) {
            return Err(format!("the body has \"{}\", which it must lack", short(text)));
        }
        if !cut(body, size).is_empty() {
            return Err(format!("that the body lacks \"{}\" cannot be told{}", short(text), cut(body, size)));
        }
    }
    expect.json.iter().try_for_each(|(pointer, wanted)| verify_json(pointer, wanted, body, size))
}

fn accepted(statuses: &[u16]) -> String {
    match statuses {
        [] => "200 to 399".to_owned(),
        [one] => one.to_string(),
        [some @ .., last] => {
            format!("{} or {last}", some.iter().map(u16::to_string).collect::<Vec<_>>().join(", "))
        }
    }
}

fn verify_header(name: &http::HeaderName, wanted: &HeaderExpectation, headers: &HeaderMap) -> Result<(), String> {
    let mut seen = headers.get_all(name).iter().peekable();
    let Some(first) = seen.peek() else { return Err(format!("the header {name} is missing")) };
    let HeaderExpectation::Equals(text) = wanted else { return Ok(()) };
    let first = String::from_utf8_lossy(first.as_bytes()).into_owned();
    if seen.any(|value| value.as_bytes() == text.as_bytes()) {
        return Ok(());
    }
    if *name == http::header::SET_COOKIE || names::hides(name.as_str()) {
        // Its value may be a session, which no report may show.
        return Err(format!("the header {name} is not as expected"));
    }
    Err(format!("the header {name} is \"{}\", expected \"{}\"", short(&hidden(&first)), short(&hidden(text))))
}

fn verify_json(pointer: &str, wanted: &JsonExpectation, body: &[u8], size: u64) -> Result<(), String> {
    let not_json = |error: serde_json::Error| format!("the body is not JSON: {error}{}", cut(body, size));
    match wanted {
        JsonExpectation::Exists => {
            if json::exists(body, pointer).map_err(not_json)? {
                Ok(())
            } else {
                Err(format!("JSON {pointer} is missing"))
            }
        }
        JsonExpectation::Equals(wanted) => match json::find(body, pointer).map_err(not_json)? {
            Some(seen) if same(&seen, wanted) => Ok(()),
            Some(seen) if is_secret(pointer, &seen) => Err(format!("JSON {pointer} is not as expected")),
            Some(seen) => Err(format!("JSON {pointer} is {}, expected {}", quoted(&seen), quoted(wanted))),
            None if is_secret(pointer, wanted) => Err(format!("JSON {pointer} is missing")),
            None => Err(format!("JSON {pointer} is missing, expected {}", quoted(wanted))),
        },
    }
}

/// Whether the value that a pointer leads to is one that no report may show, by the names that lead there.
fn is_secret(pointer: &str, value: &Value) -> bool {
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let is_word = value.is_null() || value.is_boolean();
    (names::hides(pointer) && !is_word) || value.as_str().is_some_and(|text| names::hides_value(name, text, Told::Said))
}

/// JSON without its secrets, of bounded length.
fn quoted(value: &Value) -> String {
    short(&hidden(&value.to_string()))
}

/// Equality of values, where 1 and 1.0 are the same number.
fn same(seen: &Value, wanted: &Value) -> bool {
    match (seen, wanted) {
        (Value::Number(seen), Value::Number(wanted)) => seen == wanted || seen.as_f64() == wanted.as_f64(),
        (Value::Array(seen), Value::Array(wanted)) => {
            seen.len() == wanted.len() && seen.iter().zip(wanted).all(|(seen, wanted)| same(seen, wanted))
        }
        (Value::Object(seen), Value::Object(wanted)) => {
            seen.len() == wanted.len()
                && seen.iter().all(|(key, seen)| wanted.get(key).is_some_and(|wanted| same(seen, wanted)))
        }
        _ => seen == wanted,
    }
}

/// Says that a body was longer than what is looked into; empty when all of it was kept.
fn cut(body: &[u8], size: u64) -> String {
    if size > body.len() as u64 {
        format!(" (only the first {} MiB of {size} bytes are looked into)", Keep::BOUND / 1024 / 1024)
    } else {
        String::new()
    }
}

fn contains(body: &[u8], text: &str) -> bool {
    // The first byte narrows the places down before they are compared.
    let text = text.as_bytes();
    let Some((first, rest)) = text.split_first() else { return true };
    let mut from = 0;
    while let Some(at) = body[from..].iter().position(|byte| byte == first) {
        from += at + 1;
        if body[from..].starts_with(rest) {
            return true;
        }
    }
    false
}
