//! Student's t distribution.

use statrs::distribution::{ContinuousCDF, StudentsT};

fn student(degrees: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, degrees).expect("at least two values give at least one degree of freedom")
}

/// The value below which a share of the distribution lies. At the far ends, where the library's inverse runs out of
/// digits, the tail is solved by bisection on the distribution function itself.
pub(in crate::judge) fn quantile(share: f64, degrees: f64) -> f64 {
    if share < 0.5 {
        return -quantile(1.0 - share, degrees);
    }
    upper_quantile(1.0 - share, degrees)
}

/// The value above which a share of at most one half lies.
pub(in crate::judge) fn upper_quantile(share: f64, degrees: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while upper(high, degrees) > share && high < 1e300 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if upper(middle, degrees) > share { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
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
