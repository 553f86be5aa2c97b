//! The JSON schema of the types that are read in a way of their own, and the golden file.

use std::{borrow::Cow, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};

use super::{Config, Located, OneOrMany, SCHEMA, Table, Value};
use crate::units::{Bytes, Date, DurationRange, Percent, Rate, Reading, Stage};

/// A duration, or a variable that holds one.
const DURATION: &str = r"^(([0-9]+(\.[0-9]+)?(h|m|min|s|ms|us|ns))+|0|.*\$\{.+\}.*)$";

/// A rate, or one that changes.
const RATES: &str = r"^[0-9]+(\.[0-9]+)? ?/ ?(s|m|min|h)( ?\.\. ?[0-9]+(\.[0-9]+)? ?/ ?(s|m|min|h))?( over ([0-9]+(\.[0-9]+)?(h|m|min|s|ms|us|ns))+)?$";

/// A number of users, or one that rises.
const USERS: &str = r"^[0-9]+( ?\.\. ?[0-9]+)?( over ([0-9]+(\.[0-9]+)?(h|m|min|s|ms|us|ns))+)?$";

/// A scalar may be a variable, whatever type it has then.
fn or_variable(schema: Schema) -> Schema {
    if schema.get("type").is_some_and(|kind| kind == "string") && schema.get("pattern").is_none() {
        return schema;
    }
    let scalar = |kind: &serde_json::Value| ["integer", "number", "boolean", "string"].iter().any(|name| kind == *name);
    if !schema.get("type").is_some_and(scalar) {
        return schema;
    }
    json_schema!({"anyOf": [schema, {"type": "string", "pattern": r"\$\{.+\}"}]})
}

impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        // schemars has a schema of its own for std's Duration, which is not how gates.yaml writes one.
        if T::schema_id() == Duration::schema_id() {
            return json_schema!({"$comment": "duration", "type": "string", "pattern": DURATION});
        }
        or_variable(generator.subschema_for::<T>())
    }
}

impl<T: JsonSchema> JsonSchema for Table<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Table_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let values = generator.subschema_for::<T>();
        // A table of texts takes numbers and booleans as well: they are read as they are written.
        let text = values.get("type").is_some_and(|kind| kind == "string") && values.get("pattern").is_none();
        if text {
            return json_schema!({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}});
        }
        json_schema!({"type": "object", "additionalProperties": values})
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("One_or_many_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({"anyOf": [one, {"type": "array", "items": one}]})
    }
}

impl JsonSchema for Value {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!(true)
    }
}

/// Texts with a unit, each with the pattern of what is read; `$comment` is its name in docs/reference.md.
macro_rules! patterns {
    ($($type:ty, $name:literal, $schema:tt;)*) => {$(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

patterns! {
    Date, "Date", {"$comment": "date", "type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"};
    Percent, "Percent", {"$comment": "percentage", "type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? ?%$"};
    Rate, "Rate", {"$comment": "rate", "type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? ?/ ?(s|m|min|h)$"};
    Stage<Rate>, "RateStage", {"$comment": "rate or stage", "type": "string", "pattern": RATES};
    Stage<u32>, "UserStage", {"$comment": "number or stage", "anyOf": [{"type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32}, {"type": "string", "pattern": USERS}]};
    Bytes, "Bytes", {"$comment": "size", "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? ?([kKMGT]i?)?B$"}]};
    Reading, "Reading", {"$comment": "number or percentage", "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)? ?%?$"}]};
    DurationRange, "DurationRange",
        {"$comment": "duration or range", "type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(h|m|min|s|ms|us|ns))+( ?\.\. ?([0-9]+(\.[0-9]+)?(h|m|min|s|ms|us|ns))+)?$"};
}

/// An example for each key.
const EXAMPLES: &str = include_str!("examples.yaml");

/// Where the example of a key belongs: beside its description, also where the key is one of several forms of a type. A
/// form that is a text has the key "", one that is a map of names "*".
fn holder<'a>(of: &'a mut serde_json::Value, key: &str) -> Option<&'a mut serde_json::Map<String, serde_json::Value>> {
    let held = |form: &serde_json::Value| match key {
        "" => form["type"] == "string",
        "*" => form["additionalProperties"].is_object(),
        key => form["properties"][key].is_object(),
    };
    let forms = ["oneOf", "anyOf"].into_iter().find(|forms| of[*forms].is_array());
    let form = match forms {
        Some(forms) => of[forms].as_array_mut()?.iter_mut().find(|form| held(form))?,
        None => held(of).then_some(of)?,
    };
    if ["", "*"].contains(&key) { form.as_object_mut() } else { form["properties"][key].as_object_mut() }
}

/// The schema of gates.yaml, as the golden file holds it.
fn derived() -> String {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<Config>().to_value();
    schema["title"] = "gates.yaml of stagegate".into();
    let examples: serde_json::Value = serde_saphyr::from_str(EXAMPLES).expect("examples.yaml is YAML");
    for (name, keys) in examples.as_object().expect("types, each with its keys") {
        let of = if name == "Config" { &mut schema } else { &mut schema["definitions"][name] };
        for (key, example) in keys.as_object().expect("keys, each with its example") {
            let owner = holder(of, key)
                .unwrap_or_else(|| panic!("{name} has no {key}, for which examples.yaml has an example"));
            owner.insert("examples".to_owned(), serde_json::json!([example]));
        }
    }
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}

/// The golden file is what editors use. `STAGEGATE_BLESS=1 cargo test --lib config::schema` writes it anew.
#[test]
fn the_golden_file_is_the_schema_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/gates.schema.json");
    if std::env::var_os("STAGEGATE_BLESS").is_some() {
        std::fs::write(path, derived()).expect("the schema can be written");
        return;
    }
    assert_eq!(
        SCHEMA,
        derived(),
        "gates.schema.json is out of date; run STAGEGATE_BLESS=1 cargo test --lib config::schema"
    );
}
