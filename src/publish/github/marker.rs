//! The hidden first line of a comment, by which the gate finds its own.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The version of what a comment's hidden line says.
const SCHEMA: u32 = 1;
/// GitHub takes no longer body (65,536 characters). Counted as UTF-16 does, which no other way of counting exceeds.
pub(super) const LONGEST_BODY: usize = 65_536;
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
        let gate = utf8_percent_encode(gate, KEPT);
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

    /// The whole body: this line, then the text, cut at the end of a line where GitHub would refuse it.
    pub(super) fn body(&self, text: &str) -> String {
        let line = format!("{}schema={SCHEMA} head={} -->\n", self.beginning, self.head);
        let room = LONGEST_BODY.saturating_sub(units(&line));
        if units(text) <= room {
            return line + text;
        }
        let room = room.saturating_sub(units(CUT));
        let mut kept = String::new();
        let mut taken = 0;
        for whole in text.split_inclusive('\n') {
            taken += units(whole);
            if taken > room {
                break;
            }
            kept.push_str(whole);
        }
        line + kept.trim_end() + CUT
    }
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
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
            assert!(units(&body) <= LONGEST_BODY && body.ends_with(CUT), "{}", units(&body));
            assert!(marker.begins(&body));
        }
        let text = "x".repeat(59_000);
        assert!(marker.body(&text).ends_with(&text), "what fits is not cut");
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
