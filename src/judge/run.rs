//! The verdict on a run.

use super::{
    BreakingPoint, CheckResult, Comparison, Diagnosis, Ending, Outage, Outcome, PhaseVerdict, RecoveryVerdict,
    Regression, Source, Totals, Verdict, ends_ladder, headline, verdict::SCHEMA, waiver,
};
use crate::plan::{Plan, Reaction};

/// Everything that happened in a run.
#[derive(Debug, Clone)]
pub struct RunEvidence<'a> {
    /// What was planned.
    pub plan: &'a Plan,
    /// URL of the target, `demo` for the built-in staging app.
    pub target: String,
    /// The tool that made the load; `None` where the gate made it.
    pub source: Option<Source>,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC.
    pub finished_at: String,
    /// The command that repeats this run locally.
    pub repeat: String,
    /// Remarks that every report shows.
    pub notes: Vec<String>,
    /// How far the run was meant to go.
    pub extent: Extent,
    /// What ended it before its time, if something did.
    pub interruption: Option<Interruption>,
    /// The checklist; items after a failed one are `not_run`. One that held and was doubted is warned.
    pub preflight: Vec<CheckResult>,
    /// The ladder in order, phases that were not run included ([`super::not_run`]).
    pub phases: Vec<PhaseVerdict>,
    /// Everything sent to the target except monitors' scrapes.
    pub totals: Totals,
    /// Where the app gave way ([`super::breaking_point`]).
    pub breaking_point: Option<BreakingPoint>,
    /// What gave way ([`super::diagnose`]).
    pub diagnosis: Option<Diagnosis>,
    /// Seconds without an answer ([`super::outages`]), of all phases.
    pub outages: Vec<Outage>,
    /// How regressions were looked for, if they were.
    pub comparison: Option<Comparison>,
    /// Comparisons with baselines.
    pub regressions: Vec<Regression>,
    /// Whether the app recovered, if it was asked.
    pub recovery: Option<RecoveryVerdict>,
    /// Whether data was lost or corrupted.
    pub integrity: Vec<CheckResult>,
    /// What was tidied at the end; never part of the outcome.
    pub cleanup: Vec<CheckResult>,
}

/// How far a run was meant to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The whole ladder.
    Ladder,
    /// `--dry-run`: preflight and one pass through every scenario, no load.
    DryRun,
}

/// The exit code after a defect in stagegate.
pub const DEFECT: u8 = 70;

/// What ended a run before its time, and was not the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interruption {
    /// SIGINT: exit code 130.
    Interrupt,
    /// SIGTERM or SIGHUP: exit code 143.
    Terminate,
    /// `--deadline`, which ends like SIGTERM.
    Deadline,
    /// A defect in stagegate, in its own words: exit code 70.
    Defect(String),
}

impl Interruption {
    /// The exit code of a run that it ended: 128 and the signal's number, 70 for a defect.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate | Self::Deadline => 143,
            Self::Defect(_) => DEFECT,
        }
    }

    /// Its name in a sentence.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::Deadline => "the deadline",
            Self::Defect(_) => "a defect in stagegate",
        }
    }
}

/// Makes the verdict of the run (docs/decisions.md section 1).
pub fn conclude(mut evidence: RunEvidence<'_>) -> Verdict {
    disqualify(&mut evidence);
    waiver::waive(&mut evidence.regressions, evidence.plan);
    let outcome = outcome(&evidence);
    let ending = ending(&evidence);
    let exit_code = exit_code(&evidence, outcome);
    let headline = headline::of(&evidence, outcome);
    let notes = [evidence.notes, extensions(&evidence.phases)].concat();
    let plan = evidence.plan;
    Verdict {
        schema: SCHEMA.to_owned(),
        outcome,
        dry_run: evidence.extent == Extent::DryRun,
        ending,
        exit_code,
        headline,
        gate: plan.gate.clone(),
        profile: plan.profile.name.clone(),
        seed: plan.seed,
        target: evidence.target,
        source: evidence.source,
        commit: plan.commit.clone(),
        started_at: evidence.started_at,
        finished_at: evidence.finished_at,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        repeat: evidence.repeat,
        notes,
        preflight: evidence.preflight,
        phases: evidence.phases,
        totals: evidence.totals,
        comparison: evidence.comparison,
        regressions: evidence.regressions,
        waivers: waiver::active(plan),
        breaking_point: evidence.breaking_point,
        diagnosis: evidence.diagnosis,
        outages: evidence.outages,
        recovery: evidence.recovery,
        integrity: evidence.integrity,
        cleanup: evidence.cleanup,
        runner: None,
    }
}

/// A remark for each phase that was measured longer than gates.yaml says.
fn extensions(phases: &[PhaseVerdict]) -> Vec<String> {
    let remark = |phase: &PhaseVerdict| {
        format!(
            "The window of {} was extended to twice its length, because a blocking criterion was not decided and twice the \
             requests could decide it.",
            phase.name
        )
    };
    phases.iter().filter(|phase| phase.extended).map(remark).collect()
}

/// Takes the comparisons of invalid phases out: what a generator measured that was not good enough neither passes nor
/// fails.
fn disqualify(evidence: &mut RunEvidence<'_>) {
    let invalid =
        |name: &str| evidence.phases.iter().any(|phase| phase.name == name && phase.outcome == Outcome::Invalid);
    let decided = |outcome| matches!(outcome, Outcome::Passed | Outcome::Failed | Outcome::Inconclusive);
    let mut taken_out = 0;
    for one in evidence.regressions.iter_mut().filter(|one| decided(one.outcome) && invalid(&one.phase)) {
        one.outcome = Outcome::Invalid;
        one.because = format!("The phase is invalid, so that its comparison does not count. {}", one.because);
        taken_out += 1;
    }
    if let Some(comparison) = &mut evidence.comparison {
        comparison.compared = comparison.compared.saturating_sub(taken_out);
    }
}

/// interrupted > failed > invalid > inconclusive > warned > passed.
fn outcome(evidence: &RunEvidence<'_>) -> Outcome {
    if evidence.interruption.is_some() {
        return Outcome::Interrupted;
    }
    if not_ready(evidence) {
        return Outcome::Invalid;
    }
    let mut parts: Vec<Outcome> = evidence.phases.iter().map(|phase| phase.outcome).collect();
    if evidence.extent == Extent::Ladder {
        // A ladder of which nothing was run decided nothing, whatever came after it.
        if parts.iter().all(|outcome| *outcome == Outcome::NotRun) {
            parts.push(Outcome::Inconclusive);
        }
        // That a phase was not run is decided by the one that ended the ladder; without one, something is missing.
        if !evidence.phases.iter().any(ends_ladder) && parts.contains(&Outcome::NotRun) {
            parts.push(Outcome::Inconclusive);
        }
    }
    parts.extend(evidence.regressions.iter().map(|comparison| regression(comparison, evidence)));
    parts.extend(evidence.recovery.iter().map(|recovery| recovery.outcome));
    parts.extend(evidence.integrity.iter().chain(&evidence.preflight).map(|check| check.outcome));
    [Outcome::Failed, Outcome::Invalid, Outcome::Inconclusive, Outcome::Warned]
        .into_iter()
        .find(|outcome| parts.contains(outcome))
        .unwrap_or(Outcome::Passed)
}

/// What a comparison means for its run: a new or inconclusive one is what the policies say. One that was not run although
/// its phase was measured, because the other deployment was out of reach, is missing like a new one; where the phase itself
/// was not measured, that decides.
pub(super) fn regression(comparison: &Regression, evidence: &RunEvidence<'_>) -> Outcome {
    let plan = evidence.plan;
    let missing = plan.regression.as_ref().map_or(Reaction::Warn, |regression| regression.missing);
    let measured = |phase: &PhaseVerdict| {
        phase.name == comparison.phase && matches!(phase.outcome, Outcome::Passed | Outcome::Warned)
    };
    let reaction = match comparison.counts_as() {
        Outcome::New => missing,
        Outcome::NotRun if evidence.phases.iter().any(measured) => missing,
        Outcome::Inconclusive => plan.policy.uncertain_regression,
        outcome => return outcome,
    };
    match reaction {
        Reaction::Fail => Outcome::Inconclusive,
        Reaction::Warn => Outcome::Warned,
    }
}

fn not_ready(evidence: &RunEvidence<'_>) -> bool {
    evidence.preflight.iter().any(|check| check.outcome == Outcome::Failed)
}

fn ending(evidence: &RunEvidence<'_>) -> Ending {
    if evidence.interruption.is_some() {
        return Ending::Interrupted;
    }
    if not_ready(evidence) {
        return Ending::NotReady;
    }
    match evidence.phases.iter().find(|phase| ends_ladder(phase)) {
        Some(phase) if phase.outcome == Outcome::Invalid => Ending::Invalid,
        Some(_) => Ending::Stopped,
        None => Ending::Completed,
    }
}

fn exit_code(evidence: &RunEvidence<'_>, outcome: Outcome) -> u8 {
    match (&evidence.interruption, outcome) {
        (Some(interruption), _) => interruption.exit_code(),
        (None, Outcome::Passed | Outcome::Warned) => 0,
        (None, Outcome::Failed) => 1,
        (None, Outcome::Invalid) => 3,
        (None, _) => 4,
    }
}
