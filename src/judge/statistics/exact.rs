//! The bounds of a proportion of independent events.

use super::{ERROR, beta};

/// The interval of a proportion, `x` of `n` independent events, at 5 % on each side; 0 to 1 without events.
///
/// Source: Clopper & Pearson 1934.
pub(in crate::judge) fn interval(x: u64, n: u64) -> [f64; 2] {
    if n == 0 {
        return [0.0, 1.0];
    }
    let (events, others) = (x as f64, n.saturating_sub(x) as f64);
    let low = if x == 0 { 0.0 } else { beta::inverse(ERROR, events, others + 1.0) };
    let high = if x >= n { 1.0 } else { beta::inverse(1.0 - ERROR, events + 1.0, others) };
    [low, high]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_published_one() {
        // 1 - 0.05^(1/n) bounds none of n (the rule of three); the middle by symmetry.
        let none = interval(0, 20);
        let is = |value: f64, wanted: f64| (value - wanted).abs() < f64::EPSILON;
        assert!(is(none[0], 0.0) && (none[1] - (1.0 - 0.05_f64.powf(1.0 / 20.0))).abs() < 1e-9, "{none:?}");
        let all = interval(20, 20);
        assert!(is(all[1], 1.0) && (all[0] - 0.05_f64.powf(1.0 / 20.0)).abs() < 1e-9, "{all:?}");
        let half = interval(5, 10);
        assert!((half[0] + half[1] - 1.0).abs() < 1e-9, "{half:?}");
        // Clopper & Pearson 1934, 90 %: 5 of 10 lies between 0.2224 and 0.7776.
        assert!((half[0] - 0.2224).abs() < 5e-4, "{half:?}");
        let nothing = interval(0, 0);
        assert!(is(nothing[0], 0.0) && is(nothing[1], 1.0), "{nothing:?}");
    }
}
