//! Checks that a killed run left in progress, found without knowing its gate.

use serde::Deserialize;

use super::{
    api::Api,
    check::{CheckRun, Completion, Conclusion},
    error::{Cause, Permission, PostError},
};

/// What the names of our checks begin with.
const OURS: &str = "stagegate / ";

/// What such a check says then.
const ENDED: Completion<'static> = Completion {
    conclusion: Conclusion::Failure,
    title: "the gate was ended before it had a verdict",
    summary: "The process was killed, or the machine went away. Run the job again for a verdict.",
    annotations: &[],
};

#[derive(Debug, Deserialize)]
struct List {
    check_runs: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    id: u64,
    name: String,
    external_id: Option<String>,
    status: String,
}

impl Api {
    /// Completes, as failed, every check of this job that is not completed; gives their gates. The context's
    /// `external_id` is what theirs begin with: one of a job that names no gate.
    ///
    /// # Errors
    /// GitHub did not do it in time; what was completed until then stays so.
    pub async fn close_checks(&self) -> Result<Vec<String>, PostError> {
        let path = self.path(&format!("/commits/{}/check-runs?filter=all", self.context.head));
        let listed = self.pages(&path, |list: List| list.check_runs).await.map_err(|fault| {
            PostError::new("the checks of this job were not found", Cause::Fault(fault, Permission::Checks))
        })?;
        let mut gates = Vec::new();
        for check in listed.iter().filter(|check| check.was_left_by(&self.context.external_id)) {
            let gate = check.name.strip_prefix(OURS).unwrap_or(&check.name);
            self.complete_check(gate, CheckRun { id: check.id }, &ENDED).await?;
            gates.push(gate.to_owned());
        }
        Ok(gates)
    }
}

impl Listed {
    fn was_left_by(&self, job: &str) -> bool {
        self.status != "completed" && self.external_id.as_deref().is_some_and(|id| id.starts_with(job))
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
