//! Colour on a terminal.

use crate::judge::Outcome;
use crate::report::trouble::Standing;

/// Whether the output takes colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Off,
    /// The eight colours that every terminal has.
    On,
}

/// What a colour says; a word always says it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Tint {
    Good,
    Warn,
    Bad,
    Unsure,
    Quiet,
    Bold,
}

impl Colour {
    /// The text in a tint.
    pub(in crate::report) fn paint(self, tint: Tint, text: &str) -> String {
        if self == Self::Off || text.is_empty() {
            return text.to_owned();
        }
        let code = match tint {
            Tint::Good => "32",
            Tint::Warn => "33",
            Tint::Bad => "1;31",
            Tint::Unsure => "35",
            Tint::Quiet => "2",
            Tint::Bold => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// The tint of an outcome.
pub(in crate::report) fn tint(outcome: Outcome) -> Tint {
    match outcome {
        Outcome::Passed => Tint::Good,
        Outcome::Warned => Tint::Warn,
        Outcome::Failed => Tint::Bad,
        Outcome::NotRun => Tint::Quiet,
        Outcome::New | Outcome::Inconclusive | Outcome::Invalid | Outcome::Interrupted => Tint::Unsure,
    }
}

/// The tint of a trouble.
pub(super) fn tint_of(standing: Standing) -> Tint {
    match standing {
        Standing::Failed => Tint::Bad,
        Standing::Invalid | Standing::Inconclusive => Tint::Unsure,
        Standing::Warned => Tint::Warn,
        Standing::Uncertain => Tint::Quiet,
    }
}
