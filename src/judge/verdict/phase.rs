//! One phase in the verdict: findings, endpoints, gauges, and how good the generator was.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CutShort, TimeSplit};
use crate::{
    judge::{Band, Level, Outcome, generator},
    units::number,
};

/// One phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseVerdict {
    /// Its name.
    pub name: String,
    /// passed, warned, failed, inconclusive, invalid or `not_run`.
    pub outcome: Outcome,
    /// Why it is not passed, one sentence each; empty for a pass.
    pub because: Vec<String>,
    /// Users of the closed model; the most where their number rises.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub users: Option<u32>,
    /// Iterations per second of the open model; the highest where it changes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rate: Option<f64>,
    /// How the load changes within the window, one stage after the other; absent where it stays.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub stages: Vec<StageVerdict>,
    /// When iterations start, where that is not at even distances; absent where it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arrivals: Option<Arrivals>,
    /// When the measured window began, RFC 3339, UTC; absent where it never did, and in interleaved runs, whose windows
    /// have pauses.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub window_at: Option<String>,
    /// The measured window in seconds; what was measured of it when the phase stopped early.
    pub duration_s: f64,
    /// Whether the window was extended to twice its length, because a criterion was not decided; absent when not.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub extended: bool,
    /// What ended the window before its time; absent where all of it was measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cut_short: Option<CutShort>,
    /// How long another tool's load paused within its window, in seconds; absent without a pause.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub paused_s: Option<f64>,
    /// Intended requests of the measured window, login excluded.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
    /// Share of 1; null without requests.
    pub success_rate: Option<f64>,
    /// Successful answers per second of the window; null when the phase was not run.
    pub throughput: Option<f64>,
    /// Latency over all endpoints but the login's.
    pub latency_ms: Milliseconds,
    /// Service time, likewise.
    pub service_ms: Milliseconds,
    /// Requests added for silences: those that waiting users did not make.
    pub added: u64,
    /// Bursts: groups of consecutive spans with failures or slow requests beyond a latency limit.
    pub bursts: Option<u32>,
    /// One for each criterion, with `each` one for each endpoint, in the order of gates.yaml.
    pub findings: Vec<Finding>,
    /// One for each endpoint name, in the order of gates.yaml; login endpoints measured over the ramp.
    pub endpoints: Vec<EndpointVerdict>,
    /// One for each gauge.
    pub monitors: Vec<MonitorVerdict>,
    /// The statements that took most of a monitored database's time in the window, the longest first; absent where none is
    /// known.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub statements: Vec<StatementVerdict>,
    /// Of which database that keeps count they are not known, and why, in a sentence each; absent where all are.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub statements_unknown: Vec<String>,
    /// How good the generator was; null when the phase was not run.
    pub generator: Option<Generator>,
    /// The file of its line.
    pub file: String,
    /// The line of its name in gates.yaml.
    pub line: u32,
}

/// A stage of a phase's load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StageVerdict {
    /// Users, or iterations per second, at its beginning.
    pub from: f64,
    /// The same at its end.
    pub to: f64,
    /// How long it takes, in seconds.
    pub over_s: f64,
}

/// When iterations start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrivals {
    /// Independently of each other.
    Poisson,
}

impl PhaseVerdict {
    /// Whether only a part of its window was measured for a reason that says nothing about the app, so that it decides nothing.
    pub fn is_part(&self) -> bool {
        self.cut_short.is_some_and(|cut| cut.by.says_nothing_of_the_app())
    }

    /// The levels that its stages go through, without repetition; empty where the load stays.
    pub fn levels(&self) -> Vec<f64> {
        let mut levels: Vec<f64> = self.stages.iter().flat_map(|stage| [stage.from, stage.to]).collect();
        levels.dedup();
        levels
    }
}

/// The result of one criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// As written in gates.yaml, or `all users logged in`.
    pub criterion: String,
    /// The endpoint's name where the criterion's selector is `each`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub endpoint: Option<String>,
    /// Whether it blocks.
    pub level: Level,
    /// The file of its line.
    pub file: String,
    /// Its line in gates.yaml.
    pub line: u32,
    /// passed, failed, inconclusive or `not_run`.
    pub outcome: Outcome,
    /// Whether it is more than chance: an interval that lies on this side of the limit, or a count or reading that needs
    /// none. False where an interval reaches over the limit, so that only the observed value decides, and without data.
    pub certain: bool,
    /// In `unit`; null without samples.
    pub observed: Option<f64>,
    /// In `unit`.
    pub limit: f64,
    /// `ms`, `1` (share), `requests`, `requests/s`, `events`, or empty for a gauge's own unit.
    pub unit: String,
    /// The interval of the observed value, in `unit`; null where none is defined.
    pub interval: Option<[f64; 2]>,
    /// Requests, or readings of a gauge.
    pub samples: u64,
    /// The evidence, in a few sentences.
    pub because: String,
    /// The endpoint with the most of what broke the criterion; absent when it held, and where no endpoint has a part.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub worst_endpoint: Option<String>,
    /// What it has of the requests that broke the criterion, and how many those are over all endpoints; absent where
    /// nothing is counted (a mean).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub worst_part: Option<[u64; 2]>,
}

impl Finding {
    /// Where most of it was, as the end of a sentence: `most of it at chart data`, or without a majority `highest at chart
    /// data (12 of 30)`. `None` where the finding names no endpoint, or is about one only: its criterion says which.
    pub fn whereabouts(&self) -> Option<String> {
        let selected = |name: &String| {
            [format!("({name})"), format!("\"{name}\"")].iter().any(|written| self.criterion.contains(written))
        };
        let name = self.worst_endpoint.as_ref().filter(|name| self.endpoint.is_none() && !selected(name))?;
        let it = if self.unit == "events" { "them" } else { "it" };
        Some(match self.worst_part {
            None => format!("slowest at {name}"),
            Some([count, all]) if count >= all => format!("all of {it} at {name}"),
            Some([count, all]) if count > all / 2 => format!("most of {it} at {name}"),
            Some([count, all]) => format!("highest at {name} ({} of {})", number::count(count), number::count(all)),
        })
    }
}

/// Percentiles in milliseconds; null without samples.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Milliseconds {
    /// Median.
    pub p50: Option<f64>,
    /// 90th percentile.
    pub p90: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
    /// Mean.
    pub mean: Option<f64>,
}

/// One endpoint in one phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointVerdict {
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Intended requests.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
    /// Answers by status.
    pub statuses: BTreeMap<String, u64>,
    /// Failures by kind: timeout, connect, reset, tls, protocol, check, unsent.
    pub errors: BTreeMap<String, u64>,
    /// Up to three different descriptions of failures.
    pub examples: Vec<String>,
    /// Latency.
    pub latency_ms: Milliseconds,
    /// Service time.
    pub service_ms: Milliseconds,
    /// Where the time went; nothing in verdicts of earlier releases.
    #[serde(default)]
    pub time_split_ms: TimeSplit,
    /// Where `target.trace` is on: up to five of the first failures of each kind, then the five slowest successes, with their
    /// trace ids.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub traces: Vec<TraceVerdict>,
}

/// One request that the app's tracing can be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceVerdict {
    /// Its trace id: 32 hexadecimal digits.
    pub trace_id: String,
    /// When it was meant to start, in seconds from the start of the window (`window_at`); negative for a login before it.
    pub at_s: f64,
    /// Its latency.
    pub latency_ms: f64,
    /// The answer's status, if there was an answer.
    pub status: Option<u16>,
    /// The kind of its failure; `None` is success.
    pub error: Option<String>,
}

/// One gauge in one phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonitorVerdict {
    /// `MONITOR.GAUGE`.
    pub name: String,
    /// Highest reading.
    pub max: Option<f64>,
    /// Mean of the readings.
    pub mean: Option<f64>,
    /// Where the highest reading lies; without declared bands `safe` when it was read at all.
    pub band: Band,
    /// The part of the window in its warning band or above; absent without a declared band or a reading.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub warning: Option<Crossing>,
    /// The part of the window in its critical band, likewise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub critical: Option<Crossing>,
    /// Readings.
    pub samples: u64,
    /// Why readings are missing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub missing: Option<String>,
}

/// One statement of a monitored database in one phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatementVerdict {
    /// The database: `postgres at HOST:PORT/NAME`.
    pub source: String,
    /// Its text with placeholders in the place of constants, in one line of at most 200 characters.
    pub query: String,
    /// How often it ended in the window.
    pub calls: u64,
    /// Calls for each request that was answered in the window or meant to start in it, whichever are more; absent where it is
    /// not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub calls_each: Option<f64>,
    /// Time in one of them, in milliseconds.
    pub mean_ms: f64,
    /// Time in all of them, in milliseconds.
    pub total_ms: f64,
}

/// How much of a window a gauge was in a band or above it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// Share of the readings, which come at even distances: so much of the time.
    pub share: f64,
    /// The first of them, in seconds since the window began; null when there was none.
    pub first_s: Option<f64>,
    /// Where the band begins, in the gauge's own unit: a warning at this value, a critical band above it. Absent in
    /// verdicts of earlier releases.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<f64>,
}

/// How good the generator was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generator {
    /// How late requests started.
    pub lateness_ms: Lateness,
    /// CPU of the busiest worker, percent of a core.
    pub cpu_percent: f64,
    /// How long the worker that waited longest was ready to run and had no core, in percent of the window. This and what
    /// follows is null where the machine does not say.
    #[serde(default)]
    pub run_queue_percent: Option<f64>,
    /// CPU of the whole gate, in cores.
    #[serde(default)]
    pub cores_used: Option<f64>,
    /// Cores that it may use: bound by affinity or cpuset, and by the quota of its cgroups.
    #[serde(default)]
    pub cores_allowed: Option<f64>,
    /// Periods in which the CPU quota ran out, in percent, of several quotas the one that ran out most often; null also
    /// without a quota.
    #[serde(default)]
    pub throttled_percent: Option<f64>,
    /// CPU time of these cores that the hypervisor gave to other machines, in percent.
    #[serde(default)]
    pub steal_percent: Option<f64>,
    /// Requests of this load a second that it would manage with the CPU that it may use: docs/decisions.md section 1.
    #[serde(default)]
    pub capacity_per_second: Option<f64>,
    /// Whether it was too slow for the result to count.
    pub saturated: bool,
    /// What it lacked then; absent where it was good enough.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lacked: Option<Lacked>,
}

/// What a generator lacked that was not good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lacked {
    /// Descriptors: the system's limit of open files.
    Descriptors,
    /// Local ports for new connections.
    Ports,
    /// Memory for the bodies that are looked into: the gate's own bound.
    Memory,
    /// CPU, which it used up itself.
    OwnCpu,
    /// CPU, of which a quota left it too little: it used that up itself, or with others who have it too.
    Quota,
    /// CPU, although it used little: other work on this machine had the cores, or what had them is not known.
    OtherWork,
    /// CPU, which the hypervisor gave to other machines.
    Steal,
    /// Nothing that this machine counts.
    Unexplained,
}

impl Generator {
    /// How good it was, in a word or two.
    pub fn state(&self) -> &'static str {
        match self.lacked {
            None if self.saturated => "saturated",
            None => "good enough",
            Some(Lacked::OwnCpu) => "saturated",
            // Others can use up a quota too.
            Some(Lacked::Quota) if generator::used_up(self.cpu_percent, self.cores_used, self.cores_allowed) => {
                "saturated"
            }
            Some(Lacked::Quota | Lacked::OtherWork | Lacked::Steal | Lacked::Unexplained) => "held up",
            Some(Lacked::Descriptors) => "out of descriptors",
            Some(Lacked::Ports) => "out of ports",
            Some(Lacked::Memory) => "out of memory for bodies",
        }
    }
}

/// How late requests started, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Lateness {
    /// 99th percentile.
    pub p99: f64,
    /// Largest.
    pub max: f64,
}
