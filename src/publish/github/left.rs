//! Checks and commit statuses that a run left in progress, found without knowing its gate.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    api::Api,
    check::{CheckRun, Completion, Conclusion, List, Listed},
    error::{Cause, Permission, PostError},
    fault::Fault,
    status::State,
};

/// What the names of our checks and statuses begin with.
const OURS: &str = "stagegate / ";

/// What they say of a run that was killed.
const ENDED: Completion<'static> = Completion {
    conclusion: Conclusion::Failure,
    title: "the gate was ended before it had a verdict",
    summary: "The process was killed, or the machine went away. Run the job again for a verdict.",
    annotations: &[],
};

/// A run of this job that came to a verdict, whether or not GitHub took it.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// Its gate.
    pub gate: &'a str,
    /// What its check says.
    pub ending: Completion<'a>,
    /// What its commit status says.
    pub state: State,
}

/// What was left of a gate, and closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The gate.
    pub gate: String,
    /// Whether it says the verdict; else that there is none.
    pub judged: bool,
}

#[derive(Debug, Deserialize)]
struct Status {
    id: u64,
    context: String,
    state: String,
    target_url: Option<String>,
}

impl Api {
    /// Closes every check and commit status of this job that is still in progress: with the verdict where it is that
    /// gate's, else as failed. The context's `external_id` is what theirs begin with: one of a job that names no gate.
    ///
    /// Where GitHub does not show them to this token, it has begun none.
    ///
    /// # Errors
    /// GitHub did not do it in time; what was closed until then stays so.
    pub async fn close_checks(&self, judged: Option<&Judged<'_>>) -> Result<Vec<Closed>, PostError> {
        let mut closed = Vec::new();
        let verdict_of = |gate: &str| judged.filter(|judged| judged.gate == gate);
        for check in self.left_checks().await? {
            let gate = check.name.strip_prefix(OURS).unwrap_or(&check.name);
            let verdict = verdict_of(gate);
            let ending = verdict.map_or(ENDED, |judged| judged.ending);
            self.complete_check(gate, CheckRun { id: check.id }, &ending).await?;
            closed.push(Closed { gate: gate.to_owned(), judged: verdict.is_some() });
        }
        for gate in self.left_statuses().await? {
            let verdict = verdict_of(&gate);
            let (state, title) =
                verdict.map_or((State::Error, ENDED.title), |judged| (judged.state, judged.ending.title));
            self.named_like(&gate).status(&gate, state, title).await?;
            closed.push(Closed { gate, judged: verdict.is_some() });
        }
        Ok(closed)
    }

    async fn left_checks(&self) -> Result<Vec<Listed>, PostError> {
        let path = self.path(&format!("/commits/{}/check-runs?filter=all", self.context.head));
        let listed = shown(self.pages(&path, |list: List| list.check_runs).await);
        let mut listed = listed.map_err(|fault| {
            PostError::new("the checks of this job were not found", Cause::Fault(fault, Permission::Checks))
        })?;
        listed.retain(|check| check.was_left_by(&self.context.external_id));
        Ok(listed)
    }

    /// The gates whose newest status is one of this job, and pending.
    async fn left_statuses(&self) -> Result<Vec<String>, PostError> {
        let Some(job) = self.place_of_status() else { return Ok(Vec::new()) };
        let path = self.path(&format!("/commits/{}/statuses", self.context.head));
        let listed = shown(self.pages(&path, |page: Vec<Status>| page).await).map_err(|fault| {
            PostError::new("the commit statuses of this job were not found", Cause::Fault(fault, Permission::Statuses))
        })?;
        let mut newest: BTreeMap<String, Status> = BTreeMap::new();
        for status in listed {
            if newest.get(&status.context).is_none_or(|known| known.id < status.id) {
                newest.insert(status.context.clone(), status);
            }
        }
        let left = newest.into_values().filter(|status| status.was_left_by(&job));
        Ok(left.filter_map(|status| status.context.strip_prefix(OURS).map(str::to_owned)).collect())
    }

    fn named_like(&self, gate: &str) -> Self {
        let mut named = self.clone();
        named.context.external_id.push_str(gate);
        named
    }
}

/// What a token may not see it has not made.
fn shown<T>(listed: Result<Vec<T>, Fault>) -> Result<Vec<T>, Fault> {
    match listed {
        Err(fault) if fault.is(403) || fault.is(404) => Ok(Vec::new()),
        listed => listed,
    }
}

impl Listed {
    fn was_left_by(&self, job: &str) -> bool {
        self.is_open() && self.external_id.as_deref().is_some_and(|id| id.starts_with(job))
    }
}

impl Status {
    fn was_left_by(&self, job: &str) -> bool {
        self.state == "pending" && self.target_url.as_deref().is_some_and(|url| url.starts_with(job))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_job_left_in_progress_is_closed() {
        let left = |external_id: Option<&str>, status: &str| {
            let check = Listed {
                id: 1,
                name: "stagegate / shop".to_owned(),
                external_id: external_id.map(str::to_owned),
                status: status.to_owned(),
            };
            check.was_left_by("17/2/gate/runner 3/")
        };
        assert!(left(Some("17/2/gate/runner 3/shop"), "in_progress"));
        assert!(left(Some("17/2/gate/runner 3/shop"), "queued"));
        assert!(!left(Some("17/2/gate/runner 3/shop"), "completed"));
        assert!(!left(Some("17/2/gate/runner 31/shop"), "in_progress"));
        assert!(!left(Some("17/1/gate/runner 3/shop"), "in_progress"));
        assert!(!left(None, "in_progress"));
    }
}
