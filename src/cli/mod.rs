//! The command line: reads it, calls the rooms, and ends with the exit code of the contract.

mod args;
mod baseline;
mod branch;
mod calibrate;
mod check;
mod ci;
mod colour;
mod comment;
mod commit;
mod compare;
pub mod demo;
mod distributions;
mod history;
mod init;
mod input;
mod judge;
mod live;
mod manual;
mod named;
mod output;
mod posting;
mod prepare;
mod publishing;
mod repeat;
mod report;
mod run;
mod schema;
mod selftest;

use std::{
    io::{self, IsTerminal as _},
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    process::ExitCode,
    sync::OnceLock,
};

use clap::{CommandFactory, FromArgMatches};

use self::args::{Cli, Command};
use crate::{config::Secrets, judge::DEFECT, load::Defect, report::clean};

/// It was done.
const DONE: u8 = 0;

/// Usage or gates.yaml is wrong; nothing was sent.
const USAGE: u8 = 2;

/// The secrets of this run, so that even a defect's last words do not tell them.
static SECRETS: OnceLock<Secrets> = OnceLock::new();

/// Runs the command line; the one function of the binary.
pub fn main() -> ExitCode {
    panic::set_hook(Box::new(report_defect));
    let code = panic::catch_unwind(AssertUnwindSafe(|| match read() {
        Ok(cli) => dispatch(cli.command),
        Err(error) => {
            if error.use_stderr() && !io::stderr().is_terminal() {
                // It quotes the command line, which may come from a branch's name.
                output::complain(error.render().to_string().trim_end());
            } else {
                // A closed output is nothing to report: whoever closed it does not want to read it.
                let _unread = error.print();
            }
            u8::try_from(error.exit_code()).unwrap_or(USAGE)
        }
    }));
    ExitCode::from(code.unwrap_or(DEFECT))
}

/// Reads the arguments and their environment variables. An empty variable is as good as none: that is what a CI system
/// makes of an input that was not given.
fn read() -> Result<Cli, clap::Error> {
    let matches = without_empty_variables(Cli::command()).try_get_matches()?;
    Cli::from_arg_matches(&matches)
}

fn without_empty_variables(command: clap::Command) -> clap::Command {
    let empty =
        |arg: &clap::Arg| arg.get_env().is_some_and(|name| std::env::var_os(name).is_some_and(|v| v.is_empty()));
    command
        .mut_args(|arg| if empty(&arg) { arg.env(clap::builder::Resettable::Reset) } else { arg })
        .mut_subcommands(without_empty_variables)
}

fn dispatch(command: Command) -> u8 {
    match command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Demo(args) => demo::run(*args),
        Command::Compare(args) => compare::run(&args),
        Command::Judge(args) => judge::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Comment(args) => comment::run(&args),
        Command::Baseline(args) => baseline::run(&args.act),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Selftest(args) => selftest::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::man(&args),
    }
}

/// One line about a panic: every panic is a defect, whatever app, file or network led to it.
fn report_defect(defect: &PanicHookInfo<'_>) {
    Defect::remember(defect);
    let message = defect.payload_as_str().unwrap_or("no message");
    let place = defect.location().map(|place| format!(" ({place})")).unwrap_or_default();
    let secrets = SECRETS.get().cloned().unwrap_or_default();
    let words = secrets.mask(message);
    output::complain(&format!(
        "stagegate: this is a defect in stagegate: {}{place}; please report it with this line and your gates.yaml. \
         What was finished before it stays.",
        clean(&words)
    ));
}
