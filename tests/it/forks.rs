//! Pull requests of forks: never green on the demo app, and commented on by the trusted half alone.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::{
    condition::{Earlier, at, holds},
    runner::{repository, yaml},
};

/// The context `github` of an event whose example is kept.
fn context(event: &str, example: &str) -> Value {
    let text = fs::read_to_string(repository().join(format!("tests/fixtures/events/{example}.json")));
    let payload: Value = serde_json::from_str(&text.expect("the example is there")).expect("it is JSON");
    json!({"github": {"event_name": event, "repository": payload["repository"]["full_name"], "event": payload}})
}

fn starts(of: &Value, context: &Value) -> bool {
    holds(of["if"].as_str(), Earlier::Succeeded, &|path| at(context, path))
}

/// The steps of the workflow that `init` writes.
fn steps() -> Vec<Value> {
    let workflow = yaml("src/cli/init/workflow.yml");
    workflow["jobs"]["gate"]["steps"].as_array().expect("the job has steps").clone()
}

const GUARD: &str = "Refuse to pass a fork on the demo app";

#[test]
fn a_fork_without_an_address_ends_red_before_anything_is_measured() {
    let steps = steps();
    let place = |name: &str| steps.iter().position(|step| step["name"] == name).expect("there is such a step");
    let (guard, gate) = (&steps[place(GUARD)], &steps[place("Run the gate")]);
    assert!(place(GUARD) < place("Install stagegate") && place(GUARD) < place("Run the gate"));
    assert_eq!(guard["env"]["STAGING_URL"], gate["env"]["STAGING_URL"], "it looks at what the gate would use");
    assert!(starts(guard, &context("pull_request", "pull_request_fork")));
    assert_eq!(guard["continue-on-error"], Value::Null);
    let script = guard["run"].as_str().expect("it has a script");
    for (url, code) in [("", 3), ("http://127.0.0.1:8000", 0)] {
        let output = Command::new("bash").args(["-e", "-c", script]).env("STAGING_URL", url).output();
        let output = output.expect("bash starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert_eq!(said.starts_with("::error "), code == 3, "{said}");
        assert_eq!(said.lines().count(), usize::from(code == 3), "a command is one line: {said}");
    }
    assert!(!holds(gate["if"].as_str(), Earlier::Failed, &|path| panic!("{path} is not asked for")));
}

#[test]
fn an_own_branch_may_gate_the_demo_app_and_a_fork_that_is_gone_may_not() {
    let steps = steps();
    let guard = steps.iter().find(|step| step["name"] == GUARD).expect("there is such a step");
    let mut own = context("pull_request", "pull_request");
    let repository = own["github"]["repository"].clone();
    own["github"]["event"]["pull_request"]["head"]["repo"]["full_name"] = repository;
    assert!(!starts(guard, &own));
    own["github"]["event"]["pull_request"]["head"]["repo"] = Value::Null;
    assert!(starts(guard, &own), "whose it was is not known any more");
    for event in ["merge_group", "workflow_dispatch"] {
        assert!(!starts(guard, &context(event, event)), "{event}");
    }
}

/// The trusted halves: this repository's, and the one that the documentation shows.
fn trusted() -> [Value; 2] {
    let text = fs::read_to_string(repository().join("docs/github.md")).expect("it is there");
    let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let shown = blocks.filter(|block| block.contains("workflow_run:")).collect::<String>();
    let shown: Value = serde_saphyr::from_str(&shown).expect("one workflow is shown");
    [yaml(".github/workflows/comment.yml"), shown].map(|workflow| workflow["jobs"]["comment"].clone())
}

#[test]
fn the_trusted_half_comments_on_forks_and_never_over_what_a_run_posted_itself() {
    for job in trusted() {
        let fork = context("workflow_run", "workflow_run_fork");
        assert!(starts(&job, &fork));
        let mut own = fork.clone();
        own["github"]["event"]["workflow_run"]["head_repository"]["full_name"] = own["github"]["repository"].clone();
        assert!(!starts(&job, &own));
        // Dependabot's branches are the repository's own, and its token writes where the workflow says so.
        own["github"]["event"]["workflow_run"]["actor"] = json!({"login": "dependabot[bot]"});
        assert!(!starts(&job, &own));
        for (key, value) in [("conclusion", "cancelled"), ("event", "push")] {
            let mut other = fork.clone();
            other["github"]["event"]["workflow_run"][key] = value.into();
            assert!(!starts(&job, &other), "{key} {value}");
        }
        // A run that was refused, or had no plan, left no report.
        let steps = job["steps"].as_array().expect("it has steps");
        let (post, before) = steps.split_last().expect("it has steps");
        let found = before.last().expect("the artifact comes before");
        assert_eq!((&found["id"], &found["continue-on-error"]), (&json!("artifact"), &json!(true)));
        let posts = |outcome: &str| {
            let context = json!({"steps": {"artifact": {"outcome": outcome}}});
            starts(post, &context)
        };
        assert!(posts("success") && !posts("failure"));
    }
}
