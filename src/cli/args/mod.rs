//! The arguments; beside `demo`, `calibrate`, `selftest` and `manual`, the one place that names clap.

mod baseline;
pub(super) mod examples;
mod finished;
mod judge;
mod run;
mod shell;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use self::{
    baseline::{AcceptArgs, BaselineAct, BaselineArgs, PinArgs, PruneArgs, SaveArgs, ShowArgs, StoreArgs},
    finished::{CommentArgs, CompareArgs, ReportArgs},
    judge::{JudgeArgs, ToolArg},
    run::RunArgs,
    shell::{CompletionsArgs, ManArgs},
};
use super::{calibrate::CalibrateArgs, demo::DemoArgs, selftest::SelftestArgs};
use crate::units::Quantity;

/// A performance gate for CI: drives a staging app through phases of rising load, judges it, and ends with an exit code.
#[derive(Parser, Debug)]
#[command(name = "stagegate", version, max_term_width = 100, after_help = below(examples::ALL))]
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

/// Examples, and what the exit codes say.
fn below(examples: &str) -> String {
    format!("{examples}\n\n{EXIT_CODES}")
}

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Runs the gate: preflight, phases, verdict, reports
    Run(Box<RunArgs>),
    /// Reads gates.yaml, reports every problem at once, and prints the plan; sends nothing
    #[command(after_help = examples::CHECK)]
    Check(Box<PlanArgs>),
    /// Writes a commented gates.yaml and a GitHub workflow; never overwrites
    Init(InitArgs),
    /// Serves the built-in staging app
    Demo(Box<DemoArgs>),
    /// Judges numbers measured elsewhere, or puts two finished runs side by side
    Compare(CompareArgs),
    /// Judges a load that k6, Locust, `JMeter` or another tool made; sends nothing
    Judge(Box<JudgeArgs>),
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
    #[command(after_help = examples::SCHEMA)]
    Schema(SchemaArgs),
    /// Prints the completions of a shell
    Completions(CompletionsArgs),
    /// Prints a page of the manual, or writes them all
    Man(ManArgs),
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
#[command(after_help = examples::INIT)]
pub(super) struct InitArgs {
    /// Drafts gates.yaml from an `OpenAPI` description (YAML or JSON) or a recorded session (HAR)
    #[arg(long, value_name = "FILE")]
    pub(super) from: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct SchemaArgs {
    /// Prints a page for people in its place: every key with its type, default, meaning and example
    #[arg(long)]
    pub(super) markdown: bool,
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

pub(super) fn duration(text: &str) -> Result<Duration, String> {
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
mod documented;
#[cfg(test)]
mod tests;
