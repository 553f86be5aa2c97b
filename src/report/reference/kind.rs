//! The type of a key in words.

use serde_json::Value;

/// What a value may be; the schema's own names for texts with a unit, the names of the types that a file writes for others.
pub(super) fn kind(schema: &Value, root: &Value) -> String {
    if let Some(name) = schema["$comment"].as_str() {
        return name.to_owned();
    }
    if let Some(value) = schema.get("const") {
        return format!("`{}`", value.as_str().unwrap_or_default());
    }
    if let Some(whole) = schema["allOf"][0].as_object() {
        return kind(&Value::Object(whole.clone()), root);
    }
    if let Some(named) = definition(schema, root) {
        return if named["properties"].is_object() { "map".to_owned() } else { kind(named, root) };
    }
    if let Some(forms) = forms(schema) {
        let mut kinds: Vec<String> = Vec::new();
        for form in forms.iter().filter(|form| !is_variable(form) && form["type"] != "null") {
            let kind = kind(form, root);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        return kinds.join(" or ");
    }
    let named = |name: &str| schema["type"] == name || schema["type"][0] == name;
    match () {
        () if named("array") => format!("list of {}", several(&kind(&schema["items"], root))),
        () if schema["properties"].is_object() => "map".to_owned(),
        () if schema["additionalProperties"].is_object() || schema["additionalProperties"] == true => {
            format!("map of names to {}", several(&kind(&schema["additionalProperties"], root)))
        }
        () if named("integer") => "whole number".to_owned(),
        () if named("number") => "number".to_owned(),
        () if named("boolean") => "`true` or `false`".to_owned(),
        () if named("string") => "text".to_owned(),
        () => "anything".to_owned(),
    }
}

/// The forms that a value may have.
pub(super) fn forms(schema: &Value) -> Option<&Vec<Value>> {
    schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array())
}

/// The definition that a schema refers to.
pub(super) fn definition<'a>(schema: &Value, root: &'a Value) -> Option<&'a Value> {
    root["definitions"].get(name(schema)?)
}

/// The name of the definition that a schema refers to.
pub(super) fn name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

/// Every value may be a variable; that is said once, not in each row.
fn is_variable(schema: &Value) -> bool {
    schema["pattern"] == r"\$\{.+\}"
}

fn several(kind: &str) -> String {
    match kind {
        "anything" => "anything".to_owned(),
        kind if kind.contains(" or ") || kind.contains(' ') && !kind.contains("number") => format!("({kind})"),
        kind => format!("{kind}s"),
    }
}
