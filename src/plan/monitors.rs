//! Monitors: the app's own gauges, and the bands they should stay in.

use std::{fmt, net::IpAddr};

use url::Url;

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
        /// An absolute URL, or a path on the target (starting with `/`); never shown.
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
const PART: &[&str] = &["cpu_percent", "memory_percent", "memory_bytes", "open_files", "disk_bytes_per_second"];
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

    /// Whether it is a database on another machine whose certificate is not looked at.
    pub fn is_unverified(&self) -> bool {
        matches!(self, Self::Postgres { url, .. } if is_unverified(url))
    }
}

/// Debug output is an output: no address is shown, for it may hold a password.
impl fmt::Debug for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prometheus { .. } => out.debug_struct("Prometheus").finish_non_exhaustive(),
            Self::Postgres { pool, .. } => out.debug_struct("Postgres").field("pool", pool).finish_non_exhaustive(),
            Self::Redis { .. } => out.debug_struct("Redis").finish_non_exhaustive(),
            Self::Host(host) => out.debug_tuple("Host").field(host).finish(),
            Self::Command { arguments } => out.debug_struct("Command").field("arguments", arguments).finish(),
        }
    }
}

/// Whether the address is that of a database on another machine whose certificate is not looked at, because the address asks
/// for nothing (`sslmode`).
pub(super) fn is_unverified(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    // A socket's folder takes the place of the host.
    let socket = host.is_empty() || host.starts_with("%2F") || host.starts_with("%2f");
    let asked = url.query_pairs().any(|(name, value)| name == "sslmode" && value != "prefer");
    !here && !socket && !asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_elsewhere_is_unverified_until_its_address_says_how_it_is_secured() {
        for (url, expected) in [
            ("postgresql://a:b@db.example.com/n", true),
            ("postgresql://a:b@10.0.0.7:5432/n?sslmode=prefer", true),
            ("postgresql://a:b@db.example.com/n?sslmode=require", false),
            ("postgresql://a:b@db.example.com/n?sslmode=disable", false),
            ("postgresql://a:b@127.0.0.1/n", false),
            ("postgresql://a:b@[::1]:5432/n", false),
            ("postgresql://a:b@localhost/n", false),
            ("postgresql://a@%2Frun%2Fpostgresql/n", false),
        ] {
            assert_eq!(Source::Postgres { url: url.to_owned(), pool: None }.is_unverified(), expected, "{url}");
        }
        assert!(!Source::Redis { url: "redis://db.example.com".to_owned() }.is_unverified());
    }

    #[test]
    fn no_address_is_shown() {
        let url = || "http://u:s3cret@h/?token=s3cret".to_owned();
        for source in [
            Source::Prometheus { url: url() },
            Source::Postgres { url: url(), pool: None },
            Source::Redis { url: url() },
        ] {
            assert!(!format!("{source:?}").contains("s3cret"), "{source:?}");
        }
    }
}
