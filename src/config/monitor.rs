//! `monitors` and `bands`: the app's own gauges.

use serde::Deserialize;

use super::{Command, Located, Table, located::plain_fields};
use crate::units::Reading;

/// A source of gauges: prometheus, postgres, redis, host or command.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Monitor {
    /// Prometheus text: a path on the target, or a full URL. For counters, `rate(NAME)` is the increase a second.
    pub prometheus: Option<Located<String>>,
    /// The address of a `PostgreSQL` database: `postgresql://user:password@host:5432/name`. Gives `connections`,
    /// `pool_percent`, `max_connections`, `active`, `waiting`, `idle_in_transaction`, `oldest_transaction_seconds`,
    /// `cache_hit_percent`, `commits_per_second`, `rollbacks_per_second` and `deadlocks`.
    pub postgres: Option<Located<String>>,
    /// The address of a Redis: `redis://:password@host:6379`, `rediss://` with TLS. Gives `memory_bytes`,
    /// `memory_percent`, `clients`, `blocked_clients`, `evictions`, `hit_percent` and `commands_per_second`, and every
    /// number of its INFO under its own name.
    pub redis: Option<Located<String>>,
    /// `local`: the machine that the gate runs on; a process with all that it started; or a cgroup. Gives `cpu_percent`,
    /// `memory_percent`, `memory_bytes` and `open_files`; for the machine also `disk_busy_percent`, for the others
    /// `disk_bytes_per_second`.
    pub host: Option<Located<Host>>,
    /// Program and arguments; gives `value`, the number that it prints, or the names of the lines `name value`.
    pub command: Option<Located<Command>>,
    /// For postgres: the size of the app's connection pool, which `pool_percent` is of. Default: `max_connections`.
    pub pool: Option<Located<u32>>,
    /// Gauges, each with an expression over the source's names: `100 * db_connections / db_pool_size`.
    pub read: Table<Located<String>>,
}

/// What is watched of the machine that the gate runs on.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Host {
    /// A process by its number or its name, with all that it started.
    Process(Located<String>),
    /// A cgroup by its path below `/sys/fs/cgroup`, or below that of each controller.
    Cgroup(Located<String>),
    /// `local`: the whole machine.
    #[serde(rename = "$bare")]
    #[cfg_attr(test, schemars(untagged))]
    Named(Located<String>),
}

/// Safe is below `warning`; above `critical` it is critical.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// From here on the gauge is in the warning band: 60% means the number 60.
    pub warning: Located<Reading>,
    /// Above this the gauge is critical.
    pub critical: Located<Reading>,
}

plain_fields!(Monitor, Host);
