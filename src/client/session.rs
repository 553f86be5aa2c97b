//! A user's cookies.

use std::time::Duration;

use cookie_store::{CookieExpiration, CookieStore};
use http::{HeaderMap, HeaderValue, header};
use tokio::time::Instant;

use super::{Address, origin::Destination};

/// The most cookies that a user keeps; browsers keep about as many for a site (RFC 6265 section 6.1 asks for 50).
const MOST_COOKIES: usize = 180;

/// The longest cookie that is kept (RFC 6265 section 6.1 asks for 4096 bytes).
const LONGEST_COOKIE: usize = 8192;

/// The most bytes of names and values that a user keeps; servers refuse a Cookie header of half of that.
const MOST_BYTES: usize = 32 * 1024;

/// With cookies that expire, the Cookie header is made anew this often at least.
const FRESH: Duration = Duration::from_secs(1);

/// A user's cookie jar with the Cookie header that it makes.
#[derive(Debug, Default)]
pub struct Session {
    jar: CookieStore,
    made: Made,
}

/// The Cookie header, as far as it is known.
#[derive(Debug, Default)]
enum Made {
    /// The jar is empty.
    #[default]
    Empty,
    /// The jar changed since.
    Unknown,
    /// Every cookie goes to every path, so one header serves all requests to this server until then.
    Everywhere { header: Option<HeaderValue>, to: Server, until: Option<Instant> },
    /// It depends on the path.
    Depends,
}

#[derive(Debug, PartialEq, Eq)]
struct Server {
    secure: bool,
    host: url::Host<String>,
}

impl Session {
    /// An empty jar.
    pub fn new() -> Self {
        Self::default()
    }

    /// The Cookie header for a request. It is kept until the jar changes.
    pub fn header(&mut self, address: &Address) -> Option<HeaderValue> {
        match &self.made {
            Made::Empty => return None,
            Made::Everywhere { header, to, until }
                if to.is(&address.destination) && until.is_none_or(|until| Instant::now() < until) =>
            {
                return header.clone();
            }
            Made::Depends => return self.make(address),
            Made::Unknown | Made::Everywhere { .. } => {}
        }
        let header = self.make(address);
        self.made = if self.jar.iter_unexpired().all(|cookie| &*cookie.path == "/") {
            let to = Server { secure: address.destination.secure, host: address.destination.host.clone() };
            let expires = self.jar.iter_any().any(|cookie| !matches!(cookie.expires, CookieExpiration::SessionEnd));
            Made::Everywhere { header: header.clone(), to, until: expires.then(|| Instant::now() + FRESH) }
        } else {
            Made::Depends
        };
        header
    }

    /// Keeps the cookies that an answer sets; those that a browser would refuse are ignored.
    pub fn store(&mut self, address: &Address, headers: &HeaderMap) {
        if !headers.contains_key(header::SET_COOKIE) {
            return;
        }
        let url = address.url();
        for value in headers.get_all(header::SET_COOKIE) {
            if value.len() > LONGEST_COOKIE || !self.has_room(value.len()) {
                continue;
            }
            let _ = self.jar.parse(&String::from_utf8_lossy(value.as_bytes()), &url);
        }
        self.made = Made::Unknown;
    }

    /// The value of a cookie that would be sent to this address.
    pub fn cookie(&self, address: &Address, name: &str) -> Option<String> {
        self.jar.get_request_values(&address.url()).find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    }

    fn has_room(&self, more: usize) -> bool {
        let size = |cookie: &cookie_store::Cookie<'_>| cookie.name().len() + cookie.value().len();
        let (count, bytes) =
            self.jar.iter_any().fold((0, 0), |(count, bytes), cookie| (count + 1, bytes + size(cookie)));
        count < MOST_COOKIES && bytes + more <= MOST_BYTES
    }

    fn make(&self, address: &Address) -> Option<HeaderValue> {
        let mut text = String::new();
        for (name, value) in self.jar.get_request_values(&address.url()) {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(name);
            text.push('=');
            text.push_str(value);
        }
        if text.is_empty() { None } else { HeaderValue::try_from(text).ok() }
    }
}

impl Server {
    fn is(&self, destination: &Destination) -> bool {
        self.secure == destination.secure && self.host == destination.host
    }
}
