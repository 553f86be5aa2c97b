//! Text into the world: the files of a run, and what GitHub and GitLab show of it.
//!
//! The verdict is made before anything here runs. What cannot be published is a [`PublishError`], which becomes a
//! warning; it never changes the exit code. Only a folder that cannot be written at all stops a run, and that before
//! any load is sent.

mod folder;
pub mod github;
pub mod gitlab;

use std::{io, path::PathBuf};

pub use folder::Folder;
pub use github::{Event, GitHub, LARGEST_SUMMARY, is_hash};

/// What could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The output directory cannot be made or written to.
    #[error(
        "the output directory {} cannot be written ({cause}); choose another with --out, or change its owner or mode",
        path.display()
    )]
    Folder {
        /// The directory.
        path: PathBuf,
        /// The system's words.
        cause: io::Error,
    },
    /// A report's name leads out of the output directory, or is no name of a file.
    #[error("`{name}` is not a name inside the output directory; change it under `publish` in gates.yaml")]
    Name {
        /// The name.
        name: String,
    },
    /// A file cannot be written.
    #[error("{} cannot be written ({cause}); the report is missing, the verdict stands", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's words.
        cause: io::Error,
    },
    /// The step summary has no room left.
    #[error(
        "the step summary is full (GitHub takes {LARGEST_SUMMARY} bytes a step); see the report files in its place"
    )]
    SummaryFull,
}
