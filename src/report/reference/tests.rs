//! The page says what the schema says, and the schema what is read.

use serde_json::{Map, Value, json};

use super::{reference, walk::sections};
use crate::{
    config::{Environment, SCHEMA, read},
    plan::{Choice, build, is_criterion},
};

/// `STAGEGATE_BLESS=1 cargo test --lib report::reference` writes the page anew.
#[test]
fn the_page_is_that_of_the_schema() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference.md");
    let page = reference(SCHEMA);
    if std::env::var_os("STAGEGATE_BLESS").is_some() {
        std::fs::write(path, page).expect("the page can be written");
        return;
    }
    let written = std::fs::read_to_string(path).expect("there is a page");
    assert_eq!(
        written, page,
        "docs/reference.md is out of date; run STAGEGATE_BLESS=1 cargo test --lib report::reference"
    );
}

#[test]
fn every_key_has_a_meaning_and_an_example() {
    let root: Value = serde_json::from_str(SCHEMA).expect("it is JSON");
    let sections = sections(&root);
    let bare = sections.iter().flat_map(|section| section.rows.iter().map(move |row| (section.name, row)));
    let bare: Vec<String> = bare
        // One form of a waiver is the type itself, whose keys have examples of their own.
        .filter(|(name, row)| row.example.is_none() && (*name, row.kind.as_str()) != ("Waivers", "map"))
        .map(|(name, row)| format!("{name}: {}", row.path))
        .collect();
    assert!(bare.is_empty(), "without an example in src/config/examples.yaml: {bare:#?}");
    let rows: Vec<_> = sections.iter().flat_map(|section| &section.rows).collect();
    assert!(rows.len() > 120, "{} keys are not all", rows.len());
    let mute = rows.iter().find(|row| row.kind.is_empty() || row.meaning.is_empty());
    assert!(mute.is_none(), "{mute:#?}");
    let definitions = root["definitions"].as_object().expect("there are definitions");
    let keys: usize =
        definitions.values().chain([&root]).filter_map(|of| of["properties"].as_object()).map(Map::len).sum();
    assert!(rows.len() >= keys, "{} rows for {keys} keys", rows.len());
}

/// The least that a type takes: what it requires, by the examples.
fn least(of: &Value) -> Map<String, Value> {
    let required = of["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    required.map(|key| (key.to_owned(), of["properties"][key]["examples"][0].clone())).collect()
}

/// The least gates.yaml with this value at a path.
fn file_with(root: &Value, path: &str, value: Value) -> Value {
    let mut file = Value::Object(least(root));
    put(&mut file, root, root, path, value);
    file
}

/// Puts a value at the end of a path into a part of a file, by the part's schema; on the way is what stands there, else
/// the least of each type.
fn put(part: &mut Value, schema: &Value, root: &Value, path: &str, value: Value) {
    let (key, rest) = path.split_once('.').unwrap_or((path, ""));
    let (key, in_list) = key.strip_suffix("[]").map_or((key, false), |key| (key, true));
    let schema = resolved(schema, root);
    let (key, mut inner) = match key {
        "NAME" => (first_name(part), &schema["additionalProperties"]),
        key => (key.to_owned(), schema["properties"].get(key).unwrap_or_else(|| form_with(schema, key))),
    };
    let mut slot = &mut part[key];
    if in_list {
        if !slot.is_array() {
            *slot = json!([null]);
        }
        slot = &mut slot[0];
        inner = items(inner);
    }
    if rest.is_empty() {
        *slot = value;
        return;
    }
    if !slot.is_object() {
        *slot = if rest.starts_with("NAME") { json!({}) } else { Value::Object(least(resolved(inner, root))) };
    }
    put(slot, inner, root, rest, value);
}

/// The first name of a map, or one for it.
fn first_name(map: &Value) -> String {
    map.as_object().and_then(|map| map.keys().next()).map_or("name", String::as_str).to_owned()
}

/// A schema behind its references.
fn resolved<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let forms = schema["anyOf"].as_array().into_iter().flatten().chain([schema]);
    let named = forms.flat_map(|form| [form, &form["allOf"][0]]).find_map(|form| form["$ref"].as_str());
    named.map_or(schema, |path| resolved(&root["definitions"][path.rsplit('/').next().unwrap_or_default()], root))
}

/// The schema of a list's items, also where the key takes a single one as well.
fn items(schema: &Value) -> &Value {
    let forms = schema["anyOf"].as_array().into_iter().flatten().map(items);
    [&schema["items"]].into_iter().chain(forms).find(|items| items.is_object()).unwrap_or(&Value::Null)
}

/// The key of the form that has it.
fn form_with<'a>(schema: &'a Value, key: &str) -> &'a Value {
    let forms = ["oneOf", "anyOf"].iter().filter_map(|forms| schema[*forms].as_array()).flatten();
    forms.map(|form| &form["properties"][key]).find(|key| key.is_object()).unwrap_or(&Value::Null)
}

#[test]
fn every_example_is_read() {
    let root: Value = serde_json::from_str(SCHEMA).expect("it is JSON");
    let mut count = 0;
    for row in sections(&root).iter().flat_map(|section| &section.rows) {
        let Some(example) = row.example else { continue };
        let shown = super::example::code(example);
        let shown: Value = serde_saphyr::from_str(shown.trim_matches(['`', ' '])).expect("an example is YAML");
        assert_eq!(shown, *example, "{}", row.path);
        let file = file_with(&root, &row.path, example.clone());
        let text = file.to_string();
        let (config, problems) = read("gates.yaml", text.as_bytes(), &Environment::new());
        assert!(config.is_some() && problems.is_empty(), "{}: {text}\n{problems}", row.path);
        let broken = file_with(&root, &row.path, json!({"no such key": [{}]})).to_string();
        let (_, problems) = read("gates.yaml", broken.as_bytes(), &Environment::new());
        let free = ["json", "value"].iter().any(|key| row.path.ends_with(key));
        assert!(free || !problems.is_empty(), "the example of {} does not stand where it is read: {broken}", row.path);
        count += 1;
    }
    assert!(count > 120, "{count} examples are not all");
    let criteria = &root["definitions"]["Phase"]["properties"]["criteria"]["examples"][0];
    let texts = criteria.as_array().expect("a list").iter().map(|line| line.as_str().or(line["warn"].as_str()));
    assert!(texts.flatten().all(is_criterion), "{criteria}");
}

/// What a run of this file is, but for the columns at which things stand; `None` where the file is not right by itself.
fn plan_of(file: &Value) -> Option<String> {
    let (config, problems) = read("gates.yaml", file.to_string().as_bytes(), &Environment::new());
    let plan = build(&config.filter(|_| problems.is_empty())?, &Choice::default()).ok()?;
    let columns = regex::Regex::new("column: [0-9]+").expect("it is a pattern");
    Some(columns.replace_all(&format!("{plan:?}"), "").into_owned())
}

/// Leaves the keys out that have this value.
fn without(file: Value, absent: &Value) -> Value {
    match file {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, value)| value != absent)
            .map(|(key, value)| (key, without(value, absent)))
            .collect(),
        Value::Array(items) => items.into_iter().map(|item| without(item, absent)).collect(),
        other => other,
    }
}

/// A default that is written as gates.yaml writes it; others are sentences.
#[test]
fn a_default_is_what_happens_without_the_key() {
    let root: Value = serde_json::from_str(SCHEMA).expect("it is JSON");
    let mut compared = Vec::new();
    let sections = sections(&root);
    for row in sections.iter().flat_map(|section| &section.rows) {
        let (default, _) = super::split(row.meaning);
        if default.is_empty() || default.contains([' ', '`']) {
            continue;
        }
        let default: Value = serde_saphyr::from_str(default).expect("a default is YAML");
        // Not every key goes with what stands around it there: `arrivals` needs a rate.
        let Some(with) = plan_of(&file_with(&root, &row.path, default.clone())) else { continue };
        let absent = json!("no such value");
        let without = plan_of(&without(file_with(&root, &row.path, absent.clone()), &absent));
        assert_eq!(Some(with), without, "{}: {default} is not the default", row.path);
        compared.push(row.path.as_str());
    }
    assert!(compared.len() > 25 && compared.contains(&"target.timeout"), "{compared:#?} are not all");
}

#[test]
fn defaults_are_told_from_meanings() {
    assert_eq!(super::split("Longest wait. Default 60s."), ("60s", "Longest wait."));
    assert_eq!(super::split("Default summary.md."), ("summary.md", ""));
    assert_eq!(super::split("Where. Default: that folder."), ("that folder", "Where."));
    assert_eq!(super::split("No more."), ("", "No more."));
}

#[test]
fn examples_are_yaml() {
    for (value, text) in [
        (json!("1s..3s"), "`1s..3s`"),
        (json!("*.example.com"), "`'*.example.com'`"),
        (json!(["p95(chart data)", {"warn": "p99 < 1s"}]), "`[p95(chart data), {warn: p99 < 1s}]`"),
        (json!("/a/{{ data.id }}"), "`/a/{{ data.id }}`"),
        (json!(["/a/{{ data.id }}", "10%", "true", ""]), "`['/a/{{ data.id }}', 10%, 'true', '']`"),
        (json!({"a": "it's \"so\"", "b": null}), r#"`{a: "it's \"so\"", b: null}`"#),
        (json!("a: b"), "`'a: b'`"),
    ] {
        assert_eq!(super::example::code(&value), text);
    }
}
