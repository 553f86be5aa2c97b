//! `p95 < 500ms`: at most 5 % of the requests may exceed the limit. `max < 2s`: none may.

use std::{cmp::Ordering, time::Duration};

use super::{Counts, in_bursts, most_at};
use crate::judge::{
    assessment::{Assessment, Decision, Side, Sureness},
    evidence::{Most, Row, Selection},
    statistics::{Allowed, Proportion, Tally},
};
use crate::measure::{Clock, EndpointMeasurements, Histogram, Layout, SpanCounts, Threshold};
use crate::plan::{FailureKind, Op};
use crate::units::number;

/// What is asked of some endpoints' times.
#[derive(Debug, Clone)]
pub(super) struct Question<'a> {
    pub(super) selection: Selection<'a>,
    pub(super) layout: &'a Layout,
    pub(super) clock: Clock,
    /// The quantile; 1 is the maximum.
    pub(super) q: f64,
    pub(super) op: Op,
    pub(super) limit: Duration,
}

/// Judges a quantile, or the maximum.
pub(super) fn assess(question: &Question<'_>) -> Assessment {
    let limit = milliseconds(question.limit);
    let views = question.views(question.clock, question.exceeds_at_limit());
    let Some(worst) = views.iter().max_by(|a, b| a.proportion.share().total_cmp(&b.proportion.share())) else {
        return Assessment::without_data(limit, "ms", question.nothing_timed());
    };
    let side = question.side(question.clock);
    let observed = question.observed(side, &views);
    let decision = question.decision(side, &views);
    let most = question.most();
    let broken = matches!(decision, Decision::Decided(Side::Breaks, _) | Decision::Uncertain(Side::Breaks));
    Assessment {
        decision,
        observed: Some(observed),
        limit,
        unit: "ms",
        interval: question.interval(worst),
        samples: views[0].proportion.n(),
        because: question.because(observed, decision, &views, most.as_ref()),
        worst: most.filter(|_| broken).map(Into::into),
    }
}

/// The requests beyond the limit, as they were made and with those added for silences. Empty for a maximum, which one
/// request breaks, and for `==`.
pub(super) fn counts(question: &Question<'_>) -> Vec<Counts> {
    if question.q >= 1.0 || question.op == Op::Equal {
        return Vec::new();
    }
    let made: Vec<u64> =
        question.selection.spans(|_, span| Tally { n: span.timed, x: 0 }).iter().map(|span| span.n).collect();
    let allowed = question.allowed().number();
    // `p95 > L` is broken by requests within the limit, and nearly all may be.
    let contrary = matches!(question.op, Op::Greater | Op::GreaterOrEqual);
    let turned = |spans: Vec<Tally>| -> Vec<Tally> {
        spans.iter().map(|span| Tally { n: span.n, x: span.n - span.x }).collect()
    };
    let counts = |spans: Vec<Tally>| {
        let (spans, allowed) = if contrary { (turned(spans), 1.0 - allowed) } else { (spans, allowed) };
        Counts { spans, made: made.clone(), allowed }
    };
    question.tallies(question.clock, question.exceeds_at_limit()).into_iter().map(counts).collect()
}

/// The requests as they were made, or with those that were added for silences.
struct View {
    proportion: Proportion,
    times: Histogram,
}

impl Question<'_> {
    fn exceeds_at_limit(&self) -> bool {
        matches!(self.op, Op::Less | Op::GreaterOrEqual | Op::Equal)
    }

    fn allowed(&self) -> Allowed {
        Allowed::rest(self.q)
    }

    /// The requests beyond the limit in each span: of those that were made and, where there are any, with the added
    /// ones. A maximum is about requests that were made; the others enter percentiles only.
    fn tallies(&self, clock: Clock, at_limit_exceeds: bool) -> Vec<Vec<Tally>> {
        let position = |row: &Row<'_>| {
            let threshold = Threshold { endpoint: row.id, clock, limit: self.limit, at_limit_exceeds };
            self.layout.position(&threshold)
        };
        let positions: Vec<_> = self.selection.rows.iter().map(|row| (row.id, position(row))).collect();
        let beyond = |row: &Row<'_>, counts: &[u64]| {
            let position = positions.iter().find(|(id, _)| *id == row.id).and_then(|(_, position)| *position);
            position.and_then(|position| counts.get(position).copied()).unwrap_or_default()
        };
        let real = |row: &Row<'_>, span: &SpanCounts| Tally { n: span.timed, x: beyond(row, &span.beyond) };
        let with = |row: &Row<'_>, span: &SpanCounts| Tally {
            n: span.timed + span.added,
            x: beyond(row, &span.beyond) + beyond(row, &span.added_beyond),
        };
        let mut tallies = vec![self.selection.spans(real)];
        let added = self.selection.sum(|endpoint| endpoint.spans.iter().map(|span| span.added).sum());
        if clock == Clock::Latency && added > 0 && self.q < 1.0 {
            tallies.push(self.selection.spans(with));
        }
        tallies
    }

    /// The same as proportions with their times; empty without times.
    fn views(&self, clock: Clock, at_limit_exceeds: bool) -> Vec<View> {
        let made = self.selection.sum(|endpoint| endpoint.spans.iter().map(|span| span.timed).sum());
        let times = self.selection.histogram(histogram(clock));
        let view = |(index, spans): (usize, Vec<Tally>)| {
            let mut times = times.clone();
            if index > 0 {
                times.merge(&self.selection.histogram(|endpoint| &endpoint.added));
            }
            Proportion::new(spans, made, self.selection.look()).map(|proportion| View { proportion, times })
        };
        self.tallies(clock, at_limit_exceeds).into_iter().enumerate().filter_map(view).collect()
    }

    /// Whether the observed value holds by this clock; `None` without times.
    fn holds(&self, clock: Clock) -> Option<bool> {
        // The percentile is the worse of the two views, so one beyond the limit is enough.
        let beyond = |at_limit_exceeds: bool| {
            let views = self.views(clock, at_limit_exceeds);
            let allowed = self.allowed();
            let over = |view: &View| allowed.compare(view.proportion.x(), view.proportion.n()) == Ordering::Greater;
            (!views.is_empty()).then(|| views.iter().any(over))
        };
        Some(match self.op {
            Op::Less => !beyond(true)?,
            Op::LessOrEqual => !beyond(false)?,
            Op::Greater => beyond(false)?,
            Op::GreaterOrEqual => beyond(true)?,
            Op::Equal => beyond(true)? && !beyond(false)?,
        })
    }

    fn side(&self, clock: Clock) -> Side {
        Side::of(self.holds(clock).unwrap_or(false))
    }

    fn decision(&self, side: Side, views: &[View]) -> Decision {
        let allowed = self.allowed().number();
        if self.q >= 1.0 {
            return Decision::Decided(side, Sureness::Certain);
        }
        // `p95 > L` is the contrary of `p95 <= L`.
        let certain = match (self.op, side) {
            (Op::Equal, _) => return Decision::Decided(side, Sureness::Observed),
            (Op::Less | Op::LessOrEqual, Side::Holds) | (Op::Greater | Op::GreaterOrEqual, Side::Breaks) => {
                views.iter().all(|view| view.proportion.certainly_below(allowed))
            }
            (Op::Less | Op::LessOrEqual, Side::Breaks) | (Op::Greater | Op::GreaterOrEqual, Side::Holds) => {
                views.iter().any(|view| view.proportion.certainly_above(allowed))
            }
        };
        if certain { Decision::Decided(side, Sureness::Certain) } else { Decision::Uncertain(side) }
    }

    /// The percentile in milliseconds. Counts decide, not the histogram: where its precision, or timeouts, which are
    /// beyond every limit, put the value on the other side of the limit, it is moved to the limit.
    fn observed(&self, side: Side, views: &[View]) -> f64 {
        let value = views.iter().filter_map(|view| view.times.quantile(self.q)).max().unwrap_or_default();
        let micro = Duration::from_micros(1);
        let (above, below) = (self.limit.saturating_add(micro), self.limit.saturating_sub(micro));
        milliseconds(match (self.op, side) {
            (Op::Less, Side::Holds) | (Op::GreaterOrEqual, Side::Breaks) if value >= self.limit => below,
            (Op::Less, Side::Breaks) | (Op::GreaterOrEqual, Side::Holds) => value.max(self.limit),
            (Op::LessOrEqual, Side::Holds) | (Op::Greater, Side::Breaks) => value.min(self.limit),
            (Op::LessOrEqual, Side::Breaks) | (Op::Greater, Side::Holds) if value <= self.limit => above,
            (Op::Equal, Side::Holds) => self.limit,
            _ => value,
        })
    }

    /// The interval of the percentile itself: the times at which a limit would no longer be certain to be held, or to be
    /// broken, found by looking up the bounds of the share in the histogram. The correction for bursts is the one at the
    /// declared limit; the two worst spans are not counted twice here.
    fn interval(&self, view: &View) -> Option<[f64; 2]> {
        if self.q >= 1.0 {
            return None;
        }
        let [pass, fail] = view.proportion.undecided(self.allowed().number())?;
        let low = view.times.quantile(1.0 - fail)?;
        let high = view.times.quantile(1.0 - pass)?;
        Some([milliseconds(low), milliseconds(high)])
    }

    /// The endpoint with the most requests beyond the limit.
    fn most(&self) -> Option<Most> {
        self.selection.most(|row| {
            let at_limit_exceeds = self.exceeds_at_limit();
            let threshold = Threshold { endpoint: row.id, clock: self.clock, limit: self.limit, at_limit_exceeds };
            let Some(position) = self.layout.position(&threshold) else { return 0 };
            let beyond = |span: &SpanCounts| span.beyond[position] + span.added_beyond[position];
            row.measured.spans.iter().map(beyond).sum()
        })
    }

    fn because(&self, observed: f64, decision: Decision, views: &[View], most: Option<&Most>) -> String {
        [
            self.what_was_seen(observed, views),
            self.with_the_added(views),
            self.timeouts(),
            self.how_sure(decision, views),
            most_at(most, self.selection.names()),
            self.by_service_time(),
        ]
        .concat()
    }

    fn what_was_seen(&self, observed: f64, views: &[View]) -> String {
        let made = &views[0].proportion;
        let limit_ms = milliseconds(self.limit);
        let limit = number::limit(limit_ms, "ms");
        let took = if self.exceeds_at_limit() { format!("{limit} or longer") } else { format!("longer than {limit}") };
        let allowed = self.allowed().number();
        let bursts = views.iter().map(|view| view.proportion.bursts(allowed)).max().unwrap_or_default();
        format!(
            "{} was {}, the limit is {} {limit}: {} of {} ({}) took {took}{}.{}",
            self.name(),
            number::beside(observed, limit_ms, "ms"),
            self.op.symbol(),
            number::count(made.x()),
            number::counted(made.n(), "request"),
            number::beside(made.share(), allowed, "1"),
            if self.q < 1.0 { format!(", {} are allowed", number::limit(allowed, "1")) } else { String::new() },
            in_bursts(bursts),
        )
    }

    /// The same counts with the requests that were added for silences; empty where there are none.
    fn with_the_added(&self, views: &[View]) -> String {
        let [made, with] = views else { return String::new() };
        format!(
            " With the {} that waiting users did not make: {} of {} ({}).",
            number::counted(with.proportion.n() - made.proportion.n(), "request"),
            number::count(with.proportion.x()),
            number::count(with.proportion.n()),
            number::beside(with.proportion.share(), self.allowed().number(), "1"),
        )
    }

    fn timeouts(&self) -> String {
        match self.selection.sum(|row| row.errors.get(&FailureKind::Timeout).copied().unwrap_or_default()) {
            0 => String::new(),
            count => format!(" {} among them: a timeout is beyond every limit.", number::counted(count, "timeout")),
        }
    }

    fn how_sure(&self, decision: Decision, views: &[View]) -> String {
        if self.q >= 1.0 || self.op == Op::Equal {
            return String::new();
        }
        let allowed = self.allowed().number();
        let worst = views.iter().map(|view| &view.proportion).max_by(|a, b| a.share().total_cmp(&b.share()));
        worst.map_or_else(String::new, |proportion| {
            super::rate::how_sure(&self.selection, decision, proportion, allowed)
        })
    }

    /// What service time would decide, if it is something else.
    fn by_service_time(&self) -> String {
        if self.clock == Clock::Service {
            return String::new();
        }
        let (latency, service) = (self.holds(Clock::Latency), self.holds(Clock::Service));
        let value = self.selection.histogram(|endpoint| &endpoint.service).quantile(self.q);
        match (latency, service, value) {
            (Some(latency), Some(service), Some(value)) if latency != service => format!(
                " By service time it would have {}: {} was {}.",
                if service { "passed" } else { "failed" },
                self.metric(),
                number::beside(milliseconds(value), milliseconds(self.limit), "ms")
            ),
            _ => String::new(),
        }
    }

    fn nothing_timed(&self) -> String {
        match self.selection.requests() {
            0 => "No request was made, so there is nothing to judge.".to_owned(),
            requests => format!(
                "None of {} has a time: failures other than timeouts have none.",
                number::counted(requests, "request")
            ),
        }
    }

    fn metric(&self) -> String {
        if self.q >= 1.0 { "max".to_owned() } else { format!("p{}", (self.q * 1e8).round() / 1e6) }
    }

    fn name(&self) -> String {
        match self.clock {
            Clock::Latency => self.metric(),
            Clock::Service => format!("service {}", self.metric()),
        }
    }
}

fn histogram(clock: Clock) -> fn(&EndpointMeasurements) -> &Histogram {
    match clock {
        Clock::Latency => |endpoint| &endpoint.latency,
        Clock::Service => |endpoint| &endpoint.service,
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
