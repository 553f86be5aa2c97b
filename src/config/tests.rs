//! The room from outside: the reference file, and every kind of problem with its place.

use proptest::prelude::*;

use super::*;
use crate::units::{Human, Percent};

const REFERENCE: &str = include_str!("../../tests/fixtures/gates.reference.yaml");

fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn reference(environment: &Environment) -> Config {
    let (config, problems) = read("gates.yaml", REFERENCE.as_bytes(), environment);
    assert!(problems.is_empty(), "{problems}");
    config.expect("the reference file is a config")
}

#[test]
fn reads_the_reference_file() {
    let config = reference(&environment(&[]));
    assert_eq!(config.gate.value, "ahsp");
    assert_eq!(config.target.url.value, "demo");
    assert_eq!(config.phases.len(), 7);
    assert_eq!(config.preflight.len(), 6);
    assert_eq!(config.datasets.names().collect::<Vec<_>>(), ["small", "medium", "large", "worst"]);
    let light = &config.phases[1].value;
    assert_eq!((light.name.as_str(), light.users.as_ref().map(|users| users[0].value.to)), ("light", Some(30)));
    assert_eq!(Human(light.duration.value).to_string(), "3m");
    assert_eq!(light.criteria.len(), 6);
    let margin = config.regression.as_ref().and_then(|regression| regression.margin);
    assert_eq!(margin.map(|margin| margin.value), Some(Percent::from_fraction(0.1)));
    assert!(config.target.tls.ca.is_none());
}

#[test]
fn reads_the_gates_yaml_of_this_repository() {
    let (config, problems) = read("gates.yaml", include_bytes!("../../gates.yaml"), &environment(&[]));
    assert!(problems.is_empty(), "{problems}");
    assert_eq!(config.expect("a config").phases.len(), 7);
}

#[test]
fn every_value_knows_its_place() {
    let config = reference(&environment(&[]));
    for (line, needle) in REFERENCE.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("- name: ")) {
        let name = needle.trim_start().trim_start_matches("- name: ").trim();
        let phase = config.phases.iter().find(|phase| phase.name.value == name).expect(name);
        let column = needle.find(name).expect("it is there") + 1;
        assert_eq!((phase.name.span.line, phase.name.span.column), (line as u32 + 1, column as u32), "{name}");
    }
}

/// The values that stand in the reference file as comments.
#[test]
fn reads_the_variants_of_the_reference_file() {
    let uncommented: String = REFERENCE
        .lines()
        .map(|line| {
            let variants = ["start:", "from_file:", "host:", "queue:"];
            let known = variants.iter().any(|key| line.trim_start().trim_start_matches("# ").starts_with(key));
            let opened = known && line.trim_start().starts_with("# ");
            if opened { line.replacen("# ", "", 1) + "\n" } else { line.to_owned() + "\n" }
        })
        .collect();
    let (config, problems) = read("gates.yaml", uncommented.as_bytes(), &environment(&[]));
    assert!(problems.is_empty(), "{problems}");
    let config = config.expect("a config");
    assert!(config.target.start.is_some());
    assert!(matches!(config.datasets.get("from_file").map(|dataset| &dataset.value), Some(Dataset::Csv(_))));
    assert_eq!(config.monitors.names().collect::<Vec<_>>(), ["app", "database", "host", "queue"]);
}

/// A minimal file, with something more.
fn with(more: &str) -> String {
    format!(
        "version: 1\ngate: g\ntarget: {{url: demo}}\nscenarios: {{a: {{steps: [{{get: /}}]}}}}\nphases: [{{name: p, duration: 1s}}]\n{more}"
    )
}

fn problems(text: &str) -> Vec<String> {
    let (_, problems) = read("gates.yaml", text.as_bytes(), &environment(&[("SET", "a-secret-value")]));
    let line = |problem: &Problem| {
        let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}:{} {}{help}", problem.line, problem.column, problem.message)
    };
    problems.iter().map(line).collect()
}

#[test]
fn the_minimal_file_is_fine() {
    assert_eq!(problems(&with("")), Vec::<String>::new());
}

#[test]
fn a_load_that_was_made_needs_no_scenarios_however_the_file_is_written() {
    let block = "version: 1\ngate: g\ntarget: {url: demo}\nphases: [{name: p, duration: 1s}]\n";
    let flow = "{version: 1, gate: g, target: {url: demo}, phases: [{name: p, duration: 1s}]}";
    let judging = |text: &str| read_without_load("gates.yaml", text.as_bytes(), &environment(&[]));
    for text in [block, flow] {
        assert_eq!(problems(text), ["1:1 `scenarios` is missing here"]);
        let (config, found) = judging(text);
        let config = config.expect("a config");
        assert!(found.is_empty() && config.without_load && config.scenarios.iter().next().is_none(), "{found}");
    }
    let (config, found) = judging(&with(""));
    assert!(found.is_empty() && config.is_some_and(|config| !config.without_load), "{found}");
    let (_, found) = judging(&block.replace("phases", "scenarois: {}\nphases"));
    let said: Vec<&str> = found.iter().filter_map(|problem| problem.help.as_deref()).collect();
    assert_eq!(said, ["did you mean `scenarios`?"], "{found}");
}

#[test]
fn every_kind_of_problem_has_its_place() {
    for (more, expected) in [
        ("secrest: [A]", "6:1 `secrest` is not a key here (did you mean `secrets`?)"),
        ("gate: h", "6:1 `gate` is given twice, first on line 2"),
        ("recovery: {user: 2}", "6:12 `user` is not a key here (did you mean `users`?)"),
        ("recovery: {users: 2, users: 3}", "6:22 `users` is given twice, first on line 6"),
        ("recovery: {users: many}", "6:19 expected a whole number, found `many`"),
        ("recovery: {users: -1}", "6:19 expected a whole number from 0 to 4294967295, found `-1`"),
        ("recovery: {users: 1.5}", "6:19 expected a whole number, found `1.5`"),
        ("recovery: {users: [1]}", "6:19 expected a whole number, found a list"),
        ("recovery: {within: 60}", "6:20 `60` is not a duration; write it like \"500ms\", \"1.5s\", \"2m\" or \"1h\""),
        ("recovery: {tolerance: \"20\"}", "6:24 `20` is not a percentage; write it like \"99%\" or \"99.9%\""),
        ("recovery: 5", "6:11 expected a map, found `5` (its keys are `users`, `within` and `tolerance`)"),
        ("secrets: A", "6:10 expected a list, found `A`"),
        ("secrets:", "6:8 expected a list, found nothing"),
        ("policy: {no_data: fial}", "6:19 `fial` is not known here (did you mean `fail`?)"),
        ("profiles: {x: {extend: yes}}", "6:24 expected `true` or `false`, found `yes`"),
        ("profiles: {x: {time_scale: fast}}", "6:28 expected a number, found `fast`"),
        ("datasets: {x: {row: []}}", "6:16 `row` is not a key here (did you mean `rows`?)"),
        ("datasets: {x: {}}", "6:15 expected exactly one of `rows`, `csv` here"),
        ("datasets: {x: {rows: [], csv: a}}", "6:15 expected exactly one of `rows`, `csv` here"),
        ("datasets: {x: [1]}", "6:15 expected exactly one of `rows`, `csv` here"),
        ("bands: {a.b: {warning: 60%}}", "6:14 `critical` is missing here"),
        (
            "bands: {a.b: {warning: 60 percent, critical: 80%}}",
            "6:24 `60 percent` is not a gauge's value; write it like \"80%\" or \"1500\"",
        ),
        (
            "preflight: [{disk: {path: ., free: lots}}]",
            "6:36 `lots` is not a size; write it like \"500MB\", \"64KiB\" or \"1GiB\"",
        ),
        ("preflight: [{get: /, expect: {status: [200, ok]}}]", "6:45 expected a whole number, found `ok`"),
        (
            "secrets: [\"${NOT_SET}\"]",
            "6:12 the environment variable `NOT_SET` is not set (set it, or write `${NAME:-default}`)",
        ),
        ("recovery: {users: \"${SET}\"}", "6:20 expected a whole number, found `${SET}`"),
        (
            "recovery: {within: \"${SET}\"}",
            "6:21 `${SET}` is not a duration; write it like \"500ms\", \"1.5s\", \"2m\" or \"1h\"",
        ),
        (
            "recovery: {<<: {users: 2}}",
            "6:12 merge keys (`<<`) are not supported; write the keys out, or repeat the whole value with an alias",
        ),
        ("recovery: !fast {users: 2}", "6:17 tags (`!...`) are not supported; quote the value if it is a text"),
        ("[a]: b", "6:1 a key is a text, not a list or a map; quote it if it starts with a bracket"),
        ("recovery: *nothing", "6:11 this is not YAML: while parsing node, found unknown anchor"),
        ("---\nversion: 1", "6:1 a second document starts here; gates.yaml is one document"),
        ("secrets: [A", "6:10 this is not YAML: unclosed bracket"),
    ] {
        let found = problems(&with(more));
        assert!(found.len() == 1 && found[0].starts_with(expected), "{more}\nexpected {expected}\nfound    {found:#?}");
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let text = "gate: [1]\nvresion: 1\ntarget: {url: demo, timeout: soon, tls: {verify: no}}\nscenarios:\n  a:\n    weight: heavy\n    steps:\n      - {get: /, expct: {}}\n      - {get: /, expect: {status: abc}, redirects: folow}\nphases:\n  - users: 5\n  - {name: p, users: x, criteria: [{wran: p95 < 1s}, p95 < 2s], durtion: 1s}\n";
    let expected = [
        "1:7 expected a text, found a list",
        "2:1 `vresion` is not a key here (did you mean `version`?)",
        "3:30 `soon` is not a duration; write it like \"500ms\", \"1.5s\", \"2m\" or \"1h\"",
        "3:50 expected `true` or `false`, found `no`",
        "6:13 expected a whole number, found `heavy`",
        "8:18 `expct` is not a key here (did you mean `expect`?)",
        "9:35 expected a whole number, found `abc`",
        "9:52 `folow` is not known here (did you mean `follow`?)",
        "11:5 `duration` is missing here",
        "11:5 `name` is missing here",
        "12:22 `x` is not a number of users; write it like 10, or \"10..100 over 2m\" for users who come one after the other",
        "12:37 `wran` is not a key here (did you mean `warn`?)",
        "12:65 `durtion` is not a key here (did you mean `duration`?)",
    ];
    let mut found = problems(text);
    found.sort_by_key(|line| expected.iter().position(|expected| line == expected));
    assert_eq!(found, expected);
}

#[test]
fn a_config_beside_problems_knows_the_names_that_were_lost() {
    let text = with("datasets: {d: {row: 5}}\nintegrity: [{name: i, get: /, timeout: x}]\nrecovery: {users: x}");
    let (config, problems) = read("gates.yaml", text.as_bytes(), &environment(&[]));
    assert_eq!(problems.len(), 3);
    let lost = config.expect("a config").lost;
    assert!(lost.names("d") && !lost.names("integrity") && !lost.names("p"), "{lost:?}");
}

#[test]
fn variables_take_the_type_of_their_value() {
    let text = with("recovery: {users: \"${N}\", tolerance: \"${T:-20%}\"}\npolicy: {no_data: ${P:-warn}}");
    let text = text.replace("url: demo", "url: \"http://${HOST}:${PORT:-80}/\"");
    let (config, problems) = read("gates.yaml", text.as_bytes(), &environment(&[("N", "7"), ("HOST", "127.0.0.1")]));
    // Inside braces a variable needs quotes, because YAML sees a map in it: that is a problem with a place, never a guess.
    assert_eq!(problems.len(), 1, "{problems}");
    assert!(config.is_none());
    let text = text.replace("${P:-warn}", "\"${P:-warn}\"");
    let (config, problems) = read("gates.yaml", text.as_bytes(), &environment(&[("N", "7"), ("HOST", "127.0.0.1")]));
    assert!(problems.is_empty(), "{problems}");
    let config = config.expect("a config");
    assert_eq!(config.target.url.value, "http://127.0.0.1:80/");
    assert_eq!(config.recovery.and_then(|recovery| recovery.users).map(|users| users.value), Some(7));
}

#[test]
fn aliases_repeat_values() {
    let text = with("recovery: &r {users: 2}\nintegrity: [&c {get: /}, *c]\n");
    let (config, problems) = read("gates.yaml", text.as_bytes(), &environment(&[]));
    assert!(problems.is_empty(), "{problems}");
    assert_eq!(config.expect("a config").integrity.len(), 2);
}

#[test]
fn texts_stay_as_they_are_written() {
    let text = with("datasets: {d: {rows: [{id: 007, price: 1.10, on: true, off: no}]}}");
    let (config, _) = read("gates.yaml", text.as_bytes(), &environment(&[]));
    let config = config.expect("a config");
    let Some(Dataset::Rows(rows)) = config.datasets.get("d").map(|dataset| &dataset.value) else { panic!("rows") };
    assert_eq!(rows[0].iter().map(|(_, cell)| cell.value.as_str()).collect::<Vec<_>>(), ["007", "1.10", "true", "no"]);
}

/// One problem with a position and a sentence, quickly.
#[test]
fn hostile_files_cost_one_problem() {
    let bomb = (1..10).fold("a0: &a0 [x]\n".to_owned(), |text, n| {
        text + &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", "))
    });
    let files: [(&str, Vec<u8>); 12] = [
        ("empty", Vec::new()),
        ("comments only", b"# nothing\n".to_vec()),
        ("truncated", REFERENCE.as_bytes()[..REFERENCE.find("form: {").expect("it is there") + 20].to_vec()),
        ("huge", vec![b'x'; LARGEST_FILE + 1]),
        ("a list", b"- a\n- b\n".to_vec()),
        ("a text", b"hello".to_vec()),
        ("latin 1", b"version: 1\ngate: caf\xe9\n".to_vec()),
        ("binary", b"\x7fELF\x02\x01\x01\0\0\0".to_vec()),
        ("deep lists", "[".repeat(100_000).into_bytes()),
        ("deep maps", (0..500).flat_map(|depth| [&b" ".repeat(depth)[..], b"a:\n"].concat()).collect()),
        ("alias bomb", bomb.into_bytes()),
        ("an alias in itself", b"a: &a [*a]\n".to_vec()),
    ];
    for (name, bytes) in files {
        let (config, problems) = read("gates.yaml", &bytes, &environment(&[]));
        assert_eq!(problems.len(), 1, "{name}: {problems}");
        assert!(config.is_none(), "{name}");
    }
}

#[test]
fn many_problems_end_early() {
    let items = "x, ".repeat(19_000);
    let (_, problems) = read("gates.yaml", with(&format!("integrity: [{items}]")).as_bytes(), &environment(&[]));
    assert_eq!(problems.len(), 200);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read("gates.yaml", &bytes, &environment(&[]));
    }

    #[test]
    fn arbitrary_yaml_never_panics(text in "[a-c:{}\\[\\],&*!|>'\"#%@` \n${-]{0,80}") {
        let (_, problems) = read("gates.yaml", with(&text).as_bytes(), &environment(&[]));
        for problem in &problems {
            prop_assert!(problem.line >= 1 && problem.column >= 1);
            prop_assert!(!problem.to_string().is_empty());
        }
    }

    /// A file cut anywhere, or with a piece taken out, is a config or has problems.
    #[test]
    fn a_damaged_reference_file_never_panics(from in 0usize..16_000, length in 0usize..300) {
        let bytes = REFERENCE.as_bytes();
        let (from, to) = (from.min(bytes.len()), (from + length).min(bytes.len()));
        let damaged = [&bytes[..from], &bytes[to..]].concat();
        let (config, problems) = read("gates.yaml", &damaged, &environment(&[]));
        prop_assert!(config.is_some() || !problems.is_empty());
    }
}
