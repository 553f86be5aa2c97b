//! Where the time of each endpoint's requests went, and which of them can be looked up in the app's own tracing.

use serde::Serialize;

use super::tone::Cell;
use crate::{
    judge::{EndpointVerdict, PhaseVerdict, TimeSplit, TraceVerdict},
    report::traces,
    units::number,
};

/// So many requests with a trace id are listed, those of phases that did not pass and failures first; verdict.json has all
/// that were kept.
const MOST_TRACES: usize = 300;

/// The parts of the time of one endpoint's requests in one phase, on average.
#[derive(Serialize)]
pub(super) struct SplitView {
    phase: String,
    /// The place of the phase in the ladder.
    at: usize,
    name: String,
    /// Connections opened, DNS, connect, TLS, first byte, body.
    cells: [Cell; 6],
}

/// Requests that carried a trace id.
#[derive(Serialize)]
pub(super) struct TracesView {
    rows: Vec<TraceView>,
    /// Those that are left out.
    more: usize,
}

#[derive(Serialize)]
struct TraceView {
    phase: String,
    name: String,
    id: String,
    into_window: String,
    latency: String,
    ended: String,
}

impl SplitView {
    /// `None` where no part was measured.
    pub(super) fn of(at: usize, phase: &PhaseVerdict, endpoint: &EndpointVerdict) -> Option<Self> {
        let TimeSplit { connections, dns, connect, tls, first_byte, body, .. } = endpoint.time_split_ms;
        let parts = [dns, connect, tls, first_byte, body];
        parts.iter().any(Option::is_some).then(|| {
            let [dns, connect, tls, first_byte, body] = parts.map(|time| Cell::of(time, number::milliseconds));
            Self {
                phase: phase.name.clone(),
                at,
                name: endpoint.name.clone(),
                cells: [Cell::count(connections), dns, connect, tls, first_byte, body],
            }
        })
    }
}

impl TracesView {
    /// `None` where requests carry no trace ids.
    pub(super) fn of(run: &[&PhaseVerdict]) -> Option<Self> {
        let all = traces::ranked(run.iter().copied());
        let more = all.len().saturating_sub(MOST_TRACES);
        let rows = all.iter().take(MOST_TRACES).map(|(phase, endpoint, trace)| TraceView::of(phase, endpoint, trace));
        (!all.is_empty()).then(|| Self { rows: rows.collect(), more })
    }
}

impl TraceView {
    fn of(phase: &PhaseVerdict, endpoint: &EndpointVerdict, trace: &TraceVerdict) -> Self {
        let TraceVerdict { trace_id, at_s, latency_ms, status: _, error: _ } = trace;
        Self {
            phase: phase.name.clone(),
            name: endpoint.name.clone(),
            id: trace_id.clone(),
            into_window: number::seconds(*at_s),
            latency: number::milliseconds(*latency_ms),
            ended: traces::ended(trace),
        }
    }
}
