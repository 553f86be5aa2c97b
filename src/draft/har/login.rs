//! Where the person who was recorded logged in.

use super::{keep::Kept, secret::is_password};

/// The position of the request that carries the password.
pub(super) fn position(kept: &[Kept<'_>]) -> Option<usize> {
    kept.iter().position(|kept| kept.entry.request.method == "POST" && carries_password(kept))
}

fn carries_password(kept: &Kept<'_>) -> bool {
    let form = kept.entry.form().unwrap_or_default();
    let json = kept.entry.json();
    let keys = json.as_ref().and_then(serde_json::Value::as_object).into_iter().flatten().map(|(key, _)| key.as_str());
    form.iter().map(|(name, _)| name.as_str()).chain(keys).any(is_password)
}

/// Whether the answer to a login is its form once more.
pub(super) fn was_refused(kept: &Kept<'_>) -> bool {
    let body = kept.entry.body().to_lowercase();
    kept.entry.status() == 200 && body.contains("type=\"password\"")
}

/// Whether a field names the user who logs in.
pub(super) fn is_user(name: &str) -> bool {
    ["username", "user", "email", "login", "user_name", "j_username", "identifier", "userid", "account"]
        .contains(&name.to_ascii_lowercase().as_str())
}
