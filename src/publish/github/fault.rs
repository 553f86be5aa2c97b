//! Why GitHub did not do what it was asked, and whether it is of use to ask again.

use std::{fmt, time::Duration};

use http::{HeaderMap, StatusCode};
use serde::Deserialize;

/// Longer messages of GitHub are cut.
const LONGEST_MESSAGE: usize = 300;

/// One attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// GitHub said no, and would say it again.
    Refused {
        /// The status.
        status: u16,
        /// GitHub's words.
        message: String,
    },
    /// A limit on requests: nothing was done, and it may be done later.
    Limited {
        /// The status.
        status: u16,
        /// GitHub's words.
        message: String,
        /// How long GitHub wants us to wait, where it says so.
        wait: Option<Duration>,
    },
    /// No answer, or none that says what was done: it may have been done.
    Unclear {
        /// What came in the place of an answer.
        what: String,
        /// How long GitHub wants us to wait, where it says so.
        wait: Option<Duration>,
    },
    /// The deadline is over.
    Late,
}

/// What GitHub says beside a status that is no success.
#[derive(Debug, Default, Deserialize)]
struct Words {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: serde_json::Value,
}

impl Fault {
    /// What an answer without success means; `now` is in seconds since 1970.
    pub(super) fn of(status: StatusCode, headers: &HeaderMap, body: &[u8], now: i64) -> Self {
        let message = message(body);
        let wait = wait(headers, now);
        let code = status.as_u16();
        if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
            return Self::Unclear { what: said(code, &message), wait };
        }
        let lower = message.to_lowercase();
        let limited = headers.contains_key("retry-after")
            || spent(headers)
            || ["rate limit", "abuse detection"].iter().any(|words| lower.contains(words));
        match status {
            StatusCode::TOO_MANY_REQUESTS => Self::Limited { status: code, message, wait },
            StatusCode::FORBIDDEN if limited => Self::Limited { status: code, message, wait },
            _ => Self::Refused { status: code, message },
        }
    }

    /// Nothing that can be read came back.
    pub(super) fn unclear(what: impl Into<String>) -> Self {
        Self::Unclear { what: clean(&what.into()), wait: None }
    }

    /// Whether GitHub refused with this status.
    pub(super) fn is(&self, code: u16) -> bool {
        matches!(self, Self::Refused { status, .. } if *status == code)
    }

    /// Whether it may be of use to ask again.
    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::Limited { .. } | Self::Unclear { .. })
    }

    /// How long GitHub wants us to wait, where it says so.
    pub(super) fn wait(&self) -> Option<Duration> {
        match self {
            Self::Limited { wait, .. } | Self::Unclear { wait, .. } => *wait,
            Self::Refused { .. } | Self::Late => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limited { status, message, wait: Some(wait) } => {
                write!(formatter, "{}; it wants us to wait {} s", said(*status, message), wait.as_secs())
            }
            Self::Refused { status, message } | Self::Limited { status, message, .. } => {
                formatter.write_str(&said(*status, message))
            }
            Self::Unclear { what, .. } => formatter.write_str(what),
            Self::Late => formatter.write_str("the time for it was over"),
        }
    }
}

fn said(status: u16, message: &str) -> String {
    if message.is_empty() {
        format!("GitHub answered {status}")
    } else {
        format!("GitHub answered {status}: {message}")
    }
}

/// Whether the requests of this hour are used up.
fn spent(headers: &HeaderMap) -> bool {
    headers.get("x-ratelimit-remaining").is_some_and(|left| left.as_bytes() == b"0")
}

/// `Retry-After` in seconds, or the moment at which the hour's requests begin anew.
fn wait(headers: &HeaderMap, now: i64) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    let reset = || number("x-ratelimit-reset").filter(|_| spent(headers)).map(|reset| reset.saturating_sub(now));
    let seconds = number("retry-after").or_else(reset)?;
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// GitHub's own words, and of a rejected request the first reason.
fn message(body: &[u8]) -> String {
    let words: Words = serde_json::from_slice(body).unwrap_or_default();
    let reason = match words.errors.get(0) {
        Some(serde_json::Value::String(reason)) => Some(reason.clone()),
        Some(reason) => {
            reason.get("message").or_else(|| reason.get("code")).and_then(|it| it.as_str()).map(str::to_owned)
        }
        None => None,
    };
    clean(&reason.map_or(words.message.clone(), |reason| format!("{}: {reason}", words.message)))
}

/// One line of bounded length, without control characters.
fn clean(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.trim();
    if line.chars().count() <= LONGEST_MESSAGE {
        return line.to_owned();
    }
    let mut cut: String = line.chars().take(LONGEST_MESSAGE - 1).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn fault(status: u16, headers: &[(&'static str, &str)], body: &str) -> Fault {
        let pair = |(name, value): &(&'static str, &str)| {
            (http::HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
        };
        let status = StatusCode::from_u16(status).expect("a status");
        Fault::of(status, &headers.iter().map(pair).collect(), body.as_bytes(), NOW)
    }

    fn waits(fault: &Fault) -> Option<u64> {
        assert!(fault.passes(), "{fault}");
        fault.wait().map(|wait| wait.as_secs())
    }

    #[test]
    fn limits_are_told_from_missing_rights() {
        let rights = fault(403, &[("x-ratelimit-remaining", "4999")], r#"{"message":"Resource not accessible"}"#);
        assert!(!rights.passes());
        assert_eq!(rights.to_string(), "GitHub answered 403: Resource not accessible");
        assert_eq!(waits(&fault(403, &[("retry-after", "7")], "{}")), Some(7));
        let secondary = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        assert_eq!(waits(&fault(403, &[], secondary)), None);
        assert_eq!(waits(&fault(429, &[], "")), None);
        let reset = (NOW + 90).to_string();
        let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset.as_str())];
        assert_eq!(waits(&fault(403, &spent, "{}")), Some(90));
        assert_eq!(waits(&fault(429, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "5")], "{}")), Some(0));
        assert_eq!(waits(&fault(429, &[("retry-after", "soon")], "{}")), None);
    }

    #[test]
    fn a_server_error_says_nothing_of_what_was_done() {
        let server = fault(502, &[], "<html>Unicorn</html>");
        assert_eq!(server, Fault::Unclear { what: "GitHub answered 502".to_owned(), wait: None });
        assert_eq!(waits(&fault(503, &[("retry-after", "2")], "")), Some(2));
    }

    #[test]
    fn a_rejected_request_says_why_in_one_bounded_line() {
        let body = r#"{"message":"Validation Failed","errors":[{"resource":"IssueComment","code":"unprocessable","message":"Body is too\u001b[31m long"}]}"#;
        assert_eq!(fault(422, &[], body).to_string(), "GitHub answered 422: Validation Failed: Body is too [31m long");
        let plain = r#"{"message":"Invalid","errors":["Only 50 items"]}"#;
        assert_eq!(fault(422, &[], plain).to_string(), "GitHub answered 422: Invalid: Only 50 items");
        let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(5_000));
        assert!(fault(404, &[], &long).to_string().chars().count() < 330);
    }
}
