//! Requests to services that are not the target, such as a store of baselines. Connections are kept, and the proxies of
//! the environment are used; nothing here is measured.

use std::{error::Error, time::Duration};

use http::{HeaderName, Method};
use reqwest::{Client, Response, redirect, retry};

use super::tls;
use crate::plan::Tls;

/// A larger answer is cut off.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// A client for such services. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Service {
    http: Client,
}

/// Which proxies are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxies {
    /// Those that the environment names.
    Environment,
    /// None: the service is on this machine.
    None,
}

/// What a service answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, at most 64 MiB of it.
    pub body: Vec<u8>,
    /// Whether the body is longer than that.
    pub cut: bool,
}

/// An HTTP client for the outside world, for a crate that brings its own requests: TLS verified with the machine's own
/// authorities, no redirect followed (a token never goes to another host), nothing sent twice. It takes at most `connect`
/// for a connection and `total` for a whole exchange.
///
/// # Errors
/// When TLS or a proxy of the environment cannot be set up, in words.
pub fn outside(proxies: Proxies, connect: Duration, total: Duration) -> Result<Client, String> {
    let tls = tls::config(&Tls { ca: None, verify: true }).map_err(|error| error.to_string())?;
    let builder = Client::builder()
        .tls_backend_preconfigured(rustls::ClientConfig::clone(&tls))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .connect_timeout(connect)
        .timeout(total);
    let builder = match proxies {
        Proxies::Environment => builder,
        Proxies::None => builder.no_proxy(),
    };
    builder.build().map_err(|error| innermost(&error))
}

impl Service {
    /// A client whose requests go through these proxies and take at most `patience`, connect included.
    ///
    /// # Errors
    /// When TLS or a proxy of the environment cannot be set up, in words.
    pub fn new(proxies: Proxies, patience: Duration) -> Result<Self, String> {
        let http = outside(proxies, patience, patience)?;
        Ok(Self { http })
    }

    /// Sends one request and reads its answer.
    ///
    /// # Errors
    /// There was no complete answer; in words that name method and place, without the query.
    pub async fn ask(
        &self,
        method: Method,
        url: &str,
        headers: &[(HeaderName, String)],
        body: Vec<u8>,
    ) -> Result<Answer, String> {
        let mut request = self.http.request(method.clone(), url).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = async { read(request.send().await?).await };
        let place = url.split('?').next().unwrap_or_default();
        answer.await.map_err(|error| {
            let cause = if error.is_timeout() { "no complete answer in time".to_owned() } else { innermost(&error) };
            format!("{method} {place}: {cause}")
        })
    }
}

impl Answer {
    /// The body as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

async fn read(mut response: Response) -> Result<Answer, reqwest::Error> {
    let mut answer = Answer { status: response.status().as_u16(), body: Vec::new(), cut: false };
    while let Some(chunk) = response.chunk().await? {
        let room = LARGEST_BODY - answer.body.len();
        answer.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            answer.cut = true;
            break;
        }
    }
    Ok(answer)
}

/// What an error comes from in the end, without the words of the layers above.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
