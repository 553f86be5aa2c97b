//! The job of GitHub Actions that this process runs in: from the runner's variables to a [`Context`].

use std::path::Path;

use url::Url;

use super::{Context, Event, Kind, Token, is_hash};
use crate::config::Environment;

/// Why nothing can be posted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoContext {
    /// This is no job of GitHub Actions, so nothing was meant to be posted.
    #[error("this is no job of GitHub Actions; nothing is posted")]
    Outside,
    /// The job has no token.
    #[error(
        "GITHUB_TOKEN is not set, so nothing can be posted; give it to the step: env: {{GITHUB_TOKEN: ${{{{ github.token }}}}}}"
    )]
    NoToken,
    /// The job does not say something that is needed, or says it in a form that cannot be used.
    #[error("{variable} {fault}, so nothing can be posted; the runner of GitHub Actions sets it")]
    Unusable {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
}

/// The words for a variable that is missing, and for one that is there.
const MISSING: &str = "is not set";
const MALFORMED: &str = "cannot be used";

impl Context {
    /// Where the results of this job belong. `gate` is part of what names its check; an empty one names every check
    /// of this job.
    ///
    /// # Errors
    /// When this is no job of GitHub Actions, or when it lacks what is needed.
    pub fn of(environment: &Environment, event: &Event, gate: &str) -> Result<Self, NoContext> {
        let variable = |name: &str| environment.get(name).map(String::as_str).filter(|value| !value.is_empty());
        if variable("GITHUB_ACTIONS") != Some("true") {
            return Err(NoContext::Outside);
        }
        let repository = variable("GITHUB_REPOSITORY").ok_or(unusable("GITHUB_REPOSITORY", MISSING))?;
        let (owner, repository) = repository
            .split_once('/')
            .filter(|(owner, name)| is_name(owner) && is_name(name))
            .ok_or(unusable("GITHUB_REPOSITORY", MALFORMED))?;
        let api = address("GITHUB_API_URL", variable("GITHUB_API_URL").unwrap_or("https://api.github.com"))?;
        let graphql = match variable("GITHUB_GRAPHQL_URL") {
            Some(text) => address("GITHUB_GRAPHQL_URL", text)?,
            None => beside(&api),
        };
        let server = address("GITHUB_SERVER_URL", variable("GITHUB_SERVER_URL").unwrap_or("https://github.com"))?;
        let head = event.head.as_deref().or_else(|| variable("GITHUB_SHA")).ok_or(unusable("GITHUB_SHA", MISSING))?;
        if !is_hash(head) {
            return Err(unusable("GITHUB_SHA", MALFORMED));
        }
        let token = variable("GITHUB_TOKEN").ok_or(NoContext::NoToken)?;
        let mut context = Self {
            run: None,
            owner: owner.to_owned(),
            repository: repository.to_owned(),
            head: head.to_ascii_lowercase(),
            pull_request: event.pull_request,
            merge_queue: event.kind == Kind::MergeGroup,
            external_id: external_id(environment, gate),
            token: Token::new(token),
            api,
            graphql,
            server,
        };
        // Also after another workflow: what this run posts leads to this run.
        context.run = variable("GITHUB_RUN_ID").and_then(|id| id.parse().ok()).map(|id| context.page_of(id));
        Ok(context)
    }
}

/// A folder as the repository knows it: relative to its root, with `/`, empty for the root itself. `None` outside of
/// GitHub's workspace.
pub fn folder_in_repository(environment: &Environment, folder: &Path) -> Option<String> {
    let root = Path::new(environment.get("GITHUB_WORKSPACE").filter(|path| !path.is_empty())?).canonicalize().ok()?;
    let folder = folder.canonicalize().ok()?;
    let parts: Option<Vec<&str>> = folder.strip_prefix(root).ok()?.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}

/// Run, attempt, job, runner and gate: jobs of a matrix have one name, but each has its runner.
fn external_id(environment: &Environment, gate: &str) -> String {
    let names = ["GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB", "RUNNER_NAME"];
    let part = |name: &str| environment.get(name).map(|value| value.replace('/', "-")).unwrap_or_default();
    format!("{}/{gate}", names.map(part).join("/"))
}

fn unusable(variable: &'static str, fault: &'static str) -> NoContext {
    NoContext::Unusable { variable, fault }
}

fn address(variable: &'static str, text: &str) -> Result<Url, NoContext> {
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    url.ok_or(unusable(variable, MALFORMED))
}

/// The GraphQL API beside a REST API: `/graphql`, on GitHub Enterprise `/api/graphql` beside `/api/v3`.
fn beside(api: &Url) -> Url {
    let path = api.path().trim_end_matches('/');
    let mut graphql = api.clone();
    graphql.set_path(&format!("{}/graphql", path.strip_suffix("/v3").unwrap_or(path)));
    graphql
}

/// What GitHub allows in the name of an owner or a repository; `..` would lead to another path of the API.
pub(super) fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed) && text != "." && text != ".."
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    const SHA: &str = "2ffea6db159f6b6c47a24e778fb9ef40cf6b1c7d";

    fn job() -> Environment {
        let variables = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", "us/shop"),
            ("GITHUB_SHA", SHA),
            ("GITHUB_RUN_ID", "17"),
            ("GITHUB_RUN_ATTEMPT", "2"),
            ("GITHUB_JOB", "gate"),
            ("RUNNER_NAME", "GitHub Actions 3"),
            ("GITHUB_TOKEN", "ghs_secret"),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    fn with(name: &str, value: &str) -> Environment {
        let mut job = job();
        job.insert(name.to_owned(), value.to_owned());
        job
    }

    #[test]
    fn a_job_says_where_its_results_belong() {
        let context = Context::of(&job(), &Event::default(), "shop").expect("everything is there");
        assert_eq!((context.owner.as_str(), context.repository.as_str(), context.head.as_str()), ("us", "shop", SHA));
        assert_eq!((context.api.as_str(), context.pull_request), ("https://api.github.com/", None));
        assert_eq!(context.run.as_deref(), Some("https://github.com/us/shop/actions/runs/17"));
        assert_eq!(context.external_id, "17/2/gate/GitHub Actions 3/shop");
        assert_eq!(context.graphql.as_str(), "https://api.github.com/graphql");
        assert!(!format!("{context:?}").contains("ghs_secret"));
        let named = with("GITHUB_GRAPHQL_URL", "https://graph.example.com/x");
        let context = Context::of(&named, &Event::default(), "shop").expect("everything is there");
        assert_eq!(context.graphql.as_str(), "https://graph.example.com/x");
    }

    #[test]
    fn a_pull_request_counts_more_than_the_merge_commit() {
        let head = "a".repeat(40);
        let event = Event { head: Some(head.clone()), pull_request: Some(7), ..Event::default() };
        let context = Context::of(&job(), &event, "shop").expect("everything is there");
        assert_eq!((context.head, context.pull_request), (head, Some(7)));
    }

    #[test]
    fn what_follows_another_workflow_links_to_its_own_run() {
        let event = Event { run: Some(16), ..Event::default() };
        let context = Context::of(&job(), &event, "shop").expect("everything is there");
        assert_eq!(context.run.as_deref(), Some("https://github.com/us/shop/actions/runs/17"));
        assert_eq!(context.page_of(16), "https://github.com/us/shop/actions/runs/16");
        assert_eq!(context.external_id, "17/2/gate/GitHub Actions 3/shop");
    }

    #[test]
    fn github_enterprise_is_elsewhere_and_below_a_path() {
        let mut job = with("GITHUB_API_URL", "https://git.example.com/api/v3");
        job.insert("GITHUB_SERVER_URL".to_owned(), "https://git.example.com".to_owned());
        let context = Context::of(&job, &Event::default(), "shop").expect("everything is there");
        assert_eq!(context.api.as_str(), "https://git.example.com/api/v3");
        assert_eq!(context.graphql.as_str(), "https://git.example.com/api/graphql");
        assert_eq!(context.run.as_deref(), Some("https://git.example.com/us/shop/actions/runs/17"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let why = |job: &Environment| Context::of(job, &Event::default(), "shop").expect_err("it cannot be used");
        assert_eq!(why(&Environment::new()), NoContext::Outside);
        assert_eq!(why(&with("GITHUB_ACTIONS", "")), NoContext::Outside);
        assert_eq!(why(&with("GITHUB_TOKEN", "")), NoContext::NoToken);
        for (name, value) in [
            ("GITHUB_REPOSITORY", ""),
            ("GITHUB_REPOSITORY", "shop"),
            ("GITHUB_REPOSITORY", "us/.."),
            ("GITHUB_REPOSITORY", "us/shop/pulls"),
            ("GITHUB_SHA", "main"),
            ("GITHUB_API_URL", "file:///etc"),
            ("GITHUB_SERVER_URL", "x"),
        ] {
            assert!(why(&with(name, value)).to_string().starts_with(name), "{name}={value}");
        }
        assert!(NoContext::NoToken.to_string().contains("${{ github.token }}"));
    }

    #[test]
    fn a_folder_lies_below_the_workspace_or_nowhere() {
        let root = TempDir::new().expect("a temporary folder can be made");
        let folder = root.path().join("ci/perf");
        fs::create_dir_all(&folder).expect("it can be made");
        let job = with("GITHUB_WORKSPACE", &root.path().to_string_lossy());
        assert_eq!(folder_in_repository(&job, &folder).as_deref(), Some("ci/perf"));
        assert_eq!(folder_in_repository(&job, &root.path().join("ci/../ci/perf")).as_deref(), Some("ci/perf"));
        assert_eq!(folder_in_repository(&job, root.path()).as_deref(), Some(""));
        assert_eq!(folder_in_repository(&job, Path::new("/usr")), None);
        assert_eq!(folder_in_repository(&Environment::new(), &folder), None);
    }
}
