//! An answer before it goes on the wire, and how fast it goes.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, LOCATION, SET_COOKIE};
use http::{Response, StatusCode};

/// A response with its pace.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) response: Response<Bytes>,
    pub(super) pace: Pace,
}

/// How the body goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    AtOnce,
    /// In pieces, the last after this time.
    Over(Duration),
    /// Zeros without an end, however long the other side reads.
    Endless,
}

impl Answer {
    pub(super) fn html(status: StatusCode, page: String) -> Self {
        Self::of(status, "text/html; charset=utf-8", page.into())
    }

    pub(super) fn json(status: StatusCode, value: &serde_json::Value) -> Self {
        Self::json_bytes(status, value.to_string().into())
    }

    /// Bytes that are JSON already.
    pub(super) fn json_bytes(status: StatusCode, bytes: Bytes) -> Self {
        Self::of(status, "application/json", bytes)
    }

    pub(super) fn text(page: String) -> Self {
        Self::of(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", page.into())
    }

    pub(super) fn redirect(status: StatusCode, location: HeaderValue) -> Self {
        Self::of(status, "text/html; charset=utf-8", Bytes::new()).header(LOCATION, location)
    }

    /// With one more cookie, given as the whole `Set-Cookie` value.
    pub(super) fn cookie(self, cookie: &str) -> Self {
        let value = HeaderValue::from_str(cookie).expect("cookies of the demo are letters and digits");
        self.header(SET_COOKIE, value)
    }

    fn header(mut self, name: http::HeaderName, value: HeaderValue) -> Self {
        self.response.headers_mut().append(name, value);
        self
    }

    fn of(status: StatusCode, content_type: &'static str, bytes: Bytes) -> Self {
        let mut response = Response::new(bytes);
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { response, pace: Pace::AtOnce }
    }
}
