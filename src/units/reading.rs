//! Values of gauges.

use std::fmt;

use super::Quantity;

/// What a gauge shows, or the limit it is held to: a plain number, where `80%` means the number 80.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Reading(pub f64);

impl Quantity for Reading {
    const WHAT: &'static str = "a gauge's value";
    const FORMS: &'static str = "\"80%\" or \"1500\"";

    fn read(text: &str) -> Option<Self> {
        let number = text.strip_suffix('%').map_or(text, str::trim_end);
        let plain = number.bytes().all(|byte| byte.is_ascii_digit() || b".-+".contains(&byte));
        number.parse().ok().filter(|_| plain).map(Self)
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_its_number() {
        for (text, value) in [("80%", 80.0), ("0.5", 0.5), ("-3", -3.0), ("1500", 1500.0), ("99.5 %", 99.5)] {
            assert_eq!(Reading::parse(text), Ok(Reading(value)), "{text}");
        }
        for text in ["", "%", "NaN", "inf", "1e3", "80ms", "."] {
            assert!(Reading::parse(text).is_err(), "{text}");
        }
    }
}
