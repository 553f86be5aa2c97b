//! `stagegate calibrate`: the app against itself on this runner.

use std::{env, io, sync::Arc};

use jiff::Timestamp;
use tokio::runtime;

use super::{
    USAGE,
    args::CalibrateArgs,
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
