//! The commit status: the gate's result beside the commit, where a check run is not wanted.

use serde_json::{Value, json};

use super::{
    api::{Api, Call},
    clip::clip,
    error::{Cause, Permission, PostError},
    segment::segment,
};

/// GitHub takes no longer description (its API's description, `statuses`).
const LONGEST_DESCRIPTION: usize = 140;

/// The state of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The gate runs.
    Pending,
    /// The gate passed.
    Success,
    /// The gate failed.
    Failure,
    /// The gate came to no verdict.
    Error,
}

impl State {
    /// The state that an exit code stands for; without a verdict it never is success.
    pub fn of(exit: u8) -> Self {
        match exit {
            0 => Self::Success,
            1 => Self::Failure,
            _ => Self::Error,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Error => "error",
        }
    }
}

impl Api {
    /// Sets the commit status `stagegate / GATE`; the description is cut at 140 characters.
    ///
    /// # Errors
    /// GitHub did not do it in time.
    pub async fn status(&self, gate: &str, state: State, description: &str) -> Result<(), PostError> {
        let mut status = json!({
            "state": state.word(),
            "context": name(gate),
            "description": clip(description, LONGEST_DESCRIPTION),
        });
        if let Some(place) = self.place_of_status() {
            status["target_url"] = json!(place);
        }
        let path = self.path(&format!("/statuses/{}", self.context.head));
        // A status that is set twice is one status: the latest of a context counts.
        let set = self.ask::<Value>(Call::Post(&status), &path).await;
        set.map(drop).map_err(|fault| {
            let what = format!("the commit status `{}` was not set", name(gate));
            PostError::new(what, Cause::Fault(fault, Permission::Statuses))
        })
    }

    /// The run's page. A status has no other key that could name the job which set it, so the address ends with that.
    pub(super) fn place_of_status(&self) -> Option<String> {
        self.context.run.as_ref().map(|run| format!("{run}#{}", segment(&self.context.external_id)))
    }
}

/// How GitHub's pages name a gate's check run or status.
pub(super) fn name(gate: &str) -> String {
    format!("stagegate / {gate}")
}
