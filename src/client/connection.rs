//! One HTTP/1.1 connection of one user.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header, response::Parts};
use hyper::{
    body::{Body, Frame, Incoming},
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::{io, net::TcpStream};
use tokio_rustls::TlsConnector;
use url::Host;

use super::{
    Failure, Keep, Origin, Trouble, failure,
    hush::Hush,
    origin::{Destination, short},
    payload::Payload,
    stream::{Stream, Tcp},
};
use crate::plan::FailureKind;

/// The longest head of an answer; servers themselves allow 8 to 16 KiB.
const LONGEST_HEAD: usize = 32 * 1024;

/// After so many bytes of one body the other users of the worker get their turn: a flood from the app must not make the
/// generator late.
const FAIR_SHARE: u64 = 256 * 1024;

/// The largest read buffer: what a thousand users may hold at once of answers that arrive faster than they are read.
const LARGEST_BUFFER: usize = 32 * 1024;

/// A request as it is handed to the HTTP library.
pub(super) type Outgoing = http::Request<Payload>;

/// One keep-alive connection. The HTTP state machine is polled by the user's own task, in line with the request: no
/// second task, no wake-up between the two.
pub(super) struct Connection {
    pub(super) destination: Arc<Destination>,
    sender: SendRequest<Payload>,
    driver: Driver,
    hush: Hush,
}

/// hyper's side of the connection.
struct Driver {
    /// `None` once it has ended.
    /// In a place of its own, because a connection changes hands twice for each request.
    connection: Option<Box<http1::Connection<TokioIo<Stream>, Payload>>>,
    /// What is left of it then, until the answer is read to its end.
    ended: Option<Stream>,
    /// Whether a request was handed over whose answer was not read to its end.
    busy: bool,
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
        let stream = stream(origin, destination).await?;
        let (sender, driver) = http1::Builder::new()
            .max_header_size(LONGEST_HEAD)
            .max_buf_size(LARGEST_BUFFER)
            // To copy a body behind its head costs less than to hand the kernel a list of two.
            .writev(false)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failure::exchanging(&error))?;
        Ok(Self {
            destination: Arc::clone(destination),
            sender,
            driver: Driver { connection: Some(Box::new(driver)), ended: None, busy: false },
            hush: Hush::new(),
        })
    }

    /// Sends the request and reads the head of its answer.
    pub(super) async fn send(&mut self, outgoing: &mut Option<Outgoing>) -> Result<(Parts, Incoming), Unanswered> {
        let Self { sender, driver, hush, .. } = self;
        let ready = std::future::poll_fn(|cx| {
            hush.poll(cx, |cx| {
                driver.drive(cx);
                match sender.poll_ready(cx) {
                    Poll::Ready(result) => Poll::Ready(result.is_ok()),
                    Poll::Pending if driver.connection.is_none() => Poll::Ready(false),
                    Poll::Pending => Poll::Pending,
                }
            })
        });
        if !ready.await {
            return Err(Unanswered::Unsent);
        }
        let request = outgoing.take().expect("a request that was sent is not sent again");
        driver.busy = true;
        let mut answer = pin!(sender.try_send_request(request));
        let answer = std::future::poll_fn(|cx| {
            hush.poll(cx, |cx| {
                driver.drive(cx);
                answer.as_mut().poll(cx)
            })
        });
        match answer.await {
            Ok(answer) => Ok(answer.into_parts()),
            Err(mut error) => Err(match error.take_message() {
                Some(request) => {
                    *outgoing = Some(request);
                    Unanswered::Unsent
                }
                None => Unanswered::Failed(failure::exchanging(error.error())),
            }),
        }
    }

    /// Reads a body to its end, or until it is longer than `max_size` by any amount.
    pub(super) async fn read(
        &mut self,
        mut incoming: Incoming,
        head: &Parts,
        (keep, max_size): (Keep, Option<u64>),
    ) -> Result<Read, Unanswered> {
        let mut kept = Kept::default();
        let (mut size, mut fair) = (0_u64, FAIR_SHARE);
        while let Some(frame) = self.driver.next(&mut incoming, &mut self.hush).await {
            let Ok(data) = frame.map_err(|error| Unanswered::Failed(failure::exchanging(&error)))?.into_data() else {
                continue;
            };
            size += data.len() as u64;
            if keep == Keep::Body {
                kept.add(data);
            }
            if max_size.is_some_and(|max| size > max) {
                self.driver.reset();
                break;
            }
            if size >= fair {
                fair = size + FAIR_SHARE;
                tokio::task::yield_now().await;
            }
        }
        drop(incoming);
        self.driver.busy = false;
        self.driver.ended = None;
        self.hush.rest();
        if closes(&head.headers) {
            self.driver.connection = None;
        }
        Ok(Read { body: kept.take(), size })
    }

    /// Whether an exchange on it was given up before its answer was read to the end.
    pub(super) fn is_unfinished(&self) -> bool {
        self.driver.busy
    }

    /// Whether it has ended for certain; one that has not may still turn out to be closed.
    pub(super) fn is_closed(&self) -> bool {
        self.driver.connection.is_none()
    }
}

impl Driver {
    fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && Pin::new(&mut **connection).poll(cx).is_ready()
        {
            // Whatever ended it reaches the request in flight, if there is one; without one it does not matter.
            self.ended = self.take();
        }
    }

    /// Ends a connection in the middle of an exchange.
    fn reset(&mut self) {
        if let Some(stream) = self.take().or_else(|| self.ended.take()) {
            stream.close_by_reset();
        }
    }

    fn take(&mut self) -> Option<Stream> {
        self.connection.take().map(|connection| connection.into_parts().io.into_inner())
    }

    /// The next frame of a body: first what has arrived, then what the connection reads now.
    async fn next(&mut self, incoming: &mut Incoming, hush: &mut Hush) -> Option<Result<Frame<Bytes>, hyper::Error>> {
        std::future::poll_fn(|cx| {
            hush.poll(cx, |cx| {
                if let Poll::Ready(frame) = Pin::new(&mut *incoming).poll_frame(cx) {
                    return Poll::Ready(frame);
                }
                self.drive(cx);
                Pin::new(&mut *incoming).poll_frame(cx)
            })
        })
        .await
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if self.busy {
            self.reset();
        }
    }
}

/// The kept part of a body; a body of one frame is never copied.
#[derive(Default)]
struct Kept {
    first: Bytes,
    all: BytesMut,
}

impl Kept {
    fn add(&mut self, mut data: Bytes) {
        data.truncate(Keep::BOUND.saturating_sub(self.first.len().max(self.all.len())));
        if self.first.is_empty() && self.all.is_empty() {
            self.first = data;
            return;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&data);
    }

    fn take(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}

fn closes(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONNECTION).iter().any(|value| {
        value.as_bytes().split(|byte| *byte == b',').any(|token| token.trim_ascii().eq_ignore_ascii_case(b"close"))
    })
}

async fn stream(origin: &Origin, destination: &Destination) -> Result<Stream, Trouble> {
    #[cfg(test)]
    if let Some(dial) = &origin.memory {
        return dial.call().map(Stream::Memory).map_err(|error| failure::connecting(&error, false));
    }
    let tcp = Tcp(connect(destination).await?);
    if !destination.secure {
        return Ok(Stream::Plain(tcp));
    }
    let config = origin.tls().map_err(|error| Failure::new(FailureKind::Tls, error.to_string()))?;
    let name = match &destination.host {
        Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned())
            .map_err(|_| Failure::new(FailureKind::Tls, format!("{} is no name for a certificate", short(name))))?,
        Host::Ipv4(address) => ServerName::from(std::net::IpAddr::V4(*address)),
        Host::Ipv6(address) => ServerName::from(std::net::IpAddr::V6(*address)),
    };
    let secure = TlsConnector::from(config).connect(name, tcp).await.map_err(|error| failure::securing(&error))?;
    Ok(Stream::Secure(Box::new(secure)))
}

/// Tries the addresses in turn; when all fail, the first one's error counts.
async fn connect(destination: &Destination) -> Result<TcpStream, Trouble> {
    let Destination { host, port, addresses, .. } = destination;
    let found = addresses.get(host, *port).await.map_err(|error| {
        Failure::new(FailureKind::Connect, format!("the host {} was not found: {error}", short(&host.to_string())))
    })?;
    let mut first: Option<io::Error> = None;
    for address in found {
        match TcpStream::connect(address).await.and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp)) {
            Ok(tcp) => {
                addresses.accepted(address);
                return Ok(tcp);
            }
            Err(error) => first = first.or(Some(error)),
        }
    }
    let error = first.unwrap_or_else(|| io::Error::other("the name has no address"));
    Err(failure::connecting(&error, addresses.reached()))
}
