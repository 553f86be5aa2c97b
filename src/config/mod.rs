//! What gates.yaml says, key for key, every value with its place.
//!
//! [`read()`] gives the [`Config`] together with every problem at once: unknown and repeated keys, wrong types, values
//! that cannot be read, missing variables. What the names in it mean is the plan's business.

mod check;
mod dataset;
mod environment;
mod file;
mod located;
mod monitor;
mod nearest;
mod phase;
mod policy;
mod problem;
mod publish;
mod read;
mod scenario;
#[cfg(test)]
mod schema;
mod secrets;
mod source;
mod target;
#[cfg(test)]
mod tests;
mod tree;
mod value;
mod yaml;

pub use check::{Check, Command, Disk};
pub use dataset::Dataset;
pub use environment::Environment;
pub use file::Config;
pub use located::{Field, Located, OneOrMany, Table};
pub use monitor::{Band, Monitor};
pub use nearest::suggestion;
pub use phase::{Criterion, Phase, Profile, Recovery};
pub use policy::{Cell, Policy, Reaction, Regression, Uncertain};
pub use problem::{Note, Problem, Problems};
pub use publish::{GitHub, Publish};
pub use scenario::{Expect, Extract, Redirects, Scenario, Step};
pub use secrets::Secrets;
pub use source::{Source, Span};
pub use target::{Http, Ready, Start, Target, Tls};
pub use value::Value;
pub use yaml::LARGEST_FILE;

use std::collections::BTreeSet;

use tree::{Content, Node};

/// The JSON schema of gates.yaml: editors complete and check the file with it.
pub const SCHEMA: &str = include_str!("../../gates.schema.json");

/// Reads the bytes of a gates.yaml, `file` as the user named it.
///
/// The config is `None` when too little of the file could be read. A config beside problems lacks what they are about,
/// and is only good for finding more of them.
pub fn read(file: &str, bytes: &[u8], environment: &Environment) -> (Option<Config>, Problems) {
    let mut problems = Problems::default();
    let text = match yaml::text(file, bytes) {
        Ok(text) => text,
        Err(problem) => {
            problems.push(problem);
            return (None, problems);
        }
    };
    let source = Source::new(file, text);
    let Some(root) = yaml::tree(&source, text, environment, &mut problems) else { return (None, problems) };
    let mut config: Option<Config> = read::read(&source, &root, &mut problems);
    if let Some(config) = &mut config {
        lost(&root, false, &mut config.lost);
        config.source = source;
    }
    (config, problems)
}

/// Collects the names and texts of what could not be read: `inside` it, everything is lost.
fn lost(node: &Node, inside: bool, names: &mut BTreeSet<String>) {
    let inside = inside || node.failed.get();
    match &node.content {
        Content::Scalar(scalar) if inside => {
            names.insert(scalar.text.clone());
        }
        Content::Scalar(_) => {}
        Content::List(items) => items.iter().for_each(|item| lost(item, inside, names)),
        Content::Map(entries) => entries.iter().for_each(|entry| {
            let inside = inside || entry.key.failed.get() || entry.value.failed.get();
            lost(&entry.key, inside, names);
            lost(&entry.value, inside, names);
        }),
    }
}
