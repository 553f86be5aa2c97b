//! The table of endpoints, and percentiles as reports show them.

use std::{collections::BTreeMap, time::Duration};

use super::{EndpointVerdict, Longest, Milliseconds, PhaseEvidence, TimeSplit, TraceVerdict, evidence::Selection};
use crate::measure::{self, Histogram, Part, SummaryRow, Trace, Traces};
use crate::plan::EndpointId;

/// Latency over these endpoints: each percentile the worse of the one with and without the requests added for silences.
pub(super) fn latency(selection: &Selection<'_>) -> Milliseconds {
    if let Some(summary) = selection.summary() {
        return selection.summed_up(summary).map(summed_up).unwrap_or_default();
    }
    let added = selection.histogram(|endpoint| &endpoint.added);
    milliseconds(&selection.histogram(|endpoint| &endpoint.latency), &added)
}

/// Service time over these endpoints.
pub(super) fn service(selection: &Selection<'_>) -> Milliseconds {
    if selection.summary().is_some() {
        return latency(selection);
    }
    milliseconds(&selection.histogram(|endpoint| &endpoint.service), &Histogram::new())
}

/// One row for each endpoint name, in the order of gates.yaml.
pub(super) fn rows(evidence: &PhaseEvidence<'_>) -> Vec<EndpointVerdict> {
    let mut names: Vec<(&str, Vec<EndpointId>)> = Vec::new();
    for (id, endpoint) in (0..).map(EndpointId).zip(&evidence.plan.endpoints) {
        match names.iter_mut().find(|(name, _)| *name == endpoint.name) {
            Some((_, ids)) => ids.push(id),
            None => names.push((&endpoint.name, vec![id])),
        }
    }
    names.into_iter().map(|(name, ids)| row(evidence, name, &ids)).collect()
}

fn row(evidence: &PhaseEvidence<'_>, name: &str, ids: &[EndpointId]) -> EndpointVerdict {
    let selection = evidence.endpoints(ids.iter().copied());
    let mut row = EndpointVerdict {
        name: name.to_owned(),
        tags: Vec::new(),
        requests: selection.requests(),
        failures: selection.failures(),
        statuses: BTreeMap::new(),
        errors: BTreeMap::new(),
        examples: Vec::new(),
        latency_ms: latency(&selection),
        service_ms: service(&selection),
        time_split_ms: time_split(&selection),
        traces: traces(evidence, &selection),
    };
    for id in ids {
        let tags = evidence.plan.endpoints.get(id.index()).map(|endpoint| endpoint.tags.as_slice()).unwrap_or_default();
        add_new(&mut row.tags, tags, usize::MAX);
    }
    for measured in selection.rows.iter().map(|row| row.measured) {
        for (status, count) in &measured.statuses {
            *row.statuses.entry(status.to_string()).or_default() += count;
        }
        for (kind, count) in &measured.errors {
            *row.errors.entry(kind.key().to_owned()).or_default() += count;
        }
        add_new(&mut row.examples, &measured.examples, 3);
    }
    row
}

/// Where the time went, over these endpoints.
fn time_split(selection: &Selection<'_>) -> TimeSplit {
    let mut all = measure::TimeSplit::default();
    for row in &selection.rows {
        all.merge(&row.measured.split);
    }
    let measure::TimeSplit { dns, connect, tls, first_byte, body } = all;
    let mean = |part: Part| part.mean().map(in_milliseconds);
    let longest = |part: Part| (part.count > 0).then(|| in_milliseconds(part.max));
    TimeSplit {
        connections: connect.count,
        dns: mean(dns),
        connect: mean(connect),
        tls: mean(tls),
        first_byte: mean(first_byte),
        body: mean(body),
        max: Longest {
            dns: longest(dns),
            connect: longest(connect),
            tls: longest(tls),
            first_byte: longest(first_byte),
            body: longest(body),
        },
    }
}

fn in_milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Failures first, in order of time.
fn traces(evidence: &PhaseEvidence<'_>, selection: &Selection<'_>) -> Vec<TraceVerdict> {
    let mut kept = Traces::default();
    selection.rows.iter().for_each(|row| kept.merge(row.measured.traces.clone()));
    let start = evidence.measurements.window_start.unwrap_or_default().as_secs_f64();
    let verdict = |trace: &Trace| TraceVerdict {
        trace_id: trace.id.to_string(),
        at_s: ((trace.at.as_secs_f64() - start) * 1e6).round() / 1e6,
        latency_ms: trace.latency.as_secs_f64() * 1e3,
        status: trace.status,
        error: trace.failure.map(|kind| kind.key().to_owned()),
    };
    kept.all().map(verdict).collect()
}

fn add_new(list: &mut Vec<String>, more: &[String], at_most: usize) {
    for item in more {
        if list.len() < at_most && !list.contains(item) {
            list.push(item.clone());
        }
    }
}

fn summed_up(row: &SummaryRow) -> Milliseconds {
    let number = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1e3);
    let quantile = |q| number(row.quantile(q));
    Milliseconds {
        p50: quantile(0.5),
        p90: quantile(0.9),
        p95: quantile(0.95),
        p99: quantile(0.99),
        max: number(row.max),
        mean: number(row.mean),
    }
}

fn milliseconds(times: &Histogram, added: &Histogram) -> Milliseconds {
    let number = |time: Option<Duration>| time.map(in_milliseconds);
    let quantile = |q| number(times.worse_quantile(added, q));
    Milliseconds {
        p50: quantile(0.5),
        p90: quantile(0.9),
        p95: quantile(0.95),
        p99: quantile(0.99),
        max: number(times.max()),
        mean: number(times.mean()),
    }
}
