//! What a run posts to GitHub: a check or a status that is in progress from before the load on, and at the end the
//! comment, the check's conclusion and the annotations. What cannot be posted is a warning and nothing else.

use std::{env, time::Duration};

use tokio::{runtime, time::sleep};

use super::publishing;
use crate::{
    config::{Environment, Secrets},
    gate::Stop,
    plan::{self, Plan},
    publish::{
        Event,
        github::{self, Api, CheckRun, Completion, Conclusion, Context, Deadline, NoContext, PostError, Source, State},
    },
    report::{self, Annotation, Blob, Links, Publishable},
};

/// How long the beginning may take: the load waits for it.
const BEGINNING: Duration = Duration::from_secs(5);

/// The end of a run that came to no verdict: an error after the beginning, or a defect.
const ABANDONED: Duration = Duration::from_secs(5);

/// Its words in a check, a status and a comment.
const NO_VERDICT: &str = "the gate ended without a verdict";
const WHY_NO_VERDICT: &str = "It stopped at an error before it had one; the job's log says which.";

/// The summary of a check whose own was interrupted.
const INTERRUPTED_POST: &str =
    "The run was interrupted before all of it was posted; the job's log and report have the rest.";

/// What this run posts. Dropped without [`Posting::end`], it completes what it began.
pub(super) struct Posting {
    job: Option<Job>,
    switches: plan::GitHub,
    links: Links,
    warnings: Vec<String>,
}

/// The job that posts. Dropped with something begun, it completes that as failed: a check that stays in progress would
/// hold the pull request up for good.
struct Job {
    context: Context,
    source: Option<Source>,
    gate: String,
    /// Whether there may be a comment of an earlier run.
    comments: bool,
    begun: Begun,
    /// What the run came to, as soon as that is known.
    verdict: Option<Ended>,
    /// How long it may take to complete what was begun, where nobody else does.
    patience: Duration,
}

/// What waits for its end.
enum Begun {
    Nothing,
    Check(CheckRun),
    Status,
}

/// The end of a run in a line.
#[derive(Clone)]
struct Ended {
    conclusion: Conclusion,
    state: State,
    title: String,
    summary: &'static str,
}

/// What there is to say after everything was posted.
pub(super) struct Said {
    /// A sentence each.
    pub(super) warnings: Vec<String>,
    /// Lines for GitHub's runner, to be printed as they are.
    pub(super) commands: String,
}

impl Posting {
    /// A run that posts nothing.
    pub(super) fn nothing() -> Self {
        let switches = plan::GitHub::default();
        Self { job: None, switches, links: Links::default(), warnings: Vec::new() }
    }

    /// What gates.yaml asks for, as far as this is a job of GitHub Actions.
    ///
    /// # Errors
    /// When it asks for something and this is none.
    pub(super) fn of(plan: &Plan, secrets: &Secrets, environment: &Environment) -> Result<Self, NoContext> {
        let switches = plan.publish.github;
        if switches == plan::GitHub::default() {
            return Ok(Self::nothing());
        }
        let gate = report::clean(&secrets.mask(&plan.gate)).into_owned();
        let event = Event::of(environment);
        let mut posting = Self { switches, ..Self::nothing() };
        match Context::of(environment, &event, &gate) {
            Err(NoContext::Outside) => return Err(NoContext::Outside),
            Err(why) if switches.posts() => posting.warnings.push(why.to_string()),
            Err(_) => {}
            Ok(context) => {
                posting.links = Links { run: context.run.clone(), blob: blob(&context, environment) };
                posting.job = Some(Job {
                    context,
                    source: event.source,
                    gate,
                    comments: switches.comment,
                    begun: Begun::Nothing,
                    verdict: None,
                    patience: ABANDONED,
                });
            }
        }
        Ok(posting)
    }

    /// Says on GitHub that the gate runs.
    pub(super) fn begin(&mut self, stop: &Stop) {
        if let Self { job: Some(job), switches, warnings, .. } = self {
            warnings.extend(waited_for(stop, job.begin(*switches)).err());
        }
        for warning in &self.warnings {
            publishing::say(warning);
        }
    }

    /// Posts the verdict: at most 30 s, after an interruption 2 s.
    pub(super) fn end(mut self, publishable: &Publishable, stop: &Stop) -> Said {
        let notes = if self.switches.annotations { self.annotations(publishable) } else { Vec::new() };
        let code = publishable.verdict().exit_code;
        let (conclusion, state) = (Conclusion::of(code), State::of(code));
        // A run that its own deadline ended has nobody who waits to kill it.
        let total = if stop.is_asked() { Deadline::INTERRUPTED } else { Deadline::ENDED };
        let body = report::comment(publishable, &self.links);
        let title = report::check_title(publishable);
        let ending = Completion { conclusion, title: &title, summary: &body, annotations: &notes };
        let mut carried = false;
        if let Self { job: Some(job), switches, warnings, .. } = &mut self {
            // What this leaves undone was interrupted, and a second signal may be near.
            job.patience = Deadline::INTERRUPTED;
            job.verdict = Some(Ended { conclusion, state, title: title.clone(), summary: INTERRUPTED_POST });
            let work = async {
                let api = Api::new(&job.context, Deadline::within(total))?;
                let Job { source, gate, begun, .. } = job;
                let (check, comment) = tokio::join!(begun.complete((&api, gate), *switches, (&ending, state)), async {
                    if switches.comment { comment((&api, gate), source.as_ref(), &body).await } else { Ok(()) }
                });
                carried = check.is_ok() && switches.check;
                Ok::<_, PostError>([check, comment].into_iter().filter_map(Result::err).collect::<Vec<_>>())
            };
            let said = match waited_for(stop, work) {
                Ok(failed) => failed.iter().map(PostError::to_string).collect(),
                Err(why) => vec![why],
            };
            for warning in said {
                // What failed at the beginning and again now is said once.
                if !warnings.contains(&warning) {
                    publishing::say(&warning);
                    warnings.push(warning);
                }
            }
        }
        let warnings: Vec<_> = self.warnings.iter().map(|warning| publishing::masked(warning)).collect();
        let mut commands: String = warnings.iter().map(|warning| github::warning(warning)).collect();
        if !carried {
            commands.push_str(&github::commands(&notes, warnings.len()));
        }
        Said { warnings, commands }
    }

    /// The annotations at files of the repository; where nothing is known of the repository, at the files as named.
    fn annotations(&self, publishable: &Publishable) -> Vec<Annotation> {
        let place = |file: &str| match &self.links.blob {
            Some(blob) => blob.path(file),
            None => Some(file.to_owned()),
        };
        let listed = report::annotations(publishable).into_iter();
        listed.filter_map(|annotation| Some(Annotation { file: place(&annotation.file)?, ..annotation })).collect()
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if matches!(self.begun, Begun::Nothing) && !self.is_stale() {
            return;
        }
        match on_a_runtime(self.abandon()) {
            Ok(failed) => failed.iter().for_each(|error| publishing::say(&error.to_string())),
            Err(why) => publishing::say(&why),
        }
    }
}

impl Job {
    async fn begin(&mut self, switches: plan::GitHub) -> Result<(), PostError> {
        if !(switches.check || switches.status) {
            return Ok(());
        }
        let api = Api::new(&self.context, Deadline::within(BEGINNING))?;
        if switches.check {
            self.begun = Begun::Check(api.begin_check(&self.gate).await?);
        }
        if switches.status {
            // Also where the answer is lost: a status that was not set can be set all the same.
            self.begun = Begun::Status;
            api.status(&self.gate, State::Pending, "the gate is running").await?;
        }
        Ok(())
    }

    /// Whether a comment of an earlier run would stand as if it were this one's.
    fn is_stale(&self) -> bool {
        self.comments && self.verdict.is_none()
    }

    async fn abandon(&mut self) -> Vec<PostError> {
        let api = match Api::new(&self.context, Deadline::within(self.patience)) {
            Ok(api) => api,
            Err(error) => return vec![error],
        };
        let without = || Ended {
            conclusion: Conclusion::Failure,
            state: State::Error,
            title: NO_VERDICT.to_owned(),
            summary: WHY_NO_VERDICT,
        };
        let Ended { conclusion, state, title, summary } = self.verdict.clone().unwrap_or_else(without);
        let ending = Completion { conclusion, title: &title, summary, annotations: &[] };
        let switches = plan::GitHub {
            check: matches!(self.begun, Begun::Check(_)),
            status: matches!(self.begun, Begun::Status),
            ..plan::GitHub::default()
        };
        let stale = self.is_stale();
        let amended = async {
            if !stale {
                return Ok(());
            }
            let body = no_verdict(&self.context, WHY_NO_VERDICT);
            match api.on_pull_request(self.source.as_ref()).await? {
                Some(api) => api.amend_comment(&self.gate, &body).await.map(drop),
                None => Ok(()),
            }
        };
        let (check, comment) =
            tokio::join!(self.begun.complete((&api, &self.gate), switches, (&ending, state)), amended);
        [check, comment].into_iter().filter_map(Result::err).collect()
    }
}

impl Begun {
    /// A check that could not be begun is created now.
    async fn complete(
        &mut self,
        (api, gate): (&Api, &str),
        switches: plan::GitHub,
        (ending, state): (&Completion<'_>, State),
    ) -> Result<(), PostError> {
        if switches.check {
            let check = match self {
                Self::Check(check) => *check,
                _ => api.resume_check(gate).await?,
            };
            *self = Self::Check(check);
            let completed = api.complete_check(gate, check, ending).await;
            // What GitHub did not take in all this time is left to the next step, which finds the verdict in its file.
            *self = Self::Nothing;
            completed?;
        }
        if switches.status {
            let set = api.status(gate, state, ending.title).await;
            *self = Self::Nothing;
            set?;
        }
        Ok(())
    }
}

/// The comment, where the event has a pull request.
async fn comment((api, gate): (&Api, &str), source: Option<&Source>, body: &str) -> Result<(), PostError> {
    match api.on_pull_request(source).await? {
        Some(api) => api.comment(gate, body).await.map(drop),
        None => Ok(()),
    }
}

/// What the comment of an earlier run becomes where this one has no verdict.
pub(super) fn no_verdict(context: &Context, why: &str) -> String {
    let run = context.run.as_ref().map(|run| format!(" [The run]({run})")).unwrap_or_default();
    format!("**No verdict** for {}. {why}{run}\n", context.head)
}

/// The files of the repository at the commit, where the gate runs inside a checkout of it.
fn blob(context: &Context, environment: &Environment) -> Option<Blob> {
    let folder = github::folder_in_repository(environment, &env::current_dir().ok()?)?;
    let Context { server, owner, repository, head, .. } = context;
    let base = format!("{}/{owner}/{repository}/blob/{head}", server.as_str().trim_end_matches('/'));
    Some(Blob { base, folder })
}

/// Does the work, and gives up after the run was asked to end: half a second later than the work itself does, where it
/// knows of that.
fn waited_for<T>(stop: &Stop, work: impl Future<Output = Result<T, PostError>>) -> Result<T, String> {
    on_a_runtime(async {
        let late = async {
            stop.asked().await;
            sleep(Deadline::INTERRUPTED + Duration::from_millis(500)).await;
        };
        tokio::select! {
            biased;
            done = work => done.map_err(|error| error.to_string()),
            () = late => Err("the run was interrupted before everything was posted to GitHub".to_owned()),
        }
    })
    .and_then(|done| done)
}

/// One runtime for each time that something is posted; connections do not outlive it.
pub(super) fn on_a_runtime<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|cause| format!("nothing was posted to GitHub: no event loop ({cause})"))?;
    let done = runtime.block_on(work);
    // A name lookup that hangs would hold the end up.
    runtime.shutdown_background();
    Ok(done)
}
