//! Where the person who was recorded logged in.

use serde_json::Value;

use super::keep::Kept;
use crate::config::names::is_password;

/// The position of the request that carries the password.
pub(super) fn position(kept: &[Kept<'_>]) -> Option<usize> {
    kept.iter().position(|kept| kept.entry.request.method == "POST" && carries_password(kept))
}

fn carries_password(kept: &Kept<'_>) -> bool {
    let form = kept.entry.form().unwrap_or_default();
    form.iter().any(|(name, _)| is_password(name)) || kept.entry.json().is_some_and(|json| has_password(&json))
}

/// Whether JSON has a text for a password, at any depth; the reader bounded it.
fn has_password(json: &Value) -> bool {
    match json {
        Value::Object(map) => {
            map.iter().any(|(key, value)| (is_password(key) && value.is_string()) || has_password(value))
        }
        Value::Array(items) => items.iter().any(has_password),
        _ => false,
    }
}

/// Whether the answer to a login is its form once more.
pub(super) fn was_refused(kept: &Kept<'_>) -> bool {
    let body = kept.body.to_lowercase();
    kept.entry.status() == 200 && body.contains("type=\"password\"")
}

/// Whether a field names the user who logs in.
pub(super) fn is_user(name: &str) -> bool {
    ["username", "user", "email", "login", "user_name", "j_username", "identifier", "userid", "account"]
        .contains(&name.to_ascii_lowercase().as_str())
}
