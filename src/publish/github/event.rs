//! The event that started the job, as the runner's file tells it (`GITHUB_EVENT_PATH`).

use std::{fs::File, io::Read as _};

use serde_json::Value;

use crate::config::Environment;

/// An event file of GitHub's is far smaller.
const LARGEST_EVENT: u64 = 32 * 1024 * 1024;

/// What the fork is called whose owner is gone.
const UNKNOWN_OWNER: &str = "fork";

/// What kind of event it was, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// `pull_request`, `pull_request_target` and whatever else carries a pull request.
    PullRequest,
    /// `merge_group`: a merge queue tries pull requests.
    MergeGroup,
    /// `deployment_status`.
    DeploymentStatus,
    /// `workflow_run`: another workflow ended.
    WorkflowRun,
    /// `push` of a branch or a tag.
    Push,
    /// `schedule`, `workflow_dispatch` and any other; also where there is no event.
    #[default]
    Other,
}

/// What an event says of the code it is about. What it does not say is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// What happened.
    pub kind: Kind,
    /// The commit: of a pull request its newest one, never the merge commit that `GITHUB_SHA` names.
    pub head: Option<String>,
    /// The branch of that commit. That of a fork is named with its owner, so that a fork's `main` is never taken for ours.
    pub branch: Option<String>,
    /// The branch that it is to be merged into; outside of pull requests the default branch.
    pub base: Option<String>,
    /// The pull request that the event names; a workflow's end names none that can be relied on.
    pub pull_request: Option<u64>,
    /// Where a pull request may come from that the event does not name.
    pub source: Option<Source>,
    /// The run of the workflow that ended, whose artifacts are read.
    pub run: Option<u64>,
}

/// A branch from which there may be a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Who owns the repository of the branch: the fork's owner for a fork.
    pub owner: String,
    /// The branch's name.
    pub branch: String,
}

impl Event {
    /// The event that started the job; of kind [`Kind::Other`] where there is none that can be read.
    pub fn of(environment: &Environment) -> Self {
        read(environment).map(|event| Self::from(&event)).unwrap_or_default()
    }
}

impl From<&Value> for Event {
    fn from(event: &Value) -> Self {
        let kind = kind(event);
        let text = |place: &str| event.pointer(place).and_then(Value::as_str);
        let (head, branch, base) = match kind {
            Kind::PullRequest => {
                (text("/pull_request/head/sha"), of_pull_request(event), text("/pull_request/base/ref"))
            }
            Kind::MergeGroup => {
                (text("/merge_group/head_sha"), text("/merge_group/head_ref").map(short), text("/merge_group/base_ref"))
            }
            Kind::DeploymentStatus => (text("/deployment/sha"), None, None),
            Kind::WorkflowRun => (text("/workflow_run/head_sha"), of_workflow_run(event), None),
            Kind::Push => (text("/after"), None, None),
            Kind::Other => (None, None, None),
        };
        let pull_request = match kind {
            Kind::PullRequest => event.pointer("/pull_request/number").or(event.get("number")).and_then(Value::as_u64),
            Kind::MergeGroup => text("/merge_group/head_ref").and_then(of_queue),
            _ => None,
        };
        let base = base.or(text("/repository/default_branch")).map(short);
        Self {
            kind,
            source: source(event, kind).filter(|source| kind != Kind::Push || Some(&source.branch) != base.as_ref()),
            run: event.pointer("/workflow_run/id").and_then(Value::as_u64).filter(|_| kind == Kind::WorkflowRun),
            head: head.filter(|sha| is_hash(sha)).map(str::to_owned),
            branch,
            base,
            pull_request,
        }
    }
}

/// Whether a text is the full hash of a commit that exists: a branch that was deleted has zeros in its place.
pub fn is_hash(text: &str) -> bool {
    (40..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && text.bytes().any(|byte| byte != b'0')
}

fn read(environment: &Environment) -> Option<Value> {
    let mut text = String::new();
    File::open(environment.get("GITHUB_EVENT_PATH")?).ok()?.take(LARGEST_EVENT).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// By what the event holds. A deployment may hold the workflow run that made it, so it is looked for first.
fn kind(event: &Value) -> Kind {
    let has = |key: &str| event.get(key).is_some_and(Value::is_object);
    if has("pull_request") {
        Kind::PullRequest
    } else if has("merge_group") {
        Kind::MergeGroup
    } else if has("deployment_status") || has("deployment") {
        Kind::DeploymentStatus
    } else if has("workflow_run") {
        Kind::WorkflowRun
    } else if event.get("after").is_some() && event.get("before").is_some() {
        Kind::Push
    } else {
        Kind::Other
    }
}

/// The head of a pull request: `feature`, of a fork `owner:feature`.
fn of_pull_request(event: &Value) -> Option<String> {
    let repository =
        |side: &str| event.pointer(&format!("/pull_request/{side}/repo/full_name")).and_then(Value::as_str);
    let name = event.pointer("/pull_request/head/ref")?.as_str()?;
    Some(named(name, repository("head"), repository("base")))
}

/// The branch whose workflow ended, likewise.
fn of_workflow_run(event: &Value) -> Option<String> {
    let text = |place: &str| event.pointer(place).and_then(Value::as_str);
    let name = text("/workflow_run/head_branch")?;
    Some(named(name, text("/workflow_run/head_repository/full_name"), text("/repository/full_name")))
}

/// Nobody merges the base branch into itself, so a push to it has no pull request to look for.
fn source(event: &Value, kind: Kind) -> Option<Source> {
    let text = |place: &str| event.pointer(place).and_then(Value::as_str);
    let (repository, branch) = match kind {
        Kind::WorkflowRun => (text("/workflow_run/head_repository/full_name"), text("/workflow_run/head_branch")),
        Kind::DeploymentStatus => (text("/repository/full_name"), text("/deployment/ref")),
        Kind::Push => (text("/repository/full_name"), text("/ref").and_then(|name| name.strip_prefix("refs/heads/"))),
        Kind::PullRequest | Kind::MergeGroup | Kind::Other => return None,
    };
    let (owner, _) = repository?.split_once('/')?;
    Some(Source { owner: owner.to_owned(), branch: short(branch?) })
}

fn named(branch: &str, theirs: Option<&str>, ours: Option<&str>) -> String {
    if theirs.is_some() && theirs == ours {
        return branch.to_owned();
    }
    let owner = theirs.and_then(|theirs| theirs.split('/').next()).unwrap_or(UNKNOWN_OWNER);
    format!("{owner}:{branch}")
}

fn short(name: &str) -> String {
    name.strip_prefix("refs/heads/").unwrap_or(name).to_owned()
}

/// The pull request that a merge queue tries last: `refs/heads/gh-readonly-queue/BASE/pr-N-SHA`, where BASE may hold
/// slashes. No other key of the event names it.
fn of_queue(head: &str) -> Option<u64> {
    let (_, last) = head.strip_prefix("refs/heads/gh-readonly-queue/")?.rsplit_once('/')?;
    let (number, sha) = last.strip_prefix("pr-")?.split_once('-')?;
    number.parse().ok().filter(|_| is_hash(sha))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn example(name: &str) -> Event {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/events/{name}.json"));
        Event::of(&[("GITHUB_EVENT_PATH".to_owned(), path.to_string_lossy().into_owned())].into())
    }

    fn event(kind: Kind, head: &str, branch: &str, base: &str, pull_request: Option<u64>) -> Event {
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let base = said(base);
        Event { kind, head: said(head), branch: said(branch), base, pull_request, source: None, run: None }
    }

    fn from(owner: &str, branch: &str) -> Source {
        Source { owner: owner.to_owned(), branch: branch.to_owned() }
    }

    #[test]
    fn a_pull_request_is_its_newest_commit() {
        let sha = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";
        let own = event(Kind::PullRequest, sha, "changes", "master", Some(2));
        assert_eq!(example("pull_request"), own);
        let fork = Event { branch: Some("octocat:master".to_owned()), ..own };
        assert_eq!(example("pull_request_fork"), fork);
    }

    #[test]
    fn a_merge_queue_names_its_pull_request_in_the_branch_only() {
        let sha = "2ffea6db159f6b6c47a24e778fb9ef40cf6b1c7d";
        let branch = "gh-readonly-queue/main/pr-104-929f8209d40f77f4abc622a499c93a83babdbe64";
        assert_eq!(example("merge_group"), event(Kind::MergeGroup, sha, branch, "main", Some(104)));
        let hash = "a".repeat(40);
        let queue = |rest: &str| of_queue(&format!("refs/heads/gh-readonly-queue/{rest}"));
        assert_eq!(queue(&format!("release/2.0/pr-7-{hash}")), Some(7));
        for wrong in
            [format!("main/pr--{hash}"), format!("main/pr-x-{hash}"), "main/pr-7".to_owned(), "pr-7".to_owned()]
        {
            assert_eq!(queue(&wrong), None, "{wrong}");
        }
        assert_eq!(of_queue(&format!("refs/heads/feature/pr-7-{hash}")), None);
    }

    #[test]
    fn a_workflow_that_ended_names_commit_and_branch_but_no_pull_request() {
        let sha = "5779607b49aab1200488439f02372c57b4f75444";
        let own = event(Kind::WorkflowRun, sha, "main", "main", None);
        let own = Event { source: Some(from("octo-org", "main")), run: Some(1_589_141_559), ..own };
        assert_eq!(example("workflow_run"), own);
        let fork = Event { branch: Some("octocat:main".to_owned()), source: Some(from("octocat", "main")), ..own };
        assert_eq!(example("workflow_run_fork"), fork);
    }

    #[test]
    fn a_deployment_is_its_own_commit_and_not_that_of_the_workflow_it_holds() {
        let seen = example("deployment_status");
        let sha = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e";
        let expected = event(Kind::DeploymentStatus, sha, "", "master", None);
        assert_eq!(seen, Event { source: Some(from("Codertocat", "master")), ..expected });
    }

    #[test]
    fn a_push_is_what_the_branch_points_to_afterwards() {
        let sha = "6113728f27ae82c7b1a177c8d03f9e96e0adf246";
        let side = serde_json::json!({"ref": "refs/heads/a/b", "before": "0", "after": sha,
            "repository": {"full_name": "us/shop", "default_branch": "main"}});
        assert_eq!(Event::from(&side).source, Some(from("us", "a/b")));
        assert_eq!(example("push"), event(Kind::Push, sha, "", "master", None));
        assert_eq!(example("push_deleted"), event(Kind::Push, "", "", "master", None));
    }

    #[test]
    fn a_schedule_and_a_button_name_no_commit() {
        for name in ["schedule", "workflow_dispatch"] {
            assert_eq!(example(name), event(Kind::Other, "", "", "main", None), "{name}");
        }
    }

    #[test]
    fn what_is_no_event_says_nothing() {
        let folder = tempfile::TempDir::new().expect("a temporary folder can be made");
        for text in ["", "[", "{}", "[1]", r#"{"pull_request": "x", "merge_group": 3, "after": null}"#] {
            let path = folder.path().join("event");
            fs::write(&path, text).expect("it can be written");
            let variables = [("GITHUB_EVENT_PATH".to_owned(), path.to_string_lossy().into_owned())].into();
            assert_eq!(Event::of(&variables), Event::default(), "{text}");
        }
        assert_eq!(example("no-such-file"), Event::default());
        assert_eq!(Event::of(&Environment::new()), Event::default());
    }

    #[test]
    fn a_hash_that_is_an_option_of_git_is_none() {
        let event = serde_json::json!({"pull_request": {"head": {"sha": "--upload-pack=x"}}});
        assert_eq!(Event::from(&event).head, None);
    }
}
