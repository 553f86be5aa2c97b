//! What would a gates.yaml for this say? A first one, from what people have: the `OpenAPI` description of an API, or a
//! session that a browser recorded (HAR).
//!
//! Bytes in, text out: [`draft()`] names no file and sends nothing. A draft is no more than a beginning. Whatever was
//! guessed has a comment that begins with `review:`, whatever was left out has one that says why; values that must
//! stay secret are variables, and stand nowhere in it.

mod error;
mod gate;
mod har;
mod openapi;
#[cfg(test)]
mod tests;
mod text;
mod write;

pub use error::Error;

/// The largest file that is read, in bytes: 64 MiB. The largest public descriptions have about 12 MiB.
pub const LARGEST_SOURCE: usize = 64 << 20;

/// A first gates.yaml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its text; `stagegate check` takes it once [`variables`](Self::variables) are set.
    pub yaml: String,
    /// What it holds and what it lacks, each as a sentence.
    pub notes: Vec<String>,
    /// Environment variables to set before it can be checked and run, and what each one is.
    pub variables: Vec<(String, String)>,
}

/// Drafts a gates.yaml from the bytes of a file: `OpenAPI` 3.0, 3.1 or Swagger 2.0 in YAML or JSON, or HAR 1.2. `source` is
/// the file as the user named it.
///
/// # Errors
/// When the file is too large, is none of these, or holds nothing that a gate can send.
pub fn draft(source: &str, bytes: &[u8]) -> Result<Draft, Error> {
    if bytes.len() > LARGEST_SOURCE {
        return Err(Error::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| Error::NotText { byte: error.valid_up_to() })?;
    let text = text.trim_start_matches('\u{feff}');
    if !text.trim_start().starts_with('{') {
        let description = crate::config::document(text).map_err(Error::Yaml)?;
        return openapi::draft(source, &description);
    }
    if har::is_archive(text)? {
        return har::draft(source, text);
    }
    let description = serde_json::from_str(text).map_err(|error| Error::json(&error))?;
    openapi::draft(source, &description)
}
