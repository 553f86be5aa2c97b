//! Where load goes, and where it must not go.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use http::{HeaderValue, Uri, Version, uri::PathAndQuery};
use rustls::ClientConfig;
use url::{Host, Url};

use super::{ClientError, Failure, resolve::Addresses, room::Room, tls};
use crate::{
    config::hidden,
    plan::{Connections, Http, Target, Tls, allowed, is_loopback},
};

/// So many servers beside the target are remembered. An app under `*.example.com` could redirect to ever new ones.
const MOST_OTHERS: usize = 64;

/// The target of a run as the load path sees it; shared by all users of all workers.
#[derive(Debug)]
pub struct Origin {
    url: Url,
    /// The path of the target's URL without a slash at its end; paths of steps are appended to it.
    base: String,
    home: Arc<Destination>,
    /// Other servers that steps and redirects have named so far, so that what is known of their addresses is kept.
    others: RwLock<Vec<Arc<Destination>>>,
    allow: Vec<String>,
    http: Http,
    connections: Connections,
    resolve: Vec<(String, IpAddr)>,
    proxy: Option<Destination>,
    tls: Tls,
    secure: OnceLock<Arc<ClientConfig>>,
    pub(super) room: Room,
    #[cfg(test)]
    pub(super) memory: Option<super::testing::Dial>,
}

/// A server by scheme, host and port.
#[derive(Debug)]
pub struct Destination {
    /// Its root.
    root: Url,
    /// Whether TLS is spoken.
    pub(super) secure: bool,
    pub(super) host: Host<String>,
    pub(super) port: u16,
    /// The Host header: the port only where it is not the scheme's own.
    pub(super) authority: HeaderValue,
    pub(super) addresses: Addresses,
}

/// Where one request goes: a server, and path and query on it.
#[derive(Debug, Clone)]
pub struct Address {
    pub(super) destination: Arc<Destination>,
    /// Path and query only, as the request line carries them.
    pub(super) target: Uri,
}

impl Origin {
    /// The target at `url`, which is `target.url` or the address of the built-in staging app. Names are looked up when
    /// the first connection needs them, once for all users.
    ///
    /// # Errors
    ///
    /// When the host may not be sent to, or TLS cannot be set up.
    pub fn new(target: &Target, url: &Url) -> Result<Self, ClientError> {
        let home =
            Destination::of(url, &target.resolve).ok_or_else(|| ClientError::Unusable { url: url.to_string() })?;
        if !allowed(url, &target.allow) {
            return Err(ClientError::Forbidden { host: home.host.to_string() });
        }
        let origin = Self {
            url: url.clone(),
            base: base_path(url).to_owned(),
            home: Arc::new(home),
            others: RwLock::default(),
            allow: target.allow.clone(),
            http: target.http,
            connections: target.connections,
            resolve: target.resolve.clone(),
            proxy: target.proxy.as_ref().and_then(|url| Destination::of(url, &[])),
            tls: target.tls.clone(),
            secure: OnceLock::new(),
            room: Room::default(),
            #[cfg(test)]
            memory: None,
        };
        if origin.home.secure {
            origin.tls()?;
        }
        Ok(origin)
    }

    /// The same where the name of the target has these addresses.
    #[cfg(test)]
    pub(super) fn with_addresses(mut self, addresses: Vec<IpAddr>) -> Self {
        Arc::get_mut(&mut self.home).expect("it was made just now").addresses = Addresses::known(addresses);
        self
    }

    /// The target's URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Whether the target runs on this machine, by its name, its address or what `target.resolve` says.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.home.host) || self.home.addresses.are_here()
    }

    /// The address of a path on the target (starting with `/`), which is appended to the path of the target's URL, or of
    /// an absolute URL.
    ///
    /// # Errors
    ///
    /// A `check` failure when it is no URL, or its host may not be sent to.
    pub fn address(&self, text: &str) -> Result<Address, Failure> {
        if text.starts_with('/') {
            let target = if self.base.is_empty() { target(text) } else { target(&format!("{}{text}", self.base)) };
            return Ok(Address { destination: Arc::clone(&self.home), target: target? });
        }
        let url =
            Url::parse(text).map_err(|cause| Failure::check(format!("{} is no URL: {cause}", short(&hidden(text)))))?;
        self.locate(&url, "the step's URL leads to")
    }

    /// The address that a Location header leads to, seen from the answer's own address.
    ///
    /// # Errors
    ///
    /// As [`Self::address`].
    pub fn redirect(&self, from: &Address, location: &[u8]) -> Result<Address, Failure> {
        let text = String::from_utf8_lossy(location);
        let url = from.url().join(&text).map_err(|cause| {
            Failure::check(format!("the redirect to {} leads nowhere: {cause}", short(&hidden(&text))))
        })?;
        self.locate(&url, "the answer redirects to")
    }

    /// The version that an exchange without an answer was tried in, as far as that is known: HTTP/1.1, unless the target is
    /// spoken to in HTTP/2 only.
    pub fn version(&self) -> Version {
        version(self.http)
    }

    /// The version of HTTP that is spoken with every server that load goes to.
    pub(super) fn http(&self) -> Http {
        self.http
    }

    /// When a user opens a new connection.
    pub fn connections(&self) -> Connections {
        self.connections
    }

    /// What all load goes through.
    pub(super) fn proxy(&self) -> Option<&Destination> {
        self.proxy.as_ref()
    }

    /// The TLS configuration, made once.
    pub(super) fn tls(&self) -> Result<Arc<ClientConfig>, ClientError> {
        if let Some(config) = self.secure.get() {
            return Ok(Arc::clone(config));
        }
        let config = tls::offering(&self.tls, self.http)?;
        Ok(Arc::clone(self.secure.get_or_init(|| config)))
    }

    /// A server other than the target, as it was named first.
    fn kept(&self, destination: Destination) -> Arc<Destination> {
        let known = |others: &[Arc<Destination>]| others.iter().find(|known| known.is(&destination)).map(Arc::clone);
        // Nothing in here panics half-way.
        if let Some(known) = known(&self.others.read().unwrap_or_else(PoisonError::into_inner)) {
            return known;
        }
        let mut others = self.others.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known(&others) {
            return known;
        }
        let destination = Arc::new(destination);
        if others.len() < MOST_OTHERS {
            others.push(Arc::clone(&destination));
        }
        destination
    }

    fn locate(&self, url: &Url, what: &str) -> Result<Address, Failure> {
        if !allowed(url, &self.allow) {
            let host = url.host_str().unwrap_or(url.scheme());
            return Err(Failure::check(format!(
                "{what} {}, which is neither loopback nor in target.allow; nothing was sent there",
                short(host)
            )));
        }
        let destination =
            Destination::of(url, &self.resolve).ok_or_else(|| Failure::check(format!("{what} no server")))?;
        let destination = if destination.is(&self.home) { Arc::clone(&self.home) } else { self.kept(destination) };
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        Ok(Address { destination, target: target(&path)? })
    }
}

impl Destination {
    fn of(url: &Url, resolve: &[(String, IpAddr)]) -> Option<Self> {
        let secure = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let host = url.host()?.to_owned();
        let port = url.port_or_known_default()?;
        let authority = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
        let authority = HeaderValue::try_from(authority).ok()?;
        let mut root = Url::parse(&url[..url::Position::BeforePath]).ok()?;
        // User information names no server and is never sent.
        let _ = root.set_username("").and_then(|()| root.set_password(None));
        Some(Self { root, secure, addresses: Addresses::of(&host, resolve), host, port, authority })
    }

    /// A server under a name that is looked up, in the words of the system's resolver.
    #[cfg(test)]
    pub(super) fn under_name(name: &str, port: u16) -> Self {
        let root = Url::parse(&format!("http://localhost:{port}/")).expect("a URL");
        let host = Host::Domain(name.to_owned());
        let authority = HeaderValue::try_from(format!("{name}:{port}")).expect("a header");
        Self { root, secure: false, addresses: Addresses::of(&host, &[]), host, port, authority }
    }

    /// Whether two destinations are the same server.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.secure == other.secure && self.port == other.port && self.host == other.host
    }
}

impl Address {
    /// As a URL, for cookies and for people.
    pub fn url(&self) -> Url {
        let mut url = self.destination.root.clone();
        url.set_path(self.target.path());
        url.set_query(self.target.query());
        url
    }

    /// Path and query.
    pub fn path(&self) -> &str {
        self.target.path_and_query().map_or("/", PathAndQuery::as_str)
    }
}

/// The version that is tried for sure, where nothing has been answered.
pub(super) fn version(http: Http) -> Version {
    if http == Http::H2 { Version::HTTP_2 } else { Version::HTTP_11 }
}

/// The path of a target's URL, to which the paths on it are appended: empty, or with a slash at its start and none at
/// its end.
pub(super) fn base_path(url: &Url) -> &str {
    url.path().trim_end_matches('/')
}

fn target(path: &str) -> Result<Uri, Failure> {
    PathAndQuery::try_from(path)
        .map(Uri::from)
        .map_err(|cause| Failure::check(format!("the path {} cannot be sent: {cause}", short(&hidden(path)))))
}

/// A quotation of bounded length.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 120;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
