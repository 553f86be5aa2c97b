//! Windows of one load that were measured with pauses in between, as one.

use std::time::Duration;

use super::{EndpointMeasurements, GaugeSeries, PhaseEnding, PhaseMeasurements, Ramp, SpanCounts, Statement, Trace};

/// Windows of one load that are joined as they come, in order of time.
#[derive(Debug, Clone)]
pub struct Joining {
    /// Without spans.
    joined: PhaseMeasurements,
    /// Those of all parts, by endpoint.
    spans: Vec<Vec<SpanCounts>>,
    parts: usize,
}

impl Joining {
    /// The first window.
    pub fn begin(mut first: PhaseMeasurements) -> Self {
        let spans = first.endpoints.iter_mut().map(|row| std::mem::take(&mut row.spans)).collect();
        Self { joined: first, spans, parts: 1 }
    }

    /// By how many seconds the times of the next window have to be moved, so that it starts where the joined one ends.
    pub fn shift(&self, next: &PhaseMeasurements) -> f64 {
        let start = |of: &PhaseMeasurements| of.window_start.unwrap_or_default().as_secs_f64();
        start(&self.joined) + self.joined.layout.duration.as_secs_f64() - start(next)
    }

    /// The next window.
    pub fn add(&mut self, part: PhaseMeasurements) {
        let shift = self.shift(&part);
        let Self { joined, spans, parts } = self;
        *parts += 1;
        joined.layout.duration += part.layout.duration;
        joined.measured += part.measured;
        joined.sent += part.sent;
        joined.failed += part.failed;
        joined.ending = worse(joined.ending, part.ending);
        joined.generator.join(&part.generator);
        // Users that join within a window may log in while a later one goes on.
        joined.ramp.started = joined.ramp.started.max(part.ramp.started);
        joined.ramp.logged_in = joined.ramp.logged_in.max(part.ramp.logged_in);
        joined.windows.extend(part.windows.into_iter().map(|mut window| {
            // Windows start at different parts of a second, so that it goes to the one that holds most of it.
            window.second = (f64::from(window.second) + shift).round() as u32;
            window.answered = window.answered.map(|at| shifted(at, shift));
            window
        }));
        for ((row, spans), more) in joined.endpoints.iter_mut().zip(spans).zip(part.endpoints) {
            spans.extend(join_endpoint(row, more, shift));
        }
    }

    /// All of them as one: as many consecutive spans as there are parts become one.
    pub fn finish(self) -> PhaseMeasurements {
        let Self { mut joined, spans, parts } = self;
        for ((row, spans), login) in joined.endpoints.iter_mut().zip(spans).zip(&joined.layout.logins) {
            row.spans = if *login { folded(&spans, joined.layout.spans) } else { grouped(&spans, parts) };
        }
        joined
    }
}

impl PhaseMeasurements {
    /// Joins the windows of one load, in order of time, as if there had been no time between them: the second window
    /// starts where the first ended. Login requests are those of all parts. `None` without any part.
    ///
    /// All parts have the same thresholds and the same number of spans.
    pub fn joined(parts: Vec<Self>) -> Option<Self> {
        let mut parts = parts.into_iter();
        let mut joining = Joining::begin(parts.next()?);
        parts.for_each(|part| joining.add(part));
        Some(joining.finish())
    }

    /// Takes over how the users came up before, and the requests that they sent meanwhile, from the round in which they
    /// did. Those that logged in only later count too.
    pub fn take_logins(&mut self, before: &Self) {
        let started = self.ramp.started.max(before.ramp.started);
        let logged_in = self.ramp.logged_in.max(before.ramp.logged_in);
        self.ramp = Ramp { started, logged_in, ..before.ramp.clone() };
        self.sent += before.sent;
        self.failed += before.failed;
        for ((row, login), is_login) in self.endpoints.iter_mut().zip(&before.endpoints).zip(&self.layout.logins) {
            if *is_login {
                *row = login.clone();
            }
        }
    }
}

impl GaugeSeries {
    /// Adds the readings of a later window, which lies `shift` later (earlier, if negative, in seconds) on this clock.
    pub fn join(&mut self, more: Self, shift: f64) {
        self.samples.extend(more.samples.into_iter().map(|mut sample| {
            sample.at = shifted(sample.at, shift);
            sample
        }));
        self.attempts += more.attempts;
        self.planned += more.planned;
        self.missing = more.missing.or(self.missing.take());
        self.silent |= more.silent;
    }
}

/// Adds the readings of a later window, by gauge id of the plan.
pub fn join_gauges(joined: &mut Vec<GaugeSeries>, more: Vec<GaugeSeries>, shift: f64) {
    for (at, series) in more.into_iter().enumerate() {
        match joined.get_mut(at) {
            Some(gauge) => gauge.join(series, shift),
            None => joined.push(series),
        }
    }
}

/// Adds what statements took in a later window; those that took most come first.
pub fn join_statements(joined: &mut Vec<Statement>, more: Vec<Statement>) {
    for statement in more {
        let same = |known: &&mut Statement| known.source == statement.source && known.query == statement.query;
        match joined.iter_mut().find(same) {
            Some(known) => {
                known.calls += statement.calls;
                known.total += statement.total;
            }
            None => joined.push(statement),
        }
    }
    joined.sort_by_key(|statement| std::cmp::Reverse(statement.total));
}

fn shifted(time: Duration, shift: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() + shift).unwrap_or_default()
}

fn worse(first: PhaseEnding, second: PhaseEnding) -> PhaseEnding {
    if first == PhaseEnding::Completed { second } else { first }
}

/// Adds a part's counts to an endpoint, and gives the part's spans.
fn join_endpoint(row: &mut EndpointMeasurements, more: EndpointMeasurements, shift: f64) -> Vec<SpanCounts> {
    row.requests += more.requests;
    row.completed += more.completed;
    for (status, count) in more.statuses {
        *row.statuses.entry(status).or_default() += count;
    }
    for (kind, count) in more.errors {
        *row.errors.entry(kind).or_default() += count;
    }
    row.latency.merge(&more.latency);
    row.added.merge(&more.added);
    row.service.merge(&more.service);
    row.split.merge(&more.split);
    let failure = more.first_failure.map(|(at, kind)| (shifted(at, shift), kind));
    row.first_failure = row.first_failure.or(failure);
    for example in more.examples {
        if row.examples.len() < super::recorder::EXAMPLES && !row.examples.contains(&example) {
            row.examples.push(example);
        }
    }
    for trace in more.traces.all() {
        row.traces.add(Trace { at: shifted(trace.at, shift), ..*trace });
    }
    more.spans
}

/// So many consecutive spans become one.
fn grouped(spans: &[SpanCounts], size: usize) -> Vec<SpanCounts> {
    spans.chunks(size.max(1)).map(sum).collect()
}

/// The spans of a login lie over the ramp, so those of equal position belong together.
fn folded(spans: &[SpanCounts], period: usize) -> Vec<SpanCounts> {
    (0..period).map(|at| sum(&spans.iter().skip(at).step_by(period.max(1)).cloned().collect::<Vec<_>>())).collect()
}

fn sum(spans: &[SpanCounts]) -> SpanCounts {
    let mut spans = spans.iter();
    let mut total = spans.next().cloned().unwrap_or_default();
    for span in spans {
        total.requests += span.requests;
        total.failures += span.failures;
        total.timed += span.timed;
        total.latency_sum += span.latency_sum;
        total.service_sum += span.service_sum;
        total.completed += span.completed;
        total.added += span.added;
        add(&mut total.beyond, &span.beyond);
        add(&mut total.added_beyond, &span.added_beyond);
    }
    total
}

fn add(counts: &mut [u64], more: &[u64]) {
    for (count, more) in counts.iter_mut().zip(more) {
        *count += more;
    }
}
