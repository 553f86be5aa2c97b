//! Values that a schema allows.

use serde_json::{Map, Value};

use super::description::Description;
use crate::draft::{gate::Json, text::Text};

/// How deep a value is made up, and of how many parts; a schema that contains itself ends here at the latest.
const DEEPEST: usize = 8;
const MOST_PARTS: usize = 200;
/// The most items of a made-up list, and the longest made-up text.
const MOST_ITEMS: u64 = 3;
const LONGEST_TEXT: u64 = 1_000;

/// Makes up values.
pub(super) struct Sampler<'a> {
    description: Description<'a>,
    parts: usize,
    /// What the description did not say.
    pub(super) guessed: Vec<String>,
}

impl<'a> Description<'a> {
    /// A value for a parameter as a text, and whether the description says it.
    pub(super) fn plain(&self, parameter: &'a Value) -> (String, bool) {
        let schema = if parameter.get("schema").is_some() { &parameter["schema"] } else { parameter };
        let given = example_of(parameter, *self).or_else(|| given(self.follow(schema)));
        if let Some(text) = given.and_then(flat) {
            return (text, true);
        }
        let mut sampler = Sampler::of(*self);
        let text = match sampler.sample(schema, "", 0) {
            Some(Json::Text(text)) if self.follow(schema)["format"] != "uuid" => text.written(),
            Some(Json::Number(number)) => number.to_string(),
            Some(Json::Bool(value)) => value.to_string(),
            Some(Json::List(items)) => match items.first() {
                Some(Json::Text(text)) => text.written(),
                Some(Json::Number(number)) => number.to_string(),
                _ => "1".to_owned(),
            },
            Some(Json::Text(_)) => "00000000-0000-4000-8000-000000000001".to_owned(),
            _ => "1".to_owned(),
        };
        (text, false)
    }
}

/// The example beside a schema: `example`, or the first of `examples`.
pub(super) fn example_of<'a>(holder: &'a Value, description: Description<'a>) -> Option<&'a Value> {
    if let Some(example) = holder.get("example") {
        return Some(example);
    }
    let first = holder["examples"].as_object()?.values().next()?;
    description.follow(first).get("value")
}

/// What a schema itself gives: an example, a default, the only or the first value that it allows.
fn given(schema: &Value) -> Option<&Value> {
    let first = |key: &str| schema[key].as_array().and_then(|values| values.first());
    let all = [schema.get("example"), first("examples"), schema.get("const"), schema.get("default"), first("enum")];
    all.into_iter().flatten().find(|value| !value.is_null())
}

/// A value as one text: lists with commas, as queries carry them.
fn flat(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(items) => Some(items.iter().map(flat).collect::<Option<Vec<_>>>()?.join(",")),
        Value::Null | Value::Object(_) => None,
    }
    .filter(|text| !text.is_empty())
}

impl<'a> Sampler<'a> {
    pub(super) fn of(description: Description<'a>) -> Self {
        Self { description, parts: 0, guessed: Vec::new() }
    }

    /// A value that a schema allows; `None` where it contains itself, or more than a request needs.
    pub(super) fn sample(&mut self, schema: &'a Value, name: &str, depth: usize) -> Option<Json> {
        let schema = self.description.follow(schema);
        self.parts += 1;
        if depth > DEEPEST || self.parts > MOST_PARTS {
            return None;
        }
        if let Some(value) = given(schema) {
            return Some(Json::of(value));
        }
        let first = |key: &str| schema[key].as_array().and_then(|options| options.first());
        if let Some(option) = first("oneOf").or_else(|| first("anyOf")) {
            let chosen = self.sample(option, name, depth + 1);
            return Some(merged(chosen.into_iter().chain(self.object(schema, depth))));
        }
        match kind(schema) {
            "object" => self.object(schema, depth).or(Some(Json::Map(Vec::new()))),
            "array" => Some(self.list(schema, name, depth)),
            _ if schema["allOf"].is_array() => {
                let all = schema["allOf"].as_array().into_iter().flatten();
                let parts: Vec<Json> = all.filter_map(|part| self.sample(part, name, depth + 1)).collect();
                Some(merged(parts.into_iter().chain(self.object(schema, depth))))
            }
            "boolean" => Some(Json::Bool(true)),
            "null" => Some(Json::Null),
            "integer" => Some(Json::Number(self.whole(schema, name))),
            "number" => Some(Json::Number(self.number(schema, name))),
            _ => Some(Json::Text(self.words(schema, name))),
        }
    }

    /// The required properties, and without any of these those with a value of their own.
    fn object(&mut self, schema: &'a Value, depth: usize) -> Option<Json> {
        let none = Map::new();
        let properties = schema["properties"].as_object().map_or(&none, |properties| properties);
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut entries = Vec::new();
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            let inner = self.description.follow(property);
            let wanted = required.contains(&key.as_str()) || (required.is_empty() && given(inner).is_some());
            if !wanted || inner["readOnly"] == true {
                continue;
            }
            if let Some(value) = self.sample(property, key, depth + 1) {
                entries.push((key.clone(), value));
            }
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            if let Some(Json::Map(more)) = self.sample(part, "", depth + 1) {
                entries.extend(more);
            }
        }
        // What is required and not described can be anything.
        for key in required.iter().filter(|key| !properties.contains_key(**key) && schema["allOf"].is_null()) {
            if entries.len() < MOST_PARTS {
                self.guessed.push((*key).to_owned());
                entries.push(((*key).to_owned(), Json::Text(Text::said("text"))));
            }
        }
        let known = schema.get("properties").is_some() || !entries.is_empty();
        known.then(|| merged([Json::Map(entries)].into_iter()))
    }

    fn list(&mut self, schema: &'a Value, name: &str, depth: usize) -> Json {
        let least = schema["minItems"].as_u64().unwrap_or(1).clamp(1, MOST_ITEMS);
        let item = self.sample(&schema["items"], name, depth + 1);
        Json::List(item.into_iter().cycle().take(least as usize).collect())
    }

    fn guess(&mut self, name: &str) {
        if !name.is_empty() && !self.guessed.iter().any(|known| known == name) {
            self.guessed.push(name.to_owned());
        }
    }

    fn whole(&mut self, schema: &Value, name: &str) -> serde_json::Number {
        self.guess(name);
        let bound = |key: &str| schema[key].as_f64().map(|bound| bound.clamp(-9e15, 9e15));
        // In 3.0 `exclusiveMinimum` is a boolean beside `minimum`, in 3.1 a number.
        let exclusive = |key: &str| i64::from(schema[key] == true);
        let low = bound("minimum").map(|low| low.ceil() as i64 + exclusive("exclusiveMinimum"));
        let low = low.or(bound("exclusiveMinimum").map(|low| low.floor() as i64 + 1));
        let high = bound("maximum").map(|high| high.floor() as i64 - exclusive("exclusiveMaximum"));
        let high = high.or(bound("exclusiveMaximum").map(|high| high.ceil() as i64 - 1));
        let value = low.unwrap_or(1).min(high.unwrap_or(i64::MAX));
        let step = schema["multipleOf"].as_i64().filter(|step| (2..1_000_000_000).contains(step)).unwrap_or(1);
        let value = if value % step == 0 { value } else { (value.div_euclid(step) + 1) * step };
        value.into()
    }

    fn number(&mut self, schema: &Value, name: &str) -> serde_json::Number {
        let inside = |key: &str| schema[key].as_f64().filter(|bound| bound.fract() != 0.0);
        match inside("minimum").or(inside("maximum")).and_then(serde_json::Number::from_f64) {
            Some(number) => {
                self.guess(name);
                number
            }
            None => self.whole(schema, name),
        }
    }

    fn words(&mut self, schema: &Value, name: &str) -> Text {
        let fixed = match schema["format"].as_str().unwrap_or_default() {
            "uuid" => return Text::insert("random.uuid"),
            "email" | "idn-email" => return Text::said("user").then(Text::insert("user.id")).and("@example.com"),
            "date" => "2026-01-15",
            "date-time" => "2026-01-15T12:00:00Z",
            "time" => "12:00:00Z",
            "duration" => "PT1H",
            "uri" | "url" | "iri" | "uri-reference" => "https://example.com/",
            "hostname" => "example.com",
            "ipv4" => "192.0.2.1",
            "ipv6" => "2001:db8::1",
            "byte" => "dGV4dA==",
            _ => "",
        };
        self.guess(name);
        if !fixed.is_empty() {
            return Text::said(fixed);
        }
        let mut text = "text".to_owned();
        let least = schema["minLength"].as_u64().unwrap_or(0).min(LONGEST_TEXT) as usize;
        while text.len() < least {
            text.push_str("text");
        }
        let most = schema["maxLength"].as_u64().unwrap_or(LONGEST_TEXT).min(LONGEST_TEXT) as usize;
        text.truncate(most);
        Text::said(text)
    }
}

/// The type of a schema: the first that is not null, or what its keys imply.
fn kind(schema: &Value) -> &str {
    let listed = || schema["type"].as_array()?.iter().filter_map(Value::as_str).find(|kind| *kind != "null");
    match schema["type"].as_str().or_else(listed) {
        Some(kind) => kind,
        None if schema.get("properties").is_some() => "object",
        None if schema.get("items").is_some() => "array",
        None => "",
    }
}

/// Objects as one, the first of repeated keys; of anything else the first.
fn merged(parts: impl Iterator<Item = Json>) -> Json {
    let mut first = None;
    let mut entries: Vec<(String, Json)> = Vec::new();
    let mut maps = false;
    for part in parts {
        match part {
            Json::Map(more) => {
                maps = true;
                for (key, value) in more {
                    if !entries.iter().any(|(known, _)| *known == key) {
                        entries.push((key, value));
                    }
                }
            }
            other => first = first.or(Some(other)),
        }
    }
    match first {
        Some(other) if !maps => other,
        _ => Json::Map(entries),
    }
}
