//! The texts of a phase.

use std::collections::BTreeMap;

use super::Visit;
use crate::judge::{EndpointVerdict, Finding, MonitorVerdict, PhaseVerdict, StatementVerdict, TraceVerdict};

/// Every text of a phase.
pub(super) fn each_text_of_phase(phase: &mut PhaseVerdict, visit: &mut Visit<'_>) {
    let PhaseVerdict {
        name,
        outcome: _,
        because,
        users: _,
        rate: _,
        stages: _,
        arrivals: _,
        window_at,
        duration_s: _,
        extended: _,
        cut_short: _,
        paused_s: _,
        requests: _,
        failures: _,
        success_rate: _,
        throughput: _,
        latency_ms: _,
        service_ms: _,
        added: _,
        bursts: _,
        findings,
        endpoints,
        monitors,
        statements,
        statements_unknown,
        generator: _,
        file,
        line: _,
    } = phase;
    visit(name);
    visit(file);
    window_at.iter_mut().for_each(&mut *visit);
    because.iter_mut().for_each(&mut *visit);
    for finding in findings {
        each_text_of_finding(finding, visit);
    }
    for endpoint in endpoints {
        each_text_of_endpoint(endpoint, visit);
    }
    for MonitorVerdict { name, max: _, mean: _, band: _, warning: _, critical: _, samples: _, missing } in monitors {
        visit(name);
        missing.iter_mut().for_each(&mut *visit);
    }
    for StatementVerdict { source, query, calls: _, calls_each: _, mean_ms: _, total_ms: _ } in statements {
        visit(source);
        visit(query);
    }
    statements_unknown.iter_mut().for_each(&mut *visit);
}

fn each_text_of_finding(finding: &mut Finding, visit: &mut Visit<'_>) {
    let Finding {
        criterion,
        endpoint,
        level: _,
        file,
        line: _,
        outcome: _,
        certain: _,
        observed: _,
        limit: _,
        unit,
        interval: _,
        samples: _,
        because,
        worst_endpoint,
        worst_part: _,
    } = finding;
    for text in [criterion, file, unit, because] {
        visit(text);
    }
    endpoint.iter_mut().chain(worst_endpoint).for_each(&mut *visit);
}

fn each_text_of_endpoint(endpoint: &mut EndpointVerdict, visit: &mut Visit<'_>) {
    let EndpointVerdict {
        name,
        tags,
        requests: _,
        failures: _,
        statuses,
        errors,
        examples,
        latency_ms: _,
        service_ms: _,
        time_split_ms: _,
        traces,
    } = endpoint;
    visit(name);
    for TraceVerdict { trace_id, at_s: _, latency_ms: _, status: _, error } in traces {
        visit(trace_id);
        error.iter_mut().for_each(&mut *visit);
    }
    tags.iter_mut().chain(examples).for_each(&mut *visit);
    for counts in [statuses, errors] {
        each_key(counts, visit);
    }
}

/// Every key of counts; those that become one are added up.
pub(super) fn each_key(counts: &mut BTreeMap<String, u64>, visit: &mut Visit<'_>) {
    *counts = std::mem::take(counts)
        .into_iter()
        .map(|(mut key, count)| {
            visit(&mut key);
            (key, count)
        })
        .fold(BTreeMap::new(), |mut merged, (key, count)| {
            *merged.entry(key).or_insert(0) += count;
            merged
        });
}
