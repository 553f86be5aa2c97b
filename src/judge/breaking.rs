//! Where the app gave way.

use std::time::Duration;

use super::{
    BreakingPoint, Finding, Level, MonitorVerdict, Outcome, PhaseEvidence, PhaseVerdict, diagnosis, diagnosis::Seen,
    evidence::Row,
};
use crate::measure::{Clock, EndpointMeasurements, SpanCounts, Threshold};
use crate::plan::{Count, Criterion, EndpointId, FailureKind, Metric, Op, Plan, Subject};

/// Where the app gave way: between the last phase before that passed under less load and this one, which failed.
///
/// Endpoint and failure are those that the failed criteria are about: a stray failure that the phase allows is not where it
/// broke. `seen` are the phases before it and the phase itself, for the resource that saturated first.
pub fn breaking_point(
    before: &[PhaseVerdict],
    failed: &PhaseVerdict,
    evidence: PhaseEvidence<'_>,
    seen: &[Seen<'_>],
) -> BreakingPoint {
    let blames = blames(failed, &evidence);
    let rows = evidence.endpoints((0..).map(EndpointId).take(evidence.plan.endpoints.len())).rows;
    let first_error = blames.iter().flat_map(|blame| rows.iter().filter_map(|row| blame.first_failure(row))).min();
    let (last_good_users, no_last_good) = last_good(before, failed);
    let mut point = BreakingPoint {
        phase: failed.name.clone(),
        users: load(failed).unwrap_or_default(),
        reached: reached(&rows, &blames, &evidence),
        last_good_users,
        no_last_good,
        first_endpoint: first_endpoint(&rows, &blames, failed, &evidence),
        first_error: first_error.map(|(_, kind)| kind.key().to_owned()),
        resource: None,
    };
    let closest = || closest_to_critical(evidence.plan, &failed.monitors);
    point.resource = diagnosis::first_saturated(seen, &point).or_else(closest);
    point
}

fn load(phase: &PhaseVerdict) -> Option<f64> {
    phase.users.map(f64::from).or(phase.rate)
}

/// The load at which a phase with stages first gave way, where that is known: it is the one in the middle of the span of
/// that moment, because what is late shows in a span as a whole.
fn reached(rows: &[Row<'_>], blames: &[Blame<'_>], evidence: &PhaseEvidence<'_>) -> Option<f64> {
    let PhaseEvidence { phase, measurements, .. } = evidence;
    if phase.stages.is_empty() {
        return None;
    }
    let rows = rows.iter().filter(|row| !row.login);
    let first = rows.flat_map(|row| blames.iter().filter_map(|blame| blame.first(row, evidence))).min();
    let after = first?.0.checked_sub(measurements.window_start?)?;
    let spans = measurements.layout.spans.max(1) as f64;
    let span = (after.as_secs_f64() / phase.duration.as_secs_f64() * spans).floor();
    Some(phase.load_at(phase.duration.mul_f64((span + 0.5) / spans)))
}

/// The load of the last phase that passed under less load of the same kind, or why there is none although one passed:
/// users and rates are different quantities, and what held more load before says nothing about a limit in between.
fn last_good(before: &[PhaseVerdict], failed: &PhaseVerdict) -> (Option<f64>, Option<String>) {
    let good: Vec<_> =
        before.iter().filter(|phase| matches!(phase.outcome, Outcome::Passed | Outcome::Warned)).collect();
    let alike: Vec<_> = good.iter().filter(|phase| phase.users.is_some() == failed.users.is_some()).collect();
    let (Some(last), Some(at)) = (good.last(), load(failed)) else { return (None, None) };
    let less = alike.iter().filter_map(|phase| load(phase)).rfind(|load| *load < at);
    let why = match (less, alike.last()) {
        (Some(_), _) => None,
        (None, None) => Some(format!("phase {} passed before, under a load of another kind", last.name)),
        (None, Some(more)) => Some(format!("phase {} passed before, under as much load or more", more.name)),
    };
    (less, why)
}

/// What one failed finding is about.
struct Blame<'a> {
    endpoints: Vec<EndpointId>,
    what: About<'a>,
}

enum About<'a> {
    /// Slow answers, timeouts among them.
    Times(&'a Criterion),
    /// Failures of every kind.
    Failures,
    /// What `no KIND` counts.
    Events(Count),
}

impl Blame<'_> {
    /// When the first failure that it is about was intended, and its kind. Only the first failure of an endpoint is known by
    /// its time, so one of another kind stands for those that came after it.
    fn first_failure(&self, row: &Row<'_>) -> Option<(Duration, FailureKind)> {
        let (at, first) = row.measured.first_failure.filter(|_| self.endpoints.contains(&row.id))?;
        let had = |kind: FailureKind| row.measured.errors.get(&kind).is_some_and(|count| *count > 0);
        let statuses = |low: u16| row.measured.statuses.range(low..low + 100).next().is_some();
        let kind = match self.what {
            About::Failures | About::Events(Count::Errors) => Some(first),
            About::Times(_) => had(FailureKind::Timeout).then_some(FailureKind::Timeout),
            About::Events(Count::Failures(kind)) => had(kind).then_some(kind),
            About::Events(Count::ServerErrors) => {
                (statuses(500) && had(FailureKind::Check)).then_some(FailureKind::Check)
            }
            About::Events(Count::ClientErrors) => {
                (statuses(400) && had(FailureKind::Check)).then_some(FailureKind::Check)
            }
        };
        Some((at, kind?))
    }

    /// When the endpoint first gave way, and among those of one moment which had more of it.
    fn first(&self, row: &Row<'_>, evidence: &PhaseEvidence<'_>) -> Option<(Duration, u64)> {
        match self.what {
            About::Times(criterion) if self.endpoints.contains(&row.id) => first_beyond(row, criterion, evidence),
            About::Times(_) => None,
            _ => self.first_failure(row).map(|(at, _)| (at, 0)),
        }
    }
}

/// What the blocking findings that failed are about, where that is requests.
fn blames<'a>(failed: &PhaseVerdict, evidence: &PhaseEvidence<'a>) -> Vec<Blame<'a>> {
    let broken = failed.findings.iter().filter(|f| f.level == Level::Block && f.outcome == Outcome::Failed);
    let of = |finding: &Finding| -> Vec<Blame<'a>> {
        let endpoints = |login: bool| {
            let all = (0..).map(EndpointId).zip(&evidence.plan.endpoints);
            all.filter(|(_, endpoint)| endpoint.login == login).map(|(id, _)| id).collect()
        };
        if [super::LOGGED_IN, super::ANSWERS].contains(&&*finding.criterion) {
            return vec![Blame { endpoints: endpoints(finding.criterion == super::LOGGED_IN), what: About::Failures }];
        }
        let criteria = evidence.phase.criteria.iter().filter(|criterion| criterion.text == finding.criterion);
        criteria.filter_map(|criterion| blame(criterion, finding.endpoint.as_deref())).collect()
    };
    broken.flat_map(of).collect()
}

/// `None` for a gauge, which is not about requests.
fn blame<'a>(criterion: &'a Criterion, endpoint: Option<&str>) -> Option<Blame<'a>> {
    let (judged, what) = match &criterion.subject {
        Subject::Metric { metric: Metric::Quantile(_) | Metric::Max | Metric::Mean, judged, .. } => {
            (judged, About::Times(criterion))
        }
        Subject::Metric { judged, .. } => (judged, About::Failures),
        Subject::No { count, judged } => (judged, About::Events(*count)),
        Subject::Gauge { .. } => return None,
    };
    let judged = judged.iter().filter(|judged| judged.name.as_deref() == endpoint);
    Some(Blame { endpoints: judged.flat_map(|judged| judged.endpoints.iter().copied()).collect(), what })
}

/// The endpoint that failed, or went beyond a limit, first.
fn first_endpoint(
    rows: &[Row<'_>],
    blames: &[Blame<'_>],
    failed: &PhaseVerdict,
    evidence: &PhaseEvidence<'_>,
) -> Option<String> {
    let first_of = |row: &Row<'_>| blames.iter().filter_map(|blame| blame.first(row, evidence)).min();
    let first = rows.iter().filter_map(|row| Some((first_of(row)?, row.name))).min_by_key(|(first, _)| *first);
    // A criterion on the mean leaves no trace in the spans; its finding knows the slowest endpoint.
    let of_its_finding = || {
        let blocking = failed.findings.iter().filter(|finding| finding.level == Level::Block);
        blocking.filter(|finding| finding.outcome == Outcome::Failed).find_map(|finding| finding.worst_endpoint.clone())
    };
    first.map(|(_, name)| name.to_owned()).or_else(of_its_finding)
}

/// Start of the first span in which the endpoint had a larger share beyond the criterion's limit than it allows; among
/// endpoints of the same span, the one with more of them is first.
fn first_beyond(row: &Row<'_>, criterion: &Criterion, evidence: &PhaseEvidence<'_>) -> Option<(Duration, u64)> {
    let Subject::Metric { metric, service, op: Op::Less | Op::LessOrEqual, .. } = &criterion.subject else {
        return None;
    };
    let allowed = match metric {
        Metric::Quantile(q) => 1.0 - q,
        _ => 0.0,
    };
    let clock = if *service { Clock::Service } else { Clock::Latency };
    let layout = &evidence.measurements.layout;
    let limits = Threshold::of(criterion);
    let limit = limits.iter().find(|limit| limit.endpoint == row.id && limit.clock == clock)?;
    let position = layout.position(limit)?;
    let beyond = |span: &SpanCounts| span.beyond[position] + span.added_beyond[position];
    let over = |span: &SpanCounts| beyond(span) as f64 > allowed * (span.timed + span.added) as f64;
    let EndpointMeasurements { spans, .. } = row.measured;
    let first = spans.iter().position(over)?;
    let (start, whole) =
        if row.login { (Duration::ZERO, layout.ramp) } else { (evidence.measurements.window_start?, layout.duration) };
    let at = start + whole.mul_f64(first as f64 / layout.spans.max(1) as f64);
    Some((at, u64::MAX - beyond(&spans[first])))
}

/// The gauge that was highest relative to its critical band.
fn closest_to_critical(plan: &Plan, monitors: &[MonitorVerdict]) -> Option<String> {
    let relative = |monitor: &MonitorVerdict| {
        let band = plan.gauges.iter().find(|gauge| gauge.name == monitor.name)?.band?;
        Some(monitor.max? / band.critical).filter(|share| share.is_finite())
    };
    let highest = monitors.iter().filter_map(|monitor| Some((relative(monitor)?, monitor)));
    highest.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, monitor)| monitor.name.clone())
}
