//! Every key of gates.yaml as a Markdown page, from its JSON schema: path, type, default, meaning and example.

mod example;
mod kind;
#[cfg(test)]
mod tests;
mod walk;

use std::fmt::Write as _;

use serde_json::Value;

use self::walk::{Section, sections};

/// What stands above the tables.
const BEGINNING: &str = "# Reference of gates.yaml

Every key, with its type, its default and an example. This page is made from [gates.schema.json](../gates.schema.json) by
`stagegate schema --markdown`; the [guide](guide/README.md) explains how the keys work together.

In a path, `[]` is each item of a list, and `NAME` a name of your own. Where a default is empty, there is none.

| type | is written |
| --- | --- |
| text | as YAML writes it; `${NAME}` and `${NAME:-default}` in any value are variables of the environment, `$${` is a literal `${` |
| number, whole number | `0.25`, `30` |
| duration | `500ms`, `30s`, `5m`, `1h`, `1m30s` |
| duration or range | the same, or two of them: `1s..3s` |
| rate | `3/s`, `90/min`, `500/h` |
| rate or stage | a rate; two that it goes between, and how long that takes: `50/s..500/s over 2m` |
| number or stage | the same with numbers: `10..100 over 90s` |
| percentage | `10%` |
| number or percentage | `80%` means the number 80 |
| size | `64KiB`, `1GiB`, `10MB`, or a number of bytes |
| date | `2127-01-31`, in UTC |
| anything | any YAML value |
";

/// The page of a schema. What the text is not: a schema as [`crate::config::SCHEMA`] gives a page without tables.
pub fn reference(schema: &str) -> String {
    let schema: Value = serde_json::from_str(schema).unwrap_or_default();
    let mut page = BEGINNING.to_owned();
    for section in sections(&schema) {
        write!(page, "\n{}", table(&section)).expect("a string takes what is written to it");
    }
    page
}

/// One heading, the type's meaning, and a row for each of its keys.
fn table(section: &Section<'_>) -> String {
    let heading = if section.path.is_empty() { "The file".to_owned() } else { format!("`{}`", section.path) };
    let mut text = format!("## {heading}\n\n{}\n", cell(section.meaning));
    if !section.also.is_empty() {
        let places: Vec<String> = section.also.iter().map(|path| format!("`{path}`")).collect();
        write!(text, "\nThe same at {}.\n", places.join(", ")).expect("a string takes what is written to it");
    }
    text.push_str("\n| key | type | default | meaning | example |\n| --- | --- | --- | --- | --- |\n");
    for row in &section.rows {
        let (default, meaning) = split(row.meaning);
        let default = if row.required { "required" } else { default };
        let meaning = format!("{meaning}{}", row.values);
        let example = row.example.map(example::code).unwrap_or_default();
        let cells = [&format!("`{}`", row.path), &row.kind, default, &meaning, &example].map(cell).join(" | ");
        writeln!(text, "| {cells} |").expect("a string takes what is written to it");
    }
    text
}

/// A description without its last sentence, where that names the default: `Default 10s.`, `Default: the target's timeout.`
fn split(description: &str) -> (&str, &str) {
    let Some(at) = description.rfind("Default") else { return ("", description.trim()) };
    let said = description[at + "Default".len()..].trim_start_matches(':').trim();
    (said.strip_suffix('.').unwrap_or(said), description[..at].trim())
}

/// A text as one cell of a table. Code spans of GitHub's tables know `\|`.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
