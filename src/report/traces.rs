//! Requests that the app's own tracing can be asked for, by their trace ids.

use super::{
    kept::rank,
    markdown::{
        details::{folded, measured},
        escape::cell,
    },
    terminal::wrap,
};
use crate::{
    judge::{EndpointVerdict, Outcome, PhaseVerdict, TraceVerdict, Verdict},
    units::number,
};

/// So many stand in a summary, those of [`ranked`] that come first; verdict.json has all that were kept.
const MOST: usize = 60;

/// So many of an endpoint stand on a terminal.
const MOST_OF_ENDPOINT: usize = 3;

/// The table of the summary, folded; empty where requests carry no ids.
pub(super) fn table(verdict: &Verdict) -> String {
    let traces = ranked(measured(verdict));
    if traces.is_empty() {
        return String::new();
    }
    let more = traces.len().saturating_sub(MOST);
    let more = if more > 0 { format!("\n{more} more stand in verdict.json.\n") } else { String::new() };
    let rows: String =
        traces.into_iter().take(MOST).map(|(phase, endpoint, trace)| row(phase, endpoint, trace)).collect();
    let head =
        "| phase | endpoint | trace id | into the window | latency | ended |\n| --- | --- | --- | --: | --: | --- |\n";
    folded("Traces", &format!("{head}{rows}{more}"))
}

/// Every request with a trace id: first those of the phases that failed, then of those that are not sure or warn; in each the
/// failures before the slowest; and else in the order of the ladder.
pub(super) fn ranked<'a>(
    phases: impl Iterator<Item = &'a PhaseVerdict>,
) -> Vec<(&'a PhaseVerdict, &'a EndpointVerdict, &'a TraceVerdict)> {
    let of_endpoint = |phase: &'a PhaseVerdict, endpoint: &'a EndpointVerdict| {
        endpoint.traces.iter().map(move |trace| (phase, endpoint, trace))
    };
    let of_phase =
        |phase: &'a PhaseVerdict| phase.endpoints.iter().flat_map(move |endpoint| of_endpoint(phase, endpoint));
    let mut all: Vec<_> = phases.flat_map(of_phase).collect();
    all.sort_by_key(|(phase, _, trace)| (rank(phase.outcome), trace.error.is_none()));
    all
}

fn row(phase: &PhaseVerdict, endpoint: &EndpointVerdict, trace: &TraceVerdict) -> String {
    let TraceVerdict { trace_id, at_s, latency_ms, .. } = trace;
    format!(
        "| {} | {} | {} | {} | {} | {} |\n",
        cell(&phase.name),
        cell(&endpoint.name),
        cell(trace_id),
        number::seconds(*at_s),
        number::milliseconds(*latency_ms),
        cell(&ended(trace))
    )
}

/// How it ended: the kind of its failure, and its status.
pub(super) fn ended(trace: &TraceVerdict) -> String {
    let status = trace.status.map(|status| status.to_string());
    [trace.error.clone(), status].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// For a terminal: the traces of the endpoints that failed, or that broke a criterion, in the phases that did not pass.
pub(super) fn lines(verdict: &Verdict) -> Vec<String> {
    let failed = |phase: &&PhaseVerdict| matches!(phase.outcome, Outcome::Failed | Outcome::Warned);
    let mut lines = Vec::new();
    for phase in measured(verdict).filter(failed) {
        let broke = |endpoint: &&EndpointVerdict| {
            let worst = |finding: &crate::judge::Finding| finding.worst_endpoint.as_ref() == Some(&endpoint.name);
            endpoint.failures > 0 || phase.findings.iter().any(worst)
        };
        for endpoint in phase.endpoints.iter().filter(broke).filter(|endpoint| !endpoint.traces.is_empty()) {
            let told = endpoint.traces.iter().take(MOST_OF_ENDPOINT).map(|trace| {
                format!("{} ({}, {})", trace.trace_id, ended(trace), number::milliseconds(trace.latency_ms))
            });
            let told = told.collect::<Vec<_>>().join(", ");
            lines.extend(wrap(&format!("traces of {} in {}: {told}", endpoint.name, phase.name), 0));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    fn traced() -> Verdict {
        let mut verdict = fixtures::failed();
        let phase = &mut verdict.phases[2];
        let trace = |error: Option<&str>, at_s: f64| TraceVerdict {
            trace_id: "0af7651916cd43dd8448eb211c80319c".to_owned(),
            at_s,
            latency_ms: 1_204.0,
            status: Some(503),
            error: error.map(str::to_owned),
        };
        phase.endpoints[0].failures = 1;
        phase.endpoints[0].traces = vec![trace(Some("check"), 3.5), trace(None, -0.25)];
        verdict
    }

    #[test]
    fn the_summary_has_a_row_for_each() {
        assert_eq!(table(&fixtures::failed()), "");
        let table = table(&traced());
        let row = "| `0af7651916cd43dd8448eb211c80319c` | 3.5 s | 1.2 s | `check, 503` |";
        assert!(table.contains(row) && table.contains("| -250 ms | 1.2 s | `503` |"), "{table}");
    }

    /// Seven phases of which the last failed: more requests of the others than a summary takes.
    #[test]
    fn those_of_the_phase_that_failed_come_first() {
        let (verdict, failure) = fixtures::last_of_seven();
        let table = table(&verdict);
        let rows: Vec<&str> = table.lines().filter(|line| line.contains(fixtures::TRACE_OF_FAILURE)).collect();
        assert_eq!(rows.len(), failure, "every failure of it\n{table}");
        let first = table.lines().position(|line| line.contains("| `phase 6` | ")).expect("it is there");
        assert!(!table.lines().take(first).any(|line| line.contains("| `phase ")), "before all others\n{table}");
        assert!(table.lines().filter(|line| line.starts_with("| `phase ")).count() == MOST);
        assert!(table.contains(" more stand in verdict.json."));
    }

    #[test]
    fn the_terminal_has_those_of_what_failed() {
        assert_eq!(lines(&fixtures::failed()), Vec::<String>::new());
        let lines = lines(&traced()).join("\n");
        assert!(lines.starts_with("traces of "), "{lines}");
        assert!(lines.contains("0af7651916cd43dd8448eb211c80319c"), "{lines}");
    }
}
