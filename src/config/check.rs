//! `preflight`, `integrity` and `cleanup`: checks outside the load.

use std::time::Duration;

use serde::Deserialize;

use super::{Expect, Located, OneOrMany, Table, Value, located::plain_fields};
use crate::units::Bytes;

/// One item of a checklist: a request, a scenario, free disk space, monitors, a command or a database's answer.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Its name in reports.
    pub name: Option<Located<String>>,
    /// A GET request: a path on the target, or an absolute URL on an allowed host.
    pub get: Option<Located<String>>,
    /// A HEAD request.
    pub head: Option<Located<String>>,
    /// A POST request.
    pub post: Option<Located<String>>,
    /// A PUT request.
    pub put: Option<Located<String>>,
    /// A PATCH request.
    pub patch: Option<Located<String>>,
    /// A DELETE request.
    pub delete: Option<Located<String>>,
    /// Headers in addition to the target's.
    #[serde(default)]
    pub headers: Table<Located<String>>,
    /// Query parameters.
    #[serde(default)]
    pub query: Table<Located<String>>,
    /// A form as the body.
    pub form: Option<Table<Located<String>>>,
    /// JSON as the body.
    pub json: Option<Located<Value>>,
    /// A text as the body.
    pub body: Option<Located<String>>,
    /// Longest time for the request, the command or the database. Default: the target's timeout.
    pub timeout: Option<Located<Duration>>,
    /// What must hold of the answer. Without a status 200 to 399 succeeds.
    pub expect: Option<Expect>,
    /// One user runs this scenario once, login included; every step and check must hold.
    pub scenario: Option<Located<String>>,
    /// Free space of the file system that holds a path.
    pub disk: Option<Disk>,
    /// `all`, or names of monitors: every gauge of theirs gives a number once.
    pub monitors: Option<OneOrMany<Located<String>>>,
    /// Program and arguments that end with status 0; no shell.
    pub command: Option<Located<Command>>,
    /// A `PostgreSQL` that is asked `sql`: postgresql://user:password@host:port/name.
    pub postgres: Option<Located<String>>,
    /// One SELECT that gives one row with one value, in a transaction that only reads; `expect.value` says which one holds.
    pub sql: Option<Located<String>>,
}

/// Program and arguments; no shell.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Command(pub Vec<Located<String>>);

/// Free disk space.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// A path; where it does not exist, its nearest existing parent is looked at.
    pub path: Located<String>,
    /// At least so much must be free: 1GiB.
    pub free: Located<Bytes>,
}

plain_fields!(Check, Command);
