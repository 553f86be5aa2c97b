//! `stagegate selftest`: whether everything that gates.yaml asks for can fail.

use std::{env, io, sync::Arc};

use clap::{ArgAction, Args, builder::BoolishValueParser};
use tokio::runtime;

use super::{
    USAGE,
    args::PlanArgs,
    colour,
    live::{Live, Loudness},
    output,
    prepare::{self, Prepared, prepare},
};
use crate::{
    gate::{self, Judges, Setup, Stop},
    judge::Extent,
    report::{self, Brief, Detail, Narrator},
};

/// Below the help of `selftest`.
const ABOUT_SELFTEST: &str = "Example:
  stagegate selftest --profile ci     before a changed gates.yaml is merged

It goes through the preflight checklist, drives the target with a few users for a few seconds, and keeps every
request and reading. Faults (delay, status, timeout, gauge value, silence) are put into what was kept; the app
itself is left alone.

Exit codes:
  0         each criterion, band and comparison holds, fails with a fault, and does not pass in silence
  1         at least one did not; it is named with its line and the reason
  2         usage or gates.yaml is wrong; nothing was sent
  3         could not be tried: preflight failed, target out of reach, users could not log in
  70        a defect in stagegate
  130, 143  interrupted";

#[derive(Args, Debug)]
#[command(after_help = ABOUT_SELFTEST)]
pub(super) struct SelftestArgs {
    #[command(flatten)]
    pub(super) plan: PlanArgs,

    /// Prints only what did not fire, and the sum
    #[arg(short, long, env = "STAGEGATE_QUIET", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub(super) quiet: bool,
}

/// Tries everything, prints what fired, and gives the exit code.
pub(super) fn run(args: &SelftestArgs) -> u8 {
    match selftest(args) {
        Ok(code) => code,
        Err(text) => {
            output::complain(&text);
            USAGE
        }
    }
}

/// Everything that can be wrong before the first request is an error here: the text for standard error.
fn selftest(args: &SelftestArgs) -> Result<u8, String> {
    let environment = prepare::environment();
    let Prepared { plan, secrets, .. } = prepare(&args.plan, environment.clone())?;
    let secrets = Arc::new(secrets);
    let setup = Setup {
        plan: Arc::new(plan),
        extent: Extent::Ladder,
        stop: Stop::on_signals().map_err(|cause| unusable(&cause))?,
        workers: None,
        repeat: String::new(),
        notes: Vec::new(),
        secrets: Arc::clone(&secrets),
        against: None,
        reads_ruler: false,
        repetitions: 1,
        logs: None,
        watched: false,
        binary: env::current_exe().map_err(|cause| unusable(&cause))?,
    };
    let errors = colour::decide(args.plan.color, &environment, &io::stderr());
    let narrator = Narrator::new(Box::new(|text| secrets.mask(text)), errors, Detail::Failures);
    let (loudness, brief) = if args.quiet { (Loudness::Quiet, Brief::Yes) } else { (Loudness::Normal, Brief::No) };
    let mut live = Live::new(narrator, loudness, &environment);
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(|cause| unusable(&cause))?;
    let found = runtime
        .block_on(gate::selftest(setup, &Judges::default(), &mut |event| live.show(&event)))
        .map_err(|error| format!("error: {}", report::clean(&secrets.mask(&error.to_string()))))?;
    // A name lookup that hangs would hold the end up.
    runtime.shutdown_background();
    live.end();
    let colour = colour::decide(args.plan.color, &environment, &io::stdout());
    output::print(&report::selftest(&found, brief, &|text| secrets.mask(text), colour));
    Ok(found.exit_code())
}

fn unusable(cause: &io::Error) -> String {
    format!("error: this machine gives the gate no event loop ({cause}); raise its limit of open files or processes")
}
