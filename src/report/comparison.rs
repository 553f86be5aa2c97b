//! What came of a comparison, as a table for a terminal and as JSON.

use serde::Serialize;

use super::{
    Colour, clean,
    terminal::{COLUMNS, clip, left, right, tint, without_commands, wrap},
};
use crate::judge::{
    Outcome,
    comparison::{CellResult, outcome},
};
use crate::units::number;

/// The columns of a cell's name.
const NAME: usize = 18;

/// Compared cells as JSON: `{outcome, cells [..]}`, in the order in which they were given.
#[expect(clippy::missing_panics_doc, reason = "results have string keys and finite numbers only")]
pub fn comparison_json(cells: &[CellResult]) -> String {
    let written = Written { outcome: outcome(cells), cells: cells.iter().map(Cell::of).collect() };
    let mut text = serde_json::to_string_pretty(&written).expect("results have string keys only");
    text.push('\n');
    text
}

/// Compared cells as a table within 80 columns: what blocks first, then what is invalid, undecided and passed; within
/// each the larger change first. Below each cell that did not pass stands the reason.
pub fn comparison_table(cells: &[CellResult], colour: Colour) -> String {
    let mut sorted: Vec<&CellResult> = cells.iter().collect();
    let size = |cell: &CellResult| cell.change.unwrap_or(f64::NEG_INFINITY);
    sorted.sort_by(|a, b| rank(a.outcome).cmp(&rank(b.outcome)).then(size(b).total_cmp(&size(a))));
    let mut lines = wrap(&headline(cells), 0);
    let word = outcome(cells).word().to_uppercase();
    if let Some(rest) = lines.first().and_then(|line| line.strip_prefix(&word)) {
        lines[0] = format!("{}{rest}", colour.paint(tint(outcome(cells)), &word));
    }
    lines.push(String::new());
    lines.push(row("cell", ["change", "interval", "p", "detectable"].map(str::to_owned)));
    for cell in sorted {
        let figures = [
            number::or_nothing(cell.change, number::change),
            cell.interval.map_or_else(|| number::NOTHING.to_owned(), interval),
            number::or_nothing(cell.p_adjusted, p_value),
            number::or_nothing(cell.detectable, number::change),
        ];
        let line = row(&clean(&cell.name), figures);
        lines.push(format!("{line}  {}", colour.paint(tint(cell.outcome), cell.outcome.word())));
        if cell.outcome != Outcome::Passed {
            lines.extend(wrap(&clean(&cell.because), 4));
        }
    }
    lines.push(String::new());
    lines.extend(wrap(
        "change: worse is positive; interval: 5 % on each side; p: chance of as much without a change, over all cells \
         together; detectable: the smallest change that this comparison finds in 4 of 5 cases",
        0,
    ));
    without_commands(&format!("{}\n", lines.join("\n")))
}

/// `FAILED: 1 of 3 cells became worse: light/p95 by +25 %.`
fn headline(cells: &[CellResult]) -> String {
    let count = |wanted: Outcome| cells.iter().filter(|cell| cell.outcome == wanted).count();
    let counts: Vec<String> = [Outcome::Failed, Outcome::Invalid, Outcome::Inconclusive, Outcome::New, Outcome::Passed]
        .into_iter()
        .filter(|outcome| count(*outcome) > 0)
        .map(|outcome| format!("{} {}", number::count(count(outcome) as u64), outcome.word()))
        .collect();
    let cells =
        if cells.len() == 1 { "1 cell".to_owned() } else { format!("{} cells", number::count(cells.len() as u64)) };
    format!("{}: {cells} compared: {}.", outcome_word(count), counts.join(", "))
}

fn outcome_word(count: impl Fn(Outcome) -> usize) -> String {
    let worst = [Outcome::Failed, Outcome::Invalid].into_iter().find(|outcome| count(*outcome) > 0);
    let open = count(Outcome::Inconclusive) + count(Outcome::New) > 0 || count(Outcome::Passed) == 0;
    worst.unwrap_or(if open { Outcome::Inconclusive } else { Outcome::Passed }).word().to_uppercase()
}

fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Failed => 0,
        Outcome::Invalid => 1,
        Outcome::Inconclusive => 2,
        Outcome::New => 3,
        _ => 4,
    }
}

fn row(name: &str, [change, interval, p, detectable]: [String; 4]) -> String {
    let line = format!(
        "{}{}{}{}{}",
        left(name, NAME),
        right(&change, 10),
        right(&interval, 18),
        right(&p, 8),
        right(&detectable, 12)
    );
    clip(&line, COLUMNS)
}

fn interval([low, high]: [f64; 2]) -> String {
    format!("{} .. {}", number::change(low).trim_end_matches(" %"), number::change(high))
}

fn p_value(p: f64) -> String {
    if p < 0.0001 { "<0.0001".to_owned() } else { format!("{p:.4}") }
}

#[derive(Serialize)]
struct Written<'a> {
    outcome: Outcome,
    cells: Vec<Cell<'a>>,
}

#[derive(Serialize)]
struct Cell<'a> {
    name: &'a str,
    outcome: Outcome,
    change: Option<f64>,
    interval: Option<[f64; 2]>,
    p_adjusted: Option<f64>,
    detectable: Option<f64>,
    because: &'a str,
    anchor: Option<Anchor>,
}

#[derive(Serialize)]
struct Anchor {
    outcome: Outcome,
    change: Option<f64>,
    interval: Option<[f64; 2]>,
    p_adjusted: f64,
}

impl<'a> Cell<'a> {
    fn of(cell: &'a CellResult) -> Self {
        let CellResult { name, outcome, change, interval, p_adjusted, detectable, because, anchor } = cell;
        Self {
            name,
            outcome: *outcome,
            change: *change,
            interval: *interval,
            p_adjusted: *p_adjusted,
            detectable: *detectable,
            because,
            anchor: anchor.map(|anchor| Anchor {
                outcome: anchor.outcome,
                change: anchor.change,
                interval: anchor.interval,
                p_adjusted: anchor.p_adjusted,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{judge::comparison::ComparisonFile, report::terminal::width};

    fn compared(text: &str) -> Vec<CellResult> {
        ComparisonFile::read(text).expect("the file is good").compare()
    }

    #[test]
    fn what_blocks_comes_first_and_the_reason_below_it() {
        let cells = compared(include_str!("../../tests/fixtures/compare/stored.json"));
        insta::assert_snapshot!(comparison_table(&cells, Colour::Off));
    }

    #[test]
    fn json_keeps_the_order_of_the_file() {
        let cells = compared(include_str!("../../tests/fixtures/compare/stored.json"));
        let read: serde_json::Value = serde_json::from_str(&comparison_json(&cells)).expect("JSON");
        let names: Vec<&str> =
            read["cells"].as_array().expect("cells").iter().map(|c| c["name"].as_str().expect("a name")).collect();
        let given: Vec<&str> = cells.iter().map(|cell| cell.name.as_str()).collect();
        assert_eq!(names, given);
        assert_eq!(read["outcome"], "failed");
        assert!(read["cells"][4]["anchor"]["p_adjusted"].is_f64() && read["cells"][0]["anchor"].is_null());
    }

    #[test]
    fn a_hostile_name_stays_in_its_column() {
        let text = "{\"margin\": 0.1, \"mode\": \"stored\", \"cells\": [{\"name\": \"::error::\\u001b[2J\\n##[x] aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", \"worse\": \"higher\", \"baseline\": [], \"head\": [1]}]}";
        let table = comparison_table(&compared(text), Colour::Off);
        for line in table.lines() {
            assert!(width(line) <= COLUMNS + 1 && !line.contains("##") && !line.contains('\u{1b}'), "{line}");
            assert!(!line.trim_start().starts_with("::"), "{line}");
        }
    }
}
