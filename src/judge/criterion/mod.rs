//! Criteria: each kind looks at its part of the evidence and gives an [`Assessment`].

mod count;
pub(super) mod gauge;
mod mean;
mod quantile;
mod rate;
mod summary;
mod throughput;

pub(super) use rate::example;

use super::{
    Finding, Outcome, PhaseEvidence,
    assessment::{Assessment, Decision},
    evidence::{Most, Selection},
    statistics::{Look, Tally},
};
use crate::measure::Clock;
use crate::plan::{Criterion, Judged, Limit, Metric, Op, Subject};
use crate::units::number;

/// A comparison with a limit, in the unit of the metric.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bound {
    op: Op,
    limit: Limit,
}

impl Bound {
    /// The limit as a finding prints it: milliseconds for times, shares of 1 for rates.
    fn number(self) -> f64 {
        match self.limit {
            Limit::Time(time) => time.as_secs_f64() * 1e3,
            Limit::Share(number) | Limit::Number(number) | Limit::PerSecond(number) => number,
        }
    }
}

/// The findings of a criterion, one for each of its endpoints where it says `each`; with each its meaning for the phase.
pub(super) fn findings(evidence: &PhaseEvidence<'_>, criterion: &Criterion) -> Vec<(Finding, Outcome)> {
    let finish = |assessment: Assessment, judged: Option<&Judged>| {
        let endpoint = judged.and_then(|judged| judged.name.as_deref());
        assessment.finding(criterion, endpoint, evidence.plan.policy)
    };
    match &criterion.subject {
        Subject::Metric { metric, service, judged, op, limit } => {
            let bound = Bound { op: *op, limit: *limit };
            let assess = |judged| metric_assessment(evidence.select(judged), *metric, clock(*service), bound);
            judged.iter().map(|judged| finish(assess(judged), Some(judged))).collect()
        }
        Subject::No { count, judged } => {
            judged.iter().map(|judged| finish(count::none(&evidence.select(judged), *count), Some(judged))).collect()
        }
        Subject::Gauge { gauge, op, limit, hold } => {
            vec![finish(gauge::assess(evidence, *gauge, gauge::Demand { op: *op, limit: *limit, hold: *hold }), None)]
        }
    }
}

/// What a look would decide on a criterion about a metric, for each of its findings; empty for the others, which need no
/// second look.
pub(super) fn decisions(evidence: &PhaseEvidence<'_>, criterion: &Criterion, look: Look) -> Vec<Decision> {
    let Subject::Metric { metric, service, judged, op, limit } = &criterion.subject else { return Vec::new() };
    let bound = Bound { op: *op, limit: *limit };
    let decide = |judged| {
        let selection = evidence.select(judged).looked_at(look);
        metric_assessment(selection, *metric, clock(*service), bound).decision
    };
    judged.iter().map(decide).collect()
}

/// Requests that count against a limit, span by span.
pub(super) struct Counts {
    /// All requests that the limit is about, those added for silences included.
    pub(super) spans: Vec<Tally>,
    /// Those among them that were really made.
    pub(super) made: Vec<u64>,
    /// The share that the limit allows.
    pub(super) allowed: f64,
}

/// What breaks a criterion if it is more than a share, for each of its findings; several counts are several views of
/// the same requests, and one that breaks the limit is enough. Empty where no share is allowed or limited.
pub(super) fn counts(evidence: &PhaseEvidence<'_>, criterion: &Criterion) -> Vec<Vec<Counts>> {
    let Subject::Metric { metric, service, judged, op, limit } = &criterion.subject else { return Vec::new() };
    let of = |judged| {
        let selection = evidence.select(judged);
        match (metric, limit) {
            (Metric::Quantile(q), Limit::Time(limit)) => {
                let layout = selection.layout();
                let clock = clock(*service);
                quantile::counts(&quantile::Question { selection, layout, clock, q: *q, op: *op, limit: *limit })
            }
            (Metric::SuccessRate, _) => rate::counts(&selection, rate::Rate::Success, Bound { op: *op, limit: *limit }),
            (Metric::ErrorRate, _) => rate::counts(&selection, rate::Rate::Error, Bound { op: *op, limit: *limit }),
            _ => Vec::new(),
        }
    };
    judged.iter().map(of).collect()
}

/// The findings of a criterion whose phase was not run, or not measured.
pub(super) fn not_run(criterion: &Criterion, because: &str) -> Vec<Finding> {
    let (names, unit, limit): (Vec<Option<&str>>, _, _) = match &criterion.subject {
        Subject::Metric { metric, judged, op, limit, .. } => {
            (names(judged), unit(*metric), Bound { op: *op, limit: *limit }.number())
        }
        Subject::No { judged, .. } => (names(judged), "events", 0.0),
        Subject::Gauge { limit, .. } => (vec![None], "", *limit),
    };
    let finding = |name: Option<&str>| Finding {
        criterion: criterion.text.clone(),
        endpoint: name.map(ToOwned::to_owned),
        level: super::assessment::level(criterion.level),
        file: criterion.place.file.to_string(),
        line: criterion.place.line,
        outcome: Outcome::NotRun,
        certain: false,
        observed: None,
        limit,
        unit: unit.to_owned(),
        interval: None,
        samples: 0,
        because: because.to_owned(),
        worst_endpoint: None,
        worst_part: None,
    };
    names.into_iter().map(finding).collect()
}

fn names(judged: &[Judged]) -> Vec<Option<&str>> {
    judged.iter().map(|judged| judged.name.as_deref()).collect()
}

fn unit(metric: Metric) -> &'static str {
    match metric {
        Metric::Quantile(_) | Metric::Mean | Metric::Max => "ms",
        Metric::SuccessRate | Metric::ErrorRate => "1",
        Metric::Requests => "requests",
        Metric::Throughput => "requests/s",
    }
}

fn clock(service: bool) -> Clock {
    if service { Clock::Service } else { Clock::Latency }
}

fn metric_assessment(selection: Selection<'_>, metric: Metric, clock: Clock, bound: Bound) -> Assessment {
    if let Some(summary) = selection.summary() {
        return match metric {
            Metric::Quantile(_) | Metric::Mean | Metric::Max => {
                summary::assess((&selection, summary), (metric, clock), bound)
            }
            Metric::SuccessRate => summary::without_interval(rate::assess(&selection, rate::Rate::Success, bound)),
            Metric::ErrorRate => summary::without_interval(rate::assess(&selection, rate::Rate::Error, bound)),
            Metric::Requests => count::requests(&selection, bound),
            Metric::Throughput => throughput::assess(&selection, bound),
        };
    }
    let layout = selection.layout();
    match (metric, bound.limit) {
        (Metric::Quantile(q), Limit::Time(limit)) => {
            quantile::assess(&quantile::Question { selection, layout, clock, q, op: bound.op, limit })
        }
        (Metric::Max, Limit::Time(limit)) => {
            quantile::assess(&quantile::Question { selection, layout, clock, q: 1.0, op: bound.op, limit })
        }
        (Metric::Mean, _) => mean::assess(&selection, clock, bound),
        (Metric::SuccessRate, _) => rate::assess(&selection, rate::Rate::Success, bound),
        (Metric::ErrorRate, _) => rate::assess(&selection, rate::Rate::Error, bound),
        (Metric::Requests, _) => count::requests(&selection, bound),
        (Metric::Throughput, _) => throughput::assess(&selection, bound),
        // The grammar gives a quantile and a maximum a time.
        (Metric::Quantile(_) | Metric::Max, _) => {
            Assessment::without_data(bound.number(), "ms", "The limit is not a time.".to_owned())
        }
    }
}

/// How many of the criterion's own bursts there were, as a sentence; empty without any.
fn in_bursts(bursts: u32) -> String {
    match bursts {
        0 => String::new(),
        1 => " They came in one burst.".to_owned(),
        bursts => format!(" They came in {bursts} bursts."),
    }
}

/// Which endpoint has the most of it, as a sentence; empty where there is only one endpoint.
fn most_at(most: Option<&Most>, names: usize) -> String {
    let Some(Most { name, count, all }) = most.filter(|_| names > 1) else { return String::new() };
    let part = format!("({} of {})", number::count(*count), number::count(*all));
    match count {
        count if count >= all => format!(" All of them were at {name}."),
        count if *count > all / 2 => format!(" Most of them were at {name} {part}."),
        _ => format!(" The most were at {name} {part}."),
    }
}
