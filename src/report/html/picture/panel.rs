//! A panel of the ladder's picture: one quantity over the time of the whole run.

use std::borrow::Cow;

use plotters::style::text_anchor::{HPos, VPos};

use super::{
    axis::Axis,
    canvas::{Area, Drawn, Frame, Plot, text},
    clock,
    ink::{self, Ink},
    mark::{Mark, marked},
};
use crate::units::text::shortened;

/// Space left and right of every panel, so that moments lie above each other.
pub(super) const LEFT: u16 = 84;
pub(super) const RIGHT: u16 = 14;

/// Space above a panel, for its title.
const ABOVE: u16 = 30;

/// Height of the labels of the axis of time, and above its name.
pub(super) const BELOW: u16 = 46;
const TIMES: u16 = 30;

/// Between two marks of a line.
const MARKS: f64 = 110.0;

/// Width of a letter of a label, about.
const LETTER: f64 = 7.2;

/// Fewer letters of what a limit is about say nothing.
const TELLING: usize = 5;

/// Labels closer than this would cover each other.
const LINE: f64 = 14.0;

/// One quantity.
pub(super) struct Panel<'f> {
    pub(super) title: String,
    pub(super) height: u32,
    pub(super) y: Axis,
    /// How a value of its axis is written.
    pub(super) words: &'f dyn Fn(f64) -> String,
    pub(super) items: Vec<Item>,
}

/// What is drawn in a panel, in seconds of the run and values; in this order.
pub(super) enum Item {
    /// A band, over the whole time, and the width of the line at which it begins.
    Band { from: f64, to: f64, ink: Ink, edge: u32 },
    /// A line, filled below.
    Ground { points: Vec<(f64, f64)>, ink: Ink },
    /// A line; where others share its panel with a mark, and which of how many it is.
    Line { points: Vec<(f64, f64)>, ink: Ink, mark: Option<(Mark, [usize; 2])> },
    /// A limit, from one moment to another.
    Limit { from: f64, to: f64, value: f64, ink: Ink, words: String, broken: bool },
}

/// What all panels share.
pub(super) struct Time<'t> {
    pub(super) axis: &'t Axis,
    /// Starts and ends of the phases.
    pub(super) bounds: &'t [f64],
    /// Moments of failed criteria.
    pub(super) marks: &'t [(f64, Ink)],
}

impl Panel<'_> {
    /// Draws it; the last one has the labels of the axis of time.
    pub(super) fn paint(&self, area: &Area<'_>, time: &Time<'_>, last: bool) -> Drawn {
        area.draw_text(&self.title, &text(15.0, ink::TEXT, (HPos::Left, VPos::Top)), (i32::from(LEFT), 10))?;
        if last {
            let middle = i32::from(LEFT) + i32::from(super::ladder::WIDTH - LEFT - RIGHT) / 2;
            let below = (middle, self.height.cast_signed() + i32::from(TIMES));
            let hours = if time.axis.high() < 3600.0 { "" } else { "hours:" };
            let words = format!("time of the run, {hours}minutes:seconds");
            area.draw_text(&words, &text(14.0, ink::SOFT, (HPos::Center, VPos::Top)), below)?;
        }
        let below = if last { BELOW } else { 0 };
        let space = [ABOVE, RIGHT, below, LEFT].map(u32::from);
        let x_words: Option<&dyn Fn(f64) -> String> = if last { Some(&clock) } else { None };
        let frame = Frame { space, x_words, y_words: Some(self.words) };
        let mut plot = Plot::on(area, (time.axis.clone(), self.y.clone()), &frame)?;
        for bound in time.bounds {
            plot.bar([(*bound, self.y.low()), (*bound, self.y.high())], ink::SOFT, 1)?;
        }
        for item in &self.items {
            paint_item(&mut plot, item, time)?;
        }
        for (mark, ink) in time.marks {
            plot.dashes(&[(*mark, self.y.low()), (*mark, self.y.high())], *ink, 2)?;
        }
        self.marks(&mut plot, time)?;
        self.labels(&mut plot, time)
    }

    /// What tells lines apart without their colour, on top of all of them.
    fn marks(&self, plot: &mut Plot<'_, '_>, time: &Time<'_>) -> Drawn {
        for item in &self.items {
            let Item::Line { points, ink, mark: Some((mark, place)) } = item else { continue };
            let breadth = points.last().zip(points.first()).map_or(0.0, |(last, first)| last.0 - first.0) * width(time);
            let between = breadth / points.len().saturating_sub(1).max(1) as f64;
            for at in marked(points.len(), (MARKS / between.max(1.0)).round() as usize, *place) {
                plot.mark(points[at], *ink, *mark)?;
            }
        }
        Ok(())
    }

    /// The words of the limits, on top of everything: as much of each as its phase has room for, none on another.
    fn labels(&self, plot: &mut Plot<'_, '_>, time: &Time<'_>) -> Drawn {
        let width = width(time);
        let height =
            f64::from(self.height - u32::from(ABOVE)) / (self.y.place(self.y.high()) - self.y.place(self.y.low()));
        let mut written: Vec<(f64, f64)> = Vec::new();
        for item in &self.items {
            let Item::Limit { from, to, value, ink, words, .. } = item else { continue };
            let Some(words) = fitting(words, ((to - from) * width / LETTER) as usize) else { continue };
            let place = self.y.place(*value) * height;
            let covers = |(at, other): &(f64, f64)| (at - from).abs() < 1e-9 && (other - place).abs() < LINE;
            if written.iter().any(covers) {
                continue;
            }
            written.push((*from, place));
            let span = [*from, from + words.chars().count() as f64 * LETTER / width];
            let side = if self.belongs_below(span, *value, height) { VPos::Top } else { VPos::Bottom };
            plot.text(&format!("\u{2009}{words}"), (*from, *value), text(14.0, *ink, (HPos::Left, side)))?;
        }
        Ok(())
    }

    /// Whether the words of a limit stand below it: where there is no room above, or where the lines are that they would hide.
    fn belongs_below(&self, [from, to]: [f64; 2], limit: f64, height: f64) -> bool {
        let over = |value: f64| (self.y.place(value) - self.y.place(limit)) * height;
        if over(self.y.high()) < LINE {
            return true;
        }
        if over(self.y.low()) > -LINE {
            return false;
        }
        let lines = self.items.iter().filter_map(|item| match item {
            Item::Line { points, .. } | Item::Ground { points, .. } => Some(points),
            Item::Band { .. } | Item::Limit { .. } => None,
        });
        let places = (0..=8).map(|part| from + (to - from) * f64::from(part) / 8.0);
        let seen: Vec<f64> =
            places.flat_map(|at| lines.clone().filter_map(move |points| between(points, at))).map(over).collect();
        let [above, below] = [0.0..LINE, -LINE..0.0].map(|room| seen.iter().filter(|over| room.contains(over)).count());
        below < above
    }
}

/// The value of a line at a moment; `None` before and after it.
pub(super) fn between(points: &[(f64, f64)], at: f64) -> Option<f64> {
    let pair = points.windows(2).find(|pair| (pair[0].0..=pair[1].0).contains(&at))?;
    let part = (at - pair[0].0) / (pair[1].0 - pair[0].0).max(1e-9);
    Some(pair[0].1 + (pair[1].1 - pair[0].1) * part)
}

/// As much of a criterion as there is room for, in letters: its limit whole, because a number that is cut is another one.
/// `None` where not even that fits.
fn fitting(criterion: &str, room: usize) -> Option<Cow<'_, str>> {
    if criterion.chars().count() <= room {
        return Some(criterion.into());
    }
    let operator = criterion.rfind(['<', '>', '='])?;
    let subject = criterion[..operator].trim_end_matches(['<', '>', '=', ' ']);
    let limit = &criterion[subject.len()..];
    match room.checked_sub(limit.chars().count()) {
        Some(rest) if rest >= TELLING => Some(format!("{}{limit}", shortened(subject, rest)).into()),
        // Successes are drawn as what is left to failures: their limit alone would be another number there.
        _ if subject.starts_with("success_rate") => None,
        _ => Some(limit.trim_start()).filter(|limit| limit.chars().count() <= room).map(Cow::Borrowed),
    }
}

/// The width of a second.
fn width(time: &Time<'_>) -> f64 {
    f64::from(super::ladder::WIDTH - LEFT - RIGHT) / (time.axis.high() - time.axis.low())
}

fn paint_item(plot: &mut Plot<'_, '_>, item: &Item, time: &Time<'_>) -> Drawn {
    match item {
        Item::Band { from, to, ink, edge } => {
            plot.field([(time.axis.low(), *from), (time.axis.high(), *to)], *ink, 0.13)?;
            plot.bar([(time.axis.low(), *from), (time.axis.high(), *from)], *ink, *edge)
        }
        Item::Ground { points, ink } => {
            plot.below(points, *ink, 0.16)?;
            plot.line(points, *ink, 2)
        }
        Item::Line { points, ink, .. } => plot.line(points, *ink, 2),
        Item::Limit { from, to, value, ink, broken, .. } => {
            plot.dashes(&[(*from, *value), (*to, *value)], *ink, if *broken { 3 } else { 1 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_limit_do_not_hide_the_line_that_broke_it() {
        let panel = |values: [f64; 2]| Panel {
            title: String::new(),
            height: 130,
            y: Axis::between(0.0, 100.0),
            words: &|_| String::new(),
            items: vec![Item::Line { points: vec![(0.0, values[0]), (60.0, values[1])], ink: ink::P95, mark: None }],
        };
        let below = |values: [f64; 2], limit: f64| panel(values).belongs_below([10.0, 30.0], limit, 1.0);
        assert!(below([55.0, 55.0], 50.0) && !below([45.0, 45.0], 50.0));
        assert!(!below([90.0, 90.0], 50.0), "it is far away");
        assert!(below([45.0, 65.0], 40.0), "also where the line rises");
        assert!(below([10.0, 10.0], 95.0) && !below([10.0, 10.0], 5.0), "what has no room stands on the other side");
    }

    #[test]
    fn a_limit_is_whole_or_not_there() {
        let fits = |room| fitting("p99(chart data) < 900ms", room);
        assert_eq!(fits(23).as_deref(), Some("p99(chart data) < 900ms"));
        assert_eq!(fits(22).as_deref(), Some("p99(chart dat… < 900ms"));
        assert_eq!(fits(13).as_deref(), Some("p99(… < 900ms"));
        assert_eq!(fits(12).as_deref(), Some("< 900ms"));
        assert_eq!(fits(6), None);
        assert_eq!(fitting("success_rate > 90%", 10), None);
        assert_eq!(fitting("p95(\"a < b\") >= 5ms", 12).as_deref(), Some("p95(… >= 5ms"));
    }
}
