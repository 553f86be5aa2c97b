use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use http::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use url::Url;

use super::*;
use crate::{
    client::{
        Origin,
        control::Control,
        testing::{self, Server, gzipped},
    },
    monitor::Gauges,
    plan::{
        Connections, Expect, Gauge, GaugeId, GitHub, Http, JsonExpectation, Monitor, Place, Plan, Policy, Probe,
        Profile, Publish, Reaction, Source, Target, Tls, Uncertain,
    },
};

/// An app that answers each connection once: number (from 0) and head of the request in, status line and the rest out.
/// Gives its address and the number of connections.
pub(crate) async fn app(answer: fn(u32, &str) -> &'static str) -> (Url, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let base = Url::parse(&format!("http://{}", listener.local_addr().expect("bound"))).expect("a URL");
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut head = [0; 2048];
                let length = stream.read(&mut head).await.unwrap_or(0);
                let answer = answer(number, &String::from_utf8_lossy(&head[..length]));
                let _ = stream.write_all(format!("HTTP/1.1 {answer}").as_bytes()).await;
            });
        }
    });
    (base, count)
}

fn target() -> Target {
    Target {
        url: None,
        allow: Vec::new(),
        timeout: Duration::from_secs(5),
        headers: Vec::new(),
        http: Http::H1,
        connections: Connections::Keep,
        resolve: Vec::new(),
        proxy: None,
        trace: false,
        tls: Tls { ca: None, verify: true },
        ready: None,
        start: None,
    }
}

/// A control client for an app.
pub(crate) fn control(base: &Url) -> Control {
    Control::new(&target(), base).expect("a client")
}

/// A plan with nothing in it but one monitor whose gauges are `app.a` and `app.b`.
pub(crate) fn plan() -> Plan {
    Plan {
        gate: "test".to_owned(),
        profile: Profile { name: "default".to_owned(), time_scale: 1.0, extend: false },
        seed: 7,
        commit: "dev".to_owned(),
        target: target(),
        preflight: Vec::new(),
        scenarios: Vec::new(),
        endpoints: Vec::new(),
        columns: Vec::new(),
        datasets: Vec::new(),
        monitors: vec![Monitor {
            name: "app".to_owned(),
            source: Source::Prometheus { url: "/metrics".to_owned() },
            read: vec![(GaugeId(0), "a".to_owned()), (GaugeId(1), "10 / b".to_owned())],
            place: place(1),
        }],
        gauges: ["app.a", "app.b"].map(|name| Gauge { name: name.to_owned(), band: None }).to_vec(),
        phases: Vec::new(),
        recovery: None,
        integrity: Vec::new(),
        cleanup: Vec::new(),
        against: None,
        regression: None,
        policy: Policy {
            uncertain_criterion: Uncertain::Observed,
            uncertain_regression: Reaction::Warn,
            no_data: Reaction::Fail,
        },
        publish: Publish {
            junit: None,
            markdown: None,
            html: None,
            csv: None,
            metrics: None,
            github: GitHub::default(),
        },
        deadline: None,
        without_effect: Vec::new(),
        foreign: None,
    }
}

pub(crate) fn place(line: u32) -> Place {
    Place { file: "gates.yaml".into(), line, column: 1 }
}

fn kit(base: &Url, plan: Plan) -> Kit {
    Kit {
        control: control(base),
        origin: Arc::new(Origin::new(&plan.target, base).expect("loopback is allowed")),
        gauges: Gauges::new(&plan),
        plan: Arc::new(plan),
        secrets: Arc::default(),
    }
}

fn get(url: &str, expect: Expect) -> Act {
    let timeout = Duration::from_secs(5);
    Act::Probe(Probe { method: Method::GET, url: url.to_owned(), headers: Vec::new(), body: None, timeout, expect })
}

fn command(program: &str) -> Act {
    Act::Command { arguments: vec![program.to_owned()], timeout: Duration::from_secs(20) }
}

async fn check(kit: &Kit, on_failure: OnFailure, acts: Vec<Act>) -> Vec<Checked> {
    let named = |(act, line): (Act, u32)| Check { name: format!("item {line}"), act, place: place(line) };
    let checks: Vec<Check> = acts.into_iter().zip(1..).map(named).collect();
    let mut results = Vec::new();
    run(kit, &checks, on_failure, &mut |checked| results.push(checked)).await;
    results
}

fn held(results: &[Checked]) -> Vec<Held> {
    results.iter().map(|checked| checked.held).collect()
}

#[tokio::test]
async fn a_failed_item_ends_preflight() {
    let (base, count) = app(|_, _| "200 OK\r\n\r\n").await;
    let acts = vec![get("/", Expect::default()), command("false"), get("/later", Expect::default())];
    let results = check(&kit(&base, plan()), OnFailure::End, acts).await;
    assert_eq!(held(&results), [Held::Yes, Held::No, Held::NotRun]);
    assert_eq!(results[2].detail, "not run, because \"item 2\" failed before it");
    assert_eq!(results[2].place.line, 3);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn after_the_load_every_item_is_looked_at() {
    let (base, _) = app(|_, _| "500 Oops\r\n\r\n").await;
    let acts = vec![get("/", Expect::default()), command("false"), command("true")];
    let results = check(&kit(&base, plan()), OnFailure::GoOn, acts).await;
    assert_eq!(held(&results), [Held::No, Held::No, Held::Yes]);
    assert_eq!(results[0].sent, super::super::Sent { requests: 1, failures: 1 });
}

#[tokio::test]
async fn a_probe_says_what_was_expected_and_what_was_seen() {
    let (base, _) = app(|_, _| "200 OK\r\n\r\n{\"commit\": \"dev\"}").await;
    let kit = kit(&base, plan());
    let commit = |text: &str| {
        let wanted = JsonExpectation::Equals(serde_json::Value::from(text));
        Expect { json: vec![("/commit".to_owned(), wanted)], ..Expect::default() }
    };
    let acts = vec![get("/version", commit("dev")), get("/version", commit("abc"))];
    let results = check(&kit, OnFailure::End, acts).await;
    assert_eq!(held(&results), [Held::Yes, Held::No]);
    let detail = &results[1].detail;
    assert!(detail.contains("/version") && detail.contains("dev") && detail.contains("abc"), "{detail}");
}

/// Everything that a failed item shows of a request with a token in its address, and of a compressed answer.
#[tokio::test]
async fn a_probe_shows_no_secret_that_its_address_or_a_compressed_answer_holds() {
    let server = Server::start(
        testing::app(|_| {
            let mut reply = gzipped(500, "{\"refresh_token\": \"rt-0123456\"}");
            reply.headers_mut().insert("x-debug", http::HeaderValue::from_static("rt-0123456 of ab-987654"));
            reply
        }),
        None,
    );
    let base = Url::parse(&server.url()).expect("a URL");
    let expect = Expect { status: vec![500], ..Expect::default() };
    let url = "/health?token=ab-987654&a=b";
    let results =
        check(&kit(&base, plan()), OnFailure::GoOn, vec![get(url, Expect::default()), get(url, expect)]).await;
    let told = format!("{results:?}");
    assert!(!told.contains("rt-0123456") && !told.contains("ab-987654"), "{told}");
    assert!(results[0].detail.starts_with("GET /health?token=***&a=b: status 500"), "{told}");
    assert_eq!(results[1].detail, "GET /health?token=***&a=b answered 500 as expected");
    let exchanges = results[0].exchanges.as_ref().expect("they are shown");
    assert_eq!(exchanges.exchanges[0].received.body, "{\"refresh_token\": \"***\"}");

    let nobody = Url::parse("http://127.0.0.1:1").expect("a URL");
    let down = check(&kit(&nobody, plan()), OnFailure::End, vec![get(url, Expect::default())]).await;
    assert!(down[0].detail.starts_with("GET http://127.0.0.1:1/health?token=***&a=b could not connect"), "{down:?}");
}

#[tokio::test]
async fn a_probe_goes_nowhere_but_to_allowed_hosts() {
    let base = Url::parse("http://127.0.0.1:1").expect("a URL");
    let results =
        check(&kit(&base, plan()), OnFailure::GoOn, vec![get("http://example.org/", Expect::default())]).await;
    assert_eq!(held(&results), [Held::No]);
    assert_eq!(results[0].sent.requests, 0, "nothing was sent");
    assert!(results[0].detail.contains("target.allow"), "{}", results[0].detail);
}

#[tokio::test]
async fn a_target_that_is_down_is_a_finding() {
    let base = Url::parse("http://127.0.0.1:1").expect("a URL");
    let results = check(&kit(&base, plan()), OnFailure::End, vec![get("/", Expect::default())]).await;
    assert_eq!(held(&results), [Held::No]);
    assert!(results[0].detail.contains("start the app"), "{}", results[0].detail);
}

#[tokio::test]
async fn every_listed_gauge_gives_a_number() {
    let (base, _) = app(|_, _| "200 OK\r\n\r\na 3\nb 0\n").await;
    let kit = kit(&base, plan());
    let ask = |ids: &[u32]| vec![Act::Monitors(ids.iter().map(|id| GaugeId(*id)).collect())];
    assert_eq!(held(&check(&kit, OnFailure::End, ask(&[0])).await), [Held::Yes]);
    let both = check(&kit, OnFailure::End, ask(&[0, 1])).await;
    assert_eq!(held(&both), [Held::No]);
    assert!(both[0].detail.starts_with("app.b gave no number: "), "{}", both[0].detail);
    assert_eq!(both[0].sent.requests, 0, "scrapes are not among the totals");
}
