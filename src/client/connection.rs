//! One connection of one user.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    Answer, Failure, Origin, Request, Trouble, dial::dial, http1::Http1, origin::Destination, payload::Payload,
};

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
}

/// Why a request got no answer.
pub(super) enum Unanswered {
    /// The connection was closed before any of the request was sent, so that it may be sent elsewhere: it was left where it
    /// was.
    Unsent,
    /// It was sent, at least in part.
    Failed(Failure),
}

/// The body of an answer.
pub(super) struct Read {
    pub(super) body: Bytes,
    pub(super) size: u64,
}

impl Connection {
    /// Connects, with TLS where the destination asks for it.
    pub(super) async fn open(origin: &Origin, destination: &Arc<Destination>) -> Result<Self, Trouble> {
        let stream = dial(origin, destination).await?;
        let version = Version::One(Http1::over(stream).await?);
        Ok(Self { destination: Arc::clone(destination), version })
    }

    /// Sends a request and reads its answer to the end.
    pub(super) async fn converse(
        &mut self,
        request: &Request,
        outgoing: &mut Option<Outgoing>,
    ) -> Result<Answer, Unanswered> {
        let (head, read) = match &mut self.version {
            Version::One(http1) => {
                let (head, incoming) = http1.send(outgoing).await?;
                let read = http1.read(incoming, &head, (request.keep, request.max_size)).await?;
                (head, read)
            }
        };
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: read.body, size: read.size })
    }

    /// Whether an exchange on it was given up before its answer was read to the end.
    pub(super) fn is_unfinished(&self) -> bool {
        match &self.version {
            Version::One(http1) => http1.is_unfinished(),
        }
    }

    /// Whether it has ended for certain; one that has not may still turn out to be closed.
    pub(super) fn is_closed(&self) -> bool {
        match &self.version {
            Version::One(http1) => http1.is_closed(),
        }
    }
}
