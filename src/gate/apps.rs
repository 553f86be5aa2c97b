//! The apps that the gate starts itself: the target, and the base of a comparison.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::{
    Against, Event, Setup,
    checks::{at_the_top, tell_preflight},
    corridor::Walk,
    started::{Launch, Side, Started},
};
use crate::{
    judge::{CheckResult, Interruption, Outcome},
    plan::Deployment,
};

/// What an app may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(5);

/// The same when a signal or the deadline ended the run, which is to be over within 5 s, cleanup included.
const LITTLE_PATIENCE: Duration = Duration::from_secs(2);

/// What is started, and what was.
#[derive(Debug, Default)]
pub(super) struct Apps {
    logs: Option<PathBuf>,
    against: Option<Deployment>,
    target: Option<Started>,
    base: Option<Started>,
}

impl Apps {
    /// Nothing is started yet.
    pub(super) fn of(setup: &Setup) -> Self {
        let against = match &setup.against {
            Some(Against::Deployment(base)) => Some(base.clone()),
            _ => None,
        };
        Self { logs: setup.logs.clone(), against, ..Self::default() }
    }

    /// The one that was started for a side.
    pub(super) fn running(&self, side: Side) -> Option<&Started> {
        match side {
            Side::Target => self.target.as_ref(),
            Side::Base => self.base.as_ref(),
        }
    }
}

/// Starts what gates.yaml says; one that does not start stands in the checklist as failed.
pub(super) async fn start(walk: &mut Walk<'_>) -> Result<(), Interruption> {
    let plan = Arc::clone(&walk.plan);
    let (url, secrets, logs) = (walk.url.clone(), Arc::clone(&walk.kit.secrets), walk.apps.logs.clone());
    let (logs, secrets) = (logs.as_deref(), &secrets);
    if let Some(start) = &plan.target.start {
        let launch = Launch { side: Side::Target, start, url: &url, commit: Some(&plan.commit), logs, secrets };
        walk.apps.target = started(walk, &launch).await?;
    }
    let against = walk.apps.against.clone().filter(|_| walk.record.ready());
    if let Some(Deployment { url, start: Some(start) }) = &against {
        let launch = Launch { side: Side::Base, start, url, commit: None, logs, secrets };
        walk.apps.base = started(walk, &launch).await?;
    }
    Ok(())
}

/// Ends both at once. One that ended by itself is a remark in every report.
pub(super) async fn stop(walk: &mut Walk<'_>, interrupted: Option<&Interruption>) {
    let patience = if interrupted.is_some() { LITTLE_PATIENCE } else { PATIENCE };
    let stopped = |app: Option<Started>| async move {
        match app {
            Some(app) => app.stop(patience).await,
            None => Vec::new(),
        }
    };
    let Apps { target, base, .. } = std::mem::take(&mut walk.apps);
    let (target, base) = tokio::join!(stopped(target), stopped(base));
    target.into_iter().chain(base).for_each(|note| tell(walk, &note));
}

async fn started(walk: &mut Walk<'_>, launch: &Launch<'_>) -> Result<Option<Started>, Interruption> {
    match walk.stop.or(Started::start(launch)).await? {
        Ok(app) => {
            tell(walk, &app.announcement());
            Ok(Some(app))
        }
        Err(detail) => {
            let name = format!("{} starts", launch.side.word());
            let shown = CheckResult { name, outcome: Outcome::Failed, detail, ..at_the_top(&walk.plan) };
            tell_preflight(walk, shown);
            Ok(None)
        }
    }
}

fn tell(walk: &mut Walk<'_>, note: &str) {
    let note = format!("{}.", capitalized(note));
    (walk.listen)(Event::Note(note.clone()));
    walk.record.note(note);
}

fn capitalized(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
