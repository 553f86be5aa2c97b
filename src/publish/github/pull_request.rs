//! The pull request that a finished workflow run belongs to.

use serde::Deserialize;

use super::{
    api::Api,
    error::{Cause, Permission, PostError},
    event::Source,
    segment::segment,
};

/// A pull request, as far as the gate looks at it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct PullRequest {
    number: u64,
    #[serde(default)]
    state: String,
    pub(super) head: Head,
}

/// The branch that is to be merged.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Head {
    pub(super) sha: String,
    #[serde(rename = "ref")]
    branch: String,
    user: Option<Owner>,
}

#[derive(Debug, Clone, Deserialize)]
struct Owner {
    login: String,
}

impl Api {
    /// This API for the pull request that the event names, or that belongs to its branch; `None` where it has none.
    ///
    /// # Errors
    /// GitHub did not say in time.
    pub async fn on_pull_request(&self, source: Option<&Source>) -> Result<Option<Self>, PostError> {
        let source = match (self.context.pull_request, source) {
            (Some(_), _) => return Ok(Some(self.clone())),
            // An event without a pull request is no fault, unless it is said that there is one.
            (None, None) => return Ok(None),
            (None, Some(source)) => source,
        };
        match self.found(source).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.has_no_place() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// This API for the one pull request of a branch.
    ///
    /// # Errors
    /// As [`Api::pull_request`].
    pub async fn found(&self, source: &Source) -> Result<Self, PostError> {
        Ok(self.at(self.pull_request(&source.owner, &source.branch).await?))
    }

    /// The number of the open pull request whose newest commit is the context's head, from a branch of `owner`, who is
    /// the fork's where the pull request comes from one.
    ///
    /// The event `workflow_run` names no pull request of a fork (actions/runner#3444), and what the fork's own files
    /// say is not to be trusted. GitHub ignores a filter that it cannot read, so each answer is compared once more.
    ///
    /// # Errors
    /// There is none, there are several, or GitHub did not say in time.
    pub async fn pull_request(&self, owner: &str, branch: &str) -> Result<u64, PostError> {
        let what = "the pull request was not found, and nothing was posted";
        let head = &self.context.head;
        // A deployment of a commit names no branch but the commit again.
        let no_branch = branch.eq_ignore_ascii_case(head);
        let below = if no_branch {
            format!("/commits/{head}/pulls")
        } else {
            format!("/pulls?state=open&head={}:{}", segment(owner), segment(branch))
        };
        let listed = self.pages(&self.path(&below), |page: Vec<PullRequest>| page).await;
        let listed = listed.map_err(|fault| PostError::new(what, Cause::Fault(fault, Permission::ReadPullRequests)))?;
        let matches = |pull: &&PullRequest| {
            let place = if no_branch { pull.state == "open" } else { pull.is_of(owner, branch) };
            place && pull.head.sha.eq_ignore_ascii_case(head)
        };
        let found: Vec<u64> = listed.iter().filter(matches).map(|pull| pull.number).collect();
        let unclear = |reason: String| Err(PostError::new(what, Cause::Place(reason)));
        match found.as_slice() {
            [number] => Ok(*number),
            [] => unclear(format!(
                "no open pull request from this branch has {head} as its newest commit; it was closed, or has a newer commit"
            )),
            [first, second, ..] => unclear(format!(
                "{head} is the newest commit of several pull requests, #{first} and #{second} among them"
            )),
        }
    }
}

impl PullRequest {
    fn is_of(&self, owner: &str, branch: &str) -> bool {
        let user = self.head.user.as_ref();
        user.is_some_and(|user| user.login.eq_ignore_ascii_case(owner)) && self.head.branch == branch
    }
}
