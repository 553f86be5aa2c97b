//! An exchange from its front door.

// Other systems have no address of this machine but the first.
#[cfg(target_os = "linux")]
mod addresses;
mod closing;
mod connections;
mod expectations;
mod failures;
mod hostile;
mod proxied;
mod refused;
mod rooms;
mod secure;
mod sessions;
mod shared;
mod times;
mod versions;

use std::{net::TcpStream, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::client::{
    Agent, Answer, Failure, Keep, Origin, Request, Trouble,
    testing::{self, raw},
};
use crate::plan::FailureKind;

pub(super) fn get(origin: &Origin, path: &str) -> Request {
    Request {
        method: Method::GET,
        address: origin.address(path).expect("an allowed address"),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        timeout: Duration::from_secs(5),
        keep: Keep::Body,
        max_size: None,
    }
}

pub(super) async fn fetch(url: &str, timeout: Duration) -> Result<Answer, Trouble> {
    let origin = testing::origin(url);
    let request = Request { timeout, ..get(&origin, "/") };
    Agent::new().exchange(&origin, &request).await
}

#[track_caller]
pub(super) fn failed(outcome: Result<Answer, Trouble>) -> Failure {
    match outcome {
        Err(Trouble::Failure(failure)) => failure,
        other => panic!("it did not fail: {other:?}"),
    }
}

/// The kind of failure of a server that treats a connection so.
pub(super) async fn kind(treat: impl Fn(TcpStream) + Send + Sync + 'static) -> FailureKind {
    failed(fetch(&raw(treat), Duration::from_millis(400)).await).kind
}

pub(super) fn plan_target(change: impl FnOnce(&mut crate::plan::Target)) -> crate::plan::Target {
    let mut target = testing::target();
    change(&mut target);
    target
}
