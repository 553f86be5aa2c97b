//! A simulated world: runs and blocks whose noise is known.

use fastrand::Rng;
use stagegate::judge::{
    Outcome,
    comparison::{Cell, CellResult, Scale, Side, Worse, interleaved, stored},
};

/// The share of a run's variance that all its cells have in common: cells correlate by 0.6.
const CORRELATION: f64 = 0.6;

/// One run in ten is an outlier: its noise is three times as large.
const OUTLIERS: f64 = 0.1;
const OUTLIER_FACTOR: f64 = 3.0;

/// How often each simulation is repeated: reduced for the suite, or as the environment says.
pub(crate) fn repetitions(reduced: u32) -> u32 {
    std::env::var("STAGEGATE_REPETITIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(reduced)
}

/// A standard normal number (Box & Muller 1958).
pub(crate) fn normal(rng: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.f64()).cos()
}

/// The logarithmic noise of all cells in one run or block, which may be an outlier.
pub(crate) fn noise(rng: &mut Rng, cells: usize, deviation: f64) -> Vec<f64> {
    let factor = if rng.f64() < OUTLIERS { OUTLIER_FACTOR } else { 1.0 };
    calm_noise(rng, cells, factor * deviation)
}

/// The same without outliers.
fn calm_noise(rng: &mut Rng, cells: usize, deviation: f64) -> Vec<f64> {
    let common = normal(rng);
    (0..cells).map(|_| deviation * (CORRELATION.sqrt() * common + (1.0 - CORRELATION).sqrt() * normal(rng))).collect()
}

/// Values of one run: 100 ms, times the change of each cell, times noise.
pub(crate) fn run(rng: &mut Rng, changes: &[f64], deviation: f64) -> Vec<f64> {
    noise(rng, changes.len(), deviation)
        .iter()
        .zip(changes)
        .map(|(noise, change)| 100.0 * change * noise.exp())
        .collect()
}

/// The same without outliers.
pub(crate) fn calm_run(rng: &mut Rng, changes: &[f64], deviation: f64) -> Vec<f64> {
    let noise = calm_noise(rng, changes.len(), deviation);
    noise.iter().zip(changes).map(|(noise, change)| 100.0 * change * noise.exp()).collect()
}

/// Twenty earlier runs of unchanged code.
pub(crate) fn history(rng: &mut Rng, cells: usize, deviation: f64) -> Vec<Vec<f64>> {
    (0..20).map(|_| run(rng, &vec![1.0; cells], deviation)).collect()
}

fn column(runs: &[Vec<f64>], cell: usize) -> Vec<Option<f64>> {
    runs.iter().map(|run| Some(run[cell])).collect()
}

/// Cells of stored runs.
pub(crate) fn stored_cells(baseline: &[Vec<f64>], head: &[Vec<f64>], anchor: &[Vec<f64>], margin: f64) -> Vec<Cell> {
    (0..head[0].len())
        .map(|cell| Cell {
            name: format!("cell {cell}"),
            worse: Worse::Higher,
            scale: Scale::Ratio,
            margin,
            side: Side::Stored {
                baseline: column(baseline, cell),
                head: column(head, cell),
                anchor: column(anchor, cell),
            },
        })
        .collect()
}

/// A stored comparison as `run` makes it: one head run; where a cell would fail, two more, judged together.
pub(crate) fn confirmed(
    rng: &mut Rng,
    baseline: &[Vec<f64>],
    changes: &[f64],
    (deviation, margin): (f64, f64),
) -> Vec<CellResult> {
    let mut head = vec![run(rng, changes, deviation)];
    let results = stored(&stored_cells(baseline, &head, &[], margin));
    if !any_failed(&results) {
        return results;
    }
    head.push(run(rng, changes, deviation));
    head.push(run(rng, changes, deviation));
    stored(&stored_cells(baseline, &head, &[], margin))
}

/// An interleaved comparison: the noise of a block's two sides, and a drift that grows by so much with each half block.
pub(crate) struct Blocks {
    pub(crate) count: usize,
    pub(crate) deviation: f64,
    pub(crate) margin: f64,
    pub(crate) drift: f64,
    pub(crate) fixed_order: bool,
    /// Whether one run in ten is an outlier.
    pub(crate) outliers: bool,
}

impl Blocks {
    /// Measures and compares.
    pub(crate) fn compare(&self, rng: &mut Rng, changes: &[f64]) -> Vec<CellResult> {
        let mut pairs = vec![Vec::new(); changes.len()];
        let mut base_first: Vec<bool> = (0..self.count).map(|block| block % 2 == 0).collect();
        rng.shuffle(&mut base_first);
        let mut slot: f64 = 0.0;
        for first in base_first {
            // The sd is that of a block's difference, so each side has it divided by the square root of two.
            let side = self.deviation / std::f64::consts::SQRT_2;
            let measure = if self.outliers { run } else { calm_run };
            let mut base = measure(rng, &vec![1.0; changes.len()], side);
            let mut head = measure(rng, changes, side);
            let (early, late) = ((1.0 + self.drift).powf(slot), (1.0 + self.drift).powf(slot + 1.0));
            let base_is_early = first || self.fixed_order;
            let (of_base, of_head) = if base_is_early { (early, late) } else { (late, early) };
            for value in &mut base {
                *value *= of_base;
            }
            for value in &mut head {
                *value *= of_head;
            }
            slot += 2.0;
            for (cell, pairs) in pairs.iter_mut().enumerate() {
                pairs.push([Some(base[cell]), Some(head[cell])]);
            }
        }
        let cells: Vec<Cell> = pairs
            .into_iter()
            .enumerate()
            .map(|(cell, pairs)| Cell {
                name: format!("cell {cell}"),
                worse: Worse::Higher,
                scale: Scale::Ratio,
                margin: self.margin,
                side: Side::Interleaved { pairs },
            })
            .collect();
        interleaved(&cells)
    }
}

pub(crate) fn any_failed(results: &[CellResult]) -> bool {
    results.iter().any(|result| result.outcome == Outcome::Failed)
}

/// A share that was counted, with its standard error, for assertions that allow for few repetitions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    pub(crate) of: u32,
    pub(crate) hits: u32,
}

impl Share {
    /// Counts the repetitions in which something happened.
    pub(crate) fn count(of: u32, mut happened: impl FnMut(&mut Rng) -> bool, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let hits = (0..of).filter(|_| happened(&mut rng)).count() as u32;
        Self { of, hits }
    }

    pub(crate) fn value(self) -> f64 {
        f64::from(self.hits) / f64::from(self.of)
    }

    /// Three standard errors at a true share.
    fn slack(self, truth: f64) -> f64 {
        3.0 * (truth * (1.0 - truth) / f64::from(self.of)).sqrt()
    }

    #[track_caller]
    pub(crate) fn at_most(self, truth: f64, what: &str) {
        println!("{what}: {:.2} % of {} (at most {:.2} %)", 100.0 * self.value(), self.of, 100.0 * truth);
        assert!(self.value() <= truth + self.slack(truth), "{what}: {:.2} %", 100.0 * self.value());
    }

    #[track_caller]
    pub(crate) fn between(self, (low, high): (f64, f64), what: &str) {
        let (value, of) = (self.value(), self.of);
        println!("{what}: {:.2} % of {of} ({:.2} to {:.2} %)", 100.0 * value, 100.0 * low, 100.0 * high);
        let holds = value >= low - self.slack(low) && value <= high + self.slack(high);
        assert!(holds, "{what}: {:.2} %", 100.0 * value);
    }

    /// For a mutation: what a check allows is exceeded, by more than chance explains.
    #[track_caller]
    pub(crate) fn above(self, allowed: f64, what: &str) {
        println!("{what}: {:.2} % of {} (the check allows {:.2} %)", 100.0 * self.value(), self.of, 100.0 * allowed);
        assert!(self.value() > allowed + self.slack(allowed), "{what}: {:.2} %", 100.0 * self.value());
    }

    #[track_caller]
    pub(crate) fn at_least(self, truth: f64, what: &str) {
        println!("{what}: {:.2} % of {} (at least {:.2} %)", 100.0 * self.value(), self.of, 100.0 * truth);
        assert!(self.value() >= truth - self.slack(truth), "{what}: {:.2} %", 100.0 * self.value());
    }
}
