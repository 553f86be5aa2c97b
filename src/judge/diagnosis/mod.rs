//! What gave way: which endpoint rose first, which resource saturated, and whether requests waited or were worked on.
//!
//! [`diagnose`] looks at all phases of a run at once and at nothing else: the same measurements give the same diagnosis.
//! It decides nothing; outcomes come from criteria. docs/decisions.md section 6 has its rules in words.

mod errors;
mod onset;
mod plateau;
mod resource;
mod saturation;
mod seen;
mod statement;
mod waiting;
mod words;

pub use resource::Resource;
pub use seen::Seen;
pub use statement::statements;

use super::{Bottleneck, BreakingPoint, Cause, Diagnosis, Onset, Order, Outage, Rising, Saturation, Waiting};

/// So many bottlenecks are named: primary, secondary, tertiary.
const MOST: usize = 3;

/// Diagnoses the phases of a run, in the order in which they were driven. `point` is where a phase broke, `outages` are
/// those of all phases. `None` when no phase says anything about the app: none was measured, or only by a generator that
/// was not good enough.
pub fn diagnose(seen: &[Seen<'_>], point: Option<&BreakingPoint>, outages: &[Outage]) -> Option<Diagnosis> {
    let seen: Vec<Seen<'_>> = seen.iter().copied().filter(Seen::counts).collect();
    if seen.is_empty() {
        return None;
    }
    let onset = onset::onset(&seen, point);
    let mut diagnosis = Diagnosis {
        bottlenecks: Vec::new(),
        because: Vec::new(),
        errors: errors::appeared(&seen),
        saturated: saturation::saturated(&seen, onset.as_ref()),
        plateau: plateau::plateau(&seen, outages),
        waiting: onset.as_ref().and_then(|onset| waiting::waiting(&seen, onset)),
        statements: statement::grown(&seen, onset.as_ref()),
        onset,
    };
    diagnosis.bottlenecks = bottlenecks(&seen, &diagnosis, outages);
    diagnosis.because = words::because(&seen, &diagnosis, outages);
    Some(diagnosis)
}

/// The resource that saturated first in these phases, of which the last one broke at this endpoint; `None` when none did.
pub(super) fn first_saturated(seen: &[Seen<'_>], point: &BreakingPoint) -> Option<String> {
    let seen: Vec<Seen<'_>> = seen.iter().copied().filter(Seen::counts).collect();
    let onset = onset::onset(&seen, Some(point));
    let saturated = saturation::saturated(&seen, onset.as_ref());
    saturated.into_iter().next().map(|one| one.gauge)
}

/// What it comes to, the primary one first.
///
/// An app that was gone explains everything else. The slow service of a few endpoints comes before the resources that it
/// uses up; a queue is named by the resource that saturated no later than latency or errors rose. What saturated
/// afterwards, and errors, come last.
fn bottlenecks(seen: &[Seen<'_>], diagnosis: &Diagnosis, outages: &[Outage]) -> Vec<Bottleneck> {
    let Diagnosis { onset, saturated, plateau, waiting, .. } = diagnosis;
    let mut found: Vec<Bottleneck> = Vec::new();
    found.extend(outages.iter().find(|outage| outage.is_gone()).map(words::outage));
    let slow = onset.as_ref().filter(|_| waiting.as_ref().is_some_and(|waiting| !waiting.queued));
    found.extend(slow.map(slow_service));
    let (after, in_time): (Vec<&Saturation>, Vec<&Saturation>) =
        saturated.iter().partition(|one| one.order == Some(Order::After));
    found.extend(in_time.iter().map(|one| of_resource(seen, one)));
    let queued = waiting.as_ref().is_some_and(|waiting: &Waiting| waiting.queued);
    if in_time.is_empty() && slow.is_none() && (queued || plateau.is_some()) {
        let phase = waiting.as_ref().map(|waiting| waiting.phase.as_str());
        let phase = phase.or_else(|| plateau.as_ref().map(|plateau| plateau.phases[1].as_str()));
        found.push(queue(phase.and_then(|phase| heaviest(seen, phase))));
    }
    found.extend(after.iter().map(|one| of_resource(seen, one)));
    let failing = onset.as_ref().filter(|onset| onset.rising == Rising::Errors && !outages.iter().any(Outage::is_gone));
    found.extend(failing.map(|onset| Bottleneck {
        cause: Cause::Errors,
        resource: None,
        gauge: None,
        endpoint: Some(onset.endpoint.clone()),
        what: format!("errors of {}", onset.endpoint),
    }));
    found.truncate(MOST);
    found
}

fn slow_service(onset: &Onset) -> Bottleneck {
    Bottleneck {
        cause: Cause::SlowService,
        resource: None,
        gauge: None,
        endpoint: Some(onset.endpoint.clone()),
        what: format!("the service time of {}", onset.endpoint),
    }
}

fn of_resource(seen: &[Seen<'_>], one: &Saturation) -> Bottleneck {
    Bottleneck {
        cause: Cause::Saturated,
        resource: Some(one.resource),
        gauge: Some(one.gauge.clone()),
        endpoint: heaviest(seen, &one.phase),
        what: one.resource.words(&one.gauge),
    }
}

fn queue(endpoint: Option<String>) -> Bottleneck {
    let what = "a queue for something that no gauge shows".to_owned();
    Bottleneck { cause: Cause::Queue, resource: None, gauge: None, endpoint, what }
}

/// The endpoint with the most of the time that requests spent in the app in this phase.
fn heaviest(seen: &[Seen<'_>], phase: &str) -> Option<String> {
    let phase = seen.iter().find(|seen| seen.name() == phase)?;
    let time = |of: &super::EndpointVerdict| of.service_ms.mean.unwrap_or_default() * of.requests as f64;
    let most = phase.endpoints().max_by(|a, b| time(a).total_cmp(&time(b)))?;
    (time(most) > 0.0).then(|| most.name.clone())
}
