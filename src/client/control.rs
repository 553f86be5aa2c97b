//! Control traffic: readiness, probes and scrapes. Never load: one request at a time, each on its own connection.
//!
//! The load path does not come here, and this client does not measure. What both share is the TLS configuration, the
//! allow list and the words for failures.

use std::{error::Error, io, net::SocketAddr, time::Duration};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Version,
    header::{CONTENT_LENGTH, HOST, USER_AGENT},
};
use reqwest::{Client, ClientBuilder, Proxy, Response, redirect, retry};
use url::Url;

use super::{
    ClientError, Content,
    origin::{self, base_path},
    tls,
};
use crate::{
    config::hidden,
    plan::{FailureKind, Http, Target, allowed},
};

/// The longest body that control traffic keeps; reading ends beyond it.
pub const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// The client for everything that is not load. Cheap to clone.
///
/// It uses no proxy but `target.proxy`, follows no redirect and repeats nothing. A request goes out on a fresh connection, because the
/// pool of the HTTP client silently sends a request again when a kept connection was just closed, and then neither
/// totals nor failures would be true.
#[derive(Debug, Clone)]
pub struct Control {
    /// For the target and the hosts that load may go to.
    target: Client,
    /// For monitors elsewhere, which `target.http` says nothing of.
    elsewhere: Client,
    base: Url,
    allow: Vec<String>,
    headers: Vec<(HeaderName, String)>,
    timeout: Duration,
    /// See [`Self::version`].
    version: Version,
}

/// One request of control traffic.
#[derive(Debug, Clone, Copy)]
pub struct Inquiry<'a> {
    /// The method.
    pub method: &'a Method,
    /// Path on the target (starting with `/`), or an absolute URL.
    pub url: &'a str,
    /// All headers that are sent, those of the target included.
    pub headers: &'a [(HeaderName, String)],
    /// The body, if any.
    pub body: Option<&'a str>,
    /// From the connect to the last byte.
    pub timeout: Duration,
}

/// An answer, read to its end or to [`BODY_LIMIT`].
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The version of HTTP that it came in.
    pub version: Version,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most [`BODY_LIMIT`] bytes.
    pub body: Vec<u8>,
    /// Bytes read; more than `body` holds when the body is longer than [`BODY_LIMIT`].
    pub size: u64,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct ControlFailure {
    /// The kind, as on the load path.
    pub kind: FailureKind,
    /// What was asked and what happened, without a full stop.
    pub sentence: String,
    /// Whether anything was sent: a host that is not allowed is refused before that.
    pub sent: bool,
}

impl Control {
    /// A client for a target whose address is known by now (`base`).
    ///
    /// # Errors
    /// `target.tls.ca` cannot be read.
    pub fn new(target: &Target, base: &Url) -> Result<Self, ClientError> {
        let elsewhere = client(target, Http::H1, None)?;
        let alike = target.http == Http::H1 && target.proxy.is_none();
        Ok(Self {
            target: if alike { elsewhere.clone() } else { client(target, target.http, target.proxy.as_ref())? },
            elsewhere,
            base: base.clone(),
            allow: target.allow.clone(),
            headers: target.headers.clone(),
            timeout: target.timeout,
            version: origin::version(target.http),
        })
    }

    /// Sends one request to loopback or an allowed host; any other host is refused before a byte is sent.
    ///
    /// # Errors
    /// There was no complete answer.
    pub async fn ask(&self, inquiry: Inquiry<'_>) -> Result<Answer, ControlFailure> {
        let asked = async {
            let url = self.resolve(inquiry.url)?;
            if !allowed(&url, &self.allow) {
                let host = url.host_str().unwrap_or_default();
                return Err(unsent(format!("{url} was not asked: the host {host} is not in `target.allow`")));
            }
            self.exchange(&self.target, &url, inquiry).await
        };
        // A source of numbers hides more of its address, and needs it whole for that.
        asked.await.map_err(|failure| ControlFailure { sentence: hidden(&failure.sentence), ..failure })
    }

    /// Gets a path of the target with the target's headers, for readiness.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn get(&self, path: &str, timeout: Duration) -> Result<Answer, ControlFailure> {
        let headers = &self.headers;
        self.ask(Inquiry { method: &Method::GET, url: path, headers, body: None, timeout }).await
    }

    /// Gets numbers from a monitor's source. A scrape is not load, so that its host need not be allowed: whoever writes
    /// gates.yaml names it there. The target's headers may hold a password; only the target's own origin gets them.
    ///
    /// # Errors
    /// There was no complete answer.
    pub async fn scrape(&self, url: &str, timeout: Duration) -> Result<Answer, ControlFailure> {
        let url = self.resolve(url)?;
        let (client, headers) = if url.origin() == self.base.origin() {
            (&self.target, self.headers.as_slice())
        } else {
            (&self.elsewhere, &[][..])
        };
        self.exchange(client, &url, Inquiry { method: &Method::GET, url: "", headers, body: None, timeout }).await
    }

    /// Where an inquiry goes, and the headers that it is sent with; `None` for what is no URL or no header.
    pub fn preview(&self, inquiry: Inquiry<'_>) -> Option<(Url, HeaderMap)> {
        let url = self.resolve(inquiry.url).ok()?;
        let mut headers = HeaderMap::new();
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        headers.insert(HOST, HeaderValue::try_from(host).ok()?);
        for (name, value) in sent_headers(&inquiry) {
            headers.append(name, HeaderValue::try_from(value).ok()?);
        }
        if let Some(body) = inquiry.body {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        Some((url, headers))
    }

    /// The version that an inquiry of the target without an answer was tried in, as far as that is known.
    pub fn version(&self) -> Version {
        self.version
    }

    /// `target.timeout`.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    fn resolve(&self, url: &str) -> Result<Url, ControlFailure> {
        // A path is appended as it is, so that one that starts with two slashes is not read as another host.
        let whole = if url.starts_with('/') {
            self.base.origin().ascii_serialization() + base_path(&self.base) + url
        } else {
            url.to_owned()
        };
        let url = Url::parse(&whole).map_err(|error| unsent(format!("{url} is not a URL: {error}")))?;
        match url.scheme() {
            "http" | "https" => Ok(url),
            other => Err(unsent(format!("{url} is not an HTTP address but {other}"))),
        }
    }

    async fn exchange(&self, client: &Client, url: &Url, inquiry: Inquiry<'_>) -> Result<Answer, ControlFailure> {
        let mut request = client.request(inquiry.method.clone(), url.clone()).timeout(inquiry.timeout);
        for (name, value) in sent_headers(&inquiry) {
            request = request.header(name, value);
        }
        if let Some(body) = inquiry.body {
            request = request.body(body.to_owned());
        }
        let answer = async { read(request.send().await?).await };
        answer.await.map_err(|error| failure(&error, url, &inquiry))
    }
}

impl Answer {
    /// Whether the body is longer than what was read of it.
    pub fn cut(&self) -> bool {
        self.size > self.body.len() as u64
    }

    /// The body for who looks into it.
    pub fn content(&self) -> Content<'_> {
        Content::of(&self.headers, &self.body, self.size)
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

fn client(target: &Target, http: Http, proxy: Option<&Url>) -> Result<Client, ClientError> {
    let tls = tls::offering(&target.tls, http)?;
    let builder = Client::builder()
        .tls_backend_preconfigured(rustls::ClientConfig::clone(&tls))
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .pool_max_idle_per_host(0)
        .connect_timeout(target.timeout)
        .timeout(target.timeout);
    // The port 0 stands for that of the URL. A host means the same with a dot at its end.
    let resolved = target.resolve.iter().map(|(host, address)| (host, SocketAddr::new(*address, 0)));
    let builder = resolved
        .fold(builder, |builder, (host, address)| builder.resolve(host, address).resolve(&format!("{host}."), address));
    // A proxy's address was checked with the file; whatever else it were, it would be no proxy.
    let proxy = proxy.and_then(|url| Proxy::all(url.clone()).ok());
    let builder = proxy.into_iter().fold(builder, ClientBuilder::proxy);
    let builder = match http {
        Http::H1 => builder.http1_only(),
        Http::H2 => builder.http2_prior_knowledge(),
        Http::Auto => builder,
    };
    Ok(builder.build().expect("with TLS preconfigured there is nothing left that could fail to load"))
}

/// Its own headers, and the gate's name where it has none of its own.
fn sent_headers<'a>(inquiry: &Inquiry<'a>) -> impl Iterator<Item = (&'a HeaderName, &'a str)> {
    const NAME: &str = concat!("stagegate/", env!("CARGO_PKG_VERSION"));
    let named = inquiry.headers.iter().any(|(name, _)| name == USER_AGENT);
    let own = inquiry.headers.iter().map(|(name, value)| (name, value.as_str()));
    (!named).then_some((&USER_AGENT, NAME)).into_iter().chain(own)
}

async fn read(mut response: Response) -> Result<Answer, reqwest::Error> {
    let mut answer = Answer {
        status: response.status().as_u16(),
        version: response.version(),
        headers: std::mem::take(response.headers_mut()),
        body: Vec::new(),
        size: 0,
    };
    while let Some(chunk) = response.chunk().await? {
        let room = BODY_LIMIT - answer.body.len();
        answer.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        answer.size += chunk.len() as u64;
        if chunk.len() > room {
            break;
        }
    }
    Ok(answer)
}

fn unsent(sentence: String) -> ControlFailure {
    ControlFailure { kind: FailureKind::Connect, sentence, sent: false }
}

fn failure(error: &reqwest::Error, url: &Url, inquiry: &Inquiry<'_>) -> ControlFailure {
    if error.is_builder() {
        return unsent(format!("{} {url} cannot be sent: {}", inquiry.method, innermost(error)));
    }
    let kind = kind(error);
    let method = inquiry.method;
    let cause = innermost(error);
    let sentence = match kind {
        FailureKind::Timeout => format!("{method} {url} had no complete answer within {:?}", inquiry.timeout),
        FailureKind::Connect => format!("{method} {url} could not connect: {cause}"),
        FailureKind::Tls => format!("{method} {url} failed in TLS: {cause}"),
        FailureKind::Reset => format!("{method} {url}: the connection was closed before the answer was complete"),
        _ => format!("{method} {url} was not answered in HTTP: {cause}"),
    };
    ControlFailure { kind, sentence, sent: true }
}

/// Looks through the chain of causes: the HTTP client wraps what happened three layers deep.
fn kind(error: &reqwest::Error) -> FailureKind {
    if error.is_timeout() {
        return FailureKind::Timeout;
    }
    if causes(error).any(is_tls) {
        return FailureKind::Tls;
    }
    if error.is_connect() {
        return FailureKind::Connect;
    }
    if causes(error).any(is_reset) { FailureKind::Reset } else { FailureKind::Protocol }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// An I/O error hides the TLS error inside it from its chain of sources, so it is opened, more than once if need be.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || inside.is_some_and(|inside| is_tls(inside))
}

fn is_reset(error: &(dyn Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return error.is_incomplete_message() || error.is_closed() || error.is_canceled();
    }
    if let Some(error) = error.downcast_ref::<h2::Error>() {
        return error.is_remote() || error.is_io();
    }
    let Some(error) = error.downcast_ref::<io::Error>() else { return false };
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof
    )
}

fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests;
