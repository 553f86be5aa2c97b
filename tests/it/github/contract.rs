//! Every call that the gate makes holds to GitHub's own description of its API, and GitHub's own examples are read.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use stagegate::{
    publish::github::{Api, Closed, Completion, Conclusion, Deadline, Done, State},
    report::{Annotation, AnnotationLevel},
};

use crate::{gate_test::turn, started::free_port, turns::Turn};

use super::{
    Answer, TOKEN, api_within, context,
    fake::Fake,
    trick::Trick,
    world::{HEAD, OLDER},
};

/// Prism is slow to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// It is slower than the fake, too.
const ENOUGH: Duration = Duration::from_secs(30);

/// Prism on this machine; it ends with the test. It keeps a core busy, so nobody measures beside it.
struct Prism {
    child: Child,
    address: SocketAddr,
    _turn: Turn,
}

impl Prism {
    /// Lets what holds to the description through to the fake.
    fn before(fake: &Fake) -> Self {
        Self::start("proxy", Some(&fake.url))
    }

    /// Answers with GitHub's own examples.
    fn with_examples() -> Self {
        Self::start("mock", None)
    }

    fn start(kind: &str, upstream: Option<&str>) -> Self {
        let turn = turn();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/github/github");
        let mut command = Command::new(script);
        command.arg(kind).arg(address.port().to_string()).args(upstream).stdin(Stdio::null()).stdout(Stdio::null());
        let mut prism = Self { child: command.spawn().expect("the script starts"), address, _turn: turn };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = prism.child.try_wait().expect("it can be asked");
            assert!(ended.is_none(), "is it installed? run tests/github/github install");
            assert!(began.elapsed() < PATIENCE, "Prism does not listen");
            thread::sleep(Duration::from_millis(50));
        }
        prism
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The status of a request that is made by hand.
    fn status(&self, line: &str, body: &Value) -> u16 {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        let body = body.to_string();
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn notes(count: u32) -> Vec<Annotation> {
    let note = |line| Annotation {
        file: "load/gates.yaml".to_owned(),
        line,
        level: if line % 2 == 0 { AnnotationLevel::Failure } else { AnnotationLevel::Warning },
        title: "p95 < 500 ms at `home`".to_owned(),
        message: "p95 was 900 ms".to_owned(),
    };
    (1..=count).map(note).collect()
}

#[tokio::test]
async fn every_call_holds_to_githubs_description() {
    let fake = Fake::start();
    let prism = Prism::before(&fake);
    let api = around(&prism, &fake, HEAD);
    comments(&fake, &api).await;
    let older = around(&prism, &fake, OLDER);
    assert_eq!(older.comment("shop", "text").await.map(|posted| posted.done), Ok(Done::Left));
    checks(&fake, &api).await;
    for state in [State::Pending, State::Success, State::Failure, State::Error] {
        api.status("shop", state, &"d".repeat(200)).await.expect("it is set");
    }
    assert_eq!(api.close_checks(None).await, Ok(Vec::new()));
    assert_eq!(api.pull_request("acme", "topic").await, Ok(7));
    assert_eq!(api.pull_request("acme", HEAD).await, Ok(7));
    every_kind_of_call_was_made(&fake);
    others_are_refused(&fake, &prism);
}

/// REST through Prism; the description has no GraphQL, which goes straight to the fake.
fn around(prism: &Prism, fake: &Fake, head: &str) -> Api {
    let mut context = context(&prism.url(), head);
    context.graphql = format!("{}/graphql", fake.url).parse().expect("a URL");
    Api::new(&context, Deadline::within(ENOUGH)).expect("the context is right")
}

/// Created, updated, and a duplicate removed, beyond the first page.
async fn comments(fake: &Fake, api: &Api) {
    fake.world(|world| {
        for number in 0..150 {
            world.comment("octocat", "User", &number.to_string());
        }
    });
    for done in [Done::Created, Done::Updated] {
        assert_eq!(api.comment("a gate --> of ours", "text").await.map(|posted| posted.done), Ok(done));
    }
    fake.once("POST", "/comments", Trick::another_job_comments(HEAD, "x"));
    assert_eq!(api.comment("shop", "text").await.map(|posted| posted.done), Ok(Done::Updated));
}

/// With and without annotations, each begun and continued after an answer that was lost; and one that was left.
async fn checks(fake: &Fake, api: &Api) {
    for (exit, count) in [(0, 0), (1, 120), (130, 0)] {
        fake.once("POST", "/check-runs", Trick::DoneBut(Answer::message(502, "")));
        let check = api.begin_check("shop").await.expect("it is created, or found again");
        fake.once("PATCH", "", Trick::DoneBut(Answer::message(502, "")));
        let notes = notes(count);
        let (title, summary) = ("t".repeat(300), "s".repeat(70_000));
        let ending =
            Completion { conclusion: Conclusion::of(exit), title: &title, summary: &summary, annotations: &notes };
        api.complete_check("shop", check, &ending).await.expect("it is completed");
        fake.world(|world| world.checks.clear());
    }
    api.begin_check("shop").await.expect("it is created");
    assert_eq!(api.close_checks(None).await, Ok(vec![Closed { gate: "shop".to_owned(), judged: false }]));
}

/// A call that is not made is not held to anything.
fn every_kind_of_call_was_made(fake: &Fake) {
    let commit = format!("/commits/{HEAD}/check-runs");
    let status = format!("/statuses/{HEAD}");
    let (statuses, pulls) = (format!("/commits/{HEAD}/statuses"), format!("/commits/{HEAD}/pulls"));
    let calls = [
        ("POST", "/graphql"),
        ("GET", &statuses),
        ("GET", &pulls),
        ("GET", "/shop/pulls"),
        ("GET", "/pulls/7"),
        ("GET", "/issues/7/comments"),
        ("POST", "/issues/7/comments"),
        ("PATCH", "/issues/comments/"),
        ("DELETE", "/issues/comments/"),
        ("POST", "/shop/check-runs"),
        ("GET", "/shop/check-runs/"),
        ("PATCH", "/shop/check-runs/"),
        ("GET", &commit),
        ("POST", &status),
    ];
    let seen = fake.seen();
    for (method, path) in calls {
        let made = seen.iter().any(|request| request.method == method && request.path.contains(path));
        assert!(made, "{method} ..{path} was not called");
    }
}

/// What does not hold to the description does not reach the server, so that all this could have failed.
fn others_are_refused(fake: &Fake, prism: &Prism) {
    let before = fake.seen().len();
    let note = |line: u32| json!({"path": "a", "start_line": line, "end_line": line, "annotation_level": "failure", "message": "m"});
    let with =
        |count: u32| json!({"output": {"summary": "s", "annotations": (1..=count).map(note).collect::<Vec<_>>()}});
    let repository = "/repos/acme/shop";
    assert_eq!(prism.status(&format!("PATCH {repository}/check-runs/1"), &with(51)), 422);
    assert_eq!(prism.status(&format!("POST {repository}/issues/7/comments"), &json!({"text": "x"})), 422);
    assert_eq!(prism.status(&format!("POST {repository}/statuses/{HEAD}"), &json!({"state": "passed"})), 422);
    assert_eq!(prism.status(&format!("POST {repository}/check-runs"), &json!({"name": "x"})), 422);
    assert!(prism.status(&format!("GET {repository}/pull/7"), &Value::Null) >= 400);
    assert_eq!(fake.seen().len(), before);
    assert_eq!(
        prism.status(&format!("PATCH {repository}/check-runs/1"), &with(50)),
        404,
        "the server has no such check"
    );
}

#[tokio::test]
async fn githubs_own_examples_are_read() {
    let prism = Prism::with_examples();
    let api = api_within(ENOUGH, &prism.url(), HEAD);
    let posted = api.comment("shop", "text").await.expect("the examples are read");
    assert_eq!(posted.done, Done::Created);
    assert!(posted.url.starts_with("https://github.com/octocat/Hello-World/issues/"), "{}", posted.url);
    let check = api.begin_check("shop").await.expect("the example is read");
    let notes = notes(60);
    let ending = Completion { conclusion: Conclusion::Failure, title: "t", summary: "s", annotations: &notes };
    api.complete_check("shop", check, &ending).await.expect("the example is read");
    assert_eq!(api.close_checks(None).await, Ok(Vec::new()), "the example's check is another job's");
    api.status("shop", State::Success, "d").await.expect("the example is read");
    // The example's pull request comes from `octocat:new-topic` at this commit.
    assert_eq!(api.pull_request("octocat", "new-topic").await, Ok(1347));
}
