//! GitHub's REST API: one request at a time, with a deadline, a bounded answer and no hidden repetition.
//!
//! octocrab sends; its `retry` is off, because a comment that GitHub answers with 500 may have been created
//! (probot#921), and its typed calls are not used, because they drop the headers of a refusal (`Retry-After`).

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header::LINK};
use http_body_util::BodyExt;
use octocrab::Octocrab;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::{Host, Url};

use super::{
    context::{Context, Token},
    deadline::{Deadline, LONGEST_REQUEST},
    error::{Cause, PostError},
    fault::Fault,
    job::is_name,
    segment::segment,
    tries::Tries,
};
use crate::client::service::{Proxies, innermost, outside};

/// For a connection, name and TLS included.
const CONNECT: Duration = Duration::from_secs(5);
/// A larger answer is refused. A full page holds 100 comments of 65,536 characters, most of them short.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
/// GitHub's largest page.
pub(super) const PAGE: usize = 100;
/// More pages are not searched; GitHub keeps 2,500 comments on a pull request.
const MOST_PAGES: usize = 50;

/// GitHub's API for one repository, until a deadline.
///
/// Made and used on one tokio runtime.
#[derive(Debug, Clone)]
pub struct Api {
    http: Octocrab,
    pub(super) context: Context,
    pub(super) deadline: Deadline,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Call<'a> {
    Get,
    Post(&'a Value),
    Patch(&'a Value),
    Delete,
    /// A question to the GraphQL API, which has no path.
    Query(&'a Value),
}

/// An answer with success.
#[derive(Debug)]
pub(super) struct Answer {
    body: Vec<u8>,
    /// Whether a further page is announced.
    more: bool,
}

impl Api {
    /// The API that a context names. The token goes over https only, or to this machine.
    ///
    /// # Errors
    /// The API's address or the token cannot be used.
    pub fn new(context: &Context, deadline: Deadline) -> Result<Self, PostError> {
        let unusable = |reason: String| PostError::new("nothing was posted to GitHub", Cause::Setup(reason));
        let ways = proxies(&context.api).map_err(unusable)?;
        if proxies(&context.graphql).as_ref() != Ok(&ways) {
            return Err(unusable("GITHUB_GRAPHQL_URL is no address beside GITHUB_API_URL".to_owned()));
        }
        if !carriable(&context.token) {
            let reason = "the token is empty or holds a character that no header can carry; check the secret's value";
            return Err(unusable(reason.to_owned()));
        }
        named(context).map_err(unusable)?;
        let client = outside(ways, CONNECT, LONGEST_REQUEST).map_err(unusable)?;
        // Without the path, which octocrab would put before that of the GraphQL API.
        let origin = context.api.join("/").ok().and_then(|origin| origin.as_str().parse::<Uri>().ok());
        let origin = origin.ok_or_else(|| unusable(format!("{} is no address", context.api)))?;
        let http = Octocrab::builder()
            .personal_token(context.token.secret())
            .base_uri(origin)
            // octocrab sends the token to these two only.
            .and_then(|builder| builder.upload_uri(context.graphql.as_str()))
            .and_then(|builder| builder.build_with_reqwest(client))
            .map_err(|error| unusable(innermost(&error)))?;
        Ok(Self { http, context: context.clone(), deadline })
    }

    /// A path below this repository.
    pub(super) fn path(&self, below: &str) -> String {
        format!("/repos/{}/{}{below}", segment(&self.context.owner), segment(&self.context.repository))
    }

    /// Asks until there is an answer, at most four times; for what may be done twice.
    pub(super) async fn ask<T: DeserializeOwned>(&self, call: Call<'_>, path: &str) -> Result<T, Fault> {
        Ok(self.read(call, path).await?.0)
    }

    /// Asks once; for what must not be done twice.
    pub(super) async fn once<T: DeserializeOwned>(&self, call: Call<'_>, path: &str) -> Result<T, Fault> {
        self.send(call, path).await?.read()
    }

    /// The same for another pull request.
    pub(super) fn at(&self, number: u64) -> Self {
        let mut at = self.clone();
        at.context.pull_request = Some(number);
        at
    }

    /// Every item of every page.
    pub(super) async fn pages<P: DeserializeOwned, T>(
        &self,
        path: &str,
        items: impl Fn(P) -> Vec<T>,
    ) -> Result<Vec<T>, Fault> {
        let mut all = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        for page in 1..=MOST_PAGES {
            let (value, more) = self.read::<P>(Call::Get, &format!("{path}{joint}per_page={PAGE}&page={page}")).await?;
            let items = items(value);
            let full = items.len() >= PAGE;
            let empty = items.is_empty();
            all.extend(items);
            if empty || !(full || more) {
                return Ok(all);
            }
        }
        Err(Fault::unclear(format!("there are more than {MOST_PAGES} pages of {PAGE}")))
    }

    async fn read<T: DeserializeOwned>(&self, call: Call<'_>, path: &str) -> Result<(T, bool), Fault> {
        let mut tries = Tries::before(self.deadline);
        loop {
            let answer = self.send(call, path).await;
            match answer.and_then(|answer| Ok((answer.read()?, answer.more))) {
                Ok(read) => return Ok(read),
                Err(fault) => tries.pause(fault).await?,
            }
        }
    }

    async fn send(&self, call: Call<'_>, path: &str) -> Result<Answer, Fault> {
        let patience = self.deadline.request();
        if patience.is_zero() {
            return Err(Fault::Late);
        }
        // Whole, because there are two APIs.
        let address = match call {
            Call::Query(_) => self.context.graphql.to_string(),
            _ => format!("{}{path}", self.context.api.as_str().trim_end_matches('/')),
        };
        let exchange = async {
            let sent = match call {
                Call::Get => self.http._get(address).await,
                Call::Post(body) | Call::Query(body) => self.http._post(address, Some(body)).await,
                Call::Patch(body) => self.http._patch(address, Some(body)).await,
                Call::Delete => self.http._delete(address, None::<&()>).await,
            };
            let answer = sent.map_err(|error| Fault::unclear(self.masked(&innermost(&error))))?;
            self.judged(answer).await
        };
        let late = |_| Fault::unclear(format!("GitHub gave no complete answer within {:.1} s", patience.as_secs_f64()));
        tokio::time::timeout(patience, exchange).await.map_err(late)?
    }

    /// The whole answer, or what is wrong with it.
    async fn judged<B>(&self, answer: Response<B>) -> Result<Answer, Fault>
    where
        B: BodyExt<Data = Bytes, Error = octocrab::Error> + Unpin,
    {
        let (head, mut body) = answer.into_parts();
        let mut read = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Fault::unclear(self.masked(&innermost(&error))))?;
            if let Some(data) = frame.data_ref() {
                read.extend_from_slice(data);
            }
            if read.len() > LARGEST_ANSWER {
                return Err(Fault::unclear(format!("GitHub's answer is larger than {LARGEST_ANSWER} bytes")));
            }
        }
        if head.status.is_success() {
            return Ok(Answer { body: read, more: more(&head.headers) });
        }
        let now = jiff::Timestamp::now().as_second();
        Err(match Fault::of(head.status, &head.headers, &read, now) {
            Fault::Refused { status, .. } if StatusCode::from_u16(status).is_ok_and(|it| it.is_redirection()) => {
                let message = "a redirect, which is not followed; has the repository been renamed?".to_owned();
                Fault::Refused { status, message }
            }
            Fault::Refused { status, message } => Fault::Refused { status, message: self.masked(&message) },
            Fault::Limited { status, message, wait } => Fault::Limited { status, message: self.masked(&message), wait },
            Fault::Unclear { what, wait } => Fault::Unclear { what: self.masked(&what), wait },
            Fault::Late => Fault::Late,
        })
    }

    /// A text of the other side without our token, should it send it back.
    fn masked(&self, text: &str) -> String {
        text.replace(self.context.token.secret(), "***")
    }
}

impl Answer {
    fn read<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        // An answer without content (204) reads as nothing.
        let body: &[u8] = if self.body.is_empty() { b"null" } else { &self.body };
        serde_json::from_slice(body).map_err(|_| Fault::unclear("GitHub's answer is not what its API describes"))
    }
}

/// Which proxies lead there; what is on this machine is asked without one.
fn proxies(api: &Url) -> Result<Proxies, String> {
    let here = match api.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => return Err(format!("{api} names no host; check GITHUB_API_URL")),
    };
    if !api.username().is_empty() || api.password().is_some() || api.query().is_some() || api.fragment().is_some() {
        return Err("GITHUB_API_URL holds more than an address".to_owned());
    }
    match api.scheme() {
        "https" | "http" if here => Ok(Proxies::None),
        "https" => Ok(Proxies::Environment),
        _ => Err(format!("the token is sent over https only, and GITHUB_API_URL is {api}")),
    }
}

/// Owner, repository and commit are names that may stand in an address.
fn named(context: &Context) -> Result<(), String> {
    if !is_name(&context.owner) || !is_name(&context.repository) {
        return Err(format!("{}/{} is no repository; check GITHUB_REPOSITORY", context.owner, context.repository));
    }
    let sha = (7..=64).contains(&context.head.len()) && context.head.bytes().all(|byte| byte.is_ascii_hexdigit());
    if sha { Ok(()) } else { Err("the commit that was judged has no SHA".to_owned()) }
}

fn carriable(token: &Token) -> bool {
    !token.secret().trim().is_empty() && HeaderValue::from_str(&format!("Bearer {}", token.secret())).is_ok()
}

fn more(headers: &HeaderMap) -> bool {
    headers.get(LINK).and_then(|link| link.to_str().ok()).is_some_and(|link| link.contains("rel=\"next\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(api: &str) -> Result<Proxies, String> {
        proxies(&api.parse().expect("a URL"))
    }

    #[test]
    fn a_token_goes_over_https_or_stays_on_this_machine() {
        assert_eq!(of("https://api.github.com"), Ok(Proxies::Environment));
        assert_eq!(of("https://github.example.com/api/v3"), Ok(Proxies::Environment));
        for here in ["http://127.0.0.1:8080", "http://[::1]:8080/api/v3", "http://localhost", "https://localhost"] {
            assert_eq!(of(here), Ok(Proxies::None), "{here}");
        }
        for outside in
            ["http://api.github.com", "http://localhost.example.org", "http://127.0.0.1.example.org", "ftp://x/"]
        {
            assert!(of(outside).expect_err(outside).contains("https only"), "{outside}");
        }
        assert!(of("https://user:secret@api.github.com").is_err_and(|reason| !reason.contains("secret")));
    }

    #[test]
    fn a_token_that_no_header_carries_is_seen() {
        assert!(carriable(&Token::new("ghs_abc")));
        for token in ["", " ", "ghs_a\nb", "ghs_a\r", "\u{7f}"] {
            assert!(!carriable(&Token::new(token)), "{token:?}");
        }
    }
}
