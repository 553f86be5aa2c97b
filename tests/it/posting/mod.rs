//! What the binary posts to GitHub: `run` at its every end, and `comment` from a workflow that may.

mod artifacts;
mod comment;
mod ends;
mod events;
mod run;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    sync::OnceLock,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    gate_test::{App, BINARY, GateTest, Ran, clean_environment, quiet_turn},
    github::{TOKEN, fake::Fake, world::HEAD},
};

/// What the tests ask for in gates.yaml.
const EVERYTHING: &str = "publish: {github: {comment: true, check: true, annotations: true}}";

/// A commit that GitHub makes to try a merge.
const MERGE: &str = "00000000000000000000000000000000000000ff";

/// A job of GitHub Actions, and the GitHub that it talks to.
struct Job {
    fake: Fake,
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Job {
    /// On pull request 7, from a branch of the same repository.
    fn of_pull_request() -> Self {
        let side = |sha: &str, branch: &str| json!({"sha": sha, "ref": branch, "repo": {"full_name": "acme/shop"}});
        Self::started_by(&json!({
            "number": 7,
            "pull_request": {"number": 7, "head": side(HEAD, "topic"), "base": side(MERGE, "main")},
            "repository": {"full_name": "acme/shop", "default_branch": "main"},
        }))
    }

    /// After the workflow of pull request 7, which may come from a fork.
    fn after_workflow(owner: &str, sha: &str) -> Self {
        Self::started_by(&json!({
            "workflow_run": {
                "id": 16, "head_sha": sha, "head_branch": "topic", "pull_requests": [],
                "head_repository": {"full_name": format!("{owner}/shop"), "owner": {"login": owner}},
            },
            "repository": {"full_name": "acme/shop", "default_branch": "main"},
        }))
    }

    fn started_by(event: &Value) -> Self {
        let (fake, folder) = (Fake::start(), TempDir::new().expect("a temporary folder can be made"));
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        fs::write(path("event.json"), event.to_string()).expect("the event can be written");
        let variables = [
            ("CI", "true".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_API_URL", fake.url.clone()),
            ("GITHUB_SERVER_URL", "https://github.com".to_owned()),
            ("GITHUB_REPOSITORY", "acme/shop".to_owned()),
            ("GITHUB_SHA", MERGE.to_owned()),
            ("GITHUB_RUN_ID", "17".to_owned()),
            ("GITHUB_RUN_ATTEMPT", "1".to_owned()),
            ("GITHUB_JOB", "gate".to_owned()),
            ("RUNNER_NAME", "runner 3".to_owned()),
            ("GITHUB_TOKEN", TOKEN.to_owned()),
            ("GITHUB_EVENT_PATH", path("event.json")),
            ("GITHUB_STEP_SUMMARY", path("summary")),
            ("GITHUB_OUTPUT", path("output")),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value)).into();
        Self { fake, folder, variables }
    }

    /// The same with another value of a variable.
    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lets the gate run in this job, in a checkout of the repository.
    fn holds(&self, gate: GateTest) -> GateTest {
        let workspace = gate.folder().to_string_lossy().into_owned();
        let gate = gate.env("GITHUB_WORKSPACE", &workspace);
        self.variables.iter().fold(gate, |gate, (name, value)| gate.env(name, value))
    }

    /// `stagegate comment` with these arguments.
    fn comment(&self, folder: &Path, arguments: &[&str]) -> Said {
        let mut command = Command::new(BINARY);
        command.arg("comment").arg(folder).args(arguments).current_dir(self.folder.path());
        clean_environment(&mut command);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        Said::of(&command.output().expect("the binary starts"))
    }

    /// The step's summary, without what Markdown escapes its words with.
    fn summary(&self) -> String {
        fs::read_to_string(self.folder.path().join("summary")).unwrap_or_default().replace('\\', "")
    }

    /// The bodies of the comments, and the only check.
    fn comments(&self) -> Vec<String> {
        self.fake.world(|world| world.comments.iter().map(|comment| comment.body.clone()).collect())
    }

    #[track_caller]
    fn check(&self) -> Value {
        let checks = self.fake.world(|world| world.checks.clone());
        assert_eq!(checks.len(), 1, "{checks:#?}");
        checks[0].clone()
    }

    /// Nothing that anybody can read holds the token.
    #[track_caller]
    fn keeps_the_token(&self, ran: &Ran) {
        assert!(!ran.stdout.contains(TOKEN) && !ran.stderr.contains(TOKEN), "{}{}", ran.stdout, ran.stderr);
        for folder in [ran.out.as_path(), self.folder.path()] {
            for file in fs::read_dir(folder).expect("it is there").flatten().filter(|file| file.path().is_file()) {
                let bytes = fs::read(file.path()).expect("it can be read");
                assert!(!String::from_utf8_lossy(&bytes).contains(TOKEN), "{}", file.path().display());
            }
        }
        let posted = self.fake.seen().iter().map(|request| request.body.to_string()).collect::<String>();
        assert!(!posted.contains(TOKEN), "{posted}");
    }
}

/// What a command said.
struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) };
        assert!(!said.stdout.contains(TOKEN) && !said.stderr.contains(TOKEN), "{}{}", said.stdout, said.stderr);
        said
    }

    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// A gate that ends at once, because its target is not ready: exit code 3.
fn not_ready(app: &App) -> GateTest {
    GateTest::on(&app.url)
        .gets(&["/healthz"])
        .section("preflight:\n  - {name: it is there, get: /no-such-page, expect: {status: 200}}")
        .phase("name: only, users: 1, spawn_rate: 10/s, duration: 1s", &["success_rate >= 100%"])
}

/// A gate that fails for certain: exit code 1.
fn red(app: &App) -> GateTest {
    GateTest::on(&app.url)
        .gets(&["/healthz"])
        .phase("name: only, users: 2, spawn_rate: 10/s, duration: 1s", &["p95 < 10ms"])
}

/// The output directory of a red run of the newest commit of pull request 7.
fn finished() -> TempDir {
    static VERDICT: OnceLock<String> = OnceLock::new();
    let verdict = VERDICT.get_or_init(|| {
        let _turn = quiet_turn();
        let app = App::demo(&["--delay", "/healthz=30ms"]);
        red(&app).arg("--commit").arg(HEAD).run().exits(1).report("verdict.json")
    });
    holding(verdict.as_bytes())
}

/// A directory with this as its verdict.
fn holding(verdict: &[u8]) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder can be made");
    fs::write(folder.path().join("verdict.json"), verdict).expect("it can be written");
    folder
}
