//! Monitors: the app's own gauges, and the bands they should stay in.

use std::fmt;

use super::Place;

/// Index into [`super::Plan::gauges`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GaugeId(pub u32);

/// A named gauge: `app.cpu`.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    /// `MONITOR.GAUGE`.
    pub name: String,
    /// Its band, if one is declared.
    pub band: Option<Band>,
}

/// Safe is below `warning`; from `warning` on it is a warning; above `critical` it is critical.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Plain number; `60%` is 60.
    pub warning: f64,
    /// Plain number, not below `warning`.
    pub critical: f64,
}

/// One source of gauges.
#[derive(Debug, Clone)]
pub struct Monitor {
    /// Its key under `monitors`.
    pub name: String,
    /// Where the numbers come from.
    pub source: Source,
    /// The gauges that it fills, each with its expression over the source's names.
    pub read: Vec<(GaugeId, String)>,
    /// Its line.
    pub place: Place,
}

/// Where a monitor's numbers come from.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// Prometheus text.
    Prometheus {
        /// An absolute URL, or a path on the target (starting with `/`).
        url: String,
    },
    /// A `PostgreSQL` database.
    Postgres {
        /// `postgresql://user:password@host:port/name`; never shown.
        url: String,
        /// What `pool_percent` is of; `None` is `max_connections`.
        pool: Option<u32>,
    },
    /// A Redis.
    Redis {
        /// `redis://user:password@host:port`, `rediss://` with TLS; never shown.
        url: String,
    },
    /// The machine that the gate runs on, or a part of it.
    Host(Host),
    /// A command that prints numbers.
    Command {
        /// Program and arguments; no shell.
        arguments: Vec<String>,
    },
}

/// What is watched of the machine that the gate runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// All of it.
    Local,
    /// A process with all that it started.
    Process(Process),
    /// A cgroup, by its path below the mount point of cgroups or of a controller.
    Cgroup(String),
}

/// Which process is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Process {
    /// The one with this number.
    Id(u32),
    /// All with this name.
    Named(String),
}

/// What a database gives.
const POSTGRES: &[&str] = &[
    "connections",
    "pool_percent",
    "max_connections",
    "active",
    "waiting",
    "idle_in_transaction",
    "oldest_transaction_seconds",
    "cache_hit_percent",
    "commits_per_second",
    "rollbacks_per_second",
    "deadlocks",
];

/// What a process, a cgroup and the machine give.
const PART: &[&str] = &["cpu_percent", "memory_percent", "memory_bytes", "open_files"];
const MACHINE: &[&str] = &["cpu_percent", "memory_percent", "memory_bytes", "open_files", "disk_busy_percent"];

impl Source {
    /// The names that its expressions may use; `None` where only the source itself knows them.
    pub fn names(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::Prometheus { .. } | Self::Redis { .. } | Self::Command { .. } => None,
            Self::Postgres { .. } => Some(POSTGRES),
            Self::Host(Host::Local) => Some(MACHINE),
            Self::Host(_) => Some(PART),
        }
    }
}

/// Debug output is an output: an address is shown without what may be a password in it.
impl fmt::Debug for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prometheus { url } => out.debug_struct("Prometheus").field("url", url).finish(),
            Self::Postgres { pool, .. } => out.debug_struct("Postgres").field("pool", pool).finish_non_exhaustive(),
            Self::Redis { .. } => out.debug_struct("Redis").finish_non_exhaustive(),
            Self::Host(host) => out.debug_tuple("Host").field(host).finish(),
            Self::Command { arguments } => out.debug_struct("Command").field("arguments", arguments).finish(),
        }
    }
}
