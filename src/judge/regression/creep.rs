//! How a cell got from the anchor to this run: in many small steps, or in a large one.

use super::Entry;
use crate::judge::{
    Creep,
    comparison::{Side, anchor_margin},
};

/// The values of one cell from the anchor to this run.
pub(super) struct Way<'a> {
    /// The anchor's runs.
    pub(super) anchor: &'a [f64],
    /// The stored runs after them, oldest first.
    pub(super) since: &'a [f64],
    /// This run, with its repetitions and confirmations.
    pub(super) head: &'a [f64],
}

/// The way of one cell; `None` without an anchor, without a head, or where a value cannot be compared.
pub(super) fn of(entry: &Entry<'_>, way: &Way<'_>) -> Option<Creep> {
    let base = entry.typical(way.anchor)?;
    let head = entry.typical(way.head)?;
    let cell = entry.cell(Side::Stored { baseline: vec![], head: vec![], anchor: vec![] });
    let since = way.since.iter().map(|value| (*value, 1.0));
    let values = std::iter::once((base, way.anchor.len() as f64)).chain(since);
    let values = values.chain([(head, way.head.len() as f64)]);
    let scores: Option<Vec<(f64, f64)>> =
        values.map(|(value, weight)| Some((cell.score(Some(value))?, weight))).collect();
    Some(Creep {
        base,
        margin: anchor_margin(&cell),
        runs: way.since.len() + 1,
        largest_step: cell.change(largest_step(&scores?))?,
    })
}

/// The largest step of the rising curve that fits weighted values best (least squares; Ayer et al. 1955, "pool adjacent
/// violators"); 0 where nothing rises. Differences of neighbours would be the noise of single runs.
fn largest_step(values: &[(f64, f64)]) -> f64 {
    let mut levels: Vec<(f64, f64)> = Vec::new();
    for (value, weight) in values {
        let (mut level, mut weight) = (*value, *weight);
        while let Some((before, its)) = levels.pop_if(|(before, _)| *before >= level) {
            level = (level * weight + before * its) / (weight + its);
            weight += its;
        }
        levels.push((level, weight));
    }
    levels.windows(2).map(|pair| pair[1].0 - pair[0].0).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::largest_step;

    fn step(values: &[f64]) -> f64 {
        largest_step(&values.iter().map(|value| (*value, 1.0)).collect::<Vec<_>>())
    }

    #[test]
    fn equal_steps_are_each_the_largest() {
        let creep: Vec<f64> = (0..20).map(|run| f64::from(run) * 0.01).collect();
        assert!((step(&creep) - 0.01).abs() < 1e-12, "{}", step(&creep));
    }

    #[test]
    fn one_jump_is_the_largest_step() {
        assert!((step(&[0.0, 0.0, 0.0, 0.2, 0.2]) - 0.2).abs() < 1e-12);
    }

    #[test]
    fn what_falls_or_stays_has_no_step() {
        for values in [&[0.3, 0.2, 0.1][..], &[0.1, 0.1], &[0.1], &[]] {
            assert!(step(values).abs() < 1e-12, "{values:?}");
        }
    }

    #[test]
    fn the_noise_of_single_runs_is_no_step() {
        // A creep of 1 % a run under a zigzag of 3 %: neighbours differ by up to 7 %.
        let noisy: Vec<f64> =
            (0..24).map(|run| f64::from(run) * 0.01 + if run % 2 == 0 { -0.03 } else { 0.03 }).collect();
        let neighbours = noisy.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
        assert!(neighbours > 0.065 && step(&noisy[1..23]) < 0.025, "{neighbours} {}", step(&noisy[1..23]));
    }

    #[test]
    fn many_runs_weigh_more_than_one() {
        let heavy = largest_step(&[(0.0, 10.0), (-0.2, 1.0), (0.1, 1.0)]);
        assert!((heavy - (0.1 + 0.2 / 11.0)).abs() < 1e-12, "{heavy}");
    }
}
