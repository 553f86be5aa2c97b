//! The app against itself: the ladder again and again, as often as a time budget allows.
//!
//! [`calibrate`] goes through the preflight checklist and then drives the phases round by round, each time with fresh
//! users. What the rounds say about this runner is the judge's business ([`crate::judge::calibration`]).

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Event, GateError, Setup,
    apps::{self, Apps},
    checks,
    corridor::{self, Walk},
    drive::{Drive, Look, View},
    ladder,
    record::Record,
};
use crate::{
    judge::{
        self, CheckResult, Interruption, Outcome, PhaseEvidence,
        calibration::{self, Calibration},
        regression::{self, RunValues},
    },
    load::{self, Tick},
    measure::PhaseEnding,
    plan::{Phase, Plan},
};

/// With so many rounds there are two interleaved sittings of eight blocks, and ten groups of three head runs.
const WANTED: u32 = 32;

/// No window is shortened below this: a slice of an interleaved comparison is not shorter either.
const SHORTEST: Duration = Duration::from_secs(5);

/// What came of a calibration.
#[derive(Debug, Clone)]
pub struct Calibrated {
    /// The target, its address known.
    pub target: String,
    /// The checklist; items after a failed one are `not_run`.
    pub preflight: Vec<CheckResult>,
    /// The windows of each phase: its name, as planned, and as driven.
    pub windows: Vec<(String, Duration, Duration)>,
    /// Complete rounds in which a criterion that blocks failed, although nothing changed.
    pub failed: u64,
    /// Rounds that count for nothing, because the generator was not good enough in them.
    pub invalid: u64,
    /// How long the rounds took.
    pub took: Duration,
    /// Requests that were sent to the target, all together.
    pub requests: u64,
    /// What the rounds say; of no round, nothing.
    pub found: Calibration,
    /// Why the rounds ended before the budget; `None` when they did not.
    pub trouble: Option<String>,
    /// What ended it from outside.
    pub interruption: Option<Interruption>,
}

impl Calibrated {
    /// 0 when something is known, 3 when nothing could be measured, 130 or 143 when it was interrupted, 70 by a defect.
    pub fn exit_code(&self) -> u8 {
        match &self.interruption {
            Some(why) => why.exit_code(),
            None if self.found.knows_something() => 0,
            None => 3,
        }
    }
}

/// What the rounds gave so far.
#[derive(Default)]
struct Rounds {
    runs: Vec<RunValues>,
    failed: u64,
    invalid: u64,
    took: Duration,
    trouble: Option<String>,
}

/// Measures the target against itself within the budget, and says in [`Event`]s how it goes. No round begins that would
/// not end within it, as long as it takes what the longest before it took.
///
/// # Errors
/// The target cannot be used as gates.yaml describes it; nothing was sent then.
pub async fn calibrate(setup: Setup, budget: Duration, listen: &mut dyn FnMut(Event)) -> Result<Calibrated, GateError> {
    let plan = Arc::new(fitting(&setup.plan, budget));
    let stop = corridor::stop(&setup);
    let mut result = Calibrated {
        target: corridor::target_name(&plan),
        preflight: Vec::new(),
        windows: windows(&setup.plan, &plan),
        failed: 0,
        invalid: 0,
        took: Duration::ZERO,
        requests: 0,
        found: calibration::calibrate(&plan, &[], 0),
        trouble: None,
        interruption: None,
    };
    let (url, staging) = match corridor::stage(&setup, &stop).await {
        Ok(Ok(found)) => found,
        Ok(Err(detail)) => return Ok(Calibrated { trouble: Some(detail), ..result }),
        Err(why) => return Ok(Calibrated { interruption: Some(why), ..result }),
    };
    if staging.is_some() {
        result.target = format!("demo at {}", corridor::shown(&url));
    }
    let kit = corridor::kit(&setup, &plan, &url)?;
    let workers = setup.workers.unwrap_or_else(|| load::default_workers(&kit.origin));
    let record = Record::begin(result.target.clone(), Vec::new());
    let apps = Apps::of(&setup);
    let mut walk = Walk {
        plan: Arc::clone(&plan),
        kit,
        url,
        workers,
        stop,
        record,
        next_index: 0,
        reads_ruler: false,
        apps,
        listen,
    };
    let mut rounds = Rounds::default();
    let measured = Box::pin(load::caught(measure(&mut walk, (&result.target, budget), &mut rounds))).await;
    result.interruption = measured.unwrap_or_else(|defect| Err(Interruption::Defect(defect.to_string()))).err();
    checks::cleanup(&mut walk).await;
    apps::stop(&mut walk, result.interruption.as_ref()).await;
    if let Some(staging) = staging {
        staging.stop().await;
    }
    let blocks = plan.phases.first().map_or(0, |phase| plan.blocks(phase).count as usize);
    Ok(Calibrated {
        requests: walk.record.sent(),
        preflight: walk.record.preflight,
        found: calibration::calibrate(&plan, &rounds.runs, blocks),
        failed: rounds.failed,
        invalid: rounds.invalid,
        took: rounds.took,
        trouble: rounds.trouble,
        ..result
    })
}

/// The plan with windows so short that the wanted rounds fit into the budget; never longer than planned, and none is extended.
fn fitting(plan: &Plan, budget: Duration) -> Plan {
    let windows: Duration = plan.phases.iter().map(|phase| phase.duration).sum();
    let others = plan.wall_time().0.saturating_sub(windows);
    let room = (budget / WANTED).saturating_sub(others);
    let factor = room.as_secs_f64() / windows.as_secs_f64().max(f64::MIN_POSITIVE);
    let short = |phase: &Phase| {
        let duration = phase.duration.mul_f64(factor.clamp(0.0, 1.0)).max(SHORTEST).min(phase.duration);
        Phase { duration, ..phase.clone() }
    };
    Plan { phases: plan.phases.iter().map(short).collect(), ..plan.without_extension() }
}

fn windows(planned: &Plan, driven: &Plan) -> Vec<(String, Duration, Duration)> {
    let both = planned.phases.iter().zip(&driven.phases);
    both.map(|(planned, driven)| (planned.name.clone(), planned.duration, driven.duration)).collect()
}

/// Everything between the start and the cleanup; `Err` when it was ended on the way.
async fn measure(
    walk: &mut Walk<'_>,
    (target, budget): (&str, Duration),
    rounds: &mut Rounds,
) -> Result<(), Interruption> {
    let plan = Arc::clone(&walk.plan);
    (walk.listen)(begins(&plan, target, budget));
    apps::start(walk).await?;
    checks::wait_until_ready(walk, None).await?;
    checks::preflight(walk).await?;
    if let Some(failed) = walk.record.preflight.iter().find(|check| !check.held()) {
        rounds.trouble = Some(format!("preflight: {}: {}", failed.name, failed.detail));
        return Ok(());
    }
    let begun = Instant::now();
    let mut longest = plan.wall_time().0;
    while begun.elapsed() + longest <= budget && rounds.trouble.is_none() {
        let started = Instant::now();
        let ended = round(walk, &plan, rounds, budget.saturating_sub(begun.elapsed())).await;
        rounds.took = begun.elapsed();
        ended?;
        longest = longest.max(started.elapsed());
    }
    Ok(())
}

fn begins(plan: &Plan, target: &str, budget: Duration) -> Event {
    let times = budget.as_secs_f64() / plan.wall_time().0.as_secs_f64().max(1.0);
    let phases = times.floor() * plan.phases.len() as f64;
    Event::Started {
        gate: plan.gate.clone(),
        profile: plan.profile.name.clone(),
        target: target.to_owned(),
        phases: phases as u32,
        planned: budget,
    }
}

/// One round: every phase once. It counts only as a whole.
async fn round(walk: &mut Walk<'_>, plan: &Plan, rounds: &mut Rounds, left: Duration) -> Result<(), Interruption> {
    let mut values = RunValues::new();
    let mut outcomes = Vec::new();
    for phase in &plan.phases {
        let index = walk.next_index;
        walk.next_index = index.saturating_add(1);
        (walk.listen)(ladder::begins(phase, 1, walk.next_index));
        let drive = Drive::plain(&walk.kit, &walk.stop, walk.workers, phase, index);
        let listen = &mut *walk.listen;
        let mut look = |tick: &Tick, _: &View<'_>| {
            listen(Event::Progress(ladder::progress(phase, tick, left)));
            Look::GoOn
        };
        let driven = drive.run(&mut look).await;
        let (measurements, gauges) = (&driven.measured.measurements, &driven.measured.gauges);
        walk.record.count_load(measurements);
        if let Some(why) = driven.interruption {
            return Err(why);
        }
        let evidence = PhaseEvidence { plan, phase, measurements, gauges };
        let verdict = judge::phase(evidence);
        if measurements.ending != PhaseEnding::Completed {
            let why = verdict.because.first().cloned().unwrap_or_default();
            rounds.trouble = Some(format!("{} was not measured whole: {why}", phase.name));
            return Ok(());
        }
        values.extend(regression::values(evidence));
        outcomes.push(verdict.outcome);
    }
    if outcomes.contains(&Outcome::Invalid) {
        rounds.invalid += 1;
    } else {
        rounds.failed += u64::from(outcomes.contains(&Outcome::Failed));
        rounds.runs.push(values);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config, plan::Choice};

    fn plan(phases: &str) -> Plan {
        let text = format!(
            "version: 1\ngate: test\ntarget: {{url: 'http://127.0.0.1:9'}}\n\
             scenarios: {{visitor: {{steps: [{{get: /}}]}}}}\nphases:\n{phases}"
        );
        let choice = Choice::default();
        let (config, problems) = config::read("gates.yaml", text.as_bytes(), &choice.environment);
        assert!(problems.is_empty(), "{problems}");
        crate::plan::build(&config.expect("a config"), &choice).unwrap_or_else(|problems| panic!("{problems}"))
    }

    #[test]
    fn windows_are_shortened_until_the_rounds_fit_and_never_made_longer() {
        let of = |phases: &str, budget: u64| -> Vec<u64> {
            let plan = fitting(&plan(phases), Duration::from_secs(budget));
            plan.phases.iter().map(|phase| phase.duration.as_secs()).collect()
        };
        let two = "  - {name: a, users: 1, spawn_rate: 1/s, duration: 60s, criteria: [no errors]}
  - {name: b, users: 1, spawn_rate: 1/s, duration: 120s, criteria: [no errors]}
";
        assert_eq!(of(two, 32 * 90), [30, 60]);
        assert_eq!(of(two, 600), [6, 12]);
        assert_eq!(of(two, 60), [5, 5], "not shorter than a slice");
        assert_eq!(of(two, 86_400), [60, 120]);
        assert_eq!(of("  - {name: a, users: 1, duration: 3s, criteria: [no errors]}\n", 60), [3]);
    }
}
