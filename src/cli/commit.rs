//! The commit under test, where the command line does not name it.

use std::process::{Command, Stdio};

use crate::{
    config::Environment,
    publish::{Event, is_hash},
};

/// The head of the event, else `GITHUB_SHA`, else git's HEAD in this folder, else `dev`.
pub(super) fn under_test(environment: &Environment) -> String {
    let named = || environment.get("GITHUB_SHA").filter(|sha| !sha.is_empty()).cloned();
    Event::of(environment).head.or_else(named).or_else(git).unwrap_or_else(|| "dev".to_owned())
}

fn git() -> Option<String> {
    let output =
        Command::new("git").args(["rev-parse", "--verify", "HEAD"]).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = output.ok().filter(|output| output.status.success())?;
    let hash = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    is_hash(&hash).then_some(hash)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tempfile::NamedTempFile;

    use super::*;

    fn environment(event: &str, sha: &str) -> (NamedTempFile, Environment) {
        let mut file = NamedTempFile::new().expect("a temporary file can be made");
        file.write_all(event.as_bytes()).expect("it can be written");
        let path = file.path().to_string_lossy().into_owned();
        let variables = [("GITHUB_EVENT_PATH", path), ("GITHUB_SHA", sha.to_owned())];
        (file, variables.map(|(name, value)| (name.to_owned(), value)).into())
    }

    #[test]
    fn of_a_pull_request_it_is_the_head_and_not_the_merge_commit() {
        let head = "a".repeat(40);
        let merge = "b".repeat(40);
        let event = format!(r#"{{"number": 7, "pull_request": {{"head": {{"sha": "{head}"}}}}}}"#);
        let (_file, variables) = environment(&event, &merge);
        assert_eq!(under_test(&variables), head);
        for event in ["{}", "", "[", r#"{"pull_request": {"head": {"sha": "--upload-pack=x"}}}"#] {
            let (_file, variables) = environment(event, &merge);
            assert_eq!(under_test(&variables), merge, "{event}");
        }
    }

    #[test]
    fn without_anything_it_is_gits_or_dev() {
        let commit = under_test(&Environment::new());
        assert!(commit == "dev" || is_hash(&commit), "{commit}");
    }
}
