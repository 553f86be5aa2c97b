//! Scenarios made ready before a phase: what does not vary is built once.

use std::sync::Arc;

use super::{draws, recipe::Recipe, schedule};
use crate::{
    client::Origin,
    plan::{EndpointId, Expect, Extract, Load, Pacing, Redirects, Row, Scenario, ScenarioId, Step},
};

/// A phase's load, made ready; shared by its workers.
#[derive(Debug)]
pub(super) struct PreparedLoad {
    pub(super) origin: Arc<Origin>,
    pub(super) scenarios: Vec<PreparedScenario>,
    /// The scenario of each user.
    pub(super) of_user: Vec<ScenarioId>,
    pub(super) rows: Arc<[Row]>,
    pub(super) load: Load,
    pub(super) seed: u64,
    pub(super) phase_index: u32,
    pub(super) workers: u32,
    /// Whether any scenario has login steps.
    pub(super) logins: bool,
    /// Whether requests carry a trace id.
    pub(super) traced: bool,
    /// Part of the seeds of trace ids alone.
    pub(super) chance: u64,
}

/// A scenario, made ready.
#[derive(Debug)]
pub(super) struct PreparedScenario {
    pub(super) login: Vec<PreparedStep>,
    pub(super) steps: Vec<PreparedStep>,
    pub(super) pacing: Pacing,
    /// Number of extracted values.
    pub(super) slots: usize,
}

/// A step, made ready.
#[derive(Debug)]
pub(super) struct PreparedStep {
    pub(super) endpoint: EndpointId,
    pub(super) follow: bool,
    /// Whether its user pauses between iterations, so that a stalled app hides requests (docs/decisions.md section 2).
    pub(super) thinks: bool,
    pub(super) expect: Expect,
    pub(super) extract: Vec<Extract>,
    pub(super) recipe: Recipe,
}

impl PreparedLoad {
    /// Makes a phase's load ready.
    pub(super) fn of(job: &super::Job) -> Self {
        let super::Job { plan, phase, phase_index, origin, seed, workers, extends: _ } = job;
        let weights: Vec<u32> = plan.scenarios.iter().map(|scenario| scenario.weight).collect();
        Self {
            origin: Arc::clone(origin),
            scenarios: plan
                .scenarios
                .iter()
                .map(|scenario| PreparedScenario::of(scenario, origin, &phase.load))
                .collect(),
            of_user: schedule::scenarios(&weights, phase.load.users(), &mut draws::dealer(*seed, *phase_index)),
            rows: Arc::clone(&phase.rows),
            load: phase.load,
            seed: *seed,
            phase_index: *phase_index,
            workers: u32::try_from(*workers).unwrap_or(u32::MAX).clamp(1, phase.load.users().max(1)),
            logins: plan.scenarios.iter().any(|scenario| !scenario.login.is_empty()),
            traced: plan.target.trace,
            chance: draws::chance(),
        }
    }

    /// The scenario of a user (from 0).
    pub(super) fn scenario_of(&self, user: u32) -> &PreparedScenario {
        &self.scenarios[self.of_user[user as usize].0 as usize]
    }

    /// Whether a user (from 0) pauses between iterations.
    pub(super) fn thinks(&self, user: u32) -> bool {
        self.scenario_of(user).steps.iter().any(|step| step.thinks)
    }

    /// The users of one worker (from 0): user k is of worker k modulo K.
    pub(super) fn users_of(&self, worker: u32) -> impl Iterator<Item = u32> {
        (worker..self.load.users()).step_by(self.workers as usize)
    }
}

impl PreparedScenario {
    /// Makes a scenario ready.
    pub(super) fn of(scenario: &Scenario, origin: &Origin, load: &Load) -> Self {
        let thinks = matches!((load, scenario.pacing), (Load::Closed { .. }, Pacing::Think { .. }));
        Self {
            login: scenario.login.iter().map(|step| PreparedStep::of(step, origin, false)).collect(),
            steps: scenario.steps.iter().map(|step| PreparedStep::of(step, origin, thinks)).collect(),
            pacing: scenario.pacing,
            slots: scenario.slots.len(),
        }
    }
}

impl PreparedScenario {
    /// Keeps the body of every answer: for a pass that shows what it saw.
    pub(super) fn keeping_bodies(mut self) -> Self {
        self.login.iter_mut().chain(&mut self.steps).for_each(|step| step.recipe.keeping_bodies());
        self
    }
}

impl PreparedStep {
    fn of(step: &Step, origin: &Origin, thinks: bool) -> Self {
        Self {
            endpoint: step.endpoint,
            follow: step.redirects == Redirects::Follow,
            thinks,
            expect: step.expect.clone(),
            extract: step.extract.clone(),
            recipe: Recipe::of(step, origin),
        }
    }
}
