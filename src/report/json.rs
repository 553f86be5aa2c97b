//! verdict.json, written and read.

use serde::{Deserialize, Serialize};

use super::{
    Files, Mask, Publishable,
    schema::{self, OtherSchema},
};
use crate::judge::{SCHEMA, Verdict};

/// The largest verdict.json that is read: a hundred phases with a thousand endpoints each stay below it.
pub const LARGEST_VERDICT: u64 = 64 * 1024 * 1024;

/// The verdict with the names of its files beside it; the verdict's own keys stand at the top.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    verdict: &'a Verdict,
    files: &'a Files,
}

/// Why a verdict.json cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableVerdict {
    /// It is not the JSON of a verdict.
    #[error("it is not a verdict: {0}; was the run interrupted while it was written?")]
    NotAVerdict(#[from] serde_json::Error),
    /// Another version wrote it.
    #[error(transparent)]
    OtherSchema(#[from] OtherSchema),
}

/// verdict.json: pretty, the keys in the order of the contract.
pub(super) fn render(publishable: &Publishable) -> String {
    let written = Written { verdict: publishable.verdict(), files: publishable.files() };
    let mut text = serde_json::to_string_pretty(&written).expect("a verdict has string keys only");
    text.push('\n');
    text
}

/// Reads a verdict.json; rendered again, it gives the same bytes.
///
/// # Errors
/// When the text is no verdict, or one of another schema.
pub fn read_verdict(text: &str) -> Result<Publishable, UnreadableVerdict> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        files: Files,
    }
    schema::check::<UnreadableVerdict>(text, SCHEMA)?;
    let named: Named = serde_json::from_str(text)?;
    let verdict = serde_json::from_str(text)?;
    let nothing: &Mask<'_> = &|text| text.into();
    Ok(Publishable::new(verdict, named.files, nothing))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn reads_what_it_wrote() {
        for (name, verdict) in fixtures::all() {
            let publishable = fixtures::publishable(verdict);
            let text = render(&publishable);
            let read = read_verdict(&text).expect(name);
            assert_eq!(read, publishable, "{name}");
            assert_eq!(render(&read), text, "{name}");
        }
    }

    #[test]
    fn keeps_the_order_of_the_contract() {
        let text = render(&fixtures::publishable(fixtures::failed()));
        let keys = ["\"schema\"", "\"outcome\"", "\"ending\"", "\"exit_code\"", "\"gate\"", "\"phases\"", "\"totals\""];
        let places: Vec<_> = keys.iter().map(|key| text.find(key).expect(key)).collect();
        assert!(places.is_sorted(), "{places:?}");
    }

    #[test]
    fn refuses_what_is_no_verdict() {
        let reason = |text: &str| read_verdict(text).expect_err("it is refused").to_string();
        assert!(reason("").starts_with("it is not a verdict: EOF"), "{}", reason(""));
        assert!(reason("[1]").starts_with("it is not a verdict"), "{}", reason("[1]"));
        for deep in ["[".repeat(1_000_000), format!("{{\"x\": {}", "[".repeat(1_000_000))] {
            assert!(reason(&deep).starts_with("it is not a verdict"), "{}", reason(&deep));
        }
        assert_eq!(
            reason(r#"{"schema": "stagegate/verdict/9\u001b"}"#),
            "its schema is `stagegate/verdict/9␛`, and this version of stagegate reads `stagegate/verdict/1`; use the version that wrote it"
        );
        assert!(reason(r#"{"schema": "stagegate/verdict/1"}"#).contains("missing field `outcome`"));
        let whole = render(&fixtures::publishable(fixtures::failed()));
        assert!(reason(&whole[..whole.len() / 2]).starts_with("it is not a verdict: EOF"));
    }
}
