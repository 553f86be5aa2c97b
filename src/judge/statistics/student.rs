//! Student's t distribution.

use statrs::distribution::{Continuous, ContinuousCDF, StudentsT};

fn student(degrees: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, degrees).expect("at least two values give at least one degree of freedom")
}

/// The value below which a share of the distribution lies. The library's inverse runs out of digits at the far ends, so
/// the distribution function itself is solved.
pub(in crate::judge) fn quantile(share: f64, degrees: f64) -> f64 {
    if share < 0.5 {
        return -quantile(1.0 - share, degrees);
    }
    upper_quantile(1.0 - share, degrees)
}

/// The value above which a share of at most one half lies.
///
/// Newton's steps on the distribution function, kept between two bounds; where a step leaves them, the middle.
pub(in crate::judge) fn upper_quantile(share: f64, degrees: f64) -> f64 {
    let distribution = student(degrees);
    let (mut low, mut high) = (0.0, 1.0);
    while distribution.sf(high) > share && high < 1e300 {
        low = high;
        high *= 2.0;
    }
    let mut value = f64::midpoint(low, high);
    for _ in 0..200 {
        let beyond = distribution.sf(value) - share;
        let bound = if beyond > 0.0 { &mut low } else { &mut high };
        *bound = value;
        let step = value + beyond / distribution.pdf(value);
        let next = if step > low && step < high { step } else { f64::midpoint(low, high) };
        if (next - value).abs() <= f64::EPSILON * value {
            break;
        }
        value = next;
    }
    value
}

/// The share above a value.
pub(in crate::judge) fn upper(value: f64, degrees: f64) -> f64 {
    student(degrees).sf(value)
}

#[cfg(test)]
mod tests {
    use super::{quantile, upper, upper_quantile};

    /// Values of the usual tables.
    #[test]
    fn equals_the_tables() {
        for (share, degrees, value) in [
            (0.95, 19.0, 1.729_133),
            (0.80, 19.0, 0.860_951),
            (0.99, 4.0, 3.746_947),
            (0.95, 7.0, 1.894_579),
            (0.9995, 10.0, 4.586_894),
        ] {
            assert!((quantile(share, degrees) - value).abs() < 2e-6, "{share} {degrees}: {}", quantile(share, degrees));
            assert!((quantile(1.0 - share, degrees) + value).abs() < 2e-6);
            assert!((upper(value, degrees) - (1.0 - share)).abs() < 1e-6);
        }
    }

    #[test]
    fn far_tails_stay_finite() {
        let value = upper_quantile(0.01 / 1000.0, 4.0);
        assert!(value.is_finite() && (upper(value, 4.0) / 1e-5 - 1.0).abs() < 1e-9, "{value}");
    }
}
