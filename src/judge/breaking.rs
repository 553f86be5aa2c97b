//! Where the app gave way.

use std::time::Duration;

use super::{BreakingPoint, Level, MonitorVerdict, Outcome, PhaseEvidence, PhaseVerdict, evidence::Row};
use crate::measure::{Clock, EndpointMeasurements, SpanCounts, Threshold};
use crate::plan::{Criterion, EndpointId, FailureKind, Metric, Op, Plan, Subject};

/// Where the app gave way: between the last phase before that passed and this one, which failed.
pub fn breaking_point(before: &[PhaseVerdict], failed: &PhaseVerdict, evidence: PhaseEvidence<'_>) -> BreakingPoint {
    let good = before.iter().rev().find(|phase| matches!(phase.outcome, Outcome::Passed | Outcome::Warned));
    let ids = (0..).map(EndpointId).take(evidence.plan.endpoints.len());
    let rows = evidence.endpoints(ids).rows;
    BreakingPoint {
        phase: failed.name.clone(),
        users: load(failed).unwrap_or_default(),
        last_good_users: good.and_then(load),
        first_endpoint: first_endpoint(&rows, failed, &evidence),
        first_error: first_failure(&rows).map(|(_, kind)| kind.key().to_owned()),
        resource: resource(evidence.plan, &failed.monitors),
    }
}

fn load(phase: &PhaseVerdict) -> Option<f64> {
    phase.users.map(f64::from).or(phase.rate)
}

fn first_failure(rows: &[Row<'_>]) -> Option<(Duration, FailureKind)> {
    rows.iter().filter_map(|row| row.measured.first_failure).min()
}

/// The endpoint that failed, or went beyond a limit, first. Only what the failed criteria are about counts, if they are
/// about requests at all: a stray failure that the phase allows is not where it broke.
fn first_endpoint(rows: &[Row<'_>], failed: &PhaseVerdict, evidence: &PhaseEvidence<'_>) -> Option<String> {
    let broken = |criterion: &&Criterion| {
        failed.findings.iter().any(|finding| {
            finding.level == Level::Block && finding.outcome == Outcome::Failed && finding.criterion == criterion.text
        })
    };
    let criteria: Vec<&Criterion> = evidence.phase.criteria.iter().filter(broken).collect();
    let times: Vec<&Criterion> = criteria.iter().copied().filter(|criterion| about_times(criterion)).collect();
    let built_in =
        failed.findings.iter().any(|finding| [super::LOGGED_IN, super::ANSWERS].contains(&&*finding.criterion));
    let failures = built_in || criteria.iter().any(|criterion| about_failures(criterion)) || times.is_empty();
    let first_of = |row: &Row<'_>| {
        let failure = row.measured.first_failure.filter(|_| failures).map(|(at, _)| (at, 0));
        let slow = times.iter().filter_map(|criterion| first_beyond(row, criterion, evidence)).min();
        failure.into_iter().chain(slow).min()
    };
    let first = rows.iter().filter_map(|row| Some((first_of(row)?, row.name))).min_by_key(|(first, _)| *first);
    // A criterion on the mean leaves no trace in the spans; its finding knows the slowest endpoint.
    let blamed = || {
        let blocking = failed.findings.iter().filter(|finding| finding.level == Level::Block);
        blocking.filter(|finding| finding.outcome == Outcome::Failed).find_map(|finding| finding.worst_endpoint.clone())
    };
    first.map(|(_, name)| name.to_owned()).or_else(blamed)
}

fn about_times(criterion: &Criterion) -> bool {
    matches!(criterion.subject, Subject::Metric { metric: Metric::Quantile(_) | Metric::Max | Metric::Mean, .. })
}

fn about_failures(criterion: &Criterion) -> bool {
    matches!(
        criterion.subject,
        Subject::Metric { metric: Metric::SuccessRate | Metric::ErrorRate, .. } | Subject::No { .. }
    )
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
fn resource(plan: &Plan, monitors: &[MonitorVerdict]) -> Option<String> {
    let relative = |monitor: &MonitorVerdict| {
        let band = plan.gauges.iter().find(|gauge| gauge.name == monitor.name)?.band?;
        Some(monitor.max? / band.critical).filter(|share| share.is_finite())
    };
    let highest = monitors.iter().filter_map(|monitor| Some((relative(monitor)?, monitor)));
    highest.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, monitor)| monitor.name.clone())
}
