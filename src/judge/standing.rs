//! How a phase stands while it runs: for those who look on. It decides nothing.

use super::{Band, Finding, Outcome, PhaseEvidence, criterion, monitors};
use crate::plan::{Criterion, Metric, Op, Subject};

/// How a running phase stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing {
    /// What its criteria would be if the window ended now, in the order of gates.yaml; inconclusive where there is
    /// nothing to judge yet, and where more requests can still change it for the better.
    pub findings: Vec<Finding>,
    /// Every gauge of the plan, in the order of gates.yaml.
    pub gauges: Vec<GaugeStanding>,
}

/// The last reading of a gauge.
#[derive(Debug, Clone, PartialEq)]
pub struct GaugeStanding {
    /// `MONITOR.GAUGE`.
    pub name: String,
    /// The last reading; `None` before the first.
    pub value: Option<f64>,
    /// Where it lies; `None` where gates.yaml declares no band.
    pub band: Option<Band>,
}

/// How a running phase stands by what was measured until now.
pub fn standing(evidence: PhaseEvidence<'_>) -> Standing {
    let findings = evidence.phase.criteria.iter().flat_map(|criterion| findings(&evidence, criterion)).collect();
    Standing { findings, gauges: gauges(&evidence) }
}

/// A number of requests that is not reached yet has not failed yet.
fn findings(evidence: &PhaseEvidence<'_>, criterion: &Criterion) -> Vec<Finding> {
    let grows = matches!(
        criterion.subject,
        Subject::Metric { metric: Metric::Requests, op: Op::Greater | Op::GreaterOrEqual | Op::Equal, .. }
    );
    let mut findings: Vec<Finding> =
        criterion::findings(evidence, criterion).into_iter().map(|(finding, _)| finding).collect();
    for finding in findings.iter_mut().filter(|finding| finding.outcome == Outcome::Failed && grows) {
        let exceeded = finding.observed.is_some_and(|observed| observed > finding.limit);
        if !exceeded {
            finding.outcome = Outcome::Inconclusive;
        }
    }
    findings
}

fn gauges(evidence: &PhaseEvidence<'_>) -> Vec<GaugeStanding> {
    let series = |name: &str| evidence.gauges.iter().find(|series| series.name == name);
    let stands = |gauge: &crate::plan::Gauge| {
        let series = series(&gauge.name);
        let value = series
            .and_then(|series| series.samples.iter().rev().map(|sample| sample.value).find(|value| value.is_finite()));
        let silent = series.is_some_and(|series| series.silent);
        let band = gauge.band.map(|band| if silent { Band::Missing } else { monitors::band(Some(band), value) });
        GaugeStanding { name: gauge.name.clone(), value, band }
    };
    evidence.plan.gauges.iter().map(stands).collect()
}
