//! GitHub: what a run leaves on a pull request and its commit, and the files that the runner reads.

mod context;
mod runner;

pub use context::{Context, Token};
pub use runner::{GitHub, LARGEST_SUMMARY};
