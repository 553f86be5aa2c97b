//! Baselines around a run: read before it, added to after its verdict.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{
    args::{PlanArgs, RunArgs},
    branch::Branches,
};
use crate::{
    baseline::{self, EndpointHistograms, History, Key, Recording, Run, Store, StoreError, Wanted},
    config::{self, Secrets},
    gate::{Finished, Stored},
    judge::{Outcome, Regime, regression::Past},
    plan::Plan,
};

/// Where a run stands among the stored ones.
pub(super) struct Shelf<'a> {
    /// The store as the user named it, with the folder that it is relative to; `None` where there is none.
    address: Option<(String, PathBuf)>,
    environment: baseline::Environment,
    key: Key,
    branches: Branches,
    plan: &'a Plan,
    variables: &'a config::Environment,
}

impl<'a> Shelf<'a> {
    /// Where a run of this plan stands.
    pub(super) fn of(args: &PlanArgs, plan: &'a Plan, secrets: &Secrets, variables: &'a config::Environment) -> Self {
        let environment = baseline::Environment::look(variables);
        let address = address(args, plan);
        let key = Key::of(plan, secrets, &environment);
        Self { address, environment, key, branches: Branches::of(variables), plan, variables }
    }

    /// The stored runs that the run is compared with. A store that is out of reach gives none, with the reason: what
    /// follows from that is the policy's business (`regression.missing`).
    pub(super) fn stored(&self) -> Stored {
        let Some((name, folder)) = &self.address else {
            let because = "No store is named: write `regression.store`, or give --baseline.".to_owned();
            return Stored { past: Past { because: Some(because), ..Past::default() }, ..Stored::default() };
        };
        let wanted = Wanted { key: &self.key, branch: &self.branches.base, now: Timestamp::now() };
        let history = Store::open(name, folder, self.variables).and_then(|store| store.history(&wanted));
        match history {
            Ok(history) => stored(&history, &self.branches.base, name),
            Err(error) => {
                let because = format!("The store is out of reach: {error}.");
                let past = Past { because: Some(because.clone()), ..Past::default() };
                Stored { past, source: Some(name.clone()), regime: None, notes: vec![because] }
            }
        }
    }

    /// Whether a finished run is to be saved: where the command line asks for it, and in CI a run of the base branch.
    pub(super) fn wants(&self, args: &RunArgs) -> bool {
        let in_ci = self.variables.get("CI").is_some_and(|value| !value.is_empty() && value != "false");
        let watched = self.plan.regression.is_some() && self.address.is_some();
        let asked = args.save_baseline || (in_ci && watched && self.branches.is_base());
        asked && !args.dry_run && args.plan.against.is_none()
    }

    /// Adds each repetition of the ladder to the store. Only runs that passed, warnings included, say what is normal.
    ///
    /// # Errors
    /// A sentence: why nothing was saved.
    pub(super) fn save(&self, finished: &Finished, secrets: &Secrets) -> Result<String, String> {
        let verdict = &finished.verdict;
        let outcome = match verdict.outcome {
            Outcome::Passed => baseline::Outcome::Passed,
            Outcome::Warned => baseline::Outcome::Warned,
            other => {
                return Err(format!(
                    "the run was not saved as a baseline, because it is {}: only runs that passed say what is normal",
                    other.word()
                ));
            }
        };
        let Some((name, folder)) = &self.address else {
            return Err("the run was not saved as a baseline: name a store by `regression.store` or --baseline".into());
        };
        let finished_at = verdict.finished_at.parse().unwrap_or_else(|_| Timestamp::now());
        let refused = |error: StoreError| format!("the run was not saved as a baseline: {error}");
        let store = Store::open(name, folder, self.variables).map_err(refused)?;
        let ladders = finished.phases.chunks(self.plan.phases.len().max(1));
        for (values, phases) in finished.values.iter().zip(ladders) {
            let run = Run {
                id: String::new(),
                commit: verdict.commit.clone(),
                branch: self.branches.own.clone(),
                finished_at,
                outcome,
                key: self.key.clone(),
                environment: self.environment.clone(),
                ruler_s: None,
                values: values.clone(),
            };
            let of_phase = |phase: &crate::gate::MeasuredPhase| {
                EndpointHistograms::of(self.plan, &phase.name, &phase.measurements)
            };
            let histograms = phases.iter().flat_map(of_phase).collect();
            store.save(&Recording { run, histograms }.masked(secrets)).map_err(refused)?;
        }
        Ok(format!("saved as a baseline of {} in {}", self.branches.own, store.place()))
    }
}

/// The store, and what it is relative to: gates.yaml's folder for the one named there, this folder for the flag's.
fn address(args: &PlanArgs, plan: &Plan) -> Option<(String, PathBuf)> {
    let beside = args.config.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let named = || plan.regression.as_ref()?.store.clone();
    match &args.baseline {
        Some(flag) => Some((flag.clone(), PathBuf::from("."))),
        None => named().map(|store| (store, beside.to_path_buf())),
    }
}

/// A history as the gate takes it.
fn stored(history: &History, base: &str, name: &str) -> Stored {
    let mut notes: Vec<String> =
        history.damaged.iter().map(|damaged| format!("{} was left out: {}.", damaged.file, damaged.because)).collect();
    for other in &history.not_comparable {
        let runs =
            if other.runs == 1 { "1 stored run is".to_owned() } else { format!("{} stored runs are", other.runs) };
        notes.push(format!("{runs} not comparable: {}.", other.because.join("; ")));
    }
    let because = history.runs.is_empty().then(|| match history.other_branches {
        0 => format!("The store holds no comparable run of {base}."),
        others => format!("The store holds {others} comparable runs, but none of {base}, which says what is normal."),
    });
    if history.regime.expired.is_some() {
        notes.push(format!("Note that {}.", history.regime.sentence()));
    }
    let values = |runs: &[Run]| runs.iter().map(|run| run.values.clone()).collect::<Vec<_>>();
    let regime = history.runs.first().map(|first| Regime {
        since: history.regime.accepted.as_ref().map_or(first.finished_at, |(at, _)| *at).to_string(),
        because: history.regime.sentence(),
        commits: history.runs.iter().map(|run| run.commit.clone()).collect(),
        anchor: history.anchor().len(),
    });
    let past = Past { runs: values(&history.runs), anchor: values(history.anchor()), because };
    Stored { past, source: Some(name.to_owned()), regime, notes }
}
