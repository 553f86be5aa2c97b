//! gates.yaml as a whole.

use serde::Deserialize;

use super::{
    Against, Band, Check, Dataset, Located, Lost, Monitor, Phase, Policy, Profile, Publish, Recovery, Regression,
    Scenario, Source, Table, Target, Variables,
};

/// A performance gate: rising load on a staging app, and what must hold of it.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The version of this format: 1.
    pub version: Located<u32>,
    /// The name of the gate in comments, checks, `JUnit` and baselines.
    pub gate: Located<String>,
    /// Where load goes.
    pub target: Target,
    /// Names of environment variables whose values never appear in any output.
    #[serde(default)]
    pub secrets: Vec<Located<String>>,
    /// The pre-test checklist, run in order. A failed item ends the run with exit code 3.
    #[serde(default)]
    pub preflight: Vec<Located<Check>>,
    /// Complexity classes: a user draws a row for each iteration.
    #[serde(default)]
    pub datasets: Table<Located<Dataset>>,
    /// What users do.
    pub scenarios: Table<Located<Scenario>>,
    /// The app's own gauges, sampled every second. A source that stops answering is never read as fine.
    #[serde(default)]
    pub monitors: Table<Located<Monitor>>,
    /// For gauges (`app.cpu`): safe below warning, critical above critical; applied to every phase. A critical band
    /// makes the phase warned, only a criterion blocks.
    #[serde(default)]
    pub bands: Table<Band>,
    /// The ladder, in order. The first failed phase ends it; the later ones are reported as not run.
    pub phases: Vec<Located<Phase>>,
    /// After the last phase that ran, passed or failed: does the app come back?
    pub recovery: Option<Recovery>,
    /// Checks after recovery: no data was lost or corrupted.
    #[serde(default)]
    pub integrity: Vec<Located<Check>>,
    /// Checks and commands at every end of the run, also when it was interrupted.
    #[serde(default)]
    pub cleanup: Vec<Located<Check>>,
    /// A second deployment: every run but a dry run compares the target with it, block by block in one sitting, as
    /// `run --against URL` does. `--baseline`, `--repeat` and `--save-baseline` choose the stored comparison instead.
    pub against: Option<Against>,
    /// Comparison with stored baselines, or with a second deployment.
    pub regression: Option<Regression>,
    /// What happens when the evidence does not decide.
    #[serde(default)]
    pub policy: Policy,
    /// Choices of phases and times for `run --profile NAME`; without one: `default`.
    #[serde(default)]
    pub profiles: Table<Profile>,
    /// Names of the report files inside the output directory, and what goes to GitHub.
    #[serde(default)]
    pub publish: Publish,

    /// The file, for problems that are found later.
    #[serde(skip)]
    pub source: Source,
    /// The variables of the environment that it uses.
    #[serde(skip)]
    pub variables: Variables,
    /// What could not be read. A name that seems unknown may be among it.
    #[serde(skip)]
    pub lost: Lost,
    /// Whether it has no `scenarios`, so that only loads of other tools can be judged by it; set by
    /// [`super::read_without_load`].
    #[serde(skip)]
    pub without_load: bool,
}
