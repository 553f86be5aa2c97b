//! The ladder with its chart, what followed it, and what became worse.

use super::{
    chart, sentence,
    sheet::{Rank, Row, Section},
};
use crate::units::text::shortened;
use crate::{
    judge::{CheckResult, Outcome, Verdict},
    report::{
        diagnosis, ladder,
        markdown::{details, escape::cell, sign},
        regressions,
    },
};

/// So many comparisons stand unfolded.
const MOST_UNFOLDED: usize = 8;

/// The longest text in a cell, in characters; the folded tables have it whole.
const LONGEST_CELL: usize = 40;

/// What is read without a click, after the findings.
pub(super) fn sections(verdict: &Verdict) -> Vec<Section> {
    vec![rungs(verdict), drawn(verdict), after(verdict), worse(verdict)]
}

/// A phone shows four columns.
fn rungs(verdict: &Verdict) -> Section {
    let row = |rung: &ladder::Rung<'_>| {
        let ladder::Rung { name, load, success, p95, outcome, .. } = rung;
        let [name, load, success, p95] = [name, load.as_str(), success, p95].map(|text| shortened(text, LONGEST_CELL));
        let (name, sign, word) = (cell(&name), sign(*outcome), outcome.word());
        Row::new(rank(*outcome), format!("| {name}<br>{load} | {success} | {p95} | {sign} {word} |\n"))
    };
    let head = "### The ladder\n\n| phase | success | p95 | outcome |\n| --- | --: | --: | --- |\n".to_owned();
    Section::unfolded(head, ladder::rungs(verdict).iter().map(row).collect())
}

fn rank(outcome: Outcome) -> Rank {
    if matches!(outcome, Outcome::Passed | Outcome::NotRun) { Rank::Passed } else { Rank::Decisive }
}

fn drawn(verdict: &Verdict) -> Section {
    let chart = chart::latency(verdict).map(|chart| Row::new(Rank::Passed, chart));
    Section::unfolded(String::new(), chart.into_iter().collect())
}

/// Breaking point, what held the app back, recovery, integrity and cleanup.
fn after(verdict: &Verdict) -> Section {
    let point = ladder::breaking_point(verdict).map(|point| ("Breaking point", point));
    let bottleneck = diagnosis::sentences(verdict).first().map(|said| ("Bottleneck", said.clone()));
    let recovery = ladder::recovery(verdict).map(|recovery| ("Recovery", recovery));
    let said = point.into_iter().chain(bottleneck).chain(recovery);
    let said = said.map(|(title, said)| Row::new(Rank::Decisive, format!("- **{title}:** {}\n", sentence(&said))));
    let checks = [("Integrity", &verdict.integrity), ("Cleanup", &verdict.cleanup)];
    let checks = checks.into_iter().flat_map(|(title, checks)| checks.iter().map(move |check| checked(title, check)));
    Section::unfolded("### After the load\n\n".to_owned(), said.chain(checks).collect())
}

fn checked(title: &str, check: &CheckResult) -> Row {
    Row::new(rank(check.outcome), format!("- **{title}:** {}\n", details::check(check)))
}

/// The comparisons that matter, in two columns; what stands in the others is folded.
fn worse(verdict: &Verdict) -> Section {
    let rows = regressions::rows(verdict);
    let introduction = regressions::introduction(verdict);
    let row = |row: &regressions::Row<'_>| {
        let [base, head, change, interval, ..] = &row.cells;
        let name = cell(&shortened(&row.name, LONGEST_CELL));
        // Numbers keep their units beside them: a phone would break them anywhere.
        let [values, interval] = [format!("{base} → {head}"), interval.clone()].map(|text| text.replace(' ', "\u{a0}"));
        let text = format!("| {} {name}<br>{values} | {change}<br>{interval} |\n", sign(row.outcome));
        Row::new(if row.outcome == Outcome::Failed { Rank::Worse } else { Rank::Uncertain }, text)
    };
    let matter: Vec<Row> = rows.iter().filter(|row| row.matters()).take(MOST_UNFOLDED).map(row).collect();
    let introduction =
        if introduction.is_empty() { String::new() } else { format!("{}\n\n", sentence(&introduction[0])) };
    let table = "| cell, from base → head | change and interval |\n| --- | --: |\n";
    if matter.is_empty() && !rows.is_empty() {
        let row = Row::new(Rank::Passed, format!("{}\n", regressions::counts(&rows.iter().collect::<Vec<_>>())));
        return Section::unfolded(format!("### Regressions\n\n{introduction}"), vec![row]);
    }
    Section::unfolded(format!("### Regressions\n\n{introduction}{table}"), matter)
}
