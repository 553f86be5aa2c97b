//! What a plan amounts to before it runs: requests, wall time, and which criteria that many requests cannot decide.

use std::time::Duration;

use super::{
    Blocks, Criterion, EndpointId, LAST_READINGS, LOGIN_PATIENCE, Limit, Load, Metric, Op, Pacing, Phase, Plan,
    Profile, SLOT_GRACE, Subject,
};

/// The response time that stands in where a phase has no criterion on p50, for estimates only.
const ASSUMED: Duration = Duration::from_millis(100);
/// The share of wrong certainties that a bound allows; docs/decisions.md section 3.
const ALPHA: f64 = 0.05;

/// What one phase amounts to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// Requests expected in the measured window, by [`EndpointId`]; none for logins.
    pub requests: Vec<f64>,
    /// Ramp, warm-up and window when nothing goes wrong; with `against` the blocks of both sides.
    pub expected: Duration,
    /// With the longest ramp, an extension if the profile allows one, slots that are sent late, requests awaited until their
    /// timeout, and monitors whose last answers are awaited as long as any are.
    pub worst: Duration,
}

impl Outlook {
    /// Requests expected in the measured window, all together.
    pub fn total(&self) -> f64 {
        self.requests.iter().sum()
    }
}

impl Plan {
    /// What a phase of this plan amounts to.
    pub fn outlook(&self, phase: &Phase) -> Outlook {
        let starts = f64::from(phase.first_users().saturating_sub(1)) / phase.load.spawn_rate().max(f64::MIN_POSITIVE);
        let logs_in = self.scenarios.iter().any(|scenario| !scenario.login.is_empty());
        let ramp = match phase.load {
            Load::Open { .. } if !logs_in => Duration::ZERO,
            _ => Duration::try_from_secs_f64(starts).unwrap_or(Duration::MAX),
        };
        let patience = if logs_in { LOGIN_PATIENCE } else { Duration::ZERO };
        let measured = if self.may_extend(phase) { phase.duration.saturating_mul(2) } else { phase.duration };
        let steps = self.scenarios.iter().flat_map(|scenario| &scenario.steps);
        let drain = steps.map(|step| step.timeout).max().unwrap_or(self.target.timeout);
        let drain = drain.saturating_add(self.slot_grace(phase));
        let requests = self.requests(phase);
        let readings = if self.gauges.is_empty() { Duration::ZERO } else { LAST_READINGS };
        if self.against.is_none() {
            let expected = sum([ramp, phase.warmup, phase.duration]);
            return Outlook {
                requests,
                expected,
                worst: sum([ramp, patience, phase.warmup, measured, drain, readings]),
            };
        }
        // Both sides, one after the other: users that come up, then a slice of each block.
        let Blocks { count, slice, warmup } = self.blocks(phase);
        let both =
            |before: Duration, slice: Duration| before.saturating_add(slice.saturating_mul(count)).saturating_mul(2);
        let worst = both(sum([ramp, patience, warmup, drain, readings]), sum([slice, drain, readings]));
        Outlook { requests, expected: both(sum([ramp, warmup]), slice), worst }
    }

    /// How long slots of a phase may still be sent after its window, if it has any.
    fn slot_grace(&self, phase: &Phase) -> Duration {
        let paced = self.scenarios.iter().any(|scenario| matches!(scenario.pacing, Pacing::Pace(_)));
        if paced || matches!(phase.load, Load::Open { .. }) { SLOT_GRACE } else { Duration::ZERO }
    }

    /// Whether a phase may be extended to twice its window: not where the profile says so, nor one with stages (twice the
    /// window would be more of its last stage, and so another load), nor one that is measured block by block.
    pub fn may_extend(&self, phase: &Phase) -> bool {
        self.profile.extend && phase.stages.is_empty() && self.against.is_none()
    }

    /// The same plan with phases that are never extended.
    #[must_use]
    pub fn without_extension(&self) -> Self {
        Self { profile: Profile { extend: false, ..self.profile.clone() }, ..self.clone() }
    }

    /// The wall time of the whole run when nothing goes wrong, and the longest it can take.
    pub fn wall_time(&self) -> (Duration, Duration) {
        let outlooks: Vec<Outlook> = self.phases.iter().map(|phase| self.outlook(phase)).collect();
        let expected = sum(outlooks.iter().map(|outlook| outlook.expected));
        let ladder = sum(outlooks.iter().map(|outlook| outlook.worst));
        let ready = self.target.ready.as_ref().map_or(Duration::ZERO, |(_, within)| *within);
        let recovery = self.recovery.map_or(Duration::ZERO, |recovery| recovery.within);
        let checks =
            [&self.preflight, &self.integrity, &self.cleanup].into_iter().flatten().map(|check| self.longest(check));
        let worst = sum(checks.chain([ladder, ready, recovery]));
        (expected, worst)
    }

    /// The longest that it takes to drive every phase so many more times as `regression.confirm` says; nothing without a
    /// comparison with stored runs.
    pub fn confirming(&self) -> Duration {
        let stored = self.regression.as_ref().filter(|_| self.against.is_none());
        let times = stored.map_or(0, |regression| regression.confirm);
        sum(self.phases.iter().map(|phase| self.outlook(phase).worst)).saturating_mul(times)
    }

    /// The longest that a check can take.
    fn longest(&self, check: &super::Check) -> Duration {
        match &check.act {
            super::Act::Probe(probe) => probe.timeout,
            super::Act::Command { timeout, .. } => *timeout,
            super::Act::Query(query) => query.timeout,
            super::Act::Scenario(id) => {
                let scenario = &self.scenarios[id.0 as usize];
                let steps = scenario.login.iter().chain(&scenario.steps);
                steps.map(|step| step.timeout).fold(Duration::ZERO, Duration::saturating_add)
            }
            super::Act::Disk { .. } => Duration::ZERO,
            super::Act::Monitors(_) => self.target.timeout,
        }
    }

    /// Requests expected in the measured window, by endpoint.
    fn requests(&self, phase: &Phase) -> Vec<f64> {
        let mut requests = vec![0.0; self.endpoints.len()];
        let weights: u32 = self.scenarios.iter().map(|scenario| scenario.weight).sum();
        let response = assumed_response(phase);
        for scenario in &self.scenarios {
            let share = f64::from(scenario.weight) / f64::from(weights.max(1));
            let work = response.as_secs_f64() * scenario.steps.len() as f64;
            let cycle = match scenario.pacing {
                Pacing::Think { low, high } => (low + high).as_secs_f64() / 2.0 + work,
                Pacing::Pace(pace) => pace.as_secs_f64().max(work),
            };
            let per_second = match phase.load {
                Load::Closed { .. } => phase.mean_load() / cycle.max(f64::MIN_POSITIVE),
                Load::Open { .. } => phase.mean_load(),
            };
            for step in &scenario.steps {
                requests[step.endpoint.index()] += share * per_second * phase.duration.as_secs_f64();
            }
        }
        requests
    }
}

fn sum(times: impl IntoIterator<Item = Duration>) -> Duration {
    times.into_iter().fold(Duration::ZERO, Duration::saturating_add)
}

/// The response time that a phase counts on: its limit on p50, if it has one.
fn assumed_response(phase: &Phase) -> Duration {
    let limits = phase.criteria.iter().filter_map(|criterion| match &criterion.subject {
        Subject::Metric { metric: Metric::Quantile(share), limit: Limit::Time(limit), .. } if *share <= 0.5 => {
            Some(*limit)
        }
        _ => None,
    });
    limits.min().map_or(ASSUMED, |limit| limit.min(ASSUMED))
}

/// The number of effective requests below which nothing about a criterion is certain: ln(0.05) / ln(q), docs/decisions.md
/// section 3. `None` for criteria that do not speak of a share.
pub fn requests_needed(criterion: &Criterion) -> Option<u64> {
    let Subject::Metric { metric, op, limit, .. } = &criterion.subject else { return None };
    let share = match (metric, limit, op) {
        (Metric::Quantile(share), _, Op::Less | Op::LessOrEqual)
        | (Metric::SuccessRate, Limit::Share(share), Op::Greater | Op::GreaterOrEqual) => *share,
        (Metric::ErrorRate, Limit::Share(share), Op::Less | Op::LessOrEqual) => 1.0 - share,
        _ => return None,
    };
    (share > 0.0 && share < 1.0).then(|| (ALPHA.ln() / share.ln()).ceil() as u64)
}

/// Requests expected for the endpoints that one finding is about.
pub(super) fn expected_for(outlook: &Outlook, endpoints: &[EndpointId]) -> f64 {
    endpoints.iter().map(|endpoint| outlook.requests[endpoint.index()]).sum()
}
