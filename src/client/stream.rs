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

/// A TCP connection that says its end only when it is dropped: HTTP shuts a broken connection down before anyone can make
/// its close a reset, and if the app closes in between, the port waits after all.
#[derive(Debug)]
pub(super) struct Tcp(pub(super) TcpStream);

impl AsyncRead for Tcp {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// One way to an app. An enum in the place of a trait object: the load path reads it for each answer.
#[derive(Debug)]
pub(super) enum Stream {
    /// `http`.
    Plain(Tcp),
    /// `https`; boxed because its buffers are large and most gates test over plain HTTP.
    Secure(Box<TlsStream<Tcp>>),
    /// The paused clock's tests.
    #[cfg(test)]
    Memory(tokio::io::DuplexStream),
}

impl Stream {
    /// The protocol that both sides agreed on during the TLS handshake, empty for none; `None` without TLS.
    pub(super) fn agreed(&self) -> Option<&[u8]> {
        match self {
            Self::Secure(stream) => Some(stream.get_ref().1.alpn_protocol().unwrap_or_default()),
            Self::Plain(_) => None,
            #[cfg(test)]
            Self::Memory(_) => None,
        }
    }

    /// Makes its close a reset: what is left of a broken exchange is thrown away, and no port of this machine waits a
    /// minute for it (`TIME_WAIT`), of which there are only some 28,000.
    pub(super) fn close_by_reset(&self) {
        let _ = match self {
            Self::Plain(stream) => stream.0.set_zero_linger(),
            Self::Secure(stream) => stream.get_ref().0.0.set_zero_linger(),
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
