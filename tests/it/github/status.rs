//! The commit status.

use stagegate::publish::github::State;

use super::{Answer, api, fake::Fake, trick::Trick, world::HEAD};

#[tokio::test]
async fn is_set_at_the_commit_within_githubs_limit() {
    let fake = Fake::start();
    fake.once("POST", HEAD, Trick::Answer(Answer::message(502, "")));
    api(&fake.url, HEAD).status("shop", State::of(1), &"ü".repeat(200)).await.expect("it is set");
    let status = fake.world(|world| world.statuses[0].clone());
    assert_eq!((&status["state"], &status["context"]), (&"failure".into(), &"stagegate / shop".into()));
    assert_eq!(status["sha"], HEAD);
    assert_eq!(status["description"].as_str().map(|text| text.chars().count()), Some(140));
    assert_eq!(
        status["target_url"], "https://github.com/acme/shop/actions/runs/30433642#30433642%2F1%2Fshop",
        "the run, and which of its jobs"
    );
}

#[test]
fn only_a_passed_gate_is_success() {
    let states: Vec<State> = [0, 1, 2, 3, 130, 143].into_iter().map(State::of).collect();
    assert_eq!(states[..2], [State::Success, State::Failure]);
    assert!(states[2..].iter().all(|state| *state == State::Error), "{states:?}");
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let fake = Fake::start();
    fake.always("POST", HEAD, Trick::Answer(Answer::message(403, "Resource not accessible by integration")));
    let error = api(&fake.url, HEAD).status("shop", State::Success, "x").await.expect_err("refused").to_string();
    assert!(error.starts_with("the commit status `stagegate / shop` was not set: "), "{error}");
    assert!(error.contains("`statuses: write`"), "{error}");
}
