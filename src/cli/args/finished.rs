//! What looks at runs that are over: `report`, `comment` and `compare`.

use std::path::PathBuf;

use clap::Args;

use super::{ColourArg, examples};

#[derive(Args, Debug)]
#[command(after_help = examples::REPORT)]
pub(in crate::cli) struct ReportArgs {
    /// The output directory of a finished run
    #[arg(value_name = "DIR", default_value = "stagegate-out")]
    pub(in crate::cli) folder: PathBuf,
}

#[derive(Args, Debug)]
#[command(after_help = examples::COMMENT)]
pub(in crate::cli) struct CommentArgs {
    /// The output directory of a finished run; it may come from a fork
    #[arg(value_name = "DIR", default_value = "stagegate-out")]
    pub(in crate::cli) folder: PathBuf,

    /// Completes the checks and commit statuses that a killed run of this job left in progress, and posts no result
    #[arg(long)]
    pub(in crate::cli) close: bool,
}

#[derive(Args, Debug)]
#[command(after_help = format!("{}\n\n{COMPARE_EXIT_CODES}", examples::COMPARE))]
pub(in crate::cli) struct CompareArgs {
    /// A file of numbers (JSON), - for standard input; or the output directory of the base run
    #[arg(value_name = "FILE")]
    pub(in crate::cli) base: PathBuf,

    /// The output directory of the head run
    #[arg(value_name = "HEAD_DIR")]
    pub(in crate::cli) head: Option<PathBuf>,

    /// Prints JSON in the place of the table
    #[arg(long)]
    pub(in crate::cli) json: bool,

    /// What is inconclusive or new ends with 4 in the place of 0
    #[arg(long)]
    pub(in crate::cli) strict: bool,

    /// Colour in the output
    #[arg(long, value_enum, env = "STAGEGATE_COLOR", default_value_t = ColourArg::Auto)]
    pub(in crate::cli) color: ColourArg,
}

/// Below the help of `compare`.
const COMPARE_EXIT_CODES: &str = "Exit codes:
  0  passed; inconclusive and new, without --strict
  1  failed
  2  the input is unusable
  4  invalid; inconclusive and new, with --strict";
