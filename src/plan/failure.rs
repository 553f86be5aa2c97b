//! The kinds of failure.

use serde::{Deserialize, Serialize};

/// The kinds of failure, told apart everywhere; the keys of `errors` in verdict.json.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// No complete answer within the step's timeout, connect included.
    Timeout,
    /// Refused, unreachable, or the name was not found.
    Connect,
    /// The connection was closed or reset before the answer was complete.
    Reset,
    /// The TLS handshake or a certificate failed.
    Tls,
    /// The answer was not HTTP.
    Protocol,
    /// A wrong status or a failed expectation.
    Check,
    /// A slot of the open model that was not sent because every user waited for the app.
    Unsent,
}

impl FailureKind {
    /// All kinds, in the order of reports.
    pub const ALL: [Self; 7] =
        [Self::Timeout, Self::Connect, Self::Reset, Self::Tls, Self::Protocol, Self::Check, Self::Unsent];

    /// The key in gates.yaml and in reports.
    pub fn key(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Reset => "reset",
            Self::Tls => "tls",
            Self::Protocol => "protocol",
            Self::Check => "check",
            Self::Unsent => "unsent",
        }
    }
}
