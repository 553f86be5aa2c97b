//! Secrets that gates.yaml uses and does not name under `secrets`.

use crate::config::{Config, Environment, Secrets, Span, names::hides};

/// Variables that are set, that gates.yaml uses, and that are secrets by their names without being listed: each with the
/// place where it stands first, in the order of the file.
pub(super) fn unlisted(config: &Config, environment: &Environment) -> Vec<(String, Span)> {
    let listed = |name: &str| Secrets::always(name) || config.secrets.iter().any(|known| known.value == name);
    let set = environment.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name);
    let mut found: Vec<(String, Span)> = set
        .filter(|name| hides(name) && !listed(name))
        .filter_map(|name| Some((name.clone(), first_use(config, name)?)))
        .collect();
    found.sort_by_key(|(_, span)| (span.line, span.column));
    found
}

/// Where a file uses a variable first: `${NAME}`, `${NAME:-default}`, `{{ env.NAME }}`.
fn first_use(config: &Config, name: &str) -> Option<Span> {
    let length = name.chars().count() as u32;
    config.source.lines().zip(1..).filter(|(text, _)| !text.trim_start().starts_with('#')).find_map(|(text, line)| {
        let at = ["${", "env."].iter().filter_map(|before| used(text, before, name)).min()?;
        Some(Span { line, column: text[..at].chars().count() as u32 + 1, length })
    })
}

/// Where a line has the name behind this, and not the beginning of a longer one.
fn used(text: &str, before: &str, name: &str) -> Option<usize> {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let places = text.match_indices(before).map(|(at, _)| at + before.len());
    places.into_iter().find(|at| text[*at..].strip_prefix(name).is_some_and(ends))
}
