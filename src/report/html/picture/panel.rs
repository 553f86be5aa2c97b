//! A panel of the ladder's picture: one quantity over the time of the whole run.

use plotters::style::text_anchor::{HPos, VPos};

use super::{
    axis::Axis,
    canvas::{Area, Drawn, Frame, Plot, text},
    clock,
    ink::{self, Ink},
};
use crate::units::text::shortened;

/// Space left and right of every panel, so that moments lie above each other.
pub(super) const LEFT: u16 = 84;
pub(super) const RIGHT: u16 = 14;

/// Space above a panel, for its title.
const ABOVE: u16 = 30;

/// Height of the labels of the axis of time.
pub(super) const BELOW: u16 = 30;

/// Width of a letter of a label, about.
const LETTER: f64 = 6.6;

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
    /// A band, over the whole time.
    Band { from: f64, to: f64, ink: Ink },
    /// A line, filled below.
    Ground { points: Vec<(f64, f64)>, ink: Ink },
    /// A line.
    Line { points: Vec<(f64, f64)>, ink: Ink },
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
            plot.dashes([(*mark, self.y.low()), (*mark, self.y.high())], *ink, 2)?;
        }
        self.labels(&mut plot, time)
    }

    /// The words of the limits, on top of everything: as much of each as its phase has room for, none on another.
    fn labels(&self, plot: &mut Plot<'_, '_>, time: &Time<'_>) -> Drawn {
        let width = f64::from(super::ladder::WIDTH - LEFT - RIGHT) / (time.axis.high() - time.axis.low());
        let height =
            f64::from(self.height - u32::from(ABOVE)) / (self.y.place(self.y.high()) - self.y.place(self.y.low()));
        let mut written: Vec<(f64, f64)> = Vec::new();
        for item in &self.items {
            let Item::Limit { from, to, value, ink, words, .. } = item else { continue };
            let room = ((to - from) * width / LETTER) as usize;
            let place = self.y.place(*value) * height;
            let covers = |(at, other): &(f64, f64)| (at - from).abs() < 1e-9 && (other - place).abs() < LINE;
            if room < 5 || written.iter().any(covers) {
                continue;
            }
            written.push((*from, place));
            // Below the line where there is no room above it.
            let top = (self.y.place(self.y.high()) * height) - place;
            let side = if top < LINE { VPos::Top } else { VPos::Bottom };
            plot.text(
                &format!("\u{2009}{}", shortened(words, room)),
                (*from, *value),
                text(14.0, *ink, (HPos::Left, side)),
            )?;
        }
        Ok(())
    }
}

fn paint_item(plot: &mut Plot<'_, '_>, item: &Item, time: &Time<'_>) -> Drawn {
    match item {
        Item::Band { from, to, ink } => {
            plot.field([(time.axis.low(), *from), (time.axis.high(), *to)], *ink, 0.13)?;
            plot.bar([(time.axis.low(), *from), (time.axis.high(), *from)], *ink, 1)
        }
        Item::Ground { points, ink } => {
            plot.below(points, *ink, 0.16)?;
            plot.line(points, *ink, 2)
        }
        Item::Line { points, ink } => plot.line(points, *ink, 2),
        Item::Limit { from, to, value, ink, broken, .. } => {
            plot.dashes([(*from, *value), (*to, *value)], *ink, if *broken { 3 } else { 1 })
        }
    }
}
