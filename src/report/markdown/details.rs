//! The folded parts of the summary.

use std::fmt::Write;

use super::{
    IN_MEMORY,
    escape::{cell, code, text},
    sign,
};
use crate::units::number;
use crate::{
    judge::{Band, EndpointVerdict, Outcome, PhaseVerdict, Verdict},
    report::{bands, when},
};

/// So many endpoints of a phase are shown; endpoints.csv has them all.
const MOST_ENDPOINTS: usize = 50;

/// A folded part; the blank lines let Markdown be read inside.
pub(super) fn folded(title: &str, content: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{content}\n</details>\n")
}

fn measured(verdict: &Verdict) -> impl Iterator<Item = &PhaseVerdict> {
    verdict.phases.iter().filter(|phase| phase.outcome != Outcome::NotRun)
}

/// Every endpoint of every phase that ran.
pub(super) fn endpoints(verdict: &Verdict) -> String {
    let mut content = String::new();
    for phase in measured(verdict).filter(|phase| !phase.endpoints.is_empty()) {
        writeln!(
            content,
            "{}\n\n| endpoint | requests | failures | p50 | p95 | p99 | service p95 | errors |\n\
             | --- | --: | --: | --: | --: | --: | --: | --- |",
            code(&phase.name)
        )
        .expect(IN_MEMORY);
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

fn row(endpoint: &EndpointVerdict) -> String {
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
        for monitor in phase.monitors.iter().take(MOST_ENDPOINTS) {
            let mean = number::or_nothing(monitor.mean, number::plain);
            let max = number::or_nothing(monitor.max, number::plain);
            let missing = monitor.missing.as_ref().map(|missing| format!(": {}", text(missing))).unwrap_or_default();
            let (phase, name) = (cell(&phase.name), cell(&monitor.name));
            let band = band(monitor.band);
            let crossed = match bands::crossings(monitor) {
                crossed if crossed.is_empty() => crossed,
                crossed => format!(" ({crossed})"),
            };
            writeln!(rows, "| {phase} | {name} | {mean} | {max} | {band}{crossed}{missing} | {} |", monitor.samples)
                .expect(IN_MEMORY);
        }
        if let Some(generator) = &phase.generator {
            let lateness = number::milliseconds(generator.lateness_ms.p99);
            let max = number::milliseconds(generator.lateness_ms.max);
            let state = if generator.saturated { "**saturated**" } else { "good enough" };
            let cpu = number::plain(generator.cpu_percent);
            let phase = cell(&phase.name);
            writeln!(rows, "| {phase} | generator lateness p99, max | {lateness} | {max} | {state}, CPU {cpu} % | |")
                .expect(IN_MEMORY);
        }
    }
    let table =
        format!("| phase | gauge | mean | max | band | readings |\n| --- | --- | --: | --: | --- | --: |\n{rows}");
    if rows.is_empty() { rows } else { folded("Monitors and generator", &table) }
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
    let line = |check: &crate::judge::CheckResult| {
        format!("- {} {} {}: {}\n", sign(check.outcome), code(&check.name), check.outcome.word(), text(&check.detail))
    };
    let lines: String = verdict.preflight.iter().map(line).collect();
    if lines.is_empty() { lines } else { folded("Preflight", &lines) }
}

/// What it takes to understand and to repeat the run.
pub(super) fn environment(verdict: &Verdict) -> String {
    let Verdict { commit, seed, version, started_at, finished_at, exit_code, .. } = verdict;
    let lines = [
        format!("- commit {}", code(commit)),
        format!("- seed {seed}"),
        format!("- from {} to {}", text(&when::moment(started_at)), text(&when::moment(finished_at))),
        format!("- stagegate {}, exit code {exit_code}", code(version)),
    ];
    folded("Environment", &format!("{}\n", lines.join("\n")))
}
