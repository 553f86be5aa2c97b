//! Parameters of paths, queries and headers.

use serde_json::Value;

use super::{
    Drafting,
    description::Description,
    guessed,
    operation::{Operation, Part},
    order::giver,
};
use crate::{
    config::names::is_password,
    draft::{
        gate::{Extract, Step, unused_value},
        text::{Text, snake},
        words::singular,
    },
};

/// Where the value of a path parameter comes from, for every path that has it at the same place.
pub(super) struct Source {
    before: String,
    parameter: String,
    from: From,
}

enum From {
    Extracted(String),
    Column(String),
}

impl Source {
    fn text(&self) -> Text {
        match &self.from {
            From::Extracted(name) => Text::insert(name.as_str()),
            From::Column(name) => Text::insert(format!("data.{name}")),
        }
    }
}

/// Headers that follow from other parts of a step, or from the gate.
const OWN_HEADERS: [&str; 7] =
    ["accept", "content-type", "authorization", "host", "content-length", "cookie", "connection"];

impl<'a> Description<'a> {
    /// The parameters of an operation; its own go before those of its path.
    pub(super) fn parameters(&self, operation: &Operation<'a>) -> Vec<&'a Value> {
        let listed = |of: &'a Value| of["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut found: Vec<&Value> = Vec::new();
        for parameter in listed(operation.said).iter().chain(listed(operation.item)) {
            let parameter = self.follow(parameter);
            let same = |known: &&Value| known["name"] == parameter["name"] && known["in"] == parameter["in"];
            if parameter["name"].is_string() && !found.iter().any(same) {
                found.push(parameter);
            }
        }
        found
    }
}

impl Drafting<'_> {
    /// The path of a step, with what stands for its parameters.
    pub(super) fn path(&mut self, operation: &Operation<'_>, all: &[Operation<'_>], remarks: &mut Vec<String>) -> Text {
        let mut places = operation.places().into_iter();
        let mut text = Text::default();
        for part in operation.parts() {
            text = match part {
                Part::Said(said) => text.and(&said.replace('{', "%7B").replace('}', "%7D")),
                Part::Parameter(name) => {
                    let (before, _) = places.next().unwrap_or_default();
                    text.then(self.value_of(operation, all, (before, name), remarks))
                }
            };
        }
        text
    }

    fn value_of(
        &mut self,
        operation: &Operation<'_>,
        all: &[Operation<'_>],
        (before, parameter): (&str, &str),
        remarks: &mut Vec<String>,
    ) -> Text {
        let known = |source: &&Source| source.before == before && source.parameter == parameter;
        if let Some(source) = self.sources.iter().find(known) {
            return source.text();
        }
        let wanted = wanted_name(before, parameter);
        let from = match giver(&self.description, all, before, parameter) {
            // Only a step that is there already can give it.
            Some((at, pointer)) if self.gate.steps.iter().any(|step| step.name == all[at].name()) => {
                let name = unused_value(&wanted, |name| self.names.iter().any(|known| known == name));
                self.names.push(name.clone());
                let giver = self.gate.steps.iter_mut().find(|step| step.name == all[at].name());
                if let Some(step) = giver {
                    step.extract.push((name.clone(), Extract::Json(pointer)));
                }
                if !all[at].reads() {
                    let giver = all[at].name();
                    remarks.push(format!("it uses what {giver} created, so that each iteration creates one more"));
                }
                From::Extracted(name)
            }
            _ => {
                let said = self.description.parameters(operation).into_iter();
                let said = said.filter(|said| said["in"] == "path").find(|said| said["name"] == parameter);
                let (value, known) = self.description.plain(said.unwrap_or(&Value::Null));
                let place = format!("{before}/{{{parameter}}}");
                let remark = if known {
                    format!("{place}, as the description gives it: it must exist on staging")
                } else {
                    format!("review: {place}; the description gives no value, and this one is made up")
                };
                // The same thing under another path: one column is enough.
                let same = self.gate.columns.iter().any(|column| column.name == wanted && column.value == value);
                From::Column(if same { wanted } else { self.gate.column(&wanted, &value, &remark) })
            }
        };
        self.sources.push(Source { before: before.to_owned(), parameter: parameter.to_owned(), from });
        self.sources.last().map(Source::text).unwrap_or_default()
    }

    /// What is required of the query and of the headers; cookies are the jar's.
    pub(super) fn query_and_headers(&mut self, operation: &Operation<'_>, step: &mut Step) {
        let mut guesses = Vec::new();
        for said in self.description.parameters(operation) {
            let name = said["name"].as_str().unwrap_or_default();
            if said["required"] != true || name.is_empty() || name.len() > 100 {
                continue;
            }
            let (text, known) = if is_password(name) {
                (self.password(), true)
            } else {
                let (value, known) = self.description.plain(said);
                (Text::said(value), known)
            };
            match said["in"].as_str() {
                Some("query") if !name.contains("{{") => step.query.push((name.to_owned(), text)),
                Some("header") if is_header(name) => step.headers.push((name.to_owned(), text)),
                Some("cookie") => {
                    step.remarks.push(format!("it needs the cookie {name}, which an answer before it must set"));
                    continue;
                }
                _ => continue,
            }
            if !known {
                guesses.push(name.to_owned());
            }
        }
        if !guesses.is_empty() {
            step.remarks.push(guessed(&guesses));
        }
    }
}

/// Whether a step may set a header of this name.
fn is_header(name: &str) -> bool {
    name.len() <= 100
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        && !OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str())
}

/// What a value is called: `petId` is `pet_id`, a mere `id` behind `/pets` is `pet_id` too.
fn wanted_name(before: &str, parameter: &str) -> String {
    let name = snake(parameter);
    if !["id", "uuid", "pk", "key", "slug", "name", "value"].contains(&name.as_str()) {
        return name;
    }
    let segment = before.rsplit('/').find(|segment| !segment.is_empty() && !segment.contains('{')).unwrap_or_default();
    if segment.is_empty() { name } else { format!("{}_{name}", singular(&snake(segment))) }
}
