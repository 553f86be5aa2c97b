//! The latency of one endpoint as percentiles, the rare ones as wide as the common ones (after the plots of `HdrHistogram`).

use super::{
    Key, Picture,
    axis::Axis,
    canvas::{Frame, Plot, Words, draw},
    ink::{self, Ink},
};
use crate::units::number;

const SIZE: (u32, u32) = (560, 300);

/// So many points for each tenfold of 1 / (1 - q).
const POINTS: f64 = 14.0;

/// The latency of one phase.
pub(in crate::report::html) struct Curve {
    /// The phase.
    pub(in crate::report::html) name: String,
    /// Its place in the ladder, and the length of the ladder.
    pub(in crate::report::html) place: [usize; 2],
    /// Shares and milliseconds, ascending.
    pub(in crate::report::html) points: Vec<(f64, f64)>,
}

/// A value that the baseline has.
pub(in crate::report::html) struct Baseline {
    /// The place of its phase in the ladder.
    pub(in crate::report::html) phase: usize,
    /// The share.
    pub(in crate::report::html) q: f64,
    /// Milliseconds.
    pub(in crate::report::html) value: f64,
}

impl Curve {
    /// The shares that a curve of so many times has points for: up to the one that the slowest request alone is beyond.
    pub(in crate::report::html) fn shares(times: u64) -> Vec<f64> {
        let decades = (times.max(2) as f64).log10();
        let points = (decades * POINTS).ceil();
        (0..=points as u32).map(|at| 1.0 - 10_f64.powf(-decades * f64::from(at) / points)).collect()
    }
}

/// The picture; `None` without a curve.
pub(in crate::report::html) fn distribution(
    (id, endpoint): (&str, &str),
    curves: &[Curve],
    baseline: &[Baseline],
) -> Option<Picture> {
    let rarest = curves.iter().flat_map(|curve| &curve.points).map(|(q, _)| *q).fold(0.0, f64::max);
    if curves.is_empty() || rarest <= 0.0 {
        return None;
    }
    let x = shares_axis(rarest);
    let times = || curves.iter().flat_map(|curve| &curve.points).map(|(_, time)| *time);
    let y = Axis::of_times(times().chain(baseline.iter().map(|one| one.value)));
    let phases: Vec<_> = curves.iter().map(|curve| curve.name.as_str()).collect();
    let description = format!(
        "Latency of {endpoint} by percentile, one line for each phase: {}. The table below has the numbers.",
        phases.join(", ")
    );
    let title = format!("Latency of {endpoint} by percentile");
    let words = Words { id, title: &title, description: &description };
    let svg = draw(SIZE, &words, |area| {
        let frame = Frame { space: [12, 20, 30, 74], x_words: Some(&percentile), y_words: Some(&number::milliseconds) };
        let mut plot = Plot::on(area, (x, y), &frame)?;
        for curve in curves {
            let points: Vec<_> = curve.points.iter().map(|(q, time)| (rarity(*q), *time)).collect();
            plot.line(&points, ink_of(curve.place), 2)?;
        }
        for one in baseline {
            let of = curves.first().map_or(1, |curve| curve.place[1]);
            plot.ring((rarity(one.q), one.value), ink_of([one.phase, of]), 5)?;
        }
        Ok(())
    })?;
    Some(Picture { key: key(curves, baseline), title, svg })
}

fn key(curves: &[Curve], baseline: &[Baseline]) -> Vec<Key> {
    let mut key: Vec<Key> =
        curves.iter().map(|curve| Key::new("line", ink_of(curve.place), curve.name.clone())).collect();
    if !baseline.is_empty() {
        key.push(Key::new("ring", ink::SOFT, "baseline, in its phase's colour"));
    }
    key
}

fn ink_of([at, of]: [usize; 2]) -> Ink {
    Ink::of_phase(at, of)
}

/// 1 / (1 - q): how many requests it takes to meet one beyond the percentile.
fn rarity(q: f64) -> f64 {
    1.0 / (1.0 - q).max(1e-9)
}

fn shares_axis(rarest: f64) -> Axis {
    let high = rarity(rarest).max(10.0);
    let nines = (1..=9).map(|nines| 10_f64.powi(nines));
    let ticks = [1.0, 2.0, 4.0].into_iter().chain(nines).filter(|tick| *tick <= high * 1.001);
    Axis::with_ticks(1.0, high, ticks.collect())
}

/// The percentile at a rarity: `p90`, `p99.9`.
fn percentile(rarity: f64) -> String {
    let percent = (1.0 - 1.0 / rarity) * 100.0;
    let decimals = if rarity > 99.0 { (rarity.log10().round() as usize).saturating_sub(2) } else { 0 };
    if rarity < 1.5 { "min".to_owned() } else { format!("p{percent:.decimals$}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_written_with_the_digits_that_tell_them_apart() {
        let written: Vec<_> = [1.0, 2.0, 4.0, 10.0, 100.0, 1_000.0, 10_000.0].map(percentile).into();
        assert_eq!(written, ["min", "p50", "p75", "p90", "p99", "p99.9", "p99.99"]);
    }

    #[test]
    fn a_curve_ends_where_one_request_alone_is_beyond() {
        let shares = Curve::shares(1_000);
        assert!(shares[0].abs() < 1e-9 && (shares.last().expect("it has points") - 0.999).abs() < 1e-9);
        assert!(shares.is_sorted());
    }
}
