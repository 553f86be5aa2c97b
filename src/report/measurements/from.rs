//! From what was measured to the file. The patterns name every field, so that a new one cannot be forgotten.

use super::{
    MEASUREMENTS_SCHEMA,
    format::{self, File},
};
use crate::{
    gate::{BaseLatency, MeasuredPhase},
    measure::{
        Clock, EndpointMeasurements, GaugeSeries, GeneratorHealth, Histogram, Layout, MachineShare, Part, PhaseEnding,
        PhaseMeasurements, Ramp, Scarce, SpanCounts, Statement, Threshold, TimeSplit, Trace, Window,
    },
    plan::Endpoint,
};

/// Masks a string and makes it harmless.
type Show<'a> = dyn Fn(&str) -> String + 'a;

impl File {
    /// The file of a run.
    pub(super) fn of(endpoints: &[Endpoint], phases: &[MeasuredPhase], show: &Show<'_>) -> Self {
        let row = |endpoint: &Endpoint| format::Row {
            name: show(&endpoint.name),
            tags: endpoint.tags.iter().map(|tag| show(tag)).collect(),
            scenario: endpoint.scenario.0,
            login: endpoint.login,
        };
        Self {
            schema: MEASUREMENTS_SCHEMA.to_owned(),
            endpoints: endpoints.iter().map(row).collect(),
            phases: phases.iter().map(|measured| phase(measured, show)).collect(),
        }
    }
}

fn phase(measured_phase: &MeasuredPhase, show: &Show<'_>) -> format::Phase {
    let PhaseMeasurements {
        layout: shape,
        endpoints,
        windows,
        ramp: users,
        window_start,
        measured,
        extended,
        ending,
        generator: health,
        sent,
        failed,
        // What another tool summed up stands in the verdict.
        summary: _,
    } = &measured_phase.measurements;
    format::Phase {
        name: show(&measured_phase.name),
        ending: match ending {
            PhaseEnding::Completed => format::Ending::Completed,
            PhaseEnding::RampFailed => format::Ending::RampFailed,
            PhaseEnding::StoppedAnswering => format::Ending::StoppedAnswering,
            PhaseEnding::FailedEarly => format::Ending::FailedEarly,
            PhaseEnding::Interrupted => format::Ending::Interrupted,
        },
        window_start_s: window_start.map(|start| start.as_secs_f64()),
        measured_s: measured.as_secs_f64(),
        extended: *extended,
        sent: *sent,
        failed: *failed,
        layout: layout(shape),
        ramp: ramp(users, show),
        endpoints: endpoints.iter().map(|endpoint| of_endpoint(endpoint, show)).collect(),
        windows: windows.iter().map(window).collect(),
        gauges: measured_phase.gauges.iter().map(|series| gauge(series, show)).collect(),
        statements: measured_phase.statements.iter().map(|taken| statement(taken, show)).collect(),
        statements_unknown: measured_phase.statements_unknown.iter().map(|why| show(why)).collect(),
        generator: generator(health, show),
        base: measured_phase.base.iter().map(base).collect(),
    }
}

/// `logins` stands with the endpoints' names.
fn layout(layout: &Layout) -> format::Layout {
    let Layout { logins: _, thresholds, ramp, duration, spans } = layout;
    let threshold = |threshold: &Threshold| {
        let Threshold { endpoint, clock, limit, at_limit_exceeds } = *threshold;
        let clock = match clock {
            Clock::Latency => format::Clock::Latency,
            Clock::Service => format::Clock::Service,
        };
        format::Threshold { endpoint: endpoint.0, clock, limit_s: limit.as_secs_f64(), at_limit_exceeds }
    };
    format::Layout {
        duration_s: duration.as_secs_f64(),
        spans: *spans,
        ramp_s: ramp.as_secs_f64(),
        thresholds: thresholds.iter().map(threshold).collect(),
    }
}

fn ramp(ramp: &Ramp, show: &Show<'_>) -> format::Ramp {
    let Ramp { started, logged_in, took, reasons } = ramp;
    format::Ramp {
        started: *started,
        logged_in: *logged_in,
        took_s: took.as_secs_f64(),
        reasons: reasons.iter().map(|reason| show(reason)).collect(),
    }
}

fn of_endpoint(endpoint: &EndpointMeasurements, show: &Show<'_>) -> format::Endpoint {
    let EndpointMeasurements {
        requests,
        statuses,
        errors,
        latency,
        added,
        service,
        completed,
        spans,
        first_failure,
        examples,
        unknown_statuses: _,
        unknown_kinds: _,
        split,
        traces,
    } = endpoint;
    format::Endpoint {
        requests: *requests,
        statuses: statuses.clone(),
        errors: errors.clone(),
        completed: *completed,
        first_failure: first_failure.map(|(at, kind)| format::FirstFailure { at_s: at.as_secs_f64(), kind }),
        examples: examples.iter().map(|example| show(example)).collect(),
        latency: histogram(latency),
        service: histogram(service),
        added: histogram(added),
        spans: spans.iter().map(span).collect(),
        time_split: time_split(split),
        traces: traces.all().map(trace).collect(),
    }
}

fn time_split(split: &TimeSplit) -> format::TimeSplit {
    let TimeSplit { dns, connect, tls, first_byte, body } = *split;
    let part = |Part { count, sum, max }| format::Part { count, sum_s: sum.as_secs_f64(), max_s: max.as_secs_f64() };
    format::TimeSplit {
        dns: part(dns),
        connect: part(connect),
        tls: part(tls),
        first_byte: part(first_byte),
        body: part(body),
    }
}

fn trace(trace: &Trace) -> format::Trace {
    let Trace { id, at, latency, status, failure } = trace;
    format::Trace {
        id: id.to_string(),
        at_s: at.as_secs_f64(),
        latency_s: latency.as_secs_f64(),
        status: *status,
        error: *failure,
    }
}

fn base(base: &BaseLatency) -> format::Base {
    let BaseLatency { latency, added } = base;
    format::Base { latency: histogram(latency), added: histogram(added) }
}

fn histogram(histogram: &Histogram) -> format::Histogram {
    format::Histogram {
        hdr: histogram.encode(),
        count: histogram.count(),
        mean_s: histogram.mean().map(|mean| mean.as_secs_f64()),
        max_s: histogram.max().map(|max| max.as_secs_f64()),
    }
}

fn span(span: &SpanCounts) -> format::Span {
    let SpanCounts { requests, failures, timed, latency_sum, service_sum, completed, added, beyond, added_beyond } =
        span.clone();
    format::Span {
        requests,
        failures,
        timed,
        latency_sum_s: latency_sum,
        service_sum_s: service_sum,
        completed,
        added,
        beyond,
        added_beyond,
    }
}

fn window(window: &Window) -> format::Window {
    let Window { second, endpoint, requests, failures, errors, completed, answered, latency, service, added } =
        window.clone();
    let answered_s = answered.map(|at| at.as_secs_f64());
    format::Window {
        second,
        endpoint: endpoint.0,
        requests,
        failures,
        errors,
        completed,
        answered_s,
        latency,
        service,
        added,
    }
}

fn gauge(series: &GaugeSeries, show: &Show<'_>) -> format::Gauge {
    let GaugeSeries { name, samples, attempts, planned, missing, silent } = series;
    format::Gauge {
        name: show(name),
        samples: samples.iter().map(|sample| (sample.at.as_secs_f64(), sample.value)).collect(),
        attempts: *attempts,
        planned: *planned,
        missing: missing.as_ref().map(|missing| show(missing)),
        silent: *silent,
    }
}

fn statement(statement: &Statement, show: &Show<'_>) -> format::Statement {
    let Statement { source, query, calls, total } = statement;
    format::Statement { source: show(source), query: show(query), calls: *calls, total_s: total.as_secs_f64() }
}

fn generator(generator: &GeneratorHealth, show: &Show<'_>) -> format::Generator {
    let GeneratorHealth { lateness_p99, lateness_max, cpu_percent, run_queue_percent, .. } = generator;
    let GeneratorHealth { machine, slots, slots_missed, exhausted, .. } = generator;
    let MachineShare { cores_used, cores_allowed, throttled_percent, steal_percent } = *machine;
    format::Generator {
        lateness_p99_s: lateness_p99.as_secs_f64(),
        lateness_max_s: lateness_max.as_secs_f64(),
        cpu_percent: *cpu_percent,
        run_queue_percent: *run_queue_percent,
        cores_used,
        cores_allowed,
        throttled_percent,
        steal_percent,
        slots: *slots,
        slots_missed: *slots_missed,
        exhausted: exhausted.as_ref().map(|exhaustion| show(&exhaustion.words)),
        exhausted_of: exhausted.as_ref().map(|exhaustion| match exhaustion.of {
            Scarce::Descriptors => format::Scarce::Descriptors,
            Scarce::Ports => format::Scarce::Ports,
            Scarce::Bodies => format::Scarce::Bodies,
        }),
    }
}
