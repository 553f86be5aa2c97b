//! A draft from a session that a browser recorded (HAR 1.2).

mod archive;
mod keep;
mod login;
mod pause;
mod request;
mod secret;
mod trace;
mod weave;

use std::collections::BTreeSet;

pub(super) use archive::is_archive;
use url::Url;

use self::{
    archive::{Archive, Entry},
    keep::{home, host, kept},
    weave::Weaver,
};
use super::{Draft, Error, gate::Gate, text::snake, write::write};
use crate::{config::Secrets, plan::is_loopback};

/// Secrets that are looked for in everything that is written.
const MOST_SECRETS: usize = 1_000;

/// Drafts a gate from a recording.
pub(super) fn draft(source: &str, text: &str) -> Result<Draft, Error> {
    let archive = Archive::read(text)?;
    let entries = &archive.log.entries.read;
    let (kept, mut left_out) = kept(entries);
    let unread = archive.log.entries.unread.iter();
    left_out.extend(unread.map(|name| (name.clone(), "its entry in the file is not as HAR has it".to_owned())));
    let mut gate = gate(source, entries);
    gate.think = pause::think(login::position(&kept).map_or(&kept, |login| &kept[login + 1..]));
    let secrets = secret::secrets(entries, &kept);
    if secrets.len() > MOST_SECRETS {
        return Err(Error::TooManySecrets { found: secrets.len() });
    }
    let (mut gate, hidden) = Weaver::of(&kept, gate, &secrets).gate();
    gate.left_out.extend(left_out);
    let mask = Secrets::of(secrets.iter().chain(&hidden));
    if gate.steps.is_empty() {
        let reason = |(what, why): &(String, String)| mask.mask(&format!("{what} ({why})")).into_owned();
        let left_out = gate.left_out.iter().map(reason).collect();
        let entries = entries.len() + archive.log.entries.unread.len();
        return Err(Error::NoRequests { entries, left_out });
    }
    Ok(write(gate, &mask))
}

/// What does not depend on single requests.
fn gate(source: &str, entries: &[Entry]) -> Gate {
    let home = home(entries).unwrap_or_default();
    let name = match home.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => home.as_str(),
    };
    let mut gate = Gate {
        source: source.to_owned(),
        name: if is_local(name) { "my-app".to_owned() } else { snake(name).replace('_', "-") },
        scenario: "visitor".to_owned(),
        dataset: "recorded".to_owned(),
        allow: vec!["*.staging.example.com".to_owned()],
        ..Gate::default()
    };
    gate.remarks.push(format!(
        "Recorded at {home}, which `target.allow` does not name: point STAGING_URL at a staging app, never at one that others use."
    ));
    let foreign = foreign_cookies(entries, &home);
    if !foreign.is_empty() {
        gate.remarks.push(format!(
            "review: the recording began with the cookies {}, which no answer in it had set. The gate's users begin without \
             any: if pages need these, record again in a private window, login included.",
            foreign.join(", ")
        ));
    }
    gate
}

/// Cookies that were there before the recording.
fn foreign_cookies(entries: &[Entry], home: &str) -> Vec<String> {
    const MOST: usize = 8;
    let mut set: BTreeSet<&str> = BTreeSet::new();
    let mut foreign: Vec<String> = Vec::new();
    for entry in entries.iter().filter(|entry| entry.url().is_some_and(|url| host(&url) == home)) {
        for (name, _) in entry.cookies() {
            if !set.contains(name) && !foreign.iter().any(|known| known == name) && foreign.len() < MOST {
                foreign.push(name.to_owned());
            }
        }
        set.extend(entry.sets().map(|(name, _)| name));
    }
    foreign
}

/// Whether a host is this machine.
fn is_local(host: &str) -> bool {
    Url::parse(&format!("http://{host}/")).is_ok_and(|url| url.host().is_none_or(|host| is_loopback(&host)))
}
