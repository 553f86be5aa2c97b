//! The real thing: a small Django project on gunicorn, `PostgreSQL` and Redis, gated as a team would gate theirs.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    gate_test::{App, BINARY, clean_environment, turn},
    junit, patience,
    started::free_port,
};

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The Django project on servers of its own, healthy or with a fault.
fn django(fault: Option<(&str, &str)>) -> App {
    App::staging(&["--database", "postgres", "--sessions", "redis"], fault.as_slice())
}

/// Gates it by the file beside it, with these flags; gives exit code, verdict and what was printed.
#[track_caller]
fn gate(app: &App, flags: &[&str]) -> (Option<i32>, serde_json::Value, String) {
    let flags = [&["--target", &app.url], flags].concat();
    gate_by(
        &repository().join("tests/staging/gates.yaml"),
        &flags,
        &[("DATABASE_URL", app.said("postgres at ")), ("REDIS_URL", app.said("redis at "))],
    )
}

/// The same by another file, with these variables.
#[track_caller]
fn gate_by(file: &Path, flags: &[&str], variables: &[(&str, String)]) -> (Option<i32>, serde_json::Value, String) {
    patience::undisturbed(|| {
        let gated = gate_once(file, flags, variables);
        let said = gated.2.clone();
        (gated, said)
    })
}

fn gate_once(file: &Path, flags: &[&str], variables: &[(&str, String)]) -> (Option<i32>, serde_json::Value, String) {
    let out = tempfile::TempDir::new().expect("a temporary folder can be made");
    let mut command = Command::new(BINARY);
    clean_environment(&mut command);
    command.args(["run", "--seed", "7", "--commit", "dev", "--config"]).arg(file).arg("--out").arg(out.path());
    command.args(flags).envs(variables.iter().map(|(name, value)| (name, value)));
    let output = command.output().expect("the binary starts");
    let text = std::fs::read_to_string(out.path().join("verdict.json")).unwrap_or_default();
    let verdict = serde_json::from_str(&text).unwrap_or_default();
    junit::holds_to_the_schema(&std::fs::read_to_string(out.path().join("junit.xml")).unwrap_or_default());
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code(), verdict, String::from_utf8_lossy(&printed).into_owned())
}

/// The list under this key of a verdict or of a part of it.
#[track_caller]
fn list<'a>(of: &'a serde_json::Value, key: &str) -> &'a Vec<serde_json::Value> {
    of[key].as_array().unwrap_or_else(|| panic!("{key} is a list: {of:#}"))
}

/// The blocking criteria that failed, in any phase.
fn failed(verdict: &serde_json::Value) -> Vec<&str> {
    list(verdict, "phases")
        .iter()
        .flat_map(|phase| phase["findings"].as_array().into_iter().flatten())
        .filter(|finding| finding["outcome"] == "failed" && finding["level"] == "block")
        .filter_map(|finding| finding["criterion"].as_str())
        .collect()
}

#[test]
fn a_healthy_django_app_passes() {
    let _turn = turn();
    let (code, verdict, printed) = gate(&django(None), &[]);
    assert_eq!(code, Some(0), "{printed}");
    let phases = list(&verdict, "phases");
    assert!(phases.len() >= 2 && phases.iter().all(|phase| phase["requests"].as_u64() > Some(0)), "{printed}");
    for phase in phases {
        let missing: Vec<_> = list(phase, "monitors").iter().filter(|gauge| gauge["band"] == "missing").collect();
        assert!(missing.is_empty(), "{missing:#?}");
        assert!(!list(phase, "statements").is_empty(), "the statements of PostgreSQL are known: {phase:#}");
    }
    let integrity: Vec<_> = list(&verdict, "integrity").iter().map(|item| &item["outcome"]).collect();
    assert_eq!(integrity, ["passed", "passed"], "{printed}");
}

/// A copy of the example whose app has a port that is free.
fn example(folder: &Path, port: u16) -> PathBuf {
    const PORT: &str = "127.0.0.1:8000";
    let text = std::fs::read_to_string(repository().join("examples/django/gates.yaml")).expect("it is there");
    assert!(text.contains(PORT));
    let file = folder.join("gates.yaml");
    std::fs::write(&file, text.replace(PORT, &format!("127.0.0.1:{port}"))).expect("it can be written");
    file
}

/// The directories of the virtualenv's programs, before those of this process.
fn path() -> String {
    let script = repository().join("tests/staging/staging");
    let output = Command::new(script).arg("programs").output().expect("it starts");
    let programs = String::from_utf8(output.stdout).expect("it is text");
    format!("{}:{}", programs.trim(), std::env::var("PATH").unwrap_or_default())
}

/// The gate starts gunicorn as the example says, beside another one to which the database belongs.
#[test]
fn the_example_for_django_starts_a_django_app_that_passes_it() {
    let _turn = turn();
    let app = App::staging(&["--database", "postgres"], &[]);
    let folder = tempfile::TempDir::new().expect("a temporary folder can be made");
    let variables = [
        ("DATABASE_URL", app.said("postgres at ")),
        ("PATH", path()),
        ("STAGING_SECRET_KEY", "only-for-tests".to_owned()),
        ("PYTHONPATH", repository().join("tests/staging").to_string_lossy().into_owned()),
        ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
        ("STAGING_LEDGER", folder.path().join("acknowledged.ledger").to_string_lossy().into_owned()),
    ];
    let port = free_port();
    let (code, verdict, printed) = gate_by(&example(folder.path(), port), &["--profile", "quick"], &variables);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens any more");
    assert_eq!(code, Some(0), "{printed}");
    let outcomes = |key: &str| list(&verdict, key).iter().map(|item| item["outcome"].clone()).collect::<Vec<_>>();
    assert_eq!(
        [outcomes("preflight").len(), outcomes("phases").len(), outcomes("integrity").len()],
        [5, 1, 1],
        "{printed}"
    );
    let findings: Vec<_> = list(&verdict, "phases").iter().flat_map(|phase| list(phase, "findings")).collect();
    assert!(
        findings.iter().all(|finding| finding["samples"].as_u64() > Some(0)),
        "each criterion saw something: {findings:#?}"
    );
}

#[test]
fn an_n_plus_one_query_fails_the_right_criterion_at_the_right_endpoint() {
    let _turn = turn();
    let (code, verdict, printed) = gate(&django(Some(("STAGING_N_PLUS_ONE", "1"))), &[]);
    assert_eq!(code, Some(1), "{printed}");
    let failed = failed(&verdict);
    assert!(
        !failed.is_empty() && failed.iter().all(|criterion| criterion.contains("chart data")),
        "{failed:?}\n{printed}"
    );
    assert_eq!(verdict["breaking_point"]["first_endpoint"], "chart data", "{printed}");
    assert!(verdict["headline"].as_str().is_some_and(|line| line.contains("chart data")), "{printed}");
}

/// A copy of the staging gates.yaml in which this text became that, walked through by one user against the project.
fn dry_run(app: &App, from: &str, to: &str) -> String {
    let out = tempfile::TempDir::new().expect("a temporary folder can be made");
    let gates = std::fs::read_to_string(repository().join("tests/staging/gates.yaml")).expect("it is there");
    assert!(gates.contains(from), "{from}");
    std::fs::write(out.path().join("gates.yaml"), gates.replace(from, to)).expect("it can be written");
    let mut command = Command::new(BINARY);
    clean_environment(&mut command);
    command.args(["run", "--dry-run", "--commit", "dev", "--target", &app.url]).current_dir(out.path());
    command.env("DATABASE_URL", app.said("postgres at ")).env("REDIS_URL", app.said("redis at "));
    let output = command.env("STAGING_PASSWORD", "not-the-password").output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_login_that_django_refuses_has_its_causes_in_order() {
    let _turn = turn();
    let app = django(None);
    let wrong = dry_run(&app, "gate: staging", "gate: wrong password");
    for words in [
        "1. the answer is the login page again: the user or the password is wrong",
        "2. less likely: the session's cookie",
        "3. less likely: the CSRF token is refused, although the login's request",
        "value=\"***\"",
        "> POST /accounts/login/ HTTP/1.1",
        "password=***",
        "curl -i -X POST '",
        "&password='\"$STAGEGATE_PASSWORD\"",
    ] {
        assert!(wrong.contains(words), "{words}\n{wrong}");
    }
    assert!(!wrong.contains("not-the-password"), "{wrong}");
    let tokenless = dry_run(&app, ", csrfmiddlewaretoken: \"{{ csrf }}\"", "");
    for words in [
        "1. the CSRF token is missing or was refused: an answer before has the form",
        "csrfmiddlewaretoken",
        "2. less likely: ",
        "< HTTP/1.1 403 Forbidden",
    ] {
        assert!(tokenless.contains(words), "{words}\n{tokenless}");
    }
}
