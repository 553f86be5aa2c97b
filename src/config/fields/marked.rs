//! Values in markup and between the parts of a form.

use std::ops::Range;

use super::Found;
use crate::config::names::{Hint, Told, hides, hides_value, hint};

/// The values of a page's fields and of its head: `<input name="_token" value="…">`, `<meta name="csrf-token" content="…">`.
pub(super) fn tags(page: &str) -> Vec<Found> {
    let mut values = Vec::new();
    for (open, _) in page.match_indices('<') {
        let rest = &page[open..];
        let tag = &rest[..rest[1..].find(['<', '>']).map_or(rest.len(), |end| end + 1)];
        let says = |name: &str| attribute(tag, name).map(|range| &tag[range]);
        let name = says("name").unwrap_or_default();
        let hint = hint(name);
        let surely = hint == Hint::Secret || says("type") == Some("password");
        if !surely && hint == Hint::Nothing {
            continue;
        }
        let counts = |value: &str| surely || hides_value(name, value, Told::Sent);
        let within = ["value", "content"].into_iter().filter_map(|name| attribute(tag, name));
        let secret = within.filter(|range| counts(&tag[range.clone()]));
        values.extend(secret.map(|range| Found { range: open + range.start..open + range.end, surely }));
    }
    values
}

/// Where an attribute's value is in its tag.
fn attribute(tag: &str, name: &str) -> Option<Range<usize>> {
    let mut starts = tag
        .match_indices(name)
        .map(|(at, _)| at)
        .filter(|at| tag[..*at].ends_with(|c: char| c.is_whitespace() || c == ';'));
    let rest = starts.find_map(|at| tag[at + name.len()..].trim_start().strip_prefix('='))?.trim_start();
    let start = tag.len() - rest.len();
    Some(match rest.chars().next().filter(|first| "\"'".contains(*first)) {
        Some(quote) => start + 1..start + 1 + rest[1..].find(quote).unwrap_or(rest.len() - 1),
        None => start..start + rest.find(char::is_whitespace).unwrap_or(rest.len()),
    })
}

/// The texts of XML's elements: `<wsse:Password Type="…">…</wsse:Password>`.
pub(super) fn elements(text: &str) -> Vec<Range<usize>> {
    const CDATA: &str = "<![CDATA[";
    let mut values = Vec::new();
    let mut until = 0;
    for (open, _) in text.match_indices('<') {
        // What stands in CDATA is no markup.
        if open < until {
            continue;
        }
        let rest = &text[open + 1..];
        let length = rest.find(|c: char| !c.is_alphanumeric() && !"_-.:".contains(c)).unwrap_or(rest.len());
        let name = rest[..length].rsplit(':').next().unwrap_or_default();
        let Some(tag) = rest.find(['<', '>']).filter(|end| hides(name) && rest[*end..].starts_with('>')) else {
            continue;
        };
        if rest[..tag].ends_with('/') {
            continue;
        }
        let start = open + 1 + tag + 1;
        let (start, length) = match text[start..].strip_prefix(CDATA) {
            Some(inside) => (start + CDATA.len(), inside.find("]]>").unwrap_or(inside.len())),
            None => (start, text[start..].find('<').unwrap_or(text.len() - start)),
        };
        until = start + length;
        if !text[start..until].trim().is_empty() {
            values.push(start..until);
        }
    }
    values
}

/// No part of a form has a longer head.
const LONGEST_HEAD: usize = 4096;

/// The values of a form with files that nobody may read.
pub(super) fn parts(text: &str) -> Vec<Found> {
    let found = each_part(text).into_iter().map(|(name, range)| (name, Found { range, surely: hides(name) }));
    let counts =
        |(name, found): &(&str, Found)| found.surely || hides_value(name, &text[found.range.clone()], Told::Sent);
    found.filter(counts).map(|(_, found)| found).collect()
}

/// The parts of a form with files (RFC 7578), names and values, in order.
pub fn form_parts(text: &str) -> Vec<(String, String)> {
    each_part(text).into_iter().map(|(name, value)| (name.to_owned(), text[value].to_owned())).collect()
}

/// Names of parts, and their values: each up to the line that begins the next one, or to the end where the form was cut.
fn each_part(text: &str) -> Vec<(&str, Range<usize>)> {
    const DISPOSITION: &str = "form-data";
    let mut values = Vec::new();
    let mut until = 0;
    for (at, _) in text.match_indices(DISPOSITION) {
        if at < until {
            continue;
        }
        let head = &text[at..text.floor_char_boundary(at + LONGEST_HEAD)];
        let line = head.split(['\r', '\n']).next().unwrap_or_default();
        let Some(name) = attribute(line, "name").map(|range| &line[range]) else { continue };
        let Some(start) = end_of_head(head).map(|length| at + length) else { continue };
        let before = &text[text.floor_char_boundary(at.saturating_sub(LONGEST_HEAD))..at];
        let begins = before.rfind("\n--").map_or(0, |line| line + 1);
        let border = before[begins..].lines().next().unwrap_or_default().trim_end();
        // A text that was cut at its beginning does not say what parts it.
        let border = if border.starts_with("--") { border } else { "--" };
        let end = text[start..].match_indices(border).map(|(length, _)| start + length);
        let mut begins = end.filter(|end| *end == start || text[..*end].ends_with('\n'));
        let end = begins.next().map_or(text.len(), |end| if end == start { end } else { end - 1 });
        let end = if text[start..end].ends_with('\r') { end - 1 } else { end };
        values.push((name, start..end));
        until = end;
    }
    values
}

/// How long the rest of a part's head is, the empty line behind it included.
fn end_of_head(text: &str) -> Option<usize> {
    let ends = ["\r\n\r\n", "\n\n"].into_iter().filter_map(|end| text.find(end).map(|at| at + end.len()));
    ends.min()
}
