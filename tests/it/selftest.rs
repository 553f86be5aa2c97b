//! `stagegate selftest`: what a file asks for is made to fail on the file's own target, and nothing more is sent than it says.

use std::{fs, process::Command};

use crate::gate_test::{App, BINARY, clean_environment, turn};

/// What a selftest of a file said.
struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn selftest(yaml: &str, arguments: &[&str]) -> Said {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("gates.yaml"), yaml).expect("gates.yaml can be written");
    let mut command = Command::new(BINARY);
    command.arg("selftest").args(["--seed", "7"]).args(arguments).current_dir(folder.path());
    clean_environment(&mut command);
    let output = command.output().expect("the binary starts");
    Said {
        code: output.status.code(),
        // Lines are wrapped; what they say is looked for, not where they end.
        stdout: String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" "),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Said {
    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    fn says(self, words: &str) -> Self {
        assert!(self.stdout.contains(words), "{words:?} is not in:\n{}", self.stdout);
        self
    }
}

fn shop(target: &str, criteria: &str) -> String {
    format!(
        "version: 1
gate: shop
target: {{url: '{target}', timeout: 2s}}
scenarios: {{visitor: {{steps: [{{get: /api/projects/160/, name: project}}, {{get: /healthz, name: health}}]}}}}
monitors: {{database: {{prometheus: /metrics, read: {{connections: 100 * db_connections / db_pool_size}}}}}}
bands: {{database.connections: {{warning: 70%, critical: 90%}}}}
regression: {{margin: 10%}}
phases:
  - name: light
    users: 30
    duration: 60s
    criteria:
{criteria}"
    )
}

#[test]
fn the_file_of_this_repository_can_fail_in_every_line() {
    let _turn = turn();
    let yaml = include_str!("../../gates.yaml");
    selftest(yaml, &["--phase", "light", "--phase", "peak"])
        .exits(0)
        .says("fired gates.yaml:97 no 5xx: one request answered with 503")
        .says("warned gates.yaml:99 p50 < 200ms: every request 201 ms slower")
        .says("for light")
        .says("for peak")
        .says("none passes in silence");
}

#[test]
fn what_did_not_fire_is_named_with_its_line_and_little_is_sent() {
    let _turn = turn();
    let app = App::demo(&[]);
    // Users without a pause would send thousands of requests a second.
    let criteria =
        "      - no 5xx\n      - mean < 3600s\n      - {warn: success_rate >= 0%}\n      - database.connections < 80\n";
    let said = selftest(&shop(&app.url, criteria), &["--quiet"])
        .exits(1)
        .says("did not fire gates.yaml:14 mean < 3600s")
        .says("did not fire gates.yaml:15 success_rate >= 0%")
        .says("selftest failed: 6 of 8 fired, not `mean < 3600s` in light (gates.yaml:14)");
    assert!(!said.stdout.contains("no 5xx"), "{}", said.stdout);
    let sent = said.stdout.split("Sent to").nth(1).and_then(|rest| rest.split(": ").nth(1)?.split(' ').next());
    let sent: u64 = sent.and_then(|sent| sent.parse().ok()).expect("it says what it sent");
    assert!((20..300).contains(&sent), "{}", said.stdout);
    assert_eq!(app.ledger()["totals"]["requests"], sent, "{}", said.stdout);
}

#[test]
fn an_app_that_fails_already_proves_nothing() {
    let _turn = turn();
    let app = App::demo(&["--errors", "/healthz=503"]);
    selftest(&shop(&app.url, "      - no 5xx(health)\n      - no 5xx(project)\n"), &[])
        .exits(1)
        .says("did not fire gates.yaml:13 no 5xx(health)")
        .says("it fails already without a fault")
        .says("fired gates.yaml:14 no 5xx(project)");
}

#[test]
fn a_target_that_is_not_ready_is_not_loaded() {
    let app = App::demo(&[]);
    let yaml = shop(&app.url, "      - no 5xx\n")
        + "preflight: [{name: the right commit, get: /version, expect: {json: {/commit: other}}}]\n";
    selftest(&yaml, &[]).exits(3).says("preflight: the right commit").says("invalid: nothing could be tried");
    let yaml = shop("http://127.0.0.1:9", "      - no 5xx\n");
    selftest(&yaml, &[]).exits(3).says("preflight:");
    let said = selftest(&shop(&app.url, "      - p95 < 5 bananas\n"), &[]).exits(2);
    assert!(said.stderr.contains("bananas") && said.stdout.is_empty(), "{}", said.stderr);
}
