//! Which requests of a recording are the app's own.

use std::{borrow::Cow, collections::BTreeMap};

use url::Url;

use super::archive::{Entry, called};
use crate::draft::words::logs_out;

/// Kinds of requests, as browsers call them, that a page makes besides what the app computes.
const ASSETS: [&str; 14] = [
    "image",
    "font",
    "stylesheet",
    "script",
    "media",
    "manifest",
    "texttrack",
    "ping",
    "beacon",
    "preflight",
    "websocket",
    "eventsource",
    "csp-report",
    "cspviolationreport",
];
/// Ends of paths likewise.
const ENDS: [&str; 25] = [
    ".css",
    ".js",
    ".mjs",
    ".map",
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".svg",
    ".webp",
    ".avif",
    ".ico",
    ".woff",
    ".woff2",
    ".ttf",
    ".otf",
    ".eot",
    ".mp3",
    ".mp4",
    ".webm",
    ".ogg",
    ".wasm",
    ".webmanifest",
    ".cur",
    ".bmp",
];

/// A request that becomes a step, with its address.
pub(super) struct Kept<'a> {
    pub(super) entry: &'a Entry,
    pub(super) url: Url,
    /// The text of its answer.
    pub(super) body: Cow<'a, str>,
}

/// The app's own requests, and what was left out with the reason.
pub(super) fn kept(entries: &[Entry]) -> (Vec<Kept<'_>>, Vec<(String, String)>) {
    let home = home(entries);
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    let mut hosts: BTreeMap<String, usize> = BTreeMap::new();
    let mut assets = 0;
    for entry in entries {
        let Some(url) = entry.url() else { continue };
        let host = host(&url);
        if Some(&host) != home.as_ref() {
            *hosts.entry(host).or_default() += 1;
        } else if is_asset(entry, &url) {
            assets += 1;
        } else if let Some(why) = unfit(entry, &url) {
            left_out.push((name(entry, &url), why));
        } else {
            kept.push(Kept { entry, url, body: entry.body() });
        }
    }
    if assets > 0 {
        left_out.push((format!("{} for images, fonts, styles and scripts", requests(assets)), "assets".to_owned()));
    }
    for (host, count) in hosts {
        left_out.push((format!("{} to {host}", requests(count)), "another host than the app's".to_owned()));
    }
    (kept, left_out)
}

/// The host of the first page, else the most frequent one.
pub(super) fn home(entries: &[Entry]) -> Option<String> {
    let page = |entry: &&Entry| entry.kind.as_deref() == Some("document") || entry.media() == "text/html";
    if let Some(url) = entries.iter().filter(page).find_map(Entry::url) {
        return Some(host(&url));
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    entries.iter().filter_map(Entry::url).for_each(|url| *counts.entry(host(&url)).or_default() += 1);
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(host, _)| host)
}

/// Host and port, the scheme's own left out, so that a redirect from http to https stays at home.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn is_asset(entry: &Entry, url: &Url) -> bool {
    let kind = entry.kind.as_deref().unwrap_or_default().to_ascii_lowercase();
    let media = entry.media();
    let path = url.path().to_ascii_lowercase();
    let drawn = ["image/", "font/", "audio/", "video/"].iter().any(|start| media.starts_with(start));
    let code = ["text/css", "javascript", "ecmascript", "application/wasm", "font-", "manifest+json"];
    ASSETS.contains(&kind.as_str())
        || drawn
        || code.iter().any(|word| media.contains(word))
        || (entry.request.method == "GET" && ENDS.iter().any(|end| path.ends_with(end)))
}

/// Why a request of the app is no step.
fn unfit(entry: &Entry, url: &Url) -> Option<String> {
    const LONGEST: usize = 4_000;
    let method = entry.request.method.as_str();
    let path = url.path();
    if !["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].contains(&method) {
        return Some("the gate does not send this method".to_owned());
    }
    if logs_out(path) {
        return Some("it would end what the login began".to_owned());
    }
    if path.starts_with("//") {
        return Some("its path begins with two slashes, which would name a host".to_owned());
    }
    if url.as_str().len() > LONGEST {
        return Some("its address is too long".to_owned());
    }
    match entry.status() {
        0..200 => Some("it has no answer in the recording".to_owned()),
        status @ 400.. => Some(format!("it was answered with {status} in the recording")),
        _ => None,
    }
}

fn requests(count: usize) -> String {
    if count == 1 { "1 request".to_owned() } else { format!("{count} requests") }
}

/// What a request is called where it is left out.
pub(super) fn name(entry: &Entry, url: &Url) -> String {
    called(&entry.request.method, url)
}
