//! What becomes of a monitor's source that does not answer: it is missing with its reason, is no hang, costs no second
//! connection and keeps no other source waiting.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use crate::{
    gate_test::{App, Ran, afresh, quiet_turn},
    monitor_sources::{CONNECTED, OPENED, PHASE, REPORTS, WRONG, gate, keeps_secret, monitor, shared, staging},
    servers::{Database, Locked, Stalling, server},
};

#[track_caller]
fn says(ran: &Ran, name: &str, words: &str) {
    let monitor = monitor(ran, name);
    assert_eq!(monitor["band"], "missing", "{monitor:#}");
    assert!(monitor["missing"].as_str().is_some_and(|why| why.contains(words)), "{monitor:#}");
}

/// Waits until the gate's monitor is connected.
fn await_monitor(database: &Database, begun: Instant) {
    let observer = database.connect();
    while database.number(&observer, CONNECTED) == 0.0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the monitor never came");
        thread::sleep(Duration::from_millis(20));
    }
}

/// What is wrong with each source of [`stall`].
const SOURCES: [&str; 10] =
    ["password", "port", "slow", "secured", "cache", "locked", "telling", "mute", "gone", "hung"];

/// Runs a gate whose sources all fail to answer, one of them after a while.
fn stall(demo: &App, app: &App, [silent, telling]: [u16; 2]) -> (Ran, Duration) {
    let (url, redis) = (app.said("postgres at "), app.said("redis at "));
    let server = server(&url);
    let stalling = Stalling::before(server.clone());
    let _locked = Locked::with(&redis, "right-s3cret");
    let monitors = format!(
        "monitors:
  password: {{postgres: \"postgresql://staging:{WRONG}@{server}/staging\", read: {{c: connections}}}}
  port: {{postgres: \"postgresql://staging:{WRONG}@127.0.0.1:1/staging\", read: {{c: connections}}}}
  slow: {{postgres: \"postgresql://staging:staging@{}/staging\", read: {{c: connections}}}}
  secured: {{postgres: \"{url}?sslmode=require\", read: {{c: connections}}}}
  cache: {{redis: \"redis://:{WRONG}@127.0.0.1:1\", read: {{c: clients}}}}
  locked: {{redis: \"{}\", read: {{c: clients}}}}
  telling: {{redis: \"redis://:{WRONG}@127.0.0.1:{telling}\", read: {{c: clients}}}}
  mute: {{redis: \"redis://:{WRONG}@127.0.0.1:{silent}\", read: {{c: clients}}}}
  gone: {{host: {{process: no-such-process}}, read: {{c: cpu_percent}}}}
  hung: {{command: [sleep, '600'], read: {{c: value}}}}",
        stalling.address,
        redis.replace("redis://", &format!("redis://:{WRONG}@"))
    );
    let criteria: Vec<String> = SOURCES.iter().map(|name| format!("{name}.c < 1000")).collect();
    let criteria: Vec<&str> = criteria.iter().map(String::as_str).collect();
    let test = gate(&demo.url, &monitors)
        .section(&format!("target: {{url: \"{}\", timeout: 900ms}}", demo.url))
        .phase(PHASE, &criteria);
    let begun = Instant::now();
    let child = test.spawn();
    await_monitor(&Database::at(&url), begun);
    thread::sleep(Duration::from_millis(1200));
    stalling.stalled.store(true, Ordering::SeqCst);
    let ran = test.ran(&child.wait_with_output().expect("the child ends"));
    (ran, begun.elapsed())
}

/// A server that repeats the password in its answer.
fn telling() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let _ = client.read(&mut [0; 1024]);
            let _ = client.write_all(format!("-ERR no such user with {WRONG}\r\n").as_bytes());
        }
    });
    port
}

#[test]
fn a_source_that_does_not_answer_is_missing_with_its_reason_and_never_hangs() {
    let (app, demo) = (shared(), App::demo(&[]));
    let _turn = quiet_turn();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let ports = [silent.local_addr().expect("bound").port(), telling()];
    let (ran, took) = afresh(|| stall(&demo, &app, ports));
    let ran = ran.exits(4);
    assert!(took < Duration::from_secs(20), "it took {took:?}");
    for (name, words) in [
        ("password.c", "password authentication failed"),
        ("port.c", "127.0.0.1:1/staging: it cannot be reached"),
        ("slow.c", "did not answer within 900ms"),
        ("secured.c", "server does not support TLS"),
        ("cache.c", "redis at 127.0.0.1:1: it cannot be reached"),
        ("locked.c", "WRONGPASS"),
        ("telling.c", "ERR no such user with ***"),
        ("mute.c", "did not answer within 900ms"),
        ("gone.c", "it does not run"),
        ("hung.c", "had not ended after 900ms"),
    ] {
        says(&ran, name, words);
        let criterion = format!("{name} < 1000");
        assert_eq!(ran.finding("only", &criterion)["outcome"], "inconclusive", "{criterion}");
    }
    assert!(monitor(&ran, "slow.c")["samples"].as_u64() > Some(0), "it answered before");
    keeps_secret(&ran, WRONG, &REPORTS);
    keeps_secret(&ran, WRONG, &["measurements.json"]);
}

/// Runs a gate and ends its database and its Redis in the middle of the window.
fn kill_in_the_middle(demo: &App) -> (Ran, Duration) {
    let app = staging();
    let (database, redis) = (Database::at(&app.said("postgres at ")), app.said("redis at "));
    let monitors = format!(
        "monitors: {{db: {{postgres: \"{}\", read: {{connections: connections}}}}, cache: {{redis: \"{redis}\", read: {{clients: clients}}}}}}",
        database.url
    );
    let test = gate(&demo.url, &monitors).phase(PHASE, &["db.connections < 1000", "cache.clients < 1000"]);
    let begun = Instant::now();
    let child = test.spawn();
    await_monitor(&database, begun);
    thread::sleep(Duration::from_millis(700));
    drop(app);
    let ran = test.ran(&child.wait_with_output().expect("the child ends"));
    (ran, begun.elapsed())
}

#[test]
fn a_database_that_dies_in_mid_phase_is_missing_from_then_on() {
    let demo = App::demo(&[]);
    let _turn = quiet_turn();
    let (ran, took) = afresh(|| kill_in_the_middle(&demo));
    let ran = ran.exits(4);
    assert!(took < Duration::from_secs(20), "it took {took:?}");
    for name in ["db.connections", "cache.clients"] {
        says(&ran, name, "it cannot be reached");
        assert!(monitor(&ran, name)["samples"].as_u64() > Some(0), "{name} was read before");
    }
}

/// Runs a gate while a lock holds up the monitor's own statement; gives the most connections of the database meanwhile,
/// and those that were opened in the whole run, besides those of the tests.
fn hold_up(demo: &App, database: &Database, (target, phase): (&str, &str)) -> (Ran, [f64; 2]) {
    let backends = "SELECT count(*) FROM pg_stat_get_activity(NULL) WHERE backend_type = 'client backend'";
    let (observer, holder) = (database.connect(), database.connect());
    let (before, opened) = (database.settled(&observer, backends), database.settled(&observer, OPENED));
    let monitors = format!("monitors: {{db: {{postgres: \"{}\", read: {{connections: connections}}}}}}", database.url);
    let test = gate(&demo.url, &monitors)
        .section("preflight: [{name: monitors answer, monitors: all}]")
        .section(&format!("target: {{url: \"{}\"{target}}}", demo.url))
        .phase(phase, &["db.connections < 1000"]);
    let mut child = test.spawn();
    let begun = Instant::now();
    while database.number(&observer, backends) <= before {
        assert!(begun.elapsed() < Duration::from_secs(20), "the monitor never came");
        thread::sleep(Duration::from_millis(20));
    }
    // Preflight has asked once; the window begins a moment later.
    thread::sleep(Duration::from_millis(2500));
    database.run(&holder, "BEGIN; LOCK TABLE pg_authid IN ACCESS EXCLUSIVE MODE");
    let mut most = 0.0_f64;
    while child.try_wait().expect("it can be asked").is_none() {
        most = most.max(database.number(&observer, backends) - before);
        thread::sleep(Duration::from_millis(20));
    }
    database.run(&holder, "ROLLBACK");
    let ran = test.ran(&child.wait_with_output().expect("the child ends"));
    (ran, [most, database.settled(&observer, OPENED) - opened])
}

#[test]
fn a_statement_that_is_held_up_is_missing_and_opens_no_second_connection() {
    let (app, demo) = (shared(), App::demo(&[]));
    let _turn = quiet_turn();
    let database = Database::at(&app.said("postgres at "));
    let default = ("", "name: only, users: 1, spawn_rate: 10/s, duration: 9s");
    for (held, why) in [
        ((", timeout: 900ms", PHASE), "canceling statement due to statement timeout"),
        // A statement is awaited for 5 s at most, and the later readings are left out meanwhile.
        (default, "was left out because the earlier reading still waits"),
    ] {
        let (ran, [most, opened]) = afresh(|| hold_up(&demo, &database, held));
        let ran = ran.exits(4);
        says(&ran, "db.connections", why);
        assert!(monitor(&ran, "db.connections")["samples"].as_u64() > Some(0), "it answered before");
        assert!((most - 1.0).abs() < 1e-9, "{most} connections at a time with {held:?}");
        assert!((opened - 1.0).abs() < 1e-9, "{opened} connections in the whole run with {held:?}");
    }
}

#[test]
fn a_source_that_hangs_costs_a_database_none_of_its_statements() {
    let (app, demo) = (shared(), App::demo(&[]));
    let _turn = quiet_turn();
    let database = Database::at(&app.said("postgres at "));
    let busy = database.connect();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let monitors = format!(
        "monitors: {{db: {{postgres: \"{}\", read: {{connections: connections}}}}, mute: {{redis: \"redis://{}\", read: {{c: clients}}}}}}",
        database.url,
        silent.local_addr().expect("bound")
    );
    let (ran, ()) = afresh(|| {
        let test = gate(&demo.url, &monitors).phase(PHASE, &["db.connections > 0"]);
        let mut child = test.spawn();
        while child.try_wait().expect("it can be asked").is_none() {
            database.run(&busy, "SELECT sum(busy) FROM generate_series(1, 5000) AS busy");
            thread::sleep(Duration::from_millis(50));
        }
        (test.ran(&child.wait_with_output().expect("the child ends")), ())
    });
    let ran = ran.exits(0);
    says(&ran, "mute.c", "was left out because the earlier reading still waits");
    let taken = ran.phase("only")["statements"].as_array().cloned().unwrap_or_default();
    assert!(taken.iter().any(|row| row["query"].to_string().contains("sum(busy)")), "{taken:#?}");
}
