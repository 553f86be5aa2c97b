//! Words of paths and lists, the same for descriptions and recordings. What names and values say of secrets is in
//! [`crate::config::names`] and [`crate::config::looks`].

/// Words of paths by which users end what a login began; a step would log the user out.
const LOGOUTS: [&str; 4] = ["logout", "signout", "sign-out", "logoff"];

/// Whether a request to this path would log the user out.
pub(super) fn logs_out(path: &str) -> bool {
    let path = path.to_lowercase();
    LOGOUTS.iter().any(|word| path.contains(word))
}

/// What a list is a list of: `categories` has a `category`, `projects` a `project`.
pub(super) fn singular(name: &str) -> String {
    match name.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => name.strip_suffix('s').filter(|stem| stem.len() > 2).unwrap_or(name).to_owned(),
    }
}
