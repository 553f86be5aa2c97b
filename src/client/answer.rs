//! What comes back.

use bytes::Bytes;
use http::{HeaderMap, Version, header};
use tokio::time::Instant;

/// A complete answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// The version of HTTP that it came in.
    pub version: Version,
    /// Its headers.
    pub headers: HeaderMap,
    /// What was kept of its body: nothing, or its first [`super::Keep::BOUND`] bytes.
    pub body: Bytes,
    /// Bytes of body that were read: all of it, unless it was longer than the request's `max_size`.
    pub size: u64,
    /// When its first byte came; over HTTP/2, when its head had come.
    pub first_byte: Instant,
}

impl Answer {
    /// The Location of a redirect answer: a status that sends a client elsewhere, with a Location header.
    pub fn location(&self) -> Option<&[u8]> {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
            .then(|| self.headers.get(header::LOCATION))
            .flatten()
            .map(http::HeaderValue::as_bytes)
    }
}
