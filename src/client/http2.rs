//! HTTP/2 over one connection of one user, and what a shared one has in common with it.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use h2::{
    RecvStream, SendStream,
    client::{self, ResponseFuture, SendRequest},
};
use http::{
    HeaderName, HeaderValue, Request, Uri, header,
    response::Parts,
    uri::{Authority, Scheme},
};
use tokio::time::Instant;

use super::{
    Failure, Keep,
    connection::{LONGEST_HEAD, Outgoing, Read, Unanswered},
    failure,
    guarded::{Guarded, TURN},
    hush::Hush,
    intake::{Intake, Wanted},
    origin::Destination,
    room::Room,
    stream::Stream,
};
use crate::plan::FailureKind;

/// How much of a body a server may send before any of it was read. Browsers allow several times as much; with the 64 KiB of
/// the standard, an answer over a long way would measure round trips in the place of the app.
const WINDOW: u32 = 1024 * 1024;

/// How much of all the bodies on a shared connection, so that no user's body waits for another's.
const SHARED_WINDOW: u32 = 16 * WINDOW;

/// So many requests that were given up are remembered for so long, and what still comes of their answers is passed over in
/// silence. What comes of any other is refused, which a server may take for an attack.
const MOST_CANCELLED: usize = 4096;
const CANCELLED_FOR: Duration = Duration::from_secs(30);

/// What parts of bodies that are smaller than 256 bytes may lack of that, all that were not read yet together, before the
/// HTTP library ends the connection. Some apps send a body byte by byte: what is read before a user has its turn
/// ([`TURN`]) can be nothing but such parts of ten bytes each.
const SMALL_FRAMES: usize = 2 * 256 * TURN / 10;

/// The number of requests that a server takes at once, before it has told any: no server can name it.
const UNTOLD: usize = usize::MAX - 1;

/// The largest part of a body that is handed over at once.
const PART: usize = 16 * 1024;

/// Headers that HTTP/2 has no place for: they speak of the connection (RFC 9113 section 8.2.2), and Host is `:authority`.
const OF_THE_CONNECTION: [HeaderName; 6] = [
    header::HOST,
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// One connection that carries one request at a time. The HTTP state machine is polled by the user's own task, in line with
/// the request: what a server says while the user pauses is heard with the next request.
pub(super) struct Http2 {
    sender: SendRequest<Bytes>,
    connection: client::Connection<Guarded, Bytes>,
    /// Whether the connection has ended; it is not polled again then.
    ended: bool,
    /// Whether an answer was cut off that is still on its way.
    cut: bool,
    /// Whether a request was handed over whose answer was not read to its end.
    busy: Arc<AtomicBool>,
    naming: Naming,
    hush: Hush,
}

/// What HTTP/2 says in the place of a Host header.
pub(super) struct Naming {
    scheme: Scheme,
    authority: Authority,
}

/// A connection for several users, not driven by any of them.
pub(super) struct Sharing {
    pub(super) sender: SendRequest<Bytes>,
    pub(super) connection: client::Connection<Guarded, Bytes>,
    pub(super) naming: Naming,
    /// Whether it is closed by a reset.
    pub(super) busy: Arc<AtomicBool>,
}

/// A body on its way out.
pub(super) struct Upload {
    stream: SendStream<Bytes>,
    rest: Bytes,
}

impl Http2 {
    /// Makes a stream ready for requests: sends the preface.
    pub(super) async fn over(stream: Stream, destination: &Destination) -> Result<Self, Failure> {
        let naming = Naming::of(destination)?;
        let busy = Arc::new(AtomicBool::new(false));
        let guarded = Guarded::over(stream, &busy);
        let handshake = builder(WINDOW).handshake(guarded).await;
        let (sender, connection) = handshake.map_err(|error| failure::streaming(&error))?;
        Ok(Self { sender, connection, ended: false, cut: false, busy, naming, hush: Hush::new() })
    }

    /// Sends the request, and reads head and body of its answer: to its end, or until it is longer than `max_size` by any
    /// amount.
    pub(super) async fn exchange(
        &mut self,
        outgoing: &mut Option<Outgoing>,
        limits: (Keep, Option<u64>),
        room: &Room,
    ) -> Result<(Parts, Read), Unanswered> {
        if !self.is_ready().await {
            return Err(Unanswered::Unsent);
        }
        let request = outgoing.take().expect("a request that was sent is not sent again");
        let (request, body) = self.naming.translate(request)?;
        self.busy.store(true, Ordering::Relaxed);
        let (answer, stream) = self.sender.send_request(request, body.is_empty()).map_err(unanswered)?;
        let mut upload = Upload::new(stream, body);
        let (head, incoming) = self.head(answer, &mut upload).await.map_err(unanswered)?.into_parts();
        let first_byte = Instant::now();
        let (body, size) = self.read(incoming, &mut upload, limits, room).await?;
        // What is left of an upload that was answered early is not sent.
        drop(upload);
        // A connection with an answer that was cut off is still to be closed by a reset.
        self.busy.store(self.cut, Ordering::Relaxed);
        self.hush.rest();
        Ok((head, Read { body, size, first_byte }))
    }

    /// Ends it by a reset.
    pub(super) fn close(self) {
        self.busy.store(true, Ordering::Relaxed);
    }

    /// Whether an exchange on it was given up before its answer was read to the end.
    pub(super) fn is_unfinished(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }

    /// Whether it has ended for certain; one that has not may still turn out to be closed.
    pub(super) fn is_closed(&self) -> bool {
        self.ended || self.cut
    }

    /// Whether another request may be sent; false once either side has said that it ends.
    async fn is_ready(&mut self) -> bool {
        let Self { sender, connection, ended, hush, .. } = self;
        poll_fn(|cx| {
            hush.poll(cx, |cx| {
                drive(connection, ended, cx);
                if *ended { Poll::Ready(false) } else { sender.poll_ready(cx).map(|ready| ready.is_ok()) }
            })
        })
        .await
    }

    async fn head(
        &mut self,
        mut answer: ResponseFuture,
        upload: &mut Upload,
    ) -> Result<http::Response<RecvStream>, h2::Error> {
        let Self { connection, ended, hush, .. } = self;
        poll_fn(|cx| {
            hush.poll(cx, |cx| {
                upload.push(cx);
                drive(connection, ended, cx);
                Pin::new(&mut answer).poll(cx)
            })
        })
        .await
    }

    async fn read(
        &mut self,
        mut incoming: RecvStream,
        upload: &mut Upload,
        limits: (Keep, Option<u64>),
        room: &Room,
    ) -> Result<(Bytes, u64), Unanswered> {
        let mut intake = Intake::of(limits, room);
        while let Some(data) = self.next(upload, |cx| incoming.poll_data(cx)).await.transpose().map_err(failed)? {
            incoming.flow_control().release_capacity(data.len()).map_err(failed)?;
            if intake.take(data).await? == Wanted::NoMore {
                // The rest answers nothing that will be asked, so that the connection ends with this exchange.
                self.cut = true;
                return Ok(intake.end());
            }
        }
        self.next(upload, |cx| incoming.poll_trailers(cx)).await.map_err(failed)?;
        Ok(intake.end())
    }

    /// What a poll gives: first what has arrived, then what the connection reads now.
    async fn next<T>(&mut self, upload: &mut Upload, mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
        let Self { connection, ended, hush, .. } = self;
        poll_fn(|cx| {
            hush.poll(cx, |cx| {
                if let Poll::Ready(result) = poll(cx) {
                    return Poll::Ready(result);
                }
                upload.push(cx);
                drive(connection, ended, cx);
                poll(cx)
            })
        })
        .await
    }
}

/// Reads and writes what the connection can. Whatever ends it reaches the request in flight, if there is one.
fn drive(connection: &mut client::Connection<Guarded, Bytes>, ended: &mut bool, cx: &mut Context<'_>) {
    if !*ended && Pin::new(connection).poll(cx).is_ready() {
        *ended = true;
    }
}

/// What both kinds of connections say to a server; `window` is the connection's.
fn builder(window: u32) -> client::Builder {
    let mut builder = client::Builder::new();
    builder
        .enable_push(false)
        .initial_window_size(WINDOW)
        .initial_connection_window_size(window)
        .max_header_list_size(u32::try_from(LONGEST_HEAD).unwrap_or(u32::MAX))
        .max_concurrent_reset_streams(MOST_CANCELLED)
        .reset_stream_duration(CANCELLED_FOR)
        // A server may answer as many requests too late as it likes: that is what a load test is there to see. Beyond this
        // limit the HTTP library would end the connection under all requests on it.
        .max_local_error_reset_streams(None)
        .data_frame_budget(SMALL_FRAMES);
    builder
}

/// Makes a stream ready for the requests of several users: sends the preface, and waits for the server to say how many
/// requests it takes at once.
pub(super) async fn share(stream: Stream, destination: &Destination) -> Result<Sharing, Failure> {
    let naming = Naming::of(destination)?;
    let busy = Arc::new(AtomicBool::new(true));
    let guarded = Guarded::over(stream, &busy);
    let handshake = builder(SHARED_WINDOW).initial_max_send_streams(UNTOLD).handshake(guarded).await;
    let (sender, mut connection) = handshake.map_err(|error| failure::streaming(&error))?;
    let told = poll_fn(|cx| match Pin::new(&mut connection).poll(cx) {
        Poll::Ready(ended) => Poll::Ready(Err(ended)),
        Poll::Pending if sender.current_max_send_streams() == UNTOLD => Poll::Pending,
        Poll::Pending => Poll::Ready(Ok(())),
    });
    match told.await {
        Ok(()) => Ok(Sharing { sender, connection, naming, busy }),
        Err(Err(error)) => Err(failure::streaming(&error)),
        Err(Ok(())) => Err(Failure::closed_at_once()),
    }
}

impl Naming {
    fn of(destination: &Destination) -> Result<Self, Failure> {
        let authority = Authority::try_from(destination.authority.as_bytes())
            .map_err(|error| Failure::new(FailureKind::Protocol, format!("the host is no authority: {error}")))?;
        let scheme = if destination.secure { Scheme::HTTPS } else { Scheme::HTTP };
        Ok(Self { scheme, authority })
    }

    /// The request as HTTP/2 writes it, and its body.
    pub(super) fn translate(&self, request: Outgoing) -> Result<(Request<()>, Bytes), Unanswered> {
        let (mut head, body) = request.into_parts();
        let body = body.into_bytes();
        for name in &OF_THE_CONNECTION {
            head.headers.remove(name);
        }
        // The one thing that TE may still say, and in small letters only.
        match head.headers.get(header::TE) {
            Some(value) if value.as_bytes().eq_ignore_ascii_case(b"trailers") => {
                head.headers.insert(header::TE, HeaderValue::from_static("trailers"));
            }
            _ => drop(head.headers.remove(header::TE)),
        }
        if !body.is_empty() {
            head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        let mut uri = head.uri.into_parts();
        uri.scheme = Some(self.scheme.clone());
        uri.authority = Some(self.authority.clone());
        head.uri = Uri::from_parts(uri).map_err(|error| {
            Unanswered::Failed(Failure::new(FailureKind::Protocol, format!("the request cannot be sent: {error}")))
        })?;
        head.version = http::Version::HTTP_2;
        Ok((Request::from_parts(head, ()), body))
    }
}

/// Why a request has no head of an answer.
#[expect(clippy::needless_pass_by_value, reason = "it is what an error is mapped with")]
pub(super) fn unanswered(error: h2::Error) -> Unanswered {
    let said = failure::streaming(&error);
    if failure::passes_over(&error) { Unanswered::PassedOver(said) } else { Unanswered::Failed(said) }
}

/// Why an answer broke off behind its head.
#[expect(clippy::needless_pass_by_value, reason = "it is what an error is mapped with")]
pub(super) fn failed(error: h2::Error) -> Unanswered {
    Unanswered::Failed(failure::streaming(&error))
}

impl Upload {
    pub(super) fn new(stream: SendStream<Bytes>, body: Bytes) -> Self {
        Self { stream, rest: body }
    }

    /// Hands over as much of the body as the server has room for.
    pub(super) fn push(&mut self, cx: &mut Context<'_>) {
        while !self.rest.is_empty() {
            self.stream.reserve_capacity(self.rest.len().min(PART));
            match self.stream.poll_capacity(cx) {
                Poll::Ready(Some(Ok(room))) if room > 0 => {
                    let part = self.rest.split_to(room.min(self.rest.len()));
                    if self.stream.send_data(part, self.rest.is_empty()).is_err() {
                        self.rest.clear();
                    }
                }
                // A server that wants no more of it says why in its answer, or with its reset.
                Poll::Ready(Some(Err(_)) | None) => self.rest.clear(),
                Poll::Ready(Some(Ok(_))) | Poll::Pending => return,
            }
        }
    }
}
