//! The runner's own speed: whether a change is the machine's rather than the app's.

use super::{Cell, CellResult, Scale, cell::mean, stored::anchor_margin};
use crate::judge::Outcome;

/// A ruler that is slower by more than this than in the baseline runs has moved.
const AGAINST_BASELINE: f64 = 0.10;
/// So has one that is slower by more than this at one moment of the run than at another.
const INSIDE_THE_RUN: f64 = 0.05;
/// The machine explains a change when the median cell moved by at least this part of what the ruler did.
const EXPLAINED: f64 = 0.5;
/// A cell may have become slower by so many times what the ruler says, in logarithms: cells that fail are those in which
/// chance added to the machine's part.
const ALLOWANCE: f64 = 3.0;

/// Readings of the ruler: the time that a fixed piece of work took, in any one unit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ruler {
    /// One for each baseline run; empty where nothing is known of them, or nothing is stored (interleaved).
    pub baseline: Vec<f64>,
    /// Those of this run, in order of time.
    pub head: Vec<f64>,
}

/// What is left of a comparison in the light of the ruler: a cell that would fail is invalid when the machine became
/// slower, the cells became slower with it, and the cell by no more than the machine may account for. No number is
/// changed by it; a cell that did not fail stays as it is.
///
/// That last condition is there because a shared machine's ruler moves by its 5 % now and then: without it, the largest
/// regressions of all, which move every cell, would be excused by the smallest unrest.
///
/// `cells` and `results` belong to each other. A ruler without usable readings excuses nothing.
pub fn by_ruler(cells: &[Cell], results: Vec<CellResult>, ruler: &Ruler) -> Vec<CellResult> {
    let Some(moved) = ruler.moved().filter(|moved| explains(cells, &results, *moved)) else { return results };
    let excuse = |(cell, result): (&Cell, CellResult)| match result.outcome {
        Outcome::Failed if accounts_for(cell, &result, moved) => CellResult {
            outcome: Outcome::Invalid,
            detectable: None,
            because: format!(
                "The machine changed: its ruler was {:.1} % slower, and most cells with it, so this change says nothing \
                 about the app.",
                moved.exp_m1() * 100.0
            ),
            ..result
        },
        _ => result,
    };
    cells.iter().zip(results).map(excuse).collect()
}

impl Ruler {
    /// The log change of the ruler where it moved: against the baseline, else inside the run. A machine that became
    /// faster explains no cell that became slower, so it has not moved in this sense.
    fn moved(&self) -> Option<f64> {
        let logs = |readings: &[f64]| -> Option<Vec<f64>> {
            let usable = !readings.is_empty() && readings.iter().all(|reading| reading.is_finite() && *reading > 0.0);
            usable.then(|| readings.iter().map(|reading| reading.ln()).collect())
        };
        let head = logs(&self.head)?;
        let against = logs(&self.baseline).map(|baseline| mean(&head) - mean(&baseline));
        let (low, high) =
            head.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), log| (low.min(*log), high.max(*log)));
        against
            .filter(|change| *change > AGAINST_BASELINE.ln_1p())
            .or_else(|| Some(high - low).filter(|change| *change > INSIDE_THE_RUN.ln_1p()))
    }
}

/// Whether a cell that failed would not have, if it had changed by [`ALLOWANCE`] times so much less. A rate does not follow a machine's
/// speed in proportion, so it is always taken for explained.
fn accounts_for(cell: &Cell, result: &CellResult, moved: f64) -> bool {
    if cell.scale == Scale::Rate {
        return true;
    }
    let stays_beyond = |interval: Option<[f64; 2]>, margin: f64| {
        // An interval beyond a 64-bit float is beyond every margin.
        interval.is_none_or(|[low, _]| low.ln_1p() - ALLOWANCE * moved > cell.threshold(margin))
    };
    let crept = result.anchor.filter(|anchor| anchor.outcome == Outcome::Failed);
    !stays_beyond(result.interval, cell.margin)
        && !crept.is_some_and(|anchor| stays_beyond(anchor.interval, anchor_margin(cell)))
}

/// Whether the median change of the cells that are compared as ratios is at least half of the ruler's.
fn explains(cells: &[Cell], results: &[CellResult], moved: f64) -> bool {
    let ratios = cells.iter().zip(results).filter(|(cell, _)| cell.scale == Scale::Ratio);
    let mut changes: Vec<f64> = ratios.filter_map(|(_, result)| result.change).map(f64::ln_1p).collect();
    changes.sort_by(f64::total_cmp);
    let Some(last) = changes.len().checked_sub(1) else { return false };
    f64::midpoint(changes[last / 2], changes[last.div_ceil(2)]) >= EXPLAINED * moved
}

#[cfg(test)]
mod tests {
    use super::{Ruler, by_ruler};
    use crate::judge::{
        Outcome,
        comparison::{Cell, CellResult, Scale, Side, Worse, stored},
    };

    fn cells(heads: &[f64]) -> Vec<Cell> {
        let cell = |(index, head): (usize, &f64)| Cell {
            name: index.to_string(),
            worse: Worse::Higher,
            scale: Scale::Ratio,
            margin: 0.1,
            side: Side::Stored { baseline: vec![Some(100.0); 20], head: vec![Some(*head)], anchor: vec![] },
        };
        heads.iter().enumerate().map(cell).collect()
    }

    fn judged(heads: &[f64], baseline: &[f64], head: &[f64]) -> (Vec<CellResult>, Vec<CellResult>) {
        let cells = cells(heads);
        let before = stored(&cells);
        let ruler = Ruler { baseline: baseline.to_vec(), head: head.to_vec() };
        (by_ruler(&cells, before.clone(), &ruler), before)
    }

    #[test]
    fn a_slower_machine_excuses_cells_that_became_slower_with_it() {
        let (after, before) = judged(&[114.0, 114.0, 115.0, 100.0], &[1.0; 20], &[1.14, 1.15]);
        assert_eq!(before[0].outcome, Outcome::Failed);
        assert_eq!((after[0].outcome, after[0].detectable), (Outcome::Invalid, None));
        assert_eq!(after[3], before[3], "a cell that did not fail stays as it is");
        assert_eq!(
            (after[0].change, after[0].interval),
            (before[0].change, before[0].interval),
            "no number is rescaled"
        );
        assert!(after[0].because.contains("The machine changed"), "{}", after[0].because);
    }

    #[test]
    fn one_slow_cell_is_not_explained_by_the_machine() {
        let (after, before) = judged(&[150.0, 100.0, 101.0, 104.0], &[1.0; 20], &[1.14]);
        assert_eq!(after, before);
        // The median of these is just above half of the ruler's log change, or just below it.
        let half = 100.0 * 1.2_f64.sqrt();
        assert_eq!(judged(&[120.0, half * 1.000_001, half], &[1.0], &[1.2]).0[0].outcome, Outcome::Invalid);
        assert_eq!(judged(&[120.0, half * 0.999, half * 0.999], &[1.0], &[1.2]).0[0].outcome, Outcome::Failed);
    }

    #[test]
    fn a_small_unrest_of_the_machine_excuses_no_large_regression() {
        let outcomes = |heads: &[f64], head: &[f64]| -> Vec<Outcome> {
            judged(heads, &[1.0; 20], head).0.iter().map(|result| result.outcome).collect()
        };
        assert_eq!(outcomes(&[300.0, 300.0], &[1.0, 1.06]), [Outcome::Failed; 2]);
        assert_eq!(outcomes(&[118.0, 300.0], &[1.0, 1.12]), [Outcome::Invalid, Outcome::Failed]);
        assert_eq!(
            outcomes(&[170.0, 170.0], &[1.0, 1.12]),
            [Outcome::Failed; 2],
            "more than 1.12 cubed and the margin"
        );
    }

    #[test]
    fn a_change_beyond_a_float_is_beyond_what_a_machine_explains() {
        let mut cells = cells(&[114.0, 114.0, 1e300]);
        cells[2].side = Side::Stored { baseline: vec![Some(1e-300); 20], head: vec![Some(1e300)], anchor: vec![] };
        let ruler = Ruler { baseline: vec![1.0; 20], head: vec![1.14] };
        let after = by_ruler(&cells, stored(&cells), &ruler);
        assert_eq!((after[0].outcome, after[2].outcome), (Outcome::Invalid, Outcome::Failed));
        assert_eq!(after[2].interval, None);
    }

    #[test]
    fn the_ruler_moves_by_more_than_ten_percent_against_the_baseline_or_five_inside_the_run() {
        let outcome = |baseline: &[f64], head: &[f64]| judged(&[113.5, 113.5], baseline, head).0[0].outcome;
        assert_eq!(outcome(&[1.0; 5], &[1.099]), Outcome::Failed);
        assert_eq!(outcome(&[1.0; 5], &[1.101]), Outcome::Invalid);
        assert_eq!(outcome(&[1.0; 5], &[1.0, 1.049]), Outcome::Failed);
        assert_eq!(outcome(&[1.0; 5], &[1.0, 1.051, 1.0]), Outcome::Invalid);
        assert_eq!(outcome(&[], &[1.0, 1.051]), Outcome::Invalid, "interleaved: nothing is stored");
        assert_eq!(outcome(&[1.0; 5], &[0.8]), Outcome::Failed, "a faster machine makes nothing slower");
        for unusable in [&[][..], &[f64::NAN], &[0.0], &[-1.0]] {
            assert_eq!(outcome(&[1.0; 5], unusable), Outcome::Failed, "a ruler without readings excuses nothing");
        }
        assert_eq!(outcome(&[f64::NAN], &[1.2]), Outcome::Failed);
    }
}
