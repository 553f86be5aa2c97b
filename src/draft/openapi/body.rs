//! What a request carries.

use serde_json::Value;

use super::{
    Drafting,
    description::{Description, is_json},
    operation::Operation,
    sample::{Sampler, example_of},
};
use crate::draft::{
    gate::{Body, Json},
    text::Text,
};

/// A body, its content type where the gate does not set it, and the names of values that were made up.
#[derive(Default)]
pub(super) struct Carried {
    pub(super) body: Body,
    pub(super) content_type: Option<String>,
    pub(super) guessed: Vec<String>,
}

/// What a request body is made of.
pub(super) enum Kind {
    Json,
    Form,
    Text(String),
}

const FORM: &str = "application/x-www-form-urlencoded";

impl<'a> Description<'a> {
    /// The kind of an operation's body, with what holds its schema and examples; `Ok(None)` without a body.
    ///
    /// # Errors
    /// Why no step can carry it.
    pub(super) fn carried(&self, operation: &Operation<'a>) -> Result<Option<(Kind, &'a Value)>, String> {
        if self.old {
            return self.carried_of_old(operation);
        }
        let body = self.follow(&operation.said["requestBody"]);
        let Some(content) = body["content"].as_object() else { return Ok(None) };
        let find = |wanted: &dyn Fn(&str) -> bool| content.iter().find(|(kind, _)| wanted(kind));
        if let Some((_, media)) = find(&is_json) {
            return Ok(Some((Kind::Json, media)));
        }
        if let Some((_, media)) = find(&|kind| kind.starts_with(FORM)) {
            return Ok(Some((Kind::Form, media)));
        }
        if let Some((kind, media)) = find(&|kind| kind.starts_with("text/")) {
            return Ok(Some((Kind::Text(kind.clone()), media)));
        }
        match content.keys().next() {
            Some(kind) => Err(format!("its body is {kind}; write one as `body` with a Content-Type")),
            None => Ok(None),
        }
    }

    fn carried_of_old(&self, operation: &Operation<'a>) -> Result<Option<(Kind, &'a Value)>, String> {
        let parameters = self.parameters(operation);
        if let Some(body) = parameters.iter().find(|parameter| parameter["in"] == "body") {
            return Ok(Some((Kind::Json, body)));
        }
        let mut fields = parameters.iter().filter(|parameter| parameter["in"] == "formData").peekable();
        if fields.peek().is_none() {
            return Ok(None);
        }
        if fields.any(|field| field["type"] == "file") {
            return Err("its body is multipart/form-data; write one as `body` with a Content-Type".to_owned());
        }
        Ok(Some((Kind::Form, &Value::Null)))
    }

    /// Whether a step can carry the operation's body.
    pub(super) fn can_carry(&self, operation: &Operation<'a>) -> bool {
        self.carried(operation).is_ok()
    }
}

impl Drafting<'_> {
    /// The body of a step: the description's example, else one that its schema allows.
    pub(super) fn body(&self, operation: &Operation<'_>) -> Result<Carried, String> {
        const LONGEST_TEXT: usize = 64 << 10;
        let Some((kind, media)) = self.description.carried(operation)? else { return Ok(Carried::default()) };
        let mut sampler = Sampler::of(self.description);
        let value = match example_of(media, self.description) {
            Some(example) => Json::of(example),
            None => sampler.sample(&media["schema"], "", 0).unwrap_or(Json::Null),
        };
        let mut carried = Carried::default();
        carried.body = match kind {
            Kind::Json if value.text().written().len() > LONGEST_TEXT => {
                return Err("its example is larger than 64 KiB; let a smaller one stand for it".to_owned());
            }
            Kind::Json => Body::Json(value),
            Kind::Form if self.description.old => Body::Form(self.fields(operation, &mut sampler)),
            Kind::Form => match value {
                Json::Map(entries) => Body::Form(entries.into_iter().filter_map(field).collect()),
                _ => Body::Empty,
            },
            Kind::Text(kind) => {
                carried.content_type = Some(kind).filter(|kind| kind.bytes().all(|byte| (32..127).contains(&byte)));
                Body::Text(match value {
                    Json::Text(text) => text,
                    other => other.text(),
                })
            }
        };
        carried.guessed = sampler.guessed;
        carried.guessed.truncate(8);
        Ok(carried)
    }

    /// The required fields of a form as Swagger 2.0 has it.
    fn fields(&self, operation: &Operation<'_>, sampler: &mut Sampler<'_>) -> Vec<(String, Text)> {
        let mut fields = Vec::new();
        for parameter in self.description.parameters(operation) {
            if parameter["in"] == "formData" && parameter["required"] == true {
                let name = parameter["name"].as_str().unwrap_or_default().to_owned();
                let (value, known) = self.description.plain(parameter);
                if !known {
                    sampler.guessed.push(name.clone());
                }
                fields.extend(field((name, Json::Text(Text::said(value)))));
            }
        }
        fields
    }
}

/// A field of a form; its name is no template.
fn field((name, value): (String, Json)) -> Option<(String, Text)> {
    let text = match value {
        Json::Text(text) => text,
        Json::Map(_) | Json::List(_) | Json::Null => return None,
        scalar => scalar.text(),
    };
    (!name.contains("{{") && name.len() <= 100 && name != "<<").then_some((name, text))
}
