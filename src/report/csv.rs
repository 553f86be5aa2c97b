//! endpoints.csv: one row for each phase and endpoint.

use std::{borrow::Cow, collections::BTreeMap};

use csv::{Terminator, WriterBuilder};

use super::Publishable;
use crate::{
    judge::{EndpointVerdict, Milliseconds, PhaseVerdict, TimeSplit},
    plan::FailureKind,
};

/// The columns; times in milliseconds, rates as shares of 1, empty where nothing was measured.
const HEADER: [&str; 8] =
    ["phase", "load", "endpoint", "tags", "requests", "failures", "success_rate", "requests_per_second"];

/// The percentiles of each clock.
const TIMES: [&str; 6] = ["p50", "p90", "p95", "p99", "max", "mean"];

/// The parts of the time, after what was there before them.
const PARTS: [&str; 6] =
    ["connections", "dns_mean_ms", "connect_mean_ms", "tls_mean_ms", "first_byte_mean_ms", "body_mean_ms"];

/// The whole table.
pub(super) fn render(publishable: &Publishable) -> String {
    let mut table = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    table.write_record(header()).expect(IN_MEMORY);
    for phase in &publishable.verdict().phases {
        for endpoint in &phase.endpoints {
            table.write_record(row(phase, endpoint)).expect(IN_MEMORY);
        }
    }
    String::from_utf8(table.into_inner().expect(IN_MEMORY)).expect("every field is UTF-8")
}

const IN_MEMORY: &str = "rows of equal length can be written to memory";

fn header() -> Vec<String> {
    let times = ["latency", "service"].into_iter().flat_map(|clock| TIMES.map(|time| format!("{clock}_{time}_ms")));
    let errors = FailureKind::ALL.map(|kind| format!("error_{}", kind.key()));
    let counted = HEADER.map(str::to_owned).into_iter().chain(times).chain(["statuses".to_owned()]).chain(errors);
    counted.chain(PARTS.map(str::to_owned)).collect()
}

fn row(phase: &PhaseVerdict, endpoint: &EndpointVerdict) -> Vec<String> {
    let EndpointVerdict { name, tags, requests, failures, statuses, errors, latency_ms, service_ms, .. } = endpoint;
    let successes = requests.saturating_sub(*failures) as f64;
    let rate = (*requests > 0).then(|| successes / *requests as f64);
    let per_second = (phase.duration_s > 0.0).then(|| *requests as f64 / phase.duration_s);
    let load = phase.rate.map(|rate| format!("{rate}/s")).or_else(|| phase.users.map(|users| users.to_string()));
    let mut row = vec![
        text(&phase.name),
        load.unwrap_or_default(),
        text(name),
        text(&tags.join(" ")),
        requests.to_string(),
        failures.to_string(),
        number(rate),
        number(per_second),
    ];
    for Milliseconds { p50, p90, p95, p99, max, mean } in [latency_ms, service_ms] {
        row.extend([p50, p90, p95, p99, max, mean].map(|time| number(*time)));
    }
    row.push(text(&counts(statuses)));
    row.extend(FailureKind::ALL.map(|kind| errors.get(kind.key()).copied().unwrap_or(0).to_string()));
    let TimeSplit { connections, dns, connect, tls, first_byte, body, max: _ } = endpoint.time_split_ms;
    row.push(connections.to_string());
    row.extend([dns, connect, tls, first_byte, body].map(number));
    row
}

/// `200:1200 502:3`.
fn counts(statuses: &BTreeMap<String, u64>) -> String {
    statuses.iter().map(|(status, count)| format!("{status}:{count}")).collect::<Vec<_>>().join(" ")
}

/// To a thousandth, so that the table stays readable.
fn number(value: Option<f64>) -> String {
    let text = value.map(|value| format!("{value:.6}")).unwrap_or_default();
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A text that a spreadsheet does not take for a formula (OWASP, "CSV Injection"): an apostrophe goes before `=`, `+`,
/// `-`, `@` and their full-width forms.
fn text(value: &str) -> String {
    let formula = value.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let shown = if formula { Cow::Owned(format!("'{value}")) } else { Cow::Borrowed(value) };
    shown.into_owned()
}

#[cfg(test)]
mod tests {
    use csv::ReaderBuilder;
    use proptest::prelude::*;

    use super::*;
    use crate::report::fixtures;

    #[test]
    fn has_a_row_for_each_phase_and_endpoint() {
        insta::assert_snapshot!("csv_failed", render(&fixtures::publishable(fixtures::failed())));
    }

    #[test]
    fn a_run_without_load_has_a_header_only() {
        assert_eq!(render(&fixtures::publishable(fixtures::not_ready())).lines().count(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn a_name_is_one_cell_and_never_a_formula(name in any::<String>(), which in 0usize..12) {
            let mut names = [name, fixtures::HOSTILE[which].to_owned()].into_iter().cycle();
            let verdict = fixtures::with_strings(&mut || names.next().expect("it is endless"));
            let rows: usize = verdict.phases.iter().map(|phase| phase.endpoints.len()).sum();
            let table = render(&fixtures::publishable(verdict));
            let mut reader = ReaderBuilder::new().from_reader(table.as_bytes());
            let records: Vec<_> = reader.records().map(|record| record.expect("rows of equal length")).collect();
            prop_assert_eq!(records.len(), rows);
            for record in records {
                for cell in &record {
                    prop_assert!(!cell.starts_with(['=', '+', '-', '@']), "{}", cell);
                }
            }
        }
    }
}
