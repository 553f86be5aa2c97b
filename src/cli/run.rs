//! `stagegate run`: the gate.

use std::{env, io, path::Path, sync::Arc};

use tokio::runtime;

use super::{
    USAGE,
    args::RunArgs,
    colour,
    live::{Live, Loudness},
    output,
    prepare::{self, Prepared, prepare},
    publishing, repeat,
};
use crate::{
    gate::{self, Setup, Stop},
    judge::Extent,
    publish::Folder,
    report::{self, Colour, Detail, Files, Narrator, Publishable},
};

/// Where a dry run writes inside the output directory: it measures nothing, so it never takes the place of a real verdict.
const DRY_RUN: &str = "dry-run";

/// Set in the tests: a defect on purpose, to see how it ends.
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
    not_yet(args)?;
    let environment = prepare::environment();
    let Prepared { plan, secrets, unmasked, .. } = prepare(&args.plan, environment.clone())?;
    let files = Files::from(&plan.publish);
    let out = if args.dry_run { args.out.join(DRY_RUN) } else { args.out.clone() };
    let folder = Folder::prepare(&out)
        .and_then(|folder| publishing::clear(&folder, &files).map(|()| folder))
        .map_err(|error| format!("error: {error}"))?;
    assert!(!environment.contains_key(DEFECT_ON_PURPOSE), "{DEFECT_ON_PURPOSE} is set");

    let (plan, secrets) = (Arc::new(plan), Arc::new(secrets));
    let setup = Setup {
        plan: Arc::clone(&plan),
        extent: if args.dry_run { Extent::DryRun } else { Extent::Ladder },
        stop: Stop::on_signals().map_err(|cause| unusable(&cause))?,
        workers: None,
        repeat: repeat::command(args, plan.seed),
        notes: remarks(args, &unmasked),
        secrets: Arc::clone(&secrets),
        binary: env::current_exe().map_err(|cause| unusable(&cause))?,
    };
    let detail = if args.verbose { Detail::Everything } else { Detail::Failures };
    let colour = colour::decide(args.plan.color, &environment, &io::stderr());
    let narrator = Narrator::new(Box::new(|text| secrets.mask(text)), colour, detail);
    let mut live = Live::new(narrator, loudness(args), &environment);
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(|cause| unusable(&cause))?;
    let finished = runtime
        .block_on(gate::run(setup, &mut |event| live.show(&event)))
        .map_err(|error| format!("error: {}", report::clean(&secrets.mask(&error.to_string()))))?;
    // A name lookup that hangs would hold the end of the run up.
    runtime.shutdown_background();
    let publishable = publishing::publish(&finished, &plan, &folder, &secrets, &environment);
    let colour = colour::decide(args.plan.color, &environment, &io::stdout());
    if !args.quiet || args.verbose {
        output::print(&report::rehearsals(&finished.rehearsals, detail, &|text| secrets.mask(text), colour));
    }
    close(args, (&publishable, &out), colour);
    Ok(finished.verdict.exit_code)
}

/// Flags of the contract that this version cannot carry out. A gate that went on without them would say more than it did.
fn not_yet(args: &RunArgs) -> Result<(), String> {
    if args.against.is_some() {
        return Err("error: --against is not there yet: this version compares with no second deployment; leave it out"
            .to_owned());
    }
    if args.repeat > 1 {
        return Err("error: --repeat is not there yet beyond 1; run the gate as often as needed".to_owned());
    }
    Ok(())
}

/// Secrets that cannot be masked, and flags that are accepted and change nothing in this version.
fn remarks(args: &RunArgs, unmasked: &[String]) -> Vec<String> {
    let secrets = (!unmasked.is_empty()).then(|| {
        let names = unmasked.join(", ");
        format!("Not masked in any output, because the value is under 6 characters: {names}.")
    });
    let baseline = args.baseline.as_ref().map(|_| "--baseline has no effect in this version.".to_owned());
    let save = args.save_baseline.then(|| "--save-baseline has no effect in this version.".to_owned());
    secrets.into_iter().chain(baseline).chain(save).collect()
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
