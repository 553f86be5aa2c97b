//! From what gates.yaml says to what will happen: names become indices, defaults are filled in, and every problem is
//! found before the first request.

mod after;
mod checks;
mod criteria;
mod datasets;
mod expect;
mod foreign;
mod kind;
mod load;
mod monitors;
mod phases;
mod profile;
mod query;
mod regression;
mod request;
mod scenarios;
mod start;
mod target;
mod template;
mod waivers;

use std::{collections::BTreeMap, time::Duration};

use self::kind::Kind;
use super::{ColumnId, Dataset, Endpoint, EndpointId, Foreign, ForeignLoad, Gauge, Limits, Place, Plan, Scenario};
use crate::{
    config::{Config, Environment, Located, Problem, Problems, Span, suggestion},
    units::Date,
};

/// What the command line adds to gates.yaml.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// `--profile`; without it the profile `default`, or the whole ladder as it stands if there is none.
    pub profile: Option<String>,
    /// `--phase`; empty for all phases of the profile.
    pub phases: Vec<String>,
    /// `--target`, in the place of `target.url`.
    pub target: Option<String>,
    /// `--time-scale`, in the place of the profile's.
    pub time_scale: Option<f64>,
    /// `--seed`.
    pub seed: u64,
    /// The commit under test.
    pub commit: String,
    /// Whether the command line asks for a comparison, so that a gates.yaml without `regression` gets its defaults.
    pub comparison: bool,
    /// `--deadline`.
    pub deadline: Option<Duration>,
    /// The day on which the run is made, in UTC: waivers end.
    pub today: Date,
    /// The environment, for `env.NAME` in templates.
    pub environment: Environment,
    /// What the machine has for the load.
    pub limits: Limits,
    /// The texts of the files that [`files`] names, or why they could not be read.
    pub files: BTreeMap<String, Result<String, String>>,
    /// What the files of another tool hold: `judge`. The plan of a load that the gate does not make needs no scenarios.
    pub foreign: Option<Foreign>,
}

/// The files that a config needs, as written there: CSV files of datasets, and waivers. The caller reads them for
/// [`Choice::files`].
pub fn files(config: &Config) -> Vec<String> {
    let file = |dataset: &Located<crate::config::Dataset>| match &dataset.value {
        crate::config::Dataset::Csv(path) => Some(path.value.clone()),
        crate::config::Dataset::Rows(_) => None,
    };
    config.datasets.iter().filter_map(|(_, dataset)| file(dataset)).chain(waivers::files(config)).collect()
}

/// Builds the plan of a run.
///
/// # Errors
/// Every problem of the file's meaning at once. A config that had problems itself may be given too: the plan of it is
/// of no use, but its problems are, because names that were lost on the way are not called unknown.
pub fn build(config: &Config, choice: &Choice) -> Result<Plan, Problems> {
    let mut draft = Draft {
        config,
        choice,
        problems: Problems::default(),
        without_effect: Vec::new(),
        endpoints: Vec::new(),
        columns: Vec::new(),
        used: Vec::new(),
        columns_unread: false,
        foreign: Vec::new(),
    };
    let plan = draft.plan();
    if draft.problems.is_empty() { Ok(plan) } else { Err(draft.problems) }
}

/// A plan in the making.
struct Draft<'a> {
    config: &'a Config,
    choice: &'a Choice,
    problems: Problems,
    without_effect: Vec<String>,
    endpoints: Vec<Endpoint>,
    columns: Vec<String>,
    used: Vec<UsedColumn>,
    /// Whether a file could not be read that would have had columns.
    columns_unread: bool,
    /// The endpoint of each row of another tool's files.
    foreign: Vec<EndpointId>,
}

/// A column that a scenario's templates use.
struct UsedColumn {
    column: ColumnId,
    scenario: String,
}

/// What criteria and checks refer to.
struct Known<'a> {
    scenarios: &'a [Scenario],
    datasets: &'a [Dataset],
    gauges: &'a [Gauge],
}

impl Draft<'_> {
    fn plan(&mut self) -> Plan {
        self.head();
        let target = self.target();
        let against = self.against(&target.allow, target.url.as_ref());
        let datasets = self.datasets();
        self.register_endpoints();
        let mut scenarios = self.scenarios(&target);
        scenarios.extend(self.foreign_scenarios());
        let (monitors, gauges) = self.monitors();
        let (profile, selected) = self.profile();
        let known = Known { scenarios: &scenarios, datasets: &datasets, gauges: &gauges };
        let phases = self.phases(&profile, &selected, &known);
        let preflight = self.checks(&self.config.preflight, &target, &known);
        let integrity = self.checks(&self.config.integrity, &target, &known);
        let cleanup = self.checks(&self.config.cleanup, &target, &known);
        let recovery = self.recovery();
        let regression = self.regression(&known);
        let policy = self.policy();
        let publish = self.publish();
        Plan {
            gate: self.config.gate.value.clone(),
            profile,
            seed: self.choice.seed,
            commit: self.choice.commit.clone(),
            target,
            preflight,
            scenarios,
            endpoints: std::mem::take(&mut self.endpoints),
            columns: std::mem::take(&mut self.columns),
            datasets,
            monitors,
            gauges,
            phases,
            recovery,
            integrity,
            cleanup,
            against,
            regression,
            policy,
            publish,
            deadline: self.choice.deadline,
            without_effect: std::mem::take(&mut self.without_effect),
            foreign: self
                .choice
                .foreign
                .as_ref()
                .map(|foreign| ForeignLoad { tool: foreign.tool.clone(), rows: std::mem::take(&mut self.foreign) }),
        }
    }

    /// `version` and `gate`.
    fn head(&mut self) {
        let Config { version, gate, .. } = self.config;
        if version.value != 1 && version.complete {
            self.problem(
                version.span,
                format!("version {} of gates.yaml is not known; this stagegate reads 1", version.value),
            );
        }
        let long = gate.value.chars().count() > 100;
        let unusable = gate.value.trim().is_empty() || long || gate.value.chars().any(char::is_control);
        if unusable && gate.complete {
            self.problem(gate.span, "the gate's name is a line of 1 to 100 characters");
        }
    }

    fn problem(&mut self, span: Span, message: impl Into<String>) {
        self.problem_with(span, message, None);
    }

    fn problem_with(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        if self.is_full() {
            return;
        }
        self.problems.push(Problem::new(&self.config.source, span, message).help(help));
    }

    /// Whether there are so many problems that more would help nobody, and would only take time.
    fn is_full(&self) -> bool {
        const MOST_PROBLEMS: usize = 200;
        self.problems.len() >= MOST_PROBLEMS
    }

    /// Reports a name that is not known, unless what could not be read may have given it.
    fn unknown<'n>(&mut self, kind: Kind, name: &Located<String>, valid: impl IntoIterator<Item = &'n str>) {
        if !self.may_be_lost(kind, &name.value) {
            let message = format!("there is no {} `{}`", kind.word(), name.value);
            self.problem_with(name.span, message, suggestion(&name.value, valid));
        }
    }

    /// Whether nothing is said about a name that seems unknown: it may stand, or may be given, where the file could not be read.
    fn may_be_lost(&self, kind: Kind, name: &str) -> bool {
        let lost = &self.config.lost;
        self.is_full() || lost.names(name) || kind.origins().iter().any(|(section, key)| lost.unknowable(section, key))
    }

    /// Whether a map lacks one of these keys only because it could not be read.
    fn lost_key(&self, map: Span, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.config.lost.key(map, key))
    }

    /// Whether a whole section could be read.
    fn is_whole(&self, section: &str) -> bool {
        !self.config.lost.within(section, section)
    }

    /// Reports a value that must be more than nothing and is not.
    fn positive<T: PartialOrd + Copy>(&mut self, key: &str, value: &Located<T>, nothing: T) {
        if value.value <= nothing && value.complete {
            self.problem(value.span, format!("`{key}` must be more than 0"));
        }
    }

    fn place(&self, span: Span) -> Place {
        Place { file: self.config.source.name(), line: span.line, column: span.column }
    }
}

#[cfg(test)]
mod tests;
