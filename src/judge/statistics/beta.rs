//! The Beta distribution's quantiles, which bound a proportion from its counts.
//!
//! The statistics crate's own stop their continued fraction after 140 terms, which is too few above some ten thousand
//! requests (it needs about the square root of their number); so the fraction stands here, and an inverse by bisection.

use statrs::function::gamma::ln_gamma;

/// Terms of the continued fraction; enough for a hundred million requests.
const TERMS: u32 = 20_000;

/// The smallest number that the continued fraction divides by.
const TINY: f64 = 1e-300;

/// The regularised incomplete Beta function: the share of Beta(a, b) below `x`. `a` and `b` are above 0.
///
/// Source: Press et al., Numerical Recipes, section 6.4 (Lentz's method for the continued fraction).
pub(super) fn share_below(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

/// The value that the share `share` of Beta(a, b) lies below. `a` and `b` are above 0.
pub(super) fn inverse(share: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if share_below(a, b, middle) < share { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut over = 1.0;
    let mut under = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut whole = under;
    for term in (1..TERMS).map(f64::from) {
        let even = term * (b - term) * x / ((a - 1.0 + 2.0 * term) * (a + 2.0 * term));
        let odd = -(a + term) * (a + b + term) * x / ((a + 2.0 * term) * (a + 1.0 + 2.0 * term));
        for step in [even, odd] {
            under = 1.0 / away(1.0 + step * under);
            over = away(1.0 + step / over);
            whole *= under * over;
        }
        if (under * over - 1.0).abs() < 1e-14 {
            break;
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::{inverse, share_below};

    /// Clopper and Pearson's bounds for 5 events among 100, from R's `binom.test` (one-sided 5 %).
    #[test]
    fn equals_published_values() {
        assert!((inverse(0.95, 6.0, 95.0) - 0.102_253).abs() < 1e-5, "{}", inverse(0.95, 6.0, 95.0));
        assert!((inverse(0.05, 5.0, 96.0) - 0.019_912).abs() < 1e-5, "{}", inverse(0.05, 5.0, 96.0));
    }

    #[test]
    fn has_its_closed_forms() {
        for n in [1.0, 58.0, 59.0, 2_995.0, 1e6] {
            let upper = inverse(0.95, 1.0, n);
            assert!((upper - (1.0 - 0.05_f64.powf(1.0 / n))).abs() < 1e-12, "{n}: {upper}");
        }
        assert!((share_below(2.0, 2.0, 0.5) - 0.5).abs() < 1e-14);
    }

    #[test]
    fn holds_for_millions_of_requests() {
        let (a, b) = (500_001.0, 9_500_000.0);
        let upper = inverse(0.95, a, b);
        assert!((share_below(a, b, upper) - 0.95).abs() < 1e-8);
        // The normal approximation is good here.
        let normal = 0.05 + 1.645 * (0.05_f64 * 0.95 / 1e7).sqrt();
        assert!((upper - normal).abs() < 1e-6, "{upper} {normal}");
    }
}
