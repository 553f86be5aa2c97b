//! The arguments; beside `demo`, `calibrate` and `selftest`, the one place that names clap.

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, builder::BoolishValueParser};

use jiff::Timestamp;

use super::{calibrate::CalibrateArgs, demo::DemoArgs, selftest::SelftestArgs};
use crate::{baseline::Accept, units::Quantity};

/// A performance gate for CI: drives a staging app through phases of rising load, judges it, and ends with an exit code.
#[derive(Parser, Debug)]
#[command(name = "stagegate", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Below the help of the whole and of `run`.
const EXIT_CODES: &str = "Exit codes:
  0         passed, warnings included
  1         failed: a blocking criterion, a regression, recovery or integrity
  2         usage or gates.yaml is wrong; nothing was sent
  3         could not be measured: preflight failed, target out of reach, generator saturated
  4         inconclusive under a policy that says fail
  70        a defect in stagegate
  130, 143  interrupted; partial reports are written and marked";

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Runs the gate: preflight, phases, verdict, reports
    Run(Box<RunArgs>),
    /// Reads gates.yaml, reports every problem at once, and prints the plan; sends nothing
    Check(Box<PlanArgs>),
    /// Writes a commented gates.yaml and a GitHub workflow; never overwrites
    Init(InitArgs),
    /// Serves the built-in staging app
    Demo(Box<DemoArgs>),
    /// Judges numbers measured elsewhere, or puts two finished runs side by side
    Compare(CompareArgs),
    /// Renders all report formats again from a finished run's directory
    Report(ReportArgs),
    /// Posts a finished run on its pull request, from a workflow that may; takes numbers and names only
    Comment(CommentArgs),
    /// Lists, shows, saves, pins, accepts and prunes stored baselines
    Baseline(Box<BaselineArgs>),
    /// Measures the app against itself on this runner: false alarms, noise, and the margin that it holds
    Calibrate(Box<CalibrateArgs>),
    /// Proves on the target that every criterion, band and comparison can fail; a few users for seconds
    Selftest(Box<SelftestArgs>),
    /// Prints the JSON schema of gates.yaml
    Schema,
}

/// What is run: shared by `run` and `check`.
#[derive(Args, Debug)]
pub(super) struct PlanArgs {
    /// What to run
    #[arg(short, long, value_name = "FILE", env = "STAGEGATE_CONFIG", default_value = "gates.yaml")]
    pub(super) config: PathBuf,

    /// The profile [default: `default`, or the whole ladder where there is none]
    #[arg(long, value_name = "NAME", env = "STAGEGATE_PROFILE")]
    pub(super) profile: Option<String>,

    /// Only this phase; may be repeated, in the environment with commas
    #[arg(long, value_name = "NAME", env = "STAGEGATE_PHASE", value_delimiter = ',')]
    pub(super) phase: Vec<String>,

    /// Where load goes, in the place of `target.url`
    #[arg(long, value_name = "URL", env = "STAGEGATE_TARGET")]
    pub(super) target: Option<String>,

    /// The commit under test [default: the head of the event's pull request, `GITHUB_SHA`, git's HEAD, or `dev`]
    #[arg(long, value_name = "SHA", env = "STAGEGATE_COMMIT")]
    pub(super) commit: Option<String>,

    /// Seed of every random choice [default: drawn, and printed]
    #[arg(long, value_name = "N", env = "STAGEGATE_SEED")]
    pub(super) seed: Option<u64>,

    /// Shortens windows and warm-ups to not below 5 s, in the place of the profile's
    #[arg(long, value_name = "X", env = "STAGEGATE_TIME_SCALE", value_parser = scale)]
    pub(super) time_scale: Option<f64>,

    /// The run ends after this as by SIGTERM: 30m
    #[arg(long, value_name = "TIME", env = "STAGEGATE_DEADLINE", value_parser = duration)]
    pub(super) deadline: Option<Duration>,

    /// Colour in the output
    #[arg(long, value_enum, env = "STAGEGATE_COLOR", default_value_t = ColourArg::Auto)]
    pub(super) color: ColourArg,
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the contract")]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) plan: PlanArgs,

    /// Where the reports go
    #[arg(long, value_name = "DIR", env = "STAGEGATE_OUT", default_value = "stagegate-out")]
    pub(super) out: PathBuf,

    /// Preflight and one pass of one user through every scenario; no load
    #[arg(long, env = "STAGEGATE_DRY_RUN", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub(super) dry_run: bool,

    /// A second deployment to compare with, block by block in one sitting
    #[arg(long, value_name = "URL", env = "STAGEGATE_AGAINST", conflicts_with_all = ["baseline", "repeat", "save_baseline"])]
    pub(super) against: Option<String>,

    /// Where baselines are kept, in the place of `regression.store`: a directory, git:BRANCH or `s3://BUCKET/PREFIX`
    #[arg(long, value_name = "STORE", env = "STAGEGATE_BASELINE")]
    pub(super) baseline: Option<String>,

    /// The ladder so many times, as head runs of a stored comparison
    #[arg(long, value_name = "N", env = "STAGEGATE_REPEAT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(super) repeat: u32,

    /// Saves this run as a baseline [default: in CI, a run of the default branch that passed]
    #[arg(long, env = "STAGEGATE_SAVE_BASELINE", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub(super) save_baseline: bool,

    /// Prints the headline only
    #[arg(short, long, env = "STAGEGATE_QUIET", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub(super) quiet: bool,

    /// Prints a line every second, and what each check saw
    #[arg(short, long, env = "STAGEGATE_VERBOSE", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub(super) verbose: bool,
}

#[derive(Args, Debug)]
pub(super) struct InitArgs {
    /// Makes scenarios of an `OpenAPI` description or a recorded session (not yet)
    #[arg(long, value_name = "FILE")]
    pub(super) from: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct ReportArgs {
    /// The output directory of a finished run
    #[arg(value_name = "DIR", default_value = "stagegate-out")]
    pub(super) folder: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct CommentArgs {
    /// The output directory of a finished run; it may come from a fork
    #[arg(value_name = "DIR", default_value = "stagegate-out")]
    pub(super) folder: PathBuf,

    /// Posts nothing, and completes the checks that a killed run of this job left in progress
    #[arg(long)]
    pub(super) close: bool,
}

#[derive(Args, Debug)]
pub(super) struct BaselineArgs {
    #[command(subcommand)]
    pub(super) act: BaselineAct,
}

#[derive(Subcommand, Debug)]
pub(super) enum BaselineAct {
    /// Lists the stored runs and decisions, and which of them a run is compared with
    List(StoreArgs),
    /// Shows one run: its machine, values and percentiles
    Show(ShowArgs),
    /// Saves a finished run, on the machine that ran it; only a passed or warned one
    Save(Box<SaveArgs>),
    /// Makes the newest ten runs the anchor, against slow creep
    Pin(PinArgs),
    /// Accepts that something is slower now: a new history begins
    Accept(AcceptArgs),
    /// Removes all but the newest runs and those of the anchor
    Prune(PruneArgs),
}

/// Which store.
#[derive(Args, Debug)]
pub(super) struct StoreArgs {
    /// The gates.yaml whose `regression.store` is used
    #[arg(short, long, value_name = "FILE", env = "STAGEGATE_CONFIG", default_value = "gates.yaml")]
    pub(super) config: PathBuf,

    /// The profile [default: `default`, or the whole ladder where there is none]
    #[arg(long, value_name = "NAME", env = "STAGEGATE_PROFILE")]
    pub(super) profile: Option<String>,

    /// Where baselines are kept, in the place of `regression.store`: a directory, git:BRANCH or `s3://BUCKET/PREFIX`
    #[arg(long, value_name = "STORE", env = "STAGEGATE_BASELINE")]
    pub(super) baseline: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    pub(super) store: StoreArgs,

    /// The run, or how its id begins
    #[arg(value_name = "ID")]
    pub(super) id: String,
}

#[derive(Args, Debug)]
pub(super) struct SaveArgs {
    #[command(flatten)]
    pub(super) plan: PlanArgs,

    /// Where baselines are kept, in the place of `regression.store`: a directory, git:BRANCH or `s3://BUCKET/PREFIX`
    #[arg(long, value_name = "STORE", env = "STAGEGATE_BASELINE")]
    pub(super) baseline: Option<String>,

    /// The branch that was measured [default: the head of the event's pull request, `GITHUB_REF_NAME`, or git's]
    #[arg(long, value_name = "NAME")]
    pub(super) branch: Option<String>,

    /// The output directory of the finished run
    #[arg(value_name = "DIR", default_value = "stagegate-out")]
    pub(super) folder: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct PinArgs {
    #[command(flatten)]
    pub(super) store: StoreArgs,

    /// What for: v1.8
    #[arg(value_name = "LABEL")]
    pub(super) label: String,
}

#[derive(Args, Debug)]
pub(super) struct AcceptArgs {
    #[command(flatten)]
    pub(super) store: StoreArgs,

    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,

    /// Who [default: `GITHUB_ACTOR`, or git's user.name]
    #[arg(long, value_name = "NAME")]
    pub(super) author: Option<String>,

    /// The last day that it holds, in UTC: 2027-01-31; afterwards the former history counts again [default: for good]
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(super) expires: Option<Timestamp>,
}

#[derive(Args, Debug)]
pub(super) struct PruneArgs {
    #[command(flatten)]
    pub(super) store: StoreArgs,

    /// So many runs of each kind and branch stay
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) keep: u32,

    /// Removes them; without it, they are only listed
    #[arg(long)]
    pub(super) yes: bool,
}

#[derive(Args, Debug)]
#[command(after_help = COMPARE_EXIT_CODES)]
pub(super) struct CompareArgs {
    /// A file of numbers (JSON), - for standard input; or the output directory of the base run
    #[arg(value_name = "FILE")]
    pub(super) base: PathBuf,

    /// The output directory of the head run
    #[arg(value_name = "HEAD_DIR")]
    pub(super) head: Option<PathBuf>,

    /// Prints JSON in the place of the table
    #[arg(long)]
    pub(super) json: bool,

    /// What is inconclusive or new ends with 4 in the place of 0
    #[arg(long)]
    pub(super) strict: bool,

    /// Colour in the output
    #[arg(long, value_enum, env = "STAGEGATE_COLOR", default_value_t = ColourArg::Auto)]
    pub(super) color: ColourArg,
}

/// Below the help of `compare`.
const COMPARE_EXIT_CODES: &str = "Exit codes:
  0  passed; inconclusive and new, without --strict
  1  failed
  2  the input is unusable
  4  invalid; inconclusive and new, with --strict";

/// `--color`.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColourArg {
    /// On a terminal, with regard to `NO_COLOR` and `CLICOLOR_FORCE`
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let time = Duration::parse(text).map_err(|error| error.to_string())?;
    if time.is_zero() { Err("a deadline is longer than nothing".to_owned()) } else { Ok(time) }
}

/// The end of a day that is not over yet.
fn day(text: &str) -> Result<Timestamp, String> {
    let end = text.parse().ok().and_then(Accept::end_of).ok_or("write a day like 2027-01-31")?;
    if end > Timestamp::now() { Ok(end) } else { Err("this day is over".to_owned()) }
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if scale.is_finite() && scale > 0.0 => Ok(scale),
        _ => Err("write a number above 0, like 0.25".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn read(line: &[&str]) -> Result<Cli, clap::Error> {
        Cli::try_parse_from([&["stagegate"], line].concat())
    }

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_of_run_has_an_environment_variable() {
        let command = Cli::command();
        let run = command.find_subcommand("run").expect("there is a run");
        for arg in run.get_arguments().filter(|arg| arg.get_id() != "help") {
            let flag = arg.get_long().expect("every argument of run has a long flag");
            let name = format!("STAGEGATE_{}", flag.to_uppercase().replace('-', "_"));
            assert_eq!(arg.get_env().and_then(|name| name.to_str()), Some(name.as_str()));
        }
    }

    #[test]
    fn every_flag_of_the_contract_is_there() {
        let line = "run -c f --profile p --phase a --phase b --target http://x --baseline s --repeat 3 --out o \
                    --save-baseline --commit c --seed 7 --time-scale 0.5 --deadline 30m --dry-run -v \
                    --color never";
        let cli = read(&line.split_whitespace().collect::<Vec<_>>()).expect("all of them");
        let Command::Run(args) = cli.command else { panic!("it is run") };
        assert_eq!(args.plan.phase, ["a", "b"]);
        assert_eq!(args.plan.deadline, Some(Duration::from_secs(1800)));
        assert!(args.dry_run && args.verbose && args.save_baseline && !args.quiet);
        assert!(read(&["run", "--against", "http://y"]).is_ok());
        assert!(read(&["selftest", "-c", "f", "--profile", "p", "--target", "http://x", "-q"]).is_ok());
        assert!(read(&["calibrate", "-c", "f", "--profile", "p", "--budget", "10m", "-q"]).is_ok());
    }

    #[test]
    fn every_act_on_baselines_is_there() {
        for line in [
            "list --baseline git:baselines",
            "show 0123",
            "save out --branch main -c f",
            "save",
            "pin v1.8",
            "accept --reason r --author a --expires 2127-01-31",
            "prune --keep 100 --yes",
        ] {
            let words: Vec<_> = ["baseline"].into_iter().chain(line.split_whitespace()).collect();
            assert!(read(&words).is_ok(), "{line}");
        }
    }

    #[test]
    fn wrong_usage_is_refused_with_code_2() {
        for line in [
            &["run", "--no-such-flag"][..],
            &["run", "--time-scale", "0"],
            &["run", "--time-scale", "NaN"],
            &["run", "--deadline", "30"],
            &["run", "--repeat", "0"],
            &["run", "--against", "http://y", "--baseline", "s"],
            &["run", "--against", "http://y", "--repeat", "2"],
            &["run", "--against", "http://y", "--save-baseline"],
            &["run", "--seed", "x"],
            &["baseline"],
            &["baseline", "accept"],
            &["baseline", "accept", "--reason", "r", "--expires", "tomorrow"],
            &["baseline", "accept", "--reason", "r", "--expires", "2020-01-31"],
            &["baseline", "prune", "--keep", "0"],
            &["calibrate", "--budget", "0s"],
            &["compare"],
            &["compare", "a", "b", "c"],
            &[],
        ] {
            assert_eq!(read(line).expect_err("it is wrong").exit_code(), 2, "{line:?}");
        }
        assert_eq!(read(&["--help"]).expect_err("help is no command").exit_code(), 0);
    }
}
