//! `stagegate comment DIR`: posts a finished run, for workflows whose own token may not.
//!
//! On `workflow_run` the directory is the artifact of a run that may come from a fork. Nothing of it is believed but its
//! numbers and short names: the commit, its branch and whose that is come from the event, the pull request from GitHub.

use std::{fs, path::Path};

use super::{
    DONE, SECRETS, USAGE,
    args::CommentArgs,
    output,
    posting::{no_verdict, on_a_runtime},
    prepare, publishing, report as finished,
};
use crate::{
    config::{Environment, Secrets},
    publish::{
        Event,
        github::{
            self, Api, Closed, Completion, Conclusion, Context, Deadline, Done, Judged, NoContext, PostError, Posted,
            Source, State,
        },
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
    let done = if args.close { close(&args.folder, &environment) } else { post(&args.folder, &environment) };
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
    let mut context =
        Context::of(environment, &event, &verdict.gate).map_err(|why| Unposted::Refused(why.to_string()))?;
    // The report is in the run that measured, where this is another one.
    context.run = event.run.map(|run| context.page_of(run)).or(context.run);
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

async fn comment(context: Context, source: Option<Source>, gate: &str, body: &str) -> Result<Posted, PostError> {
    let api = Api::new(&context, Deadline::within(Deadline::ENDED))?;
    match (context.pull_request, &source) {
        (None, Some(source)) => api.found(source).await?.comment(gate, body).await,
        _ => api.comment(gate, body).await,
    }
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

/// What a killed run left says its verdict where it had one, which this job's own directory tells. Outside of GitHub
/// Actions, and without a token, nothing can have been begun.
fn close(folder: &Path, environment: &Environment) -> Result<String, Unposted> {
    let event = Event::of(environment);
    let context = match Context::of(environment, &event, "") {
        Ok(context) => context,
        Err(why @ (NoContext::Outside | NoContext::NoToken)) => return Ok(format!("no check to close: {why}")),
        Err(why) => return Err(Unposted::Refused(why.to_string())),
    };
    // A run clears the directory before it begins a check, so that what is there is of the run that was killed.
    let finished = finished::read(&folder.join(VERDICT)).ok();
    let finished = finished.filter(|it| it.verdict().commit.eq_ignore_ascii_case(&context.head));
    let closed = on_a_runtime(closed(&context, event.source.as_ref(), finished.as_ref()));
    let closed = closed.map_err(Unposted::Failed)?.map_err(|error| Unposted::Failed(error.to_string()))?;
    let named = |judged: bool| {
        let gates: Vec<&str> =
            closed.iter().filter(|it| it.judged == judged).map(|closed| closed.gate.as_str()).collect();
        gates.join(", ")
    };
    let sentences = [
        ("completed with the verdict that GitHub had not taken: ", named(true)),
        ("completed as failed, because no verdict came: ", named(false)),
    ];
    let said: Vec<String> =
        sentences.iter().filter(|(_, gates)| !gates.is_empty()).map(|(what, gates)| format!("{what}{gates}")).collect();
    Ok(if said.is_empty() { "this job left no check in progress".to_owned() } else { said.join("; ") })
}

/// Also the comment of an earlier run is told that this one has no verdict.
async fn closed(
    context: &Context,
    source: Option<&Source>,
    finished: Option<&Publishable>,
) -> Result<Vec<Closed>, PostError> {
    let api = Api::new(context, Deadline::within(Deadline::ENDED))?;
    let texts = finished.map(|finished| {
        let links = Links { run: context.run.clone(), blob: None };
        (clean(&finished.verdict().gate), report::check_title(finished), report::comment(finished, &links))
    });
    let judged = finished.zip(texts.as_ref()).map(|(finished, (gate, title, summary))| {
        let code = finished.verdict().exit_code;
        let ending = Completion { conclusion: Conclusion::of(code), title, summary, annotations: &[] };
        Judged { gate, ending, state: State::of(code) }
    });
    let closed = api.close_checks(judged.as_ref()).await?;
    let without: Vec<_> = closed.iter().filter(|closed| !closed.judged).collect();
    if without.is_empty() {
        return Ok(closed);
    }
    if let Some(api) = api.on_pull_request(source).await? {
        for Closed { gate, .. } in without {
            api.amend_comment(gate, &no_verdict(context, "The gate was ended before it had one.")).await?;
        }
    }
    Ok(closed)
}
