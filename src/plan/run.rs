//! The plan of a run.

use core::net::IpAddr; // addresses only: `core` has no sockets
use std::{path::PathBuf, time::Duration};

use http::HeaderName;
use url::Url;

use super::{Check, Dataset, Endpoint, ForeignLoad, Gauge, Monitor, Phase, Policy, Recovery, Regression, Scenario};

/// Everything that a run will do, resolved and checked.
#[derive(Debug, Clone)]
pub struct Plan {
    /// `gate`.
    pub gate: String,
    /// The profile in force.
    pub profile: Profile,
    /// Seed of every random choice.
    pub seed: u64,
    /// The commit under test.
    pub commit: String,
    /// Where load goes.
    pub target: Target,
    /// In order; a failed item ends the run.
    pub preflight: Vec<Check>,
    /// By [`super::ScenarioId`].
    pub scenarios: Vec<Scenario>,
    /// By [`super::EndpointId`].
    pub endpoints: Vec<Endpoint>,
    /// Names of the columns of all datasets, by [`super::ColumnId`].
    pub columns: Vec<String>,
    /// All datasets.
    pub datasets: Vec<Dataset>,
    /// Sources of gauges.
    pub monitors: Vec<Monitor>,
    /// By [`super::GaugeId`], in the order of gates.yaml.
    pub gauges: Vec<Gauge>,
    /// The ladder, only the phases of the profile and of `--phase`, scaled.
    pub phases: Vec<Phase>,
    /// What follows the last phase that ran.
    pub recovery: Option<Recovery>,
    /// After recovery.
    pub integrity: Vec<Check>,
    /// At every end of the run.
    pub cleanup: Vec<Check>,
    /// `against`: the second deployment that the target is compared with, where gates.yaml names one.
    pub against: Option<Deployment>,
    /// Comparison with baselines.
    pub regression: Option<Regression>,
    /// What an undecided result leads to.
    pub policy: Policy,
    /// Names of the report files.
    pub publish: Publish,
    /// `--deadline`: the run ends like SIGTERM after this.
    pub deadline: Option<Duration>,
    /// Keys that were read and have no effect in this version or under this command line, as whole sentences for one line each.
    pub without_effect: Vec<String>,
    /// `judge --from`: the tool that makes the load; `None` where the gate makes it.
    pub foreign: Option<ForeignLoad>,
}

/// The profile in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// `time_scale`, 1 for none.
    pub time_scale: f64,
    /// Whether an uncertain phase is measured once more.
    pub extend: bool,
}

/// Where load goes.
#[derive(Debug, Clone)]
pub struct Target {
    /// `None` is `demo`: the gate starts the built-in staging app and learns the address then.
    pub url: Option<Url>,
    /// Hosts besides loopback; `*.` as the first label stands for one or more labels.
    pub allow: Vec<String>,
    /// Default of every request.
    pub timeout: Duration,
    /// Sent with every request (already merged into steps and probes; here for scrapes and readiness).
    pub headers: Vec<(HeaderName, String)>,
    /// `http`.
    pub http: Http,
    /// `connections`.
    pub connections: Connections,
    /// `resolve`: hosts, in lower case and without a dot at the end, and the address of each.
    pub resolve: Vec<(String, IpAddr)>,
    /// `proxy`: what load, probes and `ready` go through; speaks plain HTTP.
    pub proxy: Option<Url>,
    /// `trace`: whether each request of the load carries a `traceparent` of its own.
    pub trace: bool,
    /// TLS.
    pub tls: Tls,
    /// `ready`: path and longest wait.
    pub ready: Option<(String, Duration)>,
    /// `start`: what serves the app at `url`, a loopback address then.
    pub start: Option<Start>,
}

/// A command that serves an app for the time of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Program and arguments; at least the program.
    pub command: Vec<String>,
    /// Environment variables in addition to the gate's own.
    pub env: Vec<(String, String)>,
    /// Where it runs; empty for the current folder.
    pub folder: PathBuf,
}

/// A second deployment of the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Its address.
    pub url: Url,
    /// What serves it there; `None` for one that runs already.
    pub start: Option<Start>,
}

impl Target {
    /// What `resolve` says of a host.
    pub fn resolved(&self, host: &str) -> Option<IpAddr> {
        resolved(host, &self.resolve)
    }
}

/// The address that a list of hosts gives to one; case and a dot at the end do not matter.
pub fn resolved(host: &str, resolve: &[(String, IpAddr)]) -> Option<IpAddr> {
    let host = host.trim_end_matches('.');
    resolve.iter().find(|(name, _)| name.eq_ignore_ascii_case(host)).map(|(_, address)| *address)
}

/// `target.http`: the version of HTTP that is spoken with the target and with every other host that a step names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Http {
    /// HTTP/1.1.
    H1,
    /// HTTP/2; over plain TCP without asking first.
    H2,
    /// What the server chooses in the TLS handshake; over plain TCP HTTP/1.1.
    Auto,
}

/// `target.connections`: when a user opens a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    /// When it has none.
    Keep,
    /// When an iteration starts; the login has one of its own.
    Iteration,
    /// When a request is sent.
    Request,
    /// Never: users of one worker share connections, over HTTP/2.
    Shared,
}

/// `target.tls`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// A PEM file with certificate authorities, in addition to the machine's own.
    pub ca: Option<PathBuf>,
    /// Whether certificates are verified; when not, every report says so.
    pub verify: bool,
}

/// `publish`: file names inside the output directory; a missing key keeps its default name, null switches the file off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// Default `junit.xml`.
    pub junit: Option<String>,
    /// Default `summary.md`.
    pub markdown: Option<String>,
    /// Default `report.html`.
    pub html: Option<String>,
    /// Default `endpoints.csv`.
    pub csv: Option<String>,
    /// Default none.
    pub metrics: Option<String>,
    /// What goes to GitHub; nothing by default.
    pub github: GitHub,
}

/// `publish.github`: what goes to GitHub, when the gate runs in a workflow of GitHub Actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of gates.yaml")]
pub struct GitHub {
    /// One comment on the pull request, kept up to date.
    pub comment: bool,
    /// A check run; never together with `status`.
    pub check: bool,
    /// Annotations at the criteria in gates.yaml.
    pub annotations: bool,
    /// A commit status.
    pub status: bool,
}

impl GitHub {
    /// Whether anything needs GitHub's API; annotations alone are printed.
    pub fn posts(self) -> bool {
        self.comment || self.check || self.status
    }
}
