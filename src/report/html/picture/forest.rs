//! Comparisons as intervals against their margins: a forest plot.

use plotters::style::text_anchor::{HPos, VPos};

use super::{
    Key, Picture,
    axis::Axis,
    canvas::{Frame, Plot, Words, draw, text},
    ink::{self, Ink},
};
use crate::{judge::Outcome, units::text::shortened};

const WIDTH: u32 = 900;

/// Height of a row.
const ROW: u32 = 26;

/// Space on the right for the outcomes.
const OUTCOMES: u32 = 104;

/// The letters that a name may have, and the width of one, about: the space on the left is what the longest name needs.
const LETTERS: usize = 38;
const LETTER: u32 = 8;

/// One comparison: worse is positive.
pub(in crate::report::html) struct Change {
    pub(in crate::report::html) name: String,
    pub(in crate::report::html) outcome: Outcome,
    pub(in crate::report::html) by: f64,
    pub(in crate::report::html) interval: Option<[f64; 2]>,
    pub(in crate::report::html) margin: f64,
}

/// The picture, rates apart from the others; `None` without a change.
pub(in crate::report::html) fn forest(
    (id, title): (&str, &str),
    changes: &[Change],
    print: fn(f64) -> String,
) -> Option<Picture> {
    if changes.is_empty() {
        return None;
    }
    let ends = changes.iter().flat_map(|one| one.interval.into_iter().flatten().chain([one.by, one.margin]));
    let x = Axis::around_zero(ends);
    let y = Axis::with_rows(changes.len());
    let told: Vec<_> = changes.iter().map(|one| format!("{} {}", one.name, one.outcome.word())).collect();
    let description = format!(
        "For each comparison the change, worse to the right, its interval and its margin: {}. The table has the numbers.",
        told.join("; ")
    );
    let longest = changes.iter().map(|one| one.name.chars().count().min(LETTERS)).max().unwrap_or(0);
    let names = LETTER * (longest as u32 + 2);
    let size = (WIDTH, ROW * changes.len() as u32 + 44);
    let svg = draw(size, &Words { id, title, description: &description }, |area| {
        let frame = Frame { space: [8, OUTCOMES, 30, names], x_words: Some(&print), y_words: None };
        let (low, high) = (x.low(), x.high());
        let mut plot = Plot::on(area, (x, y), &frame)?;
        let rows = changes.len() as f64;
        plot.bar([(0.0, 0.0), (0.0, rows)], ink::SOFT, 1)?;
        for (at, one) in changes.iter().enumerate() {
            let row = rows - at as f64 - 0.5;
            let ink = Ink::of(one.outcome);
            plot.bar([(one.margin, row - 0.38), (one.margin, row + 0.38)], ink::SOFT, 3)?;
            if let Some([from, to]) = one.interval {
                plot.bar([(from, row), (to, row)], ink, 2)?;
                for end in [from, to] {
                    plot.bar([(end, row - 0.16), (end, row + 0.16)], ink, 2)?;
                }
            }
            plot.dot((one.by, row), ink, 5)?;
            let words = format!("{}\u{2003}", shortened(&one.name, LETTERS));
            plot.text(&words, (low, row), text(15.0, ink::TEXT, (HPos::Right, VPos::Center)))?;
            let outcome = format!("\u{2003}{}", one.outcome.word());
            plot.text(&outcome, (high, row), text(15.0, ink, (HPos::Left, VPos::Center)))?;
        }
        Ok(())
    })?;
    let key = vec![
        Key::new("dot", ink::TEXT, "change, worse to the right, with its interval"),
        Key::new("tick", ink::SOFT, "margin: the smallest change worth blocking"),
    ];
    Some(Picture { title: title.to_owned(), svg, key })
}
