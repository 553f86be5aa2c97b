//! Locust's statistics: `PREFIX_stats.csv`, with `PREFIX_failures.csv` beside it.
//!
//! Locust writes no requests. What it writes is of a whole run, its ramp included: exact counts, and percentiles that it
//! rounds to two digits and takes over failures too. So each phase is a run of its own, and nothing about its times is
//! certain.

use std::{cmp::Ordering, collections::BTreeMap, time::Duration};

use super::{
    ForeignError, Tool, failure, is_whole,
    request::{clipped, time},
};
use crate::{
    measure::{
        EndpointMeasurements, GeneratorHealth, Layout, PhaseEnding, PhaseMeasurements, Ramp, Summary, SummaryRow,
    },
    plan::{EndpointId, FailureKind, ForeignRow, Phase, Plan},
};

/// What Locust names a failure that the script itself reported.
const OWN_CHECK: &str = "CatchResponseError";

/// The name of the row over all requests.
const ALL: &str = "Aggregated";

/// What the name of a file of statistics ends with, and that of its failures.
const ENDS: [&str; 2] = ["_stats.csv", "_failures.csv"];

/// What one run of Locust came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    rows: Vec<Row>,
    all: Row,
}

/// One line of the statistics.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    method: String,
    name: String,
    requests: u64,
    failures: u64,
    per_second: f64,
    mean: Option<Duration>,
    max: Option<Duration>,
    quantiles: Vec<(f64, Duration)>,
    /// Failures with their words.
    errors: Vec<(String, u64)>,
}

/// The file of failures that belongs to a file of statistics; `None` when its name does not end with `_stats.csv`.
pub fn failures_of(stats: &str) -> Option<String> {
    let [stats_end, failures_end] = ENDS;
    stats.strip_suffix(stats_end).map(|prefix| format!("{prefix}{failures_end}"))
}

/// Reads the statistics of a run, with the file of its failures where there is one.
///
/// # Errors
/// The file is of another kind, or holds fewer failures than the statistics count, so that their kinds are not known.
pub fn statistics(file: &str, stats: &str, failures: Option<&str>) -> Result<Statistics, ForeignError> {
    let other = |line: usize, why: &str| other_kind(file, line, why);
    let mut rows = Vec::new();
    let table = Table::read(stats).ok_or_else(|| other(1, "the first line is no header"))?;
    for name in ["Type", "Name", "Request Count", "Failure Count", "Requests/s"] {
        if !table.columns.iter().any(|column| column == name) {
            return Err(other(1, &format!("there is no column \"{name}\", so these are not Locust's statistics")));
        }
    }
    for (at, fields) in table.rows.iter().enumerate() {
        rows.push(table.row(fields).map_err(|why| other(at + 2, &why))?);
    }
    let all = rows.iter().position(|row| row.name == ALL && row.method.is_empty());
    let all = rows.remove(all.ok_or_else(|| other(table.rows.len() + 1, "the last line, \"Aggregated\", is missing"))?);
    let known = failures.map(Table::read).unwrap_or_default();
    for row in &mut rows {
        row.errors = known.as_ref().map(|known| known.errors(row)).unwrap_or_default();
        let told: u64 = row.errors.iter().map(|(_, count)| count).sum();
        if told != row.failures {
            let why = format!(
                "{} {} failed {} times, and {} beside it tells of {told}, so that the kinds of failure are not known",
                clipped(&row.method),
                clipped(&row.name),
                row.failures,
                ENDS[1]
            );
            return Err(other(1, &why));
        }
    }
    Ok(Statistics { rows, all })
}

fn other_kind(file: &str, line: usize, why: &str) -> ForeignError {
    ForeignError::OtherKind { file: file.to_owned(), line: line as u64, why: why.to_owned(), how: Tool::Locust.how() }
}

impl Statistics {
    /// The kinds of request.
    pub fn rows(&self) -> Vec<ForeignRow> {
        self.rows.iter().map(|row| self.foreign(row)).collect()
    }

    /// Requests.
    pub fn requests(&self) -> u64 {
        self.rows.iter().map(|row| row.requests).sum()
    }

    /// As the measurements of a phase; `endpoints` are those of [`Self::rows`].
    pub fn measurements(&self, plan: &Plan, phase: &Phase, endpoints: &[EndpointId]) -> PhaseMeasurements {
        let layout = Layout::of(plan, phase);
        let seconds = self.all.requests as f64 / self.all.per_second;
        let measured = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        let ids = (0..).map(EndpointId).take(plan.endpoints.len());
        let mut counts: Vec<_> = ids.map(|id| EndpointMeasurements::new(&layout, id)).collect();
        let mut seen: BTreeMap<EndpointId, Vec<&Row>> = BTreeMap::new();
        for (row, id) in self.rows.iter().zip(endpoints) {
            count(&mut counts[id.index()], row);
            if row.requests > 0 {
                seen.entry(*id).or_default().push(row);
            }
        }
        // Two rows under one name have no percentiles together.
        let alone = seen.iter().filter(|(_, rows)| rows.len() == 1);
        let rows = alone.map(|(id, rows)| rows[0].summed_up(vec![*id])).collect();
        let all = self.all.summed_up(seen.keys().copied().collect());
        let whole = is_whole(measured, phase.duration);
        let (sent, failed) = (self.requests(), self.rows.iter().map(|row| row.failures).sum());
        let users = phase.load.users();
        PhaseMeasurements {
            layout,
            endpoints: counts,
            windows: Vec::new(),
            ramp: Ramp { started: users, logged_in: users, ..Ramp::default() },
            window_start: None,
            measured,
            extended: false,
            ending: if whole { PhaseEnding::Completed } else { PhaseEnding::Interrupted },
            generator: GeneratorHealth::default(),
            sent,
            failed,
            summary: Some(Summary { rows, all: Some(all) }),
        }
    }

    /// Locust's name; with the method where two rows share one.
    fn foreign(&self, row: &Row) -> ForeignRow {
        let alone = self.rows.iter().filter(|other| other.name == row.name).count() == 1;
        let with_method = format!("{} {}", row.method, row.name);
        let names = if alone { vec![row.name.clone(), with_method] } else { vec![with_method, row.name.clone()] };
        ForeignRow { names, scenario: None, tags: Vec::new() }
    }
}

fn count(counts: &mut EndpointMeasurements, row: &Row) {
    counts.requests += row.requests;
    counts.completed += row.requests.saturating_sub(row.failures);
    for (words, number) in &row.errors {
        let status = http_status(words);
        if let Some(status) = status {
            *counts.statuses.entry(status).or_default() += number;
        }
        let kind = if status.is_some() { None } else { failure::of_words(words) };
        // A script's own check says nothing about the status; other words without one may stand for anything.
        let checked = status.is_some() || words.contains(OWN_CHECK);
        if status.is_none() && kind.is_none_or(|_| checked) {
            counts.unknown_statuses += number;
        }
        if kind.is_none() && !checked {
            counts.unknown_kinds += number;
        }
        let kind = kind.filter(|_| !checked);
        *counts.errors.entry(kind.unwrap_or(FailureKind::Check)).or_default() += number;
        if counts.examples.len() < 3 {
            counts.examples.push(clipped(words));
        }
    }
    // When they happened is not known; the first span stands for all.
    if let Some(span) = counts.spans.first_mut() {
        span.requests += row.requests;
        span.failures += row.failures;
        span.completed += row.requests.saturating_sub(row.failures);
    }
}

/// The status of `HTTPError('503 Server Error: ...')` and of `LocustBadStatusCode(code=503)`.
fn http_status(words: &str) -> Option<u16> {
    let rest = ["HTTPError(", "BadStatusCode(code="].iter().find_map(|start| words.split_once(start))?.1;
    let digits = rest.trim_start_matches(['\'', '"']);
    super::request::status(digits.get(..3)?)
}

impl Row {
    fn summed_up(&self, endpoints: Vec<EndpointId>) -> SummaryRow {
        SummaryRow { endpoints, quantiles: self.quantiles.clone(), mean: self.mean, max: self.max }
    }
}

/// A small CSV file.
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// `None` without a header. Records may have any number of fields.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let fields = |record: csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
        let mut records = reader.records().map_while(Result::ok).map(fields);
        let columns = records.next()?;
        Some(Self { columns, rows: records.collect() })
    }

    fn field<'a>(&self, fields: &'a [String], name: &str) -> Option<&'a str> {
        let at = self.columns.iter().position(|column| column == name)?;
        fields.get(at).map(|field| field.trim())
    }

    /// One line of the statistics.
    ///
    /// # Errors
    /// Why it cannot be used, in words.
    fn row(&self, fields: &[String]) -> Result<Row, String> {
        let [found, wanted] = [fields, &self.columns].map(<[String]>::len);
        match found.cmp(&wanted) {
            Ordering::Less => return Err(format!("the line is cut off: it has {found} of {wanted} values")),
            Ordering::Greater => return Err(format!("the line has {found} values for {wanted} columns")),
            Ordering::Equal => {}
        }
        let text = |name: &str| self.field(fields, name).unwrap_or_default();
        let no_number = |name: &str| format!("\"{name}\" is \"{}\", which is no number", clipped(text(name)));
        let count = |name: &str| text(name).parse::<u64>().map_err(|_| no_number(name));
        let number = |name: &str| self.field(fields, name)?.parse::<f64>().ok().filter(|number| number.is_finite());
        let quantile = |column: &String| {
            let percent: f64 = column.strip_suffix('%')?.parse().ok()?;
            Some((percent / 100.0, number(column).and_then(time)?))
        };
        let (requests, failures) = (count("Request Count")?, count("Failure Count")?);
        // Successes are what is left, and there cannot be less than none.
        if failures > requests {
            return Err(format!("it has more failures ({failures}) than requests ({requests})"));
        }
        let timed = |name: &str| number(name).and_then(time).filter(|_| requests > 0);
        Ok(Row {
            method: text("Type").to_owned(),
            name: text("Name").to_owned(),
            requests,
            failures,
            per_second: number("Requests/s").ok_or_else(|| no_number("Requests/s"))?,
            mean: timed("Average Response Time"),
            max: timed("Max Response Time"),
            quantiles: self.columns.iter().filter_map(quantile).filter(|_| requests > 0).collect(),
            errors: Vec::new(),
        })
    }

    /// The failures of a row, in a file of failures.
    fn errors(&self, row: &Row) -> Vec<(String, u64)> {
        let of = |fields: &&Vec<String>| {
            self.field(fields, "Method") == Some(row.method.trim())
                && self.field(fields, "Name") == Some(row.name.trim())
        };
        let error = |fields: &Vec<String>| {
            Some((self.field(fields, "Error")?.to_owned(), self.field(fields, "Occurrences")?.parse().ok()?))
        };
        self.rows.iter().filter(of).filter_map(error).collect()
    }
}
