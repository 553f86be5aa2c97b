//! One stored run.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Environment, Key, moment};
use crate::{config::Secrets, measure::PhaseMeasurements, plan::Plan};

/// One finished run as later runs are compared with it; its histograms stay in the file ([`Recording`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// A digest of its file's bytes, in hex; part of the file's name and not of its content. Empty until the run is
    /// saved or read.
    #[serde(skip)]
    pub id: String,
    /// The commit that was measured.
    pub commit: String,
    /// The branch that it was built from; only runs of the base branch enter the history.
    pub branch: String,
    /// When the run finished; the order of a history.
    #[serde(with = "moment")]
    pub finished_at: Timestamp,
    /// passed or warned.
    pub outcome: Outcome,
    /// What it can be compared with.
    pub key: Key,
    /// The machine that measured.
    pub environment: Environment,
    /// The reading of the runner's own speed in seconds; larger is slower. `None` where it was not taken.
    pub ruler_s: Option<f64>,
    /// One value for each cell, `light/p95` or `light/p95(chart data)`, in the units of verdict.json: milliseconds,
    /// requests per second, shares of 1. A cell that was not measured is absent, never zero.
    pub values: BTreeMap<String, f64>,
}

/// How a stored run ended. Runs of any other outcome are never stored: a failed run must not become what is normal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every criterion held.
    Passed,
    /// With warnings.
    Warned,
}

impl Outcome {
    /// The word in files and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warned => "warned",
        }
    }
}

/// A run with everything that its file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// What comparisons read.
    pub run: Run,
    /// In the order of phases and endpoints.
    pub histograms: Vec<EndpointHistograms>,
}

impl Recording {
    /// The same with every text masked, so that no secret gets into a store.
    #[must_use]
    pub fn masked(mut self, secrets: &Secrets) -> Self {
        let mask = |text: &mut String| *text = secrets.mask(text).into_owned();
        mask(&mut self.run.commit);
        mask(&mut self.run.branch);
        let values = std::mem::take(&mut self.run.values);
        self.run.values = values.into_iter().map(|(cell, value)| (secrets.mask(&cell).into_owned(), value)).collect();
        for histograms in &mut self.histograms {
            mask(&mut histograms.phase);
            mask(&mut histograms.scenario);
            mask(&mut histograms.endpoint);
        }
        self
    }
}

/// The histograms of one endpoint in one phase: HDR V2 compressed, base64, in microseconds, as in measurements.json.
/// Each is empty without a timed request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointHistograms {
    /// The phase.
    pub phase: String,
    /// The scenario that the endpoint belongs to.
    pub scenario: String,
    /// The endpoint.
    pub endpoint: String,
    /// Latency of successes and timeouts.
    pub latency: String,
    /// Service time of successes and timeouts.
    pub service: String,
    /// Latency of the requests added for silences.
    pub added: String,
}

impl EndpointHistograms {
    /// Those of one phase, in the order of the plan's endpoints; endpoints without a timed request are left out.
    pub fn of(plan: &Plan, phase: &str, measured: &PhaseMeasurements) -> Vec<Self> {
        let rows = plan.endpoints.iter().zip(&measured.endpoints);
        rows.filter(|(_, measured)| measured.latency.count() > 0)
            .map(|(endpoint, measured)| Self {
                phase: phase.to_owned(),
                scenario: plan
                    .scenarios
                    .get(endpoint.scenario.0 as usize)
                    .map(|scenario| scenario.name.clone())
                    .unwrap_or_default(),
                endpoint: endpoint.name.clone(),
                latency: measured.latency.encode(),
                service: measured.service.encode(),
                added: measured.added.encode(),
            })
            .collect()
    }
}
