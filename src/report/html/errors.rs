//! What failed, in the order in which it appeared.

use std::collections::BTreeMap;

use serde::Serialize;

use super::picture::clock;
use crate::{
    judge::{FirstError, PhaseVerdict, Verdict},
    report::recording::{Recording, parts},
    units::number,
};

/// So many rows are shown; verdict.json has all.
const MOST: usize = 60;

/// The section.
#[derive(Serialize)]
pub(super) struct ErrorsView {
    rows: Vec<ErrorView>,
    more: usize,
    outages: Vec<String>,
}

/// A kind of failure at an endpoint.
#[derive(Serialize)]
struct ErrorView {
    kind: String,
    endpoint: String,
    phase: String,
    first: String,
    count: String,
    examples: Vec<String>,
}

impl ErrorsView {
    /// `None` where nothing failed.
    pub(super) fn of(verdict: &Verdict, recording: Option<&Recording<'_>>) -> Option<Self> {
        let mut rows = recording.map(|recording| seen(verdict, recording)).unwrap_or_default();
        if rows.is_empty() {
            let known = verdict.diagnosis.iter().flat_map(|diagnosis| &diagnosis.errors);
            rows = known.map(|error| of_diagnosis(verdict, error)).collect();
        }
        let outages = verdict.outages.iter().map(|outage| {
            let (from, seconds) = (number::seconds(outage.from_s), number::seconds(outage.seconds));
            format!("No request succeeded for {seconds}, from {from} into the window of {} on.", outage.phase)
        });
        let outages: Vec<_> = outages.collect();
        let more = rows.len().saturating_sub(MOST);
        rows.truncate(MOST);
        (!rows.is_empty() || !outages.is_empty()).then_some(Self { rows, more, outages })
    }
}

/// Every kind of failure of every endpoint, by its first second of the run.
fn seen(verdict: &Verdict, recording: &Recording<'_>) -> Vec<ErrorView> {
    struct Seen<'a> {
        at: f64,
        into: f64,
        phase: &'a PhaseVerdict,
        count: u64,
    }
    let mut found: BTreeMap<(&str, &str), Seen<'_>> = BTreeMap::new();
    let parts = parts(verdict, recording);
    for part in &parts {
        let start = part.measured.measurements.window_start.unwrap_or_default().as_secs_f64();
        for window in part.measured.measurements.windows.iter().filter(|window| window.failures > 0) {
            let Some(endpoint) = recording.endpoints().get(window.endpoint.index()) else { continue };
            for (kind, count) in &window.errors {
                let at = part.at(f64::from(window.second));
                let into = f64::from(window.second) - start;
                let first = Seen { at, into, phase: part.verdict, count: 0 };
                found.entry((&endpoint.name, kind.key())).or_insert(first).count += count;
            }
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by(|(_, one), (_, other)| one.at.total_cmp(&other.at));
    let view = |((endpoint, kind), seen): ((&str, &str), Seen<'_>)| ErrorView {
        kind: kind.to_owned(),
        endpoint: endpoint.to_owned(),
        phase: seen.phase.name.clone(),
        first: match seen.into {
            into if into < -1.0 => format!("{}, while users logged in", clock(seen.at)),
            into => format!("{}, {} s into the window", clock(seen.at), number::plain(into.max(0.0).round())),
        },
        count: number::count(seen.count),
        examples: examples(seen.phase, endpoint),
    };
    found.into_iter().map(view).collect()
}

fn of_diagnosis(verdict: &Verdict, error: &FirstError) -> ErrorView {
    let FirstError { kind, endpoint, phase, after_s, count } = error;
    let of = verdict.phases.iter().find(|known| known.name == *phase);
    let into = |after: f64| format!("{} into the window", number::seconds(after));
    ErrorView {
        kind: kind.clone(),
        endpoint: endpoint.clone(),
        phase: phase.clone(),
        first: after_s.map_or_else(|| "while users logged in".to_owned(), into),
        count: number::count(*count),
        examples: of.map(|phase| examples(phase, endpoint)).unwrap_or_default(),
    }
}

fn examples(phase: &PhaseVerdict, endpoint: &str) -> Vec<String> {
    phase.endpoints.iter().filter(|row| row.name == endpoint).flat_map(|row| row.examples.clone()).collect()
}
