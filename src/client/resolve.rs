//! From a host to socket addresses, once for all users.
//!
//! A name with several addresses is how load is shared out over as many servers, so each user begins at one of its own:
//! user k at address k modulo n, and goes on to the next where one refuses or says nothing. Those are n of one kind. Of the
//! kinds (IPv4, IPv6) all users begin with the one that has answered, because a machine may have no way to the other.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::{net::lookup_host, sync::OnceCell};
use url::Host;

use crate::plan::{is_loopback, resolved};

/// The addresses of a host.
#[derive(Debug)]
pub(super) struct Addresses {
    found: OnceCell<Vec<IpAddr>>,
    /// The position of the address that answered last; those of its kind are tried first the next time.
    preferred: AtomicUsize,
    /// Whether any of them ever accepted a connection.
    reached: AtomicBool,
}

impl Addresses {
    /// Those known without looking up: an address itself, loopback for `localhost`, which is never asked of a name server,
    /// and what `resolve` says.
    pub(super) fn of(host: &Host<String>, resolve: &[(String, IpAddr)]) -> Self {
        let known = match host {
            Host::Ipv4(address) => Some(vec![IpAddr::V4(*address)]),
            Host::Ipv6(address) => Some(vec![IpAddr::V6(*address)]),
            Host::Domain(_) if is_loopback(host) => {
                Some(vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)])
            }
            Host::Domain(name) => resolved(name, resolve).map(|address| vec![address]),
        };
        Self {
            found: known.map_or_else(OnceCell::new, |known| OnceCell::new_with(Some(known))),
            preferred: AtomicUsize::new(0),
            reached: AtomicBool::new(false),
        }
    }

    /// The addresses in the order in which a user (from 0) tries them, at least one; a lookup that failed is tried again the
    /// next time.
    pub(super) async fn get(&self, host: &Host<String>, port: u16, user: u32) -> io::Result<Vec<SocketAddr>> {
        let look_up = || async {
            let found: Vec<IpAddr> = lookup_host((host.to_string(), port)).await?.map(|address| address.ip()).collect();
            if found.is_empty() { Err(io::Error::other("the name has no address")) } else { Ok(found) }
        };
        let found = self.found.get_or_try_init(look_up).await?;
        let preferred = found[self.preferred.load(Ordering::Relaxed) % found.len()].is_ipv4();
        let (mut first, later): (Vec<IpAddr>, Vec<IpAddr>) = found.iter().partition(|ip| ip.is_ipv4() == preferred);
        let begin = user as usize % first.len();
        first.rotate_left(begin);
        Ok(first.into_iter().chain(later).map(|ip| SocketAddr::new(ip, port)).collect())
    }

    /// Remembers the address that accepted a connection.
    pub(super) fn accepted(&self, address: SocketAddr) {
        let position = self.found.get().and_then(|found| found.iter().position(|ip| *ip == address.ip()));
        self.preferred.store(position.unwrap_or(0), Ordering::Relaxed);
        self.reached.store(true, Ordering::Relaxed);
    }

    /// Those of a name that has several.
    #[cfg(test)]
    pub(super) fn known(addresses: Vec<IpAddr>) -> Self {
        Self {
            found: OnceCell::new_with(Some(addresses)),
            preferred: AtomicUsize::new(0),
            reached: AtomicBool::new(false),
        }
    }

    /// Whether they need no looking up any more.
    pub(super) fn are_known(&self) -> bool {
        self.found.initialized()
    }

    /// Whether they are known without looking up and of this machine's loopback.
    pub(super) fn are_here(&self) -> bool {
        self.found.get().is_some_and(|found| found.iter().all(IpAddr::is_loopback))
    }

    /// Whether any of them ever accepted a connection.
    pub(super) fn reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }
}
