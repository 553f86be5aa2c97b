//! An example as gates.yaml writes it: YAML on one line.

use serde_json::Value;

/// An example in a code span.
pub(super) fn code(example: &Value) -> String {
    let text = yaml(example, true);
    // A span of two marks may hold one.
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// A value in flow style; at the top, where no bracket is around it, fewer texts need quotes.
fn yaml(value: &Value, top: bool) -> String {
    match value {
        Value::String(text) if plain(text, top) => text.clone(),
        Value::String(text) if !text.contains('\'') => format!("'{text}'"),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| yaml(item, false)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                format!("{}: {}", yaml(&Value::String(key.clone()), false), yaml(value, false))
            };
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        // JSON's own writing is YAML too.
        other => other.to_string(),
    }
}

/// Whether a text reads as itself without quotes.
fn plain(text: &str, top: bool) -> bool {
    let begins = text.chars().next().is_some_and(|first| first.is_alphanumeric() || "/.$(".contains(first));
    let marks = [": ", " #", "\n"].iter().any(|mark| text.contains(mark)) || text.ends_with([':', ' ']);
    let brackets = !top && text.contains(['{', '}', '[', ']', ',', '"', '\'']);
    let other = text.parse::<f64>().is_ok() || ["true", "false", "null", "yes", "no", "on", "off", "~"].contains(&text);
    begins && !marks && !brackets && !other
}
