//! The plan from outside.

mod faults;
mod notes;
mod plans;
mod problems;
mod targets;
mod waivers;

use super::{Choice, build};
use crate::{
    config::{Problem, Problems},
    plan::Plan,
};

const REFERENCE: &str = include_str!("../../../../tests/fixtures/gates.reference.yaml");

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
