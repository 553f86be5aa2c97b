//! Texts that have to fit somewhere.

use std::borrow::Cow;

/// A text of at most so many characters; what is longer ends in `…`, which is one of them.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => Cow::Owned(text.chars().take(most.saturating_sub(1)).chain(['…']).collect()),
    }
}

/// The first line with text of what a program printed, at most so many characters of it; empty without any.
pub fn first_line(text: &str, most: usize) -> Cow<'_, str> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    shortened(line, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortens_to_whole_characters() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöüß", 3), "äö…");
        assert_eq!(shortened("", 0), "");
    }

    #[test]
    fn the_first_line_is_the_first_one_with_text() {
        assert_eq!(first_line("\n  \n applied \nmore", 7), "applied");
        assert_eq!(first_line("\n applied \nmore", 6), "appli…");
        assert_eq!(first_line("\n \n", 5), "");
    }
}
