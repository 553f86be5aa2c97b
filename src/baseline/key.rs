//! What a run can be compared with.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Environment, canonical, name::short_digest};
use crate::{
    config::Secrets,
    plan::{Arrivals, Load, Phase, Plan, Stage},
};

/// What a run did and on what class of machine: runs with an equal key are comparable.
///
/// Criteria, monitors, checks and report names are not part of it, nor is how gates.yaml is written. The profile's
/// `time_scale` is part of it by what it does to windows, warm-ups and spawn rates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// `gate` of gates.yaml.
    pub gate: String,
    /// The ladder, one phase after the other, in words: load, warm-up and window as scaled.
    pub phases: Vec<String>,
    /// A digest of the rows that each phase draws from.
    pub dataset: String,
    /// A digest of what users do: steps, expectations, weights and pacing.
    pub scenarios: String,
    /// The class of target: `demo`, `http://loopback` whatever its port, an entry of `target.allow` that the host
    /// matches (so that every preview deployment is of one class), or the host.
    pub target: String,
    /// The class of machine that measured.
    pub runner: Runner,
    /// The tool that made the load, where it was not the gate: what one generator measures says nothing about another's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tool: Option<String>,
}

/// A class of machines that measure alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runner {
    /// The model of its processor, `unknown` where the system does not tell.
    pub cpu_model: String,
    /// Cores that the process may use.
    pub cores: u32,
    /// Its operating system's image without its weekly version: `ubuntu24`, `debian-12`.
    pub os_image: String,
}

impl Key {
    /// The key of a run of this plan on this machine. Secrets are masked before anything is digested: a new password
    /// makes no other key, and no digest of one is stored. The commit under test is left out likewise.
    pub fn of(plan: &Plan, secrets: &Secrets, environment: &Environment) -> Self {
        let hide = |text: &str| canonical::without_commit(&secrets.mask(text), &plan.commit);
        let digest = |value: &serde_json::Value| short_digest(value.to_string().as_bytes());
        let tool = plan.foreign.as_ref().map(|foreign| foreign.tool.clone());
        // What another tool's users did stands in its own scripts; and a kind of user that made no request in one run is no
        // other scenario.
        let scenarios = if tool.is_some() { json!([]) } else { canonical::scenarios(plan, &hide) };
        Self {
            gate: secrets.mask(&plan.gate).into_owned(),
            phases: plan.phases.iter().map(|phase| secrets.mask(&in_words(phase)).into_owned()).collect(),
            dataset: digest(&canonical::datasets(plan, &hide)),
            scenarios: digest(&scenarios),
            target: secrets.mask(&canonical::target_class(&plan.target)).into_owned(),
            runner: environment.runner(),
            tool,
        }
    }

    /// Sixteen hex digits that stay the same from version to version; they name the key's folder in a store.
    pub fn hash(&self) -> String {
        let Self { gate, phases, dataset, scenarios, target, runner, tool } = self;
        let Runner { cpu_model, cores, os_image } = runner;
        let mut text = json!(["stagegate/key/1", gate, phases, dataset, scenarios, target, cpu_model, cores, os_image]);
        // Not named where there is none, so that runs of before keep their key.
        if let (Some(tool), Some(text)) = (tool, text.as_array_mut()) {
            text.push(json!(tool));
        }
        short_digest(text.to_string().as_bytes())
    }

    /// What differs between this key and that of an older run, each in words; empty for equal keys.
    pub fn differences(&self, older: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |what: &str, new: &str, old: &str| {
            if new != old {
                found.push(format!("other {what}: {new}, was {old}"));
            }
        };
        compare("gate", &self.gate, &older.gate);
        let tool = |key: &Self| key.tool.clone().unwrap_or_else(|| "stagegate".to_owned());
        compare("load generator", &tool(self), &tool(older));
        compare("target class", &self.target, &older.target);
        let (new, old) = (&self.runner, &older.runner);
        compare("runner class", &new.cpu_model, &old.cpu_model);
        compare("runner class", &cores(new.cores), &cores(old.cores));
        compare("runner class", &new.os_image, &old.os_image);
        found.extend(self.phase_difference(older));
        if self.dataset != older.dataset {
            found.push("other rows in the datasets".to_owned());
        }
        if self.scenarios != older.scenarios {
            found.push("other scenarios: steps, expectations, weights or pacing".to_owned());
        }
        found
    }

    /// The first phase that differs, and how many more do.
    fn phase_difference(&self, older: &Self) -> Option<String> {
        let none = "no such phase".to_owned();
        let longest = self.phases.len().max(older.phases.len());
        let mut differing = (0..longest).filter(|at| self.phases.get(*at) != older.phases.get(*at));
        let first = differing.next()?;
        let phase = |phases: &[String]| phases.get(first).unwrap_or(&none).clone();
        let mut text = format!("other phase plan: {}, was {}", phase(&self.phases), phase(&older.phases));
        match differing.count() {
            0 => {}
            more => write!(text, " (and {more} more)").expect("a string takes what is written to it"),
        }
        Some(text)
    }
}

fn cores(number: u32) -> String {
    if number == 1 { "1 core".to_owned() } else { format!("{number} cores") }
}

/// `light: 30 users at 3/s, 2s + 180s`. Numbers are printed in their shortest exact form: they are part of the key.
fn in_words(phase: &Phase) -> String {
    let load = match phase.load {
        Load::Closed { users, spawn_rate } => format!("{users} users at {spawn_rate}/s"),
        Load::Open { rate, users, spawn_rate } => format!("{rate}/s by {users} users at {spawn_rate}/s"),
    };
    let [warmup, window] = [phase.warmup, phase.duration].map(|time| time.as_secs_f64());
    let stage = |stage: &Stage| format!(", {} to {} within {} of it", stage.from, stage.to, stage.share);
    let stages: String = phase.stages.iter().map(stage).collect();
    let arrivals = match phase.arrivals {
        Arrivals::Constant => "",
        Arrivals::Poisson => ", Poisson arrivals",
    };
    format!("{}: {load}, {warmup}s warm-up, {window}s window{stages}{arrivals}", phase.name)
}
