//! `scenarios` and the endpoints of their steps.

use std::time::Duration;

use http::Method;

use super::{Draft, request::Said, template::Scope};
use crate::{
    config::{self, Located, Redirects as SaidRedirects, Variables},
    plan::{Endpoint, EndpointId, Pacing, Redirects, Scenario, ScenarioId, Step, Target},
    units::DurationRange,
};

impl Draft<'_> {
    /// Numbers the endpoints before anything refers to them.
    pub(super) fn register_endpoints(&mut self) {
        if self.config.scenarios.is_empty() && self.is_whole("scenarios") && self.choice.foreign.is_none() {
            self.problem(self.config.gate.span, "the gate has no scenarios; say under `scenarios` what users do");
        }
        for (index, (_, scenario)) in self.config.scenarios.iter().enumerate() {
            for step in &scenario.login {
                self.register(step, ScenarioId(index as u32), Part::Login);
            }
            for step in &scenario.steps {
                self.register(step, ScenarioId(index as u32), Part::Iteration);
            }
        }
        self.register_foreign();
    }

    fn register(&mut self, step: &Located<config::Step>, scenario: ScenarioId, part: Part) {
        let Some(name) = endpoint_name(step, &self.config.variables) else { return };
        let login = part == Part::Login;
        let tags = step.tags.iter().map(|tag| tag.value.clone());
        match self.endpoints.iter().position(|endpoint| endpoint.name == name && endpoint.scenario == scenario) {
            None => {
                let mut endpoint = Endpoint { name, tags: Vec::new(), scenario, login };
                add_tags(&mut endpoint, tags);
                self.endpoints.push(endpoint);
            }
            Some(known) if self.endpoints[known].login == login => add_tags(&mut self.endpoints[known], tags),
            // A step whose own name was lost goes by its address only here.
            Some(_) if self.lost_key(step.span, &["name"]) => {}
            Some(_) => {
                let span = step.name.as_ref().map_or(step.span, |name| name.span);
                let help = Some("logins are not measured with the rest; give one of them another `name`".to_owned());
                self.problem_with(span, format!("`{name}` names a step under `login` and one under `steps`"), help);
            }
        }
    }

    pub(super) fn scenarios(&mut self, target: &Target) -> Vec<Scenario> {
        let said = self.config.scenarios.iter().enumerate();
        said.map(|(index, (name, scenario))| self.scenario(ScenarioId(index as u32), name, scenario, target)).collect()
    }

    fn scenario(
        &mut self,
        id: ScenarioId,
        name: &Located<String>,
        said: &Located<config::Scenario>,
        target: &Target,
    ) -> Scenario {
        if let Some(weight) = &said.weight {
            self.positive("weight", weight, 0);
        }
        if said.steps.is_empty() && !self.lost_key(said.span, &["steps"]) {
            self.problem(name.span, format!("the scenario `{}` has no steps", name.value));
        }
        let all = said.login.iter().chain(&said.steps);
        let extracted: Vec<String> = all.flat_map(|step| step.extract.names().map(str::to_owned)).collect();
        let mut walk = Walk { id, name: &name.value, target, slots: Vec::new(), extracted: &extracted };
        let login = said.login.iter().filter_map(|step| self.step(step, &mut walk)).collect();
        let steps = said.steps.iter().filter_map(|step| self.step(step, &mut walk)).collect();
        let slots = walk.slots;
        Scenario {
            name: name.value.clone(),
            weight: said.weight.map_or(1, |weight| weight.value),
            login,
            steps,
            pacing: self.pacing(said),
            slots,
        }
    }

    fn pacing(&mut self, said: &config::Scenario) -> Pacing {
        if let (Some(_), Some(pace)) = (&said.think, &said.pace) {
            self.problem(pace.span, "a scenario has `think` or `pace`, not both");
        }
        if let Some(pace) = said.pace {
            self.positive("pace", &pace, Duration::ZERO);
            return Pacing::Pace(pace.value);
        }
        let DurationRange { low, high } =
            said.think.map_or(DurationRange { low: Duration::ZERO, high: Duration::ZERO }, |t| t.value);
        if low == high {
            // Users must never march in step, so that a single value is spread by a tenth to each side.
            return Pacing::Think { low: low.mul_f64(0.9), high: high.mul_f64(1.1) };
        }
        Pacing::Think { low, high }
    }

    fn step(&mut self, said: &Located<config::Step>, walk: &mut Walk<'_>) -> Option<Step> {
        // Without a method the rest of the step is looked at all the same.
        let nowhere = Located { complete: false, ..Located::unplaced("/".to_owned()) };
        let (method, url) = self.method(said.span, methods(said)).unwrap_or((Method::GET, &nowhere));
        let request = Said {
            url,
            headers: &said.headers,
            query: &said.query,
            form: said.form.as_ref(),
            json: said.json.as_ref(),
            body: said.body.as_ref(),
        };
        let scope = Scope { scenario: Some(walk.name), slots: &walk.slots, extracted: walk.extracted };
        let meant = self.request(&request, walk.target, &scope);
        let expect = self.expect(said.expect.as_ref());
        let extract = self.extract(&said.extract, &mut walk.slots);
        let name = endpoint_name(said, &self.config.variables)?;
        let endpoint = self.endpoints.iter().position(|known| known.name == name && known.scenario == walk.id)?;
        Some(Step {
            endpoint: EndpointId(endpoint as u32),
            method,
            url: meant.url,
            headers: meant.headers,
            body: meant.body,
            timeout: self.time("timeout", said.timeout, walk.target.timeout),
            redirects: match said.redirects.map(|redirects| redirects.value) {
                Some(SaidRedirects::Follow) => Redirects::Follow,
                Some(SaidRedirects::None) | None => Redirects::None,
            },
            expect,
            extract,
            place: self.place(said.span),
        })
    }
}

/// A walk through the steps of a scenario.
struct Walk<'a> {
    id: ScenarioId,
    name: &'a str,
    target: &'a Target,
    /// What the steps so far extracted.
    slots: Vec<String>,
    extracted: &'a [String],
}

/// The part of a scenario that a step stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Login,
    Iteration,
}

fn add_tags(endpoint: &mut Endpoint, tags: impl Iterator<Item = String>) {
    for tag in tags {
        if !endpoint.tags.contains(&tag) {
            endpoint.tags.push(tag);
        }
    }
}

fn methods(step: &config::Step) -> [(Method, &Option<Located<String>>); 6] {
    [
        (Method::GET, &step.get),
        (Method::HEAD, &step.head),
        (Method::POST, &step.post),
        (Method::PUT, &step.put),
        (Method::PATCH, &step.patch),
        (Method::DELETE, &step.delete),
    ]
}

/// The step's name, or its method and URL; a variable that put a secret there stands as it is written, so that steps that
/// differ in it are told apart.
fn endpoint_name(step: &config::Step, variables: &Variables) -> Option<String> {
    if let Some(name) = &step.name {
        return Some(name.value.clone());
    }
    let (method, url) = methods(step).into_iter().find_map(|(method, url)| url.as_ref().map(|url| (method, url)))?;
    Some(format!("{method} {}", variables.shown(url)))
}
