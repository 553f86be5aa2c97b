//! From a destination to a stream of bytes: addresses, TCP, TLS.

use rustls::pki_types::ServerName;
use tokio::{io, net::TcpStream};
use tokio_rustls::TlsConnector;
use url::Host;

use super::{
    Failure, Origin, Trouble, failure,
    origin::{Destination, short},
    stream::{Stream, Tcp},
};
use crate::plan::FailureKind;

/// Connects, with TLS where the destination asks for it.
pub(super) async fn dial(origin: &Origin, destination: &Destination) -> Result<Stream, Trouble> {
    #[cfg(test)]
    if let Some(dial) = &origin.memory {
        return dial.call().map(Stream::Memory).map_err(|error| failure::connecting(&error, false));
    }
    let tcp = Tcp(connect(destination).await?);
    if !destination.secure {
        return Ok(Stream::Plain(tcp));
    }
    let config = origin.tls().map_err(|error| Failure::new(FailureKind::Tls, error.to_string()))?;
    let name = match &destination.host {
        Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned())
            .map_err(|_| Failure::new(FailureKind::Tls, format!("{} is no name for a certificate", short(name))))?,
        Host::Ipv4(address) => ServerName::from(std::net::IpAddr::V4(*address)),
        Host::Ipv6(address) => ServerName::from(std::net::IpAddr::V6(*address)),
    };
    let secure = TlsConnector::from(config).connect(name, tcp).await.map_err(|error| failure::securing(&error))?;
    Ok(Stream::Secure(Box::new(secure)))
}

/// Tries the addresses in turn; when all fail, the first one's error counts.
async fn connect(destination: &Destination) -> Result<TcpStream, Trouble> {
    let Destination { host, port, addresses, .. } = destination;
    let found = addresses.get(host, *port).await.map_err(|error| {
        Failure::new(FailureKind::Connect, format!("the host {} was not found: {error}", short(&host.to_string())))
    })?;
    let mut first: Option<io::Error> = None;
    for address in found {
        match TcpStream::connect(address).await.and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp)) {
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
