//! The pull request of a finished workflow run.

use super::{
    api,
    fake::Fake,
    world::{HEAD, OLDER, pull},
};

#[tokio::test]
async fn is_found_by_its_branch_and_newest_commit() {
    let fake = Fake::start();
    fake.world(|world| {
        world.pulls.push(pull(8, "fork", "topic", HEAD));
        world.pulls.push(pull(9, "fork", "other", HEAD));
        world.pulls.push(pull(10, "fork", "a/b&c", OLDER));
    });
    assert_eq!(api(&fake.url, HEAD).pull_request("fork", "topic").await.expect("there is one"), 8);
    assert_eq!(api(&fake.url, HEAD).pull_request("acme", "topic").await.expect("there is one"), 7);
    assert_eq!(api(&fake.url, OLDER).pull_request("fork", "a/b&c").await.expect("there is one"), 10);
}

/// A deployment of a commit has the commit in the place of a branch.
#[tokio::test]
async fn is_found_by_its_commit_alone() {
    let fake = Fake::start();
    fake.world(|world| {
        world.pulls.push(pull(8, "fork", "topic", OLDER));
        // A commit is also part of pull requests that went on, and of closed ones.
        world.pulls[0]["contains"] = OLDER.into();
        let mut closed = pull(9, "acme", "gone", OLDER);
        closed["state"] = "closed".into();
        world.pulls.push(closed);
    });
    assert_eq!(api(&fake.url, OLDER).pull_request("acme", OLDER).await.expect("there is one"), 8);
    fake.world(|world| world.pulls.push(pull(11, "acme", "again", OLDER)));
    let error = api(&fake.url, OLDER).pull_request("acme", OLDER).await.expect_err("two").to_string();
    assert!(error.contains("#8 and #11"), "{error}");
}

#[tokio::test]
async fn none_and_several_are_sentences() {
    let fake = Fake::start();
    let error = api(&fake.url, OLDER).pull_request("acme", "topic").await.expect_err("another commit").to_string();
    assert!(error.contains("no open pull request") && error.contains(OLDER), "{error}");
    let error = api(&fake.url, HEAD).pull_request("fork", "topic").await.expect_err("another owner").to_string();
    assert!(error.contains("no open pull request"), "{error}");
    fake.world(|world| world.pulls.push(pull(11, "acme", "topic", HEAD)));
    let error = api(&fake.url, HEAD).pull_request("acme", "topic").await.expect_err("two").to_string();
    assert!(error.contains("#7 and #11"), "{error}");
}

#[tokio::test]
async fn a_filter_that_github_ignores_finds_nothing_wrong() {
    let fake = Fake::start();
    fake.world(|world| {
        world.pulls = (100..350).map(|number| pull(number, "someone", "topic", HEAD)).collect();
        for pull in &mut world.pulls {
            pull["head"]["label"] = "fork:topic".into();
        }
        world.pulls.push(pull(7, "fork", "topic", HEAD));
    });
    assert_eq!(api(&fake.url, HEAD).pull_request("fork", "topic").await.expect("the one on the last page"), 7);
}
