//! Where a value of a request came from: an answer before it.

use std::collections::BTreeSet;

use regex::Regex;

use super::{keep::Kept, weave::is_id};
use crate::{config::looks::is_opaque, draft::gate::Extract};

/// The longest piece of a page before a value that tells where it stands.
const ANCHOR: usize = 40;
/// Beyond this an answer is not searched.
const LARGEST_BODY: usize = 4 << 20;

/// What a value is to the request that carries it.
#[derive(Clone, Copy)]
pub(super) struct Sought<'a> {
    pub(super) value: &'a str,
    /// The name of its field, parameter or header; empty for a segment of a path.
    pub(super) name: &'a str,
    /// The path before it, for a segment of a path.
    pub(super) path: &'a str,
}

/// Bytes of answers that are searched for one draft: some seconds, which no session of a person needs.
pub(super) const MOST_SEARCHED: u64 = 16 << 30;

/// What reading an answer costs, compared with looking whether it holds a value.
const READING: u64 = 16;

/// The newest answer that holds a value, and how it is found there; not one of those that are no step's. `left` is how
/// many bytes may still be searched.
pub(super) fn source(
    before: &[Kept<'_>],
    lost: &BTreeSet<usize>,
    sought: Sought<'_>,
    left: &mut u64,
) -> Option<(usize, Extract)> {
    let steps = (0..before.len()).rev().filter(|at| !lost.contains(at));
    steps.into_iter().find_map(|at| Some((at, found(&before[at], sought, left)?)))
}

fn found(kept: &Kept<'_>, sought: Sought<'_>, left: &mut u64) -> Option<Extract> {
    let body = kept.body.as_ref();
    let affordable = body.len() <= LARGEST_BODY && *left > 0;
    *left = left.saturating_sub(body.len() as u64);
    if affordable && body.contains(sought.value) {
        *left = left.saturating_sub(READING * body.len() as u64);
        let read = if kept.entry.media().contains("json") { in_json(body, sought) } else { in_text(body, sought) };
        if read.is_some() {
            return read;
        }
    }
    if let Some((name, _)) = kept.entry.sets().find(|(_, value)| *value == sought.value) {
        return Some(Extract::Cookie(name.to_owned()));
    }
    let headers = kept.entry.response.headers.iter();
    let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let named = headers.filter(|pair| !pair.name.eq_ignore_ascii_case("set-cookie") && plain(&pair.name));
    let mut same = named.filter(|pair| pair.value == sought.value && pair.value.len() >= 4);
    same.next().map(|pair| Extract::Header(pair.name.clone()))
}

/// The JSON pointer to a value; of several the one whose key tells the same as the name that it goes by.
fn in_json(body: &str, sought: Sought<'_>) -> Option<Extract> {
    let json: serde_json::Value = serde_json::from_str(body).ok()?;
    let mut pointers = Vec::new();
    collect(&json, sought.value, String::new(), &mut pointers);
    let key = |pointer: &String| pointer.rsplit('/').next().unwrap_or_default().to_lowercase();
    let told = pointers.iter().find(|pointer| !sought.name.is_empty() && key(pointer) == sought.name.to_lowercase());
    // A short number stands anywhere; only one that is an id by its name is this one.
    let identifies = |pointer: &&String| {
        let key = key(pointer);
        sought.value.len() >= 8 || ["id", "uuid", "pk", "key", "slug", "token"].iter().any(|end| key.ends_with(end))
    };
    let pointer = told.or_else(|| pointers.iter().find(identifies))?;
    Some(Extract::Json(pointer.clone()))
}

fn collect(json: &serde_json::Value, value: &str, at: String, pointers: &mut Vec<String>) {
    const MOST: usize = 100;
    if pointers.len() >= MOST {
        return;
    }
    match json {
        serde_json::Value::String(text) if text == value => pointers.push(at),
        serde_json::Value::Number(number) if number.to_string() == value => pointers.push(at),
        serde_json::Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, value, format!("{at}/{index}"), pointers);
            }
        }
        serde_json::Value::Object(map) => {
            for (key, item) in map {
                collect(item, value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), pointers);
            }
        }
        _ => {}
    }
}

/// A pattern whose first match in the page is the value: by the tag that names it, by the path before it, or by what
/// stands right before it.
fn in_text(body: &str, sought: Sought<'_>) -> Option<Extract> {
    let first = |pattern: String| {
        let regex = Regex::new(&pattern).ok()?;
        let group = regex.captures(body)?.get(1)?;
        (group.as_str() == sought.value).then_some(Extract::Regex(pattern))
    };
    let name = regex::escape(sought.name);
    if !sought.name.is_empty() {
        let by_name = [
            format!(r#"name=["']{name}["'][^>]*?(?:value|content)=["']([^"']+)["']"#),
            format!(r#"(?:value|content)=["']([^"']+)["'][^>]*?name=["']{name}["']"#),
            format!(r#""{name}"\s*:\s*"([^"]+)""#),
        ];
        if let Some(found) = by_name.into_iter().find_map(first) {
            return Some(found);
        }
    }
    // A path with an id or a token in it is this one session's.
    if !sought.path.is_empty()
        && sought.path != "/"
        && !sought.path.split('/').any(|part| is_id(part) || is_opaque(part))
    {
        let pattern = format!(r#"["']{}([^"'/?&<>\s]+)"#, regex::escape(sought.path));
        if let Some(found) = first(pattern) {
            return Some(found);
        }
    }
    // What is short may stand anywhere by chance.
    if sought.value.len() < 8 {
        return None;
    }
    let places = body.match_indices(sought.value).take(5);
    places.filter_map(|(at, _)| anchored(body, at)).find_map(first)
}

/// What stands before a place on its line, and then the value up to where it would end.
fn anchored(body: &str, at: usize) -> Option<String> {
    let line = body[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let begin = (line..at).find(|begin| at - begin <= ANCHOR && body.is_char_boundary(*begin))?;
    // Digits and long words before it would be another value of this one session.
    let before = &body[begin..at];
    let cut = before.rfind(|c: char| c.is_ascii_digit()).map_or(0, |digit| digit + 1);
    let before = &before[cut..];
    (before.len() >= 4).then(|| format!(r#"{}([^"'<>&\s]+)"#, regex::escape(before)))
}
