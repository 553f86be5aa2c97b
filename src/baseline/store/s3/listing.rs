//! One page of a bucket's listing. Keys are asked for in URL encoding, so that no XML escape can stand in them; what
//! is left of XML is finding elements that hold text.

use percent_encoding::percent_decode_str;

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) keys: Vec<String>,
    /// The token of the next page.
    pub(super) next: Option<String>,
}

/// Reads a page.
///
/// # Errors
/// When it is not a listing.
pub(super) fn read(text: &str) -> Result<Page, String> {
    if !text.contains("<ListBucketResult") {
        return Err("the answer is not the listing of a bucket; is AWS_ENDPOINT_URL one of S3?".to_owned());
    }
    let keys = elements(text, "Key").map(decoded).collect::<Option<Vec<_>>>();
    let keys = keys.ok_or_else(|| "a name in the bucket is not text".to_owned())?;
    let next = (element(text, "IsTruncated") == Some("true")).then(|| element(text, "NextContinuationToken"));
    match next {
        Some(None) => Err("the listing of the bucket is cut off without a token to go on".to_owned()),
        next => Ok(Page { keys, next: next.flatten().map(str::to_owned) }),
    }
}

/// The text of the first element of this name.
pub(super) fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    elements(text, name).next()
}

fn elements<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = text;
    std::iter::from_fn(move || {
        let from = rest.find(&open)? + open.len();
        let length = rest[from..].find(&close)?;
        let inner = &rest[from..from + length];
        rest = &rest[from + length + close.len()..];
        Some(inner)
    })
}

/// Some servers write a space as `+`, which none of our names has.
fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_pages() {
        let page = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><Name>b</Name><IsTruncated>true</IsTruncated>\
                    <Contents><Key>runs%2Fa.json</Key><Size>1</Size></Contents><Contents><Key>b</Key></Contents>\
                    <NextContinuationToken>abc=</NextContinuationToken></ListBucketResult>";
        let read_page = read(page).expect("it is a page");
        assert_eq!(read_page, Page { keys: vec!["runs/a.json".into(), "b".into()], next: Some("abc=".into()) });
        let last = page.replace("true", "false");
        assert_eq!(read(&last).expect("it is a page").next, None);
    }

    #[test]
    fn what_is_no_listing_is_an_error() {
        for text in ["", "<html>", "{}"] {
            assert!(read(text).expect_err("it is none").contains("not the listing"), "{text}");
        }
        let cut = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
        assert!(read(cut).expect_err("it is cut off").contains("without a token"));
    }
}
