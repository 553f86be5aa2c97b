//! What gates.yaml says, key for key, every value with its place.
//!
//! [`read()`] gives the [`Config`] together with every problem at once: unknown and repeated keys, wrong types, values
//! that cannot be read, missing variables. What the names in it mean is the plan's business.

mod check;
mod dataset;
mod document;
mod environment;
mod fields;
mod file;
mod located;
pub mod looks;
mod lost;
mod monitor;
pub mod names;
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
mod unlisted;
mod value;
mod variables;
mod waiver;
mod yaml;

pub use check::{Check, Command, Disk};
pub use dataset::Dataset;
pub use document::document;
pub use environment::Environment;
pub use fields::{HIDDEN, command_line, confidential_fields, form_parts, hidden};
pub use file::Config;
pub use located::{Field, Located, OneOrMany, Table};
pub use lost::{ENTRY, Lost};
pub use monitor::{Band, Host, Monitor};
pub use nearest::suggestion;
pub use phase::{Arrivals, Criterion, Phase, Profile, Recovery};
pub use policy::{Cell, Policy, Reaction, Regression, Uncertain};
pub use problem::{Note, Problem, Problems};
pub use publish::{GitHub, Publish};
pub use scenario::{Expect, Extract, Redirects, Scenario, Step};
pub(crate) use secrets::GITHUB_TOKEN;
pub use secrets::Secrets;
pub use source::{Source, Span};
pub use target::{Against, Connections, Http, Ready, Start, Target, Tls};
pub use unlisted::unlisted;
pub use value::Value;
pub use variables::Variables;
pub use waiver::{Waiver, Waivers, waivers};
pub use yaml::LARGEST_FILE;

/// The JSON schema of gates.yaml: editors complete and check the file with it.
pub const SCHEMA: &str = include_str!("../../gates.schema.json");

/// Reads the bytes of a gates.yaml, `file` as the user named it.
///
/// The config is `None` when the file is not a map. A config beside problems lacks what they are about, or holds a
/// stand-in for it, which is not [`complete`](Located::complete); it is only good for finding more problems.
pub fn read(file: &str, bytes: &[u8], environment: &Environment) -> (Option<Config>, Problems) {
    read_for(Scenarios::Needed, (file, bytes), environment)
}

/// Reads the gates.yaml of a load that another tool made: as [`read`], but `scenarios` may be left out;
/// [`Config::without_load`] says whether they are.
pub fn read_without_load(file: &str, bytes: &[u8], environment: &Environment) -> (Option<Config>, Problems) {
    read_for(Scenarios::MayBeLeftOut, (file, bytes), environment)
}

/// Whether a gates.yaml has to say what users do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scenarios {
    Needed,
    MayBeLeftOut,
}

fn read_for(
    scenarios: Scenarios,
    (file, bytes): (&str, &[u8]),
    environment: &Environment,
) -> (Option<Config>, Problems) {
    let mut problems = Problems::default();
    let text = match yaml::text(file, bytes) {
        Ok(text) => text,
        Err(problem) => {
            problems.push(problem);
            return (None, problems);
        }
    };
    let source = Source::new(file, text);
    let Some((mut root, variables)) = yaml::tree(&source, text, environment, &mut problems) else {
        return (None, problems);
    };
    let without_load = scenarios == Scenarios::MayBeLeftOut && tree::add_map(&mut root, "scenarios");
    let mut config: Option<Config> = read::read(&source, &root, &mut problems);
    if let Some(config) = &mut config {
        config.lost = Lost::of(&root);
        config.source = source;
        config.variables = variables;
        config.without_load = without_load;
    }
    (config, problems)
}

/// Where the values of a text stand that are neither lists nor maps, quotes included, in bytes: for tests that replace
/// them.
#[cfg(test)]
pub(crate) fn scalars(text: &str) -> Vec<std::ops::Range<usize>> {
    use tree::{Content, Node};
    fn collect(node: &Node, spans: &mut Vec<Span>) {
        match &node.content {
            Content::Scalar(_) => spans.push(node.span),
            Content::List(items) => items.iter().for_each(|item| collect(item, spans)),
            Content::Map(entries) => entries.iter().for_each(|entry| collect(&entry.value, spans)),
        }
    }
    let root = yaml::tree(&Source::new("", text), text, &Environment::new(), &mut Problems::default());
    let mut spans = Vec::new();
    collect(&root.expect("it is YAML").0, &mut spans);
    let range = |span: Span| {
        let line = text.lines().take(span.line as usize - 1).map(|line| line.len() + 1).sum::<usize>();
        let byte =
            |column: u32| text[line..].char_indices().nth(column as usize - 1).map_or(text.len(), |(at, _)| line + at);
        let (start, end) = (byte(span.column), byte(span.column + span.length));
        let quoted = text[..start].ends_with(['"', '\'']);
        start - usize::from(quoted)..end + usize::from(quoted)
    };
    spans.into_iter().map(range).collect()
}
