//! Whether the app comes back after the load.

use std::time::Duration;

use super::{Band, MonitorVerdict, Outcome, PhaseVerdict, RecoveryVerdict};
use crate::plan::{Plan, Recovery};
use crate::units::number;

/// The length of one span.
pub const RECOVERY_SPAN: Duration = Duration::from_secs(5);

/// A request that takes less is never taken for one that hangs.
const SHORTEST_HANG: Duration = Duration::from_secs(1);

/// What is always allowed above the level's median, besides the tolerance.
const SLACK_MS: f64 = 10.0;

/// One 5 s span after the load.
#[derive(Debug, Clone, PartialEq)]
pub struct RecoverySpan {
    /// Its start, since the end of the load.
    pub start: Duration,
    /// Requests that ended.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
    /// Median latency; `None` without a timed request.
    pub p50: Option<Duration>,
    /// How long a request had been unanswered as soon as the span could be looked at, the longest of them; zero without
    /// any. It is not among those that ended.
    pub awaited: Duration,
    /// The highest reading of each gauge by name; `None` where there was none.
    pub gauges: Vec<(String, Option<f64>)>,
}

/// Judges the spans so far, in order: recovered is the start of the first of two successive good ones, if that is within
/// `recovery.within`. Not yet recovered is failed, so the caller asks again after each span until time is up.
///
/// The level is the first phase that passed; without one, there may be no failures and gauges have to be below warning.
/// In a good span no request hangs either: none had been unanswered for longer than the longest answer of the level
/// with the tolerance (at least 1 s), or 5 s without a level.
pub fn recovery(plan: &Plan, rule: &Recovery, ladder: &[PhaseVerdict], spans: &[RecoverySpan]) -> RecoveryVerdict {
    let level = ladder.iter().find(|phase| matches!(phase.outcome, Outcome::Passed | Outcome::Warned));
    let yardstick = Yardstick { plan, rule, level };
    let good = |span: &RecoverySpan| yardstick.trouble(span).is_none();
    let first = spans.windows(2).find(|pair| pair[0].start <= rule.within && pair.iter().all(good));
    match first.map(|pair| &pair[0]) {
        Some(span) => RecoveryVerdict {
            outcome: Outcome::Passed,
            seconds: Some(span.start.as_secs_f64()),
            detail: yardstick.recovered(span),
        },
        None => RecoveryVerdict { outcome: Outcome::Failed, seconds: None, detail: yardstick.not_recovered(spans) },
    }
}

/// What a span is compared with.
struct Yardstick<'a> {
    plan: &'a Plan,
    rule: &'a Recovery,
    level: Option<&'a PhaseVerdict>,
}

impl Yardstick<'_> {
    /// Why a span is not good.
    fn trouble(&self, span: &RecoverySpan) -> Option<String> {
        let Some(p50) = span.p50.filter(|_| span.requests > 0) else {
            return Some("no request was answered".to_owned());
        };
        let rate = (span.requests - span.failures.min(span.requests)) as f64 / span.requests as f64;
        let needed = self.level.and_then(|level| level.success_rate).unwrap_or(1.0);
        if rate < needed {
            let (seen, needed) = (number::beside(rate, needed, "1"), number::beside(needed, rate, "1"));
            return Some(format!("{seen} succeeded, {needed} is needed"));
        }
        let p50 = p50.as_secs_f64() * 1e3;
        if let Some(most) = self.longest_median()
            && p50 > most
        {
            return Some(format!(
                "p50 was {}, at most {} is back to normal",
                number::beside(p50, most, "ms"),
                number::beside(most, p50, "ms")
            ));
        }
        let awaited = span.awaited.as_secs_f64() * 1e3;
        let most = self.longest_answer();
        if awaited > most {
            return Some(format!(
                "a request was unanswered for {}, at most {} is back to normal",
                number::beside(awaited, most, "ms"),
                number::beside(most, awaited, "ms")
            ));
        }
        span.gauges.iter().find_map(|(name, value)| self.gauge_trouble(name, *value))
    }

    fn longest_median(&self) -> Option<f64> {
        let level = self.level?.latency_ms.p50?;
        Some((1.0 + self.rule.tolerance) * level + SLACK_MS)
    }

    /// How long an answer may take. Users whose requests hang send no more of them, so that the others alone would look well.
    fn longest_answer(&self) -> f64 {
        let hang = self
            .level
            .and_then(|level| level.latency_ms.max)
            .map_or(RECOVERY_SPAN.as_secs_f64() * 1e3, |max| (1.0 + self.rule.tolerance) * max + SLACK_MS);
        hang.max(SHORTEST_HANG.as_secs_f64() * 1e3)
    }

    /// A gauge has to be below warning, or within the tolerance of its level. A gauge without a band is not looked at, nor
    /// one that the level's phase could not read either.
    fn gauge_trouble(&self, name: &str, value: Option<f64>) -> Option<String> {
        let band = self.plan.gauges.iter().find(|gauge| gauge.name == name)?.band?;
        let level = self.level.and_then(|level| level.monitors.iter().find(|monitor| monitor.name == name));
        let read_before = level.is_none_or(|monitor| monitor.band != Band::Missing);
        let Some(value) = value.filter(|value| value.is_finite()) else {
            return read_before.then(|| format!("{name} gave no reading"));
        };
        let within =
            |monitor: &MonitorVerdict| monitor.max.is_some_and(|max| value <= (1.0 + self.rule.tolerance) * max);
        if value < band.warning || level.is_some_and(within) {
            return None;
        }
        let (value, warning) = (number::beside(value, band.warning, ""), number::limit(band.warning, ""));
        Some(format!("{name} was {value}, below {warning} is back to normal"))
    }

    fn recovered(&self, span: &RecoverySpan) -> String {
        let p50 = span.p50.map(number::duration).unwrap_or_default();
        let level = self
            .level
            .and_then(|level| Some(format!(" ({} in {})", number::milliseconds(level.latency_ms.p50?), level.name)));
        format!(
            "Two spans of 5 s in a row were good from {} after the load on: p50 {p50}{}.",
            number::duration(span.start),
            level.unwrap_or_default()
        )
    }

    fn not_recovered(&self, spans: &[RecoverySpan]) -> String {
        let Some(last) = spans.last() else { return "Nothing was measured after the load.".to_owned() };
        let after = number::duration(last.start);
        match self.trouble(last) {
            Some(trouble) => format!("{after} after the load {trouble}."),
            None => format!(
                "Only the last span, {after} after the load, was good; two in a row within {} are needed.",
                number::duration(self.rule.within)
            ),
        }
    }
}
