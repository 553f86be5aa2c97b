//! Interleaved comparison: base and head measured in turn, block by block, on the same machine.

use super::cell::{Cell, CellResult, FAMILY_ERROR, Side, deviation, mean};
use crate::judge::{Outcome, statistics::student};

/// Fewer blocks never decide: two to the power of seven sign vectors cannot show one in a hundred with room to spare.
const ENOUGH: usize = 8;
/// Fewer blocks give no spread.
const FEWEST: usize = 2;
/// Most blocks: every sign vector is looked at.
const MOST: usize = 12;
/// Smallest standard deviation between blocks.
const FLOOR: f64 = 1e-4;
/// Relative difference within which two statistics count as equal.
const TIE: f64 = 1e-9;
/// A share of the sum of squares below which the short way to the spread is not exact enough for [`TIE`].
const CANCELLED: f64 = 1e-4;

/// Compares cells whose blocks were measured in turn; one result per cell, in order. A cell with another number of
/// blocks than the first comparable one, or with more than twelve, is invalid.
pub fn interleaved(cells: &[Cell]) -> Vec<CellResult> {
    let mut prepared: Vec<Result<Vec<f64>, Box<CellResult>>> = cells.iter().map(differences).collect();
    let blocks = prepared.iter().flatten().map(Vec::len).next().unwrap_or(0);
    for (cell, slot) in cells.iter().zip(&mut prepared) {
        if slot.as_ref().is_ok_and(|blocks_of_cell| blocks_of_cell.len() != blocks || blocks > MOST) {
            let because = format!("The cells do not have the same number of blocks, at most {MOST}.");
            *slot = Err(cell.without_comparison(Outcome::Invalid, because));
        }
    }
    let family: Vec<&Vec<f64>> = prepared.iter().flatten().collect();
    let largest = largest_statistics(&family, blocks);
    cells
        .iter()
        .zip(&prepared)
        .map(|(cell, prepared)| match prepared {
            Err(result) => CellResult::clone(result),
            Ok(differences) => result(cell, differences, &largest),
        })
        .collect()
}

/// Head less base for each block, in scores.
fn differences(cell: &Cell) -> Result<Vec<f64>, Box<CellResult>> {
    let invalid = |because: &str| cell.without_comparison(Outcome::Invalid, because.to_owned());
    let Side::Interleaved { pairs } = &cell.side else {
        return Err(invalid("The cell has stored runs where pairs belong."));
    };
    if pairs.len() < FEWEST {
        return Err(invalid("Fewer than two blocks were measured, so nothing was compared."));
    }
    let difference = |pair: &[Option<f64>; 2]| Some(cell.score(pair[1])? - cell.score(pair[0])?);
    let differences: Option<Vec<f64>> = pairs.iter().map(difference).collect();
    differences
        .ok_or_else(|| invalid("A block has a value that is missing, zero or negative, so nothing was compared."))
}

/// Mean over its standard error, and that error.
fn statistic(differences: &[f64]) -> (f64, f64) {
    let error = deviation(differences).max(FLOOR) / (differences.len() as f64).sqrt();
    (mean(differences) / error, error)
}

/// For each sign vector, the identity first, the largest statistic over all cells. A vector flips whole blocks, the same
/// for all cells, so that their correlation is kept. Source: Westfall & Young 1993.
fn largest_statistics(family: &[&Vec<f64>], blocks: usize) -> Vec<f64> {
    if family.is_empty() {
        return Vec::new();
    }
    let mut largest = vec![f64::NEG_INFINITY; 1 << blocks];
    for cell in family {
        for (largest, statistic) in largest.iter_mut().zip(flipped_statistics(cell)) {
            *largest = largest.max(statistic);
        }
    }
    largest
}

/// The statistic of one cell for each sign vector, the identity first. A vector differs from one that flips a block less
/// by that block only, and the sum of squares is the same for all.
fn flipped_statistics(differences: &[f64]) -> Vec<f64> {
    let count = differences.len() as f64;
    let squares: f64 = differences.iter().map(|difference| difference * difference).sum();
    let mut sums = vec![differences.iter().sum::<f64>(); 1 << differences.len()];
    for signs in 1..sums.len() {
        let block = signs.trailing_zeros() as usize;
        sums[signs] = sums[signs & (signs - 1)] - 2.0 * differences[block];
    }
    let of = |(signs, sum): (usize, f64)| {
        let centre = sum / count;
        let spread = squares - count * centre * centre;
        if spread < CANCELLED * squares {
            // The difference of two nearly equal numbers has lost its digits.
            let flip = |(block, value): (usize, &f64)| if signs >> block & 1 == 1 { -value } else { *value };
            return statistic(&differences.iter().enumerate().map(flip).collect::<Vec<_>>()).0;
        }
        centre / ((spread / (count - 1.0)).sqrt().max(FLOOR) / count.sqrt())
    };
    sums.into_iter().enumerate().map(of).collect()
}

fn result(cell: &Cell, differences: &[f64], largest: &[f64]) -> CellResult {
    let blocks = differences.len();
    let centre = mean(differences);
    let (statistic, error) = statistic(differences);
    let reach = student::quantile(0.95, blocks as f64 - 1.0) * error;
    let at_least = largest.iter().filter(|other| **other >= statistic - TIE * statistic.abs()).count();
    let p_adjusted = at_least as f64 / largest.len() as f64;
    let threshold = cell.threshold(cell.margin);
    let outcome = if blocks < ENOUGH {
        Outcome::Inconclusive
    } else if centre + reach < threshold {
        Outcome::Passed
    } else if p_adjusted <= FAMILY_ERROR && centre - reach > threshold {
        Outcome::Failed
    } else {
        Outcome::Inconclusive
    };
    let margin = cell.words(cell.margin);
    let because = match outcome {
        Outcome::Passed => format!("The whole interval lies below the margin of {margin} ({blocks} blocks)."),
        Outcome::Failed => format!("The whole interval lies above the margin of {margin} ({blocks} blocks)."),
        _ if blocks < ENOUGH => format!("{blocks} blocks; a decision needs {ENOUGH}."),
        _ if centre - reach <= threshold => {
            format!("The interval holds the margin of {margin}, so {blocks} blocks do not decide.")
        }
        _ => format!(
            "It is beyond the margin of {margin}, but among so many comparisons chance may do that ({blocks} blocks)."
        ),
    };
    CellResult {
        name: cell.name.clone(),
        outcome,
        change: cell.change(centre),
        interval: cell.interval(centre, reach),
        p_adjusted: Some(p_adjusted),
        detectable: detectable(cell, largest, blocks, error),
        because,
        anchor: None,
    }
}

/// The smallest change that would have failed with 80 % power; null below eight blocks.
fn detectable(cell: &Cell, largest: &[f64], blocks: usize, error: f64) -> Option<f64> {
    if blocks < ENOUGH {
        return None;
    }
    let degrees = blocks as f64 - 1.0;
    let power = student::quantile(0.80, degrees);
    let mut others = largest[1..].to_vec();
    others.sort_by(|a, b| b.total_cmp(a));
    let rank = (FAMILY_ERROR * largest.len() as f64).floor() as usize;
    let critical = others[rank - 1];
    let margin = cell.threshold(cell.margin) + (student::quantile(0.95, degrees) + power) * error;
    cell.change(margin.max((critical + power) * error))
}
