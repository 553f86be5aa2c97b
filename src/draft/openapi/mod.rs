//! A draft from an API description: `OpenAPI` 3.0 and 3.1, Swagger 2.0.

mod body;
mod description;
mod login;
mod operation;
mod order;
mod parameters;
mod sample;
mod security;
mod shape;

use serde_json::Value;

use self::{description::Description, operation::Operation, security::Security};
use super::{
    Draft, Error,
    gate::{Gate, Step},
    text::{Text, snake},
    write::write,
};
use crate::config::Secrets;

/// More steps than one iteration should have; the rest is left out by name.
const MOST_STEPS: usize = 100;

/// Drafts a gate from a description.
pub(super) fn draft(source: &str, root: &Value) -> Result<Draft, Error> {
    let Some(description) = Description::of(root) else { return Err(Error::Unknown) };
    let mut drafting = Drafting {
        base: description.base_path(),
        security: Security::of(&description),
        gate: gate(source, &description),
        sources: Vec::new(),
        names: Vec::new(),
        description,
    };
    let (operations, left_out) = drafting.description.operations();
    drafting.gate.left_out = left_out;
    let operations = drafting.without_login(operations);
    drafting.steps(&operations);
    let Drafting { mut gate, security, .. } = drafting;
    if gate.steps.is_empty() {
        let reason = |(what, why): &(String, String)| format!("{what} ({why})");
        return Err(Error::NoOperations { left_out: gate.left_out.iter().map(reason).collect() });
    }
    security.share(&mut gate);
    Ok(write(gate, &Secrets::default()))
}

/// A draft on the way.
struct Drafting<'a> {
    description: Description<'a>,
    security: Security<'a>,
    /// What stands before every path.
    base: String,
    gate: Gate,
    /// Where the values of path parameters come from.
    sources: Vec<parameters::Source>,
    /// Names that are extracted.
    names: Vec<String>,
}

/// What does not depend on the operations.
fn gate(source: &str, description: &Description<'_>) -> Gate {
    let title = description.title();
    let name: String = snake(title).replace('_', "-").chars().take(60).collect();
    let mut gate = Gate {
        source: source.to_owned(),
        name: if title.trim().is_empty() { "my-api".to_owned() } else { name },
        allow: vec!["*.staging.example.com".to_owned()],
        scenario: "api".to_owned(),
        think: ("1s..3s".to_owned(), "review: the pause between iterations is a guess".to_owned()),
        ready: description.ready(),
        ..Gate::default()
    };
    let mut servers: Vec<String> = description.servers();
    if !servers.is_empty() {
        servers.truncate(5);
        gate.remarks.push(format!(
            "The description names {}: where that is production, point STAGING_URL elsewhere.",
            servers.join(", ")
        ));
    }
    gate
}

impl Drafting<'_> {
    /// Orders the operations, reading ones first, each after those that give it a value, and makes steps of them.
    fn steps(&mut self, operations: &[Operation<'_>]) {
        let order = order::ordered(&self.description, operations, MOST_STEPS);
        for (at, operation) in operations.iter().enumerate() {
            if !order.contains(&at) {
                let why = format!("one iteration has {MOST_STEPS} steps already: move it into a scenario of its own");
                self.gate.left_out.push((operation.name(), why));
            }
        }
        for at in order {
            match self.step(&operations[at], operations) {
                Ok(step) => self.gate.steps.push(step),
                Err(why) => self.gate.left_out.push((operations[at].name(), why)),
            }
        }
    }

    /// One operation as a step; why not, if it cannot be one.
    fn step(&mut self, operation: &Operation<'_>, all: &[Operation<'_>]) -> Result<Step, String> {
        let mut step = Step {
            method: operation.method.to_owned(),
            name: operation.name(),
            tags: operation.tags(),
            status: Description::statuses(operation),
            ..Step::default()
        };
        let carried = self.body(operation)?;
        step.path = Text::said(self.base.as_str()).then(self.path(operation, all, &mut step.remarks));
        self.query_and_headers(operation, &mut step);
        step.body = carried.body;
        self.credentials(&mut step.body);
        if let Some(kind) = carried.content_type {
            step.headers.push(("Content-Type".to_owned(), Text::said(kind)));
        }
        if !carried.guessed.is_empty() {
            step.remarks.push(guessed(&carried.guessed));
        }
        self.security.apply(operation.said, &mut step, &mut self.gate);
        Ok(step)
    }
}

/// The remark on values that the description does not give.
fn guessed(names: &[String]) -> String {
    match names {
        [one] => format!("the value of {one} is a guess from its type"),
        several => format!("the values of {} are guesses from their types", several.join(", ")),
    }
}
