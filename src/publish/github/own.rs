//! Whose comments the gate may touch: its own.

use serde::Deserialize;

use super::{
    api::{Api, Call},
    fault::Fault,
};

/// A comment as GitHub lists it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) html_url: String,
    body: Option<String>,
    user: Option<User>,
}

/// Who wrote it; the API lists nobody for an account that was deleted.
#[derive(Debug, Clone, Deserialize)]
struct User {
    login: String,
    #[serde(rename = "type", default)]
    kind: String,
}

/// Whom the token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Author {
    /// A person, by name: a personal token.
    User(String),
    /// An app: the job's own token, or one of another app. GitHub does not tell such a token its name.
    Bot,
}

impl Author {
    /// Asks whom the token speaks for.
    pub(super) async fn of(api: &Api) -> Result<Self, Fault> {
        match api.ask::<User>(Call::Get, "/user").await {
            Ok(user) => Ok(Self::User(user.login)),
            Err(fault) if fault.is(403) || fault.is(404) => Ok(Self::Bot),
            Err(fault) => Err(fault),
        }
    }

    /// Whether this author wrote it.
    pub(super) fn wrote(&self, comment: &Comment) -> bool {
        let Some(user) = &comment.user else { return false };
        match self {
            Self::User(login) => user.login.eq_ignore_ascii_case(login),
            Self::Bot => user.kind == "Bot",
        }
    }
}

impl Comment {
    /// What it says; empty where GitHub gives nothing.
    pub(super) fn text(&self) -> &str {
        self.body.as_deref().unwrap_or_default()
    }
}
