//! Values that stand beside their names: `name: value`, `name=value`.

use std::ops::Range;

use percent_encoding::percent_decode_str;

use super::{Found, meant, runs::Runs};
use crate::config::names::{Hint, Told, hides, hides_value, hint};

/// What a text means by quotes: those of JSON in JSON and in an attribute come first, because they contain plain ones.
const QUOTES: [&str; 5] = ["&quot;", "&#34;", "\\\"", "\"", "'"];

/// What stands between name and value: as it is, and as it is within a parameter's value, twice so, and in JSON.
const SIGNS: [&str; 7] = [":", "=", "%3D", "%3d", "%253D", "\\u003d", "\\u003D"];

/// Parameters beside which a `code` is OAuth's, whatever it looks like (RFC 6749 sections 4.1.2 and 4.1.3).
const BESIDE_A_CODE: [&str; 7] =
    ["state", "session_state", "iss", "grant_type", "redirect_uri", "client_id", "code_verifier"];

/// So far before a sign its name is looked for; no name that says anything is as long.
const LONGEST_BEFORE: usize = 800;

/// So far around a `code` its neighbours are looked for.
const NEIGHBOURHOOD: usize = 512;

/// The values behind `name:` and `name=`.
pub(super) fn separated(text: &str) -> Vec<Found> {
    let mut values = Vec::new();
    let mut until = 0;
    let mut runs = Runs::of(text);
    for (at, _) in text.match_indices([':', '=', '%', '\\']) {
        let Some(sign) = SIGNS.iter().find(|sign| at >= until && text[at..].starts_with(**sign)) else { continue };
        let (name, key) = name_before(&text[..at]);
        let name = if sign.len() > 1 { &within(name) } else { name };
        let hint = hint(name);
        if hint == Hint::Nothing {
            continue;
        }
        let surely = hint == Hint::Secret;
        let after = at + sign.len();
        let rest = text[after..].trim_start();
        let start = text.len() - rest.len();
        let found = if let Some(quote) = QUOTES.iter().find(|quote| rest.starts_with(**quote)) {
            let start = start + quote.len();
            let value = start..closing(text, start, quote);
            (surely || hides_value(name, &meant(&text[value.clone()]), Told::Said)).then_some(value)
        } else if *sign != ":" && start == after && !rest.starts_with(['=', '>']) {
            let value = start..if sign.len() > 1 { runs.encoded_end(start) } else { runs.end(start) };
            (surely || runs.counts(name, hint, &value) || is_of_oauth(name, text, &value)).then_some(value)
        } else if surely && *sign == ":" && key == Some("\"") && rest.starts_with(['[', '{']) {
            let mut texts = Vec::new();
            until = nested(text, start, &mut texts);
            values.extend(texts.into_iter().map(Found::surely));
            None
        } else if surely && *sign == ":" && key.is_some() {
            Some(start..start + rest.find(|c: char| !c.is_ascii_digit() && !"-.".contains(c)).unwrap_or(rest.len()))
        } else if *sign == ":" && key.is_none() {
            runs.word(start, surely)
        } else {
            None
        };
        if let Some(range) = found {
            until = range.end;
            values.push(Found { range, surely });
        }
    }
    values
}

/// What stands behind `--password` and the like in a command line.
pub(super) fn flags(text: &str) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    let mut until = 0;
    for (at, _) in text.match_indices("--") {
        let begins = at == 0 || text[..at].ends_with(|c: char| !c.is_alphanumeric() && c != '-');
        if at < until || !begins {
            continue;
        }
        let rest = &text[at..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && !"_-".contains(c)).unwrap_or(rest.len());
        until = at + end;
        let Some(after) = rest[end..].strip_prefix(' ').filter(|after| !after.starts_with('-')) else { continue };
        if hides(&rest[..end]) {
            let start = text.len() - after.len();
            values.push(match QUOTES.iter().find(|quote| after.starts_with(**quote)) {
                Some(quote) => start + quote.len()..closing(text, start + quote.len(), quote),
                None => start..start + after.find(ends_a_parameter).unwrap_or(after.len()),
            });
        }
    }
    values
}

/// The scheme before a token, from its second letter on.
pub(super) const BEARER: &str = "earer ";

/// Tokens behind `Bearer` that nobody wrote, whatever stands before it.
pub(super) fn bearers(text: &str) -> Vec<Range<usize>> {
    let mut runs = Runs::of(text);
    let starts =
        text.match_indices(BEARER).filter(|(at, _)| text[..*at].ends_with(['b', 'B'])).map(|(at, _)| at + BEARER.len());
    starts.filter_map(|start| runs.word(start, true)).collect()
}

/// The last name in a parameter's value that holds parameters itself: `token` of `%2Fnext%3Ftoken`.
fn within(name: &str) -> String {
    let once = percent_decode_str(name).decode_utf8_lossy();
    let twice = percent_decode_str(&once).decode_utf8_lossy();
    twice.rsplit(['?', '&', '#', '=']).next().unwrap_or_default().to_owned()
}

/// Whether a `code` stands among the parameters with which OAuth gives or takes one.
fn is_of_oauth(name: &str, text: &str, value: &Range<usize>) -> bool {
    if !name.eq_ignore_ascii_case("code") || value.is_empty() {
        return false;
    }
    let outside = |c: char| ends_a_parameter(c) && c != '&';
    let from = text.floor_char_boundary(value.start.saturating_sub(NEIGHBOURHOOD));
    let to = text.floor_char_boundary((value.end + NEIGHBOURHOOD).min(text.len()));
    let (before, after) = (&text[from..value.start], &text[value.end..to]);
    let before = before.rfind(outside).map_or(before, |at| &before[at..]);
    let after = after.find(outside).map_or(after, |at| &after[..at]);
    let around = [before, after].concat();
    if !BESIDE_A_CODE.iter().any(|name| around.contains(name)) {
        return false;
    }
    let names = |around: &str| {
        let pairs = around.split(['?', '&', '#', ';']).filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, _)| name.trim_start_matches(|c: char| !c.is_alphabetic()).to_owned()).collect::<Vec<_>>()
    };
    let known = |name: &String| BESIDE_A_CODE.contains(&name.as_str());
    names(&around).iter().any(known) || names(&meant(&meant(&around))).iter().any(known)
}

/// The name with which a text ends, and the quote that closes it.
fn name_before(text: &str) -> (&str, Option<&'static str>) {
    let text = text.trim_end();
    let text = &text[text.floor_char_boundary(text.len().saturating_sub(LONGEST_BEFORE))..];
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

pub(super) fn ends_a_parameter(letter: char) -> bool {
    letter.is_whitespace() || "&#\"'<>\\`".contains(letter)
}
