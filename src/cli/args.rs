//! The arguments; the one place beside `demo` that names clap.

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, builder::BoolishValueParser};

use super::demo::DemoArgs;
use crate::units::Quantity;

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
    /// Renders all report formats again from a finished run's directory
    Report(ReportArgs),
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

    /// A second deployment to compare with, block by block in one sitting
    #[arg(long, value_name = "URL", env = "STAGEGATE_AGAINST", conflicts_with = "baseline")]
    pub(super) against: Option<String>,

    /// Where baselines are kept, in the place of `regression.store`: a directory, git:BRANCH or s3://BUCKET/PREFIX
    #[arg(long, value_name = "STORE", env = "STAGEGATE_BASELINE")]
    pub(super) baseline: Option<String>,

    /// The run ends after this as by SIGTERM: 30m
    #[arg(long, value_name = "TIME", env = "STAGEGATE_DEADLINE", value_parser = duration)]
    pub(super) deadline: Option<Duration>,

    /// Colour in the output
    #[arg(long, value_enum, env = "STAGEGATE_COLOR", default_value_t = ColourArg::Auto)]
    pub(super) color: ColourArg,
}

impl PlanArgs {
    /// Whether they ask for a comparison.
    pub(super) fn comparison(&self) -> bool {
        self.against.is_some() || self.baseline.is_some()
    }
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

fn duration(text: &str) -> Result<Duration, String> {
    let time = Duration::parse(text).map_err(|error| error.to_string())?;
    if time.is_zero() { Err("a deadline is longer than nothing".to_owned()) } else { Ok(time) }
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
            &["run", "--seed", "x"],
            &["compare", "file.json"],
            &[],
        ] {
            assert_eq!(read(line).expect_err("it is wrong").exit_code(), 2, "{line:?}");
        }
        assert_eq!(read(&["--help"]).expect_err("help is no command").exit_code(), 0);
    }
}
