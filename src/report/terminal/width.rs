//! Text in columns: widths as a terminal counts them.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns of every output.
pub(crate) const COLUMNS: usize = 80;

/// The columns that a text takes.
pub(in crate::report) fn width(text: &str) -> usize {
    text.width()
}

/// The text within so many columns; what is longer ends in `…`.
pub(in crate::report) fn clip(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let (head, _) = split_at(text, columns.saturating_sub(1));
    format!("{head}…")
}

/// The text with spaces behind it.
pub(in crate::report) fn left(text: &str, columns: usize) -> String {
    let text = clip(text, columns);
    let padding = " ".repeat(columns.saturating_sub(text.width()));
    format!("{text}{padding}")
}

/// The text with spaces before it.
pub(in crate::report) fn right(text: &str, columns: usize) -> String {
    let text = clip(text, columns);
    let padding = " ".repeat(columns.saturating_sub(text.width()));
    format!("{padding}{text}")
}

/// The text in lines of at most 80 columns, each after so many spaces; words longer than a line are cut.
pub(crate) fn wrap(text: &str, indent: usize) -> Vec<String> {
    let room = COLUMNS.saturating_sub(indent).max(10);
    let margin = " ".repeat(indent);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words(text) {
        let mut word = &*word;
        if !line.is_empty() && line.width() + 1 + word.width() > room {
            lines.push(format!("{margin}{line}"));
            line.clear();
        }
        while word.width() > room {
            let (head, rest) = split_at(word, room);
            lines.push(format!("{margin}{head}"));
            word = rest;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(format!("{margin}{line}"));
    }
    lines
}

/// The words of a text; a unit stays with its number, and a limit with its operator.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let unit = ["%", "ms", "s", "points"].contains(&word.trim_end_matches(['.', ',', ';', ':', ')']));
        let belongs = |last: &str| {
            unit && last.ends_with(|c: char| c.is_ascii_digit()) || ["<", "<=", ">", ">=", "=="].contains(&last)
        };
        match words.last_mut().filter(|last| belongs(last)) {
            Some(last) => {
                last.push(' ');
                last.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
    }
    words
}

/// Splits after so many columns, at least after one character.
fn split_at(text: &str, columns: usize) -> (&str, &str) {
    let mut taken = 0;
    for (position, c) in text.char_indices() {
        taken += c.width().unwrap_or(0);
        if taken > columns && position > 0 {
            return text.split_at(position);
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_unit_stays_with_its_number() {
        let text = format!("{} the limit is > 99 %.", "x".repeat(55));
        assert_eq!(super::wrap(&format!("{text} More."), 0)[0], text);
        let longer = format!("{} the limit is > 99 %.", "x".repeat(60));
        assert_eq!(super::wrap(&longer, 0)[1], "> 99 %.");
    }

    #[test]
    fn counts_columns_rather_than_characters() {
        assert_eq!(left("概要", 6), "概要  ");
        assert_eq!(right("12", 4), "  12");
        assert_eq!(clip("概要データ", 5), "概要…");
    }

    proptest! {
        #[test]
        fn no_line_is_too_long(text in "[a-z概 ]{0,300}|[a-z]{150}|\\PC{0,120}", indent in 0usize..20) {
            for line in wrap(&text, indent) {
                // A character that joins others may count more in a line of its own than beside them.
                prop_assert!(width(&line) <= COLUMNS + 1, "{}", line);
            }
        }

        #[test]
        fn no_word_is_lost(text in "[a-z]{1,9}( [a-z]{1,9}){0,40}") {
            let words = wrap(&text, 4).join(" ").split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words.join(" "), text);
        }
    }
}
