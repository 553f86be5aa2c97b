//! A bucket of S3, or of anything that speaks its protocol. Files are written on the condition that there is none of that
//! name, so that two writers never overwrite each other.
//!
//! Requests are signed here, and not by an SDK: `object_store` and the SDK bring an XML parser, a second HTTP stack or a
//! second crypto provider for the four requests that are needed.

mod account;
mod listing;
mod signature;

use std::{collections::BTreeMap, io, time::Duration};

use http::{HeaderName, Method};
use jiff::Timestamp;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinSet,
    time::sleep,
};

use self::account::Account;
use super::{Backend, Entry, File, StoreError};
use crate::{
    client::service::{Answer, Proxies, Service},
    config,
};

/// The longest that one request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a request is sent that the service could not answer just then.
const ATTEMPTS: u32 = 4;

/// Files that are fetched at once.
const AT_ONCE: usize = 16;

/// A bucket, or a part of one.
#[derive(Clone)]
pub(super) struct Bucket {
    account: Account,
    service: Service,
    name: String,
    /// Empty, or with a slash at its end.
    prefix: String,
}

/// One request, before it is signed.
#[derive(Debug, Clone)]
struct Request {
    method: Method,
    /// Below the bucket, without a slash at its start; of letters that need no escape.
    key: String,
    query: BTreeMap<&'static str, String>,
    body: Vec<u8>,
}

impl Request {
    fn new(method: Method, key: String) -> Self {
        Self { method, key, query: BTreeMap::new(), body: Vec::new() }
    }
}

impl Bucket {
    /// The bucket and prefix of `s3://BUCKET/PREFIX`, with endpoint, region and credentials from the environment.
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// What is wrong with the address or missing in the environment.
    pub(super) fn open(rest: &str, variables: &config::Environment) -> Result<Self, String> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if bucket.len() < 3 || !bucket.chars().all(plain) {
            let shown = config::hidden(&format!("s3://{bucket}"));
            return Err(format!("`{}` is not the name of a bucket", shown.trim_start_matches("s3://")));
        }
        let prefix = prefix.trim_matches('/');
        if !prefix.split('/').all(|part| part.chars().all(plain) && part != "." && part != "..") {
            return Err(format!(
                "the prefix `{prefix}` has other characters than letters, digits, `-`, `_`, `.` and `/`"
            ));
        }
        let account = Account::of(variables)?;
        let proxies = if account.is_loopback() { Proxies::None } else { Proxies::Environment };
        let service = Service::new(proxies, PATIENCE)?;
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self { account, service, name: bucket.to_owned(), prefix })
    }

    /// Sends a request, again when the service asks for patience.
    async fn send(&self, request: &Request) -> Result<Answer, String> {
        let mut last = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                sleep(Duration::from_millis(fastrand::u64(100..300) << attempt)).await;
            }
            match self.send_once(request).await {
                // 409: two conditional writes of one name at once.
                Ok(answer) if matches!(answer.status, 409 | 429 | 500..) => last = words(request, &answer),
                Ok(answer) => return Ok(answer),
                Err(cause) => last = cause,
            }
        }
        Err(format!("{last} ({ATTEMPTS} attempts)"))
    }

    async fn send_once(&self, request: &Request) -> Result<Answer, String> {
        let signed = signature::sign(&self.account, &self.name, request, Timestamp::now());
        let headers: Vec<(HeaderName, String)> = signed.headers;
        self.service.ask(request.method.clone(), &signed.url, &headers, request.body.clone()).await
    }

    async fn listed(&self) -> Result<Vec<Entry>, String> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let mut request = Request::new(Method::GET, String::new());
            request.query = [("list-type", "2".to_owned()), ("prefix", self.prefix.clone())].into();
            request.query.insert("encoding-type", "url".to_owned());
            request.query.extend(token.take().map(|token| ("continuation-token", token)));
            let answer = expect(&request, self.send(&request).await?, &[200])?;
            let page = listing::read(&answer.text())?;
            let ours = page.keys.iter().filter_map(|key| key.strip_prefix(&self.prefix));
            found.extend(ours.map(|path| Entry { path: path.to_owned(), handle: path.to_owned() }));
            match page.next {
                Some(next) => token = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// Content by the position of its entry; `None` where somebody removed it meanwhile.
    async fn fetched(&self, position: usize, path: String) -> Result<(usize, Option<Vec<u8>>), String> {
        let request = Request::new(Method::GET, self.prefix.clone() + &path);
        let answer = expect(&request, self.send(&request).await?, &[200, 404])?;
        Ok((position, (answer.status == 200).then_some(answer.body)))
    }

    async fn added(&self, file: &File) -> Result<(), String> {
        let mut request = Request::new(Method::PUT, self.prefix.clone() + &file.path);
        request.body.clone_from(&file.content);
        // 412: there is one of that name, and its name is that of its content.
        expect(&request, self.send(&request).await?, &[200, 412]).map(|_| ())
    }

    async fn removed(&self, path: &str) -> Result<(), String> {
        let request = Request::new(Method::DELETE, self.prefix.clone() + path);
        expect(&request, self.send(&request).await?, &[200, 204, 404]).map(|_| ())
    }

    fn unreadable(&self, cause: String) -> StoreError {
        StoreError::Unreadable { place: self.place(), cause, next: NEXT.to_owned() }
    }

    fn unwritable(&self, cause: String) -> StoreError {
        StoreError::Unwritable { place: self.place(), cause, next: NEXT.to_owned() }
    }
}

/// What to do when a bucket refuses or does not answer.
const NEXT: &str = "look at AWS_ENDPOINT_URL, AWS_REGION, the credentials and what they allow";

impl Backend for Bucket {
    fn place(&self) -> String {
        format!("s3://{}/{}", self.name, self.prefix.trim_end_matches('/'))
    }

    fn list(&self) -> Result<Vec<Entry>, StoreError> {
        let listed = event_loop().and_then(|runtime| runtime.block_on(self.listed()));
        listed.map_err(|cause| self.unreadable(cause))
    }

    fn read(&self, entries: &[Entry], take: &mut dyn FnMut(&Entry, Vec<u8>)) -> Result<(), StoreError> {
        let all = async {
            let mut waiting = entries.iter().enumerate();
            let mut running = JoinSet::new();
            loop {
                while running.len() < AT_ONCE {
                    let Some((position, entry)) = waiting.next() else { break };
                    let (bucket, path) = (self.clone(), entry.path.clone());
                    running.spawn(async move { bucket.fetched(position, path).await });
                }
                let Some(ended) = running.join_next().await else { return Ok(()) };
                let (position, content) = ended.map_err(|cause| cause.to_string())??;
                if let (Some(entry), Some(content)) = (entries.get(position), content) {
                    take(entry, content);
                }
            }
        };
        let read = event_loop().and_then(|runtime| runtime.block_on(all));
        read.map_err(|cause| self.unreadable(cause))
    }

    fn add(&self, file: &File) -> Result<(), StoreError> {
        let added = event_loop().and_then(|runtime| runtime.block_on(self.added(file)));
        added.map_err(|cause| self.unwritable(cause))
    }

    fn remove(&self, entries: &[Entry]) -> Result<(), StoreError> {
        let all = async {
            for entry in entries {
                self.removed(&entry.path).await?;
            }
            Ok(())
        };
        let removed = event_loop().and_then(|runtime| runtime.block_on(all));
        removed.map_err(|cause| self.unwritable(cause))
    }
}

fn event_loop() -> Result<Runtime, String> {
    let unusable = |cause: io::Error| format!("this machine gives no event loop ({cause})");
    Builder::new_current_thread().enable_all().build().map_err(unusable)
}

fn expect(request: &Request, answer: Answer, statuses: &[u16]) -> Result<Answer, String> {
    if statuses.contains(&answer.status) && !answer.cut { Ok(answer) } else { Err(words(request, &answer)) }
}

/// The service's own words for what went wrong.
fn words(request: &Request, answer: &Answer) -> String {
    let Request { method, key, .. } = request;
    if answer.cut {
        return format!("{method} /{key}: the answer is larger than any file of ours");
    }
    let text = answer.text();
    let said = [listing::element(&text, "Code"), listing::element(&text, "Message")];
    let said: Vec<&str> = said.into_iter().flatten().collect();
    let status = answer.status;
    let said = if said.is_empty() { String::new() } else { format!(" ({})", said.join(": ")) };
    format!("{method} /{key} was answered with status {status}{said}")
}
