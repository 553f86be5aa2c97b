//! Everything that GitHub can answer in the place of what it was asked.

use std::time::{Duration, Instant};

use stagegate::publish::github::{Api, Context, Deadline, Token};

use super::{Answer, TOKEN, api, api_within, context, fake::Fake, trick::Trick, world::HEAD};

/// The sentence about a comment that was not posted, and how long it took to come to it.
async fn refused(fake: &Fake, total: Duration) -> (String, Duration) {
    let began = Instant::now();
    let error = api_within(total, &fake.url, HEAD).comment("shop", "text").await.expect_err("it cannot be posted");
    let sentence = error.to_string();
    assert!(sentence.starts_with("the comment on pull request #7 was not posted: "), "{sentence}");
    assert!(!sentence.contains(TOKEN) && !format!("{error:?}").contains(TOKEN), "{sentence}");
    (sentence, began.elapsed())
}

const ENOUGH: Duration = Duration::from_secs(3);

#[tokio::test]
async fn passing_faults_are_waited_out() {
    let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    let faults = [
        Trick::Answer(Answer::message(500, "")),
        Trick::Answer(Answer::new(503, &serde_json::Value::Null)),
        Trick::Answer(Answer::message(429, "")),
        Trick::Answer(Answer::message(403, secondary)),
        Trick::Answer(Answer::message(403, "").with("Retry-After", "0")),
        Trick::Answer(Answer::message(403, "").with("x-ratelimit-remaining", "0").with("x-ratelimit-reset", "1")),
        Trick::Answer(Answer::new(200, &serde_json::json!("a wrong shape"))),
        Trick::Break,
    ];
    for (method, path) in [("GET", "/pulls/7"), ("POST", "/graphql"), ("GET", "/comments")] {
        let fake = Fake::start();
        // Two at a time: what is asked is asked four times at most.
        for (at, fault) in faults.iter().enumerate() {
            fake.once(method, path, fault.clone());
            if at % 2 == 1 {
                api(&fake.url, HEAD).comment("shop", "text").await.expect("it is posted after all");
                assert_eq!(fake.world(|world| world.of_gate().len()), 1);
            }
        }
    }
}

#[tokio::test]
async fn retry_after_is_kept() {
    let fake = Fake::start();
    fake.once("POST", "/comments", Trick::Answer(Answer::message(403, "slow down").with("Retry-After", "1")));
    let began = Instant::now();
    api(&fake.url, HEAD).comment("shop", "text").await.expect("it is posted");
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_pause_beyond_the_deadline_is_not_begun() {
    let fake = Fake::start();
    fake.once("POST", "/comments", Trick::Answer(Answer::message(429, "Too many requests").with("Retry-After", "60")));
    let (sentence, took) = refused(&fake, ENOUGH).await;
    assert!(sentence.contains("429: Too many requests; it wants us to wait 60 s"), "{sentence}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn attempts_are_bounded() {
    let fake = Fake::start();
    fake.always("POST", "/comments", Trick::Answer(Answer::message(500, "Server Error")));
    let (sentence, _) = refused(&fake, ENOUGH).await;
    assert!(sentence.contains("GitHub answered 500: Server Error"), "{sentence}");
    assert_eq!(fake.count("POST", "/comments"), 4);
}

#[tokio::test]
async fn nothing_hangs() {
    let total = Duration::from_millis(1_200);
    for (method, path) in [("GET", "/pulls/7"), ("POST", "/graphql"), ("GET", "/comments")] {
        let fake = Fake::start();
        fake.always(method, path, Trick::Hang);
        let (sentence, took) = refused(&fake, total).await;
        assert!(
            sentence.contains("no complete answer within") || sentence.contains("time for it was over"),
            "{sentence}"
        );
        assert!(took < total + Duration::from_secs(1), "{took:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_a_sentence() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("bound");
    let error = api_within(Duration::from_secs(1), &format!("http://{free}"), HEAD).comment("shop", "text").await;
    let sentence = error.expect_err("nobody listens").to_string();
    assert!(sentence.contains("refused") && sentence.contains("githubstatus.com"), "{sentence}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_bounded() {
    let large = Answer { status: 200, headers: Vec::new(), body: vec![b' '; 33 * 1024 * 1024] };
    let garbage = Answer { status: 200, headers: Vec::new(), body: b"<html>a proxy's page</html>".to_vec() };
    for (answer, expected) in [(large, "larger than"), (garbage, "not what its API describes")] {
        let fake = Fake::start();
        fake.always("GET", "/pulls/7", Trick::Answer(answer));
        let (sentence, _) = refused(&fake, ENOUGH).await;
        assert!(sentence.contains(expected), "{sentence}");
    }
}

#[tokio::test]
async fn refusals_are_not_repeated_and_say_what_is_missing() {
    let forbidden = "Resource not accessible by integration";
    let cases = [
        ("POST", "/comments", 403, forbidden, "`pull-requests: write`"),
        ("GET", "/pulls/7", 403, forbidden, "docs/github.md"),
        ("GET", "/pulls/7", 404, "Not Found", "it was deleted, or the job's token lacks `pull-requests: write`"),
        ("POST", "/comments", 403, "Unable to create comment because issue is locked.", "unlock the conversation"),
        ("POST", "/comments", 410, "Issues are disabled for this repo", "enable them"),
        ("GET", "/comments", 410, "Issues are disabled for this repo", "enable them"),
        ("POST", "/comments", 422, "Validation Failed", "mistake of the gate"),
        ("POST", "/graphql", 401, "Bad credentials", "a token that is valid"),
        ("GET", "/pulls/7", 301, "Moved Permanently", "renamed"),
    ];
    for (method, path, status, message, expected) in cases {
        let fake = Fake::start();
        let answer = Answer::message(status, message).with("Location", "http://127.0.0.1:9/elsewhere");
        fake.always(method, path, Trick::Answer(answer));
        let (sentence, _) = refused(&fake, ENOUGH).await;
        assert!(sentence.contains(&status.to_string()) && sentence.contains(expected), "{sentence}");
        assert_eq!(fake.count(method, path), 1, "{sentence}");
    }
}

#[tokio::test]
async fn a_token_is_not_sent_where_it_could_be_read() {
    for url in ["http://api.github.com", "http://localhost.example.org", "https://a:b@api.github.com"] {
        let error = Api::new(&context(url, HEAD), Deadline::within(ENOUGH)).expect_err(url).to_string();
        assert!(error.starts_with("nothing was posted to GitHub: ") && !error.contains(TOKEN), "{error}");
    }
    let mut elsewhere = context("https://api.github.com", HEAD);
    elsewhere.graphql = "http://api.github.com/graphql".parse().expect("a URL");
    let error = Api::new(&elsewhere, Deadline::within(ENOUGH)).expect_err("anybody reads it").to_string();
    assert!(error.contains("GITHUB_GRAPHQL_URL"), "{error}");
    let mut unusable = context("https://api.github.com", HEAD);
    unusable.token = Token::new(format!("{TOKEN}\n"));
    let error = Api::new(&unusable, Deadline::within(ENOUGH)).expect_err("no header carries it").to_string();
    assert!(error.contains("check the secret's value") && !error.contains(TOKEN), "{error}");
}

#[test]
fn names_do_not_lead_elsewhere() {
    let wrong = |change: fn(&mut Context)| {
        let mut context = context("https://api.github.com", HEAD);
        change(&mut context);
        Api::new(&context, Deadline::within(ENOUGH)).expect_err("it is no name").to_string()
    };
    assert!(wrong(|context| context.owner = "..".to_owned()).contains("GITHUB_REPOSITORY"));
    assert!(wrong(|context| context.repository = String::new()).contains("GITHUB_REPOSITORY"));
    assert!(wrong(|context| context.head = "../../user".to_owned()).contains("SHA"));
    assert!(wrong(|context| context.repository = "shop/../../user?x=#".to_owned()).contains("GITHUB_REPOSITORY"));
}

#[tokio::test]
async fn a_token_that_comes_back_is_not_shown() {
    let fake = Fake::start();
    let message = format!("who is {TOKEN}?\u{1b}[2J\nforged");
    fake.always("GET", "/pulls/7", Trick::Answer(Answer::message(403, &message)));
    let (sentence, _) = refused(&fake, ENOUGH).await;
    assert!(sentence.contains("who is ***? [2J forged"), "{sentence}");
    assert!(!format!("{:?}", api(&fake.url, HEAD)).contains(TOKEN));
}
