//! Where the numbers of a verdict come from, when another tool made the load.

use serde::{Deserialize, Serialize};

/// The tool that made the load, and what was read of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// As `--from` names it: k6, locust, jmeter or ndjson.
    pub tool: String,
    /// What its times are.
    pub times: Times,
    /// Its files, in the order of the command line.
    pub files: Vec<SourceFile>,
    /// Requests that belong to no measured window: before, between and after them.
    pub outside: u64,
    /// Why `phases[].generator` is null, in one sentence.
    pub generator: String,
}

/// What the times of a tool are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// From the intended start of each request.
    Latency,
    /// From the actual start, so that a stall hides the requests that were not made meanwhile; `latency_ms` repeats
    /// `service_ms`.
    Service,
    /// Percentiles over a whole run, rounded by the tool, over failures too.
    Rounded,
}

/// A file of another tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// As the command line names it.
    pub name: String,
    /// Lines in it.
    pub lines: u64,
    /// Requests in it.
    pub requests: u64,
    /// Lines that could not be read.
    pub unreadable: u64,
}
