//! `target`: where load goes.

use std::time::Duration;

use serde::Deserialize;

use super::{Located, Table, located::plain_fields};

/// Where load goes.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The address of the app, or `demo`: the built-in staging app, started on a free loopback port. A path in it
    /// (`https://app.example.com/base`) stands before the path of each step, check and monitor.
    pub url: Located<String>,
    /// Hosts that load may be sent to besides loopback; `*.` as the first label stands for one or more labels. Any
    /// other host is refused before a byte is sent.
    #[serde(default)]
    pub allow: Vec<Located<String>>,
    /// Longest time for one request, connect included. Default 10s.
    pub timeout: Option<Located<Duration>>,
    /// The version of HTTP, for the target and every other host that a step names. `h2` and `auto` offer it in the TLS
    /// handshake (ALPN); without TLS, `h2` is spoken without asking and `auto` is HTTP/1.1. Default h1.
    pub http: Option<Located<Http>>,
    /// When a user opens a new connection. Default keep.
    pub connections: Option<Located<Connections>>,
    /// Addresses of hosts, in the place of what a name server says: {app.staging.example.com: 10.1.2.3}. The name still
    /// stands in the Host header and in the TLS handshake.
    #[serde(default)]
    pub resolve: Table<Located<String>>,
    /// A proxy for the load, probes and `ready`: `http://127.0.0.1:3128`. Its host is loopback or listed under `allow`. Proxies
    /// that the environment names are never used.
    pub proxy: Option<Located<String>>,
    /// Headers of every request.
    #[serde(default)]
    pub headers: Table<Located<String>>,
    /// Whether each request carries a `traceparent` header (W3C Trace Context) with an id of its own; those of the slowest
    /// and of the first failed requests stand in the reports, to be looked up in the app's tracing. Default false.
    #[serde(default)]
    pub trace: bool,
    /// Certificates.
    #[serde(default)]
    pub tls: Tls,
    /// Wait for a fresh deployment before anything else.
    pub ready: Option<Ready>,
    /// A command that serves the app at `url`, which is on this machine then: the gate starts it, waits for `ready`, and
    /// stops it with everything it started at the end. With `--target` it is left alone.
    pub start: Option<Located<Start>>,
}

/// A version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Http {
    /// HTTP/1.1 with keep-alive.
    H1,
    /// HTTP/2.
    H2,
    /// What the server chooses (ALPN).
    Auto,
}

/// When a user opens a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Connections {
    /// Only when it has none, or the server has closed it.
    Keep,
    /// For each iteration; the login has one of its own.
    Iteration,
    /// For each request.
    Request,
    /// Never: users share connections, with `http: h2` only. Each worker has one, and another one whenever the server takes
    /// no further request on those that it has.
    Shared,
}

/// Certificates.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// A PEM file with certificate authorities, in addition to the machine's own.
    pub ca: Option<Located<String>>,
    /// Whether certificates are verified; false is printed in every report. Default true.
    pub verify: Option<Located<bool>>,
}

/// Wait for a fresh deployment.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ready {
    /// A path that answers with a status of 200 to 399 when the app is ready.
    pub get: Located<String>,
    /// Longest wait. Default 60s.
    pub within: Option<Located<Duration>>,
}

/// A command that serves the app.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Program and arguments; no shell.
    pub command: Vec<Located<String>>,
    /// Environment variables in addition to the gate's own.
    #[serde(default)]
    pub env: Table<Located<String>>,
    /// Where it runs, relative to the folder of gates.yaml. Default: that folder.
    pub folder: Option<Located<String>>,
}

/// A second deployment of the app, measured in turn with the target.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Against {
    /// Its address; what `target` says besides `url` and `start` holds for it too.
    pub url: Located<String>,
    /// A command that serves it at `url`, as `target.start`.
    pub start: Option<Located<Start>>,
}

plain_fields!(Connections, Http, Start);
