//! Which branch is built, and which branch says what is normal.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::commit;
use crate::config::Environment;

/// Where neither CI nor git names a branch.
const UNKNOWN: &str = "unknown";

/// The branch that is built: that of the event's pull request, else of the push, else git's in this folder; `unknown` for
/// a detached HEAD.
pub(super) fn built(environment: &Environment) -> String {
    let variable = |name: &str| environment.get(name).filter(|value| !value.is_empty()).cloned();
    let pushed =
        || variable("GITHUB_REF_NAME").filter(|_| environment.get("GITHUB_REF_TYPE").is_none_or(|t| t == "branch"));
    variable("GITHUB_HEAD_REF")
        .or_else(pushed)
        .or_else(|| git(&["symbolic-ref", "--quiet", "--short", "HEAD"]))
        .unwrap_or_else(|| UNKNOWN.to_owned())
}

/// The branch whose runs say what is normal: the one that the event's pull request or merge queue leads to, else the
/// repository's default branch by the event, else by the clone, else `main`.
pub(super) fn base(environment: &Environment) -> String {
    let named = environment.get("GITHUB_BASE_REF").filter(|name| !name.is_empty()).cloned();
    let event = || environment.get("GITHUB_EVENT_PATH").and_then(|path| commit::event(path)).and_then(|e| of_event(&e));
    let clone = || {
        let head = git(&["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"])?;
        head.strip_prefix("origin/").map(str::to_owned)
    };
    named.or_else(event).or_else(clone).unwrap_or_else(|| "main".to_owned())
}

fn of_event(event: &Value) -> Option<String> {
    let queue = event.pointer("/merge_group/base_ref").and_then(Value::as_str);
    let queue = queue.map(|name| name.strip_prefix("refs/heads/").unwrap_or(name));
    let name = queue.or_else(|| event.pointer("/repository/default_branch")?.as_str())?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// What git prints in this folder, if it prints anything.
pub(super) fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = output.ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn of_a_pull_request_both_are_its_own() {
        let pull =
            variables(&[("GITHUB_HEAD_REF", "topic"), ("GITHUB_BASE_REF", "release"), ("GITHUB_REF_NAME", "7/merge")]);
        assert_eq!((built(&pull).as_str(), base(&pull).as_str()), ("topic", "release"));
        let push = variables(&[("GITHUB_HEAD_REF", ""), ("GITHUB_REF_NAME", "main"), ("GITHUB_REF_TYPE", "branch")]);
        assert_eq!(built(&push), "main");
        let tag = variables(&[("GITHUB_REF_NAME", "v1"), ("GITHUB_REF_TYPE", "tag")]);
        assert_ne!(built(&tag), "v1");
    }

    #[test]
    fn the_event_names_the_base() {
        let folder = TempDir::new().expect("a temporary folder can be made");
        for (event, expected) in [
            (r#"{"repository": {"default_branch": "trunk"}}"#, "trunk"),
            (r#"{"merge_group": {"base_ref": "refs/heads/next"}, "repository": {"default_branch": "trunk"}}"#, "next"),
        ] {
            let path = folder.path().join("event.json");
            fs::write(&path, event).expect("a file can be written");
            assert_eq!(base(&variables(&[("GITHUB_EVENT_PATH", &path.to_string_lossy())])), expected);
        }
    }
}
