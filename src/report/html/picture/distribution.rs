//! The latency of one endpoint as percentiles, the rare ones as wide as the common ones (after the plots of `HdrHistogram`).

use super::{
    Key, Picture,
    axis::Axis,
    canvas::{Drawn, Frame, Plot, Words, draw},
    ink::{self, Ink},
    mark::{Mark, numbered},
};
use crate::units::number;

const SIZE: (u32, u32) = (560, 300);

/// Space beside the plot: above, right, below, left.
const SPACE: [u32; 4] = [12, 20, 30, 74];

/// So many points for each tenfold of 1 / (1 - q).
const POINTS: f64 = 14.0;

/// The latency of one phase.
pub(in crate::report::html) struct Curve {
    /// The phase.
    pub(in crate::report::html) name: String,
    /// Its place in the ladder, and the length of the ladder.
    pub(in crate::report::html) place: [usize; 2],
    /// Where it was measured.
    pub(in crate::report::html) side: Side,
    /// Shares and milliseconds, ascending.
    pub(in crate::report::html) points: Vec<(f64, f64)>,
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report::html) enum Side {
    /// The deployment under test.
    Head,
    /// What it was compared with: the base, block by block, or stored runs.
    Base,
}

/// What a run was compared with, in the words of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report::html) enum With {
    /// A second deployment.
    Base,
    /// Runs of a store. They are no `baseline` here, because a phase may have that name.
    StoredRuns,
}

impl With {
    fn words(self) -> &'static str {
        match self {
            Self::Base => "base of the comparison",
            Self::StoredRuns => "stored runs",
        }
    }

    /// Behind the name of a phase.
    pub(in crate::report::html) fn row(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::StoredRuns => "stored runs",
        }
    }
}

/// A value that the other side has, where its distribution is not known.
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
    (curves, baseline): (&[Curve], &[Baseline]),
    with: With,
) -> Option<Picture> {
    let rarest = curves.iter().flat_map(|curve| &curve.points).map(|(q, _)| *q).fold(0.0, f64::max);
    if curves.is_empty() || rarest <= 0.0 {
        return None;
    }
    let x = shares_axis(rarest);
    let times = || curves.iter().flat_map(|curve| &curve.points).map(|(_, time)| *time);
    let y = Axis::of_times(times().chain(baseline.iter().map(|one| one.value)));
    let phases: Vec<_> = curves.iter().filter(|curve| curve.side == Side::Head).map(|curve| &*curve.name).collect();
    let dashed = format!(", dashed for the {}", with.words());
    let compared = if curves.len() > phases.len() { &*dashed } else { "" };
    let description = format!(
        "Latency of {endpoint} by percentile, one line for each phase{compared}: {}. The table below has the numbers.",
        phases.join(", ")
    );
    let title = format!("Latency of {endpoint} by percentile");
    let words = Words { id, title: &title, description: &description };
    let svg = draw(SIZE, &words, |area| {
        let frame = Frame { space: SPACE, x_words: Some(&percentile), y_words: Some(&number::milliseconds) };
        let mut plot = Plot::on(area, (x.clone(), y.clone()), &frame)?;
        for curve in curves {
            match curve.side {
                Side::Head => plot.line(&curve.places(), curve.ink(), 2)?,
                Side::Base => plot.dashes(&curve.places(), curve.ink(), 2)?,
            }
        }
        for one in baseline {
            let of = curves.first().map_or(1, |curve| curve.place[1]);
            let (at, ink) = ((rarity(one.q), one.value), Ink::of_phase(one.phase, of));
            if of > 1 { plot.mark(at, ink, Mark::Ring(one.phase + 1))? } else { plot.ring(at, ink, 5)? }
        }
        let rings: Vec<_> = baseline.iter().map(|one| units((&x, &y), (rarity(one.q), one.value))).collect();
        number_lines(&mut plot, (&x, &y), curves, &rings)
    })?;
    Some(Picture { key: key(curves, baseline, with), title, svg })
}

/// The number of its phase on each line, where there are several phases.
fn number_lines(plot: &mut Plot<'_, '_>, axes: (&Axis, &Axis), curves: &[Curve], taken: &[(f64, f64)]) -> Drawn {
    let lines: Vec<Vec<_>> =
        curves.iter().map(|curve| curve.places().into_iter().map(|place| units(axes, place)).collect()).collect();
    for (at, place) in numbered(&lines, taken) {
        let curve = &curves[at];
        if let Some(mark) = curve.mark() {
            plot.mark(curve.places()[place], curve.ink(), mark)?;
        }
    }
    Ok(())
}

/// A place in the picture's own units, from the plot's lower left corner.
fn units((x, y): (&Axis, &Axis), (rarity, time): (f64, f64)) -> (f64, f64) {
    let [above, right, below, left] = SPACE;
    let (width, height) = (SIZE.0 - left - right, SIZE.1 - above - below);
    (x.share(rarity) * f64::from(width), y.share(time) * f64::from(height))
}

impl Curve {
    fn ink(&self) -> Ink {
        Ink::of_phase(self.place[0], self.place[1])
    }

    /// The number of its phase; `None` where there is only one.
    fn mark(&self) -> Option<Mark> {
        let [at, of] = self.place;
        (of > 1).then(|| match self.side {
            Side::Head => Mark::Number(at + 1),
            Side::Base => Mark::Ring(at + 1),
        })
    }

    /// Its points as they are drawn.
    fn places(&self) -> Vec<(f64, f64)> {
        self.points.iter().map(|(q, time)| (rarity(*q), *time)).collect()
    }
}

fn key(curves: &[Curve], baseline: &[Baseline], with: With) -> Vec<Key> {
    let line = |curve: &Curve| {
        let key = Key::new("line", curve.ink(), curve.name.clone());
        match curve.mark() {
            Some(mark) => key.marked(mark),
            None => key,
        }
    };
    let mut key: Vec<Key> = curves.iter().filter(|curve| curve.side == Side::Head).map(line).collect();
    let alone = key.len() < 2 && curves.first().is_none_or(|curve| curve.mark().is_none());
    let base = curves.iter().find(|curve| curve.side == Side::Base);
    let numbered = format!("{}, with the number and colour of its phase", with.words());
    key.extend(base.map(|base| {
        if alone {
            Key::new("dashes", base.ink(), with.words())
        } else {
            Key::new("dashes", ink::SOFT, &*numbered).ringed()
        }
    }));
    if !baseline.is_empty() {
        key.push(Key::new("ring", ink::SOFT, if alone { with.words() } else { &*numbered }));
    }
    key
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
