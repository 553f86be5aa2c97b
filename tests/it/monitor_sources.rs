//! Monitors on real sources: what a `PostgreSQL`, a Redis, the host and a command are read as, and what that costs
//! them.

use std::{
    process::Command,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio_postgres::Client;

use crate::{
    gate_test::{App, GateTest, Ran, quiet_turn},
    patience,
    servers::{Database, Keys, NodeExporter},
};

/// A password that is wrong, and must not be repeated anywhere.
pub(crate) const WRONG: &str = "wr0ng-s3cret";

/// The staging project on a `PostgreSQL` and a Redis of its own; they end with the tests.
pub(crate) fn staging() -> App {
    App::staging(&["--database", "postgres", "--sessions", "redis"], &[])
}

/// One for all tests that leave it as it is, for one after the other: what they count there is all that there is. It is
/// asked for before a turn, never in one.
pub(crate) fn shared() -> MutexGuard<'static, App> {
    static SHARED: OnceLock<Mutex<App>> = OnceLock::new();
    SHARED.get_or_init(|| Mutex::new(staging())).lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn gate(target: &str, monitors: &str) -> GateTest {
    GateTest::on(target)
        .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 50ms}}")
        .section("profiles: {default: {extend: false}}")
        .section(monitors)
}

pub(crate) const PHASE: &str = "name: only, users: 1, spawn_rate: 10/s, duration: 5s";

pub(crate) fn monitor<'a>(ran: &'a Ran, name: &str) -> &'a Value {
    let monitors = ran.phase("only")["monitors"].as_array().expect("monitors is a list");
    monitors.iter().find(|monitor| monitor["name"] == name).unwrap_or_else(|| panic!("no {name} in {monitors:#?}"))
}

/// Nothing that a run leaves behind repeats these words; it leaves these files behind and maybe others.
pub(crate) fn keeps_secret(ran: &Ran, words: &str, files: &[&str]) {
    for file in files {
        assert!(ran.out.join(file).exists(), "there is no {file}");
    }
    for entry in std::fs::read_dir(&ran.out).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        let bytes = std::fs::read(&path).expect("the file can be read");
        assert!(!String::from_utf8_lossy(&bytes).contains(words), "{} holds {words}", path.display());
    }
    assert!(!ran.stdout.contains(words) && !ran.stderr.contains(words), "{}{}", ran.stdout, ran.stderr);
}

pub(crate) const REPORTS: [&str; 5] = ["verdict.json", "summary.md", "report.html", "junit.xml", "endpoints.csv"];

/// The monitor's own connections.
pub(crate) const CONNECTED: &str = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stagegate'";

/// The monitor's own statements as `PostgreSQL` counted them.
const MONITORS: &str = "SELECT sum(calls) FROM pg_stat_statements WHERE query LIKE '%stagegate monitor%' \
                        AND dbid = (SELECT oid FROM pg_database WHERE datname = 'staging')";

/// Sessions that were ever opened in the database: one that is soon closed is counted too.
pub(crate) const OPENED: &str = "SELECT sessions FROM pg_stat_database WHERE datname = 'staging'";

/// So often a statement is run that the report has to count.
const MARKED: u64 = 40;

/// A run, and what its monitor cost the database.
struct Seen {
    ran: Ran,
    /// The most connections of the monitor at a time.
    most: f64,
    /// Those that were opened meanwhile, as `PostgreSQL` counted them.
    opened: f64,
    statements: f64,
    /// Seconds.
    took: f64,
}

/// What statements hold that the server keeps as they were written.
const LITERAL: &str = "l1teral-s3cret";

/// They take long enough to be among those that took most.
const WITH_LITERALS: [&str; 4] = [
    "DROP ROLE IF EXISTS marked",
    "CREATE ROLE marked PASSWORD 'l1teral-s3cret'",
    "ALTER ROLE marked PASSWORD 'l1teral-s3cret'",
    "DO $$ BEGIN PERFORM pg_sleep(0.2), 'l1teral-s3cret'; END $$",
];

/// Runs a gate and counts meanwhile. Within its window a statement is run whose calls are known.
fn watch(test: GateTest, database: &Database, [observer, idle]: [&Arc<Client>; 2], keys: &mut Keys) -> Seen {
    let counts =
        "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query LIKE '%stagegate monitor%json_agg%'";
    let (before, counted) = (database.number(observer, MONITORS), database.number(observer, counts));
    let sessions = database.settled(observer, OPENED);
    let (mut most, mut asked) = (0.0_f64, false);
    let begun = Instant::now();
    let mut child = test.spawn();
    while child.try_wait().expect("it can be asked").is_none() {
        most = most.max(database.number(observer, CONNECTED));
        if !asked && database.number(observer, counts) > counted {
            for _ in 0..MARKED {
                database.run(idle, "SELECT count(*) AS marked\n FROM generate_series(1, 5000) AS one");
            }
            for statement in WITH_LITERALS {
                database.run(idle, statement);
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
    let opened = database.settled(observer, OPENED) - sessions;
    Seen { ran, most, opened, statements: database.number(observer, MONITORS) - before, took }
}

#[test]
fn a_database_is_read_as_it_is_for_one_connection_and_one_statement_a_second() {
    let (app, demo) = (shared(), App::demo(&[]));
    let _turn = quiet_turn();
    let database = Database::at(&app.said("postgres at "));
    let observer = database.connect();
    let (holder, waiter, sleeper, idle) =
        (database.connect(), database.connect(), database.connect(), database.connect());
    let held = Instant::now();
    database.run(&holder, "BEGIN; SELECT pg_advisory_xact_lock(4711)");
    let waiting = database.begin(waiter, "SELECT pg_advisory_lock(4711)");
    let sleeping = database.begin(sleeper, "SELECT pg_sleep(60)");
    let truth = database.settled(&observer, "SELECT count(*) FROM pg_stat_activity WHERE datname = 'staging'");
    assert!(truth >= 5.0, "{truth}");
    let redis = app.said("redis at ");
    let mut keys = Keys::at(&redis);
    keys.ask("SET something 1\r\n", "+OK");
    let clients = f64::from(keys.settled_clients());
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
    let Seen { ran, most, opened, statements, took } = patience::undisturbed(|| {
        let seen = watch(test(), &database, [&observer, &idle], &mut keys);
        let said = seen.ran.stdout.clone();
        (seen, said)
    });
    waiting.abort();
    sleeping.abort();

    assert!((most - 1.0).abs() < 1e-9, "at most {most} connections of the monitor at a time");
    assert!((opened - 1.0).abs() < 1e-9, "{opened} connections of the monitor in the whole run");
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
    let samples = |name: &str| monitor(&ran, name)["samples"].as_u64().expect("it is a number");
    // The preflight checklist has asked just before: the first reading waits for its turn, and may displace the second.
    assert!((4..=5).contains(&samples("db.connections")), "{}", samples("db.connections"));
    assert_eq!(samples("db.commits"), samples("db.connections") - 1, "from the second reading on");
    let within = |name: &str, low: f64, high: f64| {
        let max = monitor(&ran, name)["max"].as_f64().unwrap_or(f64::NAN);
        assert!((low..=high).contains(&max), "{name} is {max}");
    };
    // The statement that counts them may be under way itself.
    within("db.active", 2.0, 3.0);
    within("db.oldest", 3.0, held.elapsed().as_secs_f64());
    within("db.hits", 50.0, 100.0);
    within("db.commits", 5.0, 100.0);

    let grown = ran.phase("only")["statements"].as_array().expect("statements is a list");
    let marked = |row: &&Value| row["query"] == "SELECT count(*) AS marked FROM generate_series($1, $2) AS one";
    let marked = grown.iter().find(marked).unwrap_or_else(|| panic!("{grown:#?}"));
    assert_eq!(marked["calls"], MARKED);
    let (mean, total) = (marked["mean_ms"].as_f64(), marked["total_ms"].as_f64());
    assert!(mean > Some(0.05) && (mean.unwrap_or(0.0) * 40.0 - total.unwrap_or(0.0)).abs() < 1e-3, "{marked:#}");
    assert!(grown.iter().all(|row| !row["query"].to_string().contains("stagegate")), "{grown:#?}");
    keeps_secret(&ran, LITERAL, &REPORTS);
    assert!(
        ran.report("summary.md").contains("| `SELECT count(*) AS marked FROM generate_series($1, $2) AS one` | 40 |"),
        "{}",
        ran.report("summary.md")
    );
}

#[test]
fn the_connections_of_a_server_are_those_of_all_its_databases() {
    let (app, demo) = (shared(), App::demo(&[]));
    let _turn = quiet_turn();
    let url = app.said("postgres at ");
    let (server, _) = url.rsplit_once('/').expect("a database");
    let (database, other) = (Database::at(&url), Database::at(&format!("{server}/template1")));
    let held: Vec<Arc<Client>> = (0..5).map(|_| other.connect()).collect();
    let backends = "SELECT count(*) FROM pg_stat_get_activity(NULL) WHERE backend_type = 'client backend'";
    let (limit, reserve) = ("SHOW max_connections", "SHOW superuser_reserved_connections");
    let observer = database.connect();
    let usable = database.number(&observer, limit) - database.number(&observer, reserve);
    let monitors =
        format!("monitors: {{db: {{postgres: \"{url}\", read: {{connections: connections, pool: pool_percent}}}}}}");
    let (ran, truth) = patience::undisturbed(|| {
        // The monitor itself is one more.
        let truth = database.settled(&observer, backends) + 1.0;
        let ran = gate(&demo.url, &monitors).phase(PHASE, &["db.pool < 100"]).run();
        let said = ran.stdout.clone();
        ((ran, truth), said)
    });
    let ran = ran.exits(0);
    assert!(truth >= 7.0, "{truth}");
    let max = |name: &str| monitor(&ran, name)["max"].as_f64().unwrap_or(f64::NAN);
    assert!((max("db.pool") - 100.0 * truth / usable).abs() < 1e-6, "{} of {truth}", max("db.pool"));
    assert!((max("db.connections") - (truth - 1.0 - 5.0)).abs() < 1e-9, "{}", max("db.connections"));
    drop(held);
}

#[test]
fn a_node_exporter_tells_what_the_machine_tells_itself() {
    let (exporter, demo) = (NodeExporter::start(), App::demo(&[]));
    let _turn = quiet_turn();
    let stat = std::fs::read_to_string("/proc/stat").expect("Linux has it");
    let cores = stat.lines().filter(|line| line.starts_with("cpu")).count() - 1;
    let monitors = format!(
        "monitors:
  node: {{prometheus: \"{}\", read: {{all: node_memory_MemTotal_bytes, busy: '100 * (1 - rate(node_cpu_seconds_total{{mode=\"idle\"}}) / {cores})', cores: 'rate(node_cpu_seconds_total)'}}}}
  here: {{host: local, read: {{busy: cpu_percent}}}}",
        exporter.url
    );
    let ran = patience::undisturbed(|| {
        let ran = gate(&demo.url, &monitors)
            .section("preflight: [{name: monitors answer, monitors: all}]")
            .phase(PHASE, &["node.all > 0"])
            .run();
        let said = ran.stdout.clone();
        (ran, said)
    });
    let ran = ran.exits(0);
    let mean = |name: &str| monitor(&ran, name)["mean"].as_f64().unwrap_or(f64::NAN);
    let memory = std::fs::read_to_string("/proc/meminfo").expect("Linux has it");
    let all = memory.split_whitespace().nth(1).and_then(|all| all.parse::<f64>().ok()).expect("MemTotal is first");
    assert!((mean("node.all") - all * 1024.0).abs() < 1.0, "{}", mean("node.all"));
    // Every second of every core is in one of the modes; the kernel may owe some, and gives it later. Another unit or one
    // core would be off by half.
    assert!((0.7..=1.3).contains(&(mean("node.cores") / cores as f64)), "{} of {cores}", mean("node.cores"));
    let (there, here) = (mean("node.busy"), mean("here.busy"));
    assert!((there - here).abs() < 15.0, "the exporter says {there} %, the machine {here} %");
}

#[test]
fn preflight_asks_every_kind_once() {
    let (app, demo) = (shared(), App::demo(&[]));
    let _turn = quiet_turn();
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
    keeps_secret(&ran, WRONG, &REPORTS);
}

/// The monitors that the reference file shows, its comments included, as they stand there.
#[test]
fn every_monitor_of_the_reference_file_answers() {
    let (app, demo) = (shared(), App::demo(&[]));
    let _turn = quiet_turn();
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
