//! `stagegate calibrate`: the app against itself on this runner.

use std::{env, io, sync::Arc, time::Duration};

use clap::{ArgAction, Args, builder::BoolishValueParser};
use jiff::Timestamp;
use tokio::runtime;

use super::{
    USAGE,
    args::{PlanArgs, duration},
    colour,
    live::{Live, Loudness},
    output,
    prepare::{self, Comparison, Prepared, prepare_with},
};
use crate::{
    baseline::Environment,
    gate::{self, Setup, Stop},
    judge::Extent,
    report::{self, Circumstances, Detail, Narrator},
};

/// Below the help of `calibrate`.
const ABOUT_CALIBRATE: &str = "Example:
  stagegate calibrate --profile ci --budget 20m     on the runner that the gate runs on, with a calm app

It sends the load of the profile again and again until the budget is used up.

Exit codes:
  0         something is known: what, and what is not, stands in the output
  2         usage or gates.yaml is wrong; nothing was sent
  3         nothing could be measured: preflight failed, target out of reach, budget too short
  70        a defect in stagegate
  130, 143  interrupted; what was measured until then is printed";

#[derive(Args, Debug)]
#[command(after_help = ABOUT_CALIBRATE)]
pub(super) struct CalibrateArgs {
    #[command(flatten)]
    pub(super) plan: PlanArgs,

    /// How long it may take: 10m
    #[arg(long, value_name = "TIME", env = "STAGEGATE_BUDGET", default_value = "10m", value_parser = duration)]
    pub(super) budget: Duration,

    /// Prints the result only
    #[arg(short, long, env = "STAGEGATE_QUIET", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub(super) quiet: bool,
}

/// Measures within the budget, prints what it says, and gives the exit code.
pub(super) fn run(args: &CalibrateArgs) -> u8 {
    match calibrate(args) {
        Ok(code) => code,
        Err(text) => {
            output::complain(&text);
            USAGE
        }
    }
}

/// Everything that can be wrong before the first request is an error here: the text for standard error.
fn calibrate(args: &CalibrateArgs) -> Result<u8, String> {
    let environment = prepare::environment();
    let Prepared { plan, secrets, .. } = prepare_with(&args.plan, environment.clone(), Comparison::Wanted)?;
    let (plan, secrets) = (Arc::new(plan), Arc::new(secrets));
    let setup = Setup {
        plan: Arc::clone(&plan),
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
    let mut live = Live::new(narrator, if args.quiet { Loudness::Quiet } else { Loudness::Normal }, &environment);
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(|cause| unusable(&cause))?;
    let calibrated = runtime
        .block_on(gate::calibrate(setup, args.budget, &mut |event| live.show(&event)))
        .map_err(|error| format!("error: {}", report::clean(&secrets.mask(&error.to_string()))))?;
    // A name lookup that hangs would hold the end up.
    runtime.shutdown_background();
    live.end();
    let colour = colour::decide(args.plan.color, &environment, &io::stdout());
    let machine = Environment::look(&environment);
    let circumstances = Circumstances {
        day: &Timestamp::now().strftime("%Y-%m-%d").to_string(),
        runner: &format!("{}, {} cores, {}", machine.cpu_model, machine.cores, machine.os_image),
    };
    output::print(&report::calibration(&calibrated, &plan, circumstances, &|text| secrets.mask(text), colour));
    Ok(calibrated.exit_code())
}

fn unusable(cause: &io::Error) -> String {
    format!("error: this machine gives the gate no event loop ({cause}); raise its limit of open files or processes")
}
