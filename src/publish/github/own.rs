//! Whose comments the gate may touch: its own.

use serde::Deserialize;
use serde_json::json;

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

/// Whom the job's own token speaks for, where GitHub does not say.
const OWN_TOKEN: &str = "github-actions[bot]";

/// Whom the token speaks for, by name; that of an app ends in `[bot]`, which no person's can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Author(String);

#[derive(Debug, Deserialize)]
struct Asked {
    data: Option<Data>,
}

#[derive(Debug, Deserialize)]
struct Data {
    viewer: Option<Viewer>,
}

#[derive(Debug, Deserialize)]
struct Viewer {
    login: String,
}

impl Author {
    /// Asks whom the token speaks for: by GraphQL, because REST does not tell an app's token its name.
    ///
    /// # Errors
    /// GitHub did not say in time, or does not know the token.
    pub(super) async fn of(api: &Api) -> Result<Self, Fault> {
        let question = json!({ "query": "query { viewer { login } }" });
        match api.ask::<Asked>(Call::Query(&question), "").await {
            Ok(asked) => {
                let viewer = asked.data.and_then(|data| data.viewer);
                Ok(Self(viewer.map_or_else(|| OWN_TOKEN.to_owned(), |viewer| viewer.login)))
            }
            Err(Fault::Refused { status, .. }) if status != 401 => Ok(Self(OWN_TOKEN.to_owned())),
            Err(fault) => Err(fault),
        }
    }

    /// Whether this author wrote it.
    pub(super) fn wrote(&self, comment: &Comment) -> bool {
        let Some(user) = &comment.user else { return false };
        user.login.eq_ignore_ascii_case(&self.0) && (user.kind == "Bot") == self.0.ends_with("[bot]")
    }
}

impl Comment {
    /// What it says; empty where GitHub gives nothing.
    pub(super) fn text(&self) -> &str {
        self.body.as_deref().unwrap_or_default()
    }
}
