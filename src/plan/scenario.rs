//! Scenarios: what a user does.

use std::time::Duration;

use http::{HeaderName, Method};

use super::{EndpointId, Place, SlotId, Template};

/// Index into [`super::Plan::scenarios`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScenarioId(pub u32);

/// One kind of user.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its key under `scenarios`.
    pub name: String,
    /// Share of users relative to the other scenarios; at least 1.
    pub weight: u32,
    /// Done once per user during the ramp.
    pub login: Vec<Step>,
    /// One iteration.
    pub steps: Vec<Step>,
    /// What happens between iterations (closed model only).
    pub pacing: Pacing,
    /// Names of the extracted values; a [`SlotId`] is a position in it.
    pub slots: Vec<String>,
}

/// Time between iterations of a user in the closed model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pacing {
    /// `think`: a pause drawn uniformly from `low..=high` after each iteration. A single value in gates.yaml is already
    /// spread by 10 % to each side here; both zero is no pause.
    Think {
        /// Shortest pause.
        low: Duration,
        /// Longest pause.
        high: Duration,
    },
    /// `pace`: an iteration starts every so often; late ones catch up and count from their slot.
    Pace(Duration),
}

/// One request with what must hold of its answer.
#[derive(Debug, Clone)]
pub struct Step {
    /// The row that it is counted under.
    pub endpoint: EndpointId,
    /// The method.
    pub method: Method,
    /// Path and query on the target (starting with `/`), or an absolute URL on an allowed host. Query parameters of
    /// `query` are already appended.
    pub url: Template,
    /// Headers of the target and of the step, the step's winning; without Host, Content-Length and Cookie.
    /// Content-Type of the body is among them.
    pub headers: Vec<(HeaderName, Template)>,
    /// The body.
    pub body: Body,
    /// From the intended start of the exchange's connect to the last byte of its answer.
    pub timeout: Duration,
    /// What a 3xx answer with a Location leads to.
    pub redirects: Redirects,
    /// What must hold; a violated expectation is a `check` failure.
    pub expect: Expect,
    /// Values kept for later steps of the same user; one that is not found is a `check` failure.
    pub extract: Vec<Extract>,
    /// Its line.
    pub place: Place,
}

/// A request's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// None.
    Empty,
    /// `form`, `json` or `body`, encoded.
    Text(Template),
}

/// What a redirect answer leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirects {
    /// The 3xx answer is the result (default).
    None,
    /// Up to 10 hops; each hop is a request under its step's endpoint, `expect` looks at the last answer. A hop to a
    /// host outside loopback and `target.allow` is a `check` failure, and nothing is sent to it.
    Follow,
}

/// What must hold of an answer.
#[derive(Debug, Clone, Default)]
pub struct Expect {
    /// Accepted statuses; empty means 200 to 399.
    pub status: Vec<u16>,
    /// Each must occur in the body.
    pub body_has: Vec<String>,
    /// None may occur in the body.
    pub body_lacks: Vec<String>,
    /// JSON pointer and what it must lead to.
    pub json: Vec<(String, JsonExpectation)>,
    /// Header and what it must be.
    pub header: Vec<(HeaderName, HeaderExpectation)>,
    /// Largest body in bytes, inclusive.
    pub max_size: Option<u64>,
}

impl Expect {
    /// Whether a status is accepted: one of the listed, or 200 to 399 where none is listed.
    pub fn accepts(&self, status: u16) -> bool {
        if self.status.is_empty() { (200..400).contains(&status) } else { self.status.contains(&status) }
    }

    /// Whether the body's text is needed, so that it must be kept while it streams (bounded), not only counted.
    pub fn reads_body(&self) -> bool {
        !(self.body_has.is_empty() && self.body_lacks.is_empty() && self.json.is_empty())
    }
}

/// What a JSON pointer must lead to.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonExpectation {
    /// `exists`: anything, null included.
    Exists,
    /// Exactly this value.
    Equals(serde_json::Value),
}

/// What a header must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderExpectation {
    /// `exists`.
    Exists,
    /// Exactly this value.
    Equals(String),
}

/// A value kept from an answer.
#[derive(Debug, Clone)]
pub struct Extract {
    /// Where it is kept.
    pub slot: SlotId,
    /// How it is found.
    pub from: Extraction,
}

/// How a value is found in an answer.
#[derive(Debug, Clone)]
pub enum Extraction {
    /// The first capture group's first match in the body (the whole match where there is no group).
    Regex(regex::bytes::Regex),
    /// A JSON pointer; strings without quotes, other values as JSON.
    Json(String),
    /// A header's value.
    Header(HeaderName),
    /// A cookie of the user's jar after this answer.
    Cookie(String),
}
