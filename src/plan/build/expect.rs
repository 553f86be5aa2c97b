//! `expect` and `extract`.

use regex::bytes::Regex;

use super::Draft;
use crate::{
    config::{self, Located, Table, Value},
    plan::{Expect, Extract, Extraction, HeaderExpectation, JsonExpectation, SlotId},
};

impl Draft<'_> {
    pub(super) fn expect(&mut self, said: Option<&config::Expect>) -> Expect {
        let Some(said) = said else { return Expect::default() };
        for status in said.status.iter().filter(|status| !(100..600).contains(&status.value)) {
            self.problem(status.span, format!("`{}` is not a status; they go from 100 to 599", status.value));
        }
        if let Some(value) = &said.value {
            self.problem(value.span, "`value` goes with `sql`: an answer has `status`, `json`, `body_has` and others");
        }
        let mut json = Vec::new();
        for (pointer, value) in said.json.iter() {
            self.pointer(pointer);
            let expected = match &value.value {
                Value::Text(text) if text == "exists" => JsonExpectation::Exists,
                other => JsonExpectation::Equals(to_json(other)),
            };
            json.push((pointer.value.clone(), expected));
        }
        let mut header = Vec::new();
        for (name, value) in said.header.iter() {
            let expected = match value.value.as_str() {
                "exists" => HeaderExpectation::Exists,
                text => HeaderExpectation::Equals(text.to_owned()),
            };
            match http::HeaderName::from_bytes(name.value.as_bytes()) {
                Ok(name) => header.push((name, expected)),
                Err(_) => self.problem(name.span, format!("`{}` is not the name of a header", name.value)),
            }
        }
        let texts = |texts: &[Located<String>]| texts.iter().map(|text| text.value.clone()).collect();
        Expect {
            status: said.status.iter().map(|status| status.value).collect(),
            body_has: texts(&said.body_has),
            body_lacks: texts(&said.body_lacks),
            json,
            header,
            max_size: said.max_size.map(|size| size.value.0),
        }
    }

    /// The values that a step keeps; their names join `slots`.
    pub(super) fn extract(&mut self, said: &Table<config::Extract>, slots: &mut Vec<String>) -> Vec<Extract> {
        let mut kept = Vec::new();
        for (name, from) in said.iter() {
            let word = name.value.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
            if !word || name.value.is_empty() || ["user", "data", "random", "env"].contains(&name.value.as_str()) {
                self.problem(
                    name.span,
                    format!("`{}` cannot name an extracted value; use letters, digits and _", name.value),
                );
            }
            let slot = slots.iter().position(|slot| *slot == name.value).unwrap_or_else(|| {
                slots.push(name.value.clone());
                slots.len() - 1
            });
            kept.extend(self.extraction(from).map(|from| Extract { slot: SlotId(slot as u32), from }));
        }
        kept
    }

    fn extraction(&mut self, said: &config::Extract) -> Option<Extraction> {
        match said {
            config::Extract::Regex(pattern) => match Regex::new(&pattern.value) {
                Ok(regex) => Some(Extraction::Regex(regex)),
                Err(error) => {
                    let why = error.to_string();
                    let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                    self.problem(pattern.span, format!("this is not a regular expression: {why}"));
                    None
                }
            },
            config::Extract::Json(pointer) => {
                self.pointer(pointer);
                Some(Extraction::Json(pointer.value.clone()))
            }
            config::Extract::Header(name) => {
                let header = http::HeaderName::from_bytes(name.value.as_bytes()).ok();
                if header.is_none() {
                    self.problem(name.span, format!("`{}` is not the name of a header", name.value));
                }
                header.map(Extraction::Header)
            }
            config::Extract::Cookie(name) => Some(Extraction::Cookie(name.value.clone())),
        }
    }

    fn pointer(&mut self, pointer: &Located<String>) {
        if !pointer.value.is_empty() && !pointer.value.starts_with('/') {
            let help = Some(format!("did you mean `/{}`?", pointer.value.replace('.', "/")));
            self.problem_with(
                pointer.span,
                format!("`{}` is not a JSON pointer, which starts with `/`", pointer.value),
                help,
            );
        }
    }
}

pub(super) fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Whole(value) => (*value).into(),
        Value::Number(value) => (*value).into(),
        Value::Text(value) => value.clone().into(),
        Value::List(items) => items.iter().map(|item| to_json(&item.value)).collect(),
        Value::Map(entries) => entries.iter().map(|(key, item)| (key.value.clone(), to_json(&item.value))).collect(),
    }
}
