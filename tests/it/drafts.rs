//! `init --from`: drafts of real descriptions and of a recorded session, through the commands that people give.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::gate_test::{App, BINARY, clean_environment, shared_turn};

/// A folder in which commands are given.
pub(crate) struct Desk {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder can be made"), environment: Vec::new() }
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn gates(&self) -> String {
        fs::read_to_string(self.path("gates.yaml")).expect("gates.yaml was written")
    }

    /// Gives a command; its exit code, and what was printed.
    #[track_caller]
    pub(crate) fn gives(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(BINARY);
        clean_environment(&mut command);
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("STAGING_URL").env_remove("STAGING_PASSWORD");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let Output { status, stdout, stderr } = command.output().expect("the binary starts");
        (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
    }

    /// Gives a command that succeeds; what it printed.
    #[track_caller]
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let (code, said) = self.gives(arguments);
        assert_eq!(
            code,
            Some(0),
            "{arguments:?}: {said}\n{}",
            fs::read_to_string(self.path("gates.yaml")).unwrap_or_default()
        );
        said
    }
}

/// Drafts a file and lets `check` look at it, with every variable set that `init` asked for.
#[track_caller]
fn checked(file: &Path) -> (Desk, String) {
    let mut desk = Desk::new();
    let said = desk.done(&["init", "--from", &file.to_string_lossy()]);
    let asked = said.lines().skip_while(|line| *line != "next: set").skip(1).take_while(|line| line.starts_with("  "));
    let names: Vec<String> = asked.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect();
    assert_eq!(names.first().map(String::as_str), Some("STAGING_URL"), "{said}");
    for name in names {
        let value = if name == "STAGING_URL" { "http://127.0.0.1:9" } else { "a value of its own" };
        desk = desk.set(&name, value);
    }
    desk.done(&["check"]);
    (desk, said)
}

/// Where `tests/github/github install` put descriptions of public products.
fn descriptions() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/github/github");
    let output = Command::new(script).arg("descriptions").output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

#[test]
fn githubs_description_of_its_api_gives_a_gate() {
    let (desk, said) = checked(&descriptions().join("github.json"));
    assert!(said.contains("100 steps and 0 of a login are drafted"), "{said}");
    let gates = desk.gates();
    assert!(gates.contains("gate: git-hub-s-official"), "{gates}");
    assert!(gates.contains("get: \"/advisories/{{ ghsa_id }}\""), "{gates}");
    assert!(gates.contains("# left out: DELETE /"), "{gates}");
}

#[test]
fn descriptions_in_every_dialect_give_gates() {
    let folder = descriptions();
    for (file, words) in [
        ("uspto.yaml", &["get: /ds-api/", "post: \"/ds-api/{{ data.dataset }}/{{ data.version }}/records\""][..]),
        ("petstore-2.0.json", &["post: /v2/pet", "json: {name: doggie", "API_KEY"][..]),
        ("petstore-3.1.yaml", &["extract: {order_id: {json: /id}}", "get: \"/v2/store/order/{{ order_id }}\""][..]),
        ("star-trek.yaml", &["spacecraft"][..]),
    ] {
        let (desk, _) = checked(&folder.join(file));
        for word in words {
            assert!(desk.gates().contains(word), "{file}: {word}\n{}", desk.gates());
        }
    }
}

/// Chromium logs in to the Django project, looks at it and saves a detail; the draft of its recording does the same.
#[test]
fn a_recorded_session_on_the_django_project_runs_again() {
    const PASSWORD: &str = "correct-horse-7-battery";
    let _turn = shared_turn();
    let app = App::staging(&[], &[("STAGING_PASSWORD", PASSWORD)]);
    let desk = Desk::new().set("STAGING_URL", &app.url).set("STAGING_PASSWORD", PASSWORD);
    let looks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/looks/looks");
    let har = desk.path("session.har");
    let recorded = Command::new(looks).args(["record", &app.url]).arg(&har).env("LOOKS_PASSWORD", PASSWORD).output();
    let recorded = recorded.expect("it starts");
    assert!(recorded.status.success(), "{}", String::from_utf8_lossy(&recorded.stderr));
    assert!(fs::read_to_string(&har).expect("it was recorded").contains(PASSWORD), "the recording holds the password");

    let said = desk.done(&["init", "--from", "session.har"]);
    assert!(said.contains("STAGING_PASSWORD"), "{said}");
    let gates = desk.gates();
    assert!(!gates.contains(PASSWORD), "{gates}");
    for part in
        ["login:", "extract: {csrf: {regex:", "json: {volume: 12}", "X-Requested-With: XMLHttpRequest", "data.project"]
    {
        assert!(gates.contains(part), "{part}\n{gates}");
    }
    desk.done(&["check"]);
    let said = desk.done(&["run", "--dry-run", "-v"]);
    assert!(said.contains("scenario visitor, one user: passed"), "{said}");
    for words in ["    > GET /dashboard/ HTTP/1.1\n", "    < HTTP/1.1 200 OK\n"] {
        assert!(said.contains(words), "what passed is shown with -v: {words}\n{said}");
    }
    assert!(!said.contains(PASSWORD), "{said}");
    // The same with another password says what does not work: the step, its status, the exchange and the causes.
    let wrong = desk.set("STAGING_PASSWORD", "another-password");
    let (code, said) = wrong.gives(&["run", "--dry-run"]);
    assert_eq!(code, Some(3), "{said}");
    for words in [
        "preflight: one user gets through: failed\n",
        &format!("  200 POST {}/accounts/login/?next=/dashboard/ (", app.url),
        "    failed: status 200, expected 302\n",
        "the likeliest causes, in the order of what speaks for them:\n      1. the answer is the login page again: the user or the password is wrong",
        "    > POST /accounts/login/?next=/dashboard/ HTTP/1.1\n",
        "password=***",
        "    < HTTP/1.1 200 OK\n",
        "curl -i -X POST '",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    assert!(!said.contains("> GET /dashboard/") && !said.contains("another-password"), "{said}");
}

#[test]
fn what_gives_no_gate_is_2_and_writes_nothing() {
    let desk = Desk::new();
    fs::write(desk.path("note.txt"), "hello").expect("it can be written");
    fs::write(desk.path("broken.json"), "{\"openapi\": \"3.0.0\",\n \"paths\": {,}}").expect("it can be written");
    for (file, words) in [
        ("nowhere.yaml", "error: nowhere.yaml: it cannot be read ("),
        (".", "error: .: it cannot be read (it is a directory)"),
        ("note.txt", "error: note.txt: it is neither an OpenAPI description"),
        ("broken.json", "error: broken.json: line 2, column 12: "),
    ] {
        let (code, said) = desk.gives(&["init", "--from", file]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.starts_with(words), "{said}");
    }
    assert!(!desk.path("gates.yaml").exists() && !desk.path(".github").exists());
}

#[test]
fn the_workflow_hands_on_what_the_draft_needs() {
    const DESCRIPTION: &str = "openapi: 3.0.0\nsecurity: [{b: []}]\ncomponents: {securitySchemes: {b: {type: http, scheme: bearer}}}\n\
                               paths: {/a: {get: {responses: {}}}}\n";
    const LINE: &str = "          API_TOKEN: ${{ secrets.API_TOKEN }}\n";
    let workflow = ".github/workflows/stagegate.yml";
    let desk = Desk::new();
    fs::write(desk.path("api.yaml"), DESCRIPTION).expect("it can be written");
    let said = desk.done(&["init", "--from", "api.yaml"]);
    let written = fs::read_to_string(desk.path(workflow)).expect("it was written");
    assert!(written.contains(&format!("secrets.STAGING_PASSWORD }}}}\n{LINE}")), "{written}");
    assert!(!written.contains("demo"), "a draft has no demo app to fall back to: {written}");
    assert!(!said.contains("add these"), "{said}");

    // A workflow of one's own stays, and is told what to add.
    fs::write(desk.path(workflow), "mine").expect("it can be written");
    fs::remove_file(desk.path("gates.yaml")).expect("it was written");
    let said = desk.done(&["init", "--from", "api.yaml"]);
    assert!(
        said.contains(&format!("add these to `env` of the step of {workflow} that runs the gate:\n{LINE}")),
        "{said}"
    );
    assert_eq!(fs::read_to_string(desk.path(workflow)).expect("it is there"), "mine");
}

#[test]
fn a_gates_yaml_that_is_there_stays() {
    let desk = Desk::new();
    fs::write(desk.path("gates.yaml"), "mine").expect("it can be written");
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/demo.openapi.yaml");
    let (code, said) = desk.gives(&["init", "--from", demo]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("gates.yaml is there already, and stays as it is; move it away"), "{said}");
    assert_eq!(desk.gates(), "mine");
}
