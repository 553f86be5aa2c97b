//! What is sent.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};

use super::Address;

/// One request, ready to be sent as often as one likes; a clone shares method, address, values and body.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where it goes.
    pub address: Address,
    /// Without Host, Content-Length and Cookie: those are added when it is sent.
    pub headers: HeaderMap,
    /// The body; empty means none.
    pub body: Bytes,
    /// From the start of the connect to the last byte of the answer.
    pub timeout: Duration,
    /// What is kept of the answer's body.
    pub keep: Keep,
    /// More than so many bytes of body end the exchange: the answer has failed its expectation by then.
    pub max_size: Option<u64>,
}

/// What is kept of an answer's body; it is always read to its end and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Nothing,
    /// Its first [`Keep::BOUND`] bytes.
    Body,
}

impl Keep {
    /// The longest part of a body that is kept.
    pub const BOUND: usize = 8 * 1024 * 1024;
}

impl Request {
    /// The request that follows a redirect with this status to `address`: 303 becomes GET (HEAD stays), 301 and 302
    /// turn POST into GET, 307 and 308 send the same again. Credentials in headers do not follow to another server.
    #[must_use]
    pub fn redirected(&self, status: u16, address: Address) -> Self {
        let mut next = Self { address, ..self.clone() };
        let to_get = match status {
            303 => self.method != Method::HEAD,
            301 | 302 => self.method == Method::POST,
            _ => false,
        };
        if to_get {
            next.method = Method::GET;
            next.body = Bytes::new();
            next.headers.remove(header::CONTENT_TYPE);
        }
        if !next.address.destination.is(&self.address.destination) {
            for name in [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE] {
                next.headers.remove(name);
            }
        }
        next
    }

    /// Writes the headers as they go out into an empty map.
    pub(super) fn write_headers(&self, cookie: Option<HeaderValue>, headers: &mut HeaderMap) {
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        headers.insert(header::HOST, self.address.destination.authority.clone());
        if let Some(cookie) = cookie {
            headers.insert(header::COOKIE, cookie);
        }
        let expects_body = matches!(self.method, Method::POST | Method::PUT | Method::PATCH);
        if expects_body && self.body.is_empty() {
            // Some servers answer 411 to these methods without a length (RFC 9110 section 8.6).
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
    }
}
