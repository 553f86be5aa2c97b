//! `check`, `schema` and `init`: what is said before anything is sent.

use std::{
    fs,
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::gate_test::{BINARY, clean_environment};

/// Runs the binary in a folder.
fn stagegate(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(folder.path());
    clean_environment(&mut command);
    command.output().expect("the binary starts")
}

fn folder_with(yaml: &str) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder can be made");
    fs::write(folder.path().join("gates.yaml"), yaml).expect("gates.yaml can be written");
    folder
}

const REFERENCE: &str = include_str!("../fixtures/gates.reference.yaml");

#[test]
fn the_reference_file_passes_and_its_plan_is_printed() {
    let folder = folder_with(REFERENCE);
    let output = stagegate(&folder, &["check", "--profile", "release"]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let ladder = [
        ("baseline", "10 users", "1,000"),
        ("light", "30 users", "9,000"),
        ("medium", "50 users", "25,000"),
        ("heavy", "100 users", "50,000"),
        ("stress", "200 users", "100,000"),
        ("peak", "500 users", "250,000"),
        ("ultimate", "1,000 users", "500,000"),
    ];
    for (phase, users, requests) in ladder {
        let line = printed.lines().find(|line| line.split_whitespace().next() == Some(phase));
        let line = line.unwrap_or_else(|| panic!("no line of {phase} in {printed}"));
        let requests = format!(" {requests} ");
        assert!(line.contains(users) && line.contains(&requests), "{users}{requests}in {line}");
    }
}

/// What the reference only shows: each commented monitor in the place of nothing, or of the one with its name.
#[test]
fn the_commented_monitors_of_the_reference_file_are_whole() {
    let shown = |line: &str| ["  # database: ", "  # host: ", "  # queue: "].iter().any(|name| line.starts_with(name));
    let lines = REFERENCE.lines().filter(|line| !line.starts_with("  database: "));
    let yaml: String = lines
        .map(|line| if shown(line) { line.replacen("# ", "", 1) + "\n" } else { line.to_owned() + "\n" })
        .collect();
    let yaml = yaml.replace("${DATABASE_URL}", "${DATABASE_URL:-postgresql://app:s3cret@127.0.0.1:5432/shop}");
    assert!(["  database: ", "  host: ", "  queue: "].iter().all(|name| yaml.contains(&format!("\n{name}"))), "{yaml}");
    let output = stagegate(&folder_with(&yaml), &["check"]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(!printed.contains("s3cret") && !printed.contains("is not sampled"), "{printed}");
    let wrong =
        yaml.replace("connections: pool_percent", "connections: pool_precent").replace("postgresql://", "mysql://");
    let output = stagegate(&folder_with(&wrong), &["check"]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{printed}");
    for words in [
        "the source gives no `pool_precent`",
        "did you mean `pool_percent`?",
        "this is not the address of a PostgreSQL",
    ] {
        assert!(printed.contains(words), "{words} in {printed}");
    }
}

/// 10 users with 2 steps every 2 s send 10 requests/s, the open phase 2 for each of its 20 iterations/s. Spawning takes
/// 5 s, as the warm-up does.
#[test]
fn the_plan_says_how_many_requests_and_how_long() {
    let yaml = "version: 1
gate: test
target: {url: 'http://127.0.0.1:1'}
scenarios: {visitor: {steps: [{get: /, name: home}, {get: /b, name: b}], pace: 2s}}
phases:
  - {name: steady, users: 10, duration: 60s, spawn_rate: 2/s, warmup: 5s, criteria: [p50 < 1s]}
  - {name: open, rate: 20/s, duration: 30s, users: 40, criteria: [p50 < 1s]}
";
    let folder = folder_with(yaml);
    let output = stagegate(&folder, &["check"]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<Vec<&str>> = printed.lines().map(|line| line.split_whitespace().collect()).collect();
    let expected = [
        "steady 10 users 2/s 5s 1m 600 1",
        "open 20/s - 0s 30s 1,200 1",
        "Wall time: about 1 min 40 s of load, at most",
    ];
    for line in expected {
        let words: Vec<&str> = line.split(' ').collect();
        assert!(lines.iter().any(|seen| seen.starts_with(&words)), "{line} in {printed}");
    }
}

#[test]
fn the_plan_says_how_loads_change() {
    let yaml = "version: 1
gate: test
target: {url: 'http://127.0.0.1:1'}
scenarios: {visitor: {steps: [{get: /, name: home}], pace: 1s}}
phases:
  - {name: climb, rate: 50/s..500/s over 2m, arrivals: poisson, duration: 3m, criteria: [p50 < 1s]}
  - {name: crowd, users: 10..100, spawn_rate: 5/s, duration: 1m, criteria: [p50 < 1s]}
";
    let folder = folder_with(yaml);
    let output = stagegate(&folder, &["check"]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let words = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "climb 50/s..500/s - 0s 3m 63,000 1",
        "crowd 10..100 users 5/s 0s 1m 3,300 1",
        "Phase climb: 50/s to 500/s within 2m, 500/s for 1m. Phase crowd: users 10 to 100 within 1m. A phase with stages",
        "(Poisson arrivals) in: climb.",
    ] {
        assert!(words.contains(expected), "{expected} in {printed}");
    }
}

/// Annotations and links need the place in the repository, whatever the action's input `config` says.
#[test]
fn on_github_an_absolute_path_in_the_checkout_is_told_from_the_folder_of_the_run() {
    let folder = folder_with("version: 2\n");
    fs::create_dir(folder.path().join("perf")).expect("it can be made");
    let told = |working: &str, workspace: &str| {
        let mut command = Command::new(BINARY);
        command.arg("check").arg("-c").arg(folder.path().join("gates.yaml"));
        command.current_dir(folder.path().join(working));
        clean_environment(&mut command);
        command.env("GITHUB_WORKSPACE", workspace);
        let output = command.output().expect("the binary starts");
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let workspace = folder.path().to_string_lossy();
    assert!(told("", &workspace).contains("--> gates.yaml:1:"), "{}", told("", &workspace));
    assert!(told("perf", &workspace).contains("--> ../gates.yaml:1:"), "{}", told("perf", &workspace));
    let absolute = format!("--> {workspace}/gates.yaml:1:");
    assert!(told("", "/usr").contains(&absolute) && told("", "").contains(&absolute), "{}", told("", ""));
}

#[test]
fn every_problem_is_reported_at_once_with_its_place() {
    let yaml = "version: 1
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
    let folder = folder_with(yaml);
    let output = stagegate(&folder, &["check"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    let expected = [
        ("gates.yaml:3:", "-1s"),
        ("gates.yaml:4:", "gate"),
        ("gates.yaml:5:", "scenarios"),
        ("gates.yaml:8:", "nothing"),
        ("gates.yaml:11:", "critical"),
        ("gates.yaml:14:", "users"),
        ("gates.yaml:14:", "home"),
        ("gates.yaml:15:", "101%"),
        ("gates.yaml:16:", "smal"),
        ("gates.yaml:16:", "app"),
        ("gates.yaml:17:", "criteria"),
        ("gates.yaml:18:", "duration"),
        ("gates.yaml:18:", "NOT_SET"),
        ("gates.yaml:19:", "f"),
    ];
    for (place, word) in expected {
        let at_place = |problem: &&str| problem.contains(&format!("--> {place}"));
        let found = error.split("error: ").filter(at_place).any(|problem| problem.contains(word));
        assert!(found, "{place} with {word} is missing in:\n{error}");
    }
    assert!(error.contains('^'), "a caret stands under the place:\n{error}");
}

/// Each fault of another kind, in every section: place, caret and nearest name of each, and nothing beside them.
#[test]
fn faults_in_every_section_are_printed_together_and_nothing_beside_them() {
    let yaml = "version: 1
gate: test
target: {url: \"${NOWHERE}\", ready: {get: healthz}}
preflight: [{scenario: visiter}, {disk: {path: ., free: lots}}]
datasets: {small: {row: [{id: 1}]}, large: {rows: [{id: 2}]}}
scenarios:
  visitor: {weight: heavy, steps: [{get: '/{{ data.id }}', name: home, tags: [page]}, {get: '/{{ usr.id }}', name: other}]}
monitors: {app: {prometheus: /metrics, read: {cpu: 1 * / 2}}}
bands: {app.cpo: {warning: 1, critical: 2}}
phases:
  - {name: a, users: lots, duration: soon, data: [lagre], criteria: [p95(hoem) < 1s, sucess_rate > 99%]}
  - {name: b, usres: 5, duration: 5s, data: [small], criteria: [p101 < 1s, p95(not pgae) < 1s]}
regression: {cells: [error_rate], missing: wran}
profiles: {default: {phases: [a, b]}, pr: {phases: [a, bb], time_scale: fast}}
";
    let expected = [
        ("3:16", "^^^^^^^^^^", "the environment variable `NOWHERE` is not set"),
        ("3:42", "^^^^^^^", "`ready.get` is a path on the target"),
        ("4:24", "^^^^^^^", "did you mean `visitor`?"),
        ("4:57", "^^^^", "`lots` is not a size"),
        ("5:20", "^^^", "did you mean `rows`?"),
        ("7:21", "^^^^^", "expected a whole number, found `heavy`"),
        ("7:95", "^^^^^^^^^^^^", "did you mean `user.id`?"),
        ("8:52", "^^^^^^^", "is not an expression"),
        ("9:9", "^^^^^^^", "did you mean `app.cpu`?"),
        ("11:22", "^^^^", "`lots` is not a number of users"),
        ("11:38", "^^^^", "`soon` is not a duration"),
        ("11:51", "^^^^^", "did you mean `large`?"),
        ("11:74", "^^^^", "did you mean `home`?"),
        ("11:86", "^^^^^^^^^^^", "did you mean `success_rate`?"),
        ("12:15", "^^^^^", "did you mean `users`?"),
        ("12:65", "^^^^", "percentiles lie between `p0` and `p100`"),
        ("12:84", "^^^^", "did you mean `page`?"),
        ("13:22", "^^^^^^^^^^", "a rate needs a margin of its own"),
        ("13:44", "^^^^", "did you mean `warn`?"),
        ("14:56", "^^", "did you mean `b`?"),
        ("14:73", "^^^^", "expected a number, found `fast`"),
    ];
    let folder = folder_with(yaml);
    let output = stagegate(&folder, &["check"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    let printed: Vec<&str> = error.split("error: ").skip(1).collect();
    for (place, caret, words) in expected {
        let found = printed.iter().find(|one| one.contains(&format!("--> gates.yaml:{place}\n")));
        let found = found.unwrap_or_else(|| panic!("nothing at {place} in:\n{error}"));
        let carets = found.lines().find_map(|line| line.split_once("| ").filter(|(_, under)| under.contains('^')));
        assert_eq!(carets.map(|(_, under)| under.trim()), Some(caret), "{found}");
        assert!(found.contains(words), "{words} in {found}");
    }
    assert_eq!(printed.len(), expected.len(), "{error}");
}

#[test]
fn a_criterion_that_the_window_cannot_decide_is_a_note() {
    let yaml = "version: 1
gate: test
target: {url: 'http://127.0.0.1:1'}
scenarios: {visitor: {steps: [{get: /, name: home}], think: 1s}}
phases:
  - {name: a, users: 1, duration: 5s, spawn_rate: 1/s, criteria: [p99 < 1s]}
";
    let folder = folder_with(yaml);
    let output = stagegate(&folder, &["check"]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("p99 < 1s") && printed.contains("299"), "{printed}");
}

#[test]
fn users_and_complexity_raised_at_once_is_a_note() {
    let yaml = "version: 1
gate: test
target: {url: 'http://127.0.0.1:1'}
datasets: {small: {rows: [{id: 1}]}, large: {rows: [{id: 2}]}}
scenarios: {visitor: {steps: [{get: '/{{ data.id }}', name: home}], think: 100ms}}
phases:
  - {name: a, users: 10, duration: 60s, spawn_rate: 1/s, data: [small], criteria: [p50 < 1s]}
  - {name: b, users: 30, duration: 60s, spawn_rate: 1/s, data: [large], criteria: [p50 < 1s]}
";
    let folder = folder_with(yaml);
    let output = stagegate(&folder, &["check"]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(printed.contains("complexity"), "{printed}");
}

#[test]
fn the_schema_is_the_golden_file() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let output = stagegate(&folder, &["schema"]);
    assert_eq!(output.status.code(), Some(0));
    let golden = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/gates.schema.json")).expect("it is kept");
    assert_eq!(String::from_utf8_lossy(&output.stdout), golden);
}

#[test]
fn init_writes_a_file_that_passes_check_and_never_overwrites() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    assert_eq!(stagegate(&folder, &["init"]).status.code(), Some(0));
    let written = fs::read_to_string(folder.path().join("gates.yaml")).expect("gates.yaml was written");
    assert!(written.contains('#'), "it is commented");
    assert!(folder.path().join(".github/workflows").is_dir(), "the workflow was written");
    let checked = stagegate(&folder, &["check"]);
    assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stderr));
    fs::write(folder.path().join("gates.yaml"), "mine").expect("it can be written");
    stagegate(&folder, &["init"]);
    assert_eq!(fs::read_to_string(folder.path().join("gates.yaml")).expect("it is there"), "mine");
}

/// Whoever sets the permissions of a workflow reads here which ones.
#[test]
fn check_says_what_is_posted_and_which_permissions_that_needs() {
    let yaml = |switches: &str| {
        format!(
            "version: 1\ngate: test\ntarget: {{url: 'http://127.0.0.1:1'}}\n\
             scenarios: {{visitor: {{steps: [{{get: /}}]}}}}\n\
             phases: [{{name: p, users: 1, duration: 5s, criteria: [no 5xx]}}]\n\
             publish: {{github: {{{switches}}}}}\n"
        )
    };
    let said = |switches: &str| {
        let output = stagegate(&folder_with(&yaml(switches)), &["check"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let words: Vec<_> = String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect();
        words.join(" ")
    };
    for (switches, sentence) in [
        (
            "comment: true, check: true, annotations: true",
            "On GitHub it posts a comment on the pull request and a check with annotations; needs pull-requests: write \
             and checks: write.",
        ),
        ("status: true", "On GitHub it posts a commit status; needs statuses: write."),
        ("annotations: true", "On GitHub it posts annotations."),
    ] {
        assert!(said(switches).contains(sentence), "{}", said(switches));
    }
    assert!(!said("comment: false").contains("On GitHub"));
    let output = stagegate(&folder_with(&yaml("check: true, status: true")), &["check"]);
    assert_eq!(output.status.code(), Some(2));
}

/// A flag's value may be the name of somebody's branch.
#[test]
fn wrong_usage_gives_the_runner_no_command() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let output = stagegate(&folder, &["run", "--seed", "x\n::error::forged\r::error::forged ##[error]forged"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("forged"), "{said}");
    for line in said.split(['\n', '\r']) {
        assert!(!line.trim_start().starts_with("::") && !line.contains("##"), "{said}");
    }
}
