//! From a destination to a stream of bytes: addresses, TCP, TLS.

use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::{
    io,
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;
use url::Host;

use super::{
    Failure, Opening, Origin, Trouble, failure,
    origin::{Destination, short},
    proxy,
    stream::{Stream, Tcp},
};
use crate::plan::FailureKind;

/// How long an address of several may say nothing before the next one is tried.
const SILENT: Duration = Duration::from_secs(1);

/// Connects a user (from 0), with TLS where the destination asks for it; says how long that took.
pub(super) async fn dial(origin: &Origin, destination: &Destination, user: u32) -> Result<(Stream, Opening), Trouble> {
    let started = Instant::now();
    #[cfg(test)]
    if let Some(dial) = &origin.memory {
        let stream = dial.call().map(Stream::Memory).map_err(|error| failure::connecting(&error, false))?;
        return Ok((stream, Opening { dns: None, connect: started.elapsed(), tls: None, ready: Instant::now() }));
    }
    let server = origin.proxy().unwrap_or(destination);
    let dns = look_up(server, started, user).await?;
    let found = started + dns.unwrap_or_default();
    let mut tcp = Tcp(connect(server, user).await?);
    if destination.secure && origin.proxy().is_some() {
        proxy::tunnel(&mut tcp, destination).await?;
    }
    let accepted = Instant::now();
    let connected = Opening { dns, connect: accepted - found, tls: None, ready: accepted };
    if !destination.secure {
        return Ok((Stream::Plain(tcp), connected));
    }
    let config = origin.tls().map_err(|error| Failure::new(FailureKind::Tls, error.to_string()))?;
    let name = match &destination.host {
        Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned())
            .map_err(|_| Failure::new(FailureKind::Tls, format!("{} is no name for a certificate", short(name))))?,
        Host::Ipv4(address) => ServerName::from(std::net::IpAddr::V4(*address)),
        Host::Ipv6(address) => ServerName::from(std::net::IpAddr::V6(*address)),
    };
    let secure = TlsConnector::from(config).connect(name, tcp).await.map_err(|error| failure::securing(&error))?;
    let ready = Instant::now();
    Ok((Stream::Secure(Box::new(secure)), Opening { tls: Some(ready - accepted), ready, ..connected }))
}

/// Waits until the addresses are known, and says how long that took; `None` when they were known already.
async fn look_up(destination: &Destination, started: Instant, user: u32) -> Result<Option<Duration>, Trouble> {
    let Destination { host, port, addresses, .. } = destination;
    if addresses.are_known() {
        return Ok(None);
    }
    addresses.get(host, *port, user).await.map_err(|error| unknown(host, &error))?;
    Ok(Some(started.elapsed()))
}

fn unknown(host: &Host<String>, error: &io::Error) -> Failure {
    let description = format!("the host {} was not found: {error}", short(&host.to_string()));
    Failure::new(FailureKind::Connect, description)
}

/// Tries the addresses in turn; when all fail, the first one's error counts. One that says nothing is given up after a
/// moment where there is another.
async fn connect(destination: &Destination, user: u32) -> Result<TcpStream, Trouble> {
    let Destination { host, port, addresses, .. } = destination;
    let found = addresses.get(host, *port, user).await.map_err(|error| unknown(host, &error))?;
    let mut first: Option<io::Error> = None;
    let last = found.len().saturating_sub(1);
    for (at, address) in found.into_iter().enumerate() {
        let attempt = TcpStream::connect(address);
        let connected = if at < last {
            let silent = |_| Err(io::ErrorKind::TimedOut.into());
            timeout(SILENT, attempt).await.unwrap_or_else(silent)
        } else {
            attempt.await
        };
        match connected.and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp)) {
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
