//! The grammar of criteria: `[service] METRIC[(SELECTOR)] OP VALUE [for DURATION]` or `no KIND[(SELECTOR)]`.
//!
//! This file knows the syntax and the units; what the names mean, the plan resolves.

use std::time::Duration;

use super::{Count, FailureKind, Limit, Metric, Op};
use crate::{
    config::suggestion,
    units::{Percent, Quantity, Rate, Reading},
};

/// A criterion as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line<'a> {
    /// `[service] METRIC[(SELECTOR)] OP VALUE`.
    Metric { service: bool, metric: Metric, selector: Option<Selector<'a>>, op: Op, limit: Limit },
    /// `MONITOR.GAUGE OP VALUE [for DURATION]`.
    Gauge { gauge: Word<'a>, op: Op, limit: f64, hold: Option<Duration> },
    /// `no KIND[(SELECTOR)]`.
    No { count: Count, selector: Option<Selector<'a>> },
}

/// What stands between the parentheses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Selector<'a> {
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
pub(super) struct Word<'a> {
    /// As written, without quotes and surrounding white space.
    pub(super) text: &'a str,
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
    let mut cursor = Cursor { text, at: 0 };
    cursor.skip_space();
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

/// Reads the metric and the selector of a regression's cell: `p95`, `p95(chart data)`.
pub(super) fn cell(text: &str) -> Parsed<(Metric, Option<Selector<'_>>)> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.skip_space();
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
                return Err(kind.fault("is not a kind of event", suggestion(key, all)));
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
        Metric::Throughput => Limit::PerSecond(value.quantity::<Rate>()?.per_second()),
    };
    let (number, most) = match limit {
        Limit::Time(time) => (time.as_secs_f64(), f64::INFINITY),
        Limit::Share(share) => (share, 1.0),
        Limit::Number(number) | Limit::PerSecond(number) => (number, f64::INFINITY),
    };
    let least = number <= 0.0;
    let greatest = number >= most;
    match op {
        Op::Less if least => Err(value.fault("can never be met: nothing is less", None)),
        Op::Greater if greatest => {
            Err(value.fault("can never be met: nothing is more", Some("write `>= 100%`".into())))
        }
        Op::GreaterOrEqual if least => Err(value.fault("is always met, so that the criterion checks nothing", None)),
        Op::LessOrEqual if greatest => Err(value.fault("is always met, so that the criterion checks nothing", None)),
        _ => Ok(limit),
    }
}

impl Word<'_> {
    /// Without surrounding white space.
    fn trimmed(self) -> Self {
        let start = self.text.len() - self.text.trim_start().len();
        Self { text: self.text.trim(), at: self.at + start }
    }

    /// Without the quotes around it, if it is quoted.
    fn unquoted(self) -> (Self, bool) {
        let inner = ['"', '\''].iter().find_map(|quote| self.text.strip_prefix(*quote)?.strip_suffix(*quote));
        inner.map_or((self, false), |text| (Self { text, at: self.at + 1 }, true))
    }

    fn quantity<Q: Quantity>(self) -> Parsed<Q> {
        Q::parse(self.text).map_err(|error| Fault {
            at: self.at,
            length: self.text.len(),
            message: if self.text.is_empty() { format!("expected {} here", Q::WHAT) } else { error.to_string() },
            help: None,
        })
    }

    fn fault(self, what: &str, help: Option<String>) -> Fault {
        let message = if self.text.is_empty() { what.to_owned() } else { format!("`{}` {what}", self.text) };
        Fault { at: self.at, length: self.text.len(), message, help }
    }
}

/// Where the reading is.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Up to white space, a parenthesis or a comparison.
    fn word(&mut self) -> Word<'a> {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || "()<>=".contains(c)).unwrap_or(rest.len());
        let word = Word { text: &rest[..end], at: self.at };
        self.at += end;
        word
    }

    /// Everything that is left.
    fn remainder(&mut self) -> Word<'a> {
        let word = Word { text: self.rest(), at: self.at }.trimmed();
        self.at = self.text.len();
        word
    }

    fn op(&mut self) -> Parsed<Op> {
        self.skip_space();
        let operators = [Op::LessOrEqual, Op::GreaterOrEqual, Op::Equal, Op::Less, Op::Greater];
        let Some(op) = operators.into_iter().find(|op| self.rest().starts_with(op.symbol())) else {
            return Err(self.fault("expected one of <, <=, >, >= and == here"));
        };
        self.at += op.symbol().len();
        Ok(op)
    }

    /// `(SELECTOR)`, if there is one. A quoted selector is a name; names may hold parentheses.
    fn selector(&mut self) -> Parsed<Option<Selector<'a>>> {
        self.skip_space();
        if !self.rest().starts_with('(') {
            return Ok(None);
        }
        let open = self.at;
        let Some(length) = closing(&self.rest()[1..]) else {
            return Err(self.fault("this parenthesis is never closed"));
        };
        let inner = Word { text: &self.text[open + 1..open + 1 + length], at: open + 1 }.trimmed();
        self.at = open + 1 + length + 1;
        if inner.text.is_empty() {
            let help = "name an endpoint or a tag, or write `not TAG`, `scenario NAME` or `each`".to_owned();
            return Err(Fault {
                at: open,
                length: length + 2,
                message: "the selector is empty".to_owned(),
                help: Some(help),
            });
        }
        let (name, quoted) = inner.unquoted();
        if quoted {
            return Ok(Some(Selector::Name(name)));
        }
        let keyword = |keyword: &str| {
            let rest = inner.text.strip_prefix(keyword).filter(|rest| rest.starts_with(char::is_whitespace))?;
            Some(Word { text: rest, at: inner.at + keyword.len() }.trimmed().unquoted().0)
        };
        Ok(Some(match (keyword("not"), keyword("scenario")) {
            (Some(tag), _) => Selector::Not(tag),
            (_, Some(name)) => Selector::Scenario(name),
            _ if inner.text == "each" => Selector::Each,
            _ => Selector::Name(inner),
        }))
    }

    fn end(&mut self) -> Parsed<()> {
        self.skip_space();
        if self.rest().is_empty() { Ok(()) } else { Err(self.fault("nothing more is expected here")) }
    }

    /// A fault from here to the end.
    fn fault(&self, message: &str) -> Fault {
        Fault { at: self.at, length: self.rest().trim_end().len(), message: message.to_owned(), help: None }
    }
}

/// The length of what stands before the parenthesis that closes a selector.
fn closing(text: &str) -> Option<usize> {
    let trimmed = text.trim_start();
    if let Some(quote) = trimmed.chars().next().filter(|c| "\"'".contains(*c)) {
        let start = text.len() - trimmed.len() + 1;
        // A quote closes the name where a parenthesis follows, so that names may hold quotes too.
        let ends = text[start..].match_indices(quote).map(|(at, _)| start + at + 1);
        let after = |end: &usize| text[*end..].trim_start().starts_with(')');
        return ends.filter(after).map(|end| text.len() - text[end..].trim_start().len()).next();
    }
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str, at: usize) -> Selector<'_> {
        Selector::Name(Word { text, at })
    }

    fn metric_of(text: &str) -> (bool, Metric, Option<Selector<'_>>, Op, Limit) {
        match criterion(text) {
            Ok(Line::Metric { service, metric, selector, op, limit }) => (service, metric, selector, op, limit),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn reads_metrics() {
        let time = |millis| Limit::Time(Duration::from_millis(millis));
        let none = None;
        for (text, expected) in [
            ("p95 < 500ms", (false, Metric::Quantile(0.95), none, Op::Less, time(500))),
            (" p99.9<=2s ", (false, Metric::Quantile(0.999), none, Op::LessOrEqual, time(2000))),
            ("service p50 < 1s", (true, Metric::Quantile(0.5), none, Op::Less, time(1000))),
            ("mean < 100ms", (false, Metric::Mean, none, Op::Less, time(100))),
            ("max(login) < 3s", (false, Metric::Max, Some(name("login", 4)), Op::Less, time(3000))),
            ("success_rate >= 100%", (false, Metric::SuccessRate, none, Op::GreaterOrEqual, Limit::Share(1.0))),
            ("error_rate < 2%", (false, Metric::ErrorRate, none, Op::Less, Limit::Share(0.02))),
            (
                "requests(\"dashboard\") > 0",
                (false, Metric::Requests, Some(name("dashboard", 10)), Op::Greater, Limit::Number(0.0)),
            ),
            ("throughput > 50/s", (false, Metric::Throughput, none, Op::Greater, Limit::PerSecond(50.0))),
            (
                "p95(chart data) < 1s",
                (false, Metric::Quantile(0.95), Some(name("chart data", 4)), Op::Less, time(1000)),
            ),
            (
                "p95(GET /a (b)) < 1s",
                (false, Metric::Quantile(0.95), Some(name("GET /a (b)", 4)), Op::Less, time(1000)),
            ),
            ("p95('a) \"b') < 1s", (false, Metric::Quantile(0.95), Some(name("a) \"b", 5)), Op::Less, time(1000))),
            ("p95(each) < 1s", (false, Metric::Quantile(0.95), Some(Selector::Each), Op::Less, time(1000))),
            ("p95(\"each\") < 1s", (false, Metric::Quantile(0.95), Some(name("each", 5)), Op::Less, time(1000))),
            (
                "p95(not auth) < 1s",
                (
                    false,
                    Metric::Quantile(0.95),
                    Some(Selector::Not(Word { text: "auth", at: 8 })),
                    Op::Less,
                    time(1000),
                ),
            ),
            ("p95(notes) < 1s", (false, Metric::Quantile(0.95), Some(name("notes", 4)), Op::Less, time(1000))),
            (
                "p95(scenario a b) < 1s",
                (
                    false,
                    Metric::Quantile(0.95),
                    Some(Selector::Scenario(Word { text: "a b", at: 13 })),
                    Op::Less,
                    time(1000),
                ),
            ),
        ] {
            assert_eq!(metric_of(text), expected, "{text}");
        }
    }

    #[test]
    fn reads_gauges_and_events() {
        let gauge = |text, at| Word { text, at };
        let hold = Some(Duration::from_secs(10));
        for (text, expected) in [
            (
                "database.connections < 80%",
                Line::Gauge { gauge: gauge("database.connections", 0), op: Op::Less, limit: 80.0, hold: None },
            ),
            (
                "app.queue <= 5 for 10s",
                Line::Gauge { gauge: gauge("app.queue", 0), op: Op::LessOrEqual, limit: 5.0, hold },
            ),
            ("no 5xx", Line::No { count: Count::ServerErrors, selector: None }),
            ("no 4xx(dashboard)", Line::No { count: Count::ClientErrors, selector: Some(name("dashboard", 7)) }),
            ("no timeouts", Line::No { count: Count::Failures(FailureKind::Timeout), selector: None }),
            ("no errors", Line::No { count: Count::Errors, selector: None }),
            (
                "no check(write)",
                Line::No { count: Count::Failures(FailureKind::Check), selector: Some(name("write", 9)) },
            ),
        ] {
            assert_eq!(criterion(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (text, at, message) in [
            ("", 0, "expected a metric here"),
            ("p95", 3, "expected one of <, <=, >, >= and == here"),
            ("p95 = 5ms", 4, "expected one of <, <=, >, >= and == here"),
            ("p95 <", 5, "expected a duration here"),
            ("p95 < 500", 6, "`500` is not a duration; write it like \"500ms\", \"1.5s\", \"2m\" or \"1h\""),
            ("p100 < 1s", 0, "`p100` is not a metric"),
            ("p0 < 1s", 0, "`p0` is not a metric"),
            ("sucess_rate > 99%", 0, "`sucess_rate` is not a metric"),
            ("success_rate > 101%", 15, "`101%` is more than 100%"),
            ("success_rate > 100%", 15, "`100%` can never be met: nothing is more"),
            ("success_rate >= 0%", 16, "`0%` is always met, so that the criterion checks nothing"),
            ("error_rate <= 100%", 14, "`100%` is always met, so that the criterion checks nothing"),
            ("p95 < 0ms", 6, "`0ms` can never be met: nothing is less"),
            ("requests > many", 11, "`many` is not a number of requests; write it like \"1000\""),
            ("throughput > 5", 13, "`5` is not a rate; write it like \"3/s\", \"50/min\" or \"10/h\""),
            ("p95(a < 1s", 3, "this parenthesis is never closed"),
            ("p95() < 1s", 3, "the selector is empty"),
            (
                "p95 < 1s for 10s",
                9,
                "`for` goes with gauges only; a metric of requests is judged over the whole window",
            ),
            ("service requests > 1", 8, "`requests` has no service time; `service` goes with pN, mean and max"),
            ("no 6xx", 3, "`6xx` is not a kind of event"),
            ("no 5xx please", 7, "nothing more is expected here"),
            ("app.cpu(x) < 1", 7, "a gauge takes no selector"),
            ("app.cpu < x", 10, "`x` is not a gauge's value; write it like \"80%\" or \"1500\""),
            (
                "app.cpu < 5 for ever",
                16,
                "`ever` is not a duration; write it like \"500ms\", \"1.5s\", \"2m\" or \"1h\"",
            ),
        ] {
            let fault = criterion(text).expect_err(text);
            assert_eq!((fault.at, fault.message.as_str()), (at, message), "{text}");
        }
    }

    #[test]
    fn suggests_the_nearest_word() {
        let help = |text| criterion(text).expect_err(text).help;
        assert_eq!(help("sucess_rate > 99%"), Some("did you mean `success_rate`?".into()));
        assert_eq!(help("no timeuots"), Some("did you mean `timeouts`?".into()));
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,40}") {
            let _ = criterion(&text);
            let _ = cell(&text);
        }

        #[test]
        fn never_panics_near_the_grammar(text in "(service |no )?(p95|max|requests|app\\.cpu|5xx)?(\\(?[\"'a-b() ]{0,8}\\)?)? ?[<>=]{0,2} ?[0-9msx%/. for]{0,12}") {
            if let Err(fault) = criterion(&text) {
                prop_assert!(fault.at + fault.length <= text.len());
            }
        }

        /// Whatever a name holds, a quoted selector names it.
        #[test]
        fn quoted_names_read_back(name in "[a-z /{}.:-]{1,12}", millis in 1u64..100_000, digits in 1u32..999) {
            prop_assume!(!name.trim().is_empty());
            let text = format!("p{}(\"{name}\") < {millis}ms", f64::from(digits) / 10.0);
            let line = criterion(&text).map_err(|fault| TestCaseError::fail(fault.message))?;
            let Line::Metric { metric: Metric::Quantile(share), selector: Some(Selector::Name(word)), limit, .. } = line else {
                return Err(TestCaseError::fail("a quantile of a name"));
            };
            prop_assert_eq!(word.text, name.as_str());
            prop_assert!((share - f64::from(digits) / 1000.0).abs() < 1e-12);
            prop_assert_eq!(limit, Limit::Time(Duration::from_millis(millis)));
        }
    }
}
