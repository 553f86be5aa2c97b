//! Whether the outcomes of a verdict agree with each other (docs/decisions.md section 1).

use super::refused;
use crate::judge::{Level, Outcome, PhaseVerdict, Verdict};

/// # Errors
/// When the verdict is milder than one of its parts, passes without a phase that does, or has another exit code than
/// its outcome.
pub(super) fn of(verdict: &Verdict) -> Result<(), String> {
    let Verdict { outcome, exit_code, phases, .. } = verdict;
    let codes: &[u8] = match outcome {
        Outcome::Passed | Outcome::Warned => &[0],
        Outcome::Failed => &[1],
        Outcome::Invalid => &[3],
        Outcome::Inconclusive => &[4],
        Outcome::Interrupted => &[70, 130, 143],
        Outcome::NotRun | Outcome::New => return Err(refused("its outcome is none of a run")),
    };
    if !codes.contains(exit_code) {
        return Err(refused("its exit code belongs to another outcome"));
    }
    if *outcome != Outcome::Interrupted && phases.iter().any(hides_a_failure) {
        return Err(refused("a phase is better than one of its criteria"));
    }
    if parts(verdict).into_iter().any(|part| weight(part) > weight(*outcome)) {
        return Err(refused("its outcome is better than one of its parts"));
    }
    let good = |phase: &PhaseVerdict| matches!(phase.outcome, Outcome::Passed | Outcome::Warned);
    if weight(*outcome) <= weight(Outcome::Warned) && !verdict.dry_run && !phases.iter().any(good) {
        return Err(refused("it passed although nothing was measured"));
    }
    Ok(())
}

fn hides_a_failure(phase: &PhaseVerdict) -> bool {
    let failed = phase.findings.iter().any(|of| of.level == Level::Block && of.outcome == Outcome::Failed);
    failed && !matches!(phase.outcome, Outcome::Failed | Outcome::Invalid)
}

/// What the outcome of the run follows from.
fn parts(verdict: &Verdict) -> Vec<Outcome> {
    if verdict.preflight.iter().any(|check| check.outcome == Outcome::Failed) {
        return vec![Outcome::Invalid];
    }
    let phases = verdict.phases.iter().map(|phase| phase.outcome);
    // What a new or an undecided comparison means for its run, policies say.
    let regressions = verdict.regressions.iter().map(crate::judge::Regression::counts_as);
    let regressions = regressions.filter(|outcome| !matches!(outcome, Outcome::New | Outcome::Inconclusive));
    let recovery = verdict.recovery.iter().map(|recovery| recovery.outcome);
    let integrity = verdict.integrity.iter().map(|check| check.outcome);
    let preflight = verdict.preflight.iter().map(|check| check.outcome);
    phases.chain(regressions).chain(recovery).chain(integrity).chain(preflight).collect()
}

/// interrupted > failed > invalid > inconclusive > warned > passed.
fn weight(outcome: Outcome) -> usize {
    let order = [Outcome::Passed, Outcome::Warned, Outcome::Inconclusive, Outcome::Invalid, Outcome::Failed];
    match outcome {
        Outcome::NotRun | Outcome::New => 0,
        Outcome::Interrupted => order.len(),
        outcome => order.iter().position(|other| *other == outcome).unwrap_or(order.len()),
    }
}
