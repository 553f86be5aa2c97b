//! The diagnosis as lines of text, with what to try for each bottleneck.

use super::advice;
use crate::judge::{Bottleneck, Cause, Diagnosis, Outcome, Resource, Verdict};
use crate::units::number;

/// The diagnosis of a run in which something gave way, or a phase failed; `None` where there is nothing to tell.
pub(super) fn of(verdict: &Verdict) -> Option<&Diagnosis> {
    let diagnosis = verdict.diagnosis.as_ref()?;
    let failed = verdict.phases.iter().any(|phase| phase.outcome == Outcome::Failed);
    (failed || !diagnosis.bottlenecks.is_empty()).then_some(diagnosis)
}

/// Conclusion and evidence, one sentence or two each; empty where there is nothing to tell.
pub(super) fn sentences(verdict: &Verdict) -> &[String] {
    of(verdict).map_or(&[], |diagnosis| &diagnosis.because)
}

/// What to try for each bottleneck, the primary one first.
pub(super) fn advice(verdict: &Verdict) -> Vec<String> {
    of(verdict)
        .into_iter()
        .flat_map(|diagnosis| &diagnosis.bottlenecks)
        .map(|one| for_bottleneck(verdict, one))
        .collect()
}

/// After the strategy document's optimizations of its expected bottlenecks, naming endpoint and gauge.
fn for_bottleneck(verdict: &Verdict, one: &Bottleneck) -> String {
    let endpoint = one.endpoint.as_deref();
    match (one.cause, one.gauge.as_deref().zip(one.resource)) {
        (Cause::Saturated, Some((gauge, resource))) => for_resource(verdict, gauge, resource, endpoint),
        (Cause::SlowService, _) => {
            let name = endpoint.unwrap_or("it");
            format!(
                "Look at the queries of {name} first: one query for each row (N+1; in Django select_related and \
                 prefetch_related) and missing indexes, then cache its result. More workers or connections would not \
                 make it faster."
            )
        }
        (Cause::Outage, _) => {
            "See in the app's log and in its host's what ended it: out of memory, a worker that was timed out, a \
             deployment. Let a supervisor start it again, and more than one instance behind a load balancer answer \
             meanwhile."
                .to_owned()
        }
        (Cause::Errors, _) => {
            let name = endpoint.unwrap_or_default();
            let rows = verdict.phases.iter().rev().flat_map(|phase| &phase.endpoints);
            let failing = rows.filter(|row| row.name == name).find(|row| row.failures > 0);
            let kind = failing.and_then(|row| Some((row, row.errors.iter().max_by_key(|(_, count)| **count)?.0)));
            kind.map_or_else(
                || format!("Look in the app's log for the errors of {name}."),
                |(row, kind)| advice::for_kind(row, kind),
            )
        }
        _ => {
            let begin = endpoint.map(|name| format!(" Begin with {name}, {MOST_TIME}.")).unwrap_or_default();
            format!(
                "Let `monitors` read what requests could wait for: CPU, busy workers or threads, connections against \
                 the pool's size.{begin}"
            )
        }
    }
}

/// Why an endpoint is the one to begin with.
const MOST_TIME: &str = "which has the most of the time that requests spend in the app";

fn for_resource(verdict: &Verdict, gauge: &str, resource: Resource, endpoint: Option<&str>) -> String {
    let saturated = verdict.diagnosis.iter().flat_map(|diagnosis| &diagnosis.saturated);
    let reached = saturated.into_iter().find(|one| one.gauge == gauge).map(|one| number::plain(one.max));
    let reached = reached.map_or_else(|| format!(" ({gauge})"), |max| format!(" ({gauge} reached {max})"));
    let begin = endpoint.map(|name| format!(" Begin with {name}, {MOST_TIME}.")).unwrap_or_default();
    match advice::for_resource(resource) {
        Some((first, rest)) => format!("{first}{reached}{rest}{begin}"),
        None => format!("See what {gauge} is short of{}.{begin}", reached.replace(&format!("{gauge} "), "it ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    fn first(change: impl FnOnce(&mut Bottleneck)) -> String {
        let mut verdict = fixtures::failed();
        change(&mut verdict.diagnosis.as_mut().expect("it is diagnosed").bottlenecks[0]);
        advice(&verdict).remove(0)
    }

    #[test]
    fn advice_names_gauge_and_endpoint() {
        assert_eq!(
            first(|_| ()),
            "Enlarge the connection pool (database.connections reached 96), keep connections open between requests, or \
             hold them for less time; after that, cache results of queries or add read replicas. Begin with chart data, \
             which has the most of the time that requests spend in the app."
        );
        assert!(first(|one| one.resource = Some(Resource::Cpu)).starts_with("Find what computes most"));
        assert!(
            first(|one| one.resource = Some(Resource::Other))
                .starts_with("See what database.connections is short of (it reached 96). Begin with chart data")
        );
    }

    #[test]
    fn each_cause_has_its_advice() {
        let of = |cause| {
            first(|one| {
                (one.cause, one.gauge, one.resource) = (cause, None, None);
            })
        };
        assert!(of(Cause::SlowService).starts_with("Look at the queries of chart data first"));
        assert!(of(Cause::Queue).starts_with("Let `monitors` read"));
        assert!(of(Cause::Outage).starts_with("See in the app's log"));
        assert!(of(Cause::Errors).starts_with("Answers of chart data did not come in time"));
    }

    #[test]
    fn a_pass_without_a_bottleneck_says_nothing() {
        let mut verdict = fixtures::passed();
        verdict.diagnosis = Some(Diagnosis { because: vec!["Nothing gave way.".to_owned()], ..Diagnosis::default() });
        assert!(sentences(&verdict).is_empty() && advice(&verdict).is_empty());
        verdict.phases[2].outcome = Outcome::Failed;
        assert_eq!(sentences(&verdict), ["Nothing gave way."]);
    }
}
