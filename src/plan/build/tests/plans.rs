//! What a plan holds.

use std::{collections::BTreeMap, time::Duration};

use super::{Choice, REFERENCE, build, plan, planned, problems, problems_with, with};
use crate::plan::{
    Arrivals, Body, ColumnId, Encoding, GaugeId, JsonExpectation, LAST_READINGS, Load, Op, Pacing, Phase, Recovery,
    Row, Segment, SlotId, Subject, Template, Value,
};

#[test]
fn plans_the_reference_file() {
    let plan = plan(REFERENCE);
    assert_eq!(plan.gate, "ahsp");
    assert!(plan.target.url.is_none() && plan.target.tls.verify);
    let names: Vec<&str> = plan.phases.iter().map(|phase| phase.name.as_str()).collect();
    assert_eq!(names, ["baseline", "light", "medium", "heavy", "stress", "peak", "ultimate"]);
    // The default profile: a fiftieth of the windows, at least 5 s; ten times the spawn rates.
    let ultimate = &plan.phases[6];
    assert_eq!(
        (ultimate.duration, ultimate.load),
        (Duration::from_secs(6), Load::Closed { users: 1000, spawn_rate: 1000.0 })
    );
    assert_eq!(plan.phases[0].warmup, Duration::from_secs(2));
    assert_eq!(plan.phases[0].rows.len(), 5);
    assert_eq!((plan.preflight.len(), plan.integrity.len()), (6, 1));
    assert_eq!(plan.gauges.iter().filter(|gauge| gauge.band.is_some()).count(), 4);
    assert_eq!(plan.recovery, Some(Recovery { users: 2, within: Duration::from_secs(60), tolerance: 0.2 }));
    let (expected, _) = plan.wall_time();
    assert!(expected < Duration::from_secs(90), "{expected:?}");
}

#[test]
fn the_wall_time_counts_extension_confirmation_and_both_sides() {
    let text = |more: &str| {
        format!(
            "version: 1\ngate: g\ntarget: {{url: 'http://127.0.0.1:1', timeout: 7s}}\n\
             scenarios: {{s: {{steps: [{{get: /, name: home}}], think: 1s}}}}\n\
             phases: [{{name: p, users: 11, spawn_rate: 1/s, warmup: 3s, duration: 60s, criteria: [no 5xx]}}]\n{more}"
        )
    };
    let of = |text: &str| {
        let plan = planned(text, &Choice::default()).expect("a plan");
        let (expected, worst) = plan.wall_time();
        (expected.as_secs_f64(), worst.as_secs_f64(), plan.confirming().as_secs_f64())
    };
    let seconds = |more: &str| of(&text(more));
    // Ramp 10 s, warm-up, window; an extension; requests in flight until their timeout.
    assert_eq!(seconds(""), (73.0, 140.0, 0.0));
    assert_eq!(seconds("profiles: {default: {extend: false}}"), (73.0, 80.0, 0.0));
    assert_eq!(seconds("regression: {cells: [p95]}"), (73.0, 140.0, 280.0));
    // Both sides: ramp and warm-up, then eight slices of 7.5 s.
    let against = "regression: {cells: [p95]}\nagainst: {url: 'http://127.0.0.1:2'}";
    assert_eq!(seconds(against), (146.0, 272.0, 0.0));
    // Monitors are awaited for 5 s after each load: one, or the logins and eight slices of both sides.
    let gauge = "monitors: {app: {prometheus: /metrics, read: {depth: gauge}}}";
    assert_eq!(seconds(gauge), (73.0, 145.0, 0.0));
    assert_eq!(seconds(&format!("{against}\n{gauge}")), (146.0, 272.0 + 90.0, 0.0));
    // Late slots are sent for 2 s after each load; without a login a rate needs no ramp.
    let paced = |more: &str| of(&text(more).replace("think: 1s", "pace: 1s"));
    assert_eq!(paced(""), (73.0, 142.0, 0.0));
    assert_eq!(paced(against), (146.0, 272.0 + 36.0, 0.0));
    assert_eq!(of(&text("").replace("spawn_rate: 1/s", "rate: 1/s").replace(", think: 1s", "")), (63.0, 132.0, 0.0));
}

#[test]
fn profiles_choose_and_scale() {
    let release = planned(REFERENCE, &Choice { profile: Some("release".into()), ..Choice::default() }).expect("a plan");
    assert_eq!(release.phases[1].duration, Duration::from_secs(180));
    assert_eq!(release.phases[1].load, Load::Closed { users: 30, spawn_rate: 3.0 });
    assert!(release.profile.extend);
    let pr = planned(REFERENCE, &Choice { profile: Some("pr".into()), ..Choice::default() }).expect("a plan");
    assert_eq!((pr.phases.len(), pr.phases[0].duration), (3, Duration::from_secs(15)));
    assert_eq!(pr.phases[0].load, Load::Closed { users: 10, spawn_rate: 8.0 });
    let one = Choice { phases: vec!["heavy".into()], time_scale: Some(1.0), ..Choice::default() };
    let one = planned(REFERENCE, &one).expect("a plan");
    assert_eq!((one.phases.len(), one.phases[0].duration), (1, Duration::from_secs(300)));
    assert_eq!(one.phases[0].position, 3, "as in the ladder");
}

#[test]
fn compiles_steps() {
    let plan = plan(REFERENCE);
    let estimator = &plan.scenarios[0];
    assert_eq!(estimator.slots, ["csrf"]);
    assert_eq!(estimator.pacing, Pacing::Think { low: Duration::from_secs(1), high: Duration::from_secs(3) });
    let login = &estimator.login[1];
    let Body::Text(form) = &login.body else { panic!("a form") };
    assert_eq!(
        form.segments,
        [
            Segment::Literal("username=user".into()),
            Segment::Insert(Value::UserId, Encoding::Form),
            Segment::Literal("&password=demo&csrfmiddlewaretoken=".into()),
            Segment::Insert(Value::Extracted(SlotId(0)), Encoding::Form),
        ]
    );
    assert!(plan.endpoints[login.endpoint.index()].login);
    let save = &estimator.steps[3];
    let Body::Text(json) = &save.body else { panic!("JSON") };
    let volume = Segment::Insert(Value::RandomInt { low: 1, high: 100 }, Encoding::JsonNumber);
    assert_eq!(json.segments, [Segment::Literal("{\"volume\":".into()), volume, Segment::Literal("}".into())]);
    let headers: Vec<(&str, Option<&str>)> =
        save.headers.iter().map(|(name, value)| (name.as_str(), value.constant())).collect();
    assert_eq!(headers, [("accept", Some("*/*")), ("content-type", Some("application/json"))]);
    assert_eq!(save.expect.status, [201]);
    let chart = &estimator.steps[2];
    assert_eq!(chart.expect.json, [("/rows".to_owned(), JsonExpectation::Exists)]);
    assert_eq!(
        chart.url.segments,
        [
            Segment::Literal("/api/projects/".into()),
            Segment::Insert(Value::Data(ColumnId(0)), Encoding::Url),
            Segment::Literal("/chart-data/".into()),
        ]
    );
}

#[test]
fn escapes_for_every_context() {
    let text = with("").replace(
        "{get: /, name: home, tags: [page]}",
        "{post: '/a b/ü?x=1', query: {'q&': 'a b&{{ data.id }}'}, form: {'k=': 'ä &', v: '{{ env.TOKEN }}'}, name: home},
     {put: '/{{ env.TOKEN }}', json: {a: ['x\"{{ user.id }}', '{{ user.id }}', 1.5, null, true]}, headers: {X-A: 'b {{ user.id }}'}}",
    );
    let text = text.replace("criteria: [", "data: [small], criteria: [");
    let environment = [("TOKEN".to_owned(), "t/ &\"".to_owned())].into();
    let plan =
        planned(&text, &Choice { environment, ..Choice::default() }).unwrap_or_else(|problems| panic!("{problems}"));
    let [first, second] = plan.scenarios[0].steps.as_slice() else { panic!("two steps") };
    let shown = |template: &Template| {
        template
            .segments
            .iter()
            .map(|segment| match segment {
                Segment::Literal(text) => text.clone(),
                Segment::Insert(value, encoding) => format!("<{value:?} {encoding:?}>"),
            })
            .collect::<String>()
    };
    assert_eq!(shown(&first.url), "/a%20b/%C3%BC?x=1&q%26=a%20b%26<Data(ColumnId(0)) Url>");
    let Body::Text(form) = &first.body else { panic!("a form") };
    assert_eq!(shown(form), "k%3D=%C3%A4+%26&v=t%2F+%26%22");
    assert_eq!(shown(&second.url), "/t%2F%20%26%22");
    let Body::Text(json) = &second.body else { panic!("JSON") };
    assert_eq!(shown(json), "{\"a\":[\"x\\\"<UserId JsonString>\",<UserId JsonNumber>,1.5,null,true]}");
    assert_eq!(shown(&second.headers[0].1), "b <UserId Raw>");
    assert_eq!(plan.endpoints[2].name, "PUT /{{ env.TOKEN }}");
}

/// Names are in every report: what a variable put into an address is not, where it is a secret by its name.
#[test]
fn the_name_of_a_step_without_one_holds_no_secret() {
    let text =
        with("").replace("{get: /, name: home, tags: [page]}", "{get: '/a?api_key=${KEY}&b=1&token={{ user.id }}'}");
    let environment = [("KEY".to_owned(), "4F9a8b7c".to_owned())].into();
    let plan =
        planned(&text, &Choice { environment, ..Choice::default() }).unwrap_or_else(|problems| panic!("{problems}"));
    let names: Vec<&str> = plan.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    assert!(names.contains(&"GET /a?api_key=${KEY}&b=1&token={{ user.id }}"), "{names:?}");
}

/// Steps that differ only in what is not shown are two endpoints, and a criterion names either as the step is written.
#[test]
fn steps_that_differ_in_a_secret_are_told_apart() {
    let steps = "{get: '${HOST}/a?token=${ONE}&state=${STATE}'}, {get: '/a?token=${TWO:-none}'}, {get: '/a?key=A1B2'}, {get: '/a?key=A1B3'}";
    let text = with("").replace("{get: /, name: home, tags: [page]}", steps).replace(
        "criteria: [",
        "criteria: ['p95(GET ${HOST}/a?token=${ONE}&state=${STATE}) < 1s', 'p95(GET /a?token=${TWO:-none}) < 1s', 'p95(GET /a?token=$${TWO}) < 2s', 'p95(GET /a?key=A1B2) < 1s', ",
    );
    let variables =
        [("HOST", "http://127.0.0.1:1"), ("ONE", "4F9a8b7c"), ("TWO", "5E9a8b7c"), ("STATE", "Massachusetts")];
    let environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let plan =
        planned(&text, &Choice { environment, ..Choice::default() }).unwrap_or_else(|problems| panic!("{problems}"));
    let names: Vec<&str> = plan.endpoints.iter().skip(1).map(|endpoint| endpoint.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "GET http://127.0.0.1:1/a?token=${ONE}&state=Massachusetts",
            "GET /a?token=${TWO}",
            "GET /a?key=A1B2",
            "GET /a?key=A1B3"
        ]
    );
    let criteria: Vec<&str> = plan.phases[0].criteria.iter().map(|criterion| criterion.text.as_str()).collect();
    assert_eq!(
        criteria,
        [
            "p95(GET http://127.0.0.1:1/a?token=${ONE}&state=Massachusetts) < 1s",
            "p95(GET /a?token=${TWO}) < 1s",
            "p95(GET /a?token=${TWO}) < 2s",
            "p95(GET /a?key=A1B2) < 1s",
            "success_rate > 99%"
        ]
    );
}

#[test]
fn nor_does_the_name_of_an_item_of_a_checklist() {
    let text = with(
        "preflight:
  - {get: '/health?token=${KEY}'}
  - {command: [deploy, --token, '${KEY}', '--api-key=${KEY}', --dry-run, 'postgresql://shop:${KEY}@db/shop']}
  - {postgres: 'postgresql://shop:${KEY}@db/shop?sslmode=require', sql: \"SELECT 1 FROM k WHERE token = '${KEY}'\", expect: {value: 1}}",
    );
    let environment = [("KEY".to_owned(), "4F9a8b7c".to_owned())].into();
    let plan =
        planned(&text, &Choice { environment, ..Choice::default() }).unwrap_or_else(|problems| panic!("{problems}"));
    let names: Vec<&str> = plan.preflight.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "GET /health?token=***",
            "deploy --token *** --api-key=*** --dry-run postgresql://shop:***@db/shop",
            "SELECT 1 FROM k WHERE token = '***'",
        ]
    );
}

#[test]
fn selectors_name_endpoints() {
    let text = with("").replace(
        "steps: [{get: /, name: home, tags: [page]}]",
        "steps: [{get: /, name: home, tags: [page]}, {get: /b, name: other, tags: [write]}]",
    );
    let text =
        text.replace("think: 1s}", "think: 1s}\n  second: {weight: 3, steps: [{get: /c, name: home, tags: [page]}]}");
    let text = text.replace(
        "[success_rate > 99%]",
        "['p95 < 1s', 'p95(home) < 1s', p95(page) < 1s, p95(not page) < 1s, p95(scenario second) < 1s, p95(auth) < 1s, p95(each) < 1s, 'no 5xx(\"other\")', app.cpu < 80% for 10s]",
    );
    let plan = plan(&text);
    let judged = |index: usize| -> Vec<(Option<&str>, Vec<u32>)> {
        match &plan.phases[0].criteria[index].subject {
            Subject::Metric { judged, .. } | Subject::No { judged, .. } => judged
                .iter()
                .map(|judged| (judged.name.as_deref(), judged.endpoints.iter().map(|id| id.0).collect()))
                .collect(),
            Subject::Gauge { .. } => Vec::new(),
        }
    };
    assert_eq!(judged(0), [(None, vec![1, 2, 3])]);
    assert_eq!(judged(1), [(None, vec![1, 3])]);
    assert_eq!(judged(2), [(None, vec![1, 3])]);
    assert_eq!(judged(3), [(None, vec![2])]);
    assert_eq!(judged(4), [(None, vec![3])]);
    assert_eq!(judged(5), [(None, vec![0])]);
    assert_eq!(judged(6), [(Some("home"), vec![1, 3]), (Some("other"), vec![2])]);
    assert_eq!(judged(7), [(None, vec![2])]);
    let hold = Some(Duration::from_secs(10));
    assert_eq!(
        plan.phases[0].criteria[8].subject,
        Subject::Gauge { gauge: GaugeId(0), op: Op::Less, limit: 80.0, hold }
    );
}

#[test]
fn open_model_has_a_pool() {
    let open = "  - {name: open, rate: 200/s, duration: 60s, criteria: [no errors]}\n  - {name: slow, rate: 30/min, users: 3, duration: 60s, criteria: [no errors]}";
    let plan = plan(&with(open));
    assert_eq!(plan.phases[1].load, Load::Open { rate: 200.0, users: 2000, spawn_rate: 200.0 });
    assert_eq!(plan.phases[2].load, Load::Open { rate: 0.5, users: 3, spawn_rate: 0.5 });
}

#[test]
fn loads_go_through_stages() {
    let more = "  - {name: climb, rate: 50/s..500/s over 2m, arrivals: poisson, duration: 3m, criteria: [no errors]}
  - {name: whole, rate: 0/s..60/min, users: 7, duration: 20s, criteria: [no errors]}
  - {name: spike, rate: [20/s over 10s, 200/s over 5s, 20/s], duration: 20s, criteria: [no errors]}
  - {name: crowd, users: 10..100 over 90s, spawn_rate: 5/s, duration: 2m, criteria: [no errors]}
  - {name: same, rate: [20/s over 10s, 20/s], arrivals: constant, duration: 20s, criteria: [no errors]}
";
    let plan = plan(&with(more));
    let stages = |phase: usize| -> Vec<(f64, f64, f64)> {
        let seconds = |share: f64| (plan.phases[phase].duration.as_secs_f64() * share * 1e6).round() / 1e6;
        plan.phases[phase].stages.iter().map(|stage| (stage.from, stage.to, seconds(stage.share))).collect()
    };
    assert_eq!(plan.phases[1].load, Load::Open { rate: 500.0, users: 5000, spawn_rate: 500.0 });
    assert_eq!(stages(1), [(50.0, 500.0, 120.0), (500.0, 500.0, 60.0)]);
    assert_eq!(plan.phases[2].load, Load::Open { rate: 1.0, users: 7, spawn_rate: 1.0 });
    assert_eq!(stages(2), [(0.0, 1.0, 20.0)]);
    assert_eq!(stages(3), [(20.0, 20.0, 10.0), (200.0, 200.0, 5.0), (20.0, 20.0, 5.0)]);
    assert_eq!(plan.phases[4].load, Load::Closed { users: 100, spawn_rate: 5.0 });
    assert_eq!(stages(4), [(10.0, 100.0, 90.0), (100.0, 100.0, 30.0)]);
    assert_eq!(plan.phases[4].first_users(), 10);
    assert!(plan.phases[5].stages.is_empty(), "a load that stays has no stages");
    let poisson: Vec<bool> = plan.phases.iter().map(|phase| phase.arrivals == Arrivals::Poisson).collect();
    assert_eq!(poisson, [false, true, false, false, false, false]);
    let words: Vec<String> = plan.phases[1..].iter().map(Phase::load_in_words).collect();
    assert_eq!(words, ["50/s..500/s", "0/s..1/s", "20/s..200/s..20/s", "10..100 users", "20/s"]);
    // The area below the line, and no extension: the wall time is the window's.
    let outlook = plan.outlook(&plan.phases[1]);
    assert!((outlook.total() - (275.0 * 120.0 + 500.0 * 60.0)).abs() < 1e-6, "{}", outlook.total());
    // 5,000 users log in at 500/s, for whom the ramp waits a minute, then the window once, late slots for 2 s, then a timeout
    // of 10 s and the last readings.
    assert_eq!(outlook.worst, Duration::from_millis(9_998 + 60_000 + 180_000 + 2_000 + 10_000) + LAST_READINGS);
}

#[test]
fn a_shorter_window_keeps_its_shape() {
    let more = "  - {name: climb, rate: 50/s..500/s over 2m, duration: 3m, criteria: [no errors]}\n";
    let choice = Choice { time_scale: Some(0.1), ..Choice::default() };
    let plan = planned(&with(more), &choice).expect("it is fine");
    let phase = &plan.phases[1];
    assert_eq!(phase.duration, Duration::from_secs(18));
    for (second, rate) in [(0, 50.0), (6, 275.0), (12, 500.0), (17, 500.0)] {
        let seen = phase.load_at(Duration::from_secs(second));
        assert!((seen - rate).abs() < 1e-9, "{seen} after {second} s");
    }
}

#[test]
fn the_small_file_is_fine() {
    assert_eq!(problems(&with("")), Vec::<String>::new());
}

#[test]
fn csv_files_come_from_the_caller() {
    let text = with("").replace("small: {rows: [{id: 1}]}", "small: {csv: data/a.csv}");
    let text = text
        .replace("/, name: home", "'/{{ data.id }}', name: home")
        .replace("criteria: [", "data: [small], criteria: [");
    let choice = |text: Result<&str, &str>| Choice {
        files: BTreeMap::from([("data/a.csv".to_owned(), text.map(str::to_owned).map_err(str::to_owned))]),
        ..Choice::default()
    };
    let plan =
        planned(&text, &choice(Ok("id,label\n7,\"a, b\"\n8,c\n"))).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(plan.phases[0].rows[0], Row(vec![Some("7".into()), Some("a, b".into()), None]));
    for (file, expected) in [
        (Err("no such file"), "4:25 `data/a.csv` cannot be read: no such file"),
        (Ok("id\n"), "4:25 `data/a.csv` has no rows below its header line"),
        (Ok("id,x\n1\n"), "4:25 `data/a.csv` is not a CSV file with a header line: "),
    ] {
        let found = problems_with(&text, &choice(file));
        assert!(found[0].starts_with(expected), "{found:#?}");
    }
}

#[test]
fn apps_that_the_gate_starts_run_beside_the_file() {
    let text = with("against: {url: 'http://127.0.0.1:8001', start: {command: [serve, -b], folder: ../base}}")
        .replace("1'}\ndatasets", "1', start: {command: [./serve], env: {A: 1}}}\ndatasets");
    let choice = Choice::default();
    let (config, found) = crate::config::read("deep/gates.yaml", text.as_bytes(), &choice.environment);
    assert!(found.is_empty(), "{found}");
    let config = config.expect("a config");
    let made = build(&config, &choice).unwrap_or_else(|problems| panic!("{problems}"));
    let start = made.target.start.expect("it is started");
    assert_eq!((start.command, start.env), (vec!["./serve".to_owned()], vec![("A".to_owned(), "1".to_owned())]));
    assert_eq!(start.folder.to_str(), Some("deep"));
    let base = made.against.expect("there is a base");
    assert_eq!(base.url.as_str(), "http://127.0.0.1:8001/");
    assert_eq!(base.start.expect("it is started too").folder.to_str(), Some("deep/../base"));
    assert_eq!(made.regression.expect("it compares").cells.len(), 3, "with the usual cells");

    let elsewhere = Choice { target: Some("http://127.0.0.1:9000".to_owned()), ..Choice::default() };
    let made = build(&config, &elsewhere).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(made.target.start.is_none() && made.against.is_some_and(|base| base.start.is_some()));
    assert!(made.without_effect.iter().any(|line| line.contains("--target")), "{:?}", made.without_effect);
}
