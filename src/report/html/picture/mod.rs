//! Pictures as SVG: drawn by plotters, finished here so that a screen reader hears what they show and a style sheet can
//! colour them.

mod axis;
mod canvas;
mod distribution;
mod forest;
mod gauges;
mod history;
mod ink;
mod ladder;
mod mark;
mod panel;

use serde::Serialize;

pub(super) use distribution::{Baseline, Curve, Side, With, distribution};
pub(super) use forest::{Change, forest};
pub(super) use gauges::drawn_gauges;
pub(super) use history::history;
pub(super) use ink::dark_rules;
pub(super) use ladder::{Ladder, Marked, PERCENTILES, Selection, ladder, load_at};

/// A finished picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Picture {
    /// What it is called, also for the box that it scrolls in.
    title: String,
    /// An `svg` element, every text in it escaped.
    svg: String,
    /// What its lines are.
    key: Vec<Key>,
}

/// A line of the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Key {
    /// How it is drawn: `line`, `dashes`, `dot`, `ring`, `tick`, `field`, or `edge` for a field with a bold edge.
    shape: &'static str,
    /// Its colour, as in the picture.
    colour: String,
    /// What stands on it: `dot`, `square`, `triangle`, or with a number `disc` or `ring`; empty for nothing.
    mark: &'static str,
    /// The number in the mark; empty without one.
    number: String,
    words: String,
}

impl Key {
    fn new(shape: &'static str, ink: ink::Ink, words: impl Into<String>) -> Self {
        Self { shape, colour: ink.hex(), mark: "", number: String::new(), words: words.into() }
    }

    fn marked(self, mark: mark::Mark) -> Self {
        Self { mark: mark.shape(), number: mark.number(), ..self }
    }

    /// With a ring for any number.
    fn ringed(self) -> Self {
        Self { mark: "ring", ..self }
    }
}

/// Minutes and seconds, from an hour on with hours: `1:05`, `1:00:00`.
pub(super) fn clock(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests;
