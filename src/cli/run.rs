//! `stagegate run`: the gate.

use std::{env, io, path::Path, sync::Arc};

use tokio::runtime;
use url::Url;

use super::{
    USAGE,
    args::RunArgs,
    colour,
    history::Shelf,
    live::{Live, Loudness},
    output,
    posting::{Posting, Said},
    prepare::{self, Comparison, Prepared, prepare_with},
    publishing, repeat,
};
use crate::{
    baseline,
    config::{Environment, Secrets},
    gate::{self, Against, Event, Finished, Setup, Stage, Stop},
    judge::{Extent, Machine},
    load,
    plan::{self, Deployment, Plan},
    publish::Folder,
    report::{self, Colour, Detail, Files, Narrator, Publishable},
};

/// Where a dry run writes inside the output directory: it measures nothing, so it never takes the place of a real verdict.
const DRY_RUN: &str = "dry-run";

/// Set in the tests: a defect on purpose, to see how it ends. In the window of the phase of this name, or before anything
/// is sent.
const DEFECT_ON_PURPOSE: &str = "STAGEGATE_DEFECT";

/// Runs the gate and gives its exit code.
pub(super) fn run(args: &RunArgs) -> u8 {
    match gate(args) {
        Ok(code) => code,
        Err(text) => {
            output::complain(&text);
            USAGE
        }
    }
}

/// Everything that can be wrong before the first request is an error here: the text for standard error.
fn gate(args: &RunArgs) -> Result<u8, String> {
    let environment = prepare::environment();
    let Prepared { mut plan, secrets, unmasked, .. } = prepare_with(&args.plan, environment.clone(), comparison(args))?;
    plan.against = base(args, &plan)?;
    let files = Files::from(&plan.publish);
    let out = if args.dry_run { args.out.join(DRY_RUN) } else { args.out.clone() };
    let folder = Folder::prepare(&out)
        .and_then(|folder| publishing::clear(&folder, &files).map(|()| folder))
        .map_err(|error| format!("error: {error}"))?;
    let (plan, secrets) = (Arc::new(plan), Arc::new(secrets));
    let stop = Stop::on_signals().map_err(|cause| unusable(&cause))?;
    // From here on every end, also an error's and a defect's, completes the check.
    let mut posting = posting(args, &plan, &secrets, &environment);
    posting.begin(&stop);
    let defect_in = environment.get(DEFECT_ON_PURPOSE);
    assert!(defect_in.is_none_or(|name| has_phase(&plan, name)), "{DEFECT_ON_PURPOSE} is set");

    let shelf = Shelf::of((args.baseline.as_deref(), &args.plan.config), &plan, &secrets, &environment);
    let against = against(args, &plan, &shelf);
    let detail = if args.verbose { Detail::Everything } else { Detail::Failures };
    let colour = colour::decide(args.plan.color, &environment, &io::stderr());
    let narrator = Narrator::new(Box::new(|text| secrets.mask(text)), colour, detail);
    let mut live = Live::new(narrator, loudness(args), &environment);
    let setup = Setup {
        plan: Arc::clone(&plan),
        extent: if args.dry_run { Extent::DryRun } else { Extent::Ladder },
        stop: stop.clone(),
        workers: None,
        repeat: repeat::command(args, plan.seed),
        notes: remarks(&unmasked, &plan),
        secrets: Arc::clone(&secrets),
        reads_ruler: reads_ruler(against.as_ref()) || shelf.wants(args),
        against,
        repetitions: args.repeat,
        logs: Some(out.clone()),
        watched: live.watched(),
        binary: env::current_exe().map_err(|cause| unusable(&cause))?,
    };
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(|cause| unusable(&cause))?;
    let mut finished = runtime
        .block_on(gate::run(setup, &mut |event| {
            assert!(!defect_in.is_some_and(|name| measures(&event, name)), "{DEFECT_ON_PURPOSE} is set");
            live.show(&event);
        }))
        .map_err(|error| format!("error: {}", report::clean(&secrets.mask(&error.to_string()))))?;
    // A name lookup that hangs would hold the end of the run up.
    runtime.shutdown_background();
    finished.verdict.runner = Some(machine(&environment));
    let mut publishable = publishing::write(&finished, &plan, &folder, &secrets);
    // After a defect nobody else may have taken away what is drawn again.
    live.end();
    // First what GitHub's runner reads: a second signal ends the process while the rest is posted.
    publishing::summarize(&mut publishable, &folder, &secrets, &environment);
    let Said { warnings, commands } = posting.end(&publishable, &stop);
    publishing::warn(&mut publishable, &warnings, &secrets, &environment);
    if shelf.wants(args) {
        save(&shelf, &finished, &secrets);
    }
    let colour = colour::decide(args.plan.color, &environment, &io::stdout());
    if !args.quiet || args.verbose {
        output::print(&report::rehearsals(&finished.rehearsals, detail, &|text| secrets.mask(text), colour));
    }
    close(args, (&publishable, &out), colour);
    output::print_exactly(&commands);
    Ok(finished.verdict.exit_code)
}

/// What gates.yaml asks to be posted; a dry run has no verdict to post.
fn posting(args: &RunArgs, plan: &Plan, secrets: &Secrets, environment: &Environment) -> Posting {
    if args.dry_run {
        return Posting::nothing();
    }
    Posting::of(plan, secrets, environment).unwrap_or_else(|outside| {
        if args.verbose {
            output::complain(&format!("publish.github: {outside}"));
        }
        Posting::nothing()
    })
}

/// What the cells are compared with, where gates.yaml or the command line asks for a comparison.
fn against(args: &RunArgs, plan: &Plan, shelf: &Shelf<'_>) -> Option<Against> {
    if plan.regression.is_none() || args.dry_run {
        return None;
    }
    Some(match &plan.against {
        Some(base) => Against::Deployment(base.clone()),
        None => Against::Stored(Box::new(shelf.stored_with_distributions())),
    })
}

fn has_phase(plan: &Plan, name: &str) -> bool {
    plan.phases.iter().any(|phase| phase.name == name)
}

/// Whether the window of the phase of this name is under way.
fn measures(event: &Event, name: &str) -> bool {
    matches!(event, Event::Progress(progress) if progress.stage == Stage::Window && progress.phase == name)
}

/// The second deployment of the run: that of the command line, else that of gates.yaml, unless the command line chooses
/// something else to compare with: what cannot go with `--against` is about stored runs.
fn base(args: &RunArgs, plan: &Plan) -> Result<Option<Deployment>, String> {
    let Some(text) = &args.against else {
        let stored = args.baseline.is_some() || args.repeat > 1 || args.save_baseline;
        return Ok(plan.against.clone().filter(|_| !stored));
    };
    let url = Url::parse(text).map_err(|cause| format!("error: --against {}: {cause}", report::clean(text)))?;
    if !plan::allowed(&url, &plan.target.allow) {
        return Err(format!(
            "error: --against {}: its host is neither loopback nor in target.allow; nothing was sent",
            report::clean(text)
        ));
    }
    Ok(Some(Deployment { url, start: None }))
}

/// A command line that names what to compare with asks for a comparison.
fn comparison(args: &RunArgs) -> Comparison {
    if args.against.is_some() || args.baseline.is_some() { Comparison::Wanted } else { Comparison::AsWritten }
}

/// The machine that the load came from.
fn machine(environment: &Environment) -> Machine {
    let baseline::Environment { cpu_model, cores, cpu_quota, memory, os_image, kernel, .. } =
        baseline::Environment::look(environment);
    Machine { cpu: cpu_model, cores, cpu_quota, memory_bytes: memory, system: os_image, kernel }
}

/// The machine's own speed matters where there are stored runs to compare with.
fn reads_ruler(against: Option<&Against>) -> bool {
    matches!(against, Some(Against::Stored(stored)) if !stored.past.runs.is_empty())
}

/// Saves the run as a baseline; what stands in the way is a warning and changes nothing else.
fn save(shelf: &Shelf<'_>, finished: &Finished, secrets: &Secrets) {
    let said = shelf.save(finished, secrets).unwrap_or_else(|why| format!("warning: {why}"));
    output::complain(&report::clean(&secrets.mask(&said)));
}

/// Secrets that cannot be masked, and what the plan needs beyond what this machine has.
fn remarks(unmasked: &[String], plan: &Plan) -> Vec<String> {
    let secrets = (!unmasked.is_empty()).then(|| {
        let names = unmasked.join(", ");
        format!("Not masked in any output, because the value is under 6 characters: {names}.")
    });
    secrets.into_iter().chain(plan.beyond(&load::limits())).collect()
}

fn loudness(args: &RunArgs) -> Loudness {
    match (args.quiet, args.verbose) {
        // Whoever asks for more on the command line means it, whatever the job's environment says.
        (_, true) => Loudness::Verbose,
        (true, _) => Loudness::Quiet,
        _ => Loudness::Normal,
    }
}

fn unusable(cause: &io::Error) -> String {
    format!("error: this machine gives the gate no event loop ({cause}); raise its limit of open files or processes")
}

/// The last words of the run, on standard output.
fn close(args: &RunArgs, (publishable, out): (&Publishable, &Path), colour: Colour) {
    if args.quiet && !args.verbose {
        output::print(&report::headline_only(publishable, colour));
        return;
    }
    output::print(&report::closing(publishable, &out.to_string_lossy(), colour));
}
