//! What the tests of this room and of the load share: targets without a config, pipes in the place of sockets.

use std::{fmt, io, sync::Arc, time::Duration};

use tokio::io::DuplexStream;
use url::Url;

use super::Origin;
use crate::plan::{Target, Tls};

/// A dial of connections in memory.
#[derive(Clone)]
pub(crate) struct Dial(Arc<dyn Fn() -> io::Result<DuplexStream> + Send + Sync>);

impl Dial {
    pub(super) fn call(&self) -> io::Result<DuplexStream> {
        (self.0)()
    }
}

impl fmt::Debug for Dial {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Dial")
    }
}

/// A target without hosts to allow.
pub(crate) fn target() -> Target {
    Target {
        url: None,
        allow: Vec::new(),
        timeout: Duration::from_secs(5),
        headers: Vec::new(),
        tls: Tls { ca: None, verify: true },
        ready: None,
    }
}

/// An origin at an address of this machine.
pub(crate) fn origin(url: &str) -> Origin {
    Origin::new(&target(), &Url::parse(url).expect("a URL")).expect("loopback is allowed")
}

/// An origin whose connections are dialled in memory.
pub(crate) fn origin_in_memory(dial: impl Fn() -> io::Result<DuplexStream> + Send + Sync + 'static) -> Origin {
    let mut origin = origin("http://localhost/");
    origin.memory = Some(Dial(Arc::new(dial)));
    origin
}
