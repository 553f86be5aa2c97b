//! Secrets that gates.yaml uses and does not name under `secrets`.

use super::{Config, Environment, Secrets, Span, confidential_fields, names::hides};

/// Variables that are set, that gates.yaml uses, and that are secrets by their names without being listed: each with the
/// place where it stands first, in the order of the file.
pub fn unlisted(config: &Config, environment: &Environment) -> Vec<(String, Span)> {
    let mut found: Vec<(String, Span)> = used(config, environment)
        .filter(|(name, ..)| hides(name))
        .map(|(name, _, span)| (name.to_owned(), span))
        .collect();
    found.sort_by_key(|(_, span)| (span.line, span.column));
    found
}

/// Their values, and the passwords in the values of other variables that gates.yaml uses: of an address of a database.
pub(super) fn unlisted_values(config: &Config, environment: &Environment) -> Vec<String> {
    let secret =
        |name: &str, value: &str| if hides(name) { vec![value.to_owned()] } else { confidential_fields(value) };
    used(config, environment).flat_map(|(name, value, _)| secret(name, value)).collect()
}

/// Variables that are set, used and not listed, with their values and where they stand first.
fn used<'a>(config: &'a Config, environment: &'a Environment) -> impl Iterator<Item = (&'a str, &'a str, Span)> {
    let listed = |name: &str| Secrets::always(name) || config.secrets.iter().any(|known| known.value == name);
    let set = environment.iter().filter(|(_, value)| !value.is_empty());
    set.filter(move |(name, _)| !listed(name))
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str(), first_use(config, name)?)))
}

/// Where a file uses a variable first: `${NAME}`, `${NAME:-default}`, `{{ env.NAME }}`.
fn first_use(config: &Config, name: &str) -> Option<Span> {
    let length = name.chars().count() as u32;
    config.source.lines().zip(1..).filter(|(text, _)| !text.trim_start().starts_with('#')).find_map(|(text, line)| {
        let at = ["${", "env."].iter().filter_map(|before| behind(text, before, name)).min()?;
        Some(Span { line, column: text[..at].chars().count() as u32 + 1, length })
    })
}

/// Where a line has the name behind this, and not the beginning of a longer one.
fn behind(text: &str, before: &str, name: &str) -> Option<usize> {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let mut places = text.match_indices(before).map(|(at, _)| at + before.len());
    places.find(|at| text[*at..].strip_prefix(name).is_some_and(ends))
}
