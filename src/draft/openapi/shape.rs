//! Where an answer holds the id of what was created or listed.

use serde_json::Value;

use super::description::Description;
use crate::draft::text::snake;

/// How deep schemas are looked into.
const DEEPEST: usize = 8;
const MOST_SCHEMAS: usize = 200;

impl<'a> Description<'a> {
    /// The JSON pointer to the value that a parameter stands for, in an answer of this schema: of one thing, or of a list
    /// of things, which is taken at its first.
    pub(super) fn pointer_to(&self, parameter: &str, schema: &'a Value) -> Option<String> {
        self.in_one(parameter, schema)
            .or_else(|| self.in_list(parameter, schema))
            .or_else(|| self.in_envelope(parameter, schema))
    }

    fn in_one(&self, parameter: &str, schema: &'a Value) -> Option<String> {
        let snaked = snake(parameter);
        let short = snaked.rsplit('_').next().unwrap_or_default().to_owned();
        let wanted = [snaked.as_str(), short.as_str(), "id", "uuid"];
        let properties = self.properties(schema);
        wanted.into_iter().find_map(|name| {
            let plain = |kind: &Value| !matches!(kind["type"].as_str(), Some("object" | "array"));
            let (key, _) = properties.iter().find(|(key, kind)| snake(key) == name && plain(self.follow(kind)))?;
            Some(format!("/{}", escaped(key)))
        })
    }

    fn in_list(&self, parameter: &str, schema: &'a Value) -> Option<String> {
        let schema = self.follow(schema);
        let items = schema.get("items")?;
        Some(format!("/0{}", self.in_one(parameter, items)?))
    }

    /// `{"data": {..}}` and `{"results": [..]}`.
    fn in_envelope(&self, parameter: &str, schema: &'a Value) -> Option<String> {
        const NAMES: [&str; 8] = ["data", "results", "items", "result", "content", "records", "value", "list"];
        let properties = self.properties(schema);
        let named = |name: &&str| properties.iter().find(|(key, _)| key == name);
        let lists = properties.iter().filter(|(_, kind)| self.follow(kind).get("items").is_some());
        NAMES.iter().filter_map(named).chain(lists).find_map(|(key, inner)| {
            let found = self.in_list(parameter, inner).or_else(|| self.in_one(parameter, self.follow(inner)))?;
            Some(format!("/{}{found}", escaped(key)))
        })
    }

    /// The properties of a schema, those of `allOf` and of the first of `oneOf` and `anyOf` included.
    pub(super) fn properties(&self, schema: &'a Value) -> Vec<(&'a str, &'a Value)> {
        let mut found = Vec::new();
        // Each schema with how deep it stands; one that contains itself, many times over, ends with the bound.
        let mut open = vec![(schema, 0)];
        for _ in 0..MOST_SCHEMAS {
            let Some((schema, depth)) = open.pop() else { break };
            let schema = self.follow(schema);
            let own = schema["properties"].as_object().into_iter().flatten();
            found.extend(own.map(|(key, value)| (key.as_str(), value)));
            let all = schema["allOf"].as_array().into_iter().flatten();
            let first = ["oneOf", "anyOf"].into_iter().filter_map(|key| schema[key].as_array()?.first());
            if depth < DEEPEST {
                open.extend(all.chain(first).take(MOST_SCHEMAS).map(|part| (part, depth + 1)));
            }
        }
        found
    }
}

/// A key in a JSON pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
