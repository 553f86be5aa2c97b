//! `monitors` and `bands`: the app's own gauges.

use serde::Deserialize;

use super::{Command, Located, Table, located::plain_fields};
use crate::units::Reading;

/// A source of gauges: prometheus, postgres, host or command.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Monitor {
    /// Prometheus text: a path on the target, or a full URL.
    pub prometheus: Option<Located<String>>,
    /// A `PostgreSQL` connection string; gives `pool_percent`.
    pub postgres: Option<Located<String>>,
    /// `local`: the machine that the gate runs on; gives `cpu_percent`, `memory_percent` and `disk_busy_percent`.
    pub host: Option<Located<String>>,
    /// Program and arguments; gives `value`, the number that it prints.
    pub command: Option<Located<Command>>,
    /// For postgres: the size of the pool, in the place of `max_connections`.
    pub pool: Option<Located<u32>>,
    /// Gauges, each with an expression over the source's names: `100 * db_connections / db_pool_size`.
    pub read: Table<Located<String>>,
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

plain_fields!(Monitor);
