//! Regressions: cells against stored runs, or against a second deployment measured in turn (docs/decisions.md).
//!
//! [`stored`] and [`interleaved`] take every cell of a run at once, because the error rate is kept over the family:
//! an unchanged build is blocked about once in a hundred runs over all its comparisons together.

mod cell;
mod file;
mod holm;
mod interleaved;
mod json;
mod ruler;
mod stored;

pub(in crate::judge) use cell::deviation;
pub use cell::{AnchorResult, Cell, CellResult, Scale, Side, Worse, outcome};
pub use file::{ComparisonFile, ComparisonFileError, LARGEST_COMPARISON};
pub use interleaved::interleaved;
pub use ruler::{Ruler, by_ruler};
pub(in crate::judge) use stored::anchor_margin;
pub use stored::stored;

#[cfg(test)]
mod exactly;
#[cfg(test)]
mod tests;
