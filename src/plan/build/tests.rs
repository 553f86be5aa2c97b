//! The plan from outside: the reference file, and every problem of meaning with its place.

use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;

use super::{super::*, *};
use crate::config::Note;

const REFERENCE: &str = include_str!("../../../tests/fixtures/gates.reference.yaml");

fn planned(text: &str, choice: &Choice) -> Result<Plan, Problems> {
    let (config, mut problems) = crate::config::read("gates.yaml", text.as_bytes(), &choice.environment);
    let plan = config.as_ref().map(|config| build(config, choice));
    match plan {
        Some(Ok(plan)) if problems.is_empty() => return Ok(plan),
        Some(Err(more)) => problems.extend(more),
        _ => {}
    }
    Err(problems)
}

fn plan(text: &str) -> Plan {
    planned(text, &Choice::default()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems_with(text: &str, choice: &Choice) -> Vec<String> {
    let problems = planned(text, choice).err().unwrap_or_default();
    let line = |problem: &Problem| {
        let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}:{} {}{help}", problem.line, problem.column, problem.message)
    };
    problems.iter().map(line).collect()
}

fn problems(text: &str) -> Vec<String> {
    problems_with(text, &Choice::default())
}

/// A small file: lines 1 to 9, then something more on line 10.
fn with(more: &str) -> String {
    format!(
        "version: 1
gate: test
target: {{url: 'http://127.0.0.1:1'}}
datasets: {{small: {{rows: [{{id: 1}}]}}, other: {{rows: [{{name: x}}]}}}}
monitors: {{app: {{prometheus: /metrics, read: {{cpu: app_cpu}}}}}}
scenarios:
  visitor: {{login: [{{post: /login, name: login, tags: [auth]}}], steps: [{{get: /, name: home, tags: [page]}}], think: 1s}}
phases:
  - {{name: first, users: 10, duration: 10s, spawn_rate: 5/s, criteria: [success_rate > 99%]}}
{more}"
    )
}

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
fn the_small_file_is_fine() {
    assert_eq!(problems(&with("")), Vec::<String>::new());
}

#[test]
fn unknown_names_have_their_place_and_the_nearest_valid_name() {
    let phase = |rest: &str| format!("  - {{name: p, users: 1, duration: 5s, {rest}}}");
    for (more, expected) in [
        (phase("criteria: [p95(hme) < 1s]"), "10:54 there is no endpoint or tag `hme` (did you mean `home`?)"),
        (phase("criteria: [p95(not page1) < 1s]"), "10:58 there is no tag `page1` (did you mean `page`?)"),
        (
            phase("criteria: [p95(scenario visiter) < 1s]"),
            "10:63 there is no scenario `visiter` (did you mean `visitor`?)",
        ),
        (phase("criteria: [ap.cpu < 80%]"), "10:50 there is no gauge `ap.cpu` (did you mean `app.cpu`?)"),
        (phase("criteria: [sucess_rate > 99%]"), "10:50 `sucess_rate` is not a metric (did you mean `success_rate`?)"),
        (phase("criteria: [success_rate > 101%]"), "10:65 `101%` is more than 100%"),
        (phase("data: [smal], criteria: [no 5xx]"), "10:46 there is no dataset `smal` (did you mean `small`?)"),
        (
            phase("criteria: []"),
            "10:12 the phase `p` has no criteria, so that nothing could fail it (say what must hold: `criteria: [success_rate > 99%]`)",
        ),
        ("profiles: {default: {phases: [frist]}}".into(), "10:31 there is no phase `frist` (did you mean `first`?)"),
        (
            "bands: {app.cpo: {warning: 1, critical: 2}}".into(),
            "10:9 there is no gauge `app.cpo` (did you mean `app.cpu`?)",
        ),
        ("preflight: [{scenario: visitr}]".into(), "10:24 there is no scenario `visitr` (did you mean `visitor`?)"),
        ("preflight: [{monitors: [ap]}]".into(), "10:25 there is no monitor `ap` (did you mean `app`?)"),
        ("regression: {cells: [p95(hoem)]}".into(), "10:26 there is no endpoint or tag `hoem` (did you mean `home`?)"),
    ] {
        assert_eq!(problems(&with(&more)), [expected], "{more}");
    }
}

#[test]
fn impossible_values_have_their_place() {
    let phase = |rest: &str| format!("  - {{name: p, {rest}, criteria: [no 5xx]}}");
    for (more, expected) in [
        (phase("users: 0, duration: 5s"), "10:22 `users` must be more than 0"),
        (phase("users: 1, duration: 0s"), "10:35 `duration` must be more than 0"),
        (phase("users: 1, duration: 5s, spawn_rate: 0/s"), "10:51 `spawn_rate` must be more than 0"),
        (phase("rate: 0/s, duration: 5s"), "10:21 `rate` must be more than 0"),
        (
            phase("duration: 5s"),
            "10:12 the phase `p` has no load (say `users: 10` (closed model), or `rate: 200/s` (open model))",
        ),
        (
            "  - {name: first, users: 1, duration: 5s, criteria: [no 5xx]}".into(),
            "10:12 there are two phases named `first`",
        ),
        (
            "bands: {app.cpu: {warning: 90%, critical: 80%}}".into(),
            "10:28 the warning band of `app.cpu` starts above its critical band (`warning` is at most `critical`)",
        ),
        (
            "profiles: {x: {time_scale: 2}}".into(),
            "10:28 `time_scale` is more than 0 and at most 1: it shortens, and lengthens nothing",
        ),
        ("recovery: {users: 0}".into(), "10:19 `users` must be more than 0"),
        ("regression: {margin: 0%}".into(), "10:22 `margin` must be more than 0"),
        (
            "regression: {cells: [error_rate]}".into(),
            "10:22 a rate needs a margin of its own (write `{error_rate: 1%}`, in percentage points)",
        ),
        ("publish: {junit: ../x.xml}".into(), "10:18 `../x.xml` is not the name of a file inside the output directory"),
        ("publish: {junit: verdict.json}".into(), "10:18 two reports would be written to `verdict.json`"),
        (
            "integrity: [{name: a}]".into(),
            "10:13 this item checks nothing (give one of get, post, put, patch, delete, head, scenario, disk, monitors and command)",
        ),
        (
            "integrity: [{get: /a, command: [b]}]".into(),
            "10:13 an item checks one thing (give one of get, post, put, patch, delete, head, scenario, disk, monitors and command)",
        ),
        ("integrity: [{get: /a, post: /b}]".into(), "10:29 a request has one method; `post` is one too many"),
        (
            "integrity: [{get: a}]".into(),
            "10:19 `a` is neither a path, which starts with one `/`, nor an http:// or https:// address",
        ),
        (
            "integrity: [{get: 'http://elsewhere.org/'}]".into(),
            "10:20 load may not be sent to `elsewhere.org`: it is neither this machine nor listed under `target.allow`",
        ),
        ("integrity: [{get: /, expect: {status: 20}}]".into(), "10:39 `20` is not a status; they go from 100 to 599"),
        (
            "integrity: [{get: /, expect: {json: {a.b: 1}}}]".into(),
            "10:38 `a.b` is not a JSON pointer, which starts with `/` (did you mean `/a/b`?)",
        ),
        (
            "integrity: [{get: '/{{ user.id }}'}]".into(),
            "10:21 `user.id` belongs to a user, and a check has none (`env.NAME` works here; for more, let a check run a scenario: `scenario: NAME`)",
        ),
        (
            "integrity: [{get: /, headers: {Host: a}}]".into(),
            "10:32 the header `host` follows from the request and cannot be set",
        ),
    ] {
        assert_eq!(problems(&with(&more)), [expected], "{more}");
    }
}

#[test]
fn steps_are_checked() {
    for (step, expected) in [
        (
            "{get: '/{{ nothing }}', name: home}",
            "`nothing` is not defined (there is `user.id`, `random.int(1, 100)`, `random.uuid`, `env.NAME`, `data.id` and `data.name`)",
        ),
        ("{get: '/{{ usr.id }}', name: home}", "`usr.id` is not defined (did you mean `user.id`?)"),
        ("{get: '/{{ data.idd }}', name: home}", "no dataset has a column `idd` (did you mean `id`?)"),
        (
            "{get: '/{{ data.id }}', name: home}",
            "the phase `first` has no `data`, but the scenario `visitor` uses `data.id` (say `data: [DATASET]`)",
        ),
        ("{get: '/{{ env.NOPE }}', name: home}", "the environment variable `NOPE` is not set"),
        (
            "{get: '/{{ random.int(5) }}', name: home}",
            "`random.int` takes two whole numbers: `{{ random.int(1, 100) }}`",
        ),
        ("{get: '/{{ random.int(5, 1) }}', name: home}", "the smaller number of `random.int` comes first"),
        ("{get: '/{{ open', name: home}", "`{{` is never closed; a variable is written `{{ name }}`"),
        (
            "{get: '/{{ later }}', name: home}, {get: /x, extract: {later: {json: /a}}}",
            "`later` is extracted only by this step or a later one",
        ),
        ("{get: /, name: home, extract: {x: {regex: '('}}}", "this is not a regular expression: unclosed group"),
        (
            "{get: /, name: home, extract: {user: {json: /a}}}",
            "`user` cannot name an extracted value; use letters, digits and _",
        ),
        ("{name: home}", "this makes no request (say `get: /path`, or post, put, patch, delete, head)"),
        ("{post: /, name: home, form: {a: b}, json: 1}", "a request has one body: `form`, `json` or `body`"),
        (
            "{get: /, name: login}",
            "`login` names a step under `login` and one under `steps` (logins are not measured with the rest; give one of them another `name`)",
        ),
        (
            "{get: //evil.org/, name: home}",
            "`//evil.org/` is neither a path, which starts with one `/`, nor an http:// or https:// address",
        ),
        (
            "{get: 'http://{{ data.id }}/', name: home}",
            "the host of an address cannot hold variables: it must be known before the run",
        ),
    ] {
        let text = with("").replace("{get: /, name: home, tags: [page]}", step);
        let found = problems(&text);
        assert!(found.iter().any(|problem| problem.ends_with(&format!(" {expected}"))), "{step}: {found:#?}");
    }
    let other = with("")
        .replace("/, name: home", "'/{{ data.id }}', name: home")
        .replace("criteria: [", "data: [small, other], criteria: [");
    assert_eq!(problems(&other), ["9:76 the dataset `other` has no column `id`, which the scenario `visitor` uses"]);
}

#[test]
fn targets_are_checked() {
    for (url, expected) in [
        ("ftp://127.0.0.1", "3:16 `ftp://127.0.0.1` is not an http:// or https:// address"),
        ("staging", "3:16 `staging` is not an address: relative URL without a base"),
        (
            "http://staging.example.org",
            "3:16 load may not be sent to `staging.example.org`: it is neither this machine nor listed under `target.allow`",
        ),
        (
            "http://127.0.0.1@example.org/",
            "3:16 an address holds no user name or password, and `example.org` would be the host that `allow` must list",
        ),
        ("http://127.0.0.1/base", "3:16 the target is a host with its port; put the path `/base` into the steps"),
    ] {
        let found = problems(&with("").replace("http://127.0.0.1:1", url));
        assert!(found.len() == 1 && found[0].starts_with(expected), "{found:#?}");
    }
    let choice = Choice { target: Some("http://elsewhere.org".into()), ..Choice::default() };
    assert!(problems_with(&with(""), &choice)[0].contains("--target: load may not be sent to `elsewhere.org`"));
    let phase = Choice { phases: vec!["frist".into()], ..Choice::default() };
    assert!(problems_with(&with(""), &phase)[0].contains("--phase: there is no phase `frist` (did you mean `first`?)"));
    let profile = Choice { profile: Some("nope".into()), ..Choice::default() };
    assert!(problems_with(&with(""), &profile)[0].contains("--profile: there is no profile `nope`"));
}

#[test]
fn an_endpoint_that_is_also_a_tag_is_ambiguous() {
    let text = with("").replace("tags: [page]", "tags: [home]").replace("success_rate > 99%", "p95(home) < 1s");
    assert!(problems(&text)[0].contains("`home` is the name of an endpoint and a tag"));
}

#[test]
fn names_lost_to_other_problems_are_not_called_unknown() {
    let text = with("profiles: {default: {phases: [first, second]}}\n").replace(
        "phases:\n",
        "phases:\n  - {name: second, users: x, duration: 5s, criteria: [p95(home) < 1s, p95(lost) < 1s]}\n  - {name: third, usrs: 5, duration: 5s, criteria: [no 5xx]}\n",
    );
    let found = problems(&text.replace("tags: [page]}", "tags: [page]}, {get: /l, nam: lost}"));
    assert_eq!(found.len(), 3, "{found:#?}");
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
fn keys_without_effect_are_named() {
    let more = "regression: {margin: 5%}\npublish: {html: a.html, github: {comment: true}}\n";
    let text =
        with(more).replace("app: {prometheus", "host: {host: local, read: {cpu: cpu_percent}}, app: {prometheus");
    let keys: Vec<String> =
        plan(&text).without_effect.iter().map(|line| line.split('`').nth(1).unwrap_or_default().to_owned()).collect();
    assert_eq!(keys, ["host", "regression", "publish.html", "publish.github"]);
}

#[test]
fn notes_what_the_requests_cannot_decide() {
    let text =
        with("  - {name: second, users: 40, duration: 5s, data: [other], criteria: [p99 < 1s, p50 < 1s, no 5xx]}");
    let text = text
        .replace("criteria: [success_rate > 99%]", "data: [small], criteria: [success_rate > 50%]")
        .replace("target: {url", "secrets: [S]\ntarget: {tls: {verify: false}, url");
    let choice = Choice {
        environment: [("S".to_owned(), "abc".to_owned())].into(),
        deadline: Some(Duration::from_secs(60)),
        ..Choice::default()
    };
    let (config, _) = crate::config::read("gates.yaml", text.as_bytes(), &choice.environment);
    let config = config.expect("a config");
    let plan = build(&config, &choice).unwrap_or_else(|problems| panic!("{problems}"));
    let notes: Vec<String> =
        notes(&config, &choice, &plan).iter().map(|Note(note)| format!("{} {}", note.line, note.message)).collect();
    let expected = [
        "2 the run may take up to ",
        "3 the value of `S` is under 6 characters",
        "4 certificates are not verified",
        "11 phase `second` raises the load and the complexity of its data at once, from `first`",
        "11 about 182 requests are expected for `p99 < 1s` in phase `second`; below 299 nothing about it is certain",
    ];
    assert_eq!(notes.len(), expected.len(), "{notes:#?}");
    for (note, expected) in notes.iter().zip(expected) {
        assert!(note.starts_with(expected), "{note}\n{expected}");
    }
}

#[test]
fn the_number_of_requests_needed_is_that_of_the_decision() {
    let criterion = |text: &str| plan(&with("").replace("success_rate > 99%", text)).phases[0].criteria[0].clone();
    for (text, needed) in [
        ("p95 < 1s", Some(59)),
        ("p99 < 1s", Some(299)),
        ("p99.9 < 1s", Some(2995)),
        ("success_rate > 99%", Some(299)),
        ("error_rate < 1%", Some(299)),
        ("success_rate >= 100%", None),
        ("requests > 5", None),
        ("no 5xx", None),
    ] {
        assert_eq!(requests_needed(&criterion(text)), needed, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A file cut anywhere, or with a piece taken out, is a plan or has problems.
    #[test]
    fn a_damaged_reference_file_never_panics(from in 0usize..16_000, length in 0usize..60) {
        let (from, to) = (from.min(REFERENCE.len()), (from + length).min(REFERENCE.len()));
        prop_assume!(REFERENCE.is_char_boundary(from) && REFERENCE.is_char_boundary(to));
        let damaged = [&REFERENCE[..from], &REFERENCE[to..]].concat();
        if let Err(problems) = planned(&damaged, &Choice::default()) {
            prop_assert!(!problems.is_empty());
        }
    }

    #[test]
    fn any_template_is_compiled_or_refused(text in "(\\{\\{|\\}\\}|user\\.id|data\\.id|random\\.int\\(1,2\\)| |a|/|\\\\|é){0,8}") {
        let text = format!("/{text}").replace('\'', "");
        let _ = planned(&with("").replace("{get: /, ", &format!("{{get: '{text}', ")), &Choice::default());
    }
}
