//! Strings from outside in Markdown: nothing in them becomes a mention, a link, a tag, a cell or a heading.
//!
//! A forge reads more than Markdown: mentions, issues and commits that it links, `:name:` as a picture, closing keywords
//! before an issue. It reads none of them in code spans, so that names stand in these; in a sentence a word joiner, which
//! has no width, takes what it looks for apart.

/// A word joiner: it has no width.
const JOINER: char = '\u{2060}';

/// Git takes so many digits of a hash for a commit, and forges link them where no other letter stands before them: in
/// `succeeded` there are seven, and they are none.
const SHORTEST_HASH: usize = 7;

/// A name as a code span: there Markdown, HTML, mentions and links mean nothing. The fence is longer than any run of
/// backticks in it. A comment's start is taken apart, so that none can be mistaken for the marker of one of ours.
pub(in crate::report) fn code(name: &str) -> String {
    let name = &name.replace("<!--", "<\u{2060}!--");
    let longest = name.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let padding = if name.starts_with(['`', ' ']) || name.ends_with(['`', ' ']) || name.is_empty() { " " } else { "" };
    format!("{fence}{padding}{name}{padding}{fence}")
}

/// A name as a code span in a table: tables are cut at pipes before code spans are read, so that a pipe is escaped; a
/// backslash before one would escape the escape, and a word joiner keeps them apart.
pub(in crate::report) fn cell(name: &str) -> String {
    code(name).replace('|', "\\|").replace("\\\\|", "\\\u{2060}\\|")
}

/// A sentence as running text. Punctuation that means something is escaped; a word joiner keeps `@name`, `#1`, `GH-1`,
/// `CVE-2026-1`, `www.`, `://`, `:name:` and the digits of a hash from being read as what they would be after rendering.
pub(in crate::report) fn text(sentence: &str) -> String {
    let sentence = sentence.trim();
    if sentence.is_empty() {
        return "(nothing)".to_owned();
    }
    let mut escaped = String::with_capacity(sentence.len() + 16);
    let marker = block_marker(sentence);
    let (mut digits, mut in_word) = (0, false);
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
        in_word = c.is_ascii_alphanumeric() && (in_word || !c.is_ascii_hexdigit());
        digits = if c.is_ascii_hexdigit() && !in_word { digits + 1 } else { 0 };
        if takes_apart(c, read, rest) || is_in_hash(digits, rest) {
            escaped.push(JOINER);
        }
    }
    escaped
}

/// Advice as running text: the commands of this program in it are code spans, ready to be copied; all else is [`text`].
pub(in crate::report) fn advice(advice: &str) -> String {
    const COMMAND: &str = "`stagegate ";
    let mut told = String::new();
    let mut rest = advice.trim();
    while let Some(start) = rest.find(COMMAND) {
        let Some(length) = rest[start + 1..].find('`') else { break };
        let (before, command) = (&rest[..start], &rest[start + 1..start + 1 + length]);
        if !before.is_empty() {
            told.push_str(&within(before));
        }
        told.push_str(&code(command));
        rest = &rest[start + length + 2..];
    }
    if !rest.is_empty() || told.is_empty() {
        told.push_str(&within(rest));
    }
    told
}

/// A part of running text, with the spaces around it.
fn within(part: &str) -> String {
    let space = |at_end: bool| if at_end { " " } else { "" };
    if part.trim().is_empty() {
        return part.to_owned();
    }
    format!("{}{}{}", space(part.starts_with(' ')), text(part), space(part.ends_with(' ')))
}

/// Whether a joiner belongs between what was read, which ends in this character, and the rest.
fn takes_apart(c: char, read: &str, rest: &str) -> bool {
    let ends_with = |word: &str| {
        let end = read.len().checked_sub(word.len()).and_then(|start| read.as_bytes().get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(word.as_bytes()))
    };
    match c {
        '@' | '#' => true,
        ':' => rest.starts_with("//") || is_short_code(rest),
        '-' => {
            // `GH-1`, `CVE-2026-1`, and whatever a repository links itself.
            let letter = read.bytes().nth_back(1).is_some_and(|byte| byte.is_ascii_alphabetic());
            letter && rest.starts_with(|c: char| c.is_ascii_digit()) || ends_with("ghsa-")
        }
        '.' => ends_with("www."),
        _ => false,
    }
}

/// Whether what follows a colon makes it `:name:`.
fn is_short_code(rest: &str) -> bool {
    let name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_+-".contains(c));
    let written = &rest[..rest.len() - name.len()];
    // `:00:` of a time is none; `:100:` and `:1234:` are.
    let of_time = written.len() <= 2 && written.bytes().all(|byte| byte.is_ascii_digit());
    name.starts_with(':') && !of_time
}

/// Whether this is the place in a hash, after so many of its digits, at which to take it apart: every sixth, so that no
/// part is long enough.
fn is_in_hash(digits: usize, rest: &str) -> bool {
    digits > 0 && digits.is_multiple_of(SHORTEST_HASH - 1) && rest.starts_with(|c: char| c.is_ascii_hexdigit())
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
        assert_eq!(code("<!-- marker -->"), "`<\u{2060}!-- marker -->`");
    }

    #[test]
    fn a_sentence_keeps_its_words_and_loses_its_powers() {
        assert_eq!(text("p95 was 1.21 s, limit 750 ms (certain)."), "p95 was 1.21 s, limit 750 ms (certain).");
        assert_eq!(text("@octocat #1 GH-12"), "@\u{2060}octocat #\u{2060}1 GH-\u{2060}12");
        assert_eq!(text("http://x Www.y slow."), "http:\u{2060}//x Www.\u{2060}y slow.");
        assert_eq!(text("fixes o/r#1, CVE-2026-1"), "fixes o/r#\u{2060}1, CVE-\u{2060}2026-1");
        assert_eq!(text("so :tada: at 10:30"), "so :\u{2060}tada: at 10:30");
        assert_eq!(text("at c0ffee7 and 1234567890123"), "at c0ffee\u{2060}7 and 123456\u{2060}789012\u{2060}3");
        assert_eq!(text("none succeeded, x-c0ffee7"), "none succeeded, x-c0ffee\u{2060}7");
        assert_eq!(text("<!-- x"), "&lt;!-- x");
        assert_eq!(advice("See @x and `stagegate run`. Or `y`"), "See @\u{2060}x and `stagegate run`. Or \\`y\\`");
        assert_eq!(advice("`stagegate run"), "\\`stagegate run");
        for (sentence, escaped) in [("- a", "\\- a"), ("12. a", "12\\. a"), ("== a", "\\== a"), ("-5 ms", "\\-5 ms")] {
            assert_eq!(text(sentence), escaped);
        }
        assert_eq!(text("<b>a|b</b> success_rate"), "&lt;b&gt;a\\|b&lt;/b&gt; success\\_rate");
    }
}
