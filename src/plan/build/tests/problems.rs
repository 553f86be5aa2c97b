//! Every problem of meaning, with its place.

use proptest::prelude::*;

use super::{Choice, REFERENCE, planned, problems, with};

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
fn impossible_loads_have_their_place() {
    let phase = |rest: &str| format!("  - {{name: p, {rest}, criteria: [no 5xx]}}");
    for (more, expected) in [
        (phase("rate: 0/s..0/s over 2s, duration: 5s"), "10:21 `rate` must be more than 0"),
        (phase("users: 0..5, duration: 5s"), "10:22 `users` must be more than 0"),
        (phase("users: 5..200000, duration: 5s"), "10:22 `users` is at most 100000"),
        (phase("rate: 5/s..9/s over 0s, duration: 5s"), "10:21 a stage of `rate` must take some time"),
        (
            phase("rate: 50/s..500/s over 2m, duration: 60s"),
            "10:21 the stages of `rate` take 2m, and the window 1m (a longer `duration`, or shorter stages of `rate`)",
        ),
        (
            phase("rate: [5/s over 4s, 9/s over 1s, 7/s], duration: 5s"),
            "10:48 the stages of `rate` before this one take the whole window of 5s (a longer `duration`, or shorter stages of `rate`)",
        ),
        (
            phase("rate: [5/s..9/s, 9/s], duration: 5s"),
            "10:22 this stage of `rate` does not say how long it takes (say it: `5/s..9/s over 1m`; only the last one may leave it out)",
        ),
        (
            phase("users: 9..5 over 2s, duration: 5s"),
            "10:22 the users of a phase come one after the other, and none goes before its end (say the smaller number first; fewer users than before are a phase of their own)",
        ),
        (
            phase("users: [5..9 over 2s, 8], duration: 5s"),
            "10:37 the users of a phase come one after the other, and none goes before its end (say the smaller number first; fewer users than before are a phase of their own)",
        ),
        (
            phase("rate: 5/s, users: 5..9, duration: 5s"),
            "10:33 `users` beside a `rate` is the pool that takes its iterations, and has no stages (say one number, or leave it out: 10 users for each iteration per second)",
        ),
        (
            phase("users: 5, arrivals: poisson, duration: 5s"),
            "10:35 `arrivals` is about a `rate`, and the phase `p` has none (users of the closed model come again when they have been answered: say `rate: 200/s`)",
        ),
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
        (
            "publish: {github: {check: true, status: true}}".into(),
            "10:41 `status` takes the place of `check`; switch one of them off",
        ),
        ("publish: {junit: verdict.json}".into(), "10:18 two reports would be written to `verdict.json`"),
        (
            "integrity: [{name: a}]".into(),
            "10:13 this item checks nothing (give one of get, post, put, patch, delete, head, scenario, disk, monitors, command and postgres)",
        ),
        (
            "integrity: [{get: /a, command: [b]}]".into(),
            "10:13 an item checks one thing (give one of get, post, put, patch, delete, head, scenario, disk, monitors, command and postgres)",
        ),
        (
            "integrity: [{postgres: 'mysql://a:s3cret@h/n', sql: SELECT 1, expect: {value: 1}}]".into(),
            "10:25 this is not the address of a PostgreSQL (write it like postgresql://user:password@host:port)",
        ),
        (
            "integrity: [{postgres: 'postgresql://h/n', expect: {value: 1}}]".into(),
            "10:25 the database is not asked anything (write `sql: SELECT ..`, which gives one row with one value)",
        ),
        (
            "integrity: [{postgres: 'postgresql://h/n', sql: ' ', expect: {value: 1}}]".into(),
            "10:50 `sql` is empty; write one SELECT that gives one value",
        ),
        (
            "integrity: [{postgres: 'postgresql://h/n', sql: SELECT 1}]".into(),
            "10:49 nothing is expected of the statement (write `expect: {value: 0}`)",
        ),
        (
            "integrity: [{postgres: 'postgresql://h/n', sql: SELECT 1, expect: {json: {/lost: 0}}}]".into(),
            "10:75 of a statement only `value` can be expected",
        ),
        (
            "integrity: [{postgres: 'postgresql://h/n', sql: SELECT 1, expect: {value: [1]}}]".into(),
            "10:75 a statement gives a number, a text, true or false",
        ),
        ("integrity: [{command: [a], sql: SELECT 1}]".into(), "10:33 `sql` needs a database (name it with `postgres`)"),
        (
            "integrity: [{get: /, expect: {value: 1}}]".into(),
            "10:38 `value` goes with `sql`: an answer has `status`, `json`, `body_has` and others",
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
fn an_endpoint_that_is_also_a_tag_is_ambiguous() {
    let text = with("").replace("tags: [page]", "tags: [home]").replace("success_rate > 99%", "p95(home) < 1s");
    assert!(problems(&text)[0].contains("`home` is the name of an endpoint and a tag"));
}

#[test]
fn names_lost_to_other_problems_are_not_called_unknown() {
    let text = with("profiles: {default: {phases: [first, second, fourth]}}\n").replace(
        "phases:\n",
        "phases:\n  - {name: second, users: x, duration: 5s, criteria: [p95(home) < 1s, p95(lost) < 1s]}\n  - {name: third, usrs: 5, duration: 5s, criteria: [no 5xx]}\n  - {name: fourth, users: 5, duration: x, criteria: [no 5xx]}\n",
    );
    let found = problems(&text.replace("tags: [page]}", "tags: [page]}, {get: /l, nam: lost}"));
    assert_eq!(found.len(), 4, "{found:#?}");
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

/// A file with a problem in nearly every line, of syntax, of types and of meaning.
#[test]
fn problems_of_every_layer_are_reported_together() {
    let text = "version: 1
gate: test
target: {url: 'http://127.0.0.1:1', timeout: -1s}
gate: twice
scenario:
  a: {}
scenarios:
  visitor: {steps: [{get: '/{{ nothing }}', name: home}], think: 1s}
monitors:
  app: {prometheus: /metrics, read: {cpu: app_cpu}}
bands: {app.cpu: {warning: 90%, critical: 80%}}
secrets: [A]
phases:
  - {name: a, users: 0, duration: 5s, spawn_rate: 1/s, criteria: [p95(hme) < 1s]}
  - {name: b, users: 1, duration: 5s, spawn_rate: 1/s, criteria: [success_rate > 101%]}
  - {name: c, users: 1, duration: 5s, spawn_rate: 1/s, data: [smal], criteria: [ap.cpu < 80%]}
  - {name: d, users: 1, duration: 5s, spawn_rate: 1/s}
  - {name: e, users: 1, duraton: 5s, spawn_rate: 1/s, criteria: ['p95 < ${NOT_SET}']}
profiles: {default: {phases: [a, f]}}
";
    let starts = [
        "3:46 `-1s` is not a duration",
        "4:1 `gate` is given twice",
        "5:1 `scenario` is not a key here",
        "8:29 `nothing` is not defined",
        "11:28 the warning band of `app.cpu` starts above its critical band",
        "14:22 `users` must be more than 0",
        "14:71 there is no endpoint or tag `hme` (did you mean `home`?)",
        "15:82 `101%` is more than 100%",
        "16:63 there is no dataset `smal`",
        "16:81 there is no gauge `ap.cpu` (did you mean `app.cpu`?)",
        "17:12 the phase `d` has no criteria",
        "18:25 `duraton` is not a key here (did you mean `duration`?)",
        "18:67 the environment variable `NOT_SET` is not set",
        "19:34 there is no phase `f`",
    ];
    let found = problems(text);
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (found, start) in found.iter().zip(starts) {
        assert!(found.starts_with(start), "{found}\n{start}");
    }
}

#[test]
fn what_cannot_be_started_has_its_place() {
    let text = |url: &str, start: &str| {
        with("").replace("{url: 'http://127.0.0.1:1'}", &format!("{{allow: [app.example.com], url: '{url}', {start}}}"))
    };
    let start = "start: {command: [serve]}";
    for (text, expected) in [
        (
            text("http://app.example.com", start),
            "3:42 an app is started on this machine only, and `app.example.com` is not on it",
        ),
        (text("demo", start), "3:42 an app that `target.start` starts has an address"),
        (text("http://localhost:8000", "start: {command: []}"), "`start.command` names no program"),
        (text("http://localhost:8000", "start: {command: ['']}"), "`start.command` names no program"),
        (
            text("http://[::1]:8000", "start: {command: [serve], env: {A=B: 1}}"),
            "this cannot be the name of an environment variable",
        ),
        (
            text("http://localhost:8000", "timeout: 5s")
                + "against: {url: http://app.example.com, start: {command: [serve]}}",
            "10:16 an app is started on this machine only",
        ),
        (with("against: {url: http://app.example.com}"), "10:16 load may not be sent to `app.example.com`"),
        (with("against: {url: demo}"), "10:16 `demo` is not an address"),
        (
            text("http://localhost:8000", start) + "against: {url: 'http://127.0.0.1:8000', start: {command: [serve]}}",
            "10:17 two apps cannot be served at the target's address",
        ),
    ] {
        let found = problems(&text);
        assert!(found.iter().any(|found| found.contains(expected)), "{text}\n{found:?}");
    }
}
