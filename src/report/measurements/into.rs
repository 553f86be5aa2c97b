//! From the file back to what was measured.

use std::time::Duration;

use super::{
    UnreadableMeasurements,
    format::{self, File},
};
use crate::{
    gate::{BaseLatency, MeasuredPhase},
    measure::{
        Clock, EndpointMeasurements, Exhaustion, GaugeSample, GaugeSeries, GeneratorHealth, Histogram, Layout,
        MachineShare, Part, PhaseEnding, PhaseMeasurements, Ramp, Scarce, SpanCounts, Statement, Threshold, TimeSplit,
        Trace, TraceId, Traces, Window,
    },
    plan::EndpointId,
};

type Read<T> = Result<T, UnreadableMeasurements>;

impl File {
    /// What was measured, phase by phase.
    pub(super) fn phases(self) -> Read<Vec<MeasuredPhase>> {
        let logins: Vec<bool> = self.endpoints.iter().map(|endpoint| endpoint.login).collect();
        self.phases.into_iter().map(|phase| of_phase(phase, &logins)).collect()
    }
}

fn of_phase(phase: format::Phase, logins: &[bool]) -> Read<MeasuredPhase> {
    let decoded = |endpoint: usize, histogram: &format::Histogram| {
        Histogram::decode(&histogram.hdr).map_err(|cause| UnreadableMeasurements::Histogram {
            phase: phase.name.clone(),
            endpoint,
            cause,
        })
    };
    let endpoints = phase.endpoints.into_iter().enumerate().map(|(at, endpoint)| {
        let format::Endpoint { latency, service, added, .. } = &endpoint;
        let histograms = [decoded(at, latency)?, decoded(at, service)?, decoded(at, added)?];
        of_endpoint(endpoint, histograms)
    });
    let base = phase.base.iter().enumerate().map(|(at, base)| {
        let format::Base { latency, added } = base;
        Ok(BaseLatency { latency: decoded(at, latency)?, added: decoded(at, added)? })
    });
    let base = base.collect::<Read<_>>()?;
    let measurements = PhaseMeasurements {
        endpoints: endpoints.collect::<Read<_>>()?,
        layout: layout(&phase.layout, logins)?,
        windows: phase.windows.into_iter().map(window).collect::<Read<_>>()?,
        ramp: Ramp {
            started: phase.ramp.started,
            logged_in: phase.ramp.logged_in,
            took: seconds(phase.ramp.took_s)?,
            reasons: phase.ramp.reasons,
        },
        window_start: phase.window_start_s.map(seconds).transpose()?,
        measured: seconds(phase.measured_s)?,
        extended: phase.extended,
        ending: match phase.ending {
            format::Ending::Completed => PhaseEnding::Completed,
            format::Ending::RampFailed => PhaseEnding::RampFailed,
            format::Ending::StoppedAnswering => PhaseEnding::StoppedAnswering,
            format::Ending::FailedEarly => PhaseEnding::FailedEarly,
            format::Ending::Interrupted => PhaseEnding::Interrupted,
        },
        generator: generator(phase.generator)?,
        sent: phase.sent,
        failed: phase.failed,
        summary: None,
    };
    let gauges = phase.gauges.into_iter().map(gauge).collect::<Read<_>>()?;
    let statements = phase.statements.into_iter().map(statement).collect::<Read<_>>()?;
    let statements_unknown = phase.statements_unknown;
    Ok(MeasuredPhase { name: phase.name, measurements, gauges, statements, statements_unknown, window_at: None, base })
}

fn seconds(seconds: f64) -> Read<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| UnreadableMeasurements::Time { seconds })
}

fn layout(layout: &format::Layout, logins: &[bool]) -> Read<Layout> {
    let threshold = |threshold: &format::Threshold| {
        Ok(Threshold {
            endpoint: EndpointId(threshold.endpoint),
            clock: match threshold.clock {
                format::Clock::Latency => Clock::Latency,
                format::Clock::Service => Clock::Service,
            },
            limit: seconds(threshold.limit_s)?,
            at_limit_exceeds: threshold.at_limit_exceeds,
        })
    };
    Ok(Layout {
        logins: logins.to_vec(),
        thresholds: layout.thresholds.iter().map(threshold).collect::<Read<_>>()?,
        ramp: seconds(layout.ramp_s)?,
        duration: seconds(layout.duration_s)?,
        spans: layout.spans,
    })
}

fn of_endpoint(endpoint: format::Endpoint, histograms: [Histogram; 3]) -> Read<EndpointMeasurements> {
    let [latency, service, added] = histograms;
    let first_failure =
        endpoint.first_failure.map(|first| seconds(first.at_s).map(|at| (at, first.kind))).transpose()?;
    Ok(EndpointMeasurements {
        requests: endpoint.requests,
        statuses: endpoint.statuses,
        errors: endpoint.errors,
        latency,
        added,
        service,
        completed: endpoint.completed,
        spans: endpoint.spans.into_iter().map(span).collect(),
        first_failure,
        examples: endpoint.examples,
        // Runs that another tool made are judged by its files, never by these.
        unknown_statuses: 0,
        unknown_kinds: 0,
        split: time_split(&endpoint.time_split)?,
        traces: traces(endpoint.traces)?,
    })
}

fn time_split(split: &format::TimeSplit) -> Read<TimeSplit> {
    let part = |part: &format::Part| -> Read<Part> {
        Ok(Part { count: part.count, sum: seconds(part.sum_s)?, max: seconds(part.max_s)? })
    };
    Ok(TimeSplit {
        dns: part(&split.dns)?,
        connect: part(&split.connect)?,
        tls: part(&split.tls)?,
        first_byte: part(&split.first_byte)?,
        body: part(&split.body)?,
    })
}

/// An id that is none is left out.
fn traces(traces: Vec<format::Trace>) -> Read<Traces> {
    let mut kept = Traces::default();
    for format::Trace { id, at_s, latency_s, status, error } in traces {
        let (at, latency) = (seconds(at_s)?, seconds(latency_s)?);
        if let Some(id) = TraceId::parse(&id) {
            kept.add(Trace { id, at, latency, status, failure: error });
        }
    }
    Ok(kept)
}

fn span(span: format::Span) -> SpanCounts {
    SpanCounts {
        requests: span.requests,
        failures: span.failures,
        timed: span.timed,
        latency_sum: span.latency_sum_s,
        service_sum: span.service_sum_s,
        completed: span.completed,
        added: span.added,
        beyond: span.beyond,
        added_beyond: span.added_beyond,
    }
}

fn window(window: format::Window) -> Read<Window> {
    let format::Window { second, endpoint, requests, failures, errors, completed, answered_s, latency, service, added } =
        window;
    let answered = answered_s.map(seconds).transpose()?;
    let endpoint = EndpointId(endpoint);
    Ok(Window { second, endpoint, requests, failures, errors, completed, answered, latency, service, added })
}

fn gauge(gauge: format::Gauge) -> Read<GaugeSeries> {
    let sample = |(at, value): &(f64, f64)| Ok(GaugeSample { at: seconds(*at)?, value: *value });
    Ok(GaugeSeries {
        name: gauge.name,
        samples: gauge.samples.iter().map(sample).collect::<Read<_>>()?,
        attempts: gauge.attempts,
        planned: gauge.planned,
        missing: gauge.missing,
        silent: gauge.silent,
    })
}

fn statement(statement: format::Statement) -> Read<Statement> {
    let format::Statement { source, query, calls, total_s } = statement;
    Ok(Statement { source, query, calls, total: seconds(total_s)? })
}

fn generator(generator: format::Generator) -> Read<GeneratorHealth> {
    Ok(GeneratorHealth {
        lateness_p99: seconds(generator.lateness_p99_s)?,
        lateness_max: seconds(generator.lateness_max_s)?,
        cpu_percent: generator.cpu_percent,
        run_queue_percent: generator.run_queue_percent,
        machine: MachineShare {
            cores_used: generator.cores_used,
            cores_allowed: generator.cores_allowed,
            throttled_percent: generator.throttled_percent,
            steal_percent: generator.steal_percent,
        },
        slots: generator.slots,
        slots_missed: generator.slots_missed,
        exhausted: generator.exhausted.map(|words| exhaustion(words, generator.exhausted_of)),
    })
}

/// Versions that did not tell what it was knew descriptors and ports, each in the system's words.
fn exhaustion(words: String, of: Option<format::Scarce>) -> Exhaustion {
    let of = match of {
        Some(format::Scarce::Ports) => Scarce::Ports,
        Some(format::Scarce::Bodies) => Scarce::Bodies,
        None if words.contains("assign requested address") => Scarce::Ports,
        Some(format::Scarce::Descriptors) | None => Scarce::Descriptors,
    };
    Exhaustion { of, words }
}
