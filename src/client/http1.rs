//! HTTP/1.1 over one connection.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header, response::Parts};
use hyper::{
    body::{Body, Frame, Incoming},
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;

use super::{
    Failure, Keep,
    connection::{LARGEST_BUFFER, LONGEST_HEAD, Outgoing, Read, Unanswered},
    failure,
    hush::Hush,
    intake::{Intake, Wanted},
    mark::{Mark, Marked},
    payload::Payload,
    room::Room,
    stream::Stream,
};

/// One keep-alive connection. The HTTP state machine is polled by the user's own task, in line with the request: no
/// second task, no wake-up between the two.
pub(super) struct Http1 {
    /// `None` while it rests.
    sender: Option<SendRequest<Payload>>,
    driver: Driver,
    hush: Hush,
    mark: Mark,
}

/// hyper's side of the connection.
struct Driver {
    /// `None` once it has ended.
    /// In a place of its own, because a connection changes hands twice for each request.
    connection: Option<Box<http1::Connection<TokioIo<Marked>, Payload>>>,
    /// What is left of it then, until the answer is read to its end.
    ended: Option<Stream>,
    /// The stream of one that rests.
    resting: Option<Stream>,
    /// Whether a request was handed over whose answer was not read to its end.
    busy: bool,
}

impl Http1 {
    /// Makes a stream ready for requests; nothing is sent.
    pub(super) async fn over(stream: Stream) -> Result<Self, Failure> {
        let mark = Mark::default();
        let marked = Marked { stream, mark: mark.clone() };
        let (sender, connection) = begin(marked).await.map_err(|error| failure::exchanging(&error))?;
        let driver = Driver { connection: Some(Box::new(connection)), ended: None, resting: None, busy: false };
        Ok(Self { sender: Some(sender), driver, hush: Hush::new(), mark })
    }

    /// Gives its buffers back while its user pauses: most users of a crowd pause, and the buffers of the HTTP library are
    /// most of what a user takes. Only a connection that is ready for the next request can do without them.
    pub(super) async fn rest(&mut self) {
        let Self { sender: Some(sender), driver, hush, .. } = self else { return };
        let ready = std::future::poll_fn(|cx| {
            hush.poll(cx, |cx| {
                driver.drive(cx);
                Poll::Ready(matches!(sender.poll_ready(cx), Poll::Ready(Ok(()))))
            })
        });
        let ready = ready.await;
        hush.rest();
        if !ready || driver.busy {
            return;
        }
        if let Some(connection) = driver.connection.take() {
            self.sender = None;
            let parts = connection.into_parts();
            let stream = parts.io.into_inner().stream;
            if parts.read_buf.is_empty() {
                self.driver.resting = Some(stream);
            } else {
                // What came without having been asked for is no answer to what will be asked.
                stream.close_by_reset();
            }
        }
    }

    async fn wake(&mut self) -> Result<(), Unanswered> {
        if let Some(stream) = self.driver.resting.take() {
            let marked = Marked { stream, mark: self.mark.clone() };
            let (sender, connection) = begin(marked).await.map_err(|_| Unanswered::Unsent)?;
            (self.sender, self.driver.connection) = (Some(sender), Some(Box::new(connection)));
        }
        Ok(())
    }

    /// Sends the request and reads the head of its answer.
    pub(super) async fn send(&mut self, outgoing: &mut Option<Outgoing>) -> Result<(Parts, Incoming), Unanswered> {
        self.wake().await?;
        let Self { sender: Some(sender), driver, hush, mark } = self else { return Err(Unanswered::Unsent) };
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
        mark.await_answer();
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
        limits: (Keep, Option<u64>),
        room: &Room,
    ) -> Result<Read, Unanswered> {
        let mut intake = Intake::of(limits, room);
        while let Some(frame) = self.driver.next(&mut incoming, &mut self.hush).await {
            let Ok(data) = frame.map_err(|error| Unanswered::Failed(failure::exchanging(&error)))?.into_data() else {
                continue;
            };
            if intake.take(data).await? == Wanted::NoMore {
                self.driver.reset();
                break;
            }
        }
        drop(incoming);
        self.driver.busy = false;
        self.hush.rest();
        if self.driver.connection.is_none() || closes(&head.headers) {
            self.driver.end(head);
        }
        // It is known, whatever an app sends; but nothing that an app sends may matter so much.
        let first_byte = self.mark.came().unwrap_or_else(Instant::now);
        let (body, size) = intake.end();
        Ok(Read { body, size, first_byte })
    }

    /// Whether it has given its buffers back.
    #[cfg(test)]
    pub(super) fn is_resting(&self) -> bool {
        self.driver.resting.is_some()
    }

    /// Ends it by a reset.
    pub(super) fn close(mut self) {
        self.driver.reset();
    }

    /// Whether an exchange on it was given up before its answer was read to the end.
    pub(super) fn is_unfinished(&self) -> bool {
        self.driver.busy
    }

    /// Whether it has ended for certain; one that has not may still turn out to be closed.
    pub(super) fn is_closed(&self) -> bool {
        self.driver.connection.is_none() && self.driver.resting.is_none()
    }
}

/// hyper's two ends of a connection over a stream.
async fn begin(stream: Marked) -> hyper::Result<(SendRequest<Payload>, http1::Connection<TokioIo<Marked>, Payload>)> {
    http1::Builder::new()
        .max_header_size(LONGEST_HEAD)
        .max_buf_size(LARGEST_BUFFER)
        // To copy a body behind its head costs less than to hand the kernel a list of two.
        .writev(false)
        .handshake(TokioIo::new(stream))
        .await
}

impl Driver {
    fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && Pin::new(&mut **connection).poll(cx).is_ready()
        {
            // Whatever ended it reaches the request in flight, if there is one.
            self.ended = self.take();
            if !self.busy {
                self.reset();
            }
        }
    }

    /// Ends a connection whose last answer was read: in peace where the server has ended it before, because the end of the
    /// body was that of the connection; else by a reset, because who ends a connection first has its port wait.
    fn end(&mut self, last: &Parts) {
        if !ended_with_its_body(last) {
            self.reset();
        }
        (self.connection, self.ended) = (None, None);
    }

    /// Ends a connection by a reset: in the middle of an exchange, or before the server has ended it.
    fn reset(&mut self) {
        if let Some(stream) = self.take().or_else(|| self.ended.take()).or_else(|| self.resting.take()) {
            stream.close_by_reset();
        }
    }

    fn take(&mut self) -> Option<Stream> {
        self.connection.take().map(|connection| connection.into_parts().io.into_inner().stream)
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

/// Whether nothing else told the length of a body.
fn ended_with_its_body(Parts { status, headers, .. }: &Parts) -> bool {
    let without_body = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(status);
    let told = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING].iter().any(|name| headers.contains_key(name));
    !without_body && !told
}

fn closes(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONNECTION).iter().any(|value| {
        value.as_bytes().split(|byte| *byte == b',').any(|token| token.trim_ascii().eq_ignore_ascii_case(b"close"))
    })
}
