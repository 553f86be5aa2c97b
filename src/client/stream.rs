//! The bytes below HTTP: TCP, TLS over it, and in tests a pipe in memory.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// One way to an app. An enum in the place of a trait object: the load path reads it for each answer.
#[derive(Debug)]
pub(super) enum Stream {
    /// `http`.
    Plain(TcpStream),
    /// `https`; boxed because its buffers are large and most gates test over plain HTTP.
    Secure(Box<TlsStream<TcpStream>>),
    /// The paused clock's tests.
    #[cfg(test)]
    Memory(tokio::io::DuplexStream),
}

impl Stream {
    /// Makes its close a reset: what is left of a broken exchange is thrown away, and no port of this machine waits a
    /// minute for it (`TIME_WAIT`), of which there are only some 28,000.
    pub(super) fn close_by_reset(&self) {
        let _ = match self {
            Self::Plain(stream) => stream.set_zero_linger(),
            Self::Secure(stream) => stream.get_ref().0.set_zero_linger(),
            #[cfg(test)]
            Self::Memory(_) => Ok(()),
        };
    }
}

macro_rules! delegate {
    ($self:expr, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Stream::Plain($stream) => $call,
            Stream::Secure($stream) => $call,
            #[cfg(test)]
            Stream::Memory($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => Pin::new(stream).poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        delegate!(self, stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}
