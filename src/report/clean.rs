//! What an app, a name or a branch wrote, made harmless to show: one line, visible, bounded.

use std::borrow::Cow;

/// The longest text that a report quotes, in characters: a page of error message, not a body of a megabyte.
const LONGEST: usize = 2_000;

/// The text in one line of visible characters: white space becomes a space, a control character its picture (`␛`), an
/// invisible direction mark or a noncharacter `�`. What is longer than 2,000 characters ends in `…`.
///
/// Escape sequences, line breaks in CI commands and reversed text are thereby impossible in every format. Cleaning
/// twice changes nothing.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| visible(c) != c) && text.chars().nth(LONGEST).is_none() {
        return Cow::Borrowed(text);
    }
    let mut shown: String = text.chars().take(LONGEST).map(visible).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.pop();
        shown.push('…');
    }
    Cow::Owned(shown)
}

/// What stands for a character.
fn visible(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '␡',
        // Marks of direction can make a text read as another (CVE-2021-42574); the others have no shape, and XML does not
        // allow U+FFFE and U+FFFF in any form.
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{fdd0}'..='\u{fdef}'
        | '\u{fffe}'..='\u{ffff}'
        | '\u{e0000}'..='\u{e007f}' => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shows_what_it_takes_away() {
        assert_eq!(clean("chart data"), "chart data");
        assert_eq!(clean("a\nb\tc"), "a b c");
        assert_eq!(clean("\u{1b}[31mred\u{7}\u{9b}0m\0"), "␛[31mred␇\u{fffd}0m␀");
        assert_eq!(clean("evil\u{202e}txt.exe"), "evil\u{fffd}txt.exe");
        assert_eq!(clean("Übersicht 概要 👩‍💻"), "Übersicht 概要 👩‍💻");
    }

    #[test]
    fn bounds_what_it_quotes() {
        let long = "ä".repeat(5_000);
        assert_eq!(clean(&long).chars().count(), LONGEST);
        assert!(clean(&long).ends_with('…'));
        assert_eq!(clean(&"ä".repeat(LONGEST)).chars().count(), LONGEST);
    }

    proptest! {
        #[test]
        fn leaves_no_control_character_and_is_stable(text in any::<String>()) {
            let once = clean(&text).into_owned();
            prop_assert!(!once.chars().any(char::is_control));
            prop_assert_eq!(clean(&once).into_owned(), once);
        }
    }
}
