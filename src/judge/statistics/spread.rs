//! The interval of a mean over spans.

use super::{ERROR, student};

/// Half the width of the t interval of the values' mean, with 5 % on each side; `None` with fewer than two values.
///
/// Source: Student 1908; the standard error is the values' standard deviation (divisor one less than their number) over
/// the square root of their number.
pub(in crate::judge) fn half_width(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let count = values.len() as f64;
    let error = (variance(values) / count).sqrt();
    Some(student::quantile(1.0 - ERROR, count - 1.0) * error).filter(|width| width.is_finite())
}

/// The variance with the divisor one less than the number of values; at least two values.
pub(super) fn variance(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)
}

#[cfg(test)]
mod tests {
    use super::half_width;

    #[test]
    fn equals_the_table() {
        // Five values with a standard deviation of sqrt(2.5), t(0.95, 4) = 2.131847.
        let width = half_width(&[1.0, 2.0, 3.0, 4.0, 5.0]).expect("five values");
        assert!((width - 2.131_847 * (2.5_f64 / 5.0).sqrt()).abs() < 1e-5, "{width}");
    }

    #[test]
    fn one_value_has_no_spread() {
        assert_eq!(half_width(&[1.0]), None);
        assert_eq!(half_width(&[1.0, f64::NAN]), None);
    }
}
