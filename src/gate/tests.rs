//! The corridor from outside, on an app that runs beside the test. What the load measures is the judge's business: on a
//! busy machine a phase may be invalid, so these tests look at what is done, in which order, and how it ends.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{Event, Finished, Setup, Stop, StopSwitch, run};
mod confirmations;
mod defects;
mod logins;
mod seeds;
mod turns;
mod waits;

use crate::{
    config,
    judge::{CheckResult, Ending, Extent, Interruption, Outcome},
    plan::{self, Choice},
};

/// An app that answers every path with 200, `/broken` with 500, `/members` with a form to log in, and `/metrics` with a
/// gauge; it keeps count of the requests that are no scrapes.
struct App {
    url: String,
    requests: Arc<AtomicU64>,
}

impl App {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let requests = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counted = Arc::clone(&counted);
                thread::spawn(move || serve(&stream, &counted));
            }
        });
        Self { url, requests }
    }

    fn served(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    /// A setup for this app: one visitor without haste, and what the test adds.
    fn setup(&self, yaml: &str) -> (Setup, StopSwitch) {
        let text = format!(
            "version: 1\ngate: test\ntarget: {{url: '{}', timeout: 5s, ready: {{get: /ready, within: 5s}}}}\n\
             scenarios: {{visitor: {{steps: [{{get: /, name: home}}], think: 20ms}}}}\n{yaml}",
            self.url
        );
        setup(&text)
    }
}

fn serve(stream: &TcpStream, counted: &AtomicU64) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if !matches!(reader.read_line(&mut head), Ok(1..)) {
                return;
            }
        }
        let (status, body) = match head.split(' ').nth(1) {
            Some("/metrics") => ("200 OK", "gauge 5\n"),
            Some("/broken") => ("500 Oops", ""),
            Some("/members") => ("200 OK", "<input type=\"password\">"),
            _ => ("200 OK", "hello"),
        };
        if body != "gauge 5\n" {
            counted.fetch_add(1, Ordering::SeqCst);
        }
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let mut stream = stream;
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn setup(text: &str) -> (Setup, StopSwitch) {
    let choice = Choice { seed: 7, commit: "abc".to_owned(), ..Choice::default() };
    let (config, problems) = config::read("gates.yaml", text.as_bytes(), &choice.environment);
    assert!(problems.is_empty(), "{problems}");
    let plan = plan::build(&config.expect("a config"), &choice).unwrap_or_else(|problems| panic!("{problems}"));
    let (switch, stop) = Stop::new();
    let setup = Setup {
        plan: Arc::new(plan),
        extent: Extent::Ladder,
        stop,
        workers: Some(1),
        repeat: "stagegate run --seed 7".to_owned(),
        notes: vec!["a remark".to_owned()],
        secrets: Arc::default(),
        against: None,
        reads_ruler: false,
        repetitions: 1,
        logs: None,
        watched: false,
        binary: "/no/such/binary".into(),
    };
    (setup, switch)
}

/// Runs to the end; gives what came of it, and the events in short.
async fn walk(setup: Setup) -> (Finished, Vec<String>) {
    let mut events = Vec::new();
    let finished = run(setup, &mut |event| events.extend(short(&event))).await.expect("the target can be used");
    (finished, events)
}

fn short(event: &Event) -> Option<String> {
    let of = |list: &str, result: &CheckResult| Some(format!("{list} {} {}", result.name, result.outcome.word()));
    match event {
        Event::Started { target, .. } => Some(format!("started on {}", target.split(':').next().unwrap_or_default())),
        Event::Note(note) => Some(format!("note {note}")),
        Event::Waiting { what, within } => Some(format!("waiting for {what}, {within:?}")),
        Event::Preflight(result) => of("preflight", result),
        Event::Integrity(result) => of("integrity", result),
        Event::Cleanup(result) => of("cleanup", result),
        Event::PhaseStarted { name, number, .. } => Some(format!("phase {number} {name}")),
        Event::PhaseEnded(phase) => Some(format!("{} ended", phase.name)),
        Event::PhaseExtended { name, .. } => Some(format!("{name} extended")),
        Event::Progress(_) => None,
        Event::Confirming { phase, time, of } => Some(format!("confirming {phase} {time}/{of}")),
        Event::RecoveryStarted => Some("recovery".to_owned()),
        Event::Recovery(recovery) => Some(format!("recovery {}", recovery.outcome.word())),
        Event::Finished(_) => Some("finished".to_owned()),
    }
}

fn outcomes(results: &[CheckResult]) -> Vec<Outcome> {
    results.iter().map(|result| result.outcome).collect()
}

const PHASES: &str = "phases:
  - {name: first, users: 2, spawn_rate: 20/s, duration: 1s, criteria: [requests > 0]}
  - {name: second, users: 3, spawn_rate: 20/s, duration: 1s, criteria: [requests > 0]}
";

const AROUND: &str = "preflight: [{name: version, get: /version}, {name: pass, scenario: visitor}]
integrity: [{name: nothing lost, get: /integrity}]
cleanup: [{name: tidy, command: ['true']}]
monitors: {app: {prometheus: /metrics, read: {depth: 2 * gauge}}}
";

#[tokio::test]
async fn the_whole_way_in_order() {
    let app = App::start();
    let (setup, _switch) = app.setup(&format!("{AROUND}{PHASES}"));
    let (finished, events) = walk(setup).await;
    let verdict = &finished.verdict;
    // Whatever a busy machine made of the first phase: after a phase that ends the ladder the second is not run.
    let climbed = verdict.phases[1].outcome != Outcome::NotRun;
    let ladder: &[&str] = if climbed {
        &["phase 1 first", "first ended", "phase 2 second", "second ended"]
    } else {
        &["phase 1 first", "first ended"]
    };
    let mut expected = vec![
        "started on http",
        "note a remark",
        "preflight the target is ready passed",
        "preflight version passed",
        "preflight pass passed",
    ];
    expected.extend(ladder);
    expected.extend(["integrity nothing lost passed", "cleanup tidy passed", "finished"]);
    assert_eq!(events, expected);
    assert_eq!(verdict.totals.requests, app.served(), "everything is counted, scrapes are not");
    assert_eq!(verdict.notes, ["a remark"]);
    assert_eq!((verdict.commit.as_str(), verdict.seed), ("abc", 7));
    assert!(verdict.started_at.ends_with('Z') && verdict.started_at < verdict.finished_at, "{}", verdict.started_at);
    let gauges = &finished.phases[0].gauges;
    assert_eq!((gauges[0].name.as_str(), gauges[0].attempts), ("app.depth", 20));
    assert!(gauges[0].samples.iter().all(|sample| (sample.value - 10.0).abs() < 1e-9));
    let window = finished.phases[0].measurements.window_start.expect("the window opened");
    let within = |at: Duration| at >= window && at < window + Duration::from_millis(1500);
    assert!(gauges[0].samples.iter().all(|sample| within(sample.at)), "read in the window only");
}

#[tokio::test]
async fn a_failed_item_means_no_load() {
    let app = App::start();
    let preflight = "preflight: [{name: broken, get: /broken}, {name: later, get: /later}]\n\
                     integrity: [{name: nothing lost, get: /integrity}]\ncleanup: [{name: tidy, command: ['false']}]\n";
    let (setup, _switch) = app.setup(&format!("{preflight}{PHASES}"));
    let (finished, events) = walk(setup).await;
    let verdict = finished.verdict;
    assert_eq!((verdict.outcome, verdict.ending, verdict.exit_code), (Outcome::Invalid, Ending::NotReady, 3));
    assert_eq!(outcomes(&verdict.preflight), [Outcome::Passed, Outcome::Failed, Outcome::NotRun]);
    assert_eq!(outcomes(&verdict.integrity), [Outcome::NotRun]);
    assert_eq!(verdict.integrity[0].detail, "not run, because the target is not ready for load");
    assert!(verdict.phases.iter().all(|phase| phase.outcome == Outcome::NotRun) && verdict.phases.len() == 2);
    assert_eq!((verdict.totals.requests, app.served()), (2, 2));
    assert_eq!(verdict.totals.failures, 1);
    assert_eq!(events.last().map(String::as_str), Some("finished"));
    assert_eq!(outcomes(&verdict.cleanup), [Outcome::Failed], "cleanup runs at every end and changes no outcome");
}

#[tokio::test]
async fn a_target_that_is_down_is_not_ready_although_nothing_asks_whether_it_is() {
    let text = format!(
        "version: 1\ngate: test\ntarget: {{url: 'http://127.0.0.1:1', timeout: 1s}}\n\
         scenarios: {{visitor: {{steps: [{{get: /, name: home}}], think: 20ms}}}}\n{PHASES}"
    );
    let (setup, _switch) = setup(&text);
    let (finished, _) = walk(setup).await;
    assert_eq!(finished.verdict.exit_code, 3);
    assert_eq!(finished.verdict.totals.requests, 0);
    assert!(finished.verdict.preflight[0].detail.contains("could not be reached"), "{:?}", finished.verdict.preflight);
    assert!(finished.verdict.phases.iter().all(|phase| phase.outcome == Outcome::NotRun));
}

#[tokio::test]
async fn a_target_that_is_never_ready_is_not_asked_any_further() {
    let text = format!(
        "version: 1\ngate: test\ntarget: {{url: 'http://127.0.0.1:1', ready: {{get: /, within: 100ms}}}}\n\
         scenarios: {{visitor: {{steps: [{{get: /, name: home}}]}}}}\npreflight: [{{name: later, get: /}}]\n{PHASES}"
    );
    let (setup, _switch) = setup(&text);
    let (finished, _) = walk(setup).await;
    assert_eq!(finished.verdict.exit_code, 3);
    assert_eq!(outcomes(&finished.verdict.preflight), [Outcome::Failed, Outcome::NotRun]);
    assert!(finished.verdict.preflight[0].detail.contains("not ready within 100ms"));
}

#[tokio::test]
async fn a_signal_ends_the_load_and_leaves_a_partial_verdict() {
    let app = App::start();
    let long = PHASES.replace("duration: 1s", "duration: 30s");
    let (setup, switch) = app.setup(&format!("{AROUND}{long}"));
    let (mut switch, mut sent) = (Some(switch), Instant::now());
    let mut windows = 0;
    let mut listen = |event| {
        windows += u32::from(matches!(event, Event::Progress(progress) if progress.stage == super::Stage::Window));
        if windows == 2
            && let Some(switch) = switch.take()
        {
            sent = Instant::now();
            switch.stop(Interruption::Interrupt);
        }
    };
    let finished = run(setup, &mut listen).await.expect("the target can be used");
    assert!(sent.elapsed() < Duration::from_secs(5), "it took {:?}", sent.elapsed());
    let verdict = &finished.verdict;
    assert_eq!((verdict.outcome, verdict.ending, verdict.exit_code), (Outcome::Interrupted, Ending::Interrupted, 130));
    assert!(verdict.phases[0].requests > 0, "what was measured is there");
    assert_ne!(verdict.phases[0].outcome, Outcome::Passed);
    assert_eq!(verdict.phases[1].outcome, Outcome::NotRun);
    assert_eq!(outcomes(&verdict.integrity), [Outcome::NotRun]);
    assert_eq!(outcomes(&verdict.cleanup), [Outcome::Passed], "cleanup runs then too");
    assert_eq!(finished.phases.len(), 1);
}

#[tokio::test]
async fn the_deadline_ends_a_command_and_its_run() {
    let app = App::start();
    let (mut setup, _switch) =
        app.setup(&format!("preflight: [{{name: slow, command: [sleep, '60']}}, {{name: later, get: /}}]\n{PHASES}"));
    Arc::get_mut(&mut setup.plan).expect("nobody else has it").deadline = Some(Duration::from_millis(300));
    let begun = Instant::now();
    let (finished, _) = walk(setup).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
    assert_eq!(finished.verdict.exit_code, 143);
    assert_eq!(outcomes(&finished.verdict.preflight), [Outcome::Passed, Outcome::NotRun, Outcome::NotRun]);
}

#[tokio::test]
async fn a_dry_run_sends_no_load() {
    let app = App::start();
    let (mut setup, _switch) = app.setup(&format!("{AROUND}{PHASES}"));
    setup.extent = Extent::DryRun;
    let (finished, events) = walk(setup).await;
    assert_eq!(finished.verdict.exit_code, 0, "{}", finished.verdict.headline);
    assert_eq!(app.served(), 4, "ready, a probe, and two passes");
    assert_eq!(finished.verdict.totals.requests, 4);
    assert!(events.contains(&"preflight one pass through visitor passed".to_owned()), "{events:?}");
    assert!(finished.verdict.phases.iter().all(|phase| phase.outcome == Outcome::NotRun));
    assert_eq!((finished.rehearsals.len(), finished.rehearsals[0].title.as_str()), (1, "scenario visitor, one user"));
}

#[tokio::test]
async fn a_dry_run_that_fails_is_not_ready() {
    let app = App::start();
    let (mut setup, _switch) = app.setup(PHASES);
    let plan = Arc::get_mut(&mut setup.plan).expect("nobody else has it");
    plan.scenarios[0].steps[0].expect.status = vec![204];
    setup.extent = Extent::DryRun;
    let (finished, _) = walk(setup).await;
    assert_eq!((finished.verdict.ending, finished.verdict.exit_code), (Ending::NotReady, 3));
    let detail = &finished.verdict.preflight[1].detail;
    assert!(detail.contains("visitor, home") && detail.contains("204"), "{detail}");
}

#[tokio::test]
async fn items_that_do_not_hold_show_their_exchanges() {
    let app = App::start();
    let (mut setup, _switch) = app.setup(&format!("preflight: [{{name: one pass, scenario: visitor}}]\n{PHASES}"));
    let plan = Arc::get_mut(&mut setup.plan).expect("nobody else has it");
    plan.scenarios[0].steps[0].expect.status = vec![204];
    let (finished, _) = walk(setup).await;
    assert_eq!(finished.rehearsals.len(), 1);
    assert_eq!(finished.rehearsals[0].title, "preflight: one pass");
    let exchange = &finished.rehearsals[0].rehearsal.exchanges[0];
    assert_eq!(exchange.sent.head[0], "GET / HTTP/1.1");
    assert!(exchange.received.head[0].starts_with("HTTP/1.1 200"), "{exchange:?}");

    let (setup, _switch) =
        app.setup(&format!("preflight: [{{name: probe, get: /x?y, expect: {{status: 204}}}}]\n{PHASES}"));
    let (finished, _) = walk(setup).await;
    let exchange = &finished.rehearsals[0].rehearsal.exchanges[0];
    assert_eq!(exchange.sent.head[0], "GET /x?y HTTP/1.1");
    assert!(exchange.sent.head.iter().any(|line| line.starts_with("user-agent: stagegate/")), "{exchange:?}");
    assert!(exchange.failure.as_ref().is_some_and(|failure| failure.contains("expected 204")), "{exchange:?}");
}

#[tokio::test]
async fn a_staging_app_that_does_not_come_up_is_a_verdict() {
    let text = format!(
        "version: 1\ngate: test\ntarget: {{url: demo}}\n\
         scenarios: {{visitor: {{steps: [{{get: /, name: home}}]}}}}\n{AROUND}{PHASES}"
    );
    let (setup, _switch) = setup(&text);
    let (finished, events) = walk(setup).await;
    assert_eq!((finished.verdict.ending, finished.verdict.exit_code), (Ending::NotReady, 3));
    assert!(finished.verdict.preflight[0].detail.contains("does not start"), "{:?}", finished.verdict.preflight);
    assert_eq!(outcomes(&finished.verdict.preflight[1..]), [Outcome::NotRun, Outcome::NotRun]);
    assert_eq!(outcomes(&finished.verdict.cleanup), [Outcome::NotRun]);
    assert_eq!(events[0], "started on demo");
}

#[tokio::test]
async fn a_target_outside_is_refused_before_anything() {
    let text = format!(
        "version: 1\ngate: test\ntarget: {{url: 'http://127.0.0.1:1'}}\n\
         scenarios: {{visitor: {{steps: [{{get: /, name: home}}]}}}}\n{PHASES}"
    );
    let (mut setup, _switch) = setup(&text);
    let plan = Arc::get_mut(&mut setup.plan).expect("nobody else has it");
    plan.target.url = Some("http://staging.example.org".parse().expect("a URL"));
    let mut events = 0;
    let refused = run(setup, &mut |_| events += 1).await.expect_err("it is not allowed");
    assert!(refused.to_string().contains("target.allow"), "{refused}");
    assert_eq!(events, 0);
}

/// A server that takes connections and answers nothing.
fn hanging() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}/metrics", listener.local_addr().expect("bound"));
    thread::spawn(move || {
        let mut held = Vec::new();
        held.extend(listener.incoming().flatten());
    });
    url
}

/// A monitor is awaited for 5 s; recovery counts from the end of the load.
#[tokio::test]
async fn recovery_does_not_wait_for_a_monitor_that_hangs() {
    for criterion in ["requests > 0", "requests > 1000000"] {
        let app = App::start();
        let (setup, _switch) = app.setup(&format!(
            "monitors: {{app: {{prometheus: '{}', read: {{depth: gauge}}}}}}\nrecovery: {{users: 1, within: 4s}}\n\
             phases: [{{name: only, users: 1, spawn_rate: 20/s, duration: 1s, criteria: ['{criterion}']}}]\n",
            hanging()
        ));
        let (finished, events) = walk(setup).await;
        let recovery = finished.verdict.recovery.expect("it was watched");
        assert_eq!(recovery.outcome, Outcome::Passed, "{recovery:?}");
        assert!(recovery.seconds < Some(3.0), "{recovery:?}");
        let order: Vec<&str> = events.iter().map(|event| event.split(' ').next().unwrap_or_default()).collect();
        let judged = events.iter().position(|event| event.starts_with("only ")).expect("it was judged");
        assert!(order.iter().position(|&event| event == "recovery") > Some(judged), "{events:?}");
        assert_eq!(finished.phases.len(), 1);
    }
}
