//! One comment for each gate and pull request.

use std::time::Duration;

use stagegate::publish::github::Done;

use super::{
    Answer, TOKEN, api, api_within,
    fake::Fake,
    trick::Trick,
    world::{HEAD, OLDER, World},
};

#[tokio::test]
async fn is_created_and_then_updated_in_place() {
    let fake = Fake::start();
    let created = api(&fake.url, HEAD).comment("shop", "first").await.expect("it is posted");
    assert_eq!(created.done, Done::Created);
    let (id, _) = fake.world(|world| world.of_gate()[0].clone());
    assert_eq!(created.url, format!("https://github.com/acme/shop/pull/7#issuecomment-{id}"));
    let updated = api(&fake.url, HEAD).comment("shop", "second").await.expect("it is posted");
    assert_eq!((updated.url, updated.done), (created.url, Done::Updated));
    assert_eq!(fake.world(|world| world.of_gate()), [(id, "second".to_owned())]);
    let sent = fake.seen();
    assert!(sent.iter().all(|request| !request.target.contains("?&")), "{sent:#?}");
    assert!(sent.iter().all(|request| request.header("authorization") == Some(&format!("Bearer {TOKEN}"))));
    let body = fake.world(|world| world.comments[0].body.clone());
    assert!(body.starts_with(&format!("<!-- stagegate gate=shop schema=1 head={HEAD} -->\nsecond")), "{body}");
}

#[tokio::test]
async fn a_hundred_runs_leave_one_comment() {
    let fake = Fake::start();
    for run in 0..100 {
        // Every seventh run meets a GitHub that does what it is asked and says that it did not.
        if run % 7 == 0 {
            fake.once("POST", "/comments", Trick::DoneBut(Answer::message(502, "")));
        }
        // Now and then somebody removes the comment.
        if run % 30 == 29 {
            fake.world(|world| world.comments.clear());
        }
        api(&fake.url, HEAD).comment("shop", &format!("run {run}")).await.expect("it is posted");
        assert_eq!(fake.world(|world| world.of_gate().len()), 1, "after run {run}");
    }
    assert_eq!(fake.world(|world| world.of_gate()[0].1.clone()), "run 99");
}

#[tokio::test]
async fn gates_of_one_repository_have_one_each() {
    let fake = Fake::start();
    for gate in ["shop", "shop2", "shop --> x", "läden", "shop"] {
        api(&fake.url, HEAD).comment(gate, gate).await.expect("it is posted");
    }
    let bodies: Vec<String> = fake.world(|world| world.comments.iter().map(|comment| comment.body.clone()).collect());
    assert_eq!(bodies.len(), 4, "{bodies:#?}");
    assert!(bodies[2].starts_with("<!-- stagegate gate=shop%20%2D%2D%3E%20x schema=1 "), "{}", bodies[2]);
}

#[tokio::test]
async fn is_found_on_any_page() {
    for before in [99, 100, 101, 250] {
        let fake = Fake::start();
        let id = fake.world(|world| {
            for number in 0..before {
                world.comment("octocat", "User", &format!("comment {number}"));
            }
            world.gate_comment(OLDER, "old")
        });
        let posted = api(&fake.url, HEAD).comment("shop", "new").await.expect("it is posted");
        assert_eq!(posted.done, Done::Updated, "after {before} comments");
        assert_eq!(fake.world(|world| world.of_gate()), [(id, "new".to_owned())]);
    }
}

#[tokio::test]
async fn only_own_comments_are_touched() {
    let marked = format!("<!-- stagegate gate=shop schema=1 head={OLDER} -->\nmine");
    let fake = Fake::start();
    let forged = fake.world(|world| {
        world.comment("github-actions[bot]", "Bot", &format!("> {marked}"));
        world.comment("mallory", "User", &marked)
    });
    let posted = api(&fake.url, HEAD).comment("shop", "ours").await.expect("it is posted");
    assert_eq!(posted.done, Done::Created);
    assert_eq!(fake.world(|world| world.of_gate()[0].clone()), (forged, "mine".to_owned()));

    // The job's own token is one bot, another app's another; each has its comment.
    for refused in
        [None, Some(Answer::message(403, "Resource not accessible")), Some(Answer::message(404, "Not Found"))]
    {
        let fake = Fake::start();
        if let Some(answer) = refused {
            fake.always("POST", "/graphql", Trick::Answer(answer));
        }
        let theirs = fake.world(|world| world.comment("renovate[bot]", "Bot", &marked));
        let posted = api(&fake.url, HEAD).comment("shop", "ours").await.expect("it is posted");
        assert_eq!(posted.done, Done::Created);
        assert_eq!(fake.world(|world| world.of_gate()[0].clone()), (theirs, "mine".to_owned()));
        let posted = api(&fake.url, HEAD).comment("shop", "again").await.expect("it is posted");
        assert_eq!(posted.done, Done::Updated);
    }
    let fake = Fake::start();
    let theirs = fake.world(|world| {
        world.app = Some("our-app[bot]");
        world.comment("our-app", "User", &marked);
        world.gate_comment(OLDER, "the job's");
        world.comment("our-app[bot]", "Bot", &marked)
    });
    api(&fake.url, HEAD).comment("shop", "ours").await.expect("it is posted");
    let texts = fake.world(|world| world.of_gate());
    assert_eq!(texts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["mine", "the job's", "ours"]);
    assert_eq!(texts[2].0, theirs);

    let fake = Fake::start();
    let (bot, own) = fake.world(|world| {
        world.person = Some("octocat");
        let bot = world.gate_comment(OLDER, "the job's");
        (bot, world.comment("Octocat", "User", &marked))
    });
    let posted = api(&fake.url, HEAD).comment("shop", "ours").await.expect("it is posted");
    assert_eq!(posted.done, Done::Updated);
    assert_eq!(fake.world(|world| world.of_gate()), [(bot, "the job's".to_owned()), (own, "ours".to_owned())]);
}

#[tokio::test]
async fn one_deleted_in_between_is_created_anew() {
    let fake = Fake::start();
    let id = fake.world(|world| world.gate_comment(OLDER, "old"));
    let path: &'static str = format!("/issues/comments/{id}").leak();
    fake.once("PATCH", path, Trick::meanwhile(|world: &mut World| world.comments.clear()));
    let posted = api(&fake.url, HEAD).comment("shop", "new").await.expect("it is posted");
    assert_eq!(posted.done, Done::Created);
    assert_eq!(fake.world(|world| world.of_gate().len()), 1);
}

#[tokio::test]
async fn duplicates_of_earlier_days_are_removed() {
    let fake = Fake::start();
    let oldest = fake.world(|world| {
        let oldest = world.gate_comment(OLDER, "a");
        world.gate_comment(HEAD, "b");
        world.comment("octocat", "User", "a word in between");
        world.gate_comment(OLDER, "c");
        oldest
    });
    api(&fake.url, HEAD).comment("shop", "new").await.expect("it is posted");
    assert_eq!(fake.world(|world| world.of_gate()), [(oldest, "new".to_owned())]);
    assert_eq!(fake.world(|world| world.comments.len()), 2);
}

#[tokio::test]
async fn an_older_commit_does_not_overwrite_the_newest() {
    let fake = Fake::start();
    api(&fake.url, HEAD).comment("shop", "newest").await.expect("it is posted");
    let left = api(&fake.url, OLDER).comment("shop", "older").await.expect("it is no fault");
    assert_eq!(left.done, Done::Left);
    assert_eq!(fake.world(|world| world.of_gate()[0].1.clone()), "newest");
    let fake = Fake::start();
    fake.world(|world| world.gate_comment("fedcba9876543210", "some other"));
    let posted = api(&fake.url, OLDER).comment("shop", "older").await.expect("it is posted");
    assert_eq!(posted.done, Done::Updated, "a comment on a commit that is not the newest either");
}

#[tokio::test]
async fn a_body_that_is_too_long_is_cut() {
    let fake = Fake::start();
    api(&fake.url, HEAD).comment("shop", &"äöü 😀\n".repeat(20_000)).await.expect("it is posted");
    let body = fake.world(|world| world.comments[0].body.clone());
    assert!(body.chars().count() <= 60_000 && body.ends_with("did not fit into a comment.)"));
}

#[tokio::test]
async fn on_github_enterprise_the_path_of_the_api_is_kept() {
    let fake = Fake::start();
    for path in ["/api/v3", "/api/v3/"] {
        api(&format!("{}{path}", fake.url), HEAD).comment("shop", "text").await.expect("it is posted");
    }
    let (graph, rest): (Vec<_>, Vec<_>) = fake.seen().into_iter().partition(|request| request.path == "/api/graphql");
    assert_eq!(graph.len(), 2);
    assert!(rest.iter().all(|request| request.path.starts_with("/api/v3/") && !request.path.contains("//")));
}

#[tokio::test]
async fn one_that_is_there_is_amended_and_none_created() {
    let fake = Fake::start();
    assert_eq!(api(&fake.url, HEAD).amend_comment("shop", "no verdict").await, Ok(None));
    let id = fake.world(|world| world.gate_comment(OLDER, "passed"));
    let amended = api(&fake.url, HEAD).amend_comment("shop", "no verdict").await.expect("it can be");
    assert_eq!(amended.map(|posted| posted.done), Some(Done::Updated));
    assert_eq!(fake.world(|world| world.of_gate()), [(id, "no verdict".to_owned())]);
    assert_eq!(fake.count("POST", "/comments"), 0);
}

#[tokio::test]
async fn without_a_pull_request_nothing_is_asked() {
    let fake = Fake::start();
    let mut context = super::context(&fake.url, HEAD);
    context.pull_request = None;
    let deadline = stagegate::publish::github::Deadline::within(Duration::from_secs(1));
    let api = stagegate::publish::github::Api::new(&context, deadline).expect("it is right");
    let error = api.comment("shop", "text").await.expect_err("there is none").to_string();
    assert!(error.contains("belongs to no pull request") && fake.seen().is_empty(), "{error}");
}

#[tokio::test]
async fn a_run_that_was_interrupted_posts_within_its_two_seconds() {
    let fake = Fake::start();
    fake.once("POST", "/comments", Trick::Answer(Answer::message(500, "")));
    api_within(Duration::from_secs(2), &fake.url, HEAD).comment("shop", "text").await.expect("it is posted");
    assert_eq!(fake.world(|world| world.of_gate().len()), 1);
}
