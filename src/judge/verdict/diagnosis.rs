//! What gave way, and what the evidence for it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{judge::Resource, measure::Statement, plan::FailureKind};

/// A sentence takes so many characters of a statement.
const LONGEST_IN_SENTENCE: usize = 100;

/// What gave way, in plain words and as numbers. Seconds count from the start of the phase's measured window.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Diagnosis {
    /// What it comes to, the primary one first, three at most; empty where the evidence does not point anywhere.
    pub bottlenecks: Vec<Bottleneck>,
    /// The conclusion and then its evidence, one sentence each.
    pub because: Vec<String>,
    /// Where latency or errors rose first; null when they did not.
    pub onset: Option<Onset>,
    /// The kinds of failure, in order of appearance.
    pub errors: Vec<FirstError>,
    /// The gauges that saturated, in order of time.
    pub saturated: Vec<Saturation>,
    /// Where throughput stopped growing although the load grew; null when it did not.
    pub plateau: Option<Plateau>,
    /// Whether requests waited in a queue or were worked on for longer; null where the evidence does not tell.
    pub waiting: Option<Waiting>,
    /// The statements of a monitored database that grew where latency rose, three at most, the one that costs a request most
    /// more first; absent where none did or none are known.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub statements: Vec<GrownStatement>,
}

/// One thing that held the app back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bottleneck {
    /// What kind of thing.
    pub cause: Cause,
    /// What the gauge measures, for [`Cause::Saturated`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resource: Option<Resource>,
    /// The gauge that shows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gauge: Option<String>,
    /// The endpoint that suffers from it first, or has the most of the time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub endpoint: Option<String>,
    /// A few words for a table: `the connection pool (database.connections)`.
    pub what: String,
}

/// Kinds of bottlenecks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A resource that a gauge watches was used up.
    Saturated,
    /// The service time of one endpoint, or of a few, while others stayed as they were.
    SlowService,
    /// Requests queued, and no gauge says for what.
    Queue,
    /// Failures while the app went on answering.
    Errors,
    /// The app did not answer for some seconds.
    Outage,
}

/// The endpoint whose latency or errors rose first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Onset {
    /// Its name.
    pub endpoint: String,
    /// What rose.
    pub rising: Rising,
    /// In which phase.
    pub phase: String,
    /// Users of that phase, or its rate.
    pub load: f64,
    /// The first second in which it was so; null where no single second shows it.
    pub after_s: Option<f64>,
    /// The phase that it is compared with: the first one; null when it is that one itself.
    pub against: Option<String>,
    /// Mean latency in milliseconds, in the phase compared with and in this one.
    pub latency_ms: [Option<f64>; 2],
    /// Mean service time, likewise.
    pub service_ms: [Option<f64>; 2],
    /// Share of failures, likewise.
    pub failed: [Option<f64>; 2],
    /// Other endpoints that rose in the same phase.
    pub others: u32,
}

/// What rose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rising {
    /// The time of answers.
    Latency,
    /// The share of failures.
    Errors,
}

/// A kind of failure when it first appeared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FirstError {
    /// timeout, connect, reset, tls, protocol, check or unsent.
    pub kind: String,
    /// Where it appeared first.
    pub endpoint: String,
    /// In which phase.
    pub phase: String,
    /// The second of the window; null for a login, which comes before it.
    pub after_s: Option<f64>,
    /// Failures of this kind in that phase.
    pub count: u64,
}

/// A gauge that saturated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Saturation {
    /// `MONITOR.GAUGE`.
    pub gauge: String,
    /// What it measures.
    pub resource: Resource,
    /// The first phase in which it was so.
    pub phase: String,
    /// The first reading beyond what counts as saturated.
    pub after_s: f64,
    /// Share of the phase's readings beyond it.
    pub share: f64,
    /// Highest reading of the phase.
    pub max: f64,
    /// Whether that was before latency or errors rose; null when they did not, or the moment is not known.
    pub order: Option<Order>,
}

/// An order in time, with a resolution of a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// More than a second before.
    Before,
    /// Within a second.
    With,
    /// More than a second after.
    After,
}

/// Throughput that stopped growing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plateau {
    /// The two phases.
    pub phases: [String; 2],
    /// Users of both, or rates.
    pub load: [f64; 2],
    /// Successful answers per second of both.
    pub throughput: [f64; 2],
}

/// Where the time went: into waiting, or into work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// `true`: requests waited in a queue. `false`: the service of an endpoint itself took longer.
    pub queued: bool,
    /// The phase that it is about.
    pub phase: String,
    /// The phase that it is compared with; null when it is compared with the other endpoints of the same phase.
    pub against: Option<String>,
    /// Mean service time in milliseconds over all endpoints, in the phase compared with and in this one.
    pub service_ms: [Option<f64>; 2],
    /// Requests in the app at a time: successful requests per second times service time (Little's law), likewise.
    pub in_app: [Option<f64>; 2],
    /// Endpoints whose service time rose, and not much less than where it rose most; and all that can be compared.
    pub rose: [u32; 2],
}

/// A statement of a monitored database that the app asked more often for each request, or that took longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrownStatement {
    /// The database: `postgres at HOST:PORT/NAME`.
    pub source: String,
    /// Its text with placeholders in the place of constants, in one line of at most 200 characters.
    pub query: String,
    /// The phase in which it grew.
    pub phase: String,
    /// The phase that it is compared with.
    pub against: String,
    /// Calls for each request of any endpoint, in the phase compared with and in this one; null where it was not among the
    /// statements that took most.
    pub calls: [Option<f64>; 2],
    /// Its time in the database for each request, in milliseconds, likewise.
    pub ms: [Option<f64>; 2],
}

impl GrownStatement {
    /// Its text for a sentence: shorter than it is kept.
    pub fn in_short(&self) -> String {
        Statement::shortened(&self.query, LONGEST_IN_SENTENCE)
    }
}

/// Seconds in which no request succeeded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outage {
    /// In which phase.
    pub phase: String,
    /// Start of the first failing second, in seconds since the window began.
    pub from_s: f64,
    /// When the first answer came after it; the end of its last failing second where that answer came later by itself, or
    /// not at all.
    pub to_s: f64,
    /// How long that was.
    pub seconds: f64,
    /// Whether an answer came again in this phase.
    pub over: bool,
    /// Failures in these seconds and the one before, whose requests broke when it began, by kind: `connect` is a refused connection, `reset` one that broke.
    pub errors: BTreeMap<String, u64>,
}

impl Outage {
    /// Whether the app was gone: most failures were no answer at all. An app, or a proxy in front of it, that answers each
    /// request wrongly is there.
    pub fn is_gone(&self) -> bool {
        let of = |kinds: &[FailureKind]| -> u64 { kinds.iter().filter_map(|kind| self.errors.get(kind.key())).sum() };
        let answered = of(&[FailureKind::Check]);
        let unanswered = self.errors.values().sum::<u64>() - answered - of(&[FailureKind::Unsent]);
        unanswered > answered
    }
}
