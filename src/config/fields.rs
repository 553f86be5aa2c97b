//! Where a text holds what nobody may read, by the names of its fields: forms with and without files, JSON, XML, pages,
//! addresses. Pure.
//!
//! Nothing is parsed, because what is shown may be cut, embedded in something else or not quite what it says it is: each
//! `name: value` and `name=value` is looked at, whatever stands around it.

mod beside;
mod marked;

use std::{borrow::Cow, collections::BTreeSet, ops::Range};

use percent_encoding::percent_decode_str;

pub use self::marked::form_parts;
use self::{
    beside::{BEARER, bearers, flags, separated},
    marked::{elements, parts, tags},
};
use super::names::{Told, hides, hides_value};

/// What stands in the place of a value that nobody may read.
pub const HIDDEN: &str = "***";

/// How a JSON web token begins.
const SIGNED: &str = "eyJ";

/// So many values of one text are looked for wherever else they stand: a page may hold a million, or one of megabytes.
const MOST_VALUES: usize = 80;
const LONGEST_VALUE: usize = 16 * 1024;

/// The text with each value that nobody may read replaced, however short it is.
pub fn hidden(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut end = 0;
    for Range { start, end: next } in found(text) {
        shown.extend([&text[end..start], HIDDEN]);
        end = next;
    }
    shown + &text[end..]
}

/// A command and its arguments in one line, without its secrets: what follows `--password` or the like is one.
pub fn command_line(arguments: &[String]) -> String {
    let befores = std::iter::once("").chain(arguments.iter().map(String::as_str));
    let shown = arguments.iter().zip(befores).map(|(argument, before)| {
        let is_secret = before.starts_with('-') && !before.contains('=') && hides(before);
        if is_secret { HIDDEN.to_owned() } else { hidden(argument) }
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// The values of the fields of a form, of JSON, of a page or of an address whose names say that nobody may read them:
/// passwords, tokens. As they stand in the text and as they are meant; at most 80 different ones of one text, none over 16 KiB.
pub fn confidential_fields(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut known = BTreeSet::new();
    let raws = found(text).into_iter().filter(|range| range.len() <= LONGEST_VALUE).map(|range| &text[range]);
    for raw in raws.filter(|raw| known.insert(*raw)).take(MOST_VALUES) {
        let spaced = raw.replace('+', " ");
        values.extend([raw.to_owned(), percent_decode_str(&spaced).decode_utf8_lossy().into_owned()]);
        values.extend(serde_json::from_str::<String>(&format!("\"{raw}\"")));
    }
    let mut seen = BTreeSet::new();
    values.retain(|value| !is_scheme(value) && seen.insert(value.clone()));
    values
}

/// The name of a scheme says nothing, and stands before many a secret.
fn is_scheme(value: &str) -> bool {
    value.is_empty() || ["bearer", "basic"].iter().any(|scheme| value.eq_ignore_ascii_case(scheme))
}

/// A value of an address as it is meant.
fn meant(value: &str) -> Cow<'_, str> {
    percent_decode_str(value).decode_utf8_lossy()
}

/// Where the values are, in order and apart from each other.
fn found(text: &str) -> Vec<Range<usize>> {
    // Most lines of an app's log are no more than words.
    if !text.bytes().any(|byte| b":=<%\\".contains(&byte))
        && !["--", BEARER, SIGNED].iter().any(|sign| text.contains(sign))
    {
        return Vec::new();
    }
    let mut all = separated(text);
    all.extend(flags(text));
    all.extend(bearers(text));
    all.extend(tags(text));
    all.extend(elements(text));
    all.extend(parts(text));
    all.extend(form(text));
    all.extend(users(text));
    all.extend(signed(text));
    all.retain(|range| !range.is_empty() && !is_scheme(&text[range.clone()]));
    all.sort_by_key(|range| (range.start, range.end));
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in all {
        match apart.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => apart.push(range),
        }
    }
    apart
}

/// The values of a form, up to the next field whatever is in them.
fn form(text: &str) -> Vec<Range<usize>> {
    let is_form = text.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.[]%+".contains(c))
    });
    if !is_form {
        return Vec::new();
    }
    let mut values = Vec::new();
    let mut start = 0;
    for pair in text.split('&') {
        let end = start + pair.len();
        let secret = |(name, value): &(&str, &str)| hides(name) || hides_value(name, &meant(value), Told::Sent);
        if let Some((name, value)) = pair.split_once('=').filter(secret) {
            values.push(start + name.len() + 1..start + name.len() + 1 + value.len());
        }
        start = end + 1;
    }
    values
}

/// Passwords of addresses, and tokens in the place of a user where HTTP is spoken: `postgresql://shop:…@db/shop`.
fn users(text: &str) -> Vec<Range<usize>> {
    const SIGN: &str = "://";
    let mut values = Vec::new();
    for (at, _) in text.match_indices(SIGN) {
        let start = at + SIGN.len();
        let rest = &text[start..];
        let authority =
            &rest[..rest.find(|c: char| c.is_whitespace() || "/?#\"'<>\\`".contains(c)).unwrap_or(rest.len())];
        let Some(user) = authority.rfind('@').map(|end| &authority[..end]) else { continue };
        let is_http = text[..at].ends_with("http") || text[..at].ends_with("https");
        match user.find(':') {
            Some(colon) if colon + 1 < user.len() => values.push(start + colon + 1..start + user.len()),
            // A template's braces hold no secret.
            _ if is_http && !user.contains(['{', '$']) => values.push(start..start + user.trim_end_matches(':').len()),
            _ => {}
        }
    }
    values
}

/// JSON web tokens (RFC 7519), which are secrets under whatever name.
fn signed(text: &str) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    let mut until = 0;
    for (start, _) in text.match_indices(SIGNED) {
        if start < until {
            continue;
        }
        let rest = &text[start..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).unwrap_or(rest.len());
        until = start + end;
        if rest[..end].matches('.').count() == 2 {
            values.push(start..until);
        }
    }
    values
}

#[cfg(test)]
mod tests;
