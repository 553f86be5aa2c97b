//! `stagegate baseline`: the stored baselines.

mod decide;
mod list;
mod prune;
mod save;
mod show;
mod table;

use std::{collections::BTreeMap, path::Path};

use jiff::Timestamp;

use super::{
    DONE, USAGE,
    args::{BaselineAct, ColourArg, PlanArgs, StoreArgs},
    branch::Branches,
    output,
    prepare::{self, Prepared, prepare_for_store},
};
use crate::{
    baseline::{self, Contents, Damaged, History, Key, Store, StoreError, Wanted},
    config::{Environment, Secrets},
    plan::Plan,
    report::clean,
};

pub(super) use save::{FinishedRun, median};

/// What to do in a store without a run.
const HOW_TO_SAVE: &str =
    "save the first with `stagegate run --save-baseline`, or a finished run with `stagegate baseline save DIR`";

/// Does it, and says what was done.
pub(super) fn run(act: &BaselineAct) -> u8 {
    let done = match act {
        BaselineAct::List(args) => list::run(args),
        BaselineAct::Show(args) => show::run(args),
        BaselineAct::Save(args) => save::run(args),
        BaselineAct::Pin(args) => decide::pin(args),
        BaselineAct::Accept(args) => decide::accept(args),
        BaselineAct::Prune(args) => prune::run(args),
    };
    match done {
        Ok(text) => {
            output::print(&text);
            DONE
        }
        Err(text) => {
            output::complain(&text);
            USAGE
        }
    }
}

/// The store that the command line names, relative to this folder, else that of gates.yaml, relative to its folder; `None`
/// where neither names one.
///
/// # Errors
/// When the name is not one of a store.
pub(super) fn store_of(
    named: Option<&str>,
    config: &Path,
    plan: Option<&Plan>,
    variables: &Environment,
) -> Result<Option<Store>, StoreError> {
    let configured = plan.and_then(|plan| plan.regression.as_ref()?.store.as_deref());
    match (named, configured) {
        (Some(address), _) => Store::open(address, Path::new(""), variables).map(Some),
        (None, Some(address)) => Store::open(address, config.parent().unwrap_or(Path::new("")), variables).map(Some),
        (None, None) => Ok(None),
    }
}

/// A store, and the plan that it is asked about.
struct Opened {
    store: Store,
    /// `None` where the command line names a store and there is no gates.yaml.
    prepared: Option<Prepared>,
    variables: Environment,
}

impl Opened {
    fn secrets(&self) -> Secrets {
        self.prepared.as_ref().map(|prepared| prepared.secrets.clone()).unwrap_or_default()
    }

    /// What a run of the gate's own on this machine would be compared with; `None` where gates.yaml has no scenarios.
    ///
    /// # Errors
    /// The text for standard error.
    fn own(&self, prepared: &Prepared) -> Result<Option<History>, String> {
        if prepared.plan.foreign.is_some() {
            return Ok(None);
        }
        let environment = baseline::Environment::look(&self.variables);
        self.history(&Key::of(&prepared.plan, &prepared.secrets, &environment)).map(Some)
    }

    /// What the loads of other tools would be compared with on this machine, by tool: those that are like the newest one in
    /// the store, for nobody knows the next one's files yet.
    ///
    /// # Errors
    /// The text for standard error.
    fn of_tools(&self, prepared: &Prepared, contents: &Contents) -> Result<Vec<(String, History)>, String> {
        let gate = prepared.secrets.mask(&prepared.plan.gate);
        let own = contents.runs.iter().filter(|run| run.key.gate == gate);
        let newest: BTreeMap<&String, &Key> = own.filter_map(|run| Some((run.key.tool.as_ref()?, &run.key))).collect();
        let runner = baseline::Environment::look(&self.variables).runner();
        let history = |(tool, key): (&String, &Key)| {
            Ok((tool.clone(), self.history(&Key { runner: runner.clone(), ..key.clone() })?))
        };
        newest.into_iter().map(history).collect()
    }

    fn history(&self, key: &Key) -> Result<History, String> {
        let base = Branches::of(&self.variables).base;
        let wanted = Wanted { key, branch: &base, now: Timestamp::now() };
        self.store.history(&wanted).map_err(|error| self.failed(&error))
    }

    /// An error of the store for standard error.
    fn failed(&self, error: &StoreError) -> String {
        complaint(error, &self.secrets())
    }
}

/// # Errors
/// The text for standard error.
fn open(args: &StoreArgs) -> Result<Opened, String> {
    let variables = prepare::environment();
    // Whoever names a store can look into it anywhere.
    let needed = args.baseline.is_none() || args.config.exists();
    let prepared = needed.then(|| prepare_for_store(&plan_args(args), variables.clone())).transpose()?;
    let plan = prepared.as_ref().map(|prepared| &prepared.plan);
    let secrets = prepared.as_ref().map(|prepared| prepared.secrets.clone()).unwrap_or_default();
    let store = store_of(args.baseline.as_deref(), &args.config, plan, &variables);
    let store = store.map_err(|error| complaint(&error, &secrets))?.ok_or_else(|| no_store(&args.config))?;
    Ok(Opened { store, prepared, variables })
}

fn no_store(config: &Path) -> String {
    format!(
        "error: {} names no store of baselines; write `regression: {{store: .stagegate/baselines}}` into it, or name one \
         with --baseline",
        clean(&config.to_string_lossy())
    )
}

fn complaint(error: &StoreError, secrets: &Secrets) -> String {
    format!("error: {}", clean(&secrets.mask(&error.to_string())))
}

fn plan_args(args: &StoreArgs) -> PlanArgs {
    PlanArgs {
        config: args.config.clone(),
        profile: args.profile.clone(),
        phase: Vec::new(),
        target: None,
        commit: None,
        seed: None,
        time_scale: None,
        deadline: None,
        color: ColourArg::Never,
    }
}

/// A line for each file that was left out.
fn damaged_lines(damaged: &[Damaged]) -> String {
    let line = |damaged: &Damaged| {
        format!("left out, {}: {}; look at it, and remove it by hand\n", clean(&damaged.file), clean(&damaged.because))
    };
    damaged.iter().map(line).collect()
}

/// What a count counts, in the right number.
fn runs(number: usize) -> String {
    if number == 1 { "1 run".to_owned() } else { format!("{number} runs") }
}
