//! Where a text holds what nobody may read, by the names of its fields: forms with and without files, JSON, XML, pages,
//! addresses. Pure.
//!
//! Nothing is parsed, because what is shown may be cut, embedded in something else or not quite what it says it is: each
//! `name: value` and `name=value` is looked at, whatever stands around it.

mod beside;
mod marked;
mod runs;

use std::{borrow::Cow, collections::BTreeSet, ops::Range};

use percent_encoding::percent_decode_str;

pub use self::marked::form_parts;
use self::{
    beside::{BEARER, bearers, flags, separated},
    marked::{elements, parts, tags},
};
use super::names::{Told, hides, hides_setting, hides_value};

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
    for Found { range, .. } in found(text) {
        shown.extend([&text[end..range.start], HIDDEN]);
        end = range.end;
    }
    shown + &text[end..]
}

/// A command and its arguments in one line, without its secrets: what follows `--password` or the like is one, unless it is
/// an option itself.
pub fn command_line(arguments: &[String]) -> String {
    let befores = std::iter::once("").chain(arguments.iter().map(String::as_str));
    let shown = arguments.iter().zip(befores).map(|(argument, before)| {
        let is_secret =
            before.starts_with('-') && !before.contains('=') && !argument.starts_with('-') && hides_setting(before);
        if is_secret { HIDDEN.to_owned() } else { hidden(argument) }
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// The values of the fields of a form, of JSON, of a page or of an address whose names say that nobody may read them:
/// passwords, tokens. As they stand in the text and as they are meant; at most 80 different ones of one text, none over 16 KiB.
/// Where there are more, those that count by their names go before those that count by what they look like.
pub fn confidential_fields(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut known = BTreeSet::new();
    let mut kept: Vec<Found> = found(text).into_iter().filter(|found| found.range.len() <= LONGEST_VALUE).collect();
    kept.sort_by_key(|found| !found.surely);
    kept.retain(|found| known.insert(&text[found.range.clone()]));
    kept.truncate(MOST_VALUES);
    kept.sort_by_key(|found| found.range.start);
    for raw in kept.into_iter().map(|found| &text[found.range]) {
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

/// Where a value stands that nobody may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Its bytes.
    pub(super) range: Range<usize>,
    /// Whether it is one whatever it looks like.
    surely: bool,
}

impl Found {
    fn surely(range: Range<usize>) -> Self {
        Self { range, surely: true }
    }
}

/// Where the values are, in order and apart from each other.
pub(super) fn found(text: &str) -> Vec<Found> {
    // Most lines of an app's log are no more than words.
    if !text.bytes().any(|byte| b":=<%\\".contains(&byte))
        && !["--", BEARER, SIGNED].iter().any(|sign| text.contains(sign))
    {
        return Vec::new();
    }
    let sure = [flags(text), bearers(text), elements(text), users(text), signed(text)];
    let mut all: Vec<Found> = sure.into_iter().flatten().map(Found::surely).collect();
    all.extend([separated(text), tags(text), parts(text), form(text)].into_iter().flatten());
    all.retain(|found| !found.range.is_empty() && !is_scheme(&text[found.range.clone()]));
    all.sort_by_key(|found| (found.range.start, found.range.end));
    let mut apart: Vec<Found> = Vec::new();
    for found in all {
        match apart.last_mut().filter(|last| found.range.start <= last.range.end) {
            Some(last) => {
                last.range.end = last.range.end.max(found.range.end);
                last.surely |= found.surely;
            }
            None => apart.push(found),
        }
    }
    apart
}

/// The values of a form, up to the next field whatever is in them. One whose name does not tell has no white space in it: a line
/// of words begins like a form too (`code=exited, status=1`).
fn form(text: &str) -> Vec<Found> {
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
        if let Some((name, value)) = pair.split_once('=') {
            let surely = hides(name);
            let looks = || !value.trim().contains(char::is_whitespace) && hides_value(name, &meant(value), Told::Sent);
            if surely || looks() {
                values.push(Found { range: end - value.len()..end, surely });
            }
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
