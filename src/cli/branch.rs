//! The branch that is measured, and the one whose runs say what is normal.

use std::process::{Command, Stdio};

use crate::{config::Environment, publish::Event};

/// Where nobody says which branch is the default one.
const USUAL: &str = "main";

/// A checkout of a commit that stands for no branch: never the base.
const DETACHED: &str = "detached";

/// Two branches of one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Branches {
    /// The branch under test. That of a fork is named with its owner, so that a fork's `main` is never taken for ours.
    pub(super) own: String,
    /// The branch that it is to be merged into; outside of pull requests the default branch.
    pub(super) base: String,
}

impl Branches {
    /// From the event that started the job, else from git in this folder.
    pub(super) fn of(environment: &Environment) -> Self {
        let Event { branch, base, .. } = Event::of(environment);
        let variable = |name: &str| environment.get(name).filter(|value| !value.is_empty()).cloned();
        let base = base.or_else(|| variable("GITHUB_BASE_REF"));
        let own = branch.or_else(|| variable("GITHUB_REF_NAME")).or_else(|| git(&["symbolic-ref", "--short", "HEAD"]));
        let own = own.unwrap_or_else(|| nameless().to_owned());
        let base = base.or_else(remote_default).unwrap_or_else(|| local_default(&own));
        Self { own, base }
    }

    /// Whether this is a run of the base branch itself.
    pub(super) fn is_base(&self) -> bool {
        self.own == self.base
    }
}

/// Of a checkout without a branch; outside of a repository there is only one normal.
fn nameless() -> &'static str {
    if git(&["rev-parse", "--git-dir"]).is_some() { DETACHED } else { USUAL }
}

/// What the remote calls its default branch.
fn remote_default() -> Option<String> {
    let head = git(&["symbolic-ref", "--short", "refs/remotes/origin/HEAD"])?;
    Some(head.strip_prefix("origin/").unwrap_or(&head).to_owned())
}

/// Without a remote: `main` or `master`, whichever there is, else the branch itself.
fn local_default(own: &str) -> String {
    let exists = |name: &&str| git(&["rev-parse", "--verify", "--quiet", &format!("refs/heads/{name}")]).is_some();
    let found = [USUAL, "master"].into_iter().find(exists);
    found.map_or_else(|| if own == DETACHED { USUAL.to_owned() } else { own.to_owned() }, str::to_owned)
}

/// The one line that git answers; `None` where it fails or there is none.
pub(super) fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let line = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Some(line.trim().to_owned()).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tempfile::NamedTempFile;

    use super::*;

    fn branches(event: &str, name: &str) -> Branches {
        let mut file = NamedTempFile::new().expect("a temporary file can be made");
        file.write_all(event.as_bytes()).expect("it can be written");
        let path = file.path().to_string_lossy().into_owned();
        let variables = [("GITHUB_EVENT_PATH", path), ("GITHUB_REF_NAME", name.to_owned())];
        Branches::of(&variables.map(|(name, value)| (name.to_owned(), value)).into())
    }

    fn pair(own: &str, base: &str) -> Branches {
        Branches { own: own.to_owned(), base: base.to_owned() }
    }

    #[test]
    fn a_pull_request_names_both() {
        let event = |head: &str| {
            format!(
                r#"{{"repository": {{"default_branch": "main"}}, "pull_request": {{
                    "head": {{"ref": "feature", "repo": {{"full_name": "{head}"}}}},
                    "base": {{"ref": "release", "repo": {{"full_name": "us/shop"}}}}}}}}"#
            )
        };
        assert_eq!(branches(&event("us/shop"), "7/merge"), pair("feature", "release"));
        assert_eq!(branches(&event("them/shop"), "7/merge"), pair("them:feature", "release"));
    }

    #[test]
    fn a_forks_main_is_not_ours() {
        let event = r#"{"pull_request": {"head": {"ref": "main", "repo": null},
                        "base": {"ref": "main", "repo": {"full_name": "us/shop"}}}}"#;
        let seen = branches(event, "7/merge");
        assert_eq!(seen, pair("fork:main", "main"));
        assert!(!seen.is_base());
    }

    /// A job of `workflow_run` runs on the default branch, whatever branch the workflow before it was of.
    #[test]
    fn what_follows_another_workflow_is_of_that_ones_branch() {
        let event = |head: &str| {
            format!(
                r#"{{"repository": {{"default_branch": "main", "full_name": "us/shop"}}, "workflow_run": {{
                    "head_branch": "main", "head_repository": {{"full_name": "{head}"}}}}}}"#
            )
        };
        assert!(branches(&event("us/shop"), "main").is_base());
        assert_eq!(branches(&event("them/shop"), "main"), pair("them:main", "main"));
    }

    #[test]
    fn a_push_is_of_the_base_branch_or_not() {
        let event = r#"{"ref": "refs/heads/x", "repository": {"default_branch": "trunk"}}"#;
        assert!(branches(event, "trunk").is_base());
        assert_eq!(branches(event, "side"), pair("side", "trunk"));
        let queue = r#"{"merge_group": {"head_ref": "refs/heads/gh-readonly-queue/main/pr-7-abc",
                        "base_ref": "refs/heads/main"}}"#;
        assert_eq!(branches(queue, ""), pair("gh-readonly-queue/main/pr-7-abc", "main"));
    }
}
