//! The grammar of criteria: `[service] METRIC[(SELECTOR)] OP VALUE [for DURATION]` or `no KIND[(SELECTOR)]`.
//!
//! This file knows the syntax and the units; what the names mean, the plan resolves.

mod cursor;
#[cfg(test)]
mod tests;

use std::time::Duration;

use self::cursor::Cursor;
use super::{Count, FailureKind, Limit, Metric, Op};
use crate::{
    config::suggestion,
    units::{Percent, Quantity, Rate, Reading},
};

/// A criterion as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Line<'a> {
    /// `[service] METRIC[(SELECTOR)] OP VALUE`.
    Metric { service: bool, metric: Metric, selector: Option<Selector<'a>>, op: Op, limit: Limit },
    /// `MONITOR.GAUGE OP VALUE [for DURATION]`.
    Gauge { gauge: Word<'a>, op: Op, limit: f64, hold: Option<Duration> },
    /// `no KIND[(SELECTOR)]`.
    No { count: Count, selector: Option<Selector<'a>> },
}

/// What stands between the parentheses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Selector<'a> {
    /// `each`.
    Each,
    /// `scenario NAME`.
    Scenario(Word<'a>),
    /// `not TAG`.
    Not(Word<'a>),
    /// The name of an endpoint or a tag.
    Name(Word<'a>),
}

/// A piece of the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Word<'a> {
    /// As written, without quotes and surrounding white space.
    pub(crate) text: &'a str,
    /// The byte at which it starts.
    pub(super) at: usize,
}

/// Why a text is not a criterion, and the part of it that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    /// The byte at which the part starts.
    pub(super) at: usize,
    /// Its length in bytes.
    pub(super) length: usize,
    /// A sentence.
    pub(super) message: String,
    /// What to do about it.
    pub(super) help: Option<String>,
}

type Parsed<T> = Result<T, Fault>;

/// Reads a criterion.
pub(super) fn criterion(text: &str) -> Parsed<Line<'_>> {
    let mut cursor = Cursor::new(text);
    let head = cursor.word();
    match head.text {
        "no" => no(cursor),
        "service" => {
            cursor.skip_space();
            let head = cursor.word();
            metric_line(cursor, head, true)
        }
        _ if head.text.contains('.') && metric(head.text).is_none() => gauge_line(cursor, head),
        _ => metric_line(cursor, head, false),
    }
}

/// A criterion as its text alone says it, for who has no plan: the finding of a stored verdict. `None` for what the grammar
/// does not know.
pub(crate) fn written(text: &str) -> Option<Line<'_>> {
    criterion(text).ok()
}

/// Whether a text is a criterion of the grammar, whatever its names mean.
pub fn is_criterion(text: &str) -> bool {
    criterion(text).is_ok()
}

/// The metric and the selector of a cell as its text alone says them, likewise.
pub(crate) fn written_cell(text: &str) -> Option<(Metric, Option<Selector<'_>>)> {
    cell(text).ok()
}

/// Reads the metric and the selector of a regression's cell: `p95`, `p95(chart data)`.
pub(super) fn cell(text: &str) -> Parsed<(Metric, Option<Selector<'_>>)> {
    let mut cursor = Cursor::new(text);
    let head = cursor.word();
    let metric = metric(head.text).ok_or_else(|| no_metric(head))?;
    let selector = cursor.selector()?;
    cursor.end()?;
    Ok((metric, selector))
}

fn no(mut cursor: Cursor<'_>) -> Parsed<Line<'_>> {
    cursor.skip_space();
    let kind = cursor.word();
    let count = match kind.text {
        "5xx" => Count::ServerErrors,
        "4xx" => Count::ClientErrors,
        "errors" => Count::Errors,
        "timeouts" => Count::Failures(FailureKind::Timeout),
        key => {
            let Some(kind) = FailureKind::ALL.into_iter().find(|kind| kind.key() == key) else {
                let keys = FailureKind::ALL.map(FailureKind::key);
                let all = ["5xx", "4xx", "timeouts", "errors"].into_iter().chain(keys);
                return Err(kind.fault("is not a kind of failure", suggestion(key, all)));
            };
            Count::Failures(kind)
        }
    };
    let selector = cursor.selector()?;
    cursor.end()?;
    Ok(Line::No { count, selector })
}

fn gauge_line<'a>(mut cursor: Cursor<'a>, gauge: Word<'a>) -> Parsed<Line<'a>> {
    cursor.skip_space();
    if cursor.rest().starts_with('(') {
        return Err(cursor.fault("a gauge takes no selector"));
    }
    let op = cursor.op()?;
    let rest = cursor.remainder();
    let (value, hold) = match rest.text.split_once(" for ") {
        Some((value, hold)) => {
            let at = rest.at + value.len() + " for ".len();
            let hold = Word { text: hold, at }.trimmed();
            (Word { text: value, at: rest.at }.trimmed(), Some(hold.quantity::<Duration>()?))
        }
        None => (rest, None),
    };
    let Reading(limit) = value.quantity()?;
    Ok(Line::Gauge { gauge, op, limit, hold })
}

fn metric_line<'a>(mut cursor: Cursor<'a>, head: Word<'a>, service: bool) -> Parsed<Line<'a>> {
    let metric = metric(head.text).ok_or_else(|| no_metric(head))?;
    let timed = matches!(metric, Metric::Quantile(_) | Metric::Mean | Metric::Max);
    if service && !timed {
        return Err(head.fault("has no service time; `service` goes with pN, mean and max", None));
    }
    let selector = cursor.selector()?;
    let op = cursor.op()?;
    let value = cursor.remainder();
    if let Some(at) = value.text.find(" for ") {
        let word = Word { text: "for", at: value.at + at + 1 };
        return Err(word.fault("goes with gauges only; a metric of requests is judged over the whole window", None));
    }
    let limit = limit(metric, op, value)?;
    Ok(Line::Metric { service, metric, selector, op, limit })
}

/// `pN`, or a metric by its name.
fn metric(name: &str) -> Option<Metric> {
    Some(match name {
        "mean" => Metric::Mean,
        "max" => Metric::Max,
        "success_rate" => Metric::SuccessRate,
        "error_rate" => Metric::ErrorRate,
        "requests" => Metric::Requests,
        "throughput" => Metric::Throughput,
        _ => {
            let share = Percent::read(&format!("{}%", name.strip_prefix('p')?))?.fraction();
            Metric::Quantile(Some(share).filter(|share| *share > 0.0 && *share < 1.0)?)
        }
    })
}

fn no_metric(word: Word<'_>) -> Fault {
    let names =
        ["p50", "p90", "p95", "p99", "p99.9", "mean", "max", "success_rate", "error_rate", "requests", "throughput"];
    if word.text.is_empty() {
        return word.fault("expected a metric here", suggestion("", names));
    }
    let number = word.text.strip_prefix('p').filter(|number| number.starts_with(|c: char| c.is_ascii_digit()));
    if number.is_some_and(|number| number.parse::<f64>().is_ok()) {
        let help = "percentiles lie between `p0` and `p100`, like `p95` and `p99.9`; the largest value is `max`";
        return word.fault("is not a percentile", Some(help.to_owned()));
    }
    word.fault("is not a metric", suggestion(word.text, names))
}

/// The limit in the metric's unit; one that can never or must always hold checks nothing and is refused.
fn limit(metric: Metric, op: Op, value: Word<'_>) -> Parsed<Limit> {
    let limit = match metric {
        Metric::Quantile(_) | Metric::Mean | Metric::Max => Limit::Time(value.quantity()?),
        Metric::SuccessRate | Metric::ErrorRate => {
            let share = value.quantity::<Percent>()?.fraction();
            if share > 1.0 {
                return Err(value.fault("is more than 100%", None));
            }
            Limit::Share(share)
        }
        Metric::Requests => match value.text.parse::<u64>() {
            Ok(count) => Limit::Number(count as f64),
            Err(_) => return Err(value.fault("is not a number of requests; write it like \"1000\"", None)),
        },
        // `throughput > 100` and `throughput > 100/s` say the same.
        Metric::Throughput => match value.text.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Limit::PerSecond(number),
            _ => Limit::PerSecond(value.quantity::<Rate>()?.per_second()),
        },
    };
    let (number, most) = match limit {
        Limit::Time(time) => (time.as_secs_f64(), f64::INFINITY),
        Limit::Share(share) => (share, 1.0),
        Limit::Number(number) | Limit::PerSecond(number) => (number, f64::INFINITY),
    };
    let least = number <= 0.0;
    let greatest = number >= most;
    match op {
        Op::Less if least => {
            Err(value.fault("is the least there can be: nothing is below it", Some(at_limit("<=", value))))
        }
        Op::Greater if greatest => {
            Err(value.fault("is the most there can be: nothing is above it", Some(at_limit(">=", value))))
        }
        _ => Ok(limit),
    }
}

/// What to write in the place of a limit that no value can pass.
fn at_limit(op: &str, value: Word<'_>) -> String {
    format!("no app can meet this; did you mean `{op} {}`?", value.text)
}
