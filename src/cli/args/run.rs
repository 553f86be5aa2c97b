//! `run`.

use std::path::PathBuf;

use clap::{ArgAction, Args, builder::BoolishValueParser};

use super::{PlanArgs, below, examples};

#[derive(Args, Debug)]
#[command(after_help = below(examples::RUN))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the contract")]
pub(in crate::cli) struct RunArgs {
    #[command(flatten)]
    pub(in crate::cli) plan: PlanArgs,

    /// Where the reports go
    #[arg(long, value_name = "DIR", env = "STAGEGATE_OUT", default_value = "stagegate-out")]
    pub(in crate::cli) out: PathBuf,

    /// Preflight and one pass of one user through every scenario; no load
    #[arg(long, env = "STAGEGATE_DRY_RUN", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub(in crate::cli) dry_run: bool,

    /// A second deployment to compare with, block by block in one sitting
    #[arg(long, value_name = "URL", env = "STAGEGATE_AGAINST", conflicts_with_all = ["baseline", "repeat", "save_baseline"])]
    pub(in crate::cli) against: Option<String>,

    /// Where baselines are kept, in the place of `regression.store`: a directory, git:BRANCH or `s3://BUCKET/PREFIX`
    #[arg(long, value_name = "STORE", env = "STAGEGATE_BASELINE")]
    pub(in crate::cli) baseline: Option<String>,

    /// The ladder so many times, as head runs of a stored comparison
    #[arg(long, value_name = "N", env = "STAGEGATE_REPEAT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(in crate::cli) repeat: u32,

    /// Saves this run as a baseline [default: in CI, a run of the default branch that passed]
    #[arg(long, env = "STAGEGATE_SAVE_BASELINE", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub(in crate::cli) save_baseline: bool,

    /// Prints the headline only
    #[arg(short, long, env = "STAGEGATE_QUIET", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub(in crate::cli) quiet: bool,

    /// Prints a line every second, and what each check saw
    #[arg(short, long, env = "STAGEGATE_VERBOSE", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub(in crate::cli) verbose: bool,
}
