//! The names in another tool's files: `judge --from`.

use std::time::Duration;

use super::Draft;
use crate::{
    config::{Located, suggestion},
    plan::{Endpoint, EndpointId, ForeignRow, Pacing, Scenario, ScenarioId},
};

/// The scenario of a request whose tool names none.
const NO_SCENARIO: ScenarioId = ScenarioId(u32::MAX);

impl Draft<'_> {
    /// Gives each kind of request in the files its endpoint: the one of `scenarios` that has one of its names, else one of
    /// its own.
    pub(super) fn register_foreign(&mut self) {
        let Some(foreign) = &self.choice.foreign else { return };
        let scenarios = self.all_scenarios();
        for row in &foreign.rows {
            let scenario = row.scenario.as_ref().and_then(|name| scenarios.iter().position(|known| known == name));
            let scenario = scenario.map_or(NO_SCENARIO, |index| ScenarioId(index as u32));
            let endpoint = self.declared(row, scenario).unwrap_or_else(|| self.own_endpoint(row, scenario));
            self.foreign.push(endpoint);
        }
    }

    /// The kinds of user that only the files name; their steps are not known.
    pub(super) fn foreign_scenarios(&self) -> Vec<Scenario> {
        let named = self.all_scenarios().into_iter().skip(self.config.scenarios.names().len());
        let scenario = |name| Scenario {
            name,
            weight: 1,
            login: Vec::new(),
            steps: Vec::new(),
            pacing: Pacing::Think { low: Duration::ZERO, high: Duration::ZERO },
            slots: Vec::new(),
        };
        named.map(scenario).collect()
    }

    /// The window that the command line gives a phase.
    pub(super) fn foreign_window(&self, phase: &str) -> Option<Duration> {
        let windows = &self.choice.foreign.as_ref()?.windows;
        windows.iter().find(|(name, _)| name == phase).map(|(_, window)| *window)
    }

    /// An endpoint that a criterion names and no file holds. It has no requests, so that nothing about it can pass; that it
    /// may be misspelt is said.
    pub(super) fn missing_endpoint(&mut self, name: &Located<String>) -> EndpointId {
        let names: Vec<String> = self.endpoints.iter().map(|endpoint| endpoint.name.clone()).collect();
        let help = suggestion(&name.value, names.iter().map(String::as_str));
        let help = help.map(|help| format!("; {help}")).unwrap_or_default();
        let place = self.place(name.span);
        self.without_effect
            .push(format!("No request in the files is called or tagged `{}` ({place}){help}.", name.value));
        let row = ForeignRow { names: vec![name.value.clone()], scenario: None, tags: Vec::new() };
        self.own_endpoint(&row, NO_SCENARIO)
    }

    /// Whether an endpoint is there only because a criterion names it.
    pub(super) fn is_missing(&self, id: EndpointId) -> bool {
        let made_up = self.endpoints.get(id.index()).is_some_and(|endpoint| endpoint.scenario == NO_SCENARIO);
        made_up && !self.foreign.contains(&id)
    }

    /// Names of the scenarios of gates.yaml, and after them of those that only the files name.
    fn all_scenarios(&self) -> Vec<String> {
        let mut names: Vec<String> = self.config.scenarios.iter().map(|(name, _)| name.value.clone()).collect();
        for row in self.choice.foreign.iter().flat_map(|foreign| &foreign.rows) {
            names.extend(row.scenario.iter().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>());
        }
        names
    }

    fn declared(&self, row: &ForeignRow, scenario: ScenarioId) -> Option<EndpointId> {
        let declared = |endpoint: &Endpoint| (endpoint.scenario.0 as usize) < self.config.scenarios.names().len();
        let find = |wanted: &dyn Fn(&Endpoint) -> bool| {
            let is_it = |name: &String| {
                self.endpoints.iter().position(|known| declared(known) && known.name == *name && wanted(known))
            };
            row.names.iter().find_map(is_it)
        };
        let found = find(&|endpoint| endpoint.scenario == scenario).or_else(|| find(&|_| true))?;
        Some(EndpointId(found as u32))
    }

    fn own_endpoint(&mut self, row: &ForeignRow, scenario: ScenarioId) -> EndpointId {
        let name = row.names.first().cloned().unwrap_or_default();
        let endpoint = Endpoint { name, tags: row.tags.clone(), scenario, login: false };
        let known = self.endpoints.iter().position(|known| *known == endpoint);
        let index = known.unwrap_or_else(|| {
            self.endpoints.push(endpoint);
            self.endpoints.len() - 1
        });
        EndpointId(index as u32)
    }
}
