//! Checks outside the load: preflight, integrity and cleanup items.

use std::time::Duration;

use http::{HeaderName, Method};

use super::{Expect, GaugeId, Place, ScenarioId};

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
#[expect(clippy::large_enum_variant, reason = "a plan has a handful of checks")]
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
