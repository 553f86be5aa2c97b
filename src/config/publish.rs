//! `publish`: what goes out.

use serde::Deserialize;

use super::Located;

/// Names of the report files inside the output directory, null for none, and what goes to GitHub.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Publish {
    /// The `JUnit` file. Default junit.xml.
    pub junit: Option<Located<String>>,
    /// The Markdown summary. Default summary.md.
    pub markdown: Option<Located<String>>,
    /// The HTML report. Default report.html.
    pub html: Option<Located<String>>,
    /// One row for each phase and endpoint. Default endpoints.csv.
    pub csv: Option<Located<String>>,
    /// A metrics file, `OpenMetrics` text, for GitLab; metrics.txt is its usual name. Default null.
    pub metrics: Option<Located<String>>,
    /// What goes to GitHub when the gate runs there.
    pub github: Option<Located<GitHub>>,
}

impl Default for Publish {
    fn default() -> Self {
        let name = |name: &str| Some(Located::unplaced(name.to_owned()));
        Self {
            junit: name("junit.xml"),
            markdown: name("summary.md"),
            html: name("report.html"),
            csv: name("endpoints.csv"),
            metrics: None,
            github: None,
        }
    }
}

/// What goes to GitHub, when the gate runs in a workflow of GitHub Actions.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GitHub {
    /// One comment on the pull request, kept up to date; needs `pull-requests: write`. Default false.
    pub comment: Option<Located<bool>>,
    /// A check run, in progress while the gate runs; needs `checks: write`. Default false.
    pub check: Option<Located<bool>>,
    /// Annotations at the criteria in gates.yaml: of the check run, without one as workflow commands. Default false.
    pub annotations: Option<Located<bool>>,
    /// A commit status, in the place of a check run; needs `statuses: write`. Default false.
    pub status: Option<Located<bool>>,
}

super::located::plain_fields!(GitHub);
