//! A calibration as text: what was measured, what it says, and what it does not.

use std::{fmt::Write as _, time::Duration};

use super::{
    Colour, Mask, clean,
    terminal::{Tint, left, right, width, without_commands, wrap},
};
use crate::{
    gate::Calibrated,
    judge::{
        ComparisonMode, Outcome,
        calibration::{CellNoise, Holding, SLOWDOWNS, Share},
    },
    plan::Plan,
    units::number,
};

/// What stands beside the numbers: they are those of one machine on one day.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The day, as it is printed.
    pub day: &'a str,
    /// The runner: its processor, cores and image.
    pub runner: &'a str,
}

/// The whole of it; `mask` takes secrets out.
pub fn calibration(
    calibrated: &Calibrated,
    plan: &Plan,
    circumstances: Circumstances<'_>,
    mask: &Mask<'_>,
    colour: Colour,
) -> String {
    let mut lines = Vec::new();
    let say = |lines: &mut Vec<String>, text: &str| lines.extend(wrap(&clean(&mask(text)), 0));
    say(&mut lines, &measured(calibrated, circumstances));
    for sentence in remarks(calibrated) {
        say(&mut lines, &sentence);
    }
    if !calibrated.found.cells.is_empty() {
        lines.push(String::new());
        lines.extend(noise(&calibrated.found.cells, mask));
    }
    lines.push(String::new());
    for (mode, what, holding) in
        [("stored", "head run", &calibrated.found.stored), ("interleaved", "block", &calibrated.found.interleaved)]
    {
        match holding {
            Ok(holding) => lines.extend(told(mode, what, holding)),
            Err(why) => {
                let runs = number::counted(calibrated.found.runs as u64, "run");
                say(&mut lines, &format!("{mode}: not known: {why}; there were {runs}. Give it a larger --budget."));
            }
        }
    }
    lines.push(String::new());
    match calibrated.found.recommended() {
        Some((mode, margin)) => {
            say(&mut lines, &recommendation(mode, margin));
            lines.push(String::new());
            lines.extend(
                fragment(calibrated, plan, circumstances, margin).iter().map(|line| clean(&mask(line)).into_owned()),
            );
        }
        None if calibrated.found.knows_something() => {
            let words = "No margin is recommended: the runs differ too much, or they are too few. Longer windows, a \
                         larger --budget or a quieter machine help.";
            lines.extend(wrap(words, 0).iter().map(|line| colour.paint(Tint::Unsure, line)));
        }
        None => lines.push(colour.paint(Tint::Unsure, "Nothing is known yet, so nothing is recommended.")),
    }
    lines.push(String::new());
    without_commands(&lines.join("\n"))
}

fn measured(calibrated: &Calibrated, circumstances: Circumstances<'_>) -> String {
    let Calibrated { target, found, took, requests, .. } = calibrated;
    format!(
        "{} of the same app, {target}, within {}, {} in all, on {} ({}).",
        number::counted(found.runs as u64, "run"),
        number::duration(*took),
        number::counted(*requests, "request"),
        circumstances.day,
        circumstances.runner,
    )
}

fn remarks(calibrated: &Calibrated) -> Vec<String> {
    let mut remarks: Vec<String> = calibrated.trouble.iter().map(|why| format!("It ended early: {why}")).collect();
    let unready = calibrated.preflight.iter().filter(|check| check.outcome == Outcome::Failed);
    remarks.extend(unready.map(|check| format!("preflight failed: {}", check.name)));
    let short = calibrated.windows.iter().filter(|(_, planned, driven)| driven < planned);
    remarks.extend(short.map(|(name, planned, driven)| {
        let [planned, driven] = [planned, driven].map(|time: &Duration| number::duration(*time));
        format!(
            "{name}: its window of {planned} was shortened to {driven} to fit the budget; a full one is less noisy."
        )
    }));
    if calibrated.invalid > 0 {
        let invalid = number::counted(calibrated.invalid, "more run");
        remarks.push(format!("{invalid} did not count, because the generator was not good enough."));
    }
    if calibrated.found.runs > 0 {
        let failed = Share::new(calibrated.failed, calibrated.found.runs as u64);
        remarks.push(format!("Runs in which a blocking criterion failed by itself: {}.", share(&failed)));
    }
    remarks
}

/// `0 of 12 (0 % to 22.1 %)`.
fn share(share: &Share) -> String {
    let [low, high] = share.interval.map(number::share);
    format!("{} of {} ({low} to {high})", number::count(share.count), number::count(share.of))
}

fn noise(cells: &[CellNoise], mask: &Mask<'_>) -> Vec<String> {
    let spread = |cell: &CellNoise, value: Option<f64>| match value {
        None => number::NOTHING.to_owned(),
        Some(value) if cell.rate => format!("{} points", number::plain(value * 100.0)),
        Some(value) => number::share(value),
    };
    let title = ["cell", "runs", "sd, run to run", "sd of neighbours' difference"].map(str::to_owned);
    let row = |cell: &CellNoise| {
        [
            clean(&mask(&cell.name)).into_owned(),
            number::count(cell.runs as u64),
            spread(cell, cell.between_runs),
            spread(cell, cell.between_neighbours),
        ]
    };
    let rows: Vec<[String; 4]> = std::iter::once(title).chain(cells.iter().map(row)).collect();
    let columns = [0, 1, 2, 3].map(|at: usize| rows.iter().map(|row| width(&row[at])).max().unwrap_or_default());
    let line = |row: &[String; 4]| {
        let mut line = left(&row[0], columns[0]);
        for (cell, columns) in row[1..].iter().zip(&columns[1..]) {
            write!(line, "  {}", right(cell, *columns)).expect("a string takes what is written to it");
        }
        line
    };
    rows.iter().map(line).collect()
}

fn told(mode: &str, what: &str, holding: &Holding) -> Vec<String> {
    let each = number::counted(holding.each as u64, what);
    let margin = holding.margin.as_ref().map_or_else(Clone::clone, |margin| number::share(*margin));
    let mut lines = wrap(&format!("{mode}, {each} each: margin that this runner holds: {margin}"), 0);
    lines.extend(wrap(&format!("false alarms, any cell: {}", share(&holding.false_alarms)), 2));
    for (factor, seen) in SLOWDOWNS.iter().zip(&holding.detected) {
        lines.extend(wrap(&format!("every request {} slower: failed {}", number::share(factor - 1.0), share(seen)), 2));
    }
    lines
}

fn recommendation(mode: ComparisonMode, margin: f64) -> String {
    let how = match mode {
        ComparisonMode::Stored => "stored comparison, `run --baseline STORE`",
        ComparisonMode::Interleaved => "interleaved comparison, `run --against URL`",
    };
    format!(
        "Recommended here: {how}, with a margin of {}. A slowdown of twice the margin is then seen four times in five. What \
         differs between machines and days is not in these numbers.",
        number::share(margin)
    )
}

/// Lines for gates.yaml.
fn fragment(calibrated: &Calibrated, plan: &Plan, circumstances: Circumstances<'_>, margin: f64) -> Vec<String> {
    let percent = |share: f64| format!("{}%", number::plain(share * 100.0));
    let cells = plan.regression.iter().flat_map(|regression| &regression.cells).map(|cell| {
        let name = serde_json::to_string(&cell.name).expect("a text is JSON, and JSON is YAML");
        if cell.is_rate() { format!("{{{name}: {}}}", percent(cell.margin)) } else { name }
    });
    let runs = number::counted(calibrated.found.runs as u64, "run");
    vec![
        format!("# measured on {} by `stagegate calibrate`: {runs}, {}", circumstances.day, circumstances.runner),
        "regression:".to_owned(),
        format!("  margin: {}", percent(margin)),
        format!("  cells: [{}]", cells.collect::<Vec<_>>().join(", ")),
    ]
}

#[cfg(test)]
mod tests;
