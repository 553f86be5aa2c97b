//! GitHub, from outside: what a run posts, against a fake that keeps state and goes wrong, and against GitHub's own
//! description of its API.

use std::time::Duration;

use stagegate::publish::github::{Api, Context, Deadline, Token};

mod check;
mod comment;
mod contract;
mod faults;
mod http;
mod pull_request;
mod races;
mod routes;
mod status;

pub(crate) mod fake;
pub(crate) mod trick;
pub(crate) mod world;

pub(crate) use http::Answer;

/// The token of the tests; it must never be seen again.
pub(crate) const TOKEN: &str = "ghs_do_not_print_me";

/// A job on pull request 7 that judged this commit.
pub(crate) fn context(url: &str, head: &str) -> Context {
    Context {
        api: url.parse().expect("a URL"),
        graphql: format!("{}/graphql", url.trim_end_matches('/').trim_end_matches("/v3")).parse().expect("a URL"),
        server: "https://github.com".parse().expect("a URL"),
        owner: "acme".to_owned(),
        repository: "shop".to_owned(),
        head: head.to_owned(),
        pull_request: Some(7),
        merge_queue: false,
        run: Some("https://github.com/acme/shop/actions/runs/30433642".to_owned()),
        external_id: "30433642/1/shop".to_owned(),
        token: Token::new(TOKEN),
    }
}

/// The API with five seconds: the first pause takes about 80 ms then, and a request may take 1.6 s.
pub(crate) fn api(url: &str, head: &str) -> Api {
    api_within(Duration::from_secs(5), url, head)
}

pub(crate) fn api_within(total: Duration, url: &str, head: &str) -> Api {
    Api::new(&context(url, head), Deadline::within(total)).expect("the context is right")
}
