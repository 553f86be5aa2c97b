//! The first line of every report: what decided, by how much against which limit, and how sure it is.

use super::{
    CheckResult, Extent, Finding, Level, Outcome, PhaseVerdict, Regression, RunEvidence,
    changes::{groups, ranked},
    run::{self, Interruption},
};
use crate::units::number;

/// One sentence about the run.
pub(super) fn of(evidence: &RunEvidence<'_>, outcome: Outcome) -> String {
    if let Some(interruption) = &evidence.interruption {
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
        let held = if doubted(evidence).next().is_some() { "held" } else { "passed" };
        let walked =
            format!("Nothing was measured and nothing judged. One user walked through {passes}, {checks} {held}.");
        return [Some(walked), doubt(evidence)].into_iter().flatten().collect::<Vec<_>>().join(" ");
    }
    match outcome {
        Outcome::Passed | Outcome::Warned => {
            let parts = [Some(passed(evidence)), comparisons(evidence), warning(evidence), doubt(evidence)];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
        outcome => decided(evidence, outcome),
    }
}

/// What made the run failed, invalid or inconclusive: the phase that ended the ladder first, else what followed it.
fn decided(evidence: &RunEvidence<'_>, outcome: Outcome) -> String {
    if let Some(phase) = evidence.phases.iter().find(|phase| phase.outcome == outcome) {
        return of_phase(phase);
    }
    if let Some(compared) = of_comparisons(evidence, outcome) {
        return compared;
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

/// The comparison that decided, the most telling one; `None` when none did.
fn of_comparisons(evidence: &RunEvidence<'_>, outcome: Outcome) -> Option<String> {
    let decisive = |one: &&Regression| run::regression(one, evidence) == outcome;
    let decided: Vec<&Regression> = ranked(&evidence.regressions).into_iter().filter(decisive).collect();
    let first = *decided.first()?;
    if outcome == Outcome::Failed {
        let more = match decided.len() - 1 {
            0 => String::new(),
            1 => "; one more cell became worse too".to_owned(),
            more => format!("; {more} more cells became worse too"),
        };
        let good = |phase: &PhaseVerdict| matches!(phase.outcome, Outcome::Passed | Outcome::Warned);
        let ladder = match evidence.phases.iter().find(|phase| !good(phase)) {
            None => "every blocking criterion held".to_owned(),
            Some(phase) => format!("{} itself is {}", phase.name, phase.outcome.word()),
        };
        return Some(format!("{}{more}; {ladder}.", first.sentence(evidence.comparison.as_ref())));
    }
    let groups = groups(&evidence.regressions);
    let group = groups.iter().find(|group| group.outcome == first.outcome && group.because == first.because)?;
    let policy = match first.outcome {
        Outcome::New | Outcome::NotRun => ", which `regression.missing: fail` does not let pass",
        Outcome::Inconclusive => ", which `policy.uncertain_regression: fail` does not let pass",
        _ => "",
    };
    Some(format!("{}, but {}{policy}: {}", ladder(evidence), group.title(), sentence(group.because)))
}

/// What the comparisons came to when none of them decided the run: `45 comparisons: 40 passed, 5 new (3 baseline runs; a
/// comparison needs 5).` `None` without any.
fn comparisons(evidence: &RunEvidence<'_>) -> Option<String> {
    let all = &evidence.regressions;
    if let [only] = groups(all).as_slice()
        && only.members.len() == all.len()
    {
        return Some(format!("{}: {}", only.title(), sentence(only.because)));
    }
    let passed = all.iter().filter(|one| one.outcome == Outcome::Passed).count();
    let mut parts: Vec<String> = Vec::new();
    if passed > 0 {
        parts.push(if passed == all.len() { "none became worse".to_owned() } else { format!("{passed} passed") });
    }
    for outcome in [Outcome::New, Outcome::Inconclusive, Outcome::NotRun] {
        let of_outcome: Vec<&Regression> = all.iter().filter(|one| one.outcome == outcome).collect();
        let Some(first) = of_outcome.first() else { continue };
        let alike = of_outcome.iter().all(|one| one.because == first.because);
        let because = if alike { format!(" ({})", first.because.trim_end_matches('.')) } else { String::new() };
        parts.push(format!("{} {}{because}", of_outcome.len(), outcome.word()));
    }
    let parts = parts.join(", ");
    (!parts.is_empty()).then(|| format!("{}: {parts}.", number::counted(all.len() as u64, "comparison")))
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
    // Why a part of a window is one stands before what it leaves undecided.
    let part = phase.because.first().filter(|_| phase.is_part() && phase.outcome == Outcome::Inconclusive);
    let part = part.map(|why| format!("{} ", sentence(why))).unwrap_or_default();
    format!("{name} {verb}: {part}{}{more}.", of_finding(first).trim_end_matches('.'))
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
    if unit == "events" && finding.outcome == Outcome::Inconclusive {
        return format!("{criterion}{each} is not decided: {}", finding.because);
    }
    if unit == "events" {
        let there = if observed > 1.0 { "there were" } else { "there was" };
        return format!("{criterion}{each}, but {there} {} (certain){most}", number::count(observed as u64));
    }
    let beyond = (observed - limit).abs();
    let direction = if observed >= *limit { "over" } else { "under" };
    let by = match unit.as_str() {
        _ if beyond <= 0.0 => "exactly the limit".to_owned(),
        "1" => match number::plain(beyond * 100.0).as_str() {
            "1" => format!("1 point {direction} the limit"),
            points => format!("{points} points {direction} the limit"),
        },
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
        highest.map(|phase| format!(", up to {}", most(phase))).unwrap_or_default()
    )
}

/// What its phases were warned for, the first in order; `None` when none was.
fn warning(evidence: &RunEvidence<'_>) -> Option<String> {
    let warned: Vec<&PhaseVerdict> = evidence.phases.iter().filter(|phase| phase.outcome == Outcome::Warned).collect();
    let warnings: usize = warned.iter().map(|phase| phase.because.len()).sum();
    let Some(phase) = warned.first() else { return waived(evidence) };
    let finding = phase.findings.iter().find(|finding| !matches!(finding.outcome, Outcome::Passed | Outcome::NotRun));
    let first = match finding {
        Some(finding) => of_finding(finding),
        None => phase.because.first().cloned().unwrap_or_default(),
    };
    let count = number::counted(warnings as u64, "warning");
    Some(format!("With {count}: in {} {}.", phase.name, first.trim_end_matches('.')))
}

/// The items of the checklist that held and are doubted.
fn doubted<'a>(evidence: &'a RunEvidence<'_>) -> impl Iterator<Item = &'a CheckResult> {
    evidence.preflight.iter().filter(|check| check.outcome == Outcome::Warned)
}

/// What speaks against an item of the checklist that held.
fn doubt(evidence: &RunEvidence<'_>) -> Option<String> {
    let first = doubted(evidence).next()?;
    let count = number::counted(doubted(evidence).count() as u64, "warning");
    Some(format!("With {count}: \"{}\" held, but look at it: {}", first.name, sentence(&first.detail)))
}

/// What failed and does not block, for a run without another warning.
fn waived(evidence: &RunEvidence<'_>) -> Option<String> {
    let waived: Vec<_> = evidence.regressions.iter().filter(|comparison| comparison.waived.is_some()).collect();
    let first = waived.first()?;
    let count = number::counted(waived.len() as u64, "waived regression");
    let change = first.change.map_or_else(String::new, |change| format!(" by {}", number::share(change)));
    Some(format!("With {count}: {} of {} became worse{change}.", first.cell, first.phase))
}

fn interrupted(evidence: &RunEvidence<'_>, interruption: &Interruption) -> String {
    let judged = |phase: &&PhaseVerdict| {
        matches!(phase.outcome, Outcome::Passed | Outcome::Warned | Outcome::Failed | Outcome::Invalid)
    };
    let cut = evidence.phases.iter().find(|phase| phase.outcome == Outcome::Inconclusive);
    let cut = cut.map(|phase| format!(" in {} ({})", phase.name, load(phase))).unwrap_or_default();
    let judged = evidence.phases.iter().filter(judged).count();
    let phases = number::counted(evidence.phases.len() as u64, "phase");
    if let Interruption::Defect(words) = interruption {
        let words = words.trim_end_matches('.');
        return format!(
            "stagegate itself broke{cut}, which says nothing of the app: {words}. Please report this line with your \
             gates.yaml; {judged} of {phases} were judged."
        );
    }
    format!("Interrupted by {}{cut}; {judged} of {phases} were judged.", interruption.word())
}

fn failed(checks: &[CheckResult]) -> Option<&CheckResult> {
    checks.iter().find(|check| check.outcome == Outcome::Failed)
}

fn amount(phase: &PhaseVerdict) -> f64 {
    phase.users.map(f64::from).or(phase.rate).unwrap_or_default()
}

/// `30 users`, `200/s`, `50 to 500/s`.
pub(super) fn load(phase: &PhaseVerdict) -> String {
    let levels: Vec<String> = phase.levels().into_iter().map(number::plain).collect();
    let unit = if phase.users.is_some() { " users" } else { "/s" };
    if levels.is_empty() { most(phase) } else { format!("{}{unit}", levels.join(" to ")) }
}

/// Its load, or the highest of its stages.
fn most(phase: &PhaseVerdict) -> String {
    match (phase.users, phase.rate) {
        (Some(users), _) => number::counted(u64::from(users), "user"),
        (None, rate) => format!("{}/s", number::plain(rate.unwrap_or_default())),
    }
}

fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end().trim_end_matches('.'))
}
