//! Shares, written as percentages.

use std::fmt;

use super::{Quantity, decimal};

/// A share, kept as a fraction of 1: `99.9%` is 0.999. It may exceed 1 (`tolerance: 150%`); what a key allows, the plan
/// checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Percent(f64);

impl Percent {
    /// From a fraction of 1.
    pub fn from_fraction(fraction: f64) -> Self {
        Self(fraction)
    }

    /// As a fraction of 1.
    pub fn fraction(self) -> f64 {
        self.0
    }

    /// The number in front of the `%`.
    pub fn points(self) -> f64 {
        decimal::print_hundredfold(self.0).parse().unwrap_or(self.0 * 100.0)
    }
}

impl Quantity for Percent {
    const WHAT: &'static str = "a percentage";
    const FORMS: &'static str = "\"99%\" or \"99.9%\"";

    fn read(text: &str) -> Option<Self> {
        let number = text.strip_suffix('%')?.trim_end();
        decimal::read(number, -2).map(Self)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}%", decimal::print_hundredfold(self.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, fraction, printed) in [
            ("99%", 0.99, "99%"),
            ("99.9%", 0.999, "99.9%"),
            ("0%", 0.0, "0%"),
            ("100 %", 1.0, "100%"),
            ("7%", 0.07, "7%"),
        ] {
            let percent = Percent::parse(text).expect(text);
            assert!((percent.fraction() - fraction).abs() < f64::EPSILON, "{text}");
            assert_eq!(percent.to_string(), printed);
        }
    }

    #[test]
    fn names_what_was_read_and_what_is_expected() {
        for text in ["99", "-1%", "%", "1e3%", "NaN%", "inf%", "1,5%", ".5%", "5.%", ""] {
            let error = Percent::parse(text).expect_err(text).to_string();
            assert_eq!(error, format!("`{text}` is not a percentage; write it like \"99%\" or \"99.9%\""));
        }
    }

    proptest! {
        #[test]
        fn prints_what_reads_back(fraction in 0.0f64..10.0) {
            let printed = Percent::from_fraction(fraction).to_string();
            prop_assert_eq!(Percent::read(&printed), Some(Percent::from_fraction(fraction)));
        }
    }
}
