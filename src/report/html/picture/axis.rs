//! Axes: where a value lies, and which values are written beside it.

use std::ops::Range;

use plotters::coord::{
    ranged1d::{DefaultFormatting, KeyPointHint, Ranged},
    types::RangedCoordf64,
};

/// Values that lie further apart than this are told apart on a logarithmic axis only.
const WIDE: f64 = 25.0;

/// Steps between the ticks of an axis of time, in seconds.
const STEPS: [f64; 16] =
    [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 21600.0, 86400.0];

/// An axis as the library draws with it: places, and ticks where we want them.
pub(super) struct Coordinates {
    ends: Range<f64>,
    ticks: Vec<f64>,
}

impl Ranged for Coordinates {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, place: &f64, pixels: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.ends.clone()).map(place, pixels)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.ends.clone()
    }
}

/// One axis. A logarithmic one is drawn as an even one of logarithms.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    ticks: Vec<f64>,
}

impl Axis {
    /// From 0 to a little above the largest value.
    pub(super) fn from_zero(values: impl Iterator<Item = f64>) -> Self {
        Self::upwards(values, 4)
    }

    /// From 0 to a little above the largest value, with about so many ticks.
    fn upwards(values: impl Iterator<Item = f64>, about: u32) -> Self {
        let largest = values.filter(|value| value.is_finite()).fold(0.0, f64::max);
        let high = if largest > 0.0 { largest * 1.12 } else { 1.0 };
        Self { low: 0.0, high, logarithmic: false, ticks: ticks(0.0, high, about) }
    }

    /// For times: even where all values can be told apart so, else logarithmic.
    pub(super) fn of_times(values: impl Iterator<Item = f64> + Clone) -> Self {
        let positive = values.clone().filter(|value| value.is_finite() && *value > 0.0);
        let (low, high) = positive.fold((f64::INFINITY, 0.0), |(low, high), value| (value.min(low), value.max(high)));
        if high / low > WIDE { Self::logarithmic(low * 0.8, high * 1.35) } else { Self::upwards(values, 5) }
    }

    /// From one positive value to another, by powers.
    pub(super) fn logarithmic(low: f64, high: f64) -> Self {
        let (low, high) = (low.max(1e-6), high.max(low.max(1e-6) * 1.01));
        let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
        let within = |value: &f64| (low..=high).contains(value);
        let of = |parts: &[f64]| -> Vec<f64> {
            let all = decades.clone().flat_map(|decade| parts.iter().map(move |part| part * 10_f64.powi(decade)));
            all.filter(within).collect()
        };
        let candidates = [of(&[1.0, 2.0, 5.0]), of(&[1.0, 3.0]), of(&[1.0])];
        let ticks = candidates.iter().find(|ticks| ticks.len() <= 8).unwrap_or(&candidates[2]).clone();
        Self { low, high, logarithmic: true, ticks }
    }

    /// On both sides of zero, for changes.
    pub(super) fn around_zero(values: impl Iterator<Item = f64>) -> Self {
        let start = (-0.01_f64, 0.01_f64);
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold(start, |(low, high), value| (value.min(low), value.max(high)));
        let room = (high - low) * 0.06;
        let (low, high) = (low - room, high + room);
        Self { low, high, logarithmic: false, ticks: ticks(low, high, 6) }
    }

    /// From 0 to so many seconds.
    pub(super) fn of_seconds(total: f64) -> Self {
        let high = total.max(1.0);
        let step = STEPS.into_iter().find(|step| high / step <= 12.0).unwrap_or(high);
        let ticks = (0..=(high / step) as u32).map(|at| f64::from(at) * step).collect();
        Self { low: 0.0, high, logarithmic: false, ticks }
    }

    /// By powers from one value to another, with ticks at these.
    pub(super) fn with_ticks(low: f64, high: f64, ticks: Vec<f64>) -> Self {
        Self { low, high, logarithmic: true, ticks }
    }

    /// From one value to another, without ticks.
    pub(super) fn between(low: f64, high: f64) -> Self {
        Self { low, high, logarithmic: false, ticks: Vec::new() }
    }

    /// So many rows of height 1, without ticks.
    pub(super) fn with_rows(rows: usize) -> Self {
        Self::between(0.0, rows as f64)
    }

    /// Whether equal distances are equal ratios.
    pub(super) fn is_logarithmic(&self) -> bool {
        self.logarithmic
    }

    /// Where a value is drawn; one outside the axis at its end.
    pub(super) fn place(&self, value: f64) -> f64 {
        let value = if value.is_finite() { value } else { self.high };
        self.scaled(value.clamp(self.low, self.high))
    }

    /// How far along the axis a value is drawn, from 0 to 1.
    pub(super) fn share(&self, value: f64) -> f64 {
        let [low, high] = [self.low, self.high].map(|end| self.scaled(end));
        (self.place(value) - low) / (high - low)
    }

    /// The value that is drawn at a place.
    pub(super) fn value(&self, place: f64) -> f64 {
        if self.logarithmic { 10_f64.powf(place) } else { place }
    }

    /// Its upper end, as a value.
    pub(super) fn high(&self) -> f64 {
        self.high
    }

    /// Its lower end.
    pub(super) fn low(&self) -> f64 {
        self.low
    }

    /// For the library.
    pub(super) fn coordinates(&self) -> Coordinates {
        let ticks = self.ticks.iter().map(|tick| self.scaled(*tick)).collect();
        Coordinates { ends: self.scaled(self.low)..self.scaled(self.high), ticks }
    }

    fn scaled(&self, value: f64) -> f64 {
        if self.logarithmic { value.max(1e-9).log10() } else { value }
    }
}

/// About so many round values between two others.
fn ticks(low: f64, high: f64, about: u32) -> Vec<f64> {
    let rough = (high - low) / f64::from(about);
    let decade = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|part| part * decade).find(|step| *step >= rough * 0.99);
    let Some(step) = step.filter(|step| step.is_finite() && *step > 0.0) else { return vec![low, high] };
    let first = (low / step).ceil();
    (0..=2 * about).map(|at| (first + f64::from(at)) * step).filter(|tick| *tick <= high).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_far_apart_get_a_logarithmic_axis() {
        let near = Axis::of_times([20.0, 200.0].into_iter());
        assert!(!near.is_logarithmic() && near.ticks == [0.0, 50.0, 100.0, 150.0, 200.0], "{near:?}");
        let far = Axis::of_times([20.0, 1_500.0].into_iter());
        assert!(far.is_logarithmic() && far.ticks == [20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0], "{far:?}");
    }

    #[test]
    fn what_lies_outside_is_drawn_at_the_end() {
        let axis = Axis::from_zero([10.0].into_iter());
        for value in [f64::INFINITY, f64::NAN, 1e300] {
            assert!((axis.place(value) - axis.high()).abs() < 1e-9, "{value}");
        }
        assert!(axis.place(-5.0).abs() < 1e-9);
        for strange in [0.0, f64::MAX, f64::MIN_POSITIVE] {
            assert!(!Axis::from_zero([strange].into_iter()).ticks.is_empty(), "{strange}");
            assert!(!Axis::around_zero([strange, -strange].into_iter()).ticks.is_empty(), "{strange}");
        }
    }

    #[test]
    fn time_has_round_ticks() {
        assert_eq!(Axis::of_seconds(95.0).ticks, [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0]);
        assert_eq!(Axis::of_seconds(420.0).ticks, [0.0, 60.0, 120.0, 180.0, 240.0, 300.0, 360.0, 420.0]);
    }
}
