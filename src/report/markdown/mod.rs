//! summary.md: the verdict for a pull request or a step summary.

pub(super) mod comparisons;
pub(super) mod details;
pub(super) mod escape;
mod results;

use std::fmt::Write;

use self::escape::{cell, code, text};
use super::{
    Publishable, clean, ladder, regressions, target, traces,
    trouble::{self, Standing, Trouble},
    waivers, when,
};
use crate::judge::{CheckResult, Outcome, Verdict, short_commit};
use crate::units::number;

/// So many troubles are told in full; a ladder with hundreds has one cause.
const MOST_TROUBLES: usize = 20;

/// The whole summary.
pub(super) fn render(publishable: &Publishable) -> String {
    let verdict = publishable.verdict();
    let parts = [
        headline(verdict),
        troubles(verdict),
        ladder_table(verdict),
        results::diagnosis(verdict),
        comparisons::render(verdict),
        after_the_ladder(verdict),
        results::template(verdict),
        waived(verdict),
        notes(verdict),
        details::endpoints(verdict),
        traces::table(verdict),
        details::monitors(verdict),
        details::statements(verdict),
        details::preflight(verdict),
        details::environment(verdict),
        repeat(verdict),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The first lines alone, for where there is no room for more.
pub(super) fn render_short(publishable: &Publishable) -> String {
    let verdict = publishable.verdict();
    format!("{}\n{}", headline(verdict), ladder_table(verdict))
}

/// The sign before an outcome; the word always stands beside it.
pub(super) fn sign(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "✅",
        Outcome::Warned => "⚠️",
        Outcome::Failed => "❌",
        Outcome::Inconclusive | Outcome::New => "❔",
        Outcome::Invalid | Outcome::Interrupted => "🚫",
        Outcome::NotRun => "➖",
    }
}

fn headline(verdict: &Verdict) -> String {
    let Verdict { gate, profile, commit, totals, .. } = verdict;
    let took = when::took(verdict).map(|took| format!(" · {}", when::span(took))).unwrap_or_default();
    format!(
        "{}\n\n**{}**\n\nprofile {} · commit {} · {} · {} requests, {} failures{took}\n",
        title(gate, verdict),
        text(&verdict.headline),
        code(profile),
        code(short_commit(commit)),
        target::named(verdict, code),
        number::count(totals.requests),
        number::count(totals.failures),
    )
}

/// The first line: the outcome's sign, the gate, the outcome's word.
pub(super) fn title(gate: &str, verdict: &Verdict) -> String {
    format!("## {} {}: {}", sign(verdict.tone()), code(gate), verdict.word())
}

fn troubles(verdict: &Verdict) -> String {
    let troubles = trouble::of(verdict);
    let Some(heaviest) = troubles.iter().map(|trouble| trouble.standing).min() else { return String::new() };
    let mut part = format!("### {}\n\n", title_of_troubles(heaviest));
    for trouble in troubles.iter().take(MOST_TROUBLES) {
        part.push_str(&told(trouble));
    }
    if troubles.len() > MOST_TROUBLES {
        let more = troubles.len() - MOST_TROUBLES;
        writeln!(part, "- and {more} more, in the other reports").expect(IN_MEMORY);
    }
    part
}

/// What stands above the troubles of which this is the heaviest.
pub(super) fn title_of_troubles(heaviest: Standing) -> &'static str {
    match heaviest {
        Standing::Failed => "What failed first",
        Standing::Invalid => "What could not be measured",
        Standing::Inconclusive => "What is not decided",
        Standing::Warned | Standing::Uncertain => "What to know",
    }
}

pub(super) const IN_MEMORY: &str = "a string takes what is written to it";

fn told(trouble: &Trouble<'_>) -> String {
    let Trouble { standing, part, what, measured, place, because, advice } = trouble;
    let place = place.as_ref().map(|place| format!(" ({})", code(&place.to_string()))).unwrap_or_default();
    let numbers = match measured {
        Some(_) => format!(": {}", text(&trouble.numbers())),
        None => String::new(),
    };
    let advice = match advice {
        Some(advice) if *standing != Standing::Uncertain => format!("  \n  *What to try:* {}", escape::advice(advice)),
        _ => String::new(),
    };
    format!(
        "- **{}** in {}: {}{numbers}{place}  \n  {}{advice}\n",
        standing.word(),
        code(part),
        code(what),
        text(because)
    )
}

fn ladder_table(verdict: &Verdict) -> String {
    if verdict.phases.is_empty() {
        return String::new();
    }
    let rows = ladder::rungs(verdict).iter().map(rung_row).collect::<String>();
    format!("### The ladder\n\n{RUNGS}{rows}")
}

/// The head of the ladder's table.
pub(super) const RUNGS: &str = "| phase | load | requests | success | throughput | p50 | p95 | p99 | outcome |\n\
                                | --- | --: | --: | --: | --: | --: | --: | --: | --- |\n";

/// One phase in it.
pub(super) fn rung_row(rung: &ladder::Rung<'_>) -> String {
    let ladder::Rung { name, load, requests, success, throughput, p50, p95, p99, outcome } = rung;
    let (name, sign, word) = (cell(name), sign(*outcome), outcome.word());
    format!("| {name} | {load} | {requests} | {success} | {throughput} | {p50} | {p95} | {p99} | {sign} {word} |\n")
}

/// Breaking point, recovery, integrity and cleanup.
fn after_the_ladder(verdict: &Verdict) -> String {
    let mut lines = Vec::new();
    lines.extend(ladder::breaking_point(verdict).map(|point| format!("- **Breaking point:** {}", text(&point))));
    lines.extend(ladder::recovery(verdict).map(|recovery| format!("- **Recovery:** {}", text(&recovery))));
    lines.extend(checks("Integrity", &verdict.integrity));
    lines.extend(checks("Cleanup", &verdict.cleanup));
    if lines.is_empty() { String::new() } else { format!("### After the load\n\n{}\n", lines.join("\n")) }
}

fn checks(title: &str, checks: &[CheckResult]) -> Vec<String> {
    checks.iter().map(|check| format!("- **{title}:** {}", details::check(check))).collect()
}

fn waived(verdict: &Verdict) -> String {
    let lines: Vec<_> = waivers::lines(verdict).iter().map(|line| format!("- {}", text(line))).collect();
    if lines.is_empty() { String::new() } else { format!("### {}\n\n{}\n", waivers::TITLE, lines.join("\n")) }
}

/// What was found wrong after the summary was written, as a part that is appended to it; empty where nothing was.
pub fn warnings(warnings: &[String]) -> String {
    let lines: Vec<_> =
        warnings.iter().map(|warning| format!("- {}", text(&clean(&format!("warning: {warning}"))))).collect();
    if lines.is_empty() { String::new() } else { format!("### Warnings\n\n{}\n", lines.join("\n")) }
}

fn notes(verdict: &Verdict) -> String {
    let notes: Vec<_> = regressions::notes(verdict).map(|note| format!("- {}", text(note))).collect();
    if notes.is_empty() { String::new() } else { format!("### Notes\n\n{}\n", notes.join("\n")) }
}

fn repeat(verdict: &Verdict) -> String {
    format!("Repeat it: {}\n", code(&verdict.repeat))
}

#[cfg(test)]
mod tests;
