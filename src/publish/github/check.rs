//! The check run: the gate's result beside the commit, with notes on the lines of gates.yaml.
//!
//! It is created as in progress and completed on every end. The job's exit code is what blocks a merge; a check run that
//! is required as well must never say `neutral` or `skipped`, which GitHub takes for passed.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    annotation,
    api::{Api, Call},
    clip::clip,
    error::{Cause, Permission, PostError},
    fault::Fault,
    segment::segment,
    status::name,
    tries::Tries,
};
use crate::report::Annotation;

/// One request takes so many annotations; further ones are appended (GitHub's API's description, `checks`).
const BATCH: usize = 50;
/// GitHub takes no longer summary.
const LONGEST_SUMMARY: usize = 65_535;
/// One line on GitHub's pages.
const LONGEST_TITLE: usize = 255;

/// A check run that this job created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckRun {
    pub(super) id: u64,
}

/// How a check run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// The gate passed.
    Success,
    /// The gate failed, or came to no verdict.
    Failure,
    /// Somebody stopped it.
    Cancelled,
}

/// What a completed check run says.
#[derive(Debug, Clone, Copy)]
pub struct Completion<'a> {
    /// How it ends.
    pub conclusion: Conclusion,
    /// One line, cut at 255 characters.
    pub title: &'a str,
    /// Markdown, cut at 65,535 characters.
    pub summary: &'a str,
    /// Notes on lines, any number of them; their files as paths in the repository.
    pub annotations: &'a [Annotation],
}

/// A check run as GitHub lists it.
#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) name: String,
    pub(super) external_id: Option<String>,
    #[serde(default)]
    pub(super) status: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct List {
    pub(super) check_runs: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Whole {
    output: Counted,
}

#[derive(Debug, Deserialize)]
struct Counted {
    annotations_count: usize,
}

impl Conclusion {
    /// The conclusion that an exit code stands for: 0 passed, 130 and 143 are the signals of a cancelled job.
    pub fn of(exit: u8) -> Self {
        match exit {
            0 => Self::Success,
            130 | 143 => Self::Cancelled,
            _ => Self::Failure,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Api {
    /// Creates the check run `stagegate / GATE` as in progress.
    ///
    /// # Errors
    /// GitHub did not do it in time.
    pub async fn begin_check(&self, gate: &str) -> Result<CheckRun, PostError> {
        self.create_check(gate).await.map_err(|fault| check_error(gate, "was not created", fault))
    }

    /// The check run of this gate that this job left open, where the answer to its creation was lost; else a new one.
    ///
    /// # Errors
    /// GitHub did not do it in time.
    pub async fn resume_check(&self, gate: &str) -> Result<CheckRun, PostError> {
        let resumed = async {
            match self.open_check(gate).await? {
                Some(open) => Ok(open),
                None => self.create_check(gate).await,
            }
        };
        resumed.await.map_err(|fault| check_error(gate, "was not created", fault))
    }

    /// Completes a check run. The conclusion comes with the first annotations, so that it is there whatever becomes of
    /// the others.
    ///
    /// # Errors
    /// GitHub did not complete it, or did not take all annotations.
    pub async fn complete_check(&self, gate: &str, check: CheckRun, ending: &Completion<'_>) -> Result<(), PostError> {
        let notes: Vec<Value> = ending.annotations.iter().map(annotation::body).collect();
        let (first, rest) = notes.split_at(notes.len().min(BATCH));
        match self.append(check, ending, first, Batch::First).await {
            // A note that GitHub does not take must not leave the check in progress.
            Err(fault) if fault.is(422) && !first.is_empty() => {
                let completed = self.append(check, ending, &[], Batch::First).await;
                completed.map_err(|fault| check_error(gate, "was not completed", fault))?;
                return Err(check_error(gate, "has no annotations", fault));
            }
            first => first.map_err(|fault| check_error(gate, "was not completed", fault))?,
        }
        let mut sent = first.len();
        for batch in rest.chunks(BATCH) {
            let appended = self.append(check, ending, batch, Batch::After(sent)).await;
            let missing = format!("has only {sent} of {} annotations", notes.len());
            appended.map_err(|fault| check_error(gate, &missing, fault))?;
            sent += batch.len();
        }
        Ok(())
    }

    async fn create_check(&self, gate: &str) -> Result<CheckRun, Fault> {
        let mut body = json!({
            "name": name(gate),
            "head_sha": self.context.head,
            "status": "in_progress",
            "external_id": self.context.external_id,
        });
        if let Some(run) = &self.context.run {
            body["details_url"] = json!(run);
        }
        let mut tries = Tries::before(self.deadline);
        loop {
            match self.once::<Listed>(Call::Post(&body), &self.path("/check-runs")).await {
                Ok(created) => return Ok(CheckRun { id: created.id }),
                Err(fault) => tries.pause(fault).await?,
            }
            // It may have been created all the same.
            if let Some(created) = self.open_check(gate).await? {
                return Ok(created);
            }
        }
    }

    /// The check run that this very job created and has not completed: one that it has completed is an earlier step's.
    async fn open_check(&self, gate: &str) -> Result<Option<CheckRun>, Fault> {
        let below = format!("/commits/{}/check-runs?filter=all&check_name=", self.context.head);
        let path = self.path(&format!("{below}{}", segment(&name(gate))));
        let listed = self.pages(&path, |list: List| list.check_runs).await?;
        let own = |run: &&Listed| run.is_open() && run.external_id.as_deref() == Some(&self.context.external_id);
        Ok(listed.iter().find(own).map(|run| CheckRun { id: run.id }))
    }

    /// One request of a completion. GitHub appends annotations, so before it is sent again they are counted.
    async fn append(
        &self,
        check: CheckRun,
        ending: &Completion<'_>,
        notes: &[Value],
        batch: Batch,
    ) -> Result<(), Fault> {
        let path = self.path(&format!("/check-runs/{}", check.id));
        let body = batch.body(ending, notes);
        if notes.is_empty() {
            return self.ask::<Value>(Call::Patch(&body), &path).await.map(drop);
        }
        let mut tries = Tries::before(self.deadline);
        loop {
            match self.once::<Value>(Call::Patch(&body), &path).await {
                Ok(_) => return Ok(()),
                Err(fault) => tries.pause(fault).await?,
            }
            let there = self.ask::<Whole>(Call::Get, &path).await?.output.annotations_count;
            if there >= batch.before() + notes.len() {
                return Ok(());
            }
        }
    }
}

impl Listed {
    pub(super) fn is_open(&self) -> bool {
        self.status != "completed"
    }
}

fn check_error(gate: &str, became: &str, fault: Fault) -> PostError {
    PostError::new(format!("the check `{}` {became}", name(gate)), Cause::Fault(fault, Permission::Checks))
}

/// Where a request stands in a completion.
#[derive(Debug, Clone, Copy)]
enum Batch {
    /// It brings the conclusion.
    First,
    /// It appends to so many annotations.
    After(usize),
}

impl Batch {
    fn before(self) -> usize {
        match self {
            Self::First => 0,
            Self::After(sent) => sent,
        }
    }

    fn body(self, ending: &Completion<'_>, notes: &[Value]) -> Value {
        let mut body = json!({"output": {
            "title": clip(ending.title, LONGEST_TITLE),
            "summary": clip(ending.summary, LONGEST_SUMMARY),
        }});
        if !notes.is_empty() {
            body["output"]["annotations"] = json!(notes);
        }
        if let Self::First = self {
            body["status"] = json!("completed");
            body["conclusion"] = json!(ending.conclusion.word());
        }
        body
    }
}
