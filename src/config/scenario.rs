//! `scenarios`: what users do.

use std::time::Duration;

use serde::Deserialize;

use super::{Located, OneOrMany, Table, Value, located::plain_fields};
use crate::units::{Bytes, DurationRange};

/// What one kind of user does.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its share of the users, relative to the other scenarios. Default 1.
    pub weight: Option<Located<u32>>,
    /// Done once per user, during the ramp. Its requests count only in criteria that name them: `p95(auth)`.
    #[serde(default)]
    pub login: Vec<Located<Step>>,
    /// One iteration.
    #[serde(default)]
    pub steps: Vec<Located<Step>>,
    /// Pause between iterations: 1s..3s is uniform, a single value is plus or minus 10 %, 0s is none. Default 0s.
    pub think: Option<Located<DurationRange>>,
    /// In the place of think: an iteration starts every so often; late ones catch up and count from their slot.
    pub pace: Option<Located<Duration>>,
}

/// One request. Texts may hold templates: `{{ user.id }}`, `{{ data.COLUMN }}`, `{{ random.int(1, 100) }}`,
/// `{{ random.uuid }}`, `{{ env.NAME }}` and the names that earlier steps extracted.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// A GET request: a path on the target, or an absolute URL on an allowed host.
    pub get: Option<Located<String>>,
    /// A HEAD request.
    pub head: Option<Located<String>>,
    /// A POST request.
    pub post: Option<Located<String>>,
    /// A PUT request.
    pub put: Option<Located<String>>,
    /// A PATCH request.
    pub patch: Option<Located<String>>,
    /// A DELETE request.
    pub delete: Option<Located<String>>,
    /// The endpoint that the request is counted under. Default: method and path as written.
    pub name: Option<Located<String>>,
    /// Names for groups of endpoints, for criteria: `p95(not auth)`.
    #[serde(default)]
    pub tags: OneOrMany<Located<String>>,
    /// Headers in addition to the target's.
    #[serde(default)]
    pub headers: Table<Located<String>>,
    /// Query parameters.
    #[serde(default)]
    pub query: Table<Located<String>>,
    /// A form as the body.
    pub form: Option<Table<Located<String>>>,
    /// JSON as the body. A text that is nothing but `{{ user.id }}` or `{{ random.int(1, 9) }}` becomes a number.
    pub json: Option<Located<Value>>,
    /// A text as the body.
    pub body: Option<Located<String>>,
    /// Longest time for the request. Default: the target's timeout.
    pub timeout: Option<Located<Duration>>,
    /// What a redirect answer leads to. Default none.
    pub redirects: Option<Located<Redirects>>,
    /// What must hold of the answer. Without a status 200 to 399 succeeds.
    pub expect: Option<Expect>,
    /// Values of the answer that later steps use by their names.
    #[serde(default)]
    pub extract: Table<Extract>,
}

/// What a redirect answer leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Redirects {
    /// The redirect answer is the result.
    None,
    /// Up to 10 hops, each a request under the step's name; `expect` looks at the last answer.
    Follow,
}

/// What must hold of an answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The accepted status, or a list of them. Default 200 to 399.
    #[serde(default)]
    pub status: OneOrMany<Located<u16>>,
    /// Texts that must occur in the body.
    #[serde(default)]
    pub body_has: OneOrMany<Located<String>>,
    /// Texts that must not occur in the body.
    #[serde(default)]
    pub body_lacks: OneOrMany<Located<String>>,
    /// JSON pointers and the values they must lead to; `exists` stands for any value.
    #[serde(default)]
    pub json: Table<Located<Value>>,
    /// Headers and the values they must have; `exists` stands for any value.
    #[serde(default)]
    pub header: Table<Located<String>>,
    /// The largest body: 64KiB.
    pub max_size: Option<Located<Bytes>>,
    /// In the place of all others, for an item with `sql`: the value that the statement must give, a number, a text, true or false.
    pub value: Option<Located<Value>>,
}

/// How a value is found in an answer.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Extract {
    /// The first capture group's first match in the body.
    Regex(Located<String>),
    /// A JSON pointer.
    Json(Located<String>),
    /// The value of a header.
    Header(Located<String>),
    /// The value of a cookie of the user after this answer.
    Cookie(Located<String>),
}

plain_fields!(Scenario, Step, Redirects);
