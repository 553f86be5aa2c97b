//! What a shell and a manual know of the command line.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use super::examples;

#[derive(Args, Debug)]
#[command(after_help = examples::COMPLETIONS)]
pub(in crate::cli) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(in crate::cli) shell: Shell,
}

#[derive(Args, Debug)]
#[command(after_help = examples::MAN)]
pub(in crate::cli) struct ManArgs {
    /// The command whose page is printed: `run`, `baseline list` [default: the page of the whole]
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    pub(in crate::cli) command: Vec<String>,

    /// Writes the pages of all commands into this folder, which is made if need be
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
}
