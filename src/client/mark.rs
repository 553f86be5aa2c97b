//! When the first byte of an answer came.

use std::{
    cell::Cell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use super::stream::Stream;

/// The moment of the first byte since it was last awaited: one look at the clock for each answer, however many pieces it comes
/// in.
#[derive(Debug, Clone, Default)]
pub(super) struct Mark(Rc<Cell<Option<Instant>>>);

impl Mark {
    /// Forgets the answer before: the next byte is the first of another.
    pub(super) fn await_answer(&self) {
        self.0.set(None);
    }

    /// When it came.
    pub(super) fn came(&self) -> Option<Instant> {
        self.0.get()
    }
}

/// A stream that notes the first byte of each answer. Below HTTP, because an HTTP library shows a head only once it is whole.
#[derive(Debug)]
pub(super) struct Marked {
    pub(super) stream: Stream,
    pub(super) mark: Mark,
}

impl AsyncRead for Marked {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if self.mark.came().is_none() && buffer.filled().len() > before {
            self.mark.0.set(Some(Instant::now()));
        }
        polled
    }
}

impl AsyncWrite for Marked {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
