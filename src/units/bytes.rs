//! Sizes in bytes.

use std::fmt;

use super::{Quantity, decimal};

/// The units a size is written in, largest first.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

/// A number of bytes: `500MB` (powers of ten), `1GiB` (powers of two), `1024` (plain bytes).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl Quantity for Bytes {
    const WHAT: &'static str = "a size";
    const FORMS: &'static str = "\"500MB\", \"64KiB\" or \"1GiB\"";

    /// A fraction of a byte is not a size: `1.5KiB` is, `0.3B` is not.
    fn read(text: &str) -> Option<Self> {
        let (number, unit) = decimal::split_unit(text);
        let unit = match unit {
            "" => "B",
            "KB" => "kB",
            other => other,
        };
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
        if let Ok(whole) = number.parse::<u64>() {
            return whole.checked_mul(*size).map(Self);
        }
        let bytes = decimal::read(number, 0)? * *size as f64;
        // Above 2^53 a float no longer tells neighbouring sizes apart.
        (bytes.fract() == 0.0 && bytes < 9e15).then_some(Self(bytes as u64))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = UNITS.iter().filter(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size));
        match exact.map(|(unit, size)| format!("{}{unit}", self.0 / size)).min_by_key(String::len) {
            Some(text) => out.write_str(&text),
            None => out.write_str("0B"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, bytes, printed) in [
            ("1GiB", 1 << 30, "1GiB"),
            ("500MB", 500_000_000, "500MB"),
            ("1.5 KiB", 1536, "1536B"),
            ("64KB", 64_000, "64kB"),
            ("1024", 1024, "1KiB"),
            ("0B", 0, "0B"),
        ] {
            assert_eq!(Bytes::parse(text).expect(text), Bytes(bytes));
            assert_eq!(Bytes(bytes).to_string(), printed);
        }
    }

    #[test]
    fn names_what_was_read_and_what_is_expected() {
        for text in ["1XB", "-1MB", "0.3B", "20000000TiB", "GiB", "1 G B"] {
            let error = Bytes::parse(text).expect_err(text).to_string();
            assert_eq!(error, format!("`{text}` is not a size; write it like \"500MB\", \"64KiB\" or \"1GiB\""));
        }
    }

    proptest! {
        #[test]
        fn prints_what_reads_back(bytes: u64) {
            prop_assert_eq!(Bytes::read(&Bytes(bytes).to_string()), Some(Bytes(bytes)));
        }
    }
}
