//! Times and shares as the switches write them.

use std::fmt;
use std::time::Duration;

/// Reads `20ms`, `1.5s`, `250us`, `2m`. A unit is required; negative, infinite and longer than a day are none.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit_at);
    let scale = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let seconds = number.parse::<f64>().ok()? * scale;
    // Nanoseconds are cut to whole microseconds, so that a time prints as it was read.
    (0.0..=86_400.0).contains(&seconds).then(|| Duration::from_micros((seconds * 1e6).round() as u64))
}

/// Prints a time in its largest whole unit up to seconds: `1500ms`, `2s`, `250us`.
pub(super) struct Short(pub(super) Duration);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        if micros.is_multiple_of(1_000_000) {
            write!(f, "{}s", micros / 1_000_000)
        } else if micros.is_multiple_of(1_000) {
            write!(f, "{}ms", micros / 1_000)
        } else {
            write!(f, "{micros}us")
        }
    }
}

/// Reads `10%` as 0.1; only 0 to 100 %.
pub(super) fn fraction(text: &str) -> Option<f64> {
    let percent = text.strip_suffix('%')?.trim_end().parse::<f64>().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}
