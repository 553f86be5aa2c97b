//! Spans of time.

use std::{fmt, time::Duration};

use super::{Quantity, decimal};

/// The units a duration is written in: name and the power of ten or the factor that leads to nanoseconds.
const UNITS: [(&str, u64); 6] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// A hundred years: longer than any run, short enough that sums of durations never overflow.
const LONGEST: u128 = 100 * 365 * 24 * 3_600_000_000_000;

impl Quantity for Duration {
    const WHAT: &'static str = "a duration";
    const FORMS: &'static str = "\"500ms\", \"1.5s\", \"2m\" or \"1h\"";

    /// One number with a unit, or several from the larger unit to the smaller (`1m30s`); a bare `0` is zero.
    fn read(text: &str) -> Option<Self> {
        if text == "0" {
            return Some(Self::ZERO);
        }
        let mut rest = text;
        let mut total: u128 = 0;
        let mut previous = u64::MAX;
        while !rest.is_empty() {
            let (number, tail) = decimal::split_unit(rest);
            let length = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(length);
            let size = unit_size(unit).filter(|size| *size < previous)?;
            total += nanoseconds(number, size)?;
            (previous, rest) = (size, tail);
        }
        let total = (!text.is_empty() && total <= LONGEST).then_some(total)?;
        Some(Self::new((total / 1_000_000_000) as u64, (total % 1_000_000_000) as u32))
    }
}

/// The length of a unit in nanoseconds.
fn unit_size(unit: &str) -> Option<u64> {
    let unit = if unit == "min" { "m" } else { unit };
    UNITS.iter().find(|(name, _)| *name == unit).map(|(_, size)| *size)
}

/// `number` units of `size` nanoseconds; `None` unless that is a whole number of nanoseconds.
fn nanoseconds(number: &str, size: u64) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let bare_point = number.contains('.') && fraction.is_empty();
    if whole.is_empty() || bare_point || whole.len() > 18 || fraction.len() > 12 {
        return None;
    }
    let scale = 10u128.pow(fraction.len() as u32);
    let digits = format!("{whole}{fraction}").parse::<u128>().ok()?;
    let scaled = digits * u128::from(size);
    (scaled % scale == 0).then_some(scaled / scale)
}

/// Prints a duration for people: the shortest of the forms that gates.yaml reads, exact to the nanosecond.
///
/// `500ms`, `1.5s`, `90s`, `3m`, `3m20s`, `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Human(pub Duration);

impl fmt::Display for Human {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.0.as_nanos();
        let seconds = self.0.as_secs();
        let whole = self.0.subsec_nanos() == 0;
        match seconds {
            0 if total == 0 => out.write_str("0s"),
            0 if !total.is_multiple_of(1_000) => write!(out, "{total}ns"),
            0 if total < 1_000_000 => write!(out, "{}us", total / 1_000),
            0 => write!(out, "{}ms", decimal_units(total, 1_000_000)),
            _ if whole && seconds.is_multiple_of(3600) => write!(out, "{}h", seconds / 3600),
            _ if whole && seconds.is_multiple_of(60) => in_minutes(seconds / 60, out),
            1..120 => write!(out, "{}s", decimal_units(total, 1_000_000_000)),
            _ => {
                in_minutes(seconds / 60, out)?;
                write!(out, "{}s", decimal_units(total % 60_000_000_000, 1_000_000_000))
            }
        }
    }
}

/// `90` minutes as `1h30m`.
fn in_minutes(minutes: u64, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => write!(out, "{minutes}m"),
        (hours, 0) => write!(out, "{hours}h"),
        (hours, minutes) => write!(out, "{hours}h{minutes}m"),
    }
}

/// `nanoseconds` in a unit of `size`, with as many decimals as it needs.
fn decimal_units(nanoseconds: u128, size: u128) -> String {
    let width = size.ilog10() as usize;
    let text = format!("{}.{:0width$}", nanoseconds / size, nanoseconds % size);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Prints a duration in milliseconds for comparison with others: `150ms`, `1,049ms` is `1049ms`, `0.42ms`.
///
/// Three significant digits below 100 ms, whole milliseconds above: finer than any measurement over a network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Milliseconds(pub f64);

impl fmt::Display for Milliseconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.abs() {
            value if value >= 99.95 || value == 0.0 => write!(out, "{:.0}ms", self.0),
            value if value >= 9.995 => write!(out, "{:.1}ms", self.0),
            _ => write!(out, "{:.2}ms", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, nanoseconds, printed) in [
            ("500ms", 500_000_000, "500ms"),
            ("1.5s", 1_500_000_000, "1.5s"),
            ("2m", 120_000_000_000, "2m"),
            ("30min", 1_800_000_000_000, "30m"),
            ("1h", 3_600_000_000_000, "1h"),
            ("90s", 90_000_000_000, "90s"),
            ("1m30s", 90_000_000_000, "90s"),
            ("200s", 200_000_000_000, "3m20s"),
            ("1h30m", 5_400_000_000_000, "1h30m"),
            ("0.5ms", 500_000, "500us"),
            ("1500us", 1_500_000, "1.5ms"),
            ("7ns", 7, "7ns"),
            ("0", 0, "0s"),
            ("0s", 0, "0s"),
        ] {
            let duration = Duration::parse(text).expect(text);
            assert_eq!(duration, Duration::from_nanos(nanoseconds), "{text}");
            assert_eq!(Human(duration).to_string(), printed);
        }
    }

    #[test]
    fn names_what_was_read_and_what_is_expected() {
        for text in ["500", "ms", "-1s", "1.s", ".5s", "1d", "1s1s", "30s1m", "0.1ns", "1e3s", "", "999999999h"] {
            let error = Duration::parse(text).expect_err(text).to_string();
            let expected = "is not a duration; write it like \"500ms\", \"1.5s\", \"2m\" or \"1h\"";
            assert_eq!(error, format!("`{text}` {expected}"));
        }
    }

    #[test]
    fn prints_milliseconds_for_comparison() {
        for (value, printed) in
            [(0.0, "0ms"), (0.417, "0.42ms"), (12.34, "12.3ms"), (99.96, "100ms"), (1048.6, "1049ms")]
        {
            assert_eq!(Milliseconds(value).to_string(), printed);
        }
    }

    proptest! {
        #[test]
        fn prints_what_reads_back(nanoseconds in 0u64..10_000_000_000_000, step in 0u32..11) {
            let duration = Duration::from_nanos(nanoseconds / 10u64.pow(step) * 10u64.pow(step));
            prop_assert_eq!(Duration::read(&Human(duration).to_string()), Some(duration));
        }

        #[test]
        fn never_panics(text in "[0-9.smhun ]{0,20}") {
            let _ = Duration::read(&text);
        }
    }
}
