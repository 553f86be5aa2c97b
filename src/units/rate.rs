//! Rates: so many in a time.

use std::fmt;

use super::{Quantity, decimal};

/// The units a rate is written in, with their length in seconds.
const UNITS: [(&str, f64); 3] = [("s", 1.0), ("min", 60.0), ("h", 3600.0)];

/// Events per second: `200/s`, `50/min`, `10/h`.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// From a number per second.
    pub fn from_per_second(per_second: f64) -> Self {
        Self(per_second)
    }

    /// As a number per second.
    pub fn per_second(self) -> f64 {
        self.0
    }
}

impl Quantity for Rate {
    const WHAT: &'static str = "a rate";
    const FORMS: &'static str = "\"3/s\", \"50/min\" or \"10/h\"";

    fn read(text: &str) -> Option<Self> {
        let (number, unit) = text.split_once('/')?;
        let unit = if unit.trim() == "m" { "min" } else { unit.trim() };
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
        decimal::read(number.trim(), 0).map(|count| Self(count / seconds))
    }
}

impl fmt::Display for Rate {
    /// In the unit that takes the fewest characters; per second if there is a tie.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let candidates = UNITS
            .iter()
            .flat_map(|(unit, seconds)| (0..=6).map(move |decimals| format!("{:.decimals$}/{unit}", self.0 * seconds)));
        let exact = candidates.filter(|text| Self::read(text) == Some(*self));
        match exact.min_by_key(String::len) {
            Some(text) => out.write_str(&text),
            None => write!(out, "{}/s", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, per_second, printed) in [
            ("3/s", 3.0, "3/s"),
            ("200 / s", 200.0, "200/s"),
            ("50/min", 50.0 / 60.0, "50/min"),
            ("60/m", 1.0, "1/s"),
            ("10/h", 10.0 / 3600.0, "10/h"),
            ("0.5/s", 0.5, "0.5/s"),
            ("0/s", 0.0, "0/s"),
        ] {
            let rate = Rate::parse(text).expect(text);
            assert!((rate.per_second() - per_second).abs() < f64::EPSILON, "{text}");
            assert_eq!(rate.to_string(), printed);
        }
    }

    #[test]
    fn names_what_was_read_and_what_is_expected() {
        for text in ["3", "3/", "/s", "-3/s", "3/day", "1e9/s", "three/s"] {
            let error = Rate::parse(text).expect_err(text).to_string();
            assert_eq!(error, format!("`{text}` is not a rate; write it like \"3/s\", \"50/min\" or \"10/h\""));
        }
    }

    proptest! {
        #[test]
        fn prints_what_reads_back(count in 0u32..100_000, unit in 0usize..3) {
            let written = format!("{count}/{}", UNITS[unit].0);
            let rate = Rate::read(&written).expect("a rate");
            let printed = rate.to_string();
            prop_assert_eq!(Rate::read(&printed), Some(rate));
            prop_assert!(printed.len() <= written.len());
        }
    }
}
