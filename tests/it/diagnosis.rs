//! What broke first, on the staging project with a fault in it: the gate must name the thing that was made too small.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::gate_test::{App, GateTest, Ran, afresh, turn};

/// What an estimator does, with so much think time, and the app's own gauges.
fn gate(app: &App, think: &str) -> GateTest {
    gate_with(app, think, "{prometheus: /metrics, read: {connections: 100 * db_connections / db_pool_size}}")
}

/// The same, with the connections as `PostgreSQL` itself counts them, against a pool of so many; it counts statements too.
fn gate_on_postgres(app: &App, think: &str, pool: u32) -> GateTest {
    let url = app.said("postgres at ");
    gate_with(app, think, &format!("{{postgres: \"{url}\", pool: {pool}, read: {{connections: pool_percent}}}}"))
}

fn gate_with(app: &App, think: &str, database: &str) -> GateTest {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // The app's gauge is a share of all cores, and one worker can use no more than one of them.
    let monitors = format!(
        "monitors:\n  app: {{prometheus: /metrics, read: {{cpu: {cores} * app_cpu_percent}}}}\n  database: {database}"
    );
    GateTest::on(&app.url).section(DATA).section(&format!("{ESTIMATOR}    think: {think}")).section(&monitors)
}

const DATA: &str = "datasets:\n  small: {rows: [{project: 160}]}\n  worst: {rows: [{project: 162}]}";

const ESTIMATOR: &str = r#"scenarios:
  estimator:
    login:
      - {get: /accounts/login/, name: login page, tags: [auth], extract: {csrf: {regex: 'name="csrfmiddlewaretoken" value="([^"]+)"'}}}
      - post: /accounts/login/
        name: login
        tags: [auth]
        form: {username: "user{{ user.id }}", password: demo, csrfmiddlewaretoken: "{{ csrf }}"}
        expect: {status: 302}
    steps:
      - {get: /dashboard/, name: dashboard, expect: {status: 200, body_has: "Dashboard"}}
      - {get: "/api/projects/{{ data.project }}/", name: project, expect: {status: 200}}
      - {get: "/api/projects/{{ data.project }}/chart-data/", name: chart data, expect: {status: 200, json: {/rows: exists}}}
      - {post: "/api/projects/{{ data.project }}/details/", name: save detail, json: {volume: "{{ random.int(1, 100) }}"}, expect: {status: 201}}
"#;

/// The loss as the app tells it, and as the database does: a row that was rolled back has used up its number.
fn integrity(app: &App) -> String {
    format!(
        "integrity:
  - {{name: every saved detail is stored, get: /api/integrity, expect: {{status: 200, json: {{/lost: 0, /corrupt: 0}}}}}}
  - name: no save was rolled back
    postgres: {}
    sql: SELECT CASE WHEN is_called THEN last_value ELSE 0 END - (SELECT count(*) FROM ahsp_saveddetail) FROM ahsp_saveddetail_id_seq
    expect: {{value: 0}}",
        app.said("postgres at ")
    )
}

/// The diagnosis as one text, for the message of an assertion that does not hold.
fn diagnosis(ran: &Ran) -> (&Value, String) {
    let diagnosis = &ran.verdict["diagnosis"];
    (diagnosis, format!("{diagnosis:#}\n{}", ran.stdout))
}

#[test]
fn a_connection_pool_that_is_too_small_is_the_first_resource_that_saturated() {
    let _turn = turn();
    // Two workers whose pools open a connection when one is waited for, up to three each. A user needs several queries of
    // 20 ms for each request, and holds a connection meanwhile.
    let settings = [("STAGING_DB_POOL", "3"), ("STAGING_DB_ROUND_TRIP_MS", "20")];
    let app = App::staging(&["--database", "postgres"], &settings);
    let ran = gate_on_postgres(&app, "100ms", 6)
        .section("bands: {database.connections: {warning: 70%, critical: 90%}}")
        .phase("name: few, users: 1, spawn_rate: 10/s, duration: 5s, data: [small]", &["p95 < 400ms"])
        .phase("name: more, users: 40, spawn_rate: 20/s, duration: 6s, data: [small]", &["p95 < 400ms"])
        .run()
        .exits(1);
    let (diagnosis, all) = diagnosis(&ran);
    assert_eq!(ran.phase("few")["outcome"], "passed", "{all}");
    let point = &ran.verdict["breaking_point"];
    assert_eq!((&point["phase"], &point["last_good_users"]), (&"more".into(), &1.0.into()), "{all}");
    assert_eq!(point["resource"], "database.connections", "{all}");
    assert_eq!(diagnosis["saturated"][0]["gauge"], "database.connections", "{all}");
    assert_eq!(diagnosis["saturated"][0]["resource"], "connections", "{all}");
    assert_eq!(diagnosis["bottlenecks"][0]["gauge"], "database.connections", "{all}");
    assert_eq!(diagnosis["waiting"]["queued"], true, "{all}");
    let monitors = ran.phase("more")["monitors"].as_array().expect("monitors is a list");
    let pool = monitors.iter().find(|monitor| monitor["name"] == "database.connections").expect("it was read");
    assert!(pool["critical"]["share"].as_f64() > Some(0.1) && pool["critical"]["first_s"].is_number(), "{pool}");
    let summary = ran.report("summary.md");
    assert!(summary.contains("Enlarge the connection pool (database.connections reached"), "{summary}");
    assert!(summary.contains("**Primary bottleneck:** the connection pool (database.connections)"), "{summary}");
    assert!(summary.contains("**Ready for the next phase?** NO: more failed"), "{summary}");
}

#[test]
fn an_n_plus_one_query_is_named_by_its_endpoint_whose_service_time_rose() {
    let _turn = turn();
    // A small project has 2 rows to query for, the worst one 240.
    let app = App::staging(&["--database", "postgres"], &[("STAGING_N_PLUS_ONE", "1")]);
    // One criterion over all steps: which endpoint broke it is the diagnosis's to find.
    let criteria = ["p95(not auth) < 700ms"];
    let ran = gate_on_postgres(&app, "300ms", 100)
        .phase("name: small, users: 2, spawn_rate: 10/s, duration: 6s, data: [small]", &criteria)
        .phase("name: large, users: 4, spawn_rate: 10/s, duration: 8s, data: [worst]", &criteria)
        .run()
        .exits(1);
    let (diagnosis, all) = diagnosis(&ran);
    assert_eq!(ran.verdict["breaking_point"]["first_endpoint"], "chart data", "{all}");
    let onset = &diagnosis["onset"];
    assert_eq!((&onset["endpoint"], &onset["rising"]), (&"chart data".into(), &"latency".into()), "{all}");
    let service = |at: usize| onset["service_ms"][at].as_f64().expect("it was measured");
    assert!(service(1) > 3.0 * service(0), "service time rose with it: {all}");
    assert_eq!(diagnosis["waiting"]["queued"], false, "{all}");
    assert_eq!(diagnosis["bottlenecks"][0]["cause"], "slow_service", "{all}");
    assert!(ran.report("summary.md").contains("Look at the queries of chart data first"), "{all}");
    let grown = &diagnosis["statements"][0];
    let table = ["\"ahsp_klasifikasi\"", "\"ahsp_subklasifikasi\""]
        .into_iter()
        .find(|table| grown["query"].as_str().is_some_and(|query| query.contains(&format!("FROM {table} WHERE"))))
        .unwrap_or_else(|| panic!("the lookup that is made for each row: {all}"));
    // A row of the small project is looked up as often as one of the worst; only the rows are more.
    let calls = |at: usize| grown["calls"][at].as_f64().expect("it was counted in both phases");
    assert!(calls(1) > 10.0 * calls(0), "{grown:#}");
    let named = format!("the statement that grew most is `SELECT … FROM {table} WHERE {table}.\"id\" = $1");
    assert!(diagnosis["because"][0].as_str().is_some_and(|conclusion| conclusion.contains(&named)), "{all}");
    // Lines of the terminal are broken, and signs that mean something in Markdown are escaped.
    let one_line = |text: &str| text.replace('\\', "").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(one_line(&ran.stdout).contains(&named), "{}", ran.stdout);
    assert!(one_line(&ran.report("summary.md")).contains(&named), "{}", ran.report("summary.md"));
    assert!(ran.report("report.html").contains("<h3>Statements of the database</h3>"));
}

#[test]
fn work_of_the_cpu_is_named_and_not_the_database() {
    let _turn = turn();
    // Threads enough that no user waits for one, and a connection for each thread in use.
    let settings = [("STAGING_WORKERS", "1"), ("STAGING_THREADS", "80"), ("STAGING_BURN_MS", "80")];
    let app = App::staging(&["--database", "postgres"], &settings);
    // One round of a user takes more than 80 ms of CPU: 40 users need 3.2 s of the one core that a worker can use for a round
    // each, and think for 2 s of it. What else runs on this machine leaves the worker less than a core, so that a third of
    // one is much: one user needs a tenth.
    let ran = gate_on_postgres(&app, "500ms", 100)
        .section("bands: {app.cpu: {warning: 25%, critical: 30%}, database.connections: {warning: 70%, critical: 90%}}")
        .phase("name: few, users: 1, spawn_rate: 10/s, duration: 5s, data: [small]", &["p95 < 700ms"])
        .phase("name: more, users: 40, spawn_rate: 20/s, duration: 6s, data: [small]", &["p95 < 700ms"])
        .run()
        .exits(1);
    let (diagnosis, all) = diagnosis(&ran);
    assert_eq!(ran.verdict["breaking_point"]["phase"], "more", "{all}");
    assert_eq!(ran.verdict["breaking_point"]["resource"], "app.cpu", "{all}");
    let primary = &diagnosis["bottlenecks"][0];
    assert_eq!((&primary["resource"], &primary["gauge"]), (&"cpu".into(), &"app.cpu".into()), "{all}");
    let saturated = diagnosis["saturated"].as_array().expect("it is a list");
    assert!(saturated.iter().all(|one| one["gauge"] != "database.connections"), "{all}");
    let conclusion = diagnosis["because"][0].as_str().unwrap_or_default();
    assert!(conclusion.contains("CPU (app.cpu)") && !conclusion.contains("database"), "{all}");
}

#[test]
fn a_killed_app_is_an_outage_to_the_second_and_recovery_follows() {
    let _turn = turn();
    let (ran, app) = afresh(killed_under_load);
    let ran = ran.exits(0);
    let (diagnosis, all) = diagnosis(&ran);
    let outages = ran.verdict["outages"].as_array().expect("it is a list");
    let [outage] = outages.as_slice() else { panic!("one outage: {all}") };
    let window: Timestamp = ran.phase("only")["window_at"].as_str().and_then(|at| at.parse().ok()).expect("it began");
    let on_the_clock = |key: &str| window.as_millisecond() as f64 / 1e3 + outage[key].as_f64().expect("it is a number");
    let [killed, back] = ["killed at ", "back at "].map(|what| -> f64 { app.said(what).parse().expect("a time") });
    let off = [on_the_clock("from_s") - killed, on_the_clock("to_s") - back];
    assert!(off.iter().all(|off| off.abs() <= 1.0), "off by {off:?} s, {outage:#}\n{all}");
    assert_eq!(outage["over"], true, "{all}");
    let count = |kind: &str| outage["errors"][kind].as_u64().unwrap_or_default();
    assert!(count("reset") > 0 && count("connect") > count("reset"), "{outage:#}");
    let kinds: Vec<_> = diagnosis["errors"].as_array().expect("a list").iter().map(|error| &error["kind"]).collect();
    assert_eq!(kinds, ["reset", "connect"], "{all}");
    assert_eq!(diagnosis["bottlenecks"][0]["cause"], "outage", "{all}");
    assert_eq!(ran.verdict["recovery"]["outcome"], "passed", "an outage is no lack of recovery: {all}");
    assert!(ran.report("summary.md").contains("No request succeeded from"), "{all}");
}

/// Kills the app in the middle of a phase; it comes back after a second and the time that it takes to start.
fn killed_under_load() -> (Ran, App) {
    // A user waits for its answers several times as long as it thinks, so that some of eight are in flight at any moment, whose
    // connections break.
    let settings = [("STAGING_OUTAGE_S", "1"), ("STAGING_DB_ROUND_TRIP_MS", "40")];
    let app = App::staging(&["--database", "postgres"], &settings);
    let test = gate(&app, "10ms..50ms")
        .section("recovery: {users: 2, within: 30s, tolerance: 100%}")
        // No blocking criterion on success: the phase goes on through the outage.
        .phase(
            "name: only, users: 8, spawn_rate: 8/s, duration: 10s, data: [small]",
            &["requests > 100", "{warn: success_rate > 99%}"],
        );
    let gate = test.spawn();
    let begun = Instant::now();
    while acknowledged(&app) < 60 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the load begins");
        std::thread::sleep(Duration::from_millis(50));
    }
    let pid = Pid::from_raw(app.id().cast_signed()).expect("the app has an id");
    kill_process(pid, Signal::USR1).expect("the signal is sent");
    let output = gate.wait_with_output().expect("the gate ends");
    let ran = test.ran(&output);
    (ran, app)
}

/// How many details the app has promised to keep; none while it does not answer.
fn acknowledged(app: &App) -> u64 {
    let (_, body) = app.request("GET", "/api/integrity", "");
    // The answer comes in chunks, whose sizes stand around it.
    let json = body.find('{').zip(body.rfind('}')).map_or("", |(start, end)| &body[start..=end]);
    serde_json::from_str::<Value>(json).ok().and_then(|answer| answer["acknowledged"].as_u64()).unwrap_or_default()
}

#[test]
fn writes_rolled_back_under_load_fail_integrity_although_every_criterion_passes() {
    let _turn = turn();
    // SQLite would give the id of a row that was rolled back to the next one, so that the loss would not show.
    let app = App::staging(&["--database", "postgres"], &[("STAGING_LOSE_WRITES_ABOVE", "3")]);
    let criteria = ["success_rate >= 100%", "no 5xx", "p95 < 4s"];
    let ran = gate(&app, "100ms")
        .section(&integrity(&app))
        .phase("name: few, users: 1, spawn_rate: 10/s, duration: 5s, data: [small]", &criteria)
        .phase("name: more, users: 16, spawn_rate: 16/s, duration: 5s, data: [small]", &criteria)
        .run()
        .exits(1);
    let (_, all) = diagnosis(&ran);
    for phase in ["few", "more"] {
        let findings = ran.phase(phase)["findings"].as_array().expect("findings is a list");
        assert!(findings.iter().all(|finding| finding["outcome"] == "passed"), "{all}");
    }
    for item in [0, 1] {
        assert_eq!(ran.verdict["integrity"][item]["outcome"], "failed", "{}\n{all}", ran.verdict["integrity"]);
    }
    assert!(
        ran.verdict["headline"].as_str().is_some_and(|line| line.contains("every saved detail is stored")),
        "{all}"
    );
}

/// Two scenarios on the demo, the core and the rest, in a last phase that allows most of its requests to fail.
fn overloaded(faults: &[&str]) -> Ran {
    let app = App::demo(faults);
    GateTest::on(&app.url)
        .section(
            "scenarios:\n  core: {steps: [{get: /healthz, name: health}], think: 20ms}\n  \
             extras: {steps: [{get: /version, name: version}], think: 20ms}",
        )
        .phase("name: few, users: 2, spawn_rate: 10/s, duration: 1s", &["success_rate > 10%"])
        .phase(
            "name: ultimate, users: 8, spawn_rate: 20/s, duration: 2s",
            &["success_rate > 40%", "success_rate(scenario core) >= 100%"],
        )
        .run()
}

#[test]
fn core_functionality_is_a_scenario_with_a_criterion_of_its_own_while_the_rest_may_fail() {
    let _turn = turn();
    let ran = overloaded(&["--errors", "/version=503@60%"]).exits(0);
    assert_eq!(ran.finding("ultimate", "success_rate > 40%")["outcome"], "passed");
    let core = ran.finding("ultimate", "success_rate(scenario core) >= 100%");
    assert_eq!((&core["outcome"], &core["observed"]), (&"passed".into(), &1.0.into()));
    let ran = overloaded(&["--errors", "/healthz=503@20%"]).exits(1);
    assert_eq!(
        ran.finding("ultimate", "success_rate > 40%")["outcome"],
        "passed",
        "the phase as a whole is good enough"
    );
    assert_eq!(ran.finding("ultimate", "success_rate(scenario core) >= 100%")["outcome"], "failed");
    assert_eq!(ran.verdict["breaking_point"]["first_endpoint"], "health");
}
