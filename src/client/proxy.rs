//! The way through a proxy: `CONNECT` for TLS, and whole addresses in the place of paths without it.

use http::{
    Uri,
    uri::{Authority, Scheme},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    Address, Failure,
    origin::{Destination, short},
    stream::Tcp,
};
use crate::plan::FailureKind;

/// The longest answer to `CONNECT` that is read.
const LONGEST: usize = 8 * 1024;

/// Asks a proxy for a way to a server; from then on the stream is the server's.
///
/// # Errors
///
/// The proxy refuses, or says nothing that is HTTP: that the server was not reached is all that is known of it.
pub(super) async fn tunnel(tcp: &mut Tcp, destination: &Destination) -> Result<(), Failure> {
    let Destination { host, port, .. } = destination;
    let asked = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
    let lost = |error| Failure::new(FailureKind::Connect, format!("the proxy closed the connection: {error}"));
    tcp.write_all(asked.as_bytes()).await.map_err(lost)?;
    let mut head = Vec::new();
    // A refusal may have a body, which is of no use and may never end.
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < LONGEST {
        if tcp.read_buf(&mut head).await.map_err(lost)? == 0 {
            break;
        }
    }
    let line = String::from_utf8_lossy(head.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
    let accepted = line.strip_prefix("HTTP/1.").is_some_and(|rest| rest.get(1..3) == Some(" 2"));
    // The server speaks only when it is spoken to, so that nothing comes behind the head of an answer that accepts.
    if accepted && head.ends_with(b"\r\n\r\n") {
        return Ok(());
    }
    let said = if line.is_empty() { "nothing".to_owned() } else { format!("`{}`", short(&line)) };
    Err(Failure::new(FailureKind::Connect, format!("the proxy answered {said} when it was asked for the server")))
}

/// A request's address as a proxy is told it.
pub(super) fn whole(address: &Address) -> Uri {
    let mut parts = address.target.clone().into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Authority::try_from(address.destination.authority.as_bytes()).ok();
    // A host that is no authority was refused when its URL was read.
    Uri::from_parts(parts).unwrap_or_else(|_| address.target.clone())
}
