//! Monitors on real sources: what a `PostgreSQL`, a Redis, the host and a command are read as, what that costs them, and what
//! becomes of a source that does not answer.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::Command,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::runtime::Handle;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::{
    gate_test::{App, GateTest, Ran, clean_environment, turn},
    patience,
};

/// A password that is wrong, and must not be repeated anywhere.
pub(crate) const WRONG: &str = "wr0ng-s3cret";

/// The staging project on a `PostgreSQL` and a Redis of its own; they end with the tests.
fn staging() -> App {
    let mut command = Command::new(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/staging/staging"));
    command.args(["serve", "--port", "0", "--database", "postgres", "--sessions", "redis"]);
    clean_environment(&mut command);
    App::start(command)
}

/// One for all tests that leave it alone.
pub(crate) fn shared() -> &'static App {
    static SHARED: OnceLock<App> = OnceLock::new();
    SHARED.get_or_init(staging)
}

/// The database as the tests see it: the truth that the monitor is held against.
pub(crate) struct Database {
    handle: Handle,
    url: String,
}

impl Database {
    pub(crate) fn at(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let handle = runtime.handle().clone();
        thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
        Self { handle, url: url.to_owned() }
    }

    fn wait<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let (done, result) = mpsc::channel();
        self.handle.spawn(async move { done.send(work.await) });
        result.recv_timeout(Duration::from_secs(20)).expect("the database answers")
    }

    pub(crate) fn connect(&self) -> Arc<Client> {
        let config: tokio_postgres::Config = self.url.parse().expect("a URL");
        let address = server(&self.url);
        self.wait(async move {
            let tcp = tokio::net::TcpStream::connect(address).await.expect("PostgreSQL listens");
            let (client, connection) = config.connect_raw(tcp, NoTls).await.expect("it lets us in");
            tokio::spawn(connection);
            Arc::new(client)
        })
    }

    fn run(&self, client: &Arc<Client>, statement: &'static str) {
        let client = Arc::clone(client);
        self.wait(async move { client.batch_execute(statement).await }).expect(statement);
    }

    /// Starts a statement and does not wait for its end.
    fn begin(&self, client: Arc<Client>, statement: &'static str) -> tokio::task::JoinHandle<()> {
        self.handle.spawn(async move {
            let _ = client.batch_execute(statement).await;
        })
    }

    pub(crate) fn number(&self, client: &Arc<Client>, query: &'static str) -> f64 {
        let client = Arc::clone(client);
        let rows = self.wait(async move { client.simple_query(query).await }).expect(query);
        let row = rows.iter().find_map(|row| if let SimpleQueryMessage::Row(row) = row { Some(row) } else { None });
        row.and_then(|row| row.get(0)).map_or(0.0, |text| text.parse().expect("a number"))
    }
}

/// A client of Redis, by whole lines.
struct Keys(TcpStream);

impl Keys {
    fn at(url: &str) -> Self {
        let address = url.trim_start_matches("redis://").split('/').next().expect("host and port");
        let stream = TcpStream::connect(address).expect("Redis listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout can be set");
        Self(stream)
    }

    /// Sends commands in one piece and reads answers until one has these words.
    fn ask(&mut self, commands: &str, until: &str) -> String {
        self.0.write_all(commands.as_bytes()).expect("the commands go out");
        let (mut answers, mut bytes) = (String::new(), [0; 4096]);
        while !answers.contains(until) {
            let length = self.0.read(&mut bytes).expect("Redis answers");
            answers.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
        answers
    }

    /// Nine keys that are there and one that is not.
    fn look_up(&mut self) {
        self.ask(&format!("{}GET nothing\r\nPING\r\n", "GET something\r\n".repeat(9)), "+PONG");
    }

    /// Clients that are connected, this one included.
    fn clients(&mut self) -> u32 {
        let info = self.ask("INFO clients\r\nPING\r\n", "+PONG");
        let line = info.lines().find_map(|line| line.strip_prefix("connected_clients:"));
        line.and_then(|count| count.trim().parse().ok()).expect("a number of clients")
    }
}

/// `HOST:PORT` of an address with user and password.
pub(crate) fn server(url: &str) -> String {
    url.split(['@', '/']).nth(3).expect("host and port").to_owned()
}

/// A way to a server that stops to forward anything, in both directions, without closing.
struct Stalling {
    address: String,
    stalled: Arc<AtomicBool>,
}

impl Stalling {
    fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("bound").to_string();
        let stalled = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stalled);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(upstream) = TcpStream::connect(&server) else { return };
                let pairs = [(client.try_clone(), upstream.try_clone()), (upstream.try_clone(), client.try_clone())];
                for pair in pairs {
                    let (Ok(from), Ok(to)) = pair else { return };
                    let stop = Arc::clone(&stop);
                    thread::spawn(move || forward(from, to, &stop));
                }
            }
        });
        Self { address, stalled }
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, stop: &AtomicBool) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        while stop.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(20));
        }
        if to.write_all(&bytes[..length]).is_err() {
            return;
        }
    }
}

fn gate(target: &str, monitors: &str) -> GateTest {
    GateTest::on(target)
        .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 50ms}}")
        .section("profiles: {default: {extend: false}}")
        .section(monitors)
}

const PHASE: &str = "name: only, users: 1, spawn_rate: 10/s, duration: 5s";

fn monitor<'a>(ran: &'a Ran, name: &str) -> &'a Value {
    let monitors = ran.phase("only")["monitors"].as_array().expect("monitors is a list");
    monitors.iter().find(|monitor| monitor["name"] == name).unwrap_or_else(|| panic!("no {name} in {monitors:#?}"))
}

#[track_caller]
fn says(ran: &Ran, name: &str, words: &str) {
    let monitor = monitor(ran, name);
    assert_eq!(monitor["band"], "missing", "{monitor:#}");
    assert!(monitor["missing"].as_str().is_some_and(|why| why.contains(words)), "{monitor:#}");
}

/// Nothing that a run leaves behind repeats the wrong password.
pub(crate) fn keeps_the_password(ran: &Ran) {
    for file in ["verdict.json", "summary.md", "report.html", "junit.xml", "measurements.json"] {
        let text = std::fs::read_to_string(ran.out.join(file)).unwrap_or_default();
        assert!(!text.contains(WRONG), "{file} holds the password");
    }
    assert!(!ran.stdout.contains(WRONG) && !ran.stderr.contains(WRONG), "{}{}", ran.stdout, ran.stderr);
}

/// The monitor's own connections.
const CONNECTED: &str = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stagegate'";

/// Waits until the gate's monitor is connected.
fn await_monitor(database: &Database, begun: Instant) {
    let observer = database.connect();
    while database.number(&observer, CONNECTED) == 0.0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the monitor never came");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The monitor's own statements as `PostgreSQL` counted them.
const MONITORS: &str = "SELECT sum(calls) FROM pg_stat_statements WHERE query LIKE '%stagegate monitor%' \
                        AND dbid = (SELECT oid FROM pg_database WHERE datname = 'staging')";

/// So often a statement is run that the report has to count.
const MARKED: u64 = 40;

/// A run, and what its monitor cost the database.
struct Seen {
    ran: Ran,
    /// The most connections of the monitor at a time.
    most: f64,
    statements: f64,
    /// Seconds.
    took: f64,
}

/// Runs a gate and counts meanwhile. Within its window a statement is run whose calls are known.
fn watch(test: GateTest, database: &Database, [observer, idle]: [&Arc<Client>; 2], keys: &mut Keys) -> Seen {
    let wide = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query LIKE '%stagegate monitor%json_agg%'";
    let (before, wide_before) = (database.number(observer, MONITORS), database.number(observer, wide));
    let (mut most, mut asked) = (0.0_f64, false);
    let begun = Instant::now();
    let mut child = test.spawn();
    while child.try_wait().expect("it can be asked").is_none() {
        most = most.max(database.number(observer, CONNECTED));
        if !asked && database.number(observer, wide) > wide_before {
            for _ in 0..MARKED {
                database.run(idle, "SELECT count(*) AS marked\n FROM generate_series(1, 5000) AS one");
            }
            asked = true;
        }
        // PostgreSQL counts a session's commits a second late, and only once it has read a table.
        database.run(idle, "SELECT count(*) FROM auth_user WHERE id < 10");
        keys.look_up();
        thread::sleep(Duration::from_millis(50));
    }
    let took = begun.elapsed().as_secs_f64();
    let ran = test.ran(&child.wait_with_output().expect("the child ends"));
    Seen { ran, most, statements: database.number(observer, MONITORS) - before, took }
}

#[test]
fn a_database_is_read_as_it_is_for_one_connection_and_one_statement_a_second() {
    let (app, demo) = (shared(), App::demo(&[]));
    let _turn = turn();
    let database = Database::at(&app.said("postgres at "));
    let observer = database.connect();
    let (holder, waiter, sleeper, idle) =
        (database.connect(), database.connect(), database.connect(), database.connect());
    database.run(&holder, "BEGIN; SELECT pg_advisory_xact_lock(4711)");
    let waiting = database.begin(waiter, "SELECT pg_advisory_lock(4711)");
    let sleeping = database.begin(sleeper, "SELECT pg_sleep(60)");
    let truth = database.number(&observer, "SELECT count(*) FROM pg_stat_activity WHERE datname = 'staging'");
    assert!(truth >= 5.0, "{truth}");
    let redis = app.said("redis at ");
    let mut keys = Keys::at(&redis);
    keys.ask("SET something 1\r\n", "+OK");
    let clients = f64::from(keys.clients());
    let monitors = format!(
        "monitors: {{db: {{postgres: \"{}\", pool: 50, read: {{connections: connections, pool: pool_percent, max: max_connections, \
         active: active, waiting: waiting, idle: idle_in_transaction, oldest: oldest_transaction_seconds, \
         hits: cache_hit_percent, commits: commits_per_second, rollbacks: rollbacks_per_second, deadlocks: deadlocks}}}}, \
         cache: {{redis: \"{redis}\", read: {{clients: clients, hits: hit_percent, evictions: evictions, memory: memory_bytes}}}}}}",
        database.url
    );
    let criterion = format!("db.connections == {truth}");
    let criteria =
        [&criterion, "db.waiting == 1", "db.active >= 2", "db.idle == 1", "db.max == 100", "db.deadlocks == 0"];
    let test = || {
        gate(&demo.url, &monitors)
            .section("preflight: [{name: monitors answer, monitors: all}]")
            .phase(PHASE, &criteria)
    };
    let Seen { ran, most, statements, took } = patience::undisturbed(|| {
        let seen = watch(test(), &database, [&observer, &idle], &mut keys);
        let said = seen.ran.stdout.clone();
        (seen, said)
    });
    waiting.abort();
    sleeping.abort();

    assert!((most - 1.0).abs() < 1e-9, "at most {most} connections of the monitor at a time");
    assert!((5.0..=took + 1.0).contains(&statements), "{statements} statements in {took} s");
    let ran = ran.exits(0);
    for (name, value) in [
        ("db.connections", truth),
        ("db.pool", truth * 2.0),
        ("db.waiting", 1.0),
        ("cache.clients", clients),
        ("cache.hits", 90.0),
        ("cache.evictions", 0.0),
    ] {
        assert_eq!(
            (&monitor(&ran, name)["max"], &monitor(&ran, name)["mean"]),
            (&value.into(), &value.into()),
            "{name}"
        );
    }
    assert_eq!(monitor(&ran, "db.connections")["samples"], 5);
    assert_eq!(monitor(&ran, "db.commits")["samples"], 4, "from the second reading on");
    let within = |name: &str, low: f64, high: f64| {
        let max = monitor(&ran, name)["max"].as_f64().unwrap_or(f64::NAN);
        assert!((low..=high).contains(&max), "{name} is {max}");
    };
    // The statement that counts them may be under way itself.
    within("db.active", 2.0, 3.0);
    within("db.oldest", 3.0, took + 5.0);
    within("db.hits", 50.0, 100.0);
    within("db.commits", 5.0, 100.0);

    let grown = ran.phase("only")["statements"].as_array().expect("statements is a list");
    let marked = |row: &&Value| row["query"] == "SELECT count(*) AS marked FROM generate_series($1, $2) AS one";
    let marked = grown.iter().find(marked).unwrap_or_else(|| panic!("{grown:#?}"));
    assert_eq!(marked["calls"], MARKED);
    let (mean, total) = (marked["mean_ms"].as_f64(), marked["total_ms"].as_f64());
    assert!(mean > Some(0.05) && (mean.unwrap_or(0.0) * 40.0 - total.unwrap_or(0.0)).abs() < 1e-3, "{marked:#}");
    assert!(grown.iter().all(|row| !row["query"].to_string().contains("stagegate")), "{grown:#?}");
    assert!(
        ran.report("summary.md").contains("| `SELECT count(*) AS marked FROM generate_series($1, $2) AS one` | 40 |"),
        "{}",
        ran.report("summary.md")
    );
}

/// What is wrong with each source of [`stall`].
const SOURCES: [&str; 8] = ["password", "port", "slow", "secured", "cache", "mute", "gone", "hung"];

/// Runs a gate whose sources all fail to answer, one of them after a while.
fn stall(demo: &App, url: &str, server: &str, silent_port: u16) -> (Ran, Duration) {
    let stalling = Stalling::before(server.to_owned());
    let monitors = format!(
        "monitors:
  password: {{postgres: \"postgresql://staging:{WRONG}@{server}/staging\", read: {{c: connections}}}}
  port: {{postgres: \"postgresql://staging:{WRONG}@127.0.0.1:1/staging\", read: {{c: connections}}}}
  slow: {{postgres: \"postgresql://staging:staging@{}/staging\", read: {{c: connections}}}}
  secured: {{postgres: \"{url}?sslmode=require\", read: {{c: connections}}}}
  cache: {{redis: \"redis://:{WRONG}@127.0.0.1:1\", read: {{c: clients}}}}
  mute: {{redis: \"redis://:{WRONG}@127.0.0.1:{silent_port}\", read: {{c: clients}}}}
  gone: {{host: {{process: no-such-process}}, read: {{c: cpu_percent}}}}
  hung: {{command: [sleep, '600'], read: {{c: value}}}}",
        stalling.address
    );
    let criteria: Vec<String> = SOURCES.iter().map(|name| format!("{name}.c < 1000")).collect();
    let criteria: Vec<&str> = criteria.iter().map(String::as_str).collect();
    let test = gate(&demo.url, &monitors)
        .section(&format!("target: {{url: \"{}\", timeout: 900ms}}", demo.url))
        .phase(PHASE, &criteria);
    let begun = Instant::now();
    let child = test.spawn();
    await_monitor(&Database::at(url), begun);
    thread::sleep(Duration::from_millis(1200));
    stalling.stalled.store(true, Ordering::SeqCst);
    let ran = test.ran(&child.wait_with_output().expect("the child ends"));
    (ran, begun.elapsed())
}

#[test]
fn a_source_that_does_not_answer_is_missing_with_its_reason_and_never_hangs() {
    let (app, demo) = (shared(), App::demo(&[]));
    let _turn = turn();
    let url = app.said("postgres at ");
    let server = server(&url);
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let silent_port = silent.local_addr().expect("bound").port();
    let (ran, took) = patience::undisturbed(|| {
        let seen = stall(&demo, &url, &server, silent_port);
        let said = seen.0.stdout.clone();
        (seen, said)
    });
    let ran = ran.exits(4);
    assert!(took < Duration::from_secs(20), "it took {took:?}");
    for (name, words) in [
        ("password.c", "password authentication failed"),
        ("port.c", "127.0.0.1:1/staging: it cannot be reached"),
        ("slow.c", "did not answer within 900ms"),
        ("secured.c", "server does not support TLS"),
        ("cache.c", "redis at 127.0.0.1:1: it cannot be reached"),
        ("mute.c", "did not answer within 900ms"),
        ("gone.c", "it does not run"),
        ("hung.c", "had not ended after 900ms"),
    ] {
        says(&ran, name, words);
        let criterion = format!("{name} < 1000");
        assert_eq!(ran.finding("only", &criterion)["outcome"], "inconclusive", "{criterion}");
    }
    assert!(monitor(&ran, "slow.c")["samples"].as_u64() > Some(0), "it answered before");
    keeps_the_password(&ran);
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
    let _turn = turn();
    let (ran, took) = patience::undisturbed(|| {
        let seen = kill_in_the_middle(&demo);
        let said = seen.0.stdout.clone();
        (seen, said)
    });
    let ran = ran.exits(4);
    assert!(took < Duration::from_secs(20), "it took {took:?}");
    for name in ["db.connections", "cache.clients"] {
        says(&ran, name, "it cannot be reached");
        assert!(monitor(&ran, name)["samples"].as_u64() > Some(0), "{name} was read before");
    }
}

/// Runs a gate while a lock holds up the monitor's own statement; gives the most connections of the database meanwhile,
/// besides those of the tests.
fn hold_up(demo: &App, database: &Database) -> (Ran, f64) {
    let backends = "SELECT count(*) FROM pg_stat_get_activity(NULL) WHERE backend_type = 'client backend'";
    let (observer, holder) = (database.connect(), database.connect());
    let before = database.number(&observer, backends);
    let monitors = format!("monitors: {{db: {{postgres: \"{}\", read: {{connections: connections}}}}}}", database.url);
    let test = gate(&demo.url, &monitors)
        .section(&format!("target: {{url: \"{}\", timeout: 900ms}}", demo.url))
        .phase(PHASE, &["db.connections < 1000"]);
    let mut child = test.spawn();
    let begun = Instant::now();
    while database.number(&observer, backends) <= before {
        assert!(begun.elapsed() < Duration::from_secs(20), "the monitor never came");
        thread::sleep(Duration::from_millis(20));
    }
    thread::sleep(Duration::from_millis(1200));
    database.run(&holder, "BEGIN; LOCK TABLE pg_authid IN ACCESS EXCLUSIVE MODE");
    let mut most = 0.0_f64;
    while child.try_wait().expect("it can be asked").is_none() {
        most = most.max(database.number(&observer, backends) - before);
        thread::sleep(Duration::from_millis(20));
    }
    database.run(&holder, "ROLLBACK");
    (test.ran(&child.wait_with_output().expect("the child ends")), most)
}

#[test]
fn a_statement_that_is_held_up_is_missing_and_opens_no_second_connection() {
    let (app, demo) = (shared(), App::demo(&[]));
    let _turn = turn();
    let database = Database::at(&app.said("postgres at "));
    let (ran, most) = patience::undisturbed(|| {
        let seen = hold_up(&demo, &database);
        let said = seen.0.stdout.clone();
        (seen, said)
    });
    let ran = ran.exits(4);
    says(&ran, "db.connections", "canceling statement due to statement timeout");
    assert!(monitor(&ran, "db.connections")["samples"].as_u64() > Some(0), "it answered before");
    assert!((most - 1.0).abs() < 1e-9, "{most} connections at a time");
}

#[test]
fn preflight_asks_every_kind_once() {
    let (app, demo) = (shared(), App::demo(&[]));
    let _turn = turn();
    let url = app.said("postgres at ");
    let monitors = format!(
        "monitors:
  db: {{postgres: \"{url}\", read: {{connections: connections, hits: cache_hit_percent}}}}
  cache: {{redis: \"{}\", read: {{clients: clients, memory: memory_bytes, hits: hit_percent, evictions: evictions, blocked: blocked_clients}}}}
  machine: {{host: local, read: {{cpu: cpu_percent, memory: memory_percent, files: open_files}}}}
  app: {{host: {{process: gunicorn}}, read: {{cpu: cpu_percent, memory: memory_bytes, files: open_files}}}}
  queue: {{command: [sh, -c, 'echo 7'], read: {{depth: value}}}}
  page: {{prometheus: /metrics, read: {{busy: 'rate(app_cpu_percent)'}}}}",
        app.said("redis at ")
    );
    let preflight = "preflight: [{name: monitors answer, monitors: all}]";
    let test = |monitors: &str| gate(&demo.url, monitors).section(preflight).phase(PHASE, &["no 5xx"]).arg("--dry-run");
    let ran = test(&monitors).rehearse().exits(0);
    assert_eq!(ran.verdict["preflight"][0]["detail"], "15 gauges gave a number each");
    let wrong = monitors.replace("staging:staging@", &format!("staging:{WRONG}@"));
    let ran = test(&wrong).rehearse().exits(3);
    let detail = ran.verdict["preflight"][0]["detail"].as_str().expect("a detail").to_owned();
    assert!(detail.starts_with("db.connections gave no number: postgres at 127.0.0.1:"), "{detail}");
    assert!(detail.contains("password authentication failed for user"), "{detail}");
    keeps_the_password(&ran);
}

/// The monitors that the reference file shows, its comments included, as they stand there.
#[test]
fn every_monitor_of_the_reference_file_answers() {
    let (app, demo) = (shared(), App::demo(&[]));
    let _turn = turn();
    let reference = include_str!("../fixtures/gates.reference.yaml");
    let monitors = reference.split("\nmonitors:").nth(1).and_then(|rest| rest.split("\nbands:").next());
    let lines = monitors.expect("it has monitors").lines().skip(1).filter(|line| line.contains("read: {"));
    // Two are called `database`; each needs a name of its own here.
    let named = lines.enumerate().map(|(number, line)| {
        let (_, source) = line.trim_start_matches([' ', '#']).split_once(": ").expect("a name and a source");
        format!("  shown{number}: {}", source.trim_start())
    });
    let named: Vec<String> = named.collect();
    assert!(
        ["prometheus", "postgres", "host", "command"]
            .iter()
            .all(|kind| { named.iter().any(|line| line.contains(&format!("{{{kind}: "))) }),
        "{named:#?}"
    );
    let test = gate(&demo.url, &format!("monitors:\n{}", named.join("\n")))
        .section("preflight: [{name: monitors answer, monitors: all}]")
        .phase(PHASE, &["no 5xx"])
        .env("DATABASE_URL", &app.said("postgres at "));
    // A shell writes it: a file that this process has open for writing cannot be run.
    let made = "printf '#!/bin/sh\\necho 7\\n' > queue-depth && chmod 700 queue-depth";
    let made = Command::new("sh").args(["-c", made]).current_dir(test.folder()).status();
    assert!(made.is_ok_and(|status| status.success()));
    let ran = test.run().exits(0);
    let monitors = ran.phase("only")["monitors"].as_array().expect("it is a list");
    assert!(monitors.len() >= named.len() && monitors.iter().all(|one| one["band"] != "missing"), "{monitors:#?}");
}
