//! Where a text holds what nobody may read, by the names of its fields: forms, JSON, pages, addresses. Pure.
//!
//! Nothing is parsed, because what is shown may be cut, embedded in something else or not quite what it says it is: each
//! `name: value` and `name=value` is looked at, whatever stands around it.

use std::ops::Range;

use percent_encoding::percent_decode_str;

/// What stands in the place of a value that nobody may read.
pub(super) const HIDDEN: &str = "***";

/// What a text means by quotes: those of JSON in JSON and in an attribute come first, because they contain plain ones.
const QUOTES: [&str; 5] = ["&quot;", "&#34;", "\\\"", "\"", "'"];

/// A name with one of these in it, whatever separates its words, is that of a secret.
const ANYWHERE: [&str; 21] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "csrf",
    "xsrf",
    "apikey",
    "accesskey",
    "privatekey",
    "pincode",
    "otpcode",
    "sessionid",
    "sessid",
    "signature",
    "authorization",
    "credential",
    "saml",
    "cardnumber",
];

/// As its last word, one of these makes a name that of a secret: `user_pin`.
const LAST: [&str; 11] = ["pass", "pw", "pin", "otp", "totp", "jwt", "sig", "sid", "cvv", "iban", "ssn"];

/// As its last word, one of these says that the value is only about a secret: `token_type`, Rails' `csrf-param`.
const ABOUT: [&str; 21] = [
    "type",
    "param",
    "parameter",
    "header",
    "name",
    "field",
    "in",
    "at",
    "expires",
    "expiry",
    "url",
    "uri",
    "endpoint",
    "count",
    "length",
    "policy",
    "required",
    "valid",
    "status",
    "error",
    "hint",
];

/// No field's name is longer.
const LONGEST_NAME: usize = 200;

/// So many values of one text are looked for wherever else they stand: a page may hold a million, or one of megabytes.
const MOST_VALUES: usize = 50;
const LONGEST_VALUE: usize = 16 * 1024;

/// The text with each value that nobody may read replaced, however short it is.
pub(super) fn hidden(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut end = 0;
    for Range { start, end: next } in found(text) {
        shown.extend([&text[end..start], HIDDEN]);
        end = next;
    }
    shown + &text[end..]
}

/// The values of the fields of a form, of JSON, of a page or of an address whose names say that nobody may read them:
/// passwords, tokens. As they stand in the text and as they are meant; at most 50 of one text, none over 16 KiB.
pub fn confidential_fields(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    for range in found(text).into_iter().filter(|range| range.len() <= LONGEST_VALUE).take(MOST_VALUES) {
        let raw = &text[range];
        let spaced = raw.replace('+', " ");
        values.extend([raw.to_owned(), percent_decode_str(&spaced).decode_utf8_lossy().into_owned()]);
        values.extend(serde_json::from_str::<String>(&format!("\"{raw}\"")));
    }
    let mut seen = std::collections::BTreeSet::new();
    values.retain(|value| !is_scheme(value) && seen.insert(value.clone()));
    values
}

/// Whether a field, a header or a parameter of this name holds what nobody may read.
pub(super) fn names_a_secret(name: &str) -> bool {
    if name.len() > LONGEST_NAME {
        return false;
    }
    let words = words(&percent_decode_str(name).decode_utf8_lossy());
    let Some(last) = words.last().filter(|last| !ABOUT.contains(&last.as_str())) else { return false };
    let joined = words.concat();
    ANYWHERE.iter().any(|word| joined.contains(word)) || LAST.contains(&last.as_str()) || joined.ends_with("pass")
}

/// The words of a name in small letters, without numbers: `userPwd2` is `user` and `pwd`.
fn words(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            spaced.push(' ');
        }
        spaced.extend(if letter.is_alphabetic() { letter.to_lowercase().next() } else { Some(' ') });
        before = letter;
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// The name of a scheme says nothing, and stands before many a secret.
fn is_scheme(value: &str) -> bool {
    value.is_empty() || ["bearer", "basic"].iter().any(|scheme| value.eq_ignore_ascii_case(scheme))
}

/// Where the values are, in order and apart from each other.
fn found(text: &str) -> Vec<Range<usize>> {
    let mut all = separated(text);
    all.extend(tags(text));
    all.extend(form(text));
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

/// The values behind `name:` and `name=`.
fn separated(text: &str) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    let mut until = 0;
    for (at, sign) in text.match_indices([':', '=']) {
        if at < until {
            continue;
        }
        let (name, key) = name_before(&text[..at]);
        if !names_a_secret(name) {
            continue;
        }
        let rest = text[at + 1..].trim_start();
        let start = text.len() - rest.len();
        if let Some(quote) = QUOTES.iter().find(|quote| rest.starts_with(**quote)) {
            let start = start + quote.len();
            until = closing(text, start, quote);
            values.push(start..until);
        } else if sign == "=" && start == at + 1 && !rest.starts_with(['=', '>']) {
            until = start + rest.find(ends_a_parameter).unwrap_or(rest.len());
            values.push(start..until);
        } else if sign == ":" && key == Some("\"") && rest.starts_with(['[', '{']) {
            until = nested(text, start, &mut values);
        } else if sign == ":" && key.is_some() {
            until = start + rest.find(|c: char| !c.is_ascii_digit() && !"-.".contains(c)).unwrap_or(rest.len());
            values.push(start..until);
        }
    }
    values
}

/// The name with which a text ends, and the quote that closes it.
fn name_before(text: &str) -> (&str, Option<&'static str>) {
    let text = text.trim_end();
    let quote = QUOTES.into_iter().find(|quote| text.ends_with(quote));
    let text = &text[..text.len() - quote.map_or(0, str::len)];
    let is_of_a_name = |c: char| c.is_alphanumeric() || "_-.[]%".contains(c);
    (&text[text.trim_end_matches(is_of_a_name).len()..], quote)
}

/// Where a quoted value that begins at `start` ends; a text that was cut ends it too.
fn closing(text: &str, start: usize, quote: &str) -> usize {
    if quote.len() > 1 {
        return text[start..].find(quote).map_or(text.len(), |at| start + at);
    }
    let mut escaped = false;
    for (at, letter) in text[start..].char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            letter if quote.starts_with(letter) => return start + at,
            _ => {}
        }
    }
    text.len()
}

/// The texts in an array or object, but for its keys and for sentences, which say what is wrong with a secret; where it
/// ends.
fn nested(text: &str, start: usize, values: &mut Vec<Range<usize>>) -> usize {
    let (mut depth, mut at) = (0_usize, start);
    while let Some(found) = text[at..].find(['[', '{', ']', '}', '"']) {
        at += found;
        match text.as_bytes()[at] {
            b'"' => {
                let (start, end) = (at + 1, closing(text, at + 1, "\""));
                at = (end + 1).min(text.len());
                if !text[at..].trim_start().starts_with(':') && !text[start..end].contains(' ') {
                    values.push(start..end);
                }
                continue;
            }
            b'[' | b'{' => depth += 1,
            _ => depth = depth.saturating_sub(1),
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn ends_a_parameter(letter: char) -> bool {
    letter.is_whitespace() || "&#\"'<>\\`".contains(letter)
}

/// The values of a page's fields and of its head: `<input name="_token" value="…">`, `<meta name="csrf-token" content="…">`.
fn tags(page: &str) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    for (open, _) in page.match_indices('<') {
        let rest = &page[open..];
        let tag = &rest[..rest[1..].find(['<', '>']).map_or(rest.len(), |end| end + 1)];
        let says = |name: &str| attribute(tag, name).map(|range| &tag[range]);
        if says("name").is_some_and(names_a_secret) || says("type") == Some("password") {
            let within = ["value", "content"].into_iter().filter_map(|name| attribute(tag, name));
            values.extend(within.map(|range| open + range.start..open + range.end));
        }
    }
    values
}

/// Where an attribute's value is in its tag.
fn attribute(tag: &str, name: &str) -> Option<Range<usize>> {
    let mut starts = tag.match_indices(name).map(|(at, _)| at).filter(|at| tag[..*at].ends_with(char::is_whitespace));
    let rest = starts.find_map(|at| tag[at + name.len()..].trim_start().strip_prefix('='))?.trim_start();
    let start = tag.len() - rest.len();
    Some(match rest.chars().next().filter(|first| "\"'".contains(*first)) {
        Some(quote) => start + 1..start + 1 + rest[1..].find(quote).unwrap_or(rest.len() - 1),
        None => start..start + rest.find(char::is_whitespace).unwrap_or(rest.len()),
    })
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
        if let Some((name, value)) = pair.split_once('=').filter(|(name, _)| names_a_secret(name)) {
            values.push(start + name.len() + 1..start + name.len() + 1 + value.len());
        }
        start = end + 1;
    }
    values
}

/// JSON web tokens (RFC 7519), which are secrets under whatever name.
fn signed(text: &str) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    let mut until = 0;
    for (start, _) in text.match_indices("eyJ") {
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
