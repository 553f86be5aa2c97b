//! Why a value was not read.

use std::fmt;

use serde::de;

use super::{super::nearest::suggestion, BARE, WHOLE};

/// Why a value was not read.
#[derive(Debug)]
pub(in crate::config) enum Fault {
    /// Said by a type; reported at the value that was being read.
    Said { message: String, help: Option<String> },
    /// A key that must be there is not.
    Missing(&'static str),
    /// It lies further down and is reported.
    Reported,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said { message, .. } => out.write_str(message),
            Self::Missing(key) => write!(out, "`{key}` is missing"),
            Self::Reported => out.write_str("reported above"),
        }
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Said { message: message.to_string(), help: None }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let written = expected.iter().copied().filter(|name| *name != BARE && *name != WHOLE);
        Self::Said { message: format!("`{variant}` is not known here"), help: suggestion(variant, written) }
    }
}
