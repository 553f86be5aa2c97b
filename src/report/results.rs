//! The results template of the load testing strategy: success metrics, bottlenecks, peak resources, and whether the app is
//! ready for the next phase.

use super::{diagnosis, trouble};
use crate::judge::{Level, Outcome, PhaseVerdict, Resource, Verdict};
use crate::units::number::{self, NOTHING};

/// The resources of the template, with their titles.
pub(super) const PEAKS: [(Resource, &str); 5] = [
    (Resource::Cpu, "peak CPU"),
    (Resource::Memory, "peak memory"),
    (Resource::Connections, "peak connections"),
    (Resource::Disk, "peak disk"),
    (Resource::Workers, "peak workers"),
];

/// One phase of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Metrics<'a> {
    /// The phase.
    pub(super) phase: &'a str,
    /// Its outcome, which is the template's status.
    pub(super) outcome: Outcome,
    /// Success rate.
    pub(super) success: String,
    /// 95th percentile of latency.
    pub(super) p95: String,
    /// Share of failures.
    pub(super) errors: String,
    /// The highest readings of each of [`PEAKS`], with the gauge's name where there are several.
    pub(super) peaks: [String; 5],
    /// `yes`, or `no`.
    pub(super) ready: &'static str,
}

/// The template of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Results<'a> {
    /// Every phase that was measured.
    pub(super) phases: Vec<Metrics<'a>>,
    /// Bottlenecks, each with its rank.
    pub(super) bottlenecks: Vec<(&'static str, &'a str)>,
    /// What to do.
    pub(super) actions: Vec<String>,
    /// The last question, answered.
    pub(super) ready: String,
}

/// The template, filled in; `None` when no phase was measured.
pub(super) fn of(verdict: &Verdict) -> Option<Results<'_>> {
    let ran: Vec<&PhaseVerdict> = verdict.phases.iter().filter(|phase| phase.outcome != Outcome::NotRun).collect();
    let phases: Vec<Metrics<'_>> = ran.iter().copied().map(metrics).collect();
    let last = ran.last()?;
    let named = diagnosis::of(verdict).into_iter().flat_map(|diagnosis| &diagnosis.bottlenecks);
    let bottlenecks = ["Primary", "Secondary", "Tertiary"].into_iter().zip(named.map(|one| one.what.as_str()));
    Some(Results {
        phases,
        bottlenecks: bottlenecks.collect(),
        actions: diagnosis::advice(verdict),
        ready: ready(verdict, last),
    })
}

/// Whether the next phase may come: by the last one that ran, and then by the run as a whole.
fn ready(verdict: &Verdict, last: &PhaseVerdict) -> String {
    match (last.outcome, verdict.outcome) {
        (Outcome::Failed, _) => format!("NO: {} failed, and needs optimization first", last.name),
        (outcome, _) if !is_good(outcome) => {
            format!("NO: {} is {}, so that it is not known", last.name, outcome.word())
        }
        (_, run) if is_good(run) => {
            let next = verdict.phases.iter().find(|phase| phase.outcome == Outcome::NotRun);
            let next = next.map_or(", the last phase".to_owned(), |next| format!("; next is {}", next.name));
            format!("YES: {}{next}", standing(last))
        }
        (_, run) => {
            let heaviest = trouble::of(verdict).into_iter().next();
            let why = heaviest.map(|one| format!(" ({}: {})", one.part, one.what)).unwrap_or_default();
            match run {
                Outcome::Failed => format!("NO: the run failed{why}"),
                Outcome::Interrupted => "NO: the run was interrupted, so that it is not known".to_owned(),
                run => format!("NO: the run is {}{why}, so that it is not known", run.word()),
            }
        }
    }
}

/// What a phase that is good enough comes to.
fn standing(phase: &PhaseVerdict) -> String {
    let undecided = phase.findings.iter().find(|one| one.outcome == Outcome::Inconclusive && one.level == Level::Block);
    match (phase.outcome, undecided) {
        (Outcome::Passed, _) => format!("all criteria are met in {}", phase.name),
        (_, None) => format!("all blocking criteria are met, with warnings, in {}", phase.name),
        (_, Some(one)) => {
            format!("no blocking criterion failed, but {} is not decided, in {}", trouble::title(one), phase.name)
        }
    }
}

fn is_good(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Passed | Outcome::Warned)
}

fn metrics(phase: &PhaseVerdict) -> Metrics<'_> {
    Metrics {
        phase: &phase.name,
        outcome: phase.outcome,
        success: number::or_nothing(phase.success_rate, number::share),
        p95: number::or_nothing(phase.latency_ms.p95, number::milliseconds),
        errors: number::or_nothing(failed(phase), number::share),
        peaks: PEAKS.map(|(resource, _)| peak(phase, resource)),
        ready: if is_good(phase.outcome) { "yes" } else { "no" },
    }
}

fn failed(phase: &PhaseVerdict) -> Option<f64> {
    (phase.requests > 0).then(|| phase.failures as f64 / phase.requests as f64)
}

fn peak(phase: &PhaseVerdict, resource: Resource) -> String {
    let read = phase.monitors.iter().filter(|monitor| Resource::of(&monitor.name) == resource);
    let peaks: Vec<_> = read.filter_map(|monitor| Some((&monitor.name, number::plain(monitor.max?)))).collect();
    match peaks.as_slice() {
        [] => NOTHING.to_owned(),
        [(_, only)] => only.clone(),
        several => several.iter().map(|(name, peak)| format!("{peak} ({name})")).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn a_failed_phase_is_not_ready_for_the_next() {
        let verdict = fixtures::failed();
        let results = of(&verdict).expect("phases were measured");
        let medium = results.phases.last().expect("there are phases");
        assert_eq!((medium.phase, medium.ready, results.phases.len()), ("medium", "no", 3));
        assert_eq!((medium.success.as_str(), medium.errors.as_str()), ("99.9 %", "0.146 %"));
        assert_eq!(medium.peaks.each_ref().map(String::as_str), ["44.6", "-", "96", "-", "-"]);
        assert_eq!(results.bottlenecks, [("Primary", "the connection pool (database.connections)")]);
        assert_eq!(results.ready, "NO: medium failed, and needs optimization first");
        assert_eq!(results.actions.len(), 1);
    }

    #[test]
    fn a_pass_is_ready_and_says_for_what() {
        let mut verdict = fixtures::passed();
        let ready = |verdict: &Verdict| of(verdict).expect("phases were measured").ready;
        assert_eq!(ready(&verdict), "YES: all criteria are met in medium, the last phase");
        verdict.phases[1].outcome = Outcome::Warned;
        verdict.phases[2].outcome = Outcome::NotRun;
        assert_eq!(ready(&verdict), "YES: all blocking criteria are met, with warnings, in light; next is medium");
        verdict.phases[1].findings[0].outcome = Outcome::Inconclusive;
        let undecided = ready(&verdict);
        assert!(undecided.starts_with("YES: no blocking criterion failed, but "), "{undecided}");
        assert_eq!(ready(&fixtures::invalid()), "NO: light is invalid, so that it is not known");
        assert_eq!(of(&fixtures::not_ready()), None);
    }

    #[test]
    fn good_phases_of_a_run_that_is_not_are_not_ready() {
        let mut verdict = fixtures::passed();
        let ready = |verdict: &Verdict| of(verdict).expect("phases were measured").ready;
        verdict.outcome = Outcome::Failed;
        verdict.integrity = fixtures::failed().integrity;
        verdict.integrity[0].outcome = Outcome::Failed;
        let name = &verdict.integrity[0].name;
        assert_eq!(ready(&verdict), format!("NO: the run failed (integrity: {name})"));
        let regressed = ready(&fixtures::regressed());
        assert!(regressed.starts_with("NO: the run failed (regression: "), "{regressed}");
    }
}
