//! What could not be posted, as a sentence for the warning that it becomes.

use std::fmt;

use super::fault::Fault;

/// Something that was not posted to GitHub: what, why, and what to do about it.
///
/// It is a warning; verdict and exit code never depend on it. Neither it nor its debug output holds the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostError {
    what: String,
    cause: Cause,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// Nothing could be asked at all, in words.
    Setup(String),
    /// There is nothing to post to, in words.
    Place(String),
    /// GitHub did not do it; the job would need this permission.
    Fault(Fault, Permission),
}

/// What a workflow must grant to its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    PullRequests,
    ReadPullRequests,
    Checks,
    Statuses,
}

impl PostError {
    /// `what` says what is missing now, as in "the comment was not posted".
    pub(super) fn new(what: impl Into<String>, cause: Cause) -> Self {
        Self { what: what.into(), cause }
    }

    /// Whether there was nothing to post to, which a job that did not ask for a certain place may pass over.
    pub fn has_no_place(&self) -> bool {
        matches!(self.cause, Cause::Place(_))
    }
}

impl Permission {
    fn name(self) -> &'static str {
        match self {
            Self::PullRequests => "pull-requests: write",
            Self::ReadPullRequests => "pull-requests: read",
            Self::Checks => "checks: write",
            Self::Statuses => "statuses: write",
        }
    }
}

impl fmt::Display for PostError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.what)?;
        match &self.cause {
            Cause::Setup(reason) | Cause::Place(reason) => formatter.write_str(reason),
            Cause::Fault(fault, permission) => {
                write!(formatter, "{fault}{}", advice(fault, *permission))
            }
        }
    }
}

impl std::error::Error for PostError {}

/// What to do about it, as the end of a sentence.
fn advice(fault: &Fault, permission: Permission) -> String {
    let permission = permission.name();
    match fault {
        Fault::Refused { status: 401, .. } => "; give the step a token that is valid (GITHUB_TOKEN)".to_owned(),
        Fault::Refused { status: 403, message } if message.to_lowercase().contains("locked") => {
            "; unlock the conversation, or use the check or the commit status".to_owned()
        }
        Fault::Refused { status: 403, .. } => format!(
            "; the job's token lacks `{permission}`: grant it under `permissions` in the workflow (runs of forks \
             never have it, see docs/github.md)"
        ),
        Fault::Refused { status: 404, .. } => format!(
            "; it was deleted, or the job's token lacks `{permission}` (runs of forks never have it, see \
             docs/github.md)"
        ),
        Fault::Refused { status: 410, .. } => {
            "; comments need Issues: enable them in the repository's settings, or use the check or the commit status"
                .to_owned()
        }
        Fault::Refused { status: 422, .. } => "; this is a mistake of the gate or of its settings".to_owned(),
        Fault::Refused { status: 300..=399, .. } => "; check GITHUB_API_URL and GITHUB_REPOSITORY".to_owned(),
        Fault::Limited { .. } => "; too many requests were made with this token, run the job again later".to_owned(),
        Fault::Refused { .. } | Fault::Unclear { .. } | Fault::Late => {
            "; check GITHUB_API_URL and githubstatus.com, then run the job again".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(status: u16, message: &str) -> String {
        let fault = Fault::Refused { status, message: message.to_owned() };
        PostError::new("the comment was not posted", Cause::Fault(fault, Permission::PullRequests)).to_string()
    }

    #[test]
    fn a_sentence_names_what_is_missing_why_and_the_permission() {
        assert_eq!(
            sentence(403, "Resource not accessible by integration"),
            "the comment was not posted: GitHub answered 403: Resource not accessible by integration; the job's token \
             lacks `pull-requests: write`: grant it under `permissions` in the workflow (runs of forks \
             never have it, see docs/github.md)"
        );
        assert!(sentence(404, "Not Found").contains("`pull-requests: write`"));
        assert!(sentence(401, "Bad credentials").contains("GITHUB_TOKEN"));
        assert!(sentence(410, "Issues are disabled for this repo").contains("enable them"));
        let locked = sentence(403, "Unable to create comment because issue is locked.");
        assert!(locked.contains("unlock") && !locked.contains("lacks"), "{locked}");
    }
}
