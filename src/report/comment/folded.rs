//! What opens by a click: every number, the surroundings of the run, and how to repeat it.

use super::{
    name, sentence,
    sheet::{Rank, Row, Section},
};
use crate::{
    judge::{Outcome, PhaseVerdict, Verdict},
    report::{
        ladder,
        markdown::{
            self,
            comparisons::{self, Courses},
            details,
            escape::{cell, code},
        },
        regressions, target, waivers,
    },
};

/// Every folded section.
pub(super) fn sections(verdict: &Verdict) -> Vec<Section> {
    vec![
        notes(verdict),
        waived(verdict),
        rungs(verdict),
        cells(verdict),
        endpoints(verdict),
        gauges(verdict),
        preflight(verdict),
        circumstances(verdict),
    ]
}

/// Remarks are few and change how the rest is read: they are not folded.
fn notes(verdict: &Verdict) -> Section {
    let rows = regressions::notes(verdict).map(|note| Row::new(Rank::Remark, format!("- {}\n", sentence(note))));
    Section::unfolded("### Notes\n\n".to_owned(), rows.collect())
}

fn waived(verdict: &Verdict) -> Section {
    let lines = waivers::lines(verdict);
    let rows = lines.iter().map(|line| Row::new(Rank::Remark, format!("- {}\n", sentence(line))));
    Section::folded(&format!("{} ({})", waivers::TITLE, lines.len()), "", rows.collect())
}

fn rungs(verdict: &Verdict) -> Section {
    let rungs = ladder::rungs(verdict);
    let rows = rungs.iter().map(|rung| Row::new(Rank::Numbers, markdown::rung_row(rung)));
    Section::folded("The ladder in numbers", markdown::RUNGS, rows.collect())
}

fn cells(verdict: &Verdict) -> Section {
    let rows = regressions::rows(verdict);
    let courses = if rows.iter().any(|row| !row.of.history.is_empty()) { Courses::Shown } else { Courses::None };
    let rank = |row: &regressions::Row<'_>| if row.matters() { Rank::Numbers } else { Rank::PassedCell };
    let cells = rows.iter().map(|row| Row::new(rank(row), comparisons::line(row, courses)));
    let regime = verdict.comparison.as_ref().and_then(crate::judge::Comparison::regime_words);
    let regime = regime.map(|words| format!("{}\n\n", sentence(&words))).unwrap_or_default();
    let head = format!("{regime}{}", comparisons::head(courses));
    Section::folded(&format!("All cells ({})", rows.len()), &head, cells.collect())
}

/// One table, so that a click is enough on a phone.
fn endpoints(verdict: &Verdict) -> Section {
    let of_phase = |phase: &PhaseVerdict| -> Vec<Row> {
        let row = |endpoint: &crate::judge::EndpointVerdict| {
            let rank = if endpoint.failures > 0 { Rank::Numbers } else { Rank::PassedEndpoint };
            Row::new(rank, format!("| {} {}", cell(&phase.name), details::row(endpoint)))
        };
        phase.endpoints.iter().map(row).collect()
    };
    let rows: Vec<Row> = details::measured(verdict).flat_map(of_phase).collect();
    Section::folded(&format!("All endpoints ({})", rows.len()), details::ENDPOINTS_OF_PHASES, rows)
}

fn gauges(verdict: &Verdict) -> Section {
    let of_phase = |phase: &PhaseVerdict| -> Vec<Row> {
        let gauges = phase.monitors.iter().map(|gauge| details::gauge(phase, gauge));
        let generator = phase.generator.as_ref().map(|generator| details::generator(phase, generator));
        gauges.chain(generator).map(|line| Row::new(Rank::Gauge, line)).collect()
    };
    let rows = details::measured(verdict).flat_map(of_phase).collect();
    Section::folded("Monitors and generator", details::GAUGES, rows)
}

fn preflight(verdict: &Verdict) -> Section {
    let row = |check: &crate::judge::CheckResult| Row::new(Rank::Check, format!("- {}\n", details::check(check)));
    let passed = verdict.preflight.iter().filter(|check| check.outcome == Outcome::Passed).count();
    let title = format!("Preflight ({passed} of {} passed)", verdict.preflight.len());
    Section::folded(&title, "", verdict.preflight.iter().map(row).collect())
}

/// The command stands first: it is what people look for.
fn circumstances(verdict: &Verdict) -> Section {
    let repeat = (!verdict.repeat.is_empty()).then(|| format!("- repeat it: {}", code(&verdict.repeat)));
    let target = (!verdict.target.is_empty()).then(|| format!("- {}", target::named(verdict, name)));
    let lines = repeat.into_iter().chain(details::circumstances(verdict)).chain(target);
    let rows = lines.map(|line| Row::new(Rank::Circumstance, format!("{line}\n")));
    Section::folded("Environment, and how to repeat the run", "", rows.collect())
}
