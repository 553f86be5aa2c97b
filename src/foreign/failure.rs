//! Kinds of failure, from the words of other tools.

use crate::plan::FailureKind;

/// Words of exceptions and of systems, in lower case, the more telling first.
const WORDS: [(&str, FailureKind); 24] = [
    ("timeout", FailureKind::Timeout),
    ("timed out", FailureKind::Timeout),
    ("ssl", FailureKind::Tls),
    ("tls", FailureKind::Tls),
    ("certificate", FailureKind::Tls),
    ("refused", FailureKind::Connect),
    ("connectexception", FailureKind::Connect),
    ("hostconnect", FailureKind::Connect),
    ("unknownhost", FailureKind::Connect),
    ("unreachable", FailureKind::Connect),
    ("noroutetohost", FailureKind::Connect),
    ("no route to host", FailureKind::Connect),
    ("name or service not known", FailureKind::Connect),
    ("name resolution", FailureKind::Connect),
    ("getaddrinfo", FailureKind::Connect),
    ("no such host", FailureKind::Connect),
    ("nohttpresponse", FailureKind::Reset),
    ("reset", FailureKind::Reset),
    ("broken pipe", FailureKind::Reset),
    ("disconnected", FailureKind::Reset),
    ("connection aborted", FailureKind::Reset),
    ("closed", FailureKind::Reset),
    ("eof", FailureKind::Reset),
    ("socketexception", FailureKind::Reset),
];

/// The kind that an exception's or a system's words tell of; `None` when they tell of none.
pub(super) fn of_words(text: &str) -> Option<FailureKind> {
    let lower = text.to_lowercase();
    WORDS.iter().find(|(word, _)| lower.contains(word)).map(|(_, kind)| *kind)
}

/// The kind of this key: `timeout`, `connect`, ...
pub(super) fn of_key(key: &str) -> Option<FailureKind> {
    FailureKind::ALL.into_iter().find(|kind| kind.key() == key)
}

/// The kind of k6's `error_code`, as its documentation lists them.
pub(super) fn of_k6(code: u32) -> FailureKind {
    match code {
        1050 | 1211 => FailureKind::Timeout,
        1010 | 1100..=1199 | 1210 | 1212 | 1213 => FailureKind::Connect,
        1200..=1299 => FailureKind::Reset,
        1300..=1399 => FailureKind::Tls,
        1400..=1599 => FailureKind::Check,
        _ => FailureKind::Protocol,
    }
}
