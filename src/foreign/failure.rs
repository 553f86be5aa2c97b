//! Kinds of failure, from the words of other tools.

use crate::plan::FailureKind;

/// Words of exceptions and of systems, in lower case, the more telling first.
const WORDS: [(&str, FailureKind); 28] = [
    ("timeout", FailureKind::Timeout),
    ("timeouts", FailureKind::Timeout),
    ("timed out", FailureKind::Timeout),
    ("etimedout", FailureKind::Timeout),
    ("ssl", FailureKind::Tls),
    ("tls", FailureKind::Tls),
    ("certificate", FailureKind::Tls),
    ("refused", FailureKind::Connect),
    ("econnrefused", FailureKind::Connect),
    ("connect exception", FailureKind::Connect),
    ("host connect", FailureKind::Connect),
    ("unknown host", FailureKind::Connect),
    ("unreachable", FailureKind::Connect),
    ("no route to host", FailureKind::Connect),
    ("name or service not known", FailureKind::Connect),
    ("name resolution", FailureKind::Connect),
    ("getaddrinfo", FailureKind::Connect),
    ("gaierror", FailureKind::Connect),
    ("no such host", FailureKind::Connect),
    ("no http response", FailureKind::Reset),
    ("reset", FailureKind::Reset),
    ("econnreset", FailureKind::Reset),
    ("broken pipe", FailureKind::Reset),
    ("disconnected", FailureKind::Reset),
    ("connection aborted", FailureKind::Reset),
    ("closed", FailureKind::Reset),
    ("eof", FailureKind::Reset),
    ("socket exception", FailureKind::Reset),
];

/// The kind that an exception's or a system's words tell of; `None` when they tell of none.
pub(super) fn of_words(text: &str) -> Option<FailureKind> {
    let words = format!(" {} ", words(text).join(" "));
    WORDS.iter().find(|(known, _)| words.contains(&format!(" {known} "))).map(|(_, kind)| *kind)
}

/// The words of a text in lower case, those of names too: `SSLHandshakeException` has three.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next_is_small = chars.peek().is_some_and(|next| next.is_lowercase());
        let begins = c.is_uppercase() && (before.is_lowercase() || (before.is_uppercase() && next_is_small));
        if (begins || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// The kind of this key: `timeout`, `connect`, ...
pub(super) fn of_key(key: &str) -> Option<FailureKind> {
    FailureKind::ALL.into_iter().find(|kind| kind.key() == key)
}

/// The code that k6 gives an error which has none of its own: it tells of no kind.
pub(super) const K6_GENERIC: u32 = 1000;

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
