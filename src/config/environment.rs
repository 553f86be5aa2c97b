//! `${VAR}` and `${VAR:-default}` in the values of gates.yaml.

use std::{collections::BTreeMap, ops::Range};

/// The environment as `${NAME}` and `env.NAME` see it; given by the caller, never read from the process here.
pub type Environment = BTreeMap<String, String>;

/// A value whose variables were replaced, and the variables that are not set.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Expanded {
    /// The text with every variable replaced.
    pub(super) text: String,
    /// Whether there were any variables.
    pub(super) changed: bool,
    /// Those that were replaced, in order.
    pub(super) variables: Vec<Replaced>,
    /// What is wrong, each as a sentence.
    pub(super) faults: Vec<String>,
}

/// A variable, and where in a text its value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replaced {
    pub(super) name: String,
    pub(super) value: Range<usize>,
}

/// Replaces the variables of a value. As in a shell, the default of `${NAME:-default}` also stands in for an empty
/// variable. `$${` is a literal `${`.
pub(super) fn expand(written: &str, environment: &Environment) -> Expanded {
    let mut expanded = Expanded::default();
    let mut rest = written;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            expanded.text.push_str(&rest[..at - 1]);
            expanded.text.push_str("${");
            expanded.changed = true;
            rest = &rest[at + 2..];
            continue;
        }
        expanded.text.push_str(&rest[..at]);
        let Some(end) = rest[at..].find('}') else {
            expanded.faults.push("`${` is never closed; write `$${` for a literal `${`".to_owned());
            return expanded;
        };
        match variable(&rest[at + 2..at + end], environment) {
            Ok((name, value)) => {
                let start = expanded.text.len();
                expanded.text.push_str(value);
                expanded.variables.push(Replaced { name: name.to_owned(), value: start..expanded.text.len() });
            }
            Err(fault) => expanded.faults.push(fault),
        }
        expanded.changed = true;
        rest = &rest[at + end + 1..];
    }
    expanded.text.push_str(rest);
    expanded
}

/// The name and the value of `NAME` or `NAME:-default`.
fn variable<'a>(inner: &'a str, environment: &'a Environment) -> Result<(&'a str, &'a str), String> {
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    if !is_name(name) {
        return Err(format!(
            "`${{{inner}}}` is not `${{NAME}}` or `${{NAME:-default}}`; write `$${{` for a literal `${{`"
        ));
    }
    match (environment.get(name), default) {
        (Some(value), None) => Ok((name, value)),
        (Some(value), Some(_)) if !value.is_empty() => Ok((name, value)),
        (_, Some(default)) => Ok((name, default)),
        (None, None) => Err(format!("the environment variable `{name}` is not set")),
    }
}

/// Whether a text can be the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn environment() -> Environment {
        [("HOST", "staging"), ("EMPTY", "")].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn replaces_variables() {
        for (written, text) in [
            ("plain $HOME", "plain $HOME"),
            ("${HOST}", "staging"),
            ("http://${HOST}:${PORT:-80}/", "http://staging:80/"),
            ("${HOST:-other}", "staging"),
            ("${EMPTY}", ""),
            ("${EMPTY:-default}", "default"),
            ("${NONE:-}", ""),
            ("$${HOST} costs $5", "${HOST} costs $5"),
            ("a ${HOST}$${b}", "a staging${b}"),
        ] {
            let expanded = expand(written, &environment());
            assert_eq!((expanded.text.as_str(), expanded.faults.len()), (text, 0), "{written}");
        }
    }

    #[test]
    fn tells_what_it_replaced() {
        let expanded = expand("$${A}a ${HOST}ä${NONE:-x}", &environment());
        let replaced: Vec<_> =
            expanded.variables.iter().map(|known| (known.name.as_str(), &expanded.text[known.value.clone()])).collect();
        assert_eq!(replaced, [("HOST", "staging"), ("NONE", "x")]);
    }

    #[test]
    fn names_every_variable_that_is_missing() {
        let expanded = expand("${ONE}-${HOST}-${TWO}", &environment());
        assert_eq!(
            expanded.faults,
            ["the environment variable `ONE` is not set", "the environment variable `TWO` is not set"]
        );
        for wrong in ["${", "${}", "${1A}", "${A-B}", "${A:+B}", "${HOST"] {
            assert_eq!(expand(wrong, &environment()).faults.len(), 1, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(written in "[$${}:A-B -]{0,30}") {
            let _ = expand(&written, &environment());
        }
    }
}
