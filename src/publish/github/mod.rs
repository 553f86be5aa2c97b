//! GitHub: what a run leaves on a pull request and its commit, and the files that the runner reads.
//!
//! An [`Api`] is made from a [`Context`] and a [`Deadline`]; it posts the comment, the check run and the commit status.
//! What cannot be posted is a [`PostError`], a warning: GitHub's faults never change a verdict, and nothing is posted
//! twice because of one. octocrab is named here only.

mod annotation;
mod api;
mod check;
mod clip;
mod commands;
mod comment;
mod context;
mod deadline;
mod error;
mod event;
mod fault;
mod job;
mod left;
mod marker;
mod own;
mod pull_request;
mod runner;
mod segment;
mod status;
mod tries;

pub use api::Api;
pub use check::{CheckRun, Completion, Conclusion};
pub use commands::{GROUP_END, commands, group, warning};
pub use comment::{Done, Posted};
pub use context::{Context, Token};
pub use deadline::Deadline;
pub use error::PostError;
pub use event::{Event, Kind, Source, is_hash};
pub use job::{NoContext, folder_in_repository};
pub use left::{Closed, Judged};
pub use runner::{GitHub, LARGEST_SUMMARY};
pub use status::State;
