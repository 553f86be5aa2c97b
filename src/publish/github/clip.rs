//! Texts within GitHub's limits.

use crate::report::length;

/// At most so many characters, the last one an ellipsis where something was cut. Counted as UTF-16 does, which no other
/// way of counting exceeds.
pub(super) fn clip(text: &str, most: usize) -> String {
    if length(text) <= most {
        return text.to_owned();
    }
    let mut room = most.saturating_sub(1);
    let fits = |c: &char| {
        let fits = c.len_utf16() <= room;
        room = room.saturating_sub(c.len_utf16());
        fits
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_whole_and_what_does_not_says_so() {
        assert_eq!(clip("abcde", 5), "abcde");
        assert_eq!(clip("abcdef", 5), "abcd…");
        assert_eq!(clip("😀😀😀", 6), "😀😀😀");
        assert_eq!(clip("😀😀😀x", 6), "😀😀…");
    }
}
