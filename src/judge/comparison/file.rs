//! The file of `stagegate compare`: numbers measured elsewhere, as JSON.
//!
//! ```json
//! {"margin": 0.10, "mode": "stored", "cells": [{"name": "light/p95", "worse": "higher", "baseline": [1.0], "head": [1.1], "anchor": [1.0]}]}
//! {"margin": 0.05, "mode": "interleaved", "cells": [{"name": "light/p95", "worse": "higher", "pairs": [[1.0, 1.1]]}]}
//! ```

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use thiserror::Error;

use super::{Cell, CellResult, Scale, Side, Worse, interleaved, json::Unambiguous, stored};

/// Most blocks of an interleaved cell: every sign vector is looked at.
const MOST_BLOCKS: usize = 12;

/// Most cells of a file: as many are compared within seconds.
const MOST_CELLS: usize = 10_000;

/// The largest file that is read: the most cells with twenty runs on each side stay far below it.
pub const LARGEST_COMPARISON: u64 = 16 * 1024 * 1024;

/// Cells to compare, as one file holds them.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonFile {
    /// Stored or interleaved; all cells are of one mode.
    mode: Mode,
    /// In the order of the file, at least one; all are ratios.
    cells: Vec<Cell>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Stored,
    Interleaved,
}

/// Why a comparison file cannot be used: where, and what belongs there.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ComparisonFileError {
    /// It is no JSON.
    #[error("line {line}, column {column}: {reason}; the file must be JSON, where NaN and Infinity do not exist")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// The parser's words.
        reason: String,
    },
    /// It is JSON of another shape.
    #[error("{place}: {problem}")]
    Shape {
        /// Such as `cells[2].head[0]`.
        place: String,
        /// What is wrong, and what belongs there.
        problem: String,
    },
}

/// The parser says the place at the end of its words; ours stands in front.
fn not_json(error: &serde_json::Error) -> ComparisonFileError {
    let (line, column) = (error.line(), error.column());
    let reason = error.to_string();
    let reason = reason.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&reason).to_owned();
    ComparisonFileError::NotJson { line, column, reason }
}

fn shape<T>(place: impl Into<String>, problem: impl Into<String>) -> Result<T, ComparisonFileError> {
    Err(ComparisonFileError::Shape { place: place.into(), problem: problem.into() })
}

impl ComparisonFile {
    /// Reads the text of a file. A number that is null, zero or negative makes its cell invalid later; anything that is
    /// not a number where one belongs makes the file unusable. Unknown keys are passed over.
    pub fn read(text: &str) -> Result<Self, ComparisonFileError> {
        let Unambiguous(value) = serde_json::from_str(text).map_err(|error| not_json(&error))?;
        let Value::Object(file) = value else {
            return shape("the file", "it must be an object with margin, mode and cells");
        };
        let margin = match file.get("margin").and_then(Value::as_f64) {
            Some(margin) if margin > 0.0 && margin.is_finite() => margin,
            _ => return shape("margin", "it must be a number above 0: 0.10 is 10 %"),
        };
        let mode = match file.get("mode").and_then(Value::as_str) {
            Some("stored") => Mode::Stored,
            Some("interleaved") => Mode::Interleaved,
            _ => return shape("mode", "it must be \"stored\" or \"interleaved\""),
        };
        let Some(items) = file.get("cells").and_then(Value::as_array).filter(|items| !items.is_empty()) else {
            return shape("cells", "it must be a list of at least one cell");
        };
        if items.len() > MOST_CELLS {
            return shape("cells", format!("{} cells; at most {MOST_CELLS} are compared at once", items.len()));
        }
        let mut names = BTreeSet::new();
        let mut cells = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let cell = read_cell(&format!("cells[{index}]"), item, mode, margin)?;
            if !names.insert(cell.name.clone()) {
                return shape(
                    format!("cells[{index}].name"),
                    format!("{} is there twice; give each cell its own name", quoted(&cell.name)),
                );
            }
            cells.push(cell);
        }
        same_number_of_blocks(&cells)?;
        Ok(Self { mode, cells })
    }

    /// Compares all cells; one result each, in the order of the file.
    pub fn compare(&self) -> Vec<CellResult> {
        match self.mode {
            Mode::Stored => stored(&self.cells),
            Mode::Interleaved => interleaved(&self.cells),
        }
    }
}

fn read_cell(place: &str, item: &Value, mode: Mode, margin: f64) -> Result<Cell, ComparisonFileError> {
    let Value::Object(cell) = item else { return shape(place, "a cell must be an object") };
    let Some(name) = cell.get("name").and_then(Value::as_str) else {
        return shape(format!("{place}.name"), "it must be a string");
    };
    let worse = match cell.get("worse").and_then(Value::as_str) {
        Some("higher") => Worse::Higher,
        Some("lower") => Worse::Lower,
        _ => return shape(format!("{place}.worse"), "it must be \"higher\" or \"lower\""),
    };
    let side = match mode {
        Mode::Stored => Side::Stored {
            baseline: runs(place, cell, "baseline")?,
            head: runs(place, cell, "head")?,
            anchor: match cell.get("anchor") {
                None | Some(Value::Null) => Vec::new(),
                Some(_) => runs(place, cell, "anchor")?,
            },
        },
        Mode::Interleaved => Side::Interleaved { pairs: pairs(place, cell)? },
    };
    Ok(Cell { name: name.to_owned(), worse, scale: Scale::Ratio, margin, side })
}

/// A name from the file in a message: within quotes, and not longer than a line.
fn quoted(name: &str) -> String {
    const LONGEST: usize = 60;
    if name.chars().count() <= LONGEST {
        return format!("{name:?}");
    }
    format!("{:?}", name.chars().take(LONGEST).chain(['\u{2026}']).collect::<String>())
}

fn runs(place: &str, cell: &Map<String, Value>, key: &str) -> Result<Vec<Option<f64>>, ComparisonFileError> {
    let Some(items) = cell.get(key).and_then(Value::as_array) else {
        return shape(format!("{place}.{key}"), "it must be a list with one number for each run, oldest first");
    };
    items.iter().enumerate().map(|(index, item)| number(&format!("{place}.{key}[{index}]"), item)).collect()
}

fn pairs(place: &str, cell: &Map<String, Value>) -> Result<Vec<[Option<f64>; 2]>, ComparisonFileError> {
    let Some(items) = cell.get("pairs").and_then(Value::as_array) else {
        return shape(format!("{place}.pairs"), "it must be a list with one pair [base, head] for each block");
    };
    if items.len() > MOST_BLOCKS {
        return shape(format!("{place}.pairs"), format!("{} blocks; at most {MOST_BLOCKS} are compared", items.len()));
    }
    let pair = |(index, item): (usize, &Value)| {
        let place = format!("{place}.pairs[{index}]");
        match item.as_array().map(Vec::as_slice) {
            Some([base, head]) => Ok([number(&place, base)?, number(&place, head)?]),
            _ => shape(place, "it must be a pair [base, head]"),
        }
    };
    items.iter().enumerate().map(pair).collect()
}

/// A number, or null for a run without one.
fn number(place: &str, value: &Value) -> Result<Option<f64>, ComparisonFileError> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => match number.as_f64().filter(|number| number.is_finite()) {
            Some(number) => Ok(Some(number)),
            None => shape(place, "the number is beyond a 64-bit float"),
        },
        _ => shape(place, "it must be a number, or null for a run without one"),
    }
}

fn same_number_of_blocks(cells: &[Cell]) -> Result<(), ComparisonFileError> {
    let blocks = |cell: &Cell| if let Side::Interleaved { pairs } = &cell.side { Some(pairs.len()) } else { None };
    let first = cells.first().and_then(blocks);
    match cells.iter().position(|cell| blocks(cell) != first) {
        None => Ok(()),
        Some(index) => shape(
            format!("cells[{index}].pairs"),
            format!(
                "{} blocks, but cells[0] has {}; blocks are shared by all cells",
                blocks(&cells[index]).unwrap_or(0),
                first.unwrap_or(0)
            ),
        ),
    }
}
