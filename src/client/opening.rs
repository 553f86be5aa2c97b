//! How long it took to open a connection.

use std::time::Duration;

use tokio::time::Instant;

/// One connection that a request opened.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    /// Until the addresses of its name were known; `None` when they were known already.
    pub dns: Option<Duration>,
    /// From there until one of them had accepted, those that did not included.
    pub connect: Duration,
    /// The TLS handshake; `None` without TLS.
    pub tls: Option<Duration>,
    /// When it was ready for the request.
    pub ready: Instant,
}
