//! Two finished runs side by side. One run on each side decides nothing, and the text says so first.

use super::{
    Publishable,
    terminal::{COLUMNS, clip, left, right, without_commands, wrap},
};
use crate::judge::{
    EndpointVerdict, Outcome, PhaseVerdict,
    comparison::{Cell, CellResult, Scale, Side, Worse, stored},
};
use crate::units::number;

/// The margin that stands in where nothing can be decided anyway; one run on each side never comes to use it.
const MARGIN: f64 = 0.10;

/// So many endpoints are named, those that moved most.
const MOST_ENDPOINTS: usize = 10;

/// Two finished runs side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct SideBySide {
    /// One for each metric of each phase that was measured in both: `new`, or invalid where a value is missing.
    pub cells: Vec<CellResult>,
    /// The same as a text for a terminal.
    pub text: String,
}

/// Puts two runs side by side: p50, p95, p99 and error rate of each phase that both measured, and the endpoints whose
/// p95 moved most.
pub fn side_by_side(base: &Publishable, head: &Publishable) -> SideBySide {
    let pairs = pairs(base, head);
    let rows: Vec<Row> = pairs.iter().flat_map(|(base, head)| phase_rows(base, head)).collect();
    let cells = stored(&rows.iter().map(Row::cell).collect::<Vec<_>>());
    let text = without_commands(&text(base, head, &rows));
    SideBySide { cells, text }
}

/// A value in both runs.
struct Row {
    name: String,
    scale: Scale,
    base: Option<f64>,
    head: Option<f64>,
}

impl Row {
    /// Its change, worse is positive.
    fn change(&self) -> Option<f64> {
        let (base, head) = (self.base?, self.head?);
        match self.scale {
            Scale::Ratio => (base > 0.0 && head > 0.0).then(|| head / base - 1.0),
            Scale::Rate => Some(head - base),
        }
    }

    fn cell(&self) -> Cell {
        Cell {
            name: self.name.clone(),
            worse: Worse::Higher,
            scale: self.scale,
            margin: MARGIN,
            side: Side::Stored { baseline: vec![self.base], head: vec![self.head], anchor: Vec::new() },
        }
    }

    fn line(&self) -> String {
        let print = |value| match self.scale {
            Scale::Ratio => number::milliseconds(value),
            Scale::Rate => number::share(value),
        };
        let shown = |value: Option<f64>| value.map_or_else(|| number::NOTHING.to_owned(), print);
        let change = match (self.scale, self.change()) {
            (_, None) => number::NOTHING.to_owned(),
            (Scale::Ratio, Some(change)) => number::change(change),
            (Scale::Rate, Some(change)) => number::change(change).replace('%', "points"),
        };
        let line = format!(
            "{}{}{}{}",
            left(&self.name, 34),
            right(&shown(self.base), 14),
            right(&shown(self.head), 14),
            right(&change, 16)
        );
        clip(&line, COLUMNS)
    }
}

/// Phases that both runs measured.
fn pairs<'a>(base: &'a Publishable, head: &'a Publishable) -> Vec<(&'a PhaseVerdict, &'a PhaseVerdict)> {
    let measured = |phase: &&PhaseVerdict| phase.outcome != Outcome::NotRun && phase.requests > 0;
    let find = |name: &str| base.verdict().phases.iter().filter(measured).find(|phase| phase.name == name);
    let heads = head.verdict().phases.iter().filter(measured);
    heads.filter_map(|head| Some((find(&head.name)?, head))).collect()
}

fn phase_rows(base: &PhaseVerdict, head: &PhaseVerdict) -> Vec<Row> {
    let row = |metric: &str, scale, base, head_value| Row {
        name: format!("{}/{metric}", head.name),
        scale,
        base,
        head: head_value,
    };
    let (b, h) = (&base.latency_ms, &head.latency_ms);
    let error = |phase: &PhaseVerdict| phase.success_rate.map(|rate| 1.0 - rate);
    vec![
        row("p50", Scale::Ratio, b.p50, h.p50),
        row("p95", Scale::Ratio, b.p95, h.p95),
        row("p99", Scale::Ratio, b.p99, h.p99),
        row("error_rate", Scale::Rate, error(base), error(head)),
    ]
}

/// The p95 of endpoints in both runs, the largest change in either direction first.
fn moved(pairs: &[(&PhaseVerdict, &PhaseVerdict)]) -> Vec<Row> {
    let endpoint = |phase: &str, base: &EndpointVerdict, head: &EndpointVerdict| Row {
        name: format!("{phase}/p95({})", head.name),
        scale: Scale::Ratio,
        base: base.latency_ms.p95,
        head: head.latency_ms.p95,
    };
    let mut rows: Vec<Row> = Vec::new();
    for (base, head) in pairs {
        let find = |name: &str| base.endpoints.iter().find(|endpoint| endpoint.name == name);
        let both = head.endpoints.iter().filter_map(|head| Some((find(&head.name)?, head)));
        rows.extend(both.map(|(base, of_head)| endpoint(&head.name, base, of_head)));
    }
    let size = |row: &Row| row.change().map_or(f64::NEG_INFINITY, |change| change.ln_1p().abs());
    rows.retain(|row| row.change().is_some_and(|change| change.abs() > 0.0));
    rows.sort_by(|a, b| size(b).total_cmp(&size(a)));
    rows.truncate(MOST_ENDPOINTS);
    rows
}

fn text(base: &Publishable, head: &Publishable, rows: &[Row]) -> String {
    let mut lines = wrap(
        "INCONCLUSIVE: one run on each side decides nothing, because two runs of the same commit differ too. Compare with \
         five or more stored runs, or with both deployments side by side.",
        0,
    );
    let (b, h) = (base.verdict(), head.verdict());
    for (side, verdict) in [("base", b), ("head", h)] {
        let facts = format!(
            "{side}: {}, profile {}, commit {}, {}, {}",
            verdict.gate,
            verdict.profile,
            verdict.commit,
            verdict.started_at,
            verdict.outcome.word()
        );
        lines.extend(wrap(&facts, 0));
    }
    if (&b.gate, &b.profile) != (&h.gate, &h.profile) {
        lines.extend(wrap("note: they are not of the same gate and profile, so they may not be comparable at all", 0));
    }
    let pairs = pairs(base, head);
    lines.push(String::new());
    if rows.is_empty() {
        lines.extend(wrap("No phase was measured in both runs, so there is nothing to put side by side.", 0));
        return format!("{}\n", lines.join("\n"));
    }
    lines.push(titles("phase and metric"));
    lines.extend(rows.iter().map(Row::line));
    let moved = moved(&pairs);
    if !moved.is_empty() {
        lines.push(String::new());
        lines.push(titles("endpoints that moved most"));
        lines.extend(moved.iter().map(Row::line));
    }
    let only = |one: &Publishable, side: &str| -> Vec<String> {
        let lost = |phase: &&PhaseVerdict| !pairs.iter().any(|(_, head)| head.name == phase.name);
        let phases = one.verdict().phases.iter().filter(lost);
        phases.map(|phase| format!("{side} only, or not measured: {}", phase.name)).collect()
    };
    let mut lost = only(base, "base");
    lost.extend(only(head, "head"));
    if !lost.is_empty() {
        lines.push(String::new());
        lines.extend(lost.iter().flat_map(|line| wrap(line, 0)));
    }
    format!("{}\n", lines.join("\n"))
}

fn titles(first: &str) -> String {
    format!("{}{}{}{}", left(first, 34), right("base", 14), right("head", 14), right("change", 16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{judge::comparison::outcome, report::fixtures};

    #[test]
    fn one_run_on_each_side_decides_nothing() {
        let mut slower = fixtures::failed();
        for phase in &mut slower.phases {
            phase.latency_ms.p95 = phase.latency_ms.p95.map(|p95| p95 * 3.0);
            if let Some(endpoint) = phase.endpoints.last_mut() {
                endpoint.latency_ms.p95 = endpoint.latency_ms.p95.map(|p95| p95 * 9.0);
            }
        }
        let both = side_by_side(&fixtures::publishable(fixtures::failed()), &fixtures::publishable(slower));
        assert!(!both.cells.is_empty());
        assert!(both.cells.iter().all(|cell| cell.outcome == Outcome::New), "{:?}", both.cells);
        assert_eq!(outcome(&both.cells), Outcome::Inconclusive);
        insta::assert_snapshot!(both.text);
    }

    #[test]
    fn runs_without_a_common_phase_are_not_compared() {
        let both =
            side_by_side(&fixtures::publishable(fixtures::failed()), &fixtures::publishable(fixtures::not_ready()));
        assert!(both.cells.is_empty());
        assert_eq!(outcome(&both.cells), Outcome::Inconclusive, "nothing compared is never a pass");
        assert!(both.text.contains("No phase was measured in both runs"), "{}", both.text);
    }
}
