//! The check run.

use std::time::Duration;

use serde_json::Value;
use stagegate::{
    publish::github::{Api, Closed, Completion, Conclusion, Deadline, Judged, State},
    report::{Annotation, AnnotationLevel},
};

use super::{Answer, api, context, fake::Fake, trick::Trick, world::HEAD};

fn notes(count: u32) -> Vec<Annotation> {
    let note = |line| Annotation {
        file: "gates.yaml".to_owned(),
        line,
        level: if line == 1 { AnnotationLevel::Failure } else { AnnotationLevel::Warning },
        title: format!("limit {line}"),
        message: "p95 was 900 ms, the limit is 500 ms".to_owned(),
    };
    (1..=count).map(note).collect()
}

fn failed(annotations: &[Annotation]) -> Completion<'_> {
    Completion { conclusion: Conclusion::of(1), title: "Failed", summary: "p95 is too high", annotations }
}

fn first(fake: &Fake) -> Value {
    fake.world(|world| world.checks[0].clone())
}

/// The lines of the notes that the check carries.
fn lines(fake: &Fake) -> Vec<u64> {
    let check = first(fake);
    check["notes"].as_array().expect("a list").iter().filter_map(|note| note["start_line"].as_u64()).collect()
}

#[tokio::test]
async fn is_created_in_progress_and_completed() {
    let fake = Fake::start();
    let api = api(&fake.url, HEAD);
    let check = api.begin_check("shop").await.expect("it is created");
    let begun = first(&fake);
    assert_eq!((&begun["name"], &begun["status"]), (&"stagegate / shop".into(), &"in_progress".into()));
    assert_eq!((&begun["head_sha"], &begun["external_id"]), (&HEAD.into(), &"30433642/1/shop".into()));
    assert!(begun["details_url"].as_str().is_some_and(|url| url.contains("/actions/runs/")));
    api.complete_check("shop", check, &failed(&notes(2))).await.expect("it is completed");
    let ended = first(&fake);
    assert_eq!((&ended["status"], &ended["conclusion"]), (&"completed".into(), &"failure".into()));
    assert_eq!((&ended["output"]["title"], &ended["output"]["summary"]), (&"Failed".into(), &"p95 is too high".into()));
    let levels = [&ended["notes"][0]["annotation_level"], &ended["notes"][1]["annotation_level"]];
    assert_eq!(levels, ["failure", "warning"]);
}

#[test]
fn an_exit_code_never_becomes_neutral_or_skipped() {
    let conclusions = [0, 1, 2, 3, 130, 143].map(Conclusion::of);
    let (success, failure, cancelled) = (Conclusion::Success, Conclusion::Failure, Conclusion::Cancelled);
    assert_eq!(conclusions, [success, failure, failure, failure, cancelled, cancelled]);
}

#[tokio::test]
async fn annotations_are_sent_fifty_at_a_time_and_each_once() {
    for count in [0, 50, 51, 120] {
        let fake = Fake::start();
        let api = api(&fake.url, HEAD);
        let check = api.begin_check("shop").await.expect("it is created");
        // The second request is done and answered with an error: sent again, its notes would be there twice.
        fake.once("PATCH", "", Trick::meanwhile(|_| {}));
        fake.once("PATCH", "", Trick::DoneBut(Answer::message(502, "")));
        api.complete_check("shop", check, &failed(&notes(count))).await.expect("it is completed");
        assert_eq!(lines(&fake), (1..=u64::from(count)).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_batch_that_was_not_taken_is_sent_again() {
    let fake = Fake::start();
    let api = api(&fake.url, HEAD);
    let check = api.begin_check("shop").await.expect("it is created");
    fake.times(2, "PATCH", "", Trick::Answer(Answer::message(500, "")));
    api.complete_check("shop", check, &failed(&notes(60))).await.expect("it is completed");
    assert_eq!(lines(&fake).len(), 60);
}

#[tokio::test]
async fn a_note_that_github_refuses_does_not_leave_the_check_in_progress() {
    let fake = Fake::start();
    let api = api(&fake.url, HEAD);
    let check = api.begin_check("shop").await.expect("it is created");
    let mut notes = notes(1);
    notes[0].file = "/etc/gates.yaml".to_owned();
    let error = api.complete_check("shop", check, &failed(&notes)).await.expect_err("refused").to_string();
    assert!(error.contains("has no annotations") && error.contains("path is invalid"), "{error}");
    assert_eq!(first(&fake)["conclusion"], "failure");
}

#[tokio::test]
async fn what_was_created_and_answered_with_an_error_is_found_again() {
    let fake = Fake::start();
    fake.once("POST", "/check-runs", Trick::DoneBut(Answer::message(502, "")));
    let api = api(&fake.url, HEAD);
    let check = api.begin_check("shop").await.expect("it is found");
    assert_eq!(fake.world(|world| world.checks.len()), 1);
    api.complete_check("shop", check, &failed(&[])).await.expect("it is completed");
    assert_eq!(first(&fake)["status"], "completed");
    // A later step of the same job has its own: a check that is completed is not taken for what was lost.
    fake.once("POST", "/check-runs", Trick::Break);
    api.begin_check("shop").await.expect("it is created");
    let states: Vec<Value> = fake.world(|world| world.checks.iter().map(|check| check["status"].clone()).collect());
    assert_eq!(states, ["completed", "in_progress"]);
}

#[tokio::test]
async fn texts_stay_within_githubs_limits() {
    let fake = Fake::start();
    let api = api(&fake.url, HEAD);
    let check = api.begin_check("shop").await.expect("it is created");
    let (title, summary) = ("t".repeat(400), "s".repeat(70_000));
    let ending = Completion { conclusion: Conclusion::Success, title: &title, summary: &summary, annotations: &[] };
    api.complete_check("shop", check, &ending).await.expect("it is completed");
    let output = first(&fake)["output"].clone();
    assert_eq!(output["title"].as_str().map(|text| text.chars().count()), Some(255));
    assert_eq!(output["summary"].as_str().map(|text| text.chars().count()), Some(65_535));
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let fake = Fake::start();
    fake.always("POST", "/check-runs", Trick::Answer(Answer::message(403, "Resource not accessible by integration")));
    let error = api(&fake.url, HEAD).begin_check("shop").await.expect_err("refused").to_string();
    assert!(error.starts_with("the check `stagegate / shop` was not created: "), "{error}");
    assert!(error.contains("`checks: write`") && error.contains("docs/github.md"), "{error}");
}

/// A job that was killed leaves this.
async fn begun(fake: &Fake) -> Api {
    let api = api(&fake.url, HEAD);
    api.begin_check("shop").await.expect("it is created");
    api
}

#[tokio::test]
async fn one_that_a_killed_run_left_in_progress_is_closed_as_failed() {
    let fake = Fake::start();
    let api = begun(&fake).await;
    fake.world(|world| {
        // Another attempt of the same workflow, and another gate.
        let mut other = world.checks[0].clone();
        other["id"] = 1.into();
        other["external_id"] = "30433642/2/shop".into();
        world.checks.push(other);
    });
    let left = Closed { gate: "shop".to_owned(), judged: false };
    assert_eq!(api.close_checks(None).await.expect("it is closed"), [left]);
    let check = first(&fake);
    assert_eq!((&check["status"], &check["conclusion"]), (&"completed".into(), &"failure".into()));
    assert_eq!(check["output"]["title"], "the gate was ended before it had a verdict");
    assert_eq!(fake.world(|world| world.checks[1]["status"].clone()), "in_progress", "it belongs to another job");
}

#[tokio::test]
async fn one_whose_verdict_was_not_taken_is_closed_with_it() {
    let fake = Fake::start();
    let api = begun(&fake).await;
    api.begin_check("other").await.expect("it is created");
    let ending = Completion { conclusion: Conclusion::of(0), title: "Passed", summary: "all", annotations: &[] };
    let judged = Judged { gate: "shop", ending, state: State::of(0) };
    let closed = api.close_checks(Some(&judged)).await.expect("they are closed");
    let names: Vec<_> = closed.iter().map(|closed| (closed.gate.as_str(), closed.judged)).collect();
    assert_eq!(names, [("shop", true), ("other", false)].map(|it| it), "another gate's verdict is not known");
    let ended: Vec<Value> = fake.world(|world| world.checks.iter().map(|check| check["conclusion"].clone()).collect());
    assert_eq!(ended, ["success", "failure"]);
    assert_eq!(first(&fake)["output"]["title"], "Passed");
}

#[tokio::test]
async fn a_pending_status_of_this_job_is_closed() {
    let fake = Fake::start();
    let job = |external_id: &str| {
        let mut context = context(&fake.url, HEAD);
        external_id.clone_into(&mut context.external_id);
        Api::new(&context, Deadline::within(Duration::from_secs(5))).expect("the context is right")
    };
    for (gate, job_of) in [("shop", "17/1/a/r 3/shop"), ("done", "17/1/a/r 3/done"), ("other", "17/1/a/r 31/other")] {
        job(job_of).status(gate, State::Pending, "runs").await.expect("it is set");
    }
    job("17/1/a/r 3/done").status("done", State::Success, "Passed").await.expect("it is set");
    let states = || -> Vec<(String, String)> {
        let word = |status: &Value, key: &str| status[key].as_str().unwrap_or_default().to_owned();
        fake.world(|world| world.statuses[4..].iter().map(|it| (word(it, "context"), word(it, "state"))).collect())
    };
    let closed = job("17/1/a/r 3/").close_checks(None).await.expect("it is closed");
    assert_eq!(closed, [Closed { gate: "shop".to_owned(), judged: false }]);
    assert_eq!(states(), [("stagegate / shop".to_owned(), "error".to_owned())]);
    assert!(job("17/1/a/r 3/").close_checks(None).await.expect("nothing is left").is_empty());
}

#[tokio::test]
async fn what_the_token_may_not_see_it_did_not_begin() {
    for answer in [Answer::message(403, "Resource not accessible by integration"), Answer::message(404, "Not Found")] {
        let fake = Fake::start();
        fake.always("GET", "/check-runs", Trick::Answer(answer.clone()));
        fake.always("GET", "/statuses", Trick::Answer(answer));
        assert_eq!(api(&fake.url, HEAD).close_checks(None).await, Ok(Vec::new()));
    }
    let fake = Fake::start();
    fake.always("GET", "/check-runs", Trick::Answer(Answer::message(500, "oops")));
    let error = api(&fake.url, HEAD).close_checks(None).await.expect_err("nobody knows").to_string();
    assert!(error.contains("were not found"), "{error}");
}

#[tokio::test]
async fn nothing_is_closed_where_nothing_is_in_progress() {
    let fake = Fake::start();
    let empty = api(&fake.url, HEAD);
    assert!(empty.close_checks(None).await.expect("there is nothing").is_empty());
    let api = begun(&fake).await;
    let check = api.begin_check("shop").await.expect("another");
    fake.world(|world| drop(world.checks.remove(0)));
    api.complete_check("shop", check, &failed(&[])).await.expect("it is completed");
    assert!(api.close_checks(None).await.expect("it has a verdict").is_empty());
    assert_eq!(first(&fake)["output"]["title"], "Failed");
}
