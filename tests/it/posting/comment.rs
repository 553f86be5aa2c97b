//! `stagegate comment DIR`: the half with rights.

use super::{Job, finished};
use crate::github::{
    Answer,
    trick::Trick,
    world::{HEAD, OLDER, pull},
};

/// The pull request of a fork is found by the branch and the commit that GitHub tells.
fn after_fork() -> Job {
    let job = Job::after_workflow("mallory", HEAD);
    job.fake.world(|world| world.pulls = vec![pull(7, "mallory", "topic", HEAD), pull(8, "acme", "topic", HEAD)]);
    job
}

#[test]
fn a_hundred_in_a_row_leave_one_comment() {
    let (job, folder) = (after_fork(), finished());
    for turn in 0..100 {
        let said = job.comment(folder.path(), &[]).exits(0);
        let word = if turn == 0 { "posted https://" } else { "updated https://" };
        assert!(said.stdout.starts_with(word) && said.stderr.is_empty(), "{}{}", said.stdout, said.stderr);
    }
    let comments = job.comments();
    assert_eq!(comments.len(), 1);
    assert!(
        comments[0].starts_with(&format!("<!-- stagegate gate=test schema=1 head={HEAD} -->\n")),
        "{}",
        comments[0]
    );
    assert!(comments[0].contains("Nobody vouches"), "{}", comments[0]);
    assert!(comments[0].contains("/actions/runs/16"), "the run with the report: {}", comments[0]);
    assert_eq!(job.fake.count("POST", "/issues/7/comments"), 1);
    assert_eq!(job.fake.world(|world| world.checks.len()), 0);
}

#[test]
fn a_later_step_of_the_same_job_posts_likewise() {
    let (job, folder) = (Job::of_pull_request(), finished());
    job.comment(folder.path(), &[]).exits(0);
    assert_eq!(job.comments().len(), 1);
}

#[test]
fn a_verdict_of_another_commit_is_refused() {
    let (job, folder) = (Job::after_workflow("mallory", OLDER), finished());
    let said = job.comment(folder.path(), &[]).exits(2);
    assert!(said.stderr.contains(HEAD) && said.stderr.contains(OLDER), "{}", said.stderr);
    assert_eq!(job.fake.seen().len(), 0, "nothing was asked");
}

#[test]
fn a_pull_request_that_moved_on_is_a_warning() {
    let (job, folder) = (after_fork(), finished());
    job.fake.world(|world| world.pulls = vec![pull(7, "mallory", "topic", OLDER)]);
    let said = job.comment(folder.path(), &[]).exits(0);
    assert!(said.stderr.starts_with("warning: the pull request was not found"), "{}", said.stderr);
    assert!(said.stdout.starts_with("::warning title=stagegate::the pull request was not found"), "{}", said.stdout);
    assert_eq!(job.comments(), Vec::<String>::new());
}

#[test]
fn a_token_without_rights_is_a_warning_that_names_them() {
    let (job, folder) = (after_fork(), finished());
    let refused = Answer::message(403, "Resource not accessible by integration");
    job.fake.always("POST", "/comments", Trick::Answer(refused));
    let said = job.comment(folder.path(), &[]).exits(0);
    assert!(said.stderr.contains("warning: ") && said.stderr.contains("`pull-requests: write`"), "{}", said.stderr);
    assert!(said.stdout.starts_with("::warning "), "{}", said.stdout);
}

#[test]
fn without_a_job_or_a_token_it_is_wrong_usage() {
    let folder = finished();
    for (variable, words) in
        [("GITHUB_ACTIONS", "no job of GitHub Actions"), ("GITHUB_TOKEN", "GITHUB_TOKEN is not set")]
    {
        let said = after_fork().with(variable, "").comment(folder.path(), &[]).exits(2);
        assert!(said.stderr.contains(words) && said.stderr.lines().count() == 1, "{}", said.stderr);
    }
}
