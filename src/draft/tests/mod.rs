//! Drafts from outside: what they say, and that the gate takes them.

mod archive;
mod description;
mod hostile;
mod texts;

use super::{Draft, Error, draft};
use crate::{
    config::{Environment, read},
    plan::{Choice, Plan, Segment, Template, build},
};

/// The draft of a text.
#[track_caller]
fn drafted(text: &str) -> Draft {
    draft("source", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> Error {
    draft("source", text.as_bytes()).expect_err("it gives no gate")
}

/// The plan that the gate makes of a draft once its variables are set; each has its name as its value.
#[track_caller]
fn planned(draft: &Draft) -> Plan {
    let set = |(name, _): &(String, String)| match name.as_str() {
        "STAGING_URL" => (name.clone(), "http://127.0.0.1:1".to_owned()),
        _ => (name.clone(), format!("<{name}>")),
    };
    let environment: Environment = draft.variables.iter().map(set).collect();
    let (config, problems) = read("gates.yaml", draft.yaml.as_bytes(), &environment);
    assert!(problems.is_empty(), "{problems}\n{}", draft.yaml);
    let config = config.expect("it is a map");
    let choice = Choice { environment, ..Choice::default() };
    build(&config, &choice).unwrap_or_else(|problems| panic!("{problems}\n{}", draft.yaml))
}

/// A template with its variables in angle brackets.
fn shown(template: &Template) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Literal(text) => text.clone(),
        Segment::Insert(value, _) => format!("<{value:?}>"),
    };
    template.segments.iter().map(segment).collect()
}

/// Method, URL and statuses of each step of the one scenario.
fn steps(plan: &Plan) -> Vec<String> {
    let step = |step: &crate::plan::Step| format!("{} {} {:?}", step.method, shown(&step.url), step.expect.status);
    plan.scenarios[0].steps.iter().map(step).collect()
}
