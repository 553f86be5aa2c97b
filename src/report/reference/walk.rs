//! Every key of a schema, in the order of the file, with the path that leads to it.

use serde_json::Value;

use super::kind::{definition, forms, kind, name};

/// A type that a file writes as a map, and its keys.
#[derive(Debug)]
pub(super) struct Section<'a> {
    /// The name of its definition; empty for the file itself.
    pub(super) name: &'a str,
    /// Where it stands; empty for the file itself.
    pub(super) path: String,
    /// Where else it stands.
    pub(super) also: Vec<String>,
    pub(super) meaning: &'a str,
    pub(super) rows: Vec<Row<'a>>,
}

/// A key.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) path: String,
    pub(super) kind: String,
    pub(super) required: bool,
    pub(super) meaning: &'a str,
    /// What each of a few fixed values means.
    pub(super) values: String,
    pub(super) example: Option<&'a Value>,
}

/// The file's own section, then those of the types in it, each where it is first.
pub(super) fn sections(root: &Value) -> Vec<Section<'_>> {
    let mut found = Vec::new();
    visit("", "", root, root, &mut found);
    found
}

fn visit<'a>(name: &'a str, path: &str, schema: &'a Value, root: &'a Value, found: &mut Vec<Section<'a>>) {
    if let Some(seen) = found.iter_mut().find(|section| section.name == name) {
        seen.also.push(path.to_owned());
        return;
    }
    let mut rows = Vec::new();
    let mut deeper = Vec::new();
    for (key, form, meaning) in parts(schema) {
        let path = match key {
            "" => path.to_owned(),
            key if path.is_empty() => key.to_owned(),
            key => format!("{path}.{key}"),
        };
        rows.push(Row {
            kind: kind(form, root),
            required: schema["required"].as_array().is_some_and(|keys| keys.iter().any(|name| name == key)),
            meaning,
            values: values(form, root),
            example: form["examples"].get(0),
            path: path.clone(),
        });
        types(&path, form, root, &mut deeper);
    }
    found.push(Section { name, path: path.to_owned(), also: Vec::new(), meaning: text(&schema["description"]), rows });
    for (name, path) in deeper {
        visit(name, &path, &root["definitions"][name], root, found);
    }
}

/// The keys of a type with their meanings; of one with several forms those of each, and "" for a form without a key.
fn parts<'a>(schema: &'a Value) -> Vec<(&'a str, &'a Value, &'a str)> {
    let own = keys(schema);
    let Some(forms) = forms(schema).filter(|_| own.is_empty()) else { return own };
    let each = |form: &'a Value| {
        let meaning = text(&form["description"]);
        let mut own = keys(form);
        // The only key of a form means what the form does.
        own.iter_mut().filter(|(_, _, said)| said.is_empty()).for_each(|(_, _, said)| *said = meaning);
        if own.is_empty() { vec![("", form, meaning)] } else { own }
    };
    forms.iter().flat_map(each).collect()
}

fn keys(schema: &Value) -> Vec<(&str, &Value, &str)> {
    let keys = schema["properties"].as_object().into_iter().flatten();
    keys.map(|(key, value)| (key.as_str(), value, text(&value["description"]))).collect()
}

/// The types with keys of their own that a value may hold, each with the path to it.
fn types<'a>(path: &str, schema: &'a Value, root: &'a Value, found: &mut Vec<(&'a str, String)>) {
    if let Some(named) = definition(schema, root) {
        let has_keys = |form: &Value| form["properties"].is_object() || form["additionalProperties"].is_object();
        if has_keys(named)
            || forms(named).is_some_and(|forms| forms.iter().any(|form| has_keys(form) || form["allOf"].is_array()))
        {
            found.extend(name(schema).map(|name| (name, path.to_owned())));
        }
        return;
    }
    for part in ["allOf", "anyOf", "oneOf"] {
        let forms = schema[part].as_array().map(Vec::as_slice).unwrap_or_default();
        // One or a list of them: the list shows both.
        let list = forms.iter().find(|form| form["items"].is_object());
        for form in list.map_or(forms, std::slice::from_ref) {
            types(path, form, root, found);
        }
    }
    if schema["items"].is_object() {
        types(&format!("{path}[]"), &schema["items"], root, found);
    }
    if schema["additionalProperties"].is_object() {
        types(&format!("{path}.NAME"), &schema["additionalProperties"], root, found);
    }
}

/// What the fixed values of a type mean: `h1`: HTTP/1.1 with keep-alive.
fn values(schema: &Value, root: &Value) -> String {
    let named = [schema, &schema["allOf"][0], &schema["anyOf"][0]].into_iter().find_map(|form| definition(form, root));
    let fixed = named.and_then(forms).into_iter().flatten().filter_map(|form| Some((form["const"].as_str()?, form)));
    let said: Vec<String> = fixed.map(|(value, form)| format!(" `{value}`: {}", text(&form["description"]))).collect();
    said.concat()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
