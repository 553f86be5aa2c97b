//! What to try: one sentence for each kind of trouble, after the optimization roadmap of the strategy document.

mod compared;
mod few;

pub(super) use compared::{for_regression, for_undecided};

use super::spent;
use crate::judge::{
    ANSWERS, Band, EndpointVerdict, Finding, Generator, LOGGED_IN, Lacked, MonitorVerdict, Outcome, PhaseVerdict,
    Resource,
};
use crate::units::number;

/// When the app did not come back.
pub(super) const RECOVERY: &str = "Look for queues without a bound, connections that are never given back, and retries \
                                   that keep the load up.";

/// When the generator was not good enough: by what it lacked.
pub(super) fn for_generator(generator: Option<&Generator>) -> String {
    let advice = match generator.and_then(|generator| generator.lacked) {
        Some(Lacked::Descriptors) => "Raise this machine's limit of open files (`ulimit -n`), or lower users",
        Some(Lacked::Ports) => {
            "Keep connections open between requests, widen the range of local ports \
             (`net.ipv4.ip_local_port_range`), or lower the rate"
        }
        Some(Lacked::Memory) => "Look into fewer or smaller bodies (`body_has`, `json`, `extract`), or lower users",
        Some(Lacked::OwnCpu) => {
            "Look into fewer or smaller bodies (`body_has`, `json`, `extract`), give the generator more cores or its own \
             machine, or lower users or rate"
        }
        Some(Lacked::Quota) => {
            "Raise the CPU quota of the container or cgroup that the gate runs in (`--cpus`, `limits.cpu`, `cpu.max`), keep \
             the app out of it, or lower users or rate"
        }
        Some(Lacked::OtherWork) => {
            "Keep other work off this machine while the gate runs (the app, its database, builds); fewer users would not \
             help"
        }
        Some(Lacked::Steal) => {
            "Run it on a machine that does not share its cores with others, or once more; fewer users would not help"
        }
        Some(Lacked::Unexplained) => {
            "Run it once more; if it happens again, spread what is due at one moment (`spawn_rate`, a range of `think`)"
        }
        None => "Give the generator its own machine or more cores, or lower users or rate",
    };
    format!("{advice}. The app was not judged.")
}

/// What to try for a phase of which something is missing; `None` for any other.
pub(super) fn for_part(phase: &PhaseVerdict) -> Option<String> {
    few::for_phase(phase)
}

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
    if finding.samples == 0 || matches!(finding.outcome, Outcome::Passed | Outcome::Inconclusive) {
        return few::for_finding(phase, finding);
    }
    match finding.unit.as_str() {
        "ms" => slow(phase, finding),
        "1" | "events" => failing(phase, finding),
        "requests" | "requests/s" => busiest_gauge(phase),
        _ => for_gauge(&finding.criterion),
    }
}

/// What to try for a gauge in a critical band, or a source that is missing.
pub(super) fn for_monitor(phase: &PhaseVerdict, monitor: &MonitorVerdict) -> Option<String> {
    match monitor.band {
        Band::Critical => for_gauge(&monitor.name),
        Band::Missing => Some(few::for_monitor(phase, monitor)),
        Band::Safe | Band::Warning => None,
    }
}

/// Slow answers: the endpoint with the most of them, else the slowest, and the resource that was short.
fn slow(phase: &PhaseVerdict, finding: &Finding) -> Option<String> {
    let worst = finding.worst_endpoint.as_ref().and_then(|name| phase.endpoints.iter().find(|e| e.name == *name));
    let timed = phase.endpoints.iter().filter_map(|endpoint| Some((endpoint, endpoint.latency_ms.p95?)));
    let slowest = timed.max_by(|left, right| left.1.total_cmp(&right.1)).map(|(endpoint, _)| endpoint);
    let endpoint = worst.or(slowest);
    let spent = endpoint.and_then(spent::where_it_went);
    let endpoint = endpoint.map(|endpoint| {
        let why = match (worst, finding.worst_part) {
            (Some(_), Some([count, all])) if count > all / 2 => "most of the slow answers came from it",
            (Some(_), Some(_)) => "more of the slow answers came from it than from any other",
            _ => "it is the slowest endpoint",
        };
        let p95 = number::or_nothing(endpoint.latency_ms.p95, number::milliseconds);
        format!("Begin with {}: {why} (p95 {p95}). Look at its queries (N+1, indexes), then at a cache.", endpoint.name)
    });
    join(join(endpoint, spent), busiest_gauge(phase))
}

/// Failures: by the kind that occurred most at the endpoint with the most of them, else anywhere.
fn failing(phase: &PhaseVerdict, finding: &Finding) -> Option<String> {
    let worst = phase.endpoints.iter().filter(|endpoint| finding.worst_endpoint.as_ref() == Some(&endpoint.name));
    let failing: Vec<_> = worst.filter(|endpoint| endpoint.failures > 0).collect();
    let (endpoint, kind) = if failing.is_empty() { phase.endpoints.iter().collect() } else { failing }
        .into_iter()
        .flat_map(|endpoint| endpoint.errors.iter().map(move |(kind, count)| (endpoint, kind, count)))
        .max_by_key(|(_, _, count)| **count)
        .map(|(endpoint, kind, _)| (endpoint, kind.as_str()))?;
    join(Some(for_kind(endpoint, kind)), busiest_gauge(phase))
}

pub(super) fn for_kind(endpoint: &EndpointVerdict, kind: &str) -> String {
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
        _ => unexpected(endpoint),
    }
}

/// Answers that came and were not as expected: by the status that says most.
fn unexpected(endpoint: &EndpointVerdict) -> String {
    let name = &endpoint.name;
    let most = |first: char| {
        let such = endpoint.statuses.iter().filter(|(status, _)| status.starts_with(first));
        such.max_by_key(|(_, count)| **count).map(|(status, count)| (status, number::counted(*count, "time")))
    };
    if let Some((status, times)) = most('5') {
        return format!("{name} answered {times} with status {status}: look in the app's log for the error behind it.");
    }
    if let Some((status, times)) = most('4') {
        return format!(
            "{name} answered {times} with status {status}: see whether the users may do this, and whether the data exists."
        );
    }
    if let Some((status, times)) = most('3') {
        return format!(
            "{name} answered {times} with status {status}, a redirect: often to the login page, so see whether the users were \
             really logged in (`expect: {{status: 302}}` at the login step would say so)."
        );
    }
    format!(
        "Answers of {name} came and were not as expected: compare a body with what the step expects, for a login page \
         in its place for example; `stagegate run --dry-run -v` shows one."
    )
}

/// The gauge that went furthest, if one was critical.
fn busiest_gauge(phase: &PhaseVerdict) -> Option<String> {
    let critical = phase.monitors.iter().find(|monitor| monitor.band == Band::Critical)?;
    let reached = format!("{} reached {}.", critical.name, number::or_nothing(critical.max, number::plain));
    join(Some(reached), for_gauge(&critical.name))
}

/// By what the gauge measures; `criterion` or name may stand behind it.
fn for_gauge(name: &str) -> Option<String> {
    let name = name.split(' ').next().unwrap_or_default();
    let (first, rest) = for_resource(Resource::of(name))?;
    let rest = rest.split(';').next().unwrap_or_default().trim_end_matches('.');
    Some(format!("{first}{rest}."))
}

/// What to try for a resource that is short: what to do first, and what besides, so that a gauge may be named in between.
/// What follows a semicolon takes more than a setting.
pub(super) fn for_resource(resource: Resource) -> Option<(&'static str, &'static str)> {
    Some(match resource {
        Resource::Connections => (
            "Enlarge the connection pool",
            ", keep connections open between requests, or hold them for less time; after that, cache results of queries \
             or add read replicas.",
        ),
        Resource::Cpu => (
            "Find what computes most (profile one request), cache it, or add workers or machines",
            "; machines need a load balancer in front of them.",
        ),
        Resource::Workers => (
            "Add workers or threads, or take slow work out of the request",
            "; beyond one machine, add app servers behind a load balancer.",
        ),
        Resource::Memory => (
            "Look for results that are held as a whole",
            ": paginate or stream them, and bound the caches; sessions and caches may move to Redis.",
        ),
        Resource::Disk => (
            "Look for queries without an index and for writes that could be batched",
            "; sessions may move from the database to Redis.",
        ),
        Resource::Other => return None,
    })
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
    fn answers_that_were_not_as_expected_are_told_by_their_status() {
        let mut endpoint = fixtures::failed().phases[2].endpoints[0].clone();
        endpoint.name = "dashboard".to_owned();
        let mut advice = |statuses: &[(&str, u64)]| {
            endpoint.statuses = statuses.iter().map(|(status, count)| ((*status).to_owned(), *count)).collect();
            unexpected(&endpoint)
        };
        assert_eq!(
            advice(&[("200", 90), ("404", 3), ("500", 15)]),
            "dashboard answered 15 times with status 500: look in the app's log for the error behind it."
        );
        assert!(
            advice(&[("200", 90), ("404", 1)]).starts_with("dashboard answered 1 time with status 404: see whether")
        );
        assert!(advice(&[("302", 198)]).contains("often to the login page"));
        assert!(advice(&[("200", 198)]).contains("for a login page in its place"));
    }

    #[test]
    fn advice_for_a_generator_follows_what_it_lacked() {
        let mut generator = fixtures::invalid().phases[1].generator.clone().expect("it was measured");
        let mut advice = |lacked| {
            generator.lacked = Some(lacked);
            for_generator(Some(&generator))
        };
        let own = advice(Lacked::OwnCpu);
        assert!(own.starts_with("Look into fewer or smaller bodies") && own.contains("more cores"), "{own}");
        assert!(advice(Lacked::OtherWork).starts_with("Keep other work off this machine"));
        assert!(advice(Lacked::Descriptors).contains("ulimit -n"));
        assert!(advice(Lacked::Ports).contains("ip_local_port_range"));
        assert!(advice(Lacked::Memory).contains("smaller bodies"));
        assert!(advice(Lacked::Quota).contains("cpu.max"));
        assert!(advice(Lacked::Steal).contains("does not share its cores"));
        assert!(advice(Lacked::Unexplained).starts_with("Run it once more"));
    }

    #[test]
    fn without_a_majority_no_endpoint_has_most_of_it() {
        let mut verdict = fixtures::failed();
        let medium = &mut verdict.phases[2];
        medium.findings[1].worst_part = Some([120, 310]);
        let advice = for_finding(medium, &medium.findings[1]).expect("there is advice");
        assert!(advice.contains("more of the slow answers came from it than from any other"), "{advice}");
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
