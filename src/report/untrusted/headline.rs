//! The verdict in one sentence, from its numbers alone: no name and no word of it.

use crate::{
    judge::{DEFECT, Level, Outcome, PhaseVerdict, Verdict, ranked},
    report::{ladder, regressions, trouble},
    units::number,
};

/// What decided, by how much, how sure.
pub(super) fn of(verdict: &Verdict) -> String {
    let Verdict { outcome, preflight, phases, integrity, .. } = verdict;
    let judged = phases.iter().filter(|phase| phase.outcome != Outcome::NotRun).count();
    if *outcome == Outcome::Interrupted {
        let why = if verdict.exit_code == DEFECT { "stagegate itself broke" } else { "Interrupted" };
        return format!("{why}; {judged} of {} were measured.", number::counted(phases.len() as u64, "phase"));
    }
    let not_ready = preflight.iter().filter(|check| check.outcome == Outcome::Failed).count();
    if not_ready > 0 {
        let items = number::counted(not_ready as u64, "preflight item");
        return format!("Not ready: {items} failed, so no load was sent.");
    }
    if verdict.dry_run {
        let passed = preflight.iter().filter(|check| check.outcome == Outcome::Passed).count();
        let items = number::counted(passed as u64, "preflight item");
        return format!("Nothing was measured and nothing judged; {items} passed.");
    }
    if matches!(outcome, Outcome::Passed | Outcome::Warned) {
        return passed(verdict);
    }
    if let Some(phase) = phases.iter().find(|phase| phase.outcome == *outcome) {
        return of_phase(phase);
    }
    if let Some(worse) = worse(verdict) {
        return format!("{worse}; {}.", ladder(verdict));
    }
    if integrity.iter().any(|check| check.outcome == Outcome::Failed) {
        return format!("{}, but data was lost or damaged under the load.", ladder(verdict));
    }
    if verdict.recovery.as_ref().is_some_and(|recovery| recovery.outcome != Outcome::Passed) {
        return format!("{}, but the app did not recover after the load.", ladder(verdict));
    }
    format!("The run is {}: {}.", outcome.word(), ladder(verdict))
}

fn passed(verdict: &Verdict) -> String {
    let requests: u64 = verdict.phases.iter().fold(0, |sum, phase| sum.saturating_add(phase.requests));
    let failures: u64 = verdict.phases.iter().fold(0, |sum, phase| sum.saturating_add(phase.failures));
    let rows = regressions::rows(verdict);
    let counts = regressions::counts(&rows.iter().collect::<Vec<_>>());
    let compared = number::counted(rows.len() as u64, "comparison");
    let compared = if rows.is_empty() { String::new() } else { format!(" {compared}: {counts}.") };
    let ladder = ladder(verdict);
    format!(
        "{ladder}: {} measured, {} failed.{compared}",
        number::counted(requests, "request"),
        number::count(failures)
    )
}

fn of_phase(phase: &PhaseVerdict) -> String {
    let load = ladder::load(phase);
    if phase.outcome == Outcome::Invalid {
        return format!("The phase at {load} could not be measured.");
    }
    let verb = if phase.outcome == Outcome::Failed { "failed" } else { "is inconclusive" };
    let blocking = phase.findings.iter().filter(|finding| finding.level == Level::Block);
    let mut decisive: Vec<_> = blocking.filter(|finding| finding.outcome == phase.outcome).collect();
    decisive.sort_by_key(|finding| !finding.certain);
    let Some(first) = decisive.first() else { return format!("The phase at {load} {verb}.") };
    let trouble::Measured { observed, limit, sure, .. } = trouble::measured(first);
    let more = match decisive.len() - 1 {
        0 => String::new(),
        1 => "; one more criterion did not hold either".to_owned(),
        more => format!("; {more} more criteria did not hold either"),
    };
    format!("The phase at {load} {verb}: observed {observed}, limit {limit} ({sure}){more}.")
}

/// How many comparisons failed, and the most telling of them.
fn worse(verdict: &Verdict) -> Option<String> {
    let failed = ranked(&verdict.regressions).into_iter().filter(|one| one.counts_as() == Outcome::Failed);
    let failed: Vec<_> = failed.collect();
    let first = *failed.first()?;
    let cells = number::counted(failed.len() as u64, "cell");
    let by = first.change.map(|change| format!(", the first by {}", first.changed(Some(change)))).unwrap_or_default();
    let interval = first.interval.map(|_| format!(" (interval {})", first.interval_words())).unwrap_or_default();
    Some(format!("{cells} became worse{by}{interval}"))
}

/// `2 of 3 phases passed, up to 50 users`.
fn ladder(verdict: &Verdict) -> String {
    let good = |phase: &&PhaseVerdict| matches!(phase.outcome, Outcome::Passed | Outcome::Warned);
    let load = |phase: &PhaseVerdict| phase.users.map(f64::from).or(phase.rate).unwrap_or_default();
    let highest = verdict.phases.iter().filter(good).max_by(|a, b| load(a).total_cmp(&load(b)));
    let up_to = highest.map(|phase| format!(", up to {}", ladder::most(phase))).unwrap_or_default();
    let phases = number::counted(verdict.phases.len() as u64, "phase");
    format!("{} of {phases} passed{up_to}", verdict.phases.iter().filter(good).count())
}
