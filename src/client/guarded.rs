//! The bytes below HTTP/2.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{connection::LARGEST_BUFFER, stream::Stream};

/// After so many bytes those who wait for them have their turn before more is read, so that no more of an answer is in
/// memory than they have not yet taken.
pub(super) const TURN: usize = LARGEST_BUFFER;

/// A stream whose close is a reset while an exchange is under way on it, and that is read a [`TURN`] at a time.
pub(super) struct Guarded {
    stream: Stream,
    busy: Arc<AtomicBool>,
    /// Bytes since the last pause.
    read: usize,
}

impl Guarded {
    pub(super) fn over(stream: Stream, busy: &Arc<AtomicBool>) -> Self {
        Self { stream, busy: Arc::clone(busy), read: 0 }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if self.busy.load(Ordering::Relaxed) {
            self.stream.close_by_reset();
        }
    }
}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.read >= TURN {
            self.read = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        match polled {
            Poll::Ready(_) => self.read += buffer.filled().len() - before,
            Poll::Pending => self.read = 0,
        }
        polled
    }
}

impl AsyncWrite for Guarded {
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
