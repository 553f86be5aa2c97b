//! Whether a file is one that this version reads.

use std::borrow::Cow;

use serde::Deserialize;

use super::clean;

/// Another version wrote the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its schema is `{found}`, and this version of stagegate reads `{read}`; use the version that wrote it")]
pub struct OtherSchema {
    /// What `schema` says.
    found: String,
    /// What it says in the files that this version reads.
    read: &'static str,
}

/// Looks at the key `schema` alone, so that a file of another version is told from a damaged one.
///
/// # Errors
/// When the text is no JSON object with a `schema`, or it names another one than `read`.
pub(super) fn check<E: From<serde_json::Error> + From<OtherSchema>>(text: &str, read: &'static str) -> Result<(), E> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        schema: Cow<'a, str>,
    }
    let Head { schema } = serde_json::from_str(text)?;
    if schema == read { Ok(()) } else { Err(OtherSchema { found: clean(&schema).into_owned(), read }.into()) }
}
