//! Stages: a load that stays, or that changes from one level to another.

use std::{fmt, time::Duration};

use super::{Human, Quantity, Rate};

/// A part of a phase's load: a level (`200/s`), a level for a time (`200/s over 1m`), or a change at an even pace from
/// one level to another (`50/s..500/s over 2m`; without a time over what is left of the window).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stage<T> {
    /// The level at its beginning.
    pub from: T,
    /// The level at its end.
    pub to: T,
    /// How long it takes; `None` for what is left of the window.
    pub over: Option<Duration>,
}

impl Quantity for Stage<Rate> {
    const WHAT: &'static str = "a rate";
    const FORMS: &'static str = "\"3/s\", \"50/min\" or \"10/h\", or \"50/s..500/s over 2m\" for one that changes";

    fn read(text: &str) -> Option<Self> {
        read(text, Rate::read)
    }
}

impl Quantity for Stage<u32> {
    const WHAT: &'static str = "a number of users";
    const FORMS: &'static str = "10, or \"10..100 over 2m\" for users who come one after the other";

    fn read(text: &str) -> Option<Self> {
        let whole = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
        read(text, whole)
    }
}

fn read<T: Copy>(text: &str, level: impl Fn(&str) -> Option<T>) -> Option<Stage<T>> {
    let (levels, over) = match text.split_once(" over ") {
        Some((levels, over)) => (levels, Some(Duration::read(over.trim())?)),
        None => (text, None),
    };
    let (from, to) = levels.split_once("..").unwrap_or((levels, levels));
    Some(Stage { from: level(from.trim())?, to: level(to.trim())?, over })
}

impl<T: fmt::Display + PartialEq> fmt::Display for Stage<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.from.fmt(out)?;
        if self.from != self.to {
            write!(out, "..{}", self.to)?;
        }
        self.over.map_or(Ok(()), |over| write!(out, " over {}", Human(over)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(per_second: f64) -> Rate {
        Rate::from_per_second(per_second)
    }

    #[test]
    fn reads_and_prints_rates() {
        let two_minutes = Some(Duration::from_secs(120));
        for (text, from, to, over, printed) in [
            ("200/s", 200.0, 200.0, None, "200/s"),
            ("50/s..500/s over 2m", 50.0, 500.0, two_minutes, "50/s..500/s over 2m"),
            ("50 / s .. 500 / s over  120s", 50.0, 500.0, two_minutes, "50/s..500/s over 2m"),
            ("500/s..0.5/s", 500.0, 0.5, None, "500/s..0.5/s"),
            ("200/s over 2m", 200.0, 200.0, two_minutes, "200/s over 2m"),
        ] {
            let stage = Stage::<Rate>::parse(text).expect(text);
            assert_eq!(stage, Stage { from: rate(from), to: rate(to), over }, "{text}");
            assert_eq!(stage.to_string(), printed);
        }
    }

    #[test]
    fn reads_and_prints_users() {
        for (text, from, to, over) in
            [("10", 10, 10, None), ("10..100 over 90s", 10, 100, Some(90)), ("1..5", 1, 5, None)]
        {
            let stage = Stage::<u32>::parse(text).expect(text);
            assert_eq!(stage, Stage { from, to, over: over.map(Duration::from_secs) }, "{text}");
            assert_eq!(stage.to_string(), text);
        }
    }

    #[test]
    fn names_what_was_read_and_what_is_expected() {
        for text in
            ["50..500/s", "50/s...500/s", "50/s..500/s for 2m", "50/s..500/s over", "50/s..500/s over 2", "..5/s"]
        {
            let error = Stage::<Rate>::parse(text).expect_err(text).to_string();
            assert!(error.starts_with(&format!("`{text}` is not a rate; write it like \"3/s\"")), "{error}");
        }
        for text in ["ten", "-1", "+1", "1.5", "1..", "10/s", "5000000000", ""] {
            let error = Stage::<u32>::parse(text).expect_err(text).to_string();
            assert!(error.starts_with(&format!("`{text}` is not a number of users; write it like 10")), "{error}");
        }
    }
}
