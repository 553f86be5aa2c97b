//! Where a run's results belong: the repository, the commit, the pull request.

use std::fmt;

use url::Url;

/// What GitHub's API is asked with and about.
#[derive(Debug, Clone)]
pub struct Context {
    /// The API, `GITHUB_API_URL`; on GitHub Enterprise it has a path.
    pub api: Url,
    /// Its GraphQL API, `GITHUB_GRAPHQL_URL`.
    pub graphql: Url,
    /// The site that people see, `GITHUB_SERVER_URL`.
    pub server: Url,
    /// Who owns the repository.
    pub owner: String,
    /// The repository's name, without its owner.
    pub repository: String,
    /// The commit that was judged, as its full SHA; of a pull request its newest commit, never the merge commit.
    pub head: String,
    /// The pull request's number; none where the event has no pull request.
    pub pull_request: Option<u64>,
    /// Whether the commit is one that a merge queue made of the pull request's newest one, and so newer than that.
    pub merge_queue: bool,
    /// The workflow run's page, where the report's artifact is.
    pub run: Option<String>,
    /// Names what this job posts: run, attempt, job, runner and gate.
    pub external_id: String,
    /// What the API knows us by.
    pub token: Token,
}

impl Context {
    /// The page of a workflow run of this repository.
    pub fn page_of(&self, run: u64) -> String {
        let server = self.server.as_str().trim_end_matches('/');
        format!("{server}/{}/{}/actions/runs/{run}", self.owner, self.repository)
    }
}

/// A secret that no message and no debug output shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token as the environment gives it.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret, for the header of a request.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_shown() {
        assert_eq!(format!("{:?}", Token::new("ghp_secret")), "Token(***)");
    }
}
