//! One connection of one user.

use std::sync::Arc;

use bytes::Bytes;
use http::response::Parts;
use tokio::time::Instant;

use super::{
    Answer, Failure, Opening, Origin, Request, Trouble,
    dial::dial,
    http1::Http1,
    http2::Http2,
    origin::Destination,
    payload::Payload,
    room::{Full, Room},
    stream::Stream,
    tls::HTTP2,
};
use crate::plan::{FailureKind, Http};

/// The longest head of an answer; servers themselves allow 8 to 16 KiB.
pub(super) const LONGEST_HEAD: usize = 32 * 1024;

/// After so many bytes of one body the other users of the worker get their turn: a flood from the app must not make the
/// generator late.
pub(super) const FAIR_SHARE: u64 = 256 * 1024;

/// The largest read buffer: what a thousand users may hold at once of answers that arrive faster than they are read.
pub(super) const LARGEST_BUFFER: usize = 32 * 1024;

/// A request as it is handed to the HTTP library.
pub(super) type Outgoing = http::Request<Payload>;

/// A connection to a server, open until an exchange on it fails or either side closes it.
pub(super) struct Connection {
    pub(super) destination: Arc<Destination>,
    version: Version,
}

/// The version of HTTP that is spoken on it.
enum Version {
    One(Http1),
    /// In a place of its own, because it is large.
    Two(Box<Http2>),
}

/// Why a request got no answer.
pub(super) enum Unanswered {
    /// The connection was closed before any of the request was sent, so that it may be sent elsewhere: it was left where it
    /// was.
    Unsent,
    /// The server ends the connection in order and has not acted on it, so that it may be sent elsewhere. What it has said.
    PassedOver(Failure),
    /// It was sent, at least in part.
    Failed(Failure),
    /// It was sent, and there is no room for the answer's body.
    NoRoom(Full),
}

impl From<Full> for Unanswered {
    fn from(full: Full) -> Self {
        Self::NoRoom(full)
    }
}

/// The body of an answer.
pub(super) struct Read {
    pub(super) body: Bytes,
    pub(super) size: u64,
    /// When the first byte of the answer came.
    pub(super) first_byte: Instant,
}

impl Read {
    /// The answer with this head.
    pub(super) fn under(self, head: Parts) -> Answer {
        let Self { body, size, first_byte } = self;
        Answer { status: head.status.as_u16(), headers: head.headers, body, size, first_byte, version: head.version }
    }
}

impl Connection {
    /// Connects a user (from 0), with TLS where the destination asks for it; `opened` tells how long that took, also when the
    /// connection is of no use then.
    pub(super) async fn open(
        origin: &Origin,
        destination: &Arc<Destination>,
        user: u32,
        opened: &mut Option<Opening>,
    ) -> Result<Self, Trouble> {
        let (stream, opening) = dial(origin, destination, user).await?;
        *opened = Some(opening);
        let version = if speaks_http2(origin.http(), &stream)? {
            Version::Two(Box::new(Http2::over(stream, destination).await?))
        } else {
            Version::One(Http1::over(stream).await?)
        };
        Ok(Self { destination: Arc::clone(destination), version })
    }

    /// Sends a request and reads its answer to the end.
    pub(super) async fn converse(
        &mut self,
        request: &Request,
        outgoing: &mut Option<Outgoing>,
        room: &Room,
    ) -> Result<Answer, Unanswered> {
        let limits = (request.keep, request.max_size);
        let (head, read) = match &mut self.version {
            Version::One(http1) => {
                let (head, incoming) = http1.send(outgoing).await?;
                let read = http1.read(incoming, &head, limits, room).await?;
                (head, read)
            }
            // Here, because HTTP/1.1 would pay for the room that it takes.
            Version::Two(http2) => Box::pin(http2.exchange(outgoing, limits, room)).await?,
        };
        Ok(read.under(head))
    }

    /// Gives back what it does not need while its user pauses.
    pub(super) async fn rest(&mut self) {
        if let Version::One(http1) = &mut self.version {
            http1.rest().await;
        }
    }

    /// Whether it has given back what it needs for exchanges only.
    #[cfg(test)]
    pub(super) fn is_resting(&self) -> bool {
        matches!(&self.version, Version::One(http1) if http1.is_resting())
    }

    /// Ends it for good, by a reset.
    pub(super) fn close(self) {
        match self.version {
            Version::One(http1) => http1.close(),
            Version::Two(http2) => http2.close(),
        }
    }

    /// Whether an exchange on it was given up before its answer was read to the end.
    pub(super) fn is_unfinished(&self) -> bool {
        match &self.version {
            Version::One(http1) => http1.is_unfinished(),
            Version::Two(http2) => http2.is_unfinished(),
        }
    }

    /// Whether it has ended for certain; one that has not may still turn out to be closed.
    pub(super) fn is_closed(&self) -> bool {
        match &self.version {
            Version::One(http1) => http1.is_closed(),
            Version::Two(http2) => http2.is_closed(),
        }
    }
}

/// The version of HTTP for a new connection. Over plain TCP nothing is agreed on: `h2` is spoken without asking, and `auto`
/// is HTTP/1.1.
pub(super) fn speaks_http2(wanted: Http, stream: &Stream) -> Result<bool, Failure> {
    match (wanted, stream.agreed()) {
        (Http::H1, _) | (Http::Auto, None) => Ok(false),
        (Http::H2, None) => Ok(true),
        (_, Some(protocol)) if protocol == HTTP2 => Ok(true),
        (Http::Auto, Some(_)) => Ok(false),
        (Http::H2, Some(_)) => {
            let description =
                "the server does not offer HTTP/2 over TLS (ALPN); with `target.http: auto` it may choose";
            Err(Failure::new(FailureKind::Tls, description))
        }
    }
}
