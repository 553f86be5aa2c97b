//! One connection: HTTP/1.1 with keep-alive, the entries of its requests, and its end.

use std::error::Error as _;
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, Request, Response};
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::answer::Answer;
use super::app::App;
use super::body::{AnswerBody, Departure};
use super::ledger::Entry;
use super::raw;
use super::route::Raw;

/// Why a request gets no answer from the HTTP library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Interruption {
    /// The connection is reset.
    #[error("the connection is reset")]
    Reset,
    /// Something else than an answer is written.
    #[error("a raw answer")]
    Raw(Raw),
    /// The other side left while it was sending.
    #[error("the request ended early")]
    Left,
}

/// Serves a connection to its end.
pub(super) async fn serve(stream: TcpStream, app: Arc<App>) {
    // Without this the kernel may hold a small answer back for 40 ms (Nagle's algorithm and delayed acknowledgements).
    let _unsupported = stream.set_nodelay(true);
    let _open = app.ledger.connection();
    let departure = Departure::default();
    let socket = Socket { io: TokioIo::new(stream), departure: departure.clone() };
    let exchanges = Exchanges { app, departure };
    let mut connection = http1::Builder::new().header_read_timeout(None).serve_connection(socket, exchanges);
    let end = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    let mut stream = connection.into_parts().io.io.into_inner();
    // A socket that fails now is one that the other side has closed: there is nobody left to tell.
    let _closed = match end.err().as_ref().and_then(interruption) {
        Some(Interruption::Reset) => stream.set_zero_linger(),
        Some(Interruption::Raw(raw)) => raw::send(stream, raw).await,
        Some(Interruption::Left) | None => stream.shutdown().await,
    };
}

fn interruption(error: &hyper::Error) -> Option<Interruption> {
    error.source()?.downcast_ref().copied()
}

/// The requests of one connection.
struct Exchanges {
    app: Arc<App>,
    departure: Departure,
}

impl Service<Request<Incoming>> for Exchanges {
    type Response = Response<AnswerBody>;
    type Error = Interruption;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Interruption>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        // The entry opens here, before the future is first polled: this is the moment at which the head was read.
        let entry = self.app.ledger.begin(request.method(), request.uri().path());
        let (app, departure) = (Arc::clone(&self.app), self.departure.clone());
        Box::pin(async move {
            let method = request.method().clone();
            match app.exchange(request).await {
                Ok(answer) => Ok(respond(answer, &method, entry, departure)),
                Err(interruption) => {
                    if interruption == Interruption::Reset {
                        entry.reset();
                    }
                    Err(interruption)
                }
            }
        })
    }
}

fn respond(answer: Answer, method: &Method, mut entry: Entry, departure: Departure) -> Response<AnswerBody> {
    let (mut head, mut bytes) = answer.response.into_parts();
    entry.status(head.status.as_u16());
    // The answer to a HEAD announces a body and has none.
    if method == Method::HEAD {
        head.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        bytes.clear();
    }
    Response::from_parts(head, AnswerBody::new(bytes, answer.pace, entry, departure))
}

/// A socket that tells when it has taken everything.
struct Socket {
    io: TokioIo<TcpStream>,
    departure: Departure,
}

impl Read for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    /// The HTTP library flushes when its own buffer is empty, after every answer.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.io).poll_flush(cx))?;
        self.departure.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
