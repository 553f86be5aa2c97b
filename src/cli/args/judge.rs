//! `judge`.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum, builder::BoolishValueParser};

use super::{ColourArg, below, examples};

#[derive(Args, Debug)]
#[command(after_help = below(examples::JUDGE))]
pub(in crate::cli) struct JudgeArgs {
    /// The tool that made the load
    #[arg(long, value_enum, value_name = "TOOL")]
    pub(in crate::cli) from: ToolArg,

    /// What the tool wrote. One file: the phases follow one another in it. Several: one for each phase, in their order
    #[arg(value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,

    /// Where a phase is: `NAME=FILE` (may be repeated for a phase), or `NAME=START..END` in the one file, since its first
    /// request (30s..90s) or RFC 3339; `NAME` alone judges only this phase
    #[arg(long, value_name = "NAME[=WHERE]")]
    pub(in crate::cli) phase: Vec<String>,

    /// What must hold
    #[arg(short, long, value_name = "FILE", env = "STAGEGATE_CONFIG", default_value = "gates.yaml")]
    pub(in crate::cli) config: PathBuf,

    /// The profile, of which only the choice of phases counts [default: `default`, or the whole ladder]
    #[arg(long, value_name = "NAME", env = "STAGEGATE_PROFILE")]
    pub(in crate::cli) profile: Option<String>,

    /// The app that was loaded, in the place of `target.url`; nothing is sent to it
    #[arg(long, value_name = "URL", env = "STAGEGATE_TARGET")]
    pub(in crate::cli) target: Option<String>,

    /// Where the reports go
    #[arg(long, value_name = "DIR", env = "STAGEGATE_OUT", default_value = "stagegate-out")]
    pub(in crate::cli) out: PathBuf,

    /// Where baselines are kept, in the place of `regression.store`: a directory, git:BRANCH or `s3://BUCKET/PREFIX`
    #[arg(long, value_name = "STORE", env = "STAGEGATE_BASELINE")]
    pub(in crate::cli) baseline: Option<String>,

    /// Saves this run as a baseline [default: in CI, a run of the default branch that passed]
    #[arg(long, env = "STAGEGATE_SAVE_BASELINE", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub(in crate::cli) save_baseline: bool,

    /// The commit that was loaded [default: the head of the event's pull request, `GITHUB_SHA`, git's HEAD, or `dev`]
    #[arg(long, value_name = "SHA", env = "STAGEGATE_COMMIT")]
    pub(in crate::cli) commit: Option<String>,

    /// Prints the headline only
    #[arg(short, long, env = "STAGEGATE_QUIET", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub(in crate::cli) quiet: bool,

    /// Colour in the output
    #[arg(long, value_enum, env = "STAGEGATE_COLOR", default_value_t = ColourArg::Auto)]
    pub(in crate::cli) color: ColourArg,
}

/// `--from`.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum ToolArg {
    /// k6: `--out json=FILE`, also compressed by gzip
    K6,
    /// Locust: `PREFIX_stats.csv` of `--csv PREFIX`, one run for each phase
    Locust,
    /// `JMeter`: a JTL file as CSV with header
    #[value(name = "jmeter")]
    JMeter,
    /// Samples in the general form, a JSON object a line
    Ndjson,
}
