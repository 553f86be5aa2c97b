//! `stagegate comment DIR`: posts a finished run, for workflows whose own token may not.
//!
//! On `workflow_run` the directory is the artifact of a run that may come from a fork. Nothing of it is believed but its
//! numbers and short names: the commit, its branch and whose that is come from the event, the pull request from GitHub.

use std::{fs, path::Path};

use super::{
    DONE, SECRETS, USAGE, args::CommentArgs, output, posting::on_a_runtime, prepare, publishing, report as finished,
};
use crate::{
    config::{Environment, Secrets},
    publish::{
        Event,
        github::{self, Api, Context, Deadline, Done, NoContext, PostError, Posted, Source},
        is_hash,
    },
    report::{self, Links, Publishable, VERDICT, clean},
};

/// Why nothing was posted.
enum Unposted {
    /// The directory, the job or the event is not what it must be; nothing was asked of GitHub.
    Refused(String),
    /// GitHub did not take it, which is no fault of the run.
    Failed(String),
}

/// Posts, or closes what was left. What GitHub does not take is a warning; what cannot be posted at all is wrong usage.
pub(super) fn run(args: &CommentArgs) -> u8 {
    let environment = prepare::environment();
    // There is one command in a process.
    let _first = SECRETS.set(Secrets::new(&[], &environment));
    let done = if args.close { close(&environment) } else { post(&args.folder, &environment) };
    match done {
        Ok(line) => {
            output::print(&format!("{}\n", clean(&publishing::masked(&line))));
            DONE
        }
        Err(Unposted::Refused(sentence)) => {
            output::complain(&format!("error: {}", clean(&publishing::masked(&sentence))));
            USAGE
        }
        Err(Unposted::Failed(sentence)) => {
            publishing::say(&sentence);
            output::print_exactly(&github::warning(&publishing::masked(&sentence)));
            DONE
        }
    }
}

fn post(folder: &Path, environment: &Environment) -> Result<String, Unposted> {
    let event = Event::of(environment);
    let publishable = untrusted(folder).map_err(Unposted::Refused)?;
    let verdict = publishable.verdict();
    let context = Context::of(environment, &event, &verdict.gate).map_err(|why| Unposted::Refused(why.to_string()))?;
    if !verdict.commit.eq_ignore_ascii_case(&context.head) {
        let measured = if is_hash(&verdict.commit) { &verdict.commit } else { "another one" };
        return Err(Unposted::Refused(format!(
            "the verdict is of commit {measured} and this workflow of {}; nothing was posted, because it would stand at \
             code that was not measured",
            context.head
        )));
    }
    let body = report::comment(&publishable, &Links { run: context.run.clone(), blob: None });
    let posted = on_a_runtime(comment(context, event.source, &verdict.gate, &body)).map_err(Unposted::Failed)?;
    let Posted { url, done } = posted.map_err(|error| Unposted::Failed(error.to_string()))?;
    Ok(match done {
        Done::Created => format!("posted {url}"),
        Done::Updated => format!("updated {url}"),
        Done::Left => format!("left {url} as it is: it tells of a newer commit"),
    })
}

async fn comment(mut context: Context, source: Option<Source>, gate: &str, body: &str) -> Result<Posted, PostError> {
    let deadline = Deadline::within(Deadline::ENDED);
    if let (None, Some(Source { owner, branch })) = (context.pull_request, &source) {
        context.pull_request = Some(Api::new(&context, deadline)?.pull_request(owner, branch).await?);
    }
    Api::new(&context, deadline)?.comment(gate, body).await
}

/// The verdict of a directory that anybody may have made; an error is one sentence.
fn untrusted(folder: &Path) -> Result<Publishable, String> {
    let path = folder.join(VERDICT);
    if fs::symlink_metadata(&path).is_ok_and(|file| file.is_symlink()) {
        return Err(format!(
            "{} is a symbolic link and is not followed; name the output directory of a finished run",
            path.display()
        ));
    }
    let publishable = finished::read(&path)?;
    Publishable::untrusted(publishable.verdict().clone())
}

/// Outside of GitHub Actions, and without a token, no check can have been begun.
fn close(environment: &Environment) -> Result<String, Unposted> {
    let context = match Context::of(environment, &Event::of(environment), "") {
        Ok(context) => context,
        Err(why @ (NoContext::Outside | NoContext::NoToken)) => return Ok(format!("no check to close: {why}")),
        Err(why) => return Err(Unposted::Refused(why.to_string())),
    };
    let closed = on_a_runtime(async { Api::new(&context, Deadline::within(Deadline::ENDED))?.close_checks().await });
    let gates = closed.map_err(Unposted::Failed)?.map_err(|error| Unposted::Failed(error.to_string()))?;
    Ok(match gates.as_slice() {
        [] => "this job left no check in progress".to_owned(),
        gates => format!("completed as failed, because no verdict came: {}", gates.join(", ")),
    })
}
