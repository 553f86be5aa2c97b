//! The colours of pictures. Each is drawn as it is on paper; a style sheet gives it another for a dark screen, by the very
//! value of its attribute.

use std::fmt::Write as _;

use plotters::style::RGBColor;

use crate::judge::Outcome;

/// A colour on a light ground, and the one that takes its place on a dark ground; both have a contrast of at least 3 with it,
/// those of text 4.5 (WCAG 2.2, 1.4.3 and 1.4.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ink {
    light: (u8, u8, u8),
    dark: &'static str,
}

const fn ink(light: (u8, u8, u8), dark: &'static str) -> Ink {
    Ink { light, dark }
}

pub(super) const TEXT: Ink = ink((0x1C, 0x24, 0x30), "#e6eaf0");
/// The ground itself: text on a dot.
pub(super) const GROUND: Ink = ink((0xFF, 0xFF, 0xFF), "#1a2029");
pub(super) const SOFT: Ink = ink((0x56, 0x61, 0x73), "#a3adbb");
/// Lines of a grid only.
pub(super) const GRID: Ink = ink((0xE1, 0xE5, 0xEB), "#2c3541");
pub(super) const GOOD: Ink = ink((0x16, 0x70, 0x3C), "#5fd08c");
pub(super) const WARN: Ink = ink((0x8A, 0x53, 0x00), "#f0b95a");
pub(super) const BAD: Ink = ink((0xB3, 0x26, 0x1E), "#ff8a80");
pub(super) const UNSURE: Ink = ink((0x5B, 0x3F, 0xB5), "#b9a5ff");
pub(super) const P50: Ink = ink((0x0B, 0x7A, 0x75), "#4fd1c5");
pub(super) const P95: Ink = ink((0x3B, 0x4F, 0xC9), "#9db2ff");
pub(super) const P99: Ink = ink((0xA2, 0x1C, 0xAF), "#f0abfc");
pub(super) const LOAD: Ink = ink((0x3D, 0x5A, 0x80), "#9fc0e8");
pub(super) const FLOW: Ink = ink((0x0F, 0x6A, 0x9C), "#7dd3fc");
pub(super) const GAUGE: Ink = ink((0x4A, 0x5A, 0x2B), "#c5d99a");

/// From the first phase of a ladder to its last.
const HEAT: [Ink; 7] = [
    ink((0x0E, 0x75, 0x91), "#67e8f9"),
    ink((0x1B, 0x63, 0xC4), "#86bdfd"),
    ink((0x44, 0x39, 0xC8), "#a6b3fd"),
    ink((0x70, 0x2C, 0xD8), "#c4b5fe"),
    ink((0xA3, 0x1D, 0xB0), "#f0acfd"),
    ink((0xBE, 0x19, 0x5C), "#f9a9d5"),
    ink((0xB4, 0x27, 0x1F), "#ff8b81"),
];

/// Every colour that a picture may have.
const ALL: [Ink; 14] = [TEXT, GROUND, SOFT, GRID, GOOD, WARN, BAD, UNSURE, P50, P95, P99, LOAD, FLOW, GAUGE];

impl Ink {
    /// For the library that draws.
    pub(super) fn colour(self) -> RGBColor {
        let (red, green, blue) = self.light;
        RGBColor(red, green, blue)
    }

    /// As the library writes it.
    pub(super) fn hex(self) -> String {
        let (red, green, blue) = self.light;
        format!("#{red:02X}{green:02X}{blue:02X}")
    }

    /// Of an outcome.
    pub(super) fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed => GOOD,
            Outcome::Warned => WARN,
            Outcome::Failed => BAD,
            Outcome::NotRun => SOFT,
            Outcome::Inconclusive | Outcome::New | Outcome::Invalid | Outcome::Interrupted => UNSURE,
        }
    }

    /// Of one phase among so many, cool to hot.
    pub(super) fn of_phase(at: usize, of: usize) -> Self {
        HEAT[(at * (HEAT.len() - 1) / of.saturating_sub(1).max(1)).min(HEAT.len() - 1)]
    }
}

/// The rules that give every colour its place on a dark ground.
pub(in crate::report::html) fn dark_rules() -> String {
    ALL.iter().chain(&HEAT).fold(String::new(), |mut rules, ink| {
        let (hex, dark) = (ink.hex(), ink.dark);
        writeln!(rules, "  svg [fill=\"{hex}\"] {{ fill: {dark}; }} svg [stroke=\"{hex}\"] {{ stroke: {dark}; }}")
            .expect("a string takes it");
        rules
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance((red, green, blue): (u8, u8, u8)) -> f64 {
        let linear = |part: u8| {
            let share = f64::from(part) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    fn contrast(one: (u8, u8, u8), other: (u8, u8, u8)) -> f64 {
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        (one / other).max(other / one)
    }

    fn parsed(hex: &str) -> (u8, u8, u8) {
        let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("it is hexadecimal");
        (part(1), part(3), part(5))
    }

    /// The grounds of the cards in style.css.
    const GROUNDS: [(u8, u8, u8); 2] = [(0xFF, 0xFF, 0xFF), (0x1A, 0x20, 0x29)];

    #[test]
    fn the_grounds_are_those_of_the_page() {
        let sheet = include_str!("../page/style.css");
        let cards: Vec<&str> = sheet.split("--card: ").skip(1).filter_map(|rest| rest.split(';').next()).collect();
        assert_eq!(cards, ["#fff", "#1a2029"]);
    }

    #[test]
    fn every_colour_can_be_told_from_its_ground_and_read_as_text() {
        for ink in ALL.iter().chain(&HEAT).filter(|ink| ![GRID, GROUND].contains(ink)) {
            let both = [contrast(ink.light, GROUNDS[0]), contrast(parsed(ink.dark), GROUNDS[1])];
            assert!(both.iter().all(|contrast| *contrast >= 4.5), "{}: {both:?}", ink.hex());
        }
    }

    #[test]
    fn no_two_colours_are_written_the_same() {
        let mut all: Vec<String> = ALL.iter().chain(&HEAT).map(|ink| ink.hex()).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), ALL.len() + HEAT.len(), "a rule for one would change another");
    }
}
