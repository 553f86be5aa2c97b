//! The only links of a comment: to a line of gates.yaml, and to the run that has the whole report.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in a URL's path as it is (RFC 3986, unreserved characters).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The longest path and the longest URL that are linked, in bytes.
const LONGEST: usize = 500;

/// Where the links of a comment lead; without them it has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    /// URL of the workflow run, where the report's artifact is.
    pub run: Option<String>,
    /// The files at the commit under test.
    pub blob: Option<Blob>,
}

/// The files of the repository at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// URL of the repository's root at the commit: `https://github.com/OWNER/NAME/blob/SHA`.
    pub base: String,
    /// The folder that the verdict's files are named from, which is where the gate ran, relative to the repository's
    /// root; empty for the root.
    pub folder: String,
}

impl Links {
    /// URL of a line of a file; `None` where the file is not a clean relative path inside the repository, or nothing is
    /// known of one.
    pub fn line(&self, file: &str, line: u32) -> Option<String> {
        let blob = self.blob.as_ref()?;
        let base = link(&blob.base)?.trim_end_matches('/');
        let path = blob.path(file)?;
        let path: Vec<_> = path.split('/').map(|part| utf8_percent_encode(part, ESCAPED).to_string()).collect();
        Some(format!("{base}/{}#L{line}", path.join("/")))
    }

    /// URL of the run; `None` where it is none that Markdown can hold.
    pub(super) fn to_run(&self) -> Option<&str> {
        link(self.run.as_deref()?)
    }
}

impl Blob {
    /// The path of a file from the repository's root; `None` where its name leads out of the repository, is absolute, or
    /// is not a clean one. It may begin with `../`: the gate need not run in the folder of its file.
    pub fn path(&self, file: &str) -> Option<String> {
        let (mut folder, mut file) = match self.folder.trim_matches('/') {
            "" | "." => ("", file),
            folder => (clean_path(folder)?, file),
        };
        while let Some(rest) = file.strip_prefix("../").filter(|_| !folder.is_empty()) {
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
            file = rest;
        }
        let file = clean_path(file)?;
        Some(if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") })
    }
}

/// A relative path without `.`, `..`, empty parts and control characters; a leading `./` is taken off.
pub(in crate::report) fn clean_path(path: &str) -> Option<&str> {
    let path = path.strip_prefix("./").unwrap_or(path);
    let clean = |part: &str| !["", ".", ".."].contains(&part) && !part.contains(|c: char| c == '\\' || c.is_control());
    (path.len() <= LONGEST && path.split('/').all(clean)).then_some(path)
}

/// A URL that can stand between the parentheses of a link.
fn link(url: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&+,;=%".contains(c);
    let web = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    (web && url.len() <= LONGEST && url.chars().all(plain)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(folder: &str) -> Links {
        let blob = Blob { base: "https://github.com/o/r/blob/c0ffee".to_owned(), folder: folder.to_owned() };
        Links { run: None, blob: Some(blob) }
    }

    #[test]
    fn leads_to_the_line() {
        let at = |folder: &str, file: &str| links(folder).line(file, 7).unwrap_or_default();
        assert_eq!(at("", "gates.yaml"), "https://github.com/o/r/blob/c0ffee/gates.yaml#L7");
        assert_eq!(at("perf/shop/", "./gates.yaml"), "https://github.com/o/r/blob/c0ffee/perf/shop/gates.yaml#L7");
        assert_eq!(at(".", "a b/ü)#?.yaml"), "https://github.com/o/r/blob/c0ffee/a%20b/%C3%BC%29%23%3F.yaml#L7");
        let beside = "https://github.com/o/r/blob/c0ffee/shop/gates.yaml#L7";
        assert_eq!(
            (at("perf", "../shop/gates.yaml"), at("a/b", "../../shop/gates.yaml")),
            (beside.into(), beside.into())
        );
        assert_eq!(Links::default().line("gates.yaml", 7), None);
    }

    #[test]
    fn leads_nowhere_else() {
        let long = "x".repeat(501);
        for file in ["", "/etc/passwd", "../gates.yaml", "a/../b", "a//b", "a\\b", "a\nb", ".", "a/", &long] {
            assert_eq!(links("").line(file, 7), None, "{file}");
        }
        for file in ["../../gates.yaml", "..", "../", "a/../../gates.yaml", "../a/../gates.yaml"] {
            assert_eq!(links("perf").line(file, 7), None, "{file}");
        }
        assert_eq!(links("../other").line("gates.yaml", 7), None);
        for url in ["javascript:alert(1)", "https://x/) [y](https://z", "https://x/ y", "https://x/<", "//x"] {
            let links =
                Links { run: Some(url.to_owned()), blob: Some(Blob { base: url.to_owned(), folder: String::new() }) };
            assert_eq!((links.to_run(), links.line("gates.yaml", 7)), (None, None), "{url}");
        }
    }
}
