//! Strings from outside in Markdown: nothing in them becomes a mention, a link, a tag, a cell or a heading.

/// A name as a code span: there Markdown, HTML, mentions and links mean nothing. The fence is longer than any run of
/// backticks in it.
pub(super) fn code(name: &str) -> String {
    let longest = name.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let padding = if name.starts_with(['`', ' ']) || name.ends_with(['`', ' ']) || name.is_empty() { " " } else { "" };
    format!("{fence}{padding}{name}{padding}{fence}")
}

/// A name as a code span in a table: tables are cut at pipes before code spans are read, so that a pipe is escaped; a
/// backslash before one would escape the escape, and a word joiner keeps them apart.
pub(super) fn cell(name: &str) -> String {
    code(name).replace('|', "\\|").replace("\\\\|", "\\\u{2060}\\|")
}

/// A sentence as running text. Punctuation that means something is escaped; a word joiner, which has no width, keeps
/// `@name`, `#1`, `GH-1`, `www.` and `://` from being read as what they would be after rendering.
pub(super) fn text(sentence: &str) -> String {
    const JOINER: char = '\u{2060}';
    let sentence = sentence.trim();
    if sentence.is_empty() {
        return "(nothing)".to_owned();
    }
    let mut escaped = String::with_capacity(sentence.len() + 16);
    let marker = block_marker(sentence);
    for (position, c) in sentence.char_indices() {
        match c {
            _ if marker == Some(position) => escaped.extend(['\\', c]),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
        let (read, rest) = sentence.split_at(position + c.len_utf8());
        let ends_with = |word: &str| read.len() >= word.len() && read.to_ascii_lowercase().ends_with(word);
        let joins = match c {
            '@' | '#' => true,
            ':' => rest.starts_with("//"),
            '-' => ends_with("gh-"),
            '.' => ends_with("www."),
            _ => false,
        };
        if joins {
            escaped.push(JOINER);
        }
    }
    escaped
}

/// Where a sentence at the start of a line would begin a list, a heading or a rule.
fn block_marker(sentence: &str) -> Option<usize> {
    let digits = sentence.bytes().take_while(u8::is_ascii_digit).count();
    let marker = sentence[digits..].chars().next()?;
    let list = digits > 0 && matches!(marker, '.' | ')');
    let block = digits == 0 && matches!(marker, '-' | '+' | '=' | '#');
    (list || block).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_code_span() {
        assert_eq!(code("chart data"), "`chart data`");
        assert_eq!(code("a | b"), "`a | b`");
        assert_eq!(cell("a | b\\|"), "`a \\| b\\\u{2060}\\|`");
        assert_eq!(code("`id`"), "`` `id` ``");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code(""), "`  `");
    }

    #[test]
    fn a_sentence_keeps_its_words_and_loses_its_powers() {
        assert_eq!(text("p95 was 1.21 s, limit 750 ms (certain)."), "p95 was 1.21 s, limit 750 ms (certain).");
        assert_eq!(text("@octocat #1 GH-12"), "@\u{2060}octocat #\u{2060}1 GH-\u{2060}12");
        assert_eq!(text("http://x Www.y slow."), "http:\u{2060}//x Www.\u{2060}y slow.");
        for (sentence, escaped) in [("- a", "\\- a"), ("12. a", "12\\. a"), ("== a", "\\== a"), ("-5 ms", "\\-5 ms")] {
            assert_eq!(text(sentence), escaped);
        }
        assert_eq!(text("<b>a|b</b> success_rate"), "&lt;b&gt;a\\|b&lt;/b&gt; success\\_rate");
    }
}
