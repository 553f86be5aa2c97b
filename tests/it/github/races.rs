//! Two jobs that post at the same time, and answers that are lost.

use stagegate::publish::github::Done;

use super::{
    Answer, api,
    fake::Fake,
    trick::Trick,
    world::{HEAD, OLDER},
};

#[tokio::test]
async fn what_was_created_and_answered_with_an_error_is_not_created_again() {
    let tricks = [
        Trick::DoneBut(Answer::message(500, "Server Error")),
        Trick::DoneBut(Answer::message(502, "")),
        Trick::DoneBut(Answer::new(201, &serde_json::json!("no comment"))),
        Trick::DoneThenBreak,
    ];
    for trick in tricks {
        let fake = Fake::start();
        fake.once("POST", "/comments", trick);
        let posted = api(&fake.url, HEAD).comment("shop", "text").await.expect("it is posted");
        assert_eq!(posted.done, Done::Updated);
        assert_eq!(fake.count("POST", "/comments"), 1, "searched for before it would be created again");
        assert_eq!(fake.world(|world| world.of_gate().len()), 1);
    }
}

#[tokio::test]
async fn what_was_not_created_is_created_by_a_further_attempt() {
    for trick in [Trick::Answer(Answer::message(503, "")), Trick::Break, Trick::Hang] {
        let fake = Fake::start();
        fake.once("POST", "/comments", trick);
        let posted = api(&fake.url, HEAD).comment("shop", "text").await.expect("it is posted");
        assert_eq!(posted.done, Done::Created);
        assert_eq!(fake.world(|world| world.of_gate().len()), 1);
    }
}

#[tokio::test]
async fn of_two_that_create_at_once_the_oldest_stays_and_says_the_later_result() {
    let fake = Fake::start();
    fake.once("POST", "/comments", Trick::another_job_comments(HEAD, "the other's"));
    let posted = api(&fake.url, HEAD).comment("shop", "ours").await.expect("it is posted");
    let left = fake.world(|world| world.of_gate());
    assert_eq!((left.len(), left[0].1.as_str()), (1, "ours"), "{left:?}");
    assert!(posted.url.ends_with(&left[0].0.to_string()) && posted.done == Done::Updated, "{posted:?}");
}

#[tokio::test]
async fn a_racing_result_of_the_newest_commit_is_kept() {
    let fake = Fake::start();
    fake.once("POST", "/comments", Trick::another_job_comments(HEAD, "newest"));
    let posted = api(&fake.url, OLDER).comment("shop", "older").await.expect("it is no fault");
    assert_eq!(posted.done, Done::Left);
    let left = fake.world(|world| world.of_gate());
    assert_eq!((left.len(), left[0].1.as_str()), (1, "newest"), "{left:?}");
}

#[tokio::test]
async fn jobs_that_really_race_leave_one_comment() {
    let fake = Fake::start();
    let jobs: Vec<_> = (0..6)
        .map(|job| {
            let url = fake.url.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(async { api(&url, HEAD).comment("shop", &format!("job {job}")).await.map(drop) })
            })
        })
        .collect();
    for job in jobs {
        job.join().expect("no panic").expect("it is posted");
    }
    assert_eq!(fake.world(|world| world.of_gate().len()), 1);
}
