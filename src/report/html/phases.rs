//! The phases one by one: criteria, gauges, statements.

use serde::Serialize;

use super::tone::{Tone, of_band, tone};
use crate::{
    judge::{Finding, Level, MonitorVerdict, Outcome, PhaseVerdict, StatementVerdict, Verdict},
    report::{bands, kept::kept, ladder, trouble},
    units::number,
};

/// So many criteria of a phase are shown: those that failed or are not sure, and then the first; verdict.json has all.
const MOST_FINDINGS: usize = 60;

/// So many statements of a phase are shown, more than in the summary: the page has room. verdict.json has those that were kept.
const MOST_STATEMENTS: usize = 10;

/// One phase.
#[derive(Serialize)]
pub(super) struct PhaseView {
    name: String,
    load: String,
    outcome: Tone,
    /// Whether its details are unfolded from the start.
    open: bool,
    because: Vec<String>,
    findings: Vec<FindingView>,
    /// Those that are left out.
    more: usize,
    monitors: Vec<MonitorView>,
    statements: Vec<StatementView>,
    statements_unknown: Vec<String>,
}

#[derive(Serialize)]
struct FindingView {
    criterion: String,
    level: &'static str,
    outcome: Tone,
    observed: String,
    limit: String,
    interval: String,
    sure: &'static str,
    place: String,
    because: String,
}

#[derive(Serialize)]
struct StatementView {
    query: String,
    source: String,
    /// Calls, calls for each request, mean and sum of the time.
    cells: [String; 4],
}

#[derive(Serialize)]
struct MonitorView {
    name: String,
    mean: String,
    max: String,
    band: Tone,
    samples: String,
    crossed: String,
    missing: String,
}

impl PhaseView {
    /// Those that were run.
    pub(super) fn all(verdict: &Verdict) -> Vec<Self> {
        verdict.phases.iter().filter(|phase| phase.outcome != Outcome::NotRun).map(Self::of).collect()
    }

    fn of(phase: &PhaseVerdict) -> Self {
        let (findings, more) = kept(phase.findings.iter().collect(), MOST_FINDINGS, |finding| {
            // What weighs nothing comes last.
            let weight = trouble::weight(finding);
            (weight.is_none(), weight)
        });
        Self {
            name: phase.name.clone(),
            load: ladder::load(phase),
            outcome: tone(phase.outcome),
            open: phase.outcome != Outcome::Passed,
            because: trouble::own_reasons(phase).into_iter().map(str::to_owned).collect(),
            findings: findings.into_iter().map(FindingView::of).collect(),
            more,
            monitors: phase.monitors.iter().map(MonitorView::of).collect(),
            statements: phase.statements.iter().take(MOST_STATEMENTS).map(StatementView::of).collect(),
            statements_unknown: phase.statements_unknown.clone(),
        }
    }
}

impl StatementView {
    fn of(statement: &StatementVerdict) -> Self {
        let StatementVerdict { source, query, calls, calls_each, mean_ms, total_ms } = statement;
        let (each, [mean, total]) =
            (number::or_nothing(*calls_each, number::plain), [*mean_ms, *total_ms].map(number::milliseconds));
        Self { query: query.clone(), source: source.clone(), cells: [number::count(*calls), each, mean, total] }
    }
}

impl FindingView {
    fn of(finding: &Finding) -> Self {
        let trouble::Measured { observed, limit, interval, sure } = trouble::measured(finding);
        Self {
            criterion: trouble::title(finding),
            level: match finding.level {
                Level::Block => "",
                Level::Warn => " only warns",
            },
            outcome: tone(finding.outcome),
            observed,
            limit,
            interval: interval.unwrap_or_default(),
            sure: sure.split_once(',').map_or(sure, |(sure, _)| sure),
            place: trouble::place(&finding.file, finding.line).map(|place| place.to_string()).unwrap_or_default(),
            because: finding.because.clone(),
        }
    }
}

impl MonitorView {
    fn of(monitor: &MonitorVerdict) -> Self {
        Self {
            name: monitor.name.clone(),
            mean: number::or_nothing(monitor.mean, number::plain),
            max: number::or_nothing(monitor.max, number::plain),
            band: of_band(monitor.band),
            samples: number::count(monitor.samples),
            crossed: bands::crossings(monitor),
            missing: monitor.missing.clone().unwrap_or_default(),
        }
    }
}
