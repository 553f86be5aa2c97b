//! `baseline` and its acts.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::{PlanArgs, examples};
use crate::baseline::Accept;

#[derive(Args, Debug)]
#[command(after_help = examples::BASELINE)]
pub(in crate::cli) struct BaselineArgs {
    #[command(subcommand)]
    pub(in crate::cli) act: BaselineAct,
}

#[derive(Subcommand, Debug)]
pub(in crate::cli) enum BaselineAct {
    /// Lists the stored runs and decisions, and which of them a run is compared with
    #[command(after_help = examples::LIST)]
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
pub(in crate::cli) struct StoreArgs {
    /// The gates.yaml whose `regression.store` is used
    #[arg(short, long, value_name = "FILE", env = "STAGEGATE_CONFIG", default_value = "gates.yaml")]
    pub(in crate::cli) config: PathBuf,

    /// The profile [default: `default`, or the whole ladder where there is none]
    #[arg(long, value_name = "NAME", env = "STAGEGATE_PROFILE")]
    pub(in crate::cli) profile: Option<String>,

    /// Where baselines are kept, in the place of `regression.store`: a directory, git:BRANCH or `s3://BUCKET/PREFIX`
    #[arg(long, value_name = "STORE", env = "STAGEGATE_BASELINE")]
    pub(in crate::cli) baseline: Option<String>,
}

#[derive(Args, Debug)]
#[command(after_help = examples::SHOW)]
pub(in crate::cli) struct ShowArgs {
    #[command(flatten)]
    pub(in crate::cli) store: StoreArgs,

    /// The run, or how its id begins
    #[arg(value_name = "ID")]
    pub(in crate::cli) id: String,
}

#[derive(Args, Debug)]
#[command(after_help = examples::SAVE)]
pub(in crate::cli) struct SaveArgs {
    #[command(flatten)]
    pub(in crate::cli) plan: PlanArgs,

    /// Where baselines are kept, in the place of `regression.store`: a directory, git:BRANCH or `s3://BUCKET/PREFIX`
    #[arg(long, value_name = "STORE", env = "STAGEGATE_BASELINE")]
    pub(in crate::cli) baseline: Option<String>,

    /// The branch that was measured [default: the head of the event's pull request, `GITHUB_REF_NAME`, or git's]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) branch: Option<String>,

    /// The output directory of the finished run
    #[arg(value_name = "DIR", default_value = "stagegate-out")]
    pub(in crate::cli) folder: PathBuf,
}

#[derive(Args, Debug)]
#[command(after_help = examples::PIN)]
pub(in crate::cli) struct PinArgs {
    #[command(flatten)]
    pub(in crate::cli) store: StoreArgs,

    /// What for: v1.8
    #[arg(value_name = "LABEL")]
    pub(in crate::cli) label: String,
}

#[derive(Args, Debug)]
#[command(after_help = examples::ACCEPT)]
pub(in crate::cli) struct AcceptArgs {
    #[command(flatten)]
    pub(in crate::cli) store: StoreArgs,

    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: String,

    /// Who [default: `GITHUB_ACTOR`, or git's user.name]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) author: Option<String>,

    /// The last day that it holds, in UTC: 2027-01-31; afterwards the former history counts again [default: for good]
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(in crate::cli) expires: Option<Timestamp>,
}

#[derive(Args, Debug)]
#[command(after_help = examples::PRUNE)]
pub(in crate::cli) struct PruneArgs {
    #[command(flatten)]
    pub(in crate::cli) store: StoreArgs,

    /// So many runs of each kind and branch stay
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(in crate::cli) keep: u32,

    /// Removes them; without it, they are only listed
    #[arg(long)]
    pub(in crate::cli) yes: bool,
}

/// The end of a day that is not over yet.
fn day(text: &str) -> Result<Timestamp, String> {
    let end = text.parse().ok().and_then(Accept::end_of).ok_or("write a day like 2027-01-31")?;
    if end > Timestamp::now() { Ok(end) } else { Err("this day is over".to_owned()) }
}
