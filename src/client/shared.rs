//! HTTP/2 connections that the users of one worker share.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use h2::{RecvStream, client::SendRequest};
use tokio::{sync::Semaphore, task::JoinSet, time::Instant};

use super::{
    Answer, Failure, Keep, Opening, Origin, Request, Trouble,
    connection::{FAIR_SHARE, Outgoing, Unanswered, speaks_http2},
    dial::dial,
    http2::{self, Naming, Sharing, Upload},
    kept::Kept,
    origin::Destination,
    room::Room,
};
use crate::plan::{FailureKind, Http};

/// The connections of one worker's users: one for each server, and another one whenever as many requests are under way on all
/// of them as the server takes (`SETTINGS_MAX_CONCURRENT_STREAMS`).
///
/// Each is driven by a task of its own, so that what a server says is heard at once. What breaks a connection fails every
/// request that is under way on it; the next request opens another one. A request that is given up is cancelled, and the
/// connection goes on.
pub struct Shared {
    lines: RefCell<Vec<Rc<Line>>>,
    /// One user opens a connection at a time, and the others wait for what it will bring.
    opening: Semaphore,
    drivers: RefCell<JoinSet<()>>,
}

/// One connection.
struct Line {
    destination: Arc<Destination>,
    naming: Naming,
    sender: SendRequest<Bytes>,
    /// Requests under way.
    under_way: Cell<usize>,
    /// Whether no request may be sent on it any more.
    over: Cell<bool>,
    /// Whether a request is under way, or one was given up: it is closed by a reset then.
    busy: Arc<AtomicBool>,
}

/// A request's place on a connection.
struct Seat {
    line: Rc<Line>,
    finished: bool,
}

impl Shared {
    /// Without connections. Requests are to be sent where local tasks can be spawned.
    #[expect(clippy::new_without_default, reason = "it is made on purpose, by who has a worker")]
    pub fn new() -> Self {
        Self { lines: RefCell::default(), opening: Semaphore::new(1), drivers: RefCell::new(JoinSet::new()) }
    }

    /// Sends a request over one of them and reads its answer.
    pub(super) async fn exchange(
        &self,
        origin: &Origin,
        request: &Request,
        outgoing: &mut Option<Outgoing>,
        opened: &mut Option<Opening>,
    ) -> Result<Answer, Trouble> {
        loop {
            let seat = self.seat(origin, &request.address.destination, opened).await?;
            match seat.converse(outgoing, (request.keep, request.max_size), &origin.room).await {
                Ok(answer) => return Ok(answer),
                Err(Unanswered::Failed(failure)) => return Err(failure.into()),
                Err(Unanswered::Exhausted(why)) => return Err(Trouble::Exhausted(why.to_owned())),
                // It is found again no more, so that the next turn looks for another one.
                Err(Unanswered::Unsent) if opened.is_none() => {}
                Err(Unanswered::Unsent) => {
                    return Err(
                        Failure::new(FailureKind::Reset, "the connection was closed as soon as it was opened").into()
                    );
                }
            }
        }
    }

    /// A place on a connection to a server: on one that takes more requests, else on a new one.
    async fn seat(
        &self,
        origin: &Origin,
        destination: &Arc<Destination>,
        opened: &mut Option<Opening>,
    ) -> Result<Seat, Trouble> {
        if let Some(seat) = self.free(destination) {
            return Ok(seat);
        }
        let _turn = self.opening.acquire().await.expect("it is never closed");
        if let Some(seat) = self.free(destination) {
            return Ok(seat);
        }
        let (stream, opening) = Box::pin(dial(origin, destination)).await?;
        *opened = Some(opening);
        speaks_http2(Http::H2, &stream)?;
        let Sharing { sender, connection, naming, busy } = http2::share(stream, destination).await?;
        let line = Rc::new(Line {
            destination: Arc::clone(destination),
            naming,
            sender,
            under_way: Cell::new(0),
            over: Cell::new(false),
            busy,
        });
        self.drive(&line, connection);
        self.lines.borrow_mut().push(Rc::clone(&line));
        Seat::on(line).ok_or_else(|| {
            Failure::new(FailureKind::Protocol, "the server takes no request at all (SETTINGS_MAX_CONCURRENT_STREAMS)")
                .into()
        })
    }

    fn free(&self, destination: &Destination) -> Option<Seat> {
        let mut lines = self.lines.borrow_mut();
        lines.retain(|line| !line.over.get());
        lines.iter().filter(|line| line.destination.is(destination)).find_map(|line| Seat::on(Rc::clone(line)))
    }

    /// Reads and writes until the connection ends, in a task of its own.
    fn drive(&self, line: &Rc<Line>, connection: impl Future + 'static) {
        let mut drivers = self.drivers.borrow_mut();
        while let Some(ended) = drivers.try_join_next() {
            if let Err(panic) = ended.map_err(tokio::task::JoinError::into_panic) {
                std::panic::resume_unwind(panic);
            }
        }
        // It must not keep the connection alive that it waits for.
        let line = Rc::downgrade(line);
        drivers.spawn_local(async move {
            // Whatever ended it reaches the requests under way.
            connection.await;
            if let Some(line) = line.upgrade() {
                line.over.set(true);
            }
        });
    }
}

impl Seat {
    /// A place, where the server takes one request more.
    fn on(line: Rc<Line>) -> Option<Self> {
        if line.under_way.get() >= line.sender.current_max_send_streams() {
            return None;
        }
        line.under_way.set(line.under_way.get() + 1);
        line.busy.store(true, Ordering::Relaxed);
        Some(Self { line, finished: false })
    }

    async fn converse(
        mut self,
        outgoing: &mut Option<Outgoing>,
        limits: (Keep, Option<u64>),
        room: &Room,
    ) -> Result<Answer, Unanswered> {
        let mut sender = self.line.sender.clone();
        if poll_fn(|cx| sender.poll_ready(cx)).await.is_err() {
            self.line.over.set(true);
            self.finished = true;
            return Err(Unanswered::Unsent);
        }
        let request = outgoing.take().expect("a request that was sent is not sent again");
        let (request, body) = self.line.naming.translate(request)?;
        let (mut answer, stream) = sender.send_request(request, body.is_empty()).map_err(http2::failed)?;
        let mut upload = Upload::new(stream, body);
        let head = poll_fn(|cx| {
            upload.push(cx);
            Pin::new(&mut answer).poll(cx)
        });
        let (head, incoming) = head.await.map_err(http2::failed)?.into_parts();
        let first_byte = Instant::now();
        let (body, size) = read(incoming, &mut upload, limits, room).await?;
        self.finished = true;
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            size,
            first_byte,
            version: head.version,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Line { under_way, busy, .. } = &*self.line;
        under_way.set(under_way.get() - 1);
        if self.finished && under_way.get() == 0 {
            busy.store(false, Ordering::Relaxed);
        }
    }
}

/// Reads a body to its end, or until it is longer than `max_size` by any amount: the rest is cancelled then.
async fn read(
    mut incoming: RecvStream,
    upload: &mut Upload,
    (keep, max_size): (Keep, Option<u64>),
    room: &Room,
) -> Result<(Bytes, u64), Unanswered> {
    let mut kept = Kept::of(room);
    let (mut size, mut fair) = (0_u64, FAIR_SHARE);
    let next = async |upload: &mut Upload, incoming: &mut RecvStream| {
        poll_fn(|cx| {
            upload.push(cx);
            incoming.poll_data(cx)
        })
        .await
    };
    while let Some(data) = next(upload, &mut incoming).await.transpose().map_err(http2::failed)? {
        incoming.flow_control().release_capacity(data.len()).map_err(http2::failed)?;
        size += data.len() as u64;
        if keep == Keep::Body {
            kept.add(data)?;
        }
        if max_size.is_some_and(|max| size > max) {
            return Ok((kept.take(), size));
        }
        if size >= fair {
            fair = size + FAIR_SHARE;
            tokio::task::yield_now().await;
        }
    }
    poll_fn(|cx| {
        upload.push(cx);
        incoming.poll_trailers(cx)
    })
    .await
    .map_err(http2::failed)?;
    Ok((kept.take(), size))
}
