//! What to try: one sentence for each kind of trouble, after the optimization roadmap of the strategy document.

use super::number;
use crate::judge::{ANSWERS, Band, EndpointVerdict, Finding, LOGGED_IN, MonitorVerdict, Outcome, PhaseVerdict};

/// When the generator was not good enough.
pub(super) const GENERATOR: &str = "Give the generator its own machine or more cores, or lower users or rate; the app \
                                    was not judged.";

/// When the app did not come back.
pub(super) const RECOVERY: &str = "Look for queues without a bound, connections that are never given back, and retries \
                                   that keep the load up.";

/// What to try for a finding that did not hold, or was not certain.
pub(super) fn for_finding(phase: &PhaseVerdict, finding: &Finding) -> Option<String> {
    if finding.criterion == ANSWERS {
        return Some(
            "See in the app's log and in its host's whether it still runs, and what its last request was.".to_owned(),
        );
    }
    if finding.criterion == LOGGED_IN {
        return Some(
            "Look at the login: the users and passwords, the CSRF token, the cookies; `stagegate run --dry-run` walks \
             one user through it."
                .to_owned(),
        );
    }
    if finding.samples == 0 {
        return Some(
            "See whether a scenario of this phase reaches it: `stagegate run --dry-run` shows each step.".to_owned(),
        );
    }
    if finding.outcome == Outcome::Passed || finding.outcome == Outcome::Inconclusive {
        return Some("A longer duration or more users give it the requests that it needs.".to_owned());
    }
    match finding.unit.as_str() {
        "ms" => slow(phase, finding),
        "1" | "events" => failing(phase),
        "requests" | "requests/s" => busiest_gauge(phase),
        _ => for_gauge(&finding.criterion),
    }
}

/// What to try for a gauge in a critical band, or a source that is missing.
pub(super) fn for_monitor(monitor: &MonitorVerdict) -> Option<String> {
    match monitor.band {
        Band::Critical => for_gauge(&monitor.name),
        Band::Missing => Some("See whether the source answers under load, and within the target's timeout.".to_owned()),
        Band::Safe | Band::Warning => None,
    }
}

/// Slow answers: the endpoint with the most of them, else the slowest, and the resource that was short.
fn slow(phase: &PhaseVerdict, finding: &Finding) -> Option<String> {
    let worst = finding.worst_endpoint.as_ref().and_then(|name| phase.endpoints.iter().find(|e| e.name == *name));
    let timed = phase.endpoints.iter().filter_map(|endpoint| Some((endpoint, endpoint.latency_ms.p95?)));
    let slowest = timed.max_by(|left, right| left.1.total_cmp(&right.1)).map(|(endpoint, _)| endpoint);
    let endpoint = worst.or(slowest).map(|endpoint| {
        let why = if worst.is_some() { "most of the slow answers came from it" } else { "it is the slowest endpoint" };
        let p95 = number::or_nothing(endpoint.latency_ms.p95, number::milliseconds);
        format!("Begin with {}: {why} (p95 {p95}). Look at its queries (N+1, indexes), then at a cache.", endpoint.name)
    });
    join(endpoint, busiest_gauge(phase))
}

/// Failures: by the kind that occurred most.
fn failing(phase: &PhaseVerdict) -> Option<String> {
    let (endpoint, kind) = phase
        .endpoints
        .iter()
        .flat_map(|endpoint| endpoint.errors.iter().map(move |(kind, count)| (endpoint, kind, count)))
        .max_by_key(|(_, _, count)| **count)
        .map(|(endpoint, kind, _)| (endpoint, kind.as_str()))?;
    join(Some(for_kind(endpoint, kind)), busiest_gauge(phase))
}

fn for_kind(endpoint: &EndpointVerdict, kind: &str) -> String {
    let name = &endpoint.name;
    match kind {
        "timeout" => format!("Answers of {name} did not come in time: look for a queue in front of it."),
        "connect" => {
            format!("Connections were refused at {name}: look at the listen backlog and the number of workers.")
        }
        "reset" => format!("Connections broke at {name}: look for workers that were killed, restarted or timed out."),
        "tls" => "TLS handshakes failed: look at the certificate and at `target.tls`.".to_owned(),
        "protocol" => format!("Answers of {name} were not HTTP: look at the proxy in front of the app."),
        "unsent" => format!("Every user waited at {name}: the app is too slow for this rate."),
        _ => format!("Answers of {name} were not as expected: look at their statuses and bodies in the app's log."),
    }
}

/// The gauge that went furthest, if one was critical.
fn busiest_gauge(phase: &PhaseVerdict) -> Option<String> {
    let critical = phase.monitors.iter().find(|monitor| monitor.band == Band::Critical)?;
    let reached = format!("{} reached {}.", critical.name, number::or_nothing(critical.max, number::plain));
    join(Some(reached), for_gauge(&critical.name))
}

/// By what the gauge is called.
fn for_gauge(name: &str) -> Option<String> {
    let name = name.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let advice = if says(&["connection", "pool"]) {
        "Enlarge the connection pool, keep connections open between requests, or hold them for less time."
    } else if says(&["cpu"]) {
        "Find what computes most (profile one request), cache it, or add workers or machines."
    } else if says(&["memory", "rss"]) {
        "Look for results that are held as a whole: paginate or stream them, and bound the caches."
    } else if says(&["disk", "io"]) {
        "Look for queries without an index and for writes that could be batched."
    } else {
        return None;
    };
    Some(advice.to_owned())
}

fn join(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first} {second}")),
        (first, second) => first.or(second),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn names_the_slowest_endpoint_and_the_short_resource() {
        let verdict = fixtures::failed();
        let medium = &verdict.phases[2];
        let advice = for_finding(medium, &medium.findings[1]).expect("there is advice");
        assert_eq!(
            advice,
            "Begin with chart data: most of the slow answers came from it (p95 2.23 s). Look at its queries (N+1, \
             indexes), then at a cache. database.connections reached 96. Enlarge the connection pool, keep connections \
             open between requests, or hold them for less time."
        );
        let advice = for_finding(medium, &medium.findings[2]).expect("there is advice");
        assert!(advice.starts_with("Begin with chart data: it is the slowest endpoint (p95 2.23 s)."), "{advice}");
    }

    #[test]
    fn tells_the_kinds_of_failure_apart() {
        let mut verdict = fixtures::failed();
        verdict.phases[2].monitors.clear();
        let medium = &verdict.phases[2];
        assert_eq!(
            for_finding(medium, &medium.findings[3]).as_deref(),
            Some("Answers of chart data did not come in time: look for a queue in front of it.")
        );
    }
}
