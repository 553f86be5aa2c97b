//! The plan of a run.

use std::{path::PathBuf, time::Duration};

use http::HeaderName;
use url::Url;

use super::{Check, Dataset, Endpoint, Gauge, Monitor, Phase, Policy, Recovery, Regression, Scenario};

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
    /// Comparison with baselines.
    pub regression: Option<Regression>,
    /// What an undecided result leads to.
    pub policy: Policy,
    /// Names of the report files.
    pub publish: Publish,
    /// `--deadline`: the run ends like SIGTERM after this.
    pub deadline: Option<Duration>,
    /// Keys that were read and have no effect in this version, as whole sentences for one line each.
    pub without_effect: Vec<String>,
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
    /// TLS.
    pub tls: Tls,
    /// `ready`: path and longest wait.
    pub ready: Option<(String, Duration)>,
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
}
