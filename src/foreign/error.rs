//! Why files of another tool cannot be judged.

use std::io;

/// Why files of another tool cannot be judged: place, cause, next step.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// The file cannot be read.
    #[error("{file} cannot be read ({cause}); name a file that a load test wrote")]
    Read {
        /// The file.
        file: String,
        /// The system's words.
        cause: io::Error,
    },
    /// The file is of another kind.
    #[error("{file}:{line}: {why}; {how}")]
    OtherKind {
        /// The file.
        file: String,
        /// From 1.
        line: u64,
        /// What it is.
        why: String,
        /// How the right one is made.
        how: &'static str,
    },
    /// Too much of it cannot be read.
    #[error("{file}:{line}: {why}; {unreadable} of {lines} lines cannot be read, one in a hundred may; {how}")]
    Unreadable {
        /// The file.
        file: String,
        /// The first line that cannot be read, from 1.
        line: u64,
        /// Why not.
        why: String,
        /// So many lines cannot.
        unreadable: u64,
        /// Of so many.
        lines: u64,
        /// How the right one is made.
        how: &'static str,
    },
    /// There are more kinds of request than a report has rows for.
    #[error(
        "{file}: it holds more than {most} kinds of request, the latest is \"{name}\"; give requests that differ by an id one \
         name in the load script"
    )]
    TooManyNames {
        /// The file.
        file: String,
        /// So many are possible.
        most: usize,
        /// One of them.
        name: String,
    },
    /// A file without requests where requests are needed.
    #[error("{file}: it holds statistics, not requests; name one file for each phase")]
    NoRequests {
        /// The file.
        file: String,
    },
    /// A window that lies nowhere.
    #[error("--phase {phase}: {why}")]
    NoWindow {
        /// The phase.
        phase: String,
        /// Why.
        why: String,
    },
    /// The file names phases, none of which is planned.
    #[error("the samples are of the phases {found}, and gates.yaml has {planned}; give them the same names")]
    OtherPhases {
        /// Those of the file.
        found: String,
        /// Those of the plan.
        planned: String,
    },
}
