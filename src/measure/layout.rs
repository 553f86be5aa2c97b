//! The shape of a phase's measurements, the same for all workers.

use std::time::Duration;

use crate::plan::{Criterion, EndpointId, Limit, Metric, Op, Phase, Plan, Subject};

/// Equal spans that the measured window is cut into (docs/decisions.md section 3).
pub const SPANS: usize = 30;

/// The shape of a phase's measurements.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// For each endpoint of the plan, whether it is a login's: those are measured during the ramp.
    pub logins: Vec<bool>,
    /// Limits to count exceedances against, without repetition.
    pub thresholds: Vec<Threshold>,
    /// The planned ramp: users / spawn rate; where users start within the window too, up to its end. Login endpoints are
    /// cut into spans over it, the last one takes the rest.
    pub ramp: Duration,
    /// The measured window.
    pub duration: Duration,
    /// Equal spans of the window; [`SPANS`].
    pub spans: usize,
}

impl Layout {
    /// The shape that a phase of this plan needs: its spans, and the limits of its criteria.
    pub fn of(plan: &Plan, phase: &Phase) -> Self {
        let mut thresholds: Vec<Threshold> = Vec::new();
        for threshold in phase.criteria.iter().flat_map(Threshold::of) {
            if !thresholds.contains(&threshold) {
                thresholds.push(threshold);
            }
        }
        let mut ramp = f64::from(phase.first_users()) / phase.load.spawn_rate();
        if phase.first_users() < phase.load.users() {
            ramp += (phase.warmup + phase.duration).as_secs_f64();
        }
        Self {
            logins: plan.endpoints.iter().map(|endpoint| endpoint.login).collect(),
            thresholds,
            ramp: Duration::try_from_secs_f64(ramp).unwrap_or_default(),
            duration: phase.duration,
            spans: SPANS,
        }
    }

    /// The limits of one endpoint, in the order in which [`super::SpanCounts::beyond`] counts them.
    pub fn thresholds_of(&self, endpoint: EndpointId) -> impl Iterator<Item = &Threshold> {
        self.thresholds.iter().filter(move |threshold| threshold.endpoint == endpoint)
    }

    /// Where [`super::SpanCounts::beyond`] counts this limit; `None` for a limit that is not counted.
    pub fn position(&self, threshold: &Threshold) -> Option<usize> {
        self.thresholds_of(threshold.endpoint).position(|counted| counted == threshold)
    }
}

/// A limit that exceedances are counted against exactly, so that histogram precision never decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Threshold {
    /// The endpoint whose requests are compared.
    pub endpoint: EndpointId,
    /// Which time is compared.
    pub clock: Clock,
    /// The limit.
    pub limit: Duration,
    /// Whether a request of exactly the limit exceeds it: `<` yes, `<=` no.
    pub at_limit_exceeds: bool,
}

impl Threshold {
    /// The limits that a criterion needs counted: those of quantiles and maxima, for each endpoint and both clocks, so
    /// that a finding can say what the other clock would have decided.
    pub fn of(criterion: &Criterion) -> Vec<Self> {
        let Subject::Metric {
            metric: Metric::Quantile(_) | Metric::Max, judged, op, limit: Limit::Time(limit), ..
        } = &criterion.subject
        else {
            return Vec::new();
        };
        let mut thresholds = Vec::new();
        for endpoint in judged.iter().flat_map(|judged| judged.endpoints.iter().copied()) {
            for clock in [Clock::Latency, Clock::Service] {
                for at_limit_exceeds in Self::sides(*op) {
                    thresholds.push(Self { endpoint, clock, limit: *limit, at_limit_exceeds: *at_limit_exceeds });
                }
            }
        }
        thresholds
    }

    /// `p95 > L` is the contrary of `p95 <= L`, and `p95 == L` is `<=` and not `<`.
    fn sides(op: Op) -> &'static [bool] {
        match op {
            Op::Less | Op::GreaterOrEqual => &[true],
            Op::LessOrEqual | Op::Greater => &[false],
            Op::Equal => &[true, false],
        }
    }

    /// Whether a request of this time is beyond the limit.
    pub fn exceeded_by(&self, time: Duration) -> bool {
        time > self.limit || (self.at_limit_exceeds && time == self.limit)
    }
}

/// The two times of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Clock {
    /// From the intended start.
    Latency,
    /// From the actual start.
    Service,
}
