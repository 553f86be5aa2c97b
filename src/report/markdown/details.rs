//! The folded parts of the summary.

use std::fmt::Write;

use super::{
    IN_MEMORY,
    escape::{cell, code, text},
    sign,
};
use crate::units::number;
use crate::{
    judge::{
        Band, CheckResult, EndpointVerdict, Generator, MonitorVerdict, Outcome, PhaseVerdict, StatementVerdict, Verdict,
    },
    report::{bands, when},
};

/// So many endpoints of a phase are shown; endpoints.csv has them all.
const MOST_ENDPOINTS: usize = 50;

/// So many statements of a phase are shown, fewer than on the page: a comment is read in passing. verdict.json has those that
/// were kept.
const MOST_STATEMENTS: usize = 5;

/// A folded part; the blank lines let Markdown be read inside.
pub(in crate::report) fn folded(title: &str, content: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{content}\n</details>\n")
}

/// The phases that were run.
pub(in crate::report) fn measured(verdict: &Verdict) -> impl Iterator<Item = &PhaseVerdict> {
    verdict.phases.iter().filter(|phase| phase.outcome != Outcome::NotRun)
}

/// Every endpoint of every phase that ran.
pub(super) fn endpoints(verdict: &Verdict) -> String {
    let mut content = String::new();
    for phase in measured(verdict).filter(|phase| !phase.endpoints.is_empty()) {
        writeln!(content, "{}\n\n{ENDPOINTS}", code(&phase.name)).expect(IN_MEMORY);
        let shown = most_telling(&phase.endpoints);
        content.extend(shown.iter().map(|endpoint| row(endpoint)));
        let more = phase.endpoints.len() - shown.len();
        if more > 0 {
            writeln!(content, "\n{more} more stand in the table of all endpoints.").expect(IN_MEMORY);
        }
        content.push('\n');
    }
    if content.is_empty() { content } else { folded("Endpoints", &content) }
}

/// The head of a table of endpoints.
pub(in crate::report) const ENDPOINTS: &str = "| endpoint | requests | failures | p50 | p95 | p99 | service p95 | errors |\n\
                                               | --- | --: | --: | --: | --: | --: | --: | --- |";

/// The head of one table of the endpoints of all phases: the same columns behind the phase's name.
pub(in crate::report) const ENDPOINTS_OF_PHASES: &str = "| phase | endpoint | requests | failures | p50 | p95 | p99 | service p95 | errors |\n\
     | --- | --- | --: | --: | --: | --: | --: | --: | --- |\n";

/// All, in the order of gates.yaml; of more than fit, those with most failures and the slowest.
fn most_telling(endpoints: &[EndpointVerdict]) -> Vec<&EndpointVerdict> {
    let mut shown: Vec<_> = endpoints.iter().collect();
    if shown.len() > MOST_ENDPOINTS {
        let weight = |endpoint: &EndpointVerdict| (endpoint.failures, endpoint.latency_ms.p95.unwrap_or(0.0));
        shown.sort_by(|left, right| {
            let (left, right) = (weight(left), weight(right));
            right.0.cmp(&left.0).then(right.1.total_cmp(&left.1))
        });
        shown.truncate(MOST_ENDPOINTS);
    }
    shown
}

/// One endpoint in it.
pub(in crate::report) fn row(endpoint: &EndpointVerdict) -> String {
    let EndpointVerdict { name, requests, failures, errors, latency_ms, service_ms, .. } = endpoint;
    let time = |value| number::or_nothing(value, number::milliseconds);
    let errors: Vec<_> =
        errors.iter().map(|(kind, count)| format!("{} {}", number::count(*count), text(kind))).collect();
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
        cell(name),
        number::count(*requests),
        number::count(*failures),
        time(latency_ms.p50),
        time(latency_ms.p95),
        time(latency_ms.p99),
        time(service_ms.p95),
        errors.join(", ")
    )
}

/// Every gauge of every phase that ran, and how good the generator was.
pub(super) fn monitors(verdict: &Verdict) -> String {
    let mut rows = String::new();
    for phase in measured(verdict) {
        rows.extend(phase.monitors.iter().take(MOST_ENDPOINTS).map(|monitor| gauge(phase, monitor)));
        rows.extend(phase.generator.as_ref().map(|of| generator(phase, of)));
    }
    if rows.is_empty() { rows } else { folded("Monitors and generator", &format!("{GAUGES}{rows}")) }
}

/// The head of a table of gauges.
pub(in crate::report) const GAUGES: &str =
    "| phase | gauge | mean | max | band | readings |\n| --- | --- | --: | --: | --- | --: |\n";

/// One gauge in it.
pub(in crate::report) fn gauge(phase: &PhaseVerdict, monitor: &MonitorVerdict) -> String {
    let mean = number::or_nothing(monitor.mean, number::plain);
    let max = number::or_nothing(monitor.max, number::plain);
    let missing = monitor.missing.as_ref().map(|missing| format!(": {}", text(missing))).unwrap_or_default();
    let crossed = match bands::crossings(monitor) {
        crossed if crossed.is_empty() => crossed,
        crossed => format!(" ({crossed})"),
    };
    let (phase, name, band) = (cell(&phase.name), cell(&monitor.name), band(monitor.band));
    format!("| {phase} | {name} | {mean} | {max} | {band}{crossed}{missing} | {} |\n", monitor.samples)
}

/// How good the generator was, in it.
pub(in crate::report) fn generator(phase: &PhaseVerdict, generator: &Generator) -> String {
    let [p99, max] = [generator.lateness_ms.p99, generator.lateness_ms.max].map(number::milliseconds);
    let state = if generator.saturated { format!("**{}**", generator.state()) } else { generator.state().to_owned() };
    let (phase, cpu) = (cell(&phase.name), number::plain(generator.cpu_percent));
    format!("| {phase} | generator lateness p99, max | {p99} | {max} | {state}, CPU {cpu} % | |\n")
}

/// The statements that took most of a database's time, phase by phase.
pub(super) fn statements(verdict: &Verdict) -> String {
    let mut rows = String::new();
    for phase in measured(verdict) {
        for StatementVerdict { source, query, calls, mean_ms, total_ms, .. } in
            phase.statements.iter().take(MOST_STATEMENTS)
        {
            let (phase, source, query, calls) = (cell(&phase.name), cell(source), cell(query), number::count(*calls));
            let (mean, total) = (number::milliseconds(*mean_ms), number::milliseconds(*total_ms));
            writeln!(rows, "| {phase} | {source} | {query} | {calls} | {mean} | {total} |").expect(IN_MEMORY);
        }
    }
    let mut parts = String::new();
    if !rows.is_empty() {
        write!(
            parts,
            "| phase | database | statement | calls | mean | in all |\n| --- | --- | --- | --: | --: | --: |\n{rows}"
        )
        .expect(IN_MEMORY);
    }
    let unknown = measured(verdict).flat_map(|phase| phase.statements_unknown.iter().map(move |why| (phase, why)));
    for (at, (phase, why)) in unknown.enumerate() {
        let (before, name, why) = (if at == 0 { "\n" } else { "" }, text(&phase.name), text(why));
        writeln!(parts, "{before}- {name}: {why}.").expect(IN_MEMORY);
    }
    if parts.is_empty() { parts } else { folded("Statements of the database", &parts) }
}

fn band(band: Band) -> &'static str {
    match band {
        Band::Safe => "safe",
        Band::Warning => "⚠️ warning",
        Band::Critical => "❌ critical",
        Band::Missing => "❔ missing",
    }
}

/// The checklist.
pub(super) fn preflight(verdict: &Verdict) -> String {
    let lines = verdict.preflight.iter().map(|of| format!("- {}\n", check(of))).collect::<Vec<_>>().concat();
    if lines.is_empty() { lines } else { folded("Preflight", &lines) }
}

/// An item of a checklist: its sign, its name, what came of it.
pub(in crate::report) fn check(check: &CheckResult) -> String {
    let CheckResult { name, outcome, detail, .. } = check;
    format!("{} {} {}: {}", sign(*outcome), code(name), outcome.word(), text(detail))
}

/// What it takes to understand and to repeat the run.
pub(super) fn environment(verdict: &Verdict) -> String {
    folded("Environment", &format!("{}\n", circumstances(verdict).join("\n")))
}

/// The same, a line each.
pub(in crate::report) fn circumstances(verdict: &Verdict) -> Vec<String> {
    let Verdict { commit, seed, version, started_at, finished_at, exit_code, .. } = verdict;
    vec![
        format!("- commit {}", code(commit)),
        format!("- seed {seed}"),
        format!("- from {} to {}", text(&when::moment(started_at)), text(&when::moment(finished_at))),
        format!("- stagegate {}, exit code {exit_code}", code(version)),
    ]
}
