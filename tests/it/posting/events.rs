//! Where results belong, by the event that started the job.

use serde_json::{Value, json};

use super::{EVERYTHING, Job, MERGE, not_ready};
use crate::{
    gate_test::App,
    github::world::{HEAD, pull},
};

/// What a run posts: the commit of its check, and the pull requests that it comments on.
#[track_caller]
fn posted(event: &Value, change: impl FnOnce(&Job)) -> (String, Vec<String>) {
    let app = App::demo(&[]);
    let job = Job::started_by(event);
    change(&job);
    let ran = job.holds(not_ready(&app)).section(EVERYTHING).run_once().exits(3);
    assert!(!ran.stderr.contains("warning: "), "{}", ran.stderr);
    let place =
        |path: &str| path.strip_prefix("/repos/acme/shop/issues/")?.strip_suffix("/comments").map(str::to_owned);
    let posts = job.fake.seen().into_iter().filter(|request| request.method == "POST");
    let places = posts.filter_map(|request| place(&request.path)).collect();
    (job.check()["head_sha"].as_str().unwrap_or_default().to_owned(), places)
}

fn repository() -> Value {
    json!({"full_name": "acme/shop", "default_branch": "main"})
}

#[test]
fn a_merge_queue_is_its_own_commit_and_the_pull_request_that_it_tries() {
    let group = "f".repeat(40);
    let event = json!({
        "merge_group": {"head_sha": group, "head_ref": format!("refs/heads/gh-readonly-queue/main/pr-104-{HEAD}"),
                        "base_ref": "refs/heads/main"},
        "repository": repository(),
    });
    let of_104 = |job: &Job| job.fake.world(|world| world.pulls.push(pull(104, "acme", "other", HEAD)));
    assert_eq!(posted(&event, of_104), (group.clone(), vec!["104".to_owned()]));
    // What the pull request's own run said of its newest commit is older than what the queue sees.
    let commented = |job: &Job| {
        of_104(job);
        let marker = format!("<!-- stagegate gate=test schema=1 head={HEAD} -->");
        job.fake.world(|world| world.comment("github-actions[bot]", "Bot", &marker));
    };
    let app = App::demo(&[]);
    let job = Job::started_by(&event);
    commented(&job);
    job.holds(not_ready(&app)).section(EVERYTHING).run_once().exits(3);
    let comments = job.comments();
    assert!(comments.len() == 1 && comments[0].contains(&format!("head={group} ")), "{comments:#?}");
}

#[test]
fn a_push_comments_where_one_pull_request_has_its_commit() {
    let event = |branch: &str, sha: &str| json!({"ref": format!("refs/heads/{branch}"), "before": MERGE, "after": sha, "repository": repository()});
    assert_eq!(posted(&event("topic", HEAD), |_| {}), (HEAD.to_owned(), vec!["7".to_owned()]));
    assert_eq!(posted(&event("topic", MERGE), |_| {}), (MERGE.to_owned(), Vec::new()), "an older commit");
    assert_eq!(posted(&event("main", HEAD), |_| {}), (HEAD.to_owned(), Vec::new()), "the base branch");
}

#[test]
fn a_deployment_comments_likewise() {
    let event = json!({
        "deployment_status": {"state": "success"}, "deployment": {"sha": HEAD, "ref": "topic"},
        "repository": repository(),
    });
    assert_eq!(posted(&event, |_| {}), (HEAD.to_owned(), vec!["7".to_owned()]));
}

/// The status of a deployment of a commit, as Kubernetes and many hosters set it.
#[test]
fn a_deployment_of_a_commit_finds_the_one_that_ends_with_it() {
    let event = json!({
        "deployment_status": {"state": "success"}, "deployment": {"sha": HEAD, "ref": HEAD},
        "repository": repository(),
    });
    assert_eq!(posted(&event, |_| {}), (HEAD.to_owned(), vec!["7".to_owned()]));
}

/// A gate that runs after another workflow leads to its own run: there its log and its report are.
#[test]
fn after_another_workflow_the_links_lead_to_the_gates_own_run() {
    let app = App::demo(&[]);
    let job = Job::after_workflow("acme", HEAD);
    job.holds(not_ready(&app)).section(EVERYTHING).run_once().exits(3);
    assert_eq!(job.check()["details_url"], "https://github.com/acme/shop/actions/runs/17");
    let comments = job.comments();
    assert!(comments.len() == 1 && comments[0].contains("/actions/runs/17)"), "{comments:#?}");
    assert!(!comments[0].contains("/actions/runs/16"), "{comments:#?}");
}

#[test]
fn a_schedule_has_the_commit_of_its_job_and_no_pull_request() {
    let event = json!({"schedule": "0 3 * * *", "repository": repository()});
    assert_eq!(posted(&event, |_| {}), (MERGE.to_owned(), Vec::new()));
}
