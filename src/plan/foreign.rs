//! A load that another tool made: `judge --from`.

use std::time::Duration;

use super::EndpointId;

/// What the files of another tool hold, as far as a plan depends on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Foreign {
    /// The tool, as `--from` names it.
    pub tool: String,
    /// The kinds of request that the files hold, without repetition.
    pub rows: Vec<ForeignRow>,
    /// Measured windows that the command line gives, by phase; they take the place of `warmup` and `duration`.
    pub windows: Vec<(String, Duration)>,
}

/// One kind of request in the files of another tool.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ForeignRow {
    /// What the request may be called in gates.yaml, the tool's own name for it first; at least one.
    pub names: Vec<String>,
    /// The tool's name for the kind of user, where it has one.
    pub scenario: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
}

/// The load of a plan that another tool makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignLoad {
    /// The tool, as `--from` names it.
    pub tool: String,
    /// The endpoint of each row of [`Foreign::rows`].
    pub rows: Vec<EndpointId>,
}
