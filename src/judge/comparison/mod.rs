//! Regressions: cells against stored runs, or against a second deployment measured in turn (docs/decisions.md).
//!
//! [`stored`] and [`interleaved`] take every cell of a run at once, because the error rate is kept over the family:
//! an unchanged build is blocked about once in a hundred runs over all its comparisons together.

mod cell;
mod file;
mod holm;
mod interleaved;
mod stored;

pub use cell::{AnchorResult, Cell, CellResult, Scale, Side, Worse, outcome};
pub use file::{ComparisonFile, ComparisonFileError};
pub use interleaved::interleaved;
pub use stored::stored;

#[cfg(test)]
mod tests;
