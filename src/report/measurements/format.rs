//! The keys of measurements.json. Times are seconds, since the phase's origin where they are points in time;
//! histograms are HDR V2 compressed, base64, in microseconds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::plan::FailureKind;

/// The whole file.
#[derive(Serialize, Deserialize)]
pub(super) struct File {
    pub(super) schema: String,
    /// The rows that `endpoint` counts from 0.
    pub(super) endpoints: Vec<Row>,
    pub(super) phases: Vec<Phase>,
}

/// An endpoint, as the plan knows it.
#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) tags: Vec<String>,
    /// The scenario's position.
    pub(super) scenario: u32,
    pub(super) login: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Phase {
    pub(super) name: String,
    pub(super) ending: Ending,
    pub(super) window_start_s: Option<f64>,
    pub(super) measured_s: f64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) extended: bool,
    pub(super) sent: u64,
    pub(super) failed: u64,
    pub(super) layout: Layout,
    pub(super) ramp: Ramp,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) windows: Vec<Window>,
    pub(super) gauges: Vec<Gauge>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) statements: Vec<Statement>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) statements_unknown: Vec<String>,
    pub(super) generator: Generator,
    /// By endpoint; absent in files of earlier releases, and without a base.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) base: Vec<Base>,
}

/// An endpoint at what the phase was compared with: a second deployment, or stored runs.
#[derive(Serialize, Deserialize)]
pub(super) struct Base {
    pub(super) latency: Histogram,
    pub(super) added: Histogram,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ending {
    Completed,
    RampFailed,
    StoppedAnswering,
    FailedEarly,
    Interrupted,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Layout {
    pub(super) duration_s: f64,
    pub(super) spans: usize,
    pub(super) ramp_s: f64,
    pub(super) thresholds: Vec<Threshold>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Threshold {
    pub(super) endpoint: u32,
    pub(super) clock: Clock,
    pub(super) limit_s: f64,
    pub(super) at_limit_exceeds: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Clock {
    Latency,
    Service,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Ramp {
    pub(super) started: u32,
    pub(super) logged_in: u32,
    pub(super) took_s: f64,
    pub(super) reasons: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Endpoint {
    pub(super) requests: u64,
    pub(super) statuses: BTreeMap<u16, u64>,
    pub(super) errors: BTreeMap<FailureKind, u64>,
    pub(super) completed: u64,
    pub(super) first_failure: Option<FirstFailure>,
    pub(super) examples: Vec<String>,
    pub(super) latency: Histogram,
    pub(super) service: Histogram,
    pub(super) added: Histogram,
    pub(super) spans: Vec<Span>,
    /// Absent in files of earlier releases.
    #[serde(default)]
    pub(super) time_split: TimeSplit,
    /// Absent where requests carry no trace id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) traces: Vec<Trace>,
}

/// The parts of the time of requests.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct TimeSplit {
    pub(super) dns: Part,
    pub(super) connect: Part,
    pub(super) tls: Part,
    pub(super) first_byte: Part,
    pub(super) body: Part,
}

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) count: u64,
    pub(super) sum_s: f64,
    pub(super) max_s: f64,
}

/// One of the slowest requests, or of the first failures.
#[derive(Serialize, Deserialize)]
pub(super) struct Trace {
    #[serde(rename = "trace_id")]
    pub(super) id: String,
    pub(super) at_s: f64,
    pub(super) latency_s: f64,
    pub(super) status: Option<u16>,
    pub(super) error: Option<FailureKind>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct FirstFailure {
    pub(super) at_s: f64,
    pub(super) kind: FailureKind,
}

/// A histogram; mean and maximum stand beside it, because its buckets round them.
#[derive(Serialize, Deserialize)]
pub(super) struct Histogram {
    pub(super) hdr: String,
    pub(super) count: u64,
    pub(super) mean_s: Option<f64>,
    pub(super) max_s: Option<f64>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Span {
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) timed: u64,
    pub(super) latency_sum_s: f64,
    pub(super) service_sum_s: f64,
    pub(super) completed: u64,
    pub(super) added: u64,
    pub(super) beyond: Vec<u64>,
    pub(super) added_beyond: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) second: u32,
    pub(super) endpoint: u32,
    pub(super) requests: u64,
    pub(super) failures: u64,
    /// Absent in files of earlier releases, and without failures.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) errors: BTreeMap<FailureKind, u64>,
    /// Absent in files of earlier releases.
    #[serde(default)]
    pub(super) completed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) answered_s: Option<f64>,
    pub(super) latency: String,
    pub(super) service: String,
    pub(super) added: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Gauge {
    pub(super) name: String,
    /// Point in time and value.
    pub(super) samples: Vec<(f64, f64)>,
    pub(super) attempts: u64,
    #[serde(default)]
    pub(super) planned: u64,
    pub(super) missing: Option<String>,
    pub(super) silent: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Statement {
    pub(super) source: String,
    pub(super) query: String,
    pub(super) calls: u64,
    pub(super) total_s: f64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Generator {
    pub(super) lateness_p99_s: f64,
    pub(super) lateness_max_s: f64,
    pub(super) cpu_percent: f64,
    #[serde(default)]
    pub(super) run_queue_percent: Option<f64>,
    #[serde(default)]
    pub(super) cores_used: Option<f64>,
    #[serde(default)]
    pub(super) cores_allowed: Option<f64>,
    #[serde(default)]
    pub(super) throttled_percent: Option<f64>,
    #[serde(default)]
    pub(super) steal_percent: Option<f64>,
    pub(super) slots: u64,
    pub(super) slots_missed: u64,
    /// The words.
    pub(super) exhausted: Option<String>,
    /// What it was; absent in files of versions that did not tell it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) exhausted_of: Option<Scarce>,
}

/// What a generator can run out of.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scarce {
    Descriptors,
    Ports,
    Bodies,
}
