//! Checks outside the load: preflight, integrity and cleanup items.

use std::{fmt, time::Duration};

use http::{HeaderName, Method};

use super::{Expect, GaugeId, Place, ScenarioId, monitors::is_unverified};

/// One named item of `preflight`, `integrity` or `cleanup`.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its `name`, or a description of what it does.
    pub name: String,
    /// What it does.
    pub act: Act,
    /// Its line.
    pub place: Place,
}

/// What a check does.
#[derive(Debug, Clone)]
pub enum Act {
    /// One request without a session; `expect` must hold.
    Probe(Probe),
    /// One user runs the scenario once, login included; every step and check must hold.
    Scenario(ScenarioId),
    /// The file system that holds `path` has at least so many bytes free.
    Disk {
        /// A path that exists, or whose nearest existing parent is looked at.
        path: String,
        /// Bytes.
        free: u64,
    },
    /// Every listed gauge gives a number once.
    Monitors(Vec<GaugeId>),
    /// The command ends with status 0 within the target's timeout or `timeout`.
    Command {
        /// Program and arguments; no shell.
        arguments: Vec<String>,
        /// After this it is ended and the check fails.
        timeout: Duration,
    },
    /// A database gives the expected value.
    Query(Query),
}

/// One statement for a `PostgreSQL`, `postgres` and `sql` of an item.
#[derive(Clone)]
pub struct Query {
    /// `postgresql://user:password@host:port/name`; never shown.
    pub url: String,
    /// One SELECT that gives one row with one value.
    pub sql: String,
    /// `expect.value`: a number, a text, true or false.
    pub expected: serde_json::Value,
    /// Connecting included; after this the item fails.
    pub timeout: Duration,
}

impl Query {
    /// Whether the database is on another machine and its certificate is not looked at.
    pub fn is_unverified(&self) -> bool {
        is_unverified(&self.url)
    }
}

/// Debug output is an output: the address may hold a password.
impl fmt::Debug for Query {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("Query");
        shown.field("sql", &self.sql).field("expected", &self.expected).field("timeout", &self.timeout);
        shown.finish_non_exhaustive()
    }
}

/// A single request of a check.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The method.
    pub method: Method,
    /// Path on the target (starting with `/`), or an absolute URL on an allowed host.
    pub url: String,
    /// Headers of the target and of the item.
    pub headers: Vec<(HeaderName, String)>,
    /// The encoded body, if any.
    pub body: Option<String>,
    /// As for a step; redirects are not followed.
    pub timeout: Duration,
    /// What must hold.
    pub expect: Expect,
}
