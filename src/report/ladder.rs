//! The ladder as rows of text, the same in every format.

use crate::judge::{Outcome, PhaseVerdict, Verdict};
use crate::units::number::{self, NOTHING};

/// One phase in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rung<'a> {
    /// The phase's name.
    pub(super) name: &'a str,
    /// `50 users`, `200/s`.
    pub(super) load: String,
    /// Requests of the measured window.
    pub(super) requests: String,
    /// Share of successes.
    pub(super) success: String,
    /// Successful answers per second.
    pub(super) throughput: String,
    /// Median of latency.
    pub(super) p50: String,
    /// 95th percentile of latency.
    pub(super) p95: String,
    /// 99th percentile of latency.
    pub(super) p99: String,
    /// The outcome.
    pub(super) outcome: Outcome,
}

/// Every phase, in order.
pub(super) fn rungs(verdict: &Verdict) -> Vec<Rung<'_>> {
    verdict.phases.iter().map(rung).collect()
}

/// One phase.
pub(super) fn rung(phase: &PhaseVerdict) -> Rung<'_> {
    let ran = phase.outcome != Outcome::NotRun;
    let PhaseVerdict { success_rate, throughput, latency_ms, .. } = phase;
    Rung {
        name: &phase.name,
        load: load(phase),
        requests: if ran { number::count(phase.requests) } else { NOTHING.to_owned() },
        success: number::or_nothing(*success_rate, number::share),
        throughput: number::or_nothing(*throughput, number::per_second),
        p50: number::or_nothing(latency_ms.p50, number::milliseconds),
        p95: number::or_nothing(latency_ms.p95, number::milliseconds),
        p99: number::or_nothing(latency_ms.p99, number::milliseconds),
        outcome: phase.outcome,
    }
}

/// `50 users`, or the rate of the open model; `50 to 500/s` where it changes.
pub(super) fn load(phase: &PhaseVerdict) -> String {
    let levels: Vec<String> = phase.levels().into_iter().map(number::plain).collect();
    let unit = if phase.rate.is_some() { "/s" } else { " users" };
    if levels.is_empty() { most(phase) } else { format!("{}{unit}", levels.join(" to ")) }
}

/// Its load, or the highest of its stages.
pub(super) fn most(phase: &PhaseVerdict) -> String {
    match (phase.users, phase.rate) {
        (_, Some(rate)) => number::per_second(rate),
        (Some(1), None) => "1 user".to_owned(),
        (Some(users), None) => format!("{} users", number::count(u64::from(users))),
        (None, None) => NOTHING.to_owned(),
    }
}

/// What follows from the breaking point, in one sentence.
pub(super) fn breaking_point(verdict: &Verdict) -> Option<String> {
    let point = verdict.breaking_point.as_ref()?;
    let open = verdict.phases.iter().any(|phase| phase.name == point.phase && phase.rate.is_some());
    let load = |value: f64| if open { number::per_second(value) } else { number::counted(value as u64, "user") };
    let between = if let Some(good) = point.last_good_users {
        format!("Between {} and {} (phase {})", load(good), load(point.users), point.phase)
    } else {
        let why = point.no_last_good.as_deref().unwrap_or("no phase passed before");
        format!("At or below {} (phase {}); {why}", load(point.users), point.phase)
    };
    let reached = point.reached.map(|reached| format!("; it gave way at about {}", load(reached))).unwrap_or_default();
    let endpoint = point.first_endpoint.as_ref().map(|endpoint| format!("; first at {endpoint}")).unwrap_or_default();
    let error = point.first_error.as_ref().map(|error| format!("; first failure: {error}")).unwrap_or_default();
    let saturated = verdict.diagnosis.iter().flat_map(|diagnosis| &diagnosis.saturated);
    let first = saturated.map(|one| &one.gauge).next();
    let resource = match &point.resource {
        Some(gauge) if first == Some(gauge) => format!("; saturated first: {gauge}"),
        Some(gauge) => format!("; highest gauge: {gauge}"),
        None => String::new(),
    };
    Some(format!("{between}{reached}{endpoint}{error}{resource}."))
}

/// Whether the app recovered, in one sentence.
pub(super) fn recovery(verdict: &Verdict) -> Option<String> {
    let recovery = verdict.recovery.as_ref()?;
    Some(match (recovery.outcome, recovery.seconds) {
        (Outcome::Passed, Some(seconds)) => {
            format!("Recovered {} after the load. {}", number::seconds(seconds), recovery.detail)
        }
        (Outcome::Passed, None) => format!("Recovered. {}", recovery.detail),
        _ => format!("Not recovered. {}", recovery.detail),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn a_phase_that_was_not_run_has_no_numbers() {
        let verdict = fixtures::failed();
        let rungs = rungs(&verdict);
        assert_eq!(
            (rungs[0].load.as_str(), rungs[0].requests.as_str(), rungs[0].p95.as_str()),
            ("10 users", "1,920", "202 ms")
        );
        let heavy = &rungs[3];
        assert_eq!([&heavy.requests, &heavy.success, &heavy.throughput, &heavy.p50], [NOTHING; 4]);
        assert_eq!(heavy.load, "100 users");
    }

    #[test]
    fn says_where_the_app_gave_way() {
        let mut verdict = fixtures::failed();
        assert_eq!(
            breaking_point(&verdict).as_deref(),
            Some(
                "Between 30 users and 50 users (phase medium); first at chart data; first failure: timeout; saturated \
                 first: database.connections."
            )
        );
        verdict.phases[2].rate = Some(200.0);
        let point = verdict.breaking_point.as_mut().expect("it failed");
        (point.users, point.last_good_users, point.first_error) = (200.0, None, None);
        verdict.diagnosis = None;
        assert_eq!(
            breaking_point(&verdict).as_deref(),
            Some(
                "At or below 200/s (phase medium); no phase passed before; first at chart data; highest gauge: database.connections."
            )
        );
    }

    #[test]
    fn says_whether_the_app_recovered() {
        assert_eq!(
            recovery(&fixtures::passed()).as_deref(),
            Some("Recovered 4 s after the load. Two spans in a row were back at the level of baseline.")
        );
        assert_eq!(
            recovery(&fixtures::failed()).as_deref(),
            Some("Not recovered. After 60 s p50 was 480 ms, level 42 ms.")
        );
    }
}
