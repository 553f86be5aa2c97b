//! Names of the files in a store. A name holds the moment and a digest of the content, so that a listing is in order of
//! time, two writers never take the same name for different content, the same content is stored once, and a file that
//! was cut off or changed is seen.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use ring::digest::{SHA256, digest};

/// Where runs lie: `runs/KEY/NAME.json`.
pub(super) const RUNS: &str = "runs/";

/// Where events lie: `events/NAME.json`.
pub(super) const EVENTS: &str = "events/";

/// How a name writes the moment.
const MOMENT: &str = "%Y%m%dT%H%M%SZ";

/// A file in a store that is left out: cut off, changed, or not ours. It is named in every report and never deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Its path in the store.
    pub file: String,
    /// What is wrong with it.
    pub because: String,
}

/// The first 16 hex digits of the SHA-256 of some bytes.
pub(super) fn short_digest(bytes: &[u8]) -> String {
    let whole = digest(&SHA256, bytes);
    let start = whole.as_ref().iter().take(8).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    format!("{start:016x}")
}

/// The path of a run's file.
pub(super) fn of_run(key: &str, at: Timestamp, content: &[u8]) -> String {
    format!("{RUNS}{key}/{}", file(at, content))
}

/// The path of an event's file.
pub(super) fn of_event(at: Timestamp, content: &[u8]) -> String {
    format!("{EVENTS}{}", file(at, content))
}

fn file(at: Timestamp, content: &[u8]) -> String {
    format!("{}-{}.json", at.strftime(MOMENT), short_digest(content))
}

/// What the path of a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// The key of a run; `None` for an event.
    pub(super) key: Option<String>,
    /// To the second.
    pub(super) at: Timestamp,
    /// The digest of its content.
    pub(super) id: String,
}

/// Reads a path that [`of_run`] or [`of_event`] gave; `None` for any other.
pub(super) fn read(path: &str) -> Option<Name> {
    let (key, file) = match path.strip_prefix(RUNS) {
        Some(rest) => rest.split_once('/').map(|(key, file)| (Some(key), file))?,
        None => (None, path.strip_prefix(EVENTS)?),
    };
    let (moment, id) = file.strip_suffix(".json")?.split_once('-')?;
    let at = TimeZone::UTC.to_timestamp(DateTime::strptime(MOMENT, moment).ok()?).ok()?;
    let hex = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (hex(id) && key.is_none_or(hex)).then(|| Name { key: key.map(str::to_owned), at, id: id.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back() {
        let at: Timestamp = "2026-11-26T05:04:17.25Z".parse().expect("a time");
        let path = of_run("0123456789abcdef", at, b"content");
        assert_eq!(path, "runs/0123456789abcdef/20261126T050417Z-ed7002b439e9ac84.json");
        let name = read(&path).expect("it reads back");
        assert_eq!(name.key.as_deref(), Some("0123456789abcdef"));
        assert_eq!((name.at.to_string().as_str(), name.id.as_str()), ("2026-11-26T05:04:17Z", "ed7002b439e9ac84"));
        assert_eq!(read(&of_event(at, b"content")).expect("it reads back").key, None);
    }

    #[test]
    fn other_names_are_not_ours() {
        for path in [
            "README.md",
            "runs/20261126T050417Z-ed7002b439e9ac84.json",
            "runs/0123456789abcdef/20261126T050417Z-ed7002b439e9ac84",
            "runs/0123456789abcdef/20261126-ed7002b439e9ac84.json",
            "runs/0123456789abcdef/20261126T050417Z-ed70.json",
            "runs/0123456789abcdef/deep/20261126T050417Z-ed7002b439e9ac84.json",
            "events/x.json",
            "",
        ] {
            assert_eq!(read(path), None, "{path}");
        }
    }
}
