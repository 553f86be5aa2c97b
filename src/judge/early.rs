//! What a look at a running phase leads to: stopping it because a criterion has failed for certain, or extending it
//! because one is not decided yet (docs/decisions.md sections 3 and 5).

use super::{
    PhaseEvidence,
    assessment::{Decision, Sureness},
    criterion::{self, Counts},
    statistics::{Look, Tally, wager},
};
use crate::plan::{Criterion, Level};

/// Spans that are over before a phase is looked at.
pub const FIRST_LOOK: usize = wager::FIRST_LOOK;

/// Whether a blocking criterion has failed for certain, so that the phase may stop: after so many complete spans.
///
/// `unknown` requests of these spans have not ended yet; they are taken for good ones, because what answers late would otherwise make what failed at once look like more than it is. Only a failure stops
/// a phase; a criterion that allows no failure at all, or is no share of requests, never does. Nor is a phase stopped whose
/// load changes: what its first spans say is about another load than what is to come.
pub fn failed_early(evidence: PhaseEvidence<'_>, complete: usize, unknown: u64) -> bool {
    complete >= FIRST_LOOK
        && evidence.phase.stages.is_empty()
        && blocking(&evidence)
            .flat_map(|criterion| criterion::counts(&evidence, criterion))
            .flatten()
            .any(|counts| after(&counts, complete, unknown) > wager::ENOUGH)
}

/// Whether a phase is worth extending to twice its window: a blocking criterion is not certain, and twice the requests,
/// if they were like these, would make it so.
pub fn extension_decides(evidence: PhaseEvidence<'_>) -> bool {
    blocking(&evidence).any(|criterion| {
        let now = criterion::decisions(&evidence, criterion, Look::FIRST);
        let then = criterion::decisions(&evidence, criterion, Look::SUPPOSED);
        now.iter().zip(&then).any(|(now, then)| {
            matches!(now, Decision::Uncertain(_)) && matches!(then, Decision::Decided(_, Sureness::Certain))
        })
    })
}

/// The most evidence against a criterion that a look after any span from the eighth on saw, for each of its findings.
pub(super) fn strongest(evidence: &PhaseEvidence<'_>, criterion: &Criterion) -> Vec<f64> {
    let strongest = |views: Vec<Counts>| {
        let looks = |counts: &Counts| {
            (FIRST_LOOK..=counts.spans.len()).map(|complete| after(counts, complete, 0)).fold(0.0, f64::max)
        };
        views.iter().map(looks).fold(0.0, f64::max)
    };
    criterion::counts(evidence, criterion).into_iter().map(strongest).collect()
}

/// The evidence after so many spans.
fn after(counts: &Counts, complete: usize, unknown: u64) -> f64 {
    let mut spans: Vec<Tally> = counts.spans.iter().take(complete).copied().collect();
    if let Some(last) = spans.last_mut() {
        last.n += unknown;
    }
    let made = counts.made.iter().take(complete).sum::<u64>() + unknown;
    wager::evidence(&spans, made, counts.allowed)
}

fn blocking<'a>(evidence: &PhaseEvidence<'a>) -> impl Iterator<Item = &'a Criterion> + use<'a> {
    evidence.phase.criteria.iter().filter(|criterion| criterion.level == Level::Block)
}
