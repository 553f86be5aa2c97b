//! How a run stands while it goes on, as a terminal shows it: a few lines within its columns and rows.
//!
//! ```text
//! medium   ██████████████████░░░░░░░░░░░░  61 %  measuring
//!   50 users  212/s  p95 283 ms  3 failed
//!   ✓ p95 < 500ms           312 ms
//!   ✗ success_rate > 99%    98.6 %
//!   ● database.connections 34  ▲ app.cpu 85
//! ladder   ████████░░░░░░░░░░░░░░░░░░░░░░  phase 2 of 4, 3 min 12 s left
//! ```

use super::{
    Colour, Mask,
    terminal::{Tint, clip, left, right, width},
    when,
};
use crate::{
    gate::{Progress, Stage},
    judge::{Band, Finding, GaugeStanding, Level, Outcome},
    units::number,
};

/// The longest bar, in columns; it has no more to say in more.
const LONGEST_BAR: usize = 30;

/// A shorter bar says nothing.
const SHORTEST_BAR: usize = 5;

/// Fewer columns hold no line as it is laid out.
const NARROW: usize = 24;

/// Below the first lines of a block.
const INDENT: usize = 2;

/// The size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Columns; what is drawn leaves the last one free, because a terminal may break the line there.
    pub columns: usize,
    /// Rows; what is drawn leaves one free, because more than fits cannot be drawn again.
    pub rows: usize,
}

/// Where a run is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Course {
    /// The phase's name, harmless.
    pub(super) phase: String,
    /// From 1; 0 is a load behind the ladder, which ends as soon as the app has recovered.
    pub(super) number: u32,
    /// So many phases.
    pub(super) of: u32,
    /// The share of the ladder's planned time that has passed.
    pub(super) passed: f64,
}

/// A piece of a line: as it is measured and as it is drawn.
struct Cell {
    plain: String,
    drawn: String,
}

impl Cell {
    fn new(plain: String) -> Self {
        Self { drawn: plain.clone(), plain }
    }

    fn painted(plain: String, tint: Tint, colour: Colour) -> Self {
        Self { drawn: colour.paint(tint, &plain), plain }
    }
}

/// What a stage is called.
pub(super) fn doing(stage: Stage) -> &'static str {
    match stage {
        Stage::Ramp => "logging in",
        Stage::Warmup => "warming up",
        Stage::Window => "measuring",
        Stage::Drain => "ending",
    }
}

/// The lines; `mask` makes names harmless.
pub(super) fn lines(
    progress: &Progress,
    course: &Course,
    (screen, colour): (Screen, Colour),
    mask: &Mask<'_>,
) -> Vec<String> {
    let columns = screen.columns.saturating_sub(1).max(1);
    let rows = screen.rows.saturating_sub(1).max(1);
    // A line that is cut must not lose the end of its colour.
    let narrow = columns < NARROW;
    let colour = if narrow { Colour::Off } else { colour };
    let titles = columns / 3;
    let title = width(&course.phase).max(width("ladder")).min(titles);
    let left_over = when::span(progress.left);
    let percent = match course.number {
        0 => format!("at most {left_over} left"),
        _ => format!("{:>3} %  {}", (progress.share.clamp(0.0, 1.0) * 100.0) as u64, doing(progress.stage)),
    };
    let place = format!("phase {} of {}, {left_over} left", course.number, course.of);
    let room = |text: &str| columns.saturating_sub(title + width(text) + 4).min(LONGEST_BAR);
    // Below each other of one length; where there is no room for that, each as long as it can be.
    let both = room(&percent).min(room(&place));
    let bar = |text: &str| if both < SHORTEST_BAR { room(text) } else { both };
    let head = barred(&course.phase, (title, bar(&percent)), progress.share, &percent, (columns, colour));
    let foot = barred("ladder", (title, bar(&place)), course.passed, &place, (columns, colour));
    let load = flow(load(progress, colour), columns);
    let gauges = flow(progress.standing.gauges.iter().map(|gauge| gauge_cell(gauge, mask, colour)), columns);
    // Head and foot always, then the load, then gauges to a third of the rest, then criteria.
    let mut room = rows.saturating_sub(2);
    let mut take = |lines: Vec<String>, most: usize| -> Vec<String> {
        let taken: Vec<String> = lines.into_iter().take(most.min(room)).collect();
        room -= taken.len();
        taken
    };
    let load = take(load, 2);
    let third = (rows / 3).max(1);
    let gauges = take(gauges, third);
    let criteria = criteria(&progress.standing.findings, (columns, room), mask, colour);
    let foot = if course.number == 0 { Vec::new() } else { vec![foot] };
    let lines = [vec![head], load, criteria, gauges, foot].concat();
    let lines = lines.into_iter().take(rows);
    if narrow { lines.map(|line| clip(&line, columns)).collect() } else { lines.collect() }
}

/// `TITLE ████░░░░  TEXT`, the bar only where there is room for one.
fn barred(
    title: &str,
    (title_columns, bar_columns): (usize, usize),
    share: f64,
    text: &str,
    (columns, colour): (usize, Colour),
) -> String {
    let title = left(title, title_columns);
    let drawn_title = colour.paint(Tint::Bold, &title);
    if bar_columns < SHORTEST_BAR {
        let room = columns.saturating_sub(width(&title) + 2);
        return format!("{drawn_title}  {}", clip(text, room));
    }
    let filled = ((share.clamp(0.0, 1.0) * bar_columns as f64) as usize).min(bar_columns);
    let (done, rest) = ("█".repeat(filled), "░".repeat(bar_columns - filled));
    format!("{drawn_title} {}{}  {text}", colour.paint(Tint::Good, &done), colour.paint(Tint::Quiet, &rest))
}

fn load(progress: &Progress, colour: Colour) -> Vec<Cell> {
    let p95 = number::or_nothing(progress.p95.map(|p95| p95.as_secs_f64() * 1000.0), number::milliseconds);
    let failed = format!("{} failed", number::count(progress.failures));
    vec![
        Cell::new(number::counted(u64::from(progress.users), "user")),
        Cell::new(number::per_second(progress.rate)),
        Cell::new(format!("p95 {p95}")),
        if progress.failures > 0 { Cell::painted(failed, Tint::Bad, colour) } else { Cell::new(failed) },
    ]
}

fn gauge_cell(gauge: &GaugeStanding, mask: &Mask<'_>, colour: Colour) -> Cell {
    let (sign, tint) = match (gauge.band, gauge.value) {
        (Some(Band::Missing), _) | (_, None) => ('?', Tint::Quiet),
        (Some(Band::Safe), _) => ('●', Tint::Good),
        (Some(Band::Warning), _) => ('▲', Tint::Warn),
        (Some(Band::Critical), _) => ('■', Tint::Bad),
        (None, Some(_)) => ('·', Tint::Quiet),
    };
    let text = format!("{} {}", mask(&gauge.name), number::or_nothing(gauge.value, number::plain));
    Cell { plain: format!("{sign} {text}"), drawn: format!("{} {text}", colour.paint(tint, &sign.to_string())) }
}

/// Cells side by side, with two spaces between them, in as many lines as they take.
fn flow(cells: impl IntoIterator<Item = Cell>, columns: usize) -> Vec<String> {
    let room = columns.saturating_sub(INDENT).max(1);
    let mut lines: Vec<(usize, String)> = Vec::new();
    for Cell { plain, drawn } in cells {
        let (taken, drawn) = if width(&plain) > room { (room, clip(&plain, room)) } else { (width(&plain), drawn) };
        match lines.last_mut().filter(|(used, _)| used + 2 + taken <= room) {
            Some((used, line)) => {
                *used += 2 + taken;
                line.push_str("  ");
                line.push_str(&drawn);
            }
            None => lines.push((taken, drawn)),
        }
    }
    lines.into_iter().map(|(_, line)| format!("{}{line}", " ".repeat(INDENT))).collect()
}

/// A line for each criterion; where there are more than rows, those that do not hold come first.
fn criteria(findings: &[Finding], (columns, rows): (usize, usize), mask: &Mask<'_>, colour: Colour) -> Vec<String> {
    let mut shown: Vec<&Finding> = findings.iter().collect();
    let hidden = if findings.len() > rows {
        shown.sort_by_key(|finding| finding.outcome != Outcome::Failed);
        shown.truncate(rows.saturating_sub(1));
        findings.len() - shown.len()
    } else {
        0
    };
    let rows_of: Vec<[String; 2]> = shown.iter().map(|finding| texts(finding, mask)).collect();
    let values = rows_of.iter().map(|[_, value]| width(value)).max().unwrap_or(0);
    // Two spaces before the sign, one behind it, two before the value.
    let room = columns.saturating_sub(INDENT + 2 + 2 + values);
    let names = rows_of.iter().map(|[name, _]| width(name)).max().unwrap_or(0).min(room);
    let line = |(finding, [name, value]): (&&Finding, &[String; 2])| {
        let (sign, tint) = sign(finding);
        let text =
            clip(&format!("{}  {}", left(name, names), right(value, values)), columns.saturating_sub(INDENT + 2));
        format!("{}{} {text}", " ".repeat(INDENT), colour.paint(tint, sign))
    };
    let mut lines: Vec<String> = shown.iter().zip(&rows_of).map(line).collect();
    if hidden > 0 && rows > 0 {
        let more = clip(&format!("{}… and {hidden} more", " ".repeat(INDENT)), columns);
        lines.push(colour.paint(Tint::Quiet, &more));
    }
    lines
}

/// A criterion and what is observed.
fn texts(finding: &Finding, mask: &Mask<'_>) -> [String; 2] {
    let Finding { criterion, endpoint, observed, limit, unit, .. } = finding;
    let endpoint = endpoint.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let value = observed.map_or_else(|| number::NOTHING.to_owned(), |value| number::beside(value, *limit, unit));
    [mask(&format!("{criterion}{endpoint}")).into_owned(), value]
}

fn sign(finding: &Finding) -> (&'static str, Tint) {
    match (finding.outcome, finding.level) {
        (Outcome::Passed, _) => ("✓", Tint::Good),
        (Outcome::Failed, Level::Block) => ("✗", Tint::Bad),
        (Outcome::Failed, Level::Warn) => ("!", Tint::Warn),
        _ => ("·", Tint::Quiet),
    }
}

#[cfg(test)]
mod tests;
