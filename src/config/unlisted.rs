//! Secrets that gates.yaml uses and does not name under `secrets`.

use super::{Config, Environment, Secrets, Span, confidential_fields, names::hides_setting, secrets::is_short};

/// Variables that are set, that gates.yaml uses, and that are masked as secrets by their names without being listed: each
/// with the place where it stands first, in the order of the file. Those that are too short to be masked are not among them.
pub fn unlisted(config: &Config, environment: &Environment) -> Vec<(String, Span)> {
    named(config, environment, |value| !is_short(value))
}

/// Those that are too short.
pub(super) fn unlisted_and_short(config: &Config, environment: &Environment) -> Vec<(String, Span)> {
    named(config, environment, is_short)
}

fn named(config: &Config, environment: &Environment, counts: fn(&str) -> bool) -> Vec<(String, Span)> {
    let mut found: Vec<(String, Span)> = used(config, environment)
        .filter(|(name, value, _)| hides_setting(name) && counts(value))
        .map(|(name, _, span)| (name.to_owned(), span))
        .collect();
    found.sort_by_key(|(_, span)| (span.line, span.column));
    found
}

/// Their values, and the passwords in the values of other variables that gates.yaml uses: of an address of a database.
pub(super) fn unlisted_values(config: &Config, environment: &Environment) -> Vec<String> {
    let secret =
        |name: &str, value: &str| if hides_setting(name) { vec![value.to_owned()] } else { confidential_fields(value) };
    used(config, environment).flat_map(|(name, value, _)| secret(name, value)).collect()
}

/// Variables that are set, used and not listed, with their values and where they stand first.
fn used<'a>(config: &'a Config, environment: &'a Environment) -> impl Iterator<Item = (&'a str, &'a str, Span)> {
    let listed = |name: &str| Secrets::always(name) || config.secrets.iter().any(|known| known.value == name);
    let set = environment.iter().filter(|(_, value)| !value.is_empty());
    set.filter(move |(name, _)| !listed(name)).filter_map(|(name, value)| {
        Some((name.as_str(), value.as_str(), config.variables.place(name, &config.source)?))
    })
}
