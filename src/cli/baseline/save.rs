//! `stagegate baseline save DIR`, and what a run leaves behind when it is saved.

use std::{collections::BTreeMap, path::Path, time::Duration};

use jiff::Timestamp;

use super::{complaint, no_store, store_of};
use crate::{
    baseline::{EndpointHistograms, Environment, Key, Outcome, Recording, Run},
    cli::{
        args::{PlanArgs, SaveArgs},
        branch::Branches,
        input,
        prepare::{self, Prepared, prepare},
        report,
    },
    config::Secrets,
    gate::MeasuredPhase,
    judge::{self, EndpointVerdict, Milliseconds, PhaseVerdict, StageVerdict, Verdict, regression},
    plan::{Arrivals, Endpoint, Load, Metric, Phase, Plan, Stage},
    report::{LARGEST_MEASUREMENTS, MEASUREMENTS, VERDICT, clean, read_measurements},
};

/// The target of a verdict whose app was started by the gate.
const DEMO: &str = "demo";

pub(super) fn run(args: &SaveArgs) -> Result<String, String> {
    let variables = prepare::environment();
    let path = args.folder.join(VERDICT);
    let verdict = report::read(&path).map_err(|sentence| format!("error: {sentence}"))?.verdict().clone();
    let Prepared { plan, secrets, .. } = prepare(&as_it_ran(&args.plan, &verdict), variables.clone())?;
    let store = store_of(args.baseline.as_deref(), &args.plan.config, Some(&plan), &variables);
    let store = store.map_err(|error| complaint(&error, &secrets))?.ok_or_else(|| no_store(&args.plan.config))?;
    let finished = FinishedRun {
        plan: &plan,
        secrets: &secrets,
        verdict: &verdict,
        phases: &measured(&args.folder.join(MEASUREMENTS))?,
        environment: Environment::look(&variables),
        ruler_s: verdict.comparison.as_ref().and_then(|comparison| median(&comparison.ruler_s)),
        branch: args.branch.clone().unwrap_or_else(|| Branches::of(&variables).own),
    };
    let folder = args.folder.to_string_lossy();
    let recording = finished.recording().map_err(|why| {
        format!("error: the run in {} cannot be a baseline: {}", clean(&folder), clean(&secrets.mask(&why)))
    })?;
    let saved = store.save(&recording).map_err(|error| complaint(&error, &secrets))?;
    let place = store.place();
    let Run { branch, commit, .. } = &recording.run;
    Ok(format!(
        "Saved {} of {} as run {} in {}, as measured by this machine.\n",
        clean(commit),
        clean(branch),
        saved.id,
        clean(&place)
    ))
}

/// The choices that the run was made with, where the command line makes none.
fn as_it_ran(args: &PlanArgs, verdict: &Verdict) -> PlanArgs {
    // Without profiles in gates.yaml, the whole ladder goes by this name.
    let profile = || Some(verdict.profile.clone()).filter(|name| name != "default");
    let target = || Some(verdict.target.clone()).filter(|url| url != DEMO);
    PlanArgs {
        config: args.config.clone(),
        profile: args.profile.clone().or_else(profile),
        phase: args.phase.clone(),
        target: args.target.clone().or_else(target),
        commit: Some(verdict.commit.clone()),
        seed: Some(verdict.seed),
        time_scale: args.time_scale,
        deadline: None,
        color: args.color,
    }
}

/// The median of the ruler's readings, which stands for the run; `None` without any.
pub(in crate::cli) fn median(readings: &[f64]) -> Option<f64> {
    let mut sorted = readings.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

fn measured(path: &Path) -> Result<Vec<MeasuredPhase>, String> {
    let shown = path.to_string_lossy();
    let bytes = input::read(path, LARGEST_MEASUREMENTS).map_err(|cause| {
        format!("error: {} cannot be read ({cause}); name the output directory of a finished run", clean(&shown))
    })?;
    // What is larger than the bound is cut off, and then it is no JSON.
    read_measurements(&String::from_utf8_lossy(&bytes))
        .map_err(|cause| format!("error: {} cannot be used: {cause}", clean(&shown)))
}

/// A finished run.
pub(in crate::cli) struct FinishedRun<'a> {
    pub(in crate::cli) plan: &'a Plan,
    pub(in crate::cli) secrets: &'a Secrets,
    pub(in crate::cli) verdict: &'a Verdict,
    pub(in crate::cli) phases: &'a [MeasuredPhase],
    /// The machine that ran it.
    pub(in crate::cli) environment: Environment,
    /// The reading of the ruler in seconds, if it was taken.
    pub(in crate::cli) ruler_s: Option<f64>,
    /// The branch that was measured.
    pub(in crate::cli) branch: String,
}

impl FinishedRun<'_> {
    /// What is stored of it.
    ///
    /// # Errors
    /// Why it cannot be a baseline, in words: it did not pass, or it is not a run of this plan.
    pub(in crate::cli) fn recording(self) -> Result<Recording, String> {
        let Self { plan, secrets, verdict, phases, environment, ruler_s, branch } = self;
        if verdict.dry_run {
            return Err("it is a dry run, which measures nothing".to_owned());
        }
        if verdict.preflight.iter().any(|check| check.outcome == judge::Outcome::Warned) {
            return Err("its login seems not to have worked, so it may have measured login pages".to_owned());
        }
        // The key of a plan that sends its own load would take it for one.
        let tool = |source: &judge::Source| source.tool.clone();
        if verdict.source.as_ref().map(tool) != plan.foreign.as_ref().map(|foreign| foreign.tool.clone()) {
            return Err("another tool made its load; save it by `stagegate judge --save-baseline`".to_owned());
        }
        let outcome = match verdict.outcome {
            judge::Outcome::Passed => Outcome::Passed,
            judge::Outcome::Warned => Outcome::Warned,
            other => return Err(format!("it is {}, and only passed and warned runs say what is normal", other.word())),
        };
        if phases.is_empty() {
            return Err("it measured no phase".to_owned());
        }
        is_of(plan, secrets, verdict, phases)?;
        let finished_at: Timestamp = verdict
            .finished_at
            .parse()
            .map_err(|_| format!("it ended at `{}`, which is no time", verdict.finished_at))?;
        // Under the names of the plan: those of a repetition of the ladder are its own.
        let measured = plan.phases.iter().zip(phases);
        let histograms =
            measured.flat_map(|(phase, of)| EndpointHistograms::of(plan, &phase.name, &of.measurements)).collect();
        let run = Run {
            id: String::new(),
            commit: verdict.commit.clone(),
            branch,
            finished_at,
            outcome,
            key: Key::of(plan, secrets, &environment),
            environment,
            ruler_s,
            values: values(plan, verdict, phases),
        };
        Ok(Recording { run, histograms }.masked(secrets))
    }
}

/// Whether the verdict is one of this plan: gates.yaml may have changed since, or other flags were given.
fn is_of(plan: &Plan, secrets: &Secrets, verdict: &Verdict, phases: &[MeasuredPhase]) -> Result<(), String> {
    // A verdict that was read is masked already, and one that was just made is not.
    let same_name = |ran: &str, planned: &str| ran == planned || ran == clean(&secrets.mask(planned));
    if !same_name(&verdict.gate, &plan.gate) {
        return Err(format!("it is one of gate {}, and gates.yaml is of {}", verdict.gate, plan.gate));
    }
    let ran: Vec<&PhaseVerdict> = verdict.phases.iter().collect();
    let same = ran.len() == plan.phases.len() && phases.len() == ran.len();
    let other = "it was not run from this gates.yaml with this profile";
    let next = "give the profile, --phase and --time-scale that it was run with";
    if !same {
        return Err(format!("{other}: it has {} phases, and the plan has {}; {next}", ran.len(), plan.phases.len()));
    }
    for ((ran, planned), measured) in ran.iter().zip(&plan.phases).zip(phases) {
        // What another tool measured of a phase is what its files hold, and not what the plan says to send.
        if !same_name(&ran.name, &planned.name) || (plan.foreign.is_none() && !same_load(ran, planned)) {
            return Err(format!(
                "{other}: phase {} was {}, and the plan says {}; {next}",
                ran.name,
                said(ran),
                plan_said(planned)
            ));
        }
        if measured.measurements.endpoints.len() != plan.endpoints.len() {
            return Err(format!("{other}: it has other endpoints; {next}"));
        }
    }
    Ok(())
}

/// An extended phase measured twice its window.
fn same_load(ran: &PhaseVerdict, planned: &Phase) -> bool {
    let load = match planned.load {
        Load::Closed { users, .. } => ran.users == Some(users),
        Load::Open { rate, .. } => ran.rate.is_some_and(|ran| (ran - rate).abs() <= rate * 1e-9),
    };
    let window = planned.duration.as_secs_f64();
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
    let stages = planned.stages.over(planned.duration);
    let same = |(ran, (stage, over)): (&StageVerdict, (&Stage, Duration))| {
        near(ran.from, stage.from) && near(ran.to, stage.to) && near(ran.over_s, over.as_secs_f64())
    };
    let shape = ran.stages.len() == planned.stages.iter().count() && ran.stages.iter().zip(stages).all(same);
    let arrivals = ran.arrivals.is_some() == (planned.arrivals == Arrivals::Poisson);
    load && shape && arrivals && [window, 2.0 * window].iter().any(|window| (ran.duration_s - window).abs() < 0.001)
}

fn said(ran: &PhaseVerdict) -> String {
    let load = ran.users.map(|users| format!("{users} users")).or_else(|| Some(format!("{}/s", ran.rate?)));
    let levels: Vec<String> = ran.levels().iter().map(ToString::to_string).collect();
    let stages = if levels.is_empty() { String::new() } else { format!(" in stages ({})", levels.join(" to ")) };
    let arrivals = if ran.arrivals.is_some() { ", Poisson arrivals," } else { "" };
    format!("{}{stages}{arrivals} for {} s", load.unwrap_or_default(), ran.duration_s)
}

fn plan_said(planned: &Phase) -> String {
    let load = match planned.load {
        Load::Closed { users, .. } => format!("{users} users"),
        Load::Open { rate, .. } => format!("{rate}/s"),
    };
    let stages =
        if planned.stages.is_empty() { String::new() } else { format!(" in stages ({})", planned.load_in_words()) };
    let arrivals = if planned.arrivals == Arrivals::Poisson { ", Poisson arrivals," } else { "" };
    format!("{}: {load}{stages}{arrivals} for {} s", planned.name, planned.duration.as_secs_f64())
}

/// Everything that a later gates.yaml might compare: percentiles, means, rates and throughput of each phase, percentiles
/// and means of each endpoint, and the cells that this run compared. Times that another tool summed up are none where failures
/// may have moved them.
fn values(plan: &Plan, verdict: &Verdict, phases: &[MeasuredPhase]) -> BTreeMap<String, f64> {
    let mut values = BTreeMap::new();
    for (phase, MeasuredPhase { measurements, .. }) in verdict.phases.iter().zip(phases) {
        let told = |of: &dyn Fn(&Endpoint) -> bool, requests: u64, latency: &Milliseconds| {
            let endpoints = plan.endpoints.iter().zip(&measurements.endpoints).filter(|(planned, _)| of(planned));
            let moving: u64 = endpoints.map(|(_, measured)| regression::moving(measured)).sum();
            let unmoved = |metric| measurements.summary.is_none() || regression::is_unmoved(metric, requests, moving);
            times(latency).into_iter().filter(|(_, metric, _)| unmoved(*metric)).collect::<Vec<_>>()
        };
        let mut put = |cell: String, value: Option<f64>| {
            values.extend(value.map(|value| (format!("{}/{cell}", phase.name), value)));
        };
        for (metric, _, value) in told(&|planned| !planned.login, phase.requests, &phase.latency_ms) {
            put(metric.to_owned(), value);
        }
        put("success_rate".to_owned(), phase.success_rate);
        put("error_rate".to_owned(), phase.success_rate.map(|_| phase.failures as f64 / phase.requests as f64));
        put("throughput".to_owned(), phase.throughput);
        for EndpointVerdict { name, requests, latency_ms, .. } in &phase.endpoints {
            for (metric, _, value) in told(&|planned| planned.name == *name, *requests, latency_ms) {
                put(format!("{metric}({name})"), value);
            }
        }
    }
    let compared = verdict.regressions.iter();
    values.extend(compared.filter_map(|cell| Some((format!("{}/{}", cell.phase, cell.cell), cell.head?))));
    values
}

fn times(latency: &Milliseconds) -> [(&'static str, Metric, Option<f64>); 5] {
    let Milliseconds { p50, p90, p95, p99, max: _, mean } = latency;
    [
        ("p50", Metric::Quantile(0.5), *p50),
        ("p90", Metric::Quantile(0.9), *p90),
        ("p95", Metric::Quantile(0.95), *p95),
        ("p99", Metric::Quantile(0.99), *p99),
        ("mean", Metric::Mean, *mean),
    ]
}
