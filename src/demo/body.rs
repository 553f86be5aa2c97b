//! An answer's body on its way out, and the moment at which its last byte left.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::answer::Pace;
use super::ledger::Entry;
use super::lock::lock;

/// The pieces of a body that dribbles.
const PIECES: usize = 20;

/// What an endless body sends, and how often: fast enough to fill any memory, slow enough to leave the processor alone.
static ZEROS: [u8; 16 * 1_024] = [0; 16 * 1_024];
const ZEROS_EVERY: Duration = Duration::from_millis(1);

/// Where an entry waits for its answer's last byte to be flushed: between the body, which knows that it has ended, and the
/// socket, which knows that it has sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Departure(Arc<Mutex<Option<Entry>>>);

impl Departure {
    /// The answer is complete in the buffer.
    fn ready(&self, entry: Entry) {
        *lock(&self.0) = Some(entry);
    }

    /// Everything in the buffer was handed to the socket.
    pub(super) fn flushed(&self) {
        if let Some(entry) = lock(&self.0).take() {
            entry.answered();
        }
    }
}

/// The body of an answer. Dropped before its end, its entry counts as abandoned.
#[derive(Debug)]
pub(super) struct AnswerBody {
    left: Bytes,
    piece: usize,
    between: Duration,
    wait: Option<Pin<Box<Sleep>>>,
    endless: bool,
    entry: Option<Entry>,
    departure: Departure,
}

impl AnswerBody {
    pub(super) fn new(bytes: Bytes, pace: Pace, entry: Entry, departure: Departure) -> Self {
        let (piece, between) = match pace {
            Pace::AtOnce => (bytes.len(), Duration::ZERO),
            Pace::Over(time) => {
                let pieces = bytes.len().clamp(1, PIECES);
                (bytes.len().div_ceil(pieces).max(1), time / (pieces as u32 - 1).max(1))
            }
            Pace::Endless => (ZEROS.len(), ZEROS_EVERY),
        };
        Self { left: bytes, piece, between, wait: None, endless: pace == Pace::Endless, entry: Some(entry), departure }
    }

    fn ended(&self) -> bool {
        !self.endless && self.left.is_empty()
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.ended() {
            return Poll::Ready(None);
        }
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(cx));
        }
        // The first piece goes at once and the last after the whole time: the waits lie between them.
        self.wait = (!self.between.is_zero()).then(|| Box::pin(sleep(self.between)));
        let frame = if self.endless {
            Bytes::from_static(&ZEROS)
        } else {
            let piece = self.piece.min(self.left.len());
            self.left.split_to(piece)
        };
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended()
    }

    fn size_hint(&self) -> SizeHint {
        if self.endless { SizeHint::default() } else { SizeHint::with_exact(self.left.len() as u64) }
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take()
            && self.ended()
        {
            self.departure.ready(entry);
        }
    }
}
