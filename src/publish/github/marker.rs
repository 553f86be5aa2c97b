//! The hidden first line of a comment, by which the gate finds its own.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest::{SHA256, digest};

use crate::report::length;

/// The version of what a comment's hidden line says.
const SCHEMA: u32 = 1;
/// The longest body, counted as UTF-16 does, which no other way of counting exceeds. GitHub takes 65,536 characters.
pub(super) const LONGEST_BODY: usize = 60_000;
/// A longer name of a gate is shortened in the hidden line, and its digest tells it from others.
const LONGEST_NAME: usize = 300;
/// Stands at the end of a body that had to be cut.
const CUT: &str = "\n\n(The rest did not fit into a comment.)";

/// What stays as it is in a gate's name: no `-`, so that the comment in HTML cannot end early.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_');

/// `<!-- stagegate gate=GATE schema=1 head=SHA -->`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    beginning: String,
    head: String,
}

impl Marker {
    /// The line of a gate for a commit.
    pub(super) fn of(gate: &str, head: &str) -> Self {
        let gate = bounded(gate);
        Self { beginning: format!("<!-- stagegate gate={gate} "), head: head.to_owned() }
    }

    /// Whether a body is a comment of this gate, whatever its commit and schema.
    pub(super) fn begins(&self, body: &str) -> bool {
        body.starts_with(&self.beginning)
    }

    /// The commit that a comment of this gate speaks of.
    pub(super) fn head_of<'a>(&self, body: &'a str) -> Option<&'a str> {
        let line = body.lines().next()?.strip_prefix(&self.beginning)?;
        line.split(' ').find_map(|word| word.strip_prefix("head="))
    }

    /// The whole body: this line, then the text. What a report makes fits; of a longer text the last blocks are left out,
    /// so that no fold, table or fence stays open.
    pub(super) fn body(&self, text: &str) -> String {
        let line = format!("{}schema={SCHEMA} head={} -->\n", self.beginning, self.head);
        let room = LONGEST_BODY.saturating_sub(length(&line));
        if length(text) <= room {
            return line + text;
        }
        let room = room.saturating_sub(length(CUT));
        line + blocks(text, room).trim_end() + CUT
    }
}

fn bounded(gate: &str) -> String {
    let whole = utf8_percent_encode(gate, KEPT).to_string();
    if whole.len() <= LONGEST_NAME {
        return whole;
    }
    let mut eight = [0; 8];
    eight.copy_from_slice(&digest(&SHA256, gate.as_bytes()).as_ref()[..8]);
    let digest = format!("{:016x}", u64::from_be_bytes(eight));
    // A half of `%2D` is no character, and nobody reads this back.
    format!("{}.{digest}", &whole[..LONGEST_NAME - digest.len() - 1])
}

/// The beginning of a text that ends with a blank line outside of folds and fences, within the room.
fn blocks(text: &str, room: usize) -> &str {
    let (mut taken, mut at, mut end) = (0, 0, 0);
    let (mut folds, mut fenced) = (0_usize, false);
    for line in text.split_inclusive('\n') {
        taken += length(line);
        if taken > room {
            break;
        }
        at += line.len();
        folds = (folds + line.matches("<details").count()).saturating_sub(line.matches("</details>").count());
        fenced ^= line.trim_start().starts_with("```");
        if line.trim().is_empty() && folds == 0 && !fenced {
            end = at;
        }
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_the_first_line() {
        let marker = Marker::of("shop", "abc123");
        let body = marker.body("Passed.");
        assert_eq!(body, "<!-- stagegate gate=shop schema=1 head=abc123 -->\nPassed.");
        assert_eq!(Marker::of("shop", "other").head_of(&body), Some("abc123"));
        assert!(!Marker::of("sho", "abc123").begins(&body) && !Marker::of("shop2", "abc123").begins(&body));
        assert!(!marker.begins(&format!("> {body}")), "a quoted comment is not the gate's");
        assert_eq!(marker.head_of("<!-- stagegate gate=shop schema=2 head=def commit=x -->\r\ntext"), Some("def"));
    }

    #[test]
    fn a_body_is_never_longer_than_github_takes() {
        let marker = Marker::of(&"-".repeat(100), &"a".repeat(40));
        for text in ["x\n".repeat(65_000), "😀\n".repeat(60_000), "y".repeat(100_000)] {
            let body = marker.body(&text);
            assert!(length(&body) <= LONGEST_BODY && body.ends_with(CUT), "{}", length(&body));
            assert!(marker.begins(&body));
        }
        let text = "x".repeat(59_000);
        for gate in ["shop".to_owned(), "😀".repeat(100), "-".repeat(2_000)] {
            assert!(Marker::of(&gate, &"a".repeat(40)).body(&text).ends_with(&text), "what a report makes is not cut");
        }
    }

    #[test]
    fn a_long_name_is_still_told_from_others() {
        let (one, other) = ("ä".repeat(100), "ä".repeat(101));
        let body = Marker::of(&one, "abc").body("text");
        assert!(Marker::of(&one, "def").begins(&body) && !Marker::of(&other, "def").begins(&body), "{body}");
    }

    #[test]
    fn a_text_is_not_cut_inside_of_a_fold_or_a_fence() {
        let marker = Marker::of("shop", "abc");
        let filling = "row\n\n".repeat(20_000);
        for (open, close) in [("<details><summary>all</summary>", "</details>"), ("```mermaid", "```")] {
            let body = marker.body(&format!("Failed.\n\n{open}\n\n{filling}\n{close}\n"));
            assert!(body.contains("Failed.") && body.ends_with(CUT) && !body.contains(open), "{body}");
        }
        let kept = marker.body(&format!("<details>\nx\n</details>\n\nA word.\n\n{filling}"));
        assert!(kept.contains("</details>\n\nA word.\n\nrow") && length(&kept) > 59_000, "{}", length(&kept));
    }

    proptest! {
        #[test]
        fn no_name_ends_the_hidden_line(gate in ".*") {
            let marker = Marker::of(&gate, "abc");
            let body = marker.body("text");
            let line = body.lines().next().expect("a line");
            let inside = line.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->")).expect("a comment");
            prop_assert!(!inside.contains("--") && !inside.contains('>'), "{line}");
            prop_assert_eq!(marker.head_of(&body), Some("abc"));
        }
    }
}
