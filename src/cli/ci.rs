//! Whether a command runs in CI.

use crate::config::Environment;

/// In any: `CI` is set, and to something else than `false`.
pub(super) fn in_ci(environment: &Environment) -> bool {
    environment.get("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// In a job of GitHub Actions.
pub(super) fn in_github_actions(environment: &Environment) -> bool {
    environment.get("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// In a job of GitLab.
pub(super) fn in_gitlab(environment: &Environment) -> bool {
    environment.get("GITLAB_CI").is_some_and(|value| value == "true")
}
