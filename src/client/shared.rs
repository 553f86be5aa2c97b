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
use tokio::{sync::Notify, task::JoinSet, time::Instant};

use super::{
    Answer, Failure, Keep, Trouble,
    agent::Sending,
    connection::{Outgoing, Read, Unanswered, speaks_http2},
    dial::dial,
    http2::{self, Naming, Sharing, Upload},
    intake::{Intake, Wanted},
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
    queues: RefCell<Vec<Rc<Queue>>>,
    drivers: RefCell<JoinSet<()>>,
}

/// Users who have no place on a connection to one server.
///
/// They open as many connections at once as will have room for all of them; the others wait for what those bring.
struct Queue {
    destination: Arc<Destination>,
    /// Users without a place, those that open a connection among them.
    waiting: Cell<usize>,
    /// Connections that are being opened.
    opening: Cell<usize>,
    /// How many requests the server takes on a connection, as it has said on the last one; before that, all of them.
    places: Cell<usize>,
    /// A connection was opened or could not be, or a place is free again.
    news: Notify,
}

/// One connection.
struct Line {
    queue: Rc<Queue>,
    naming: Naming,
    sender: SendRequest<Bytes>,
    /// Requests under way.
    under_way: Cell<usize>,
    /// Whether no request may be sent on it any more.
    over: Cell<bool>,
    /// Whether it is closed by a reset: a request is under way, or one was given up, or it is over.
    busy: Arc<AtomicBool>,
}

/// A request's place on a connection.
struct Seat {
    line: Rc<Line>,
    /// Whether the connection was opened for this request.
    new: bool,
    finished: bool,
}

impl Shared {
    /// Without connections. Requests are to be sent where local tasks can be spawned.
    #[expect(clippy::new_without_default, reason = "it is made on purpose, by who has a worker")]
    pub fn new() -> Self {
        Self { lines: RefCell::default(), queues: RefCell::default(), drivers: RefCell::new(JoinSet::new()) }
    }

    /// Sends a request over one of them and reads its answer.
    pub(super) async fn exchange(&self, sending: &mut Sending<'_>) -> Result<Answer, Trouble> {
        let limits = (sending.request.keep, sending.request.max_size);
        loop {
            let seat = self.seat(sending).await?;
            let new = seat.new;
            match seat.converse(&mut sending.outgoing, limits, &sending.origin.room).await {
                Ok(answer) => return Ok(answer),
                Err(Unanswered::Failed(failure)) => return Err(failure.into()),
                Err(Unanswered::PassedOver(failure)) => sending.again(failure)?,
                Err(Unanswered::NoRoom(full)) => return Err(full.into()),
                // It is found again no more, so that the next turn looks for another one.
                Err(Unanswered::Unsent) if !new => {}
                Err(Unanswered::Unsent) => return Err(Failure::closed_at_once().into()),
            }
        }
    }

    /// A place on a connection to a server: on one that takes more requests, else on a new one.
    async fn seat(&self, sending: &mut Sending<'_>) -> Result<Seat, Trouble> {
        let queue = self.queue(&sending.request.address.destination);
        if let Some(seat) = self.free(&queue) {
            return Ok(seat);
        }
        let _waiting = Counted::on(&queue, |queue| &queue.waiting);
        loop {
            if queue.opening.get().saturating_mul(queue.places.get()) < queue.waiting.get() {
                return self.open(&queue, sending).await;
            }
            queue.news.notified().await;
            if let Some(seat) = self.free(&queue) {
                return Ok(seat);
            }
        }
    }

    /// A place on a new connection.
    async fn open(&self, queue: &Rc<Queue>, sending: &mut Sending<'_>) -> Result<Seat, Trouble> {
        let _news = Told(queue);
        let _opening = Counted::on(queue, |queue| &queue.opening);
        let (stream, opening) = Box::pin(dial(sending.origin, &queue.destination, sending.user)).await?;
        *sending.opened = Some(opening);
        speaks_http2(Http::H2, &stream)?;
        let Sharing { sender, connection, naming, busy } = http2::share(stream, &queue.destination).await?;
        queue.places.set(sender.current_max_send_streams().max(1));
        let line = Rc::new(Line {
            queue: Rc::clone(queue),
            naming,
            sender,
            under_way: Cell::new(0),
            over: Cell::new(false),
            busy,
        });
        let Some(mut seat) = Seat::on(&line) else {
            let nothing = "the server takes no request at all (SETTINGS_MAX_CONCURRENT_STREAMS)";
            return Err(Failure::new(FailureKind::Protocol, nothing).into());
        };
        self.drive(&line, connection);
        self.lines.borrow_mut().push(line);
        seat.new = true;
        Ok(seat)
    }

    fn queue(&self, destination: &Arc<Destination>) -> Rc<Queue> {
        let mut queues = self.queues.borrow_mut();
        if let Some(queue) = queues.iter().find(|queue| queue.destination.is(destination)) {
            return Rc::clone(queue);
        }
        let queue = Rc::new(Queue {
            destination: Arc::clone(destination),
            waiting: Cell::new(0),
            opening: Cell::new(0),
            places: Cell::new(usize::MAX),
            news: Notify::new(),
        });
        queues.push(Rc::clone(&queue));
        queue
    }

    fn free(&self, queue: &Rc<Queue>) -> Option<Seat> {
        let mut lines = self.lines.borrow_mut();
        lines.retain(|line| !line.over.get());
        lines.iter().filter(|line| Rc::ptr_eq(&line.queue, queue)).find_map(Seat::on)
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
    fn on(line: &Rc<Line>) -> Option<Self> {
        if line.under_way.get() >= line.sender.current_max_send_streams() {
            return None;
        }
        line.under_way.set(line.under_way.get() + 1);
        line.busy.store(true, Ordering::Relaxed);
        Some(Self { line: Rc::clone(line), new: false, finished: false })
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
            return Err(Unanswered::Unsent);
        }
        let request = outgoing.take().expect("a request that was sent is not sent again");
        let (request, body) = self.line.naming.translate(request)?;
        // A connection that ends in order is left to the requests that are under way.
        let unanswered = |error| match http2::unanswered(error) {
            passed_over @ Unanswered::PassedOver(_) => {
                self.line.over.set(true);
                passed_over
            }
            failed => failed,
        };
        let (mut answer, stream) = sender.send_request(request, body.is_empty()).map_err(unanswered)?;
        let mut upload = Upload::new(stream, body);
        let head = poll_fn(|cx| {
            upload.push(cx);
            Pin::new(&mut answer).poll(cx)
        });
        let (head, incoming) = head.await.map_err(unanswered)?.into_parts();
        let first_byte = Instant::now();
        let (body, size) = read(incoming, &mut upload, limits, room).await?;
        self.finished = true;
        Ok(Read { body, size, first_byte }.under(head))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Line { under_way, busy, over, queue, .. } = &*self.line;
        under_way.set(under_way.get() - 1);
        if self.finished && under_way.get() == 0 && !over.get() {
            busy.store(false, Ordering::Relaxed);
        }
        if queue.waiting.get() > 0 {
            queue.news.notify_one();
        }
    }
}

/// Counts one more for as long as it lives.
struct Counted<'a>(&'a Cell<usize>);

impl<'a> Counted<'a> {
    fn on(queue: &'a Queue, which: impl FnOnce(&'a Queue) -> &'a Cell<usize>) -> Self {
        let count = which(queue);
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Tells all who wait that an opening has ended, however it did.
struct Told<'a>(&'a Queue);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.0.news.notify_waiters();
    }
}

/// Reads a body to its end, or until it is longer than `max_size` by any amount: the rest is cancelled then.
async fn read(
    mut incoming: RecvStream,
    upload: &mut Upload,
    limits: (Keep, Option<u64>),
    room: &Room,
) -> Result<(Bytes, u64), Unanswered> {
    let mut intake = Intake::of(limits, room);
    let next = async |upload: &mut Upload, incoming: &mut RecvStream| {
        poll_fn(|cx| {
            upload.push(cx);
            incoming.poll_data(cx)
        })
        .await
    };
    while let Some(data) = next(upload, &mut incoming).await.transpose().map_err(http2::failed)? {
        incoming.flow_control().release_capacity(data.len()).map_err(http2::failed)?;
        if intake.take(data).await? == Wanted::NoMore {
            return Ok(intake.end());
        }
    }
    poll_fn(|cx| {
        upload.push(cx);
        incoming.poll_trailers(cx)
    })
    .await
    .map_err(http2::failed)?;
    Ok(intake.end())
}
