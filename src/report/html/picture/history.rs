//! The stored values of a cell as dots, and those of this run at their end.

use super::{
    axis::Axis,
    canvas::{Frame, Plot, Words, draw},
    ink::{self, Ink},
};
use crate::judge::Regression;

const SIZE: (u32, u32) = (240, 56);

/// The picture; `None` without stored values. `words` says the same to those who do not see it.
pub(in crate::report::html) fn history(id: &str, of: &Regression, words: &str) -> Option<String> {
    if of.history.is_empty() {
        return None;
    }
    let margin = of.base.map(|base| if of.rate { base + of.margin } else { base * (1.0 + of.margin) });
    let worse_is_higher = of
        .change
        .zip(of.base.zip(of.head))
        .is_none_or(|(change, (base, head))| change.abs() < f64::EPSILON || (change > 0.0) == (head > base));
    let margin = margin.filter(|_| worse_is_higher);
    let all = of.history.iter().chain(&of.runs).copied().chain(of.base).chain(margin);
    let (low, high) = all
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (value.min(low), value.max(high)));
    if low > high {
        return None;
    }
    let room = ((high - low) * 0.15).max(high.abs() * 1e-3).max(1e-9);
    let y = Axis::between(low - room, high + room);
    let last = (of.history.len() + of.runs.len()).saturating_sub(1) as f64;
    let x = Axis::between(-0.8, last + 0.8);
    let title = format!("History of {}", of.name());
    draw(SIZE, &Words { id, title: &title, description: words }, |area| {
        let frame = Frame { space: [2, 2, 0, 0], x_words: None, y_words: None };
        let mut plot = Plot::on(area, (x, y), &frame)?;
        if let Some(base) = of.base {
            plot.bar([(-0.8, base), (last + 0.8, base)], ink::SOFT, 1)?;
        }
        if let Some(margin) = margin {
            plot.dashes(&[(-0.8, margin), (last + 0.8, margin)], ink::SOFT, 1)?;
        }
        for (at, value) in of.history.iter().enumerate() {
            plot.dot((at as f64, *value), ink::LOAD, 3)?;
        }
        for (at, value) in of.runs.iter().enumerate() {
            plot.dot(((of.history.len() + at) as f64, *value), Ink::of(of.counts_as()), 5)?;
        }
        Ok(())
    })
}
