//! The first line of every report: what decided, by how much against which limit, and how sure it is.

use super::{CheckResult, Extent, Finding, Level, Outcome, PhaseVerdict, RunEvidence, run::Interruption};
use crate::units::number;

/// One sentence about the run.
pub(super) fn of(evidence: &RunEvidence<'_>, outcome: Outcome) -> String {
    if let Some(interruption) = evidence.interruption {
        return interrupted(evidence, interruption);
    }
    let dry_run = evidence.extent == Extent::DryRun;
    if let Some(check) = failed(&evidence.preflight) {
        let so = if dry_run { "Dry run, and not ready" } else { "Not ready, so no load was sent" };
        return format!("{so}: \"{}\" failed: {}", check.name, sentence(&check.detail));
    }
    if dry_run {
        let passes = evidence.plan.scenarios.len();
        let checks = number::counted(evidence.preflight.len().saturating_sub(passes) as u64, "preflight item");
        let passes = number::counted(passes as u64, "scenario");
        return format!("Nothing was measured and nothing judged. One user walked through {passes}, {checks} passed.");
    }
    match outcome {
        Outcome::Passed => passed(evidence),
        Outcome::Warned => format!("{} {}", passed(evidence), warning(evidence)).trim_end().to_owned(),
        outcome => decided(evidence, outcome),
    }
}

/// What made the run failed, invalid or inconclusive: the phase that ended the ladder first, else what followed it.
fn decided(evidence: &RunEvidence<'_>, outcome: Outcome) -> String {
    if let Some(phase) = evidence.phases.iter().find(|phase| phase.outcome == outcome) {
        return of_phase(phase);
    }
    let comparisons = evidence.regressions.iter().filter(|comparison| comparison.counts_as() == outcome);
    if let Some(comparison) = comparisons.clone().next() {
        let change = comparison.change.map_or_else(String::new, |change| format!(" by {}", number::share(change)));
        let what = format!("{} of {}", comparison.cell, comparison.phase);
        return match outcome {
            Outcome::Failed => format!("{what} became worse{change} against its baseline; every criterion held."),
            outcome => format!("The comparison of {what} with its baseline is {}.", outcome.word()),
        };
    }
    if let Some(check) = failed(&evidence.integrity) {
        let ladder = ladder(evidence);
        return format!("{ladder}, but \"{}\" failed after the load: {}", check.name, sentence(&check.detail));
    }
    if let Some(recovery) = evidence.recovery.iter().find(|recovery| recovery.outcome == outcome) {
        return format!("{}, but the app did not recover: {}", ladder(evidence), sentence(&recovery.detail));
    }
    "Nothing was measured, so nothing was judged.".to_owned()
}

fn of_phase(phase: &PhaseVerdict) -> String {
    let name = format!("{} ({})", phase.name, load(phase));
    if phase.outcome == Outcome::Invalid {
        return format!("{name} could not be measured: {}", sentence(phase.because.first().map_or("", String::as_str)));
    }
    let blocking = phase.findings.iter().filter(|finding| finding.level == Level::Block);
    let mut decisive: Vec<&Finding> = blocking.filter(|finding| finding.outcome == phase.outcome).collect();
    // What is certain says more than what only the observed value decided.
    decisive.sort_by_key(|finding| !finding.certain);
    let Some(first) = decisive.first() else {
        let why = phase.because.first().map_or("", String::as_str);
        return format!("{name} is {}: {}", phase.outcome.word(), sentence(why));
    };
    let verb = if phase.outcome == Outcome::Failed { "failed" } else { "is inconclusive" };
    let more = match decisive.len() - 1 {
        0 => String::new(),
        1 => "; one more criterion did not hold either".to_owned(),
        more => format!("; {more} more criteria did not hold either"),
    };
    format!("{name} {verb}: {}{more}.", of_finding(first).trim_end_matches('.'))
}

/// `p95(not auth) < 750ms was 1.21 s, 461 ms over the limit (certain), most of it at chart data`.
fn of_finding(finding: &Finding) -> String {
    let Finding { criterion, unit, limit, .. } = finding;
    let each = finding.endpoint.as_ref().map(|name| format!(" at {name}")).unwrap_or_default();
    let most = finding.whereabouts().map(|at| format!(", {at}")).unwrap_or_default();
    if criterion == super::LOGGED_IN || criterion == super::ANSWERS {
        return finding.because.clone();
    }
    let (Some(observed), true) = (finding.observed, finding.samples > 0) else {
        return format!("{criterion}{each} has no data: {}", finding.because);
    };
    if unit == "events" {
        let there = if observed > 1.0 { "there were" } else { "there was" };
        return format!("{criterion}{each}, but {there} {} (certain){most}", number::count(observed as u64));
    }
    let beyond = (observed - limit).abs();
    let direction = if observed >= *limit { "over" } else { "under" };
    let by = match unit.as_str() {
        _ if beyond <= 0.0 => "exactly the limit".to_owned(),
        "1" => format!("{} points {direction} the limit", number::plain(beyond * 100.0)),
        unit => format!("{} {direction} the limit", number::in_unit(beyond, unit)),
    };
    let sure = match (finding.outcome, finding.certain) {
        (_, true) => "certain",
        (Outcome::Inconclusive, false) => "the evidence does not decide",
        (_, false) => "not certain",
    };
    let with =
        if unit.is_empty() && finding.outcome == Outcome::Inconclusive { finding.because.as_str() } else { sure };
    format!(
        "{criterion}{each} was {}, {by} ({}){most}",
        number::beside(observed, *limit, unit),
        with.trim_end_matches('.')
    )
}

fn passed(evidence: &RunEvidence<'_>) -> String {
    let requests: u64 = evidence.phases.iter().map(|phase| phase.requests).sum();
    let failures: u64 = evidence.phases.iter().map(|phase| phase.failures).sum();
    let recovered = evidence.recovery.as_ref().and_then(|recovery| recovery.seconds).map(|seconds| {
        let after = if seconds > 0.0 { number::milliseconds(seconds * 1e3) } else { "right".to_owned() };
        format!("; back to normal {after} after the load")
    });
    format!(
        "{}: {} measured, {}{}.",
        ladder(evidence),
        number::counted(requests, "request"),
        if failures == 0 { "none failed".to_owned() } else { format!("{} failed", number::count(failures)) },
        recovered.unwrap_or_default()
    )
}

/// `7 of 7 phases passed, up to 1,000 users`.
fn ladder(evidence: &RunEvidence<'_>) -> String {
    let good = |phase: &&PhaseVerdict| matches!(phase.outcome, Outcome::Passed | Outcome::Warned);
    let highest = evidence.phases.iter().filter(good).max_by(|a, b| amount(a).total_cmp(&amount(b)));
    format!(
        "{} of {} passed{}",
        evidence.phases.iter().filter(good).count(),
        number::counted(evidence.phases.len() as u64, "phase"),
        highest.map(|phase| format!(", up to {}", load(phase))).unwrap_or_default()
    )
}

/// What the run was warned for, the first in order.
fn warning(evidence: &RunEvidence<'_>) -> String {
    let warned: Vec<&PhaseVerdict> = evidence.phases.iter().filter(|phase| phase.outcome == Outcome::Warned).collect();
    let warnings: usize = warned.iter().map(|phase| phase.because.len()).sum();
    let Some(phase) = warned.first() else { return waived(evidence) };
    let finding = phase.findings.iter().find(|finding| !matches!(finding.outcome, Outcome::Passed | Outcome::NotRun));
    let first = match finding {
        Some(finding) => of_finding(finding),
        None => phase.because.first().cloned().unwrap_or_default(),
    };
    let count = number::counted(warnings as u64, "warning");
    format!("With {count}: in {} {}.", phase.name, first.trim_end_matches('.'))
}

/// What failed and does not block, for a run without another warning.
fn waived(evidence: &RunEvidence<'_>) -> String {
    let waived: Vec<_> = evidence.regressions.iter().filter(|comparison| comparison.waived.is_some()).collect();
    let Some(first) = waived.first() else { return String::new() };
    let count = number::counted(waived.len() as u64, "waived regression");
    let change = first.change.map_or_else(String::new, |change| format!(" by {}", number::share(change)));
    format!("With {count}: {} of {} became worse{change}.", first.cell, first.phase)
}

fn interrupted(evidence: &RunEvidence<'_>, interruption: Interruption) -> String {
    let judged = |phase: &&PhaseVerdict| {
        matches!(phase.outcome, Outcome::Passed | Outcome::Warned | Outcome::Failed | Outcome::Invalid)
    };
    let cut = evidence.phases.iter().find(|phase| phase.outcome == Outcome::Inconclusive);
    format!(
        "Interrupted by {}{}; {} of {} were judged.",
        interruption.word(),
        cut.map(|phase| format!(" in {} ({})", phase.name, load(phase))).unwrap_or_default(),
        evidence.phases.iter().filter(judged).count(),
        number::counted(evidence.phases.len() as u64, "phase")
    )
}

fn failed(checks: &[CheckResult]) -> Option<&CheckResult> {
    checks.iter().find(|check| check.outcome == Outcome::Failed)
}

fn amount(phase: &PhaseVerdict) -> f64 {
    phase.users.map(f64::from).or(phase.rate).unwrap_or_default()
}

/// `30 users`, `200/s`.
fn load(phase: &PhaseVerdict) -> String {
    match (phase.users, phase.rate) {
        (Some(users), _) => number::counted(u64::from(users), "user"),
        (None, rate) => format!("{}/s", number::plain(rate.unwrap_or_default())),
    }
}

fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end().trim_end_matches('.'))
}
