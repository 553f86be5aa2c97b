//! Values that an answer gives to later steps.

use serde_json::Value;

use super::{Address, Answer, Session, decode::Content, json};
use crate::plan::Extraction;

/// Finds a value in an answer that came from `address` with this content.
///
/// # Errors
///
/// A sentence that says what was not found.
pub fn extract(
    from: &Extraction,
    (answer, content): (&Answer, &Content<'_>),
    address: &Address,
    session: &Session,
) -> Result<String, String> {
    let body = match from {
        Extraction::Regex(_) | Extraction::Json(_) => content.plain()?.0,
        Extraction::Header(_) | Extraction::Cookie(_) => &[],
    };
    match from {
        Extraction::Regex(pattern) => {
            let captures = pattern.captures(body).ok_or_else(|| format!("nothing in the body matches {pattern}"))?;
            let found = captures.get(1).or_else(|| captures.get(0)).map(|found| found.as_bytes()).unwrap_or_default();
            Ok(String::from_utf8_lossy(found).into_owned())
        }
        Extraction::Json(pointer) => match json::find(body, pointer) {
            Ok(Some(Value::String(text))) => Ok(text),
            Ok(Some(value)) => Ok(value.to_string()),
            Ok(None) => Err(format!("JSON {pointer} is missing")),
            Err(error) => Err(format!("the body is not JSON: {error}")),
        },
        Extraction::Header(name) => answer
            .headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .ok_or_else(|| format!("the header {name} is missing")),
        Extraction::Cookie(name) => {
            session.cookie(address, name).ok_or_else(|| format!("the user has no cookie {name}"))
        }
    }
}
