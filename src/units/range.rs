//! Ranges of time.

use std::{fmt, time::Duration};

use super::{Human, Quantity};

/// A range of durations, both ends included: `1s..3s`. A single duration is a range of one value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DurationRange {
    /// The shortest.
    pub low: Duration,
    /// The longest; never below `low`.
    pub high: Duration,
}

impl Quantity for DurationRange {
    const WHAT: &'static str = "a duration or a range of durations";
    const FORMS: &'static str = "\"2s\" or \"1s..3s\", the shorter end first";

    fn read(text: &str) -> Option<Self> {
        let (low, high) = text.split_once("..").unwrap_or((text, text));
        let (low, high) = (Duration::read(low.trim())?, Duration::read(high.trim())?);
        (low <= high).then_some(Self { low, high })
    }
}

impl fmt::Display for DurationRange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            return Human(self.low).fmt(out);
        }
        write!(out, "{}..{}", Human(self.low), Human(self.high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, low, high, printed) in [
            ("1s..3s", 1000, 3000, "1s..3s"),
            ("500ms .. 2s", 500, 2000, "500ms..2s"),
            ("2s", 2000, 2000, "2s"),
            ("0", 0, 0, "0s"),
        ] {
            let range = DurationRange::parse(text).expect(text);
            assert_eq!(range, DurationRange { low: Duration::from_millis(low), high: Duration::from_millis(high) });
            assert_eq!(range.to_string(), printed);
        }
    }

    #[test]
    fn names_what_was_read_and_what_is_expected() {
        for text in ["3s..1s", "1..3", "1s..", "..3s", "1s...3s", "1s-3s"] {
            let error = DurationRange::parse(text).expect_err(text).to_string();
            assert!(error.starts_with(&format!("`{text}` is not a duration or a range of durations")), "{error}");
        }
    }
}
