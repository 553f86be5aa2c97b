//! Baselines around a run: read before it, added to after its verdict.

use std::path::Path;

use jiff::Timestamp;

use super::{
    args::RunArgs,
    baseline::{FinishedRun, median, store_of},
    branch::Branches,
    ci::in_ci,
    distributions::Distributions,
};
use crate::{
    baseline::{self, History, Key, Run, Store, StoreError, Wanted},
    config::{self, Secrets},
    gate::{Finished, Stored},
    judge::{Anchored, PhaseVerdict, Regime, Verdict, regression::Past},
    plan::Plan,
};

/// How a store is looked into.
type Look<'l> = dyn Fn(&Store, &Wanted<'_>) -> Result<(History, Distributions), StoreError> + 'l;

/// Where a run stands among the stored ones.
pub(super) struct Shelf<'a> {
    /// The store that the command line names.
    named: Option<&'a str>,
    config: &'a Path,
    environment: baseline::Environment,
    key: Key,
    branches: Branches,
    plan: &'a Plan,
    secrets: &'a Secrets,
    variables: &'a config::Environment,
}

impl<'a> Shelf<'a> {
    /// Where a run of this plan stands: `named` is the store of the command line, `config` is gates.yaml.
    pub(super) fn of(
        (named, config): (Option<&'a str>, &'a Path),
        plan: &'a Plan,
        secrets: &'a Secrets,
        variables: &'a config::Environment,
    ) -> Self {
        let environment = baseline::Environment::look(variables);
        let key = Key::of(plan, secrets, &environment);
        Self { named, config, environment, key, branches: Branches::of(variables), plan, secrets, variables }
    }

    /// The stored runs that the run is compared with. A store that is out of reach gives none, with the reason: what
    /// follows from that is the policy's business (`regression.missing`).
    pub(super) fn stored(&self) -> Stored {
        self.look(&|store, wanted| Ok((store.history(wanted)?, Distributions::of(self.plan, self.secrets))))
    }

    /// The same with the distributions of those that count, to be drawn beside the run's. They are read before the load, so that
    /// a signal finds no store in the way of the reports.
    pub(super) fn stored_with_distributions(&self) -> Stored {
        self.look(&|store, wanted| {
            let mut all = Distributions::of(self.plan, self.secrets);
            let history =
                store.history_with_recordings(wanted, self.counting(), &mut |recording| all.add(recording))?;
            Ok((history, all))
        })
    }

    fn look(&self, read: &Look<'_>) -> Stored {
        let Some(name) = self.name() else {
            let because = "No store is named: write `regression.store`, or give --baseline.".to_owned();
            return Stored { past: Past { because: Some(because), ..Past::default() }, ..Stored::default() };
        };
        let wanted = Wanted { key: &self.key, branch: &self.branches.base, now: Timestamp::now() };
        match self.open().and_then(|store| store.map(|store| read(&store, &wanted)).transpose()) {
            Ok(Some((history, distributions))) => self.found(&history, distributions, name),
            Ok(None) => Stored::default(),
            Err(error) => {
                let because = format!("The store is out of reach: {error}.");
                let past = Past { because: Some(because.clone()), ..Past::default() };
                Stored { past, source: Some(name.to_owned()), notes: vec![because], ..Stored::default() }
            }
        }
    }

    fn found(&self, history: &History, distributions: Distributions, name: &str) -> Stored {
        let (latency, remark) = distributions.sums();
        let mut stored = stored(history, (&self.branches.base, self.counting()), name);
        stored.notes.extend(remark);
        Stored { latency, ..stored }
    }

    /// So many of the newest runs count.
    fn counting(&self) -> usize {
        self.plan.regression.as_ref().map_or(usize::MAX, |regression| regression.history)
    }

    /// The store as the user named it.
    fn name(&self) -> Option<&'a str> {
        self.named.or_else(|| self.plan.regression.as_ref()?.store.as_deref())
    }

    fn open(&self) -> Result<Option<Store>, StoreError> {
        store_of(self.named, self.config, Some(self.plan), self.variables)
    }

    /// Whether a finished run is to be saved: where the command line asks for it, and in CI a run of the base branch.
    pub(super) fn wants(&self, args: &RunArgs) -> bool {
        self.saves(args.save_baseline) && !args.dry_run
    }

    /// The same for a run that is no dry run.
    pub(super) fn saves(&self, save_baseline: bool) -> bool {
        let watched = self.plan.regression.is_some() && self.name().is_some();
        let asked = save_baseline || (in_ci(self.variables) && watched && self.branches.is_base());
        asked && (self.plan.foreign.is_some() || self.plan.against.is_none())
    }

    /// Adds each repetition of the ladder to the store. Only runs that passed, warnings included, say what is normal.
    ///
    /// # Errors
    /// A sentence: why nothing was saved.
    pub(super) fn save(&self, finished: &Finished, secrets: &Secrets) -> Result<String, String> {
        let why = |why: &dyn std::fmt::Display| format!("the run was not saved as a baseline: {why}");
        let store = self.open().map_err(|error| why(&error))?;
        let store = store.ok_or_else(|| why(&"name a store by `regression.store` or --baseline"))?;
        let phases = self.plan.phases.len().max(1);
        let ladders = finished.verdict.phases.chunks(phases).zip(finished.phases.chunks(phases));
        for ((judged, measured), values) in ladders.zip(&finished.values) {
            let run = FinishedRun {
                plan: self.plan,
                secrets,
                verdict: &Verdict { phases: first_names(judged, self.plan), ..finished.verdict.clone() },
                phases: measured,
                environment: self.environment.clone(),
                ruler_s: median(&finished.ruler),
                branch: self.branches.own.clone(),
            };
            let mut recording = run.recording().map_err(|cause| why(&cause))?;
            recording.run.values.extend(values.iter().map(|(cell, value)| (secrets.mask(cell).into_owned(), *value)));
            store.save(&recording).map_err(|error| why(&error))?;
        }
        Ok(format!("saved as a baseline of {} in {}", self.branches.own, store.place()))
    }
}

/// The phases of a repetition of the ladder under the names that they have in the plan.
fn first_names(judged: &[PhaseVerdict], plan: &Plan) -> Vec<PhaseVerdict> {
    let named = judged.iter().zip(&plan.phases);
    named.map(|(judged, phase)| PhaseVerdict { name: phase.name.clone(), ..judged.clone() }).collect()
}

/// A history as the gate takes it; `counting` of its newest runs count.
fn stored(history: &History, (base, counting): (&str, usize), name: &str) -> Stored {
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
    let newest = &history.runs[history.runs.len().saturating_sub(counting)..];
    let regime = history.runs.first().map(|first| Regime {
        since: history.regime.accepted.as_ref().map_or(first.finished_at, |(at, _)| *at).to_string(),
        because: history.regime.sentence(),
        branch: base.to_owned(),
        runs: history.runs.len(),
        commits: newest.iter().map(|run| run.commit.clone()).collect(),
        anchor: history.anchor().len(),
        anchored: history.anchor().last().map(|last| Anchored {
            label: history.regime.pinned.as_ref().map(|(_, pin)| pin.label.clone()),
            commit: last.commit.clone(),
            at: last.finished_at.to_string(),
        }),
    });
    let past = Past {
        runs: values(&history.runs),
        anchor: values(history.anchor()),
        // Of the runs that count: an older machine says nothing about these.
        ruler: newest.iter().filter_map(|run| run.ruler_s).collect(),
        after_anchor: history.after_anchor(),
        because,
    };
    Stored { past, source: Some(name.to_owned()), regime, notes, latency: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::testing::{key, minute, recording, run};

    #[test]
    fn the_ruler_is_that_of_the_runs_that_count() {
        let folder = tempfile::TempDir::new().expect("a temporary folder can be made");
        let store = Store::open("store", folder.path(), &config::Environment::new()).expect("it is a directory");
        for at in 1..=15 {
            // The newest five were made on a machine that had become half as fast.
            let ruler_s = Some(if at > 10 { 2.0 } else { 1.0 });
            store.save(&recording(baseline::Run { ruler_s, ..run(at) })).expect("it is saved");
        }
        let wanted = Wanted { key: &key(), branch: "main", now: minute(100) };
        let history = store.history(&wanted).expect("it can be read");
        let past = stored(&history, ("main", 5), "store").past;
        assert_eq!(past.ruler, [2.0; 5]);
        assert_eq!(past.runs.len(), 15, "creep is measured along all of them");
    }
}
