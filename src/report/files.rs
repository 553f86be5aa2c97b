//! The names of the report files.

use serde::{Deserialize, Serialize};

use crate::plan::Publish;

/// Name of the verdict's file; fixed, so that [`read`](super::read_verdict) finds it.
pub const VERDICT: &str = "verdict.json";

/// Name of the measurements' file; fixed likewise.
pub const MEASUREMENTS: &str = "measurements.json";

/// The names of the report files inside the output directory (`publish` of gates.yaml); `None` is switched off. They
/// stand in verdict.json, so that a finished run is rendered again under the same names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// `publish.junit`.
    pub junit: Option<String>,
    /// `publish.markdown`.
    pub markdown: Option<String>,
    /// `publish.html`.
    pub html: Option<String>,
    /// `publish.csv`.
    pub csv: Option<String>,
    /// `publish.metrics`; absent in verdict.json where it is switched off, which is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<String>,
}

impl Files {
    /// The names that are switched on, in the order in which the reports are written.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [&self.junit, &self.markdown, &self.html, &self.csv, &self.metrics]
            .into_iter()
            .filter_map(|name| name.as_deref())
    }
}

impl Default for Files {
    fn default() -> Self {
        Self {
            junit: Some("junit.xml".to_owned()),
            markdown: Some("summary.md".to_owned()),
            html: Some("report.html".to_owned()),
            csv: Some("endpoints.csv".to_owned()),
            metrics: None,
        }
    }
}

impl From<&Publish> for Files {
    fn from(publish: &Publish) -> Self {
        let Publish { junit, markdown, html, csv, metrics, github: _ } = publish.clone();
        Self { junit, markdown, html, csv, metrics }
    }
}
