//! Every form of a criterion, and what is said about everything else.

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
        ("throughput > 50", (false, Metric::Throughput, none, Op::Greater, Limit::PerSecond(50.0))),
        ("p95(chart data) < 1s", (false, Metric::Quantile(0.95), Some(name("chart data", 4)), Op::Less, time(1000))),
        ("p95(GET /a (b)) < 1s", (false, Metric::Quantile(0.95), Some(name("GET /a (b)", 4)), Op::Less, time(1000))),
        ("p95('a) \"b') < 1s", (false, Metric::Quantile(0.95), Some(name("a) \"b", 5)), Op::Less, time(1000))),
        ("p95(each) < 1s", (false, Metric::Quantile(0.95), Some(Selector::Each), Op::Less, time(1000))),
        ("p95(\"each\") < 1s", (false, Metric::Quantile(0.95), Some(name("each", 5)), Op::Less, time(1000))),
        (
            "p95(not auth) < 1s",
            (false, Metric::Quantile(0.95), Some(Selector::Not(Word { text: "auth", at: 8 })), Op::Less, time(1000)),
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
        ("app.queue <= 5 for 10s", Line::Gauge { gauge: gauge("app.queue", 0), op: Op::LessOrEqual, limit: 5.0, hold }),
        ("no 5xx", Line::No { count: Count::ServerErrors, selector: None }),
        ("no 4xx(dashboard)", Line::No { count: Count::ClientErrors, selector: Some(name("dashboard", 7)) }),
        ("no timeouts", Line::No { count: Count::Failures(FailureKind::Timeout), selector: None }),
        ("no errors", Line::No { count: Count::Errors, selector: None }),
        ("no check(write)", Line::No { count: Count::Failures(FailureKind::Check), selector: Some(name("write", 9)) }),
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
        ("p100 < 1s", 0, "`p100` is not a percentile"),
        ("p0 < 1s", 0, "`p0` is not a percentile"),
        ("p101 < 1s", 0, "`p101` is not a percentile"),
        ("p < 1s", 0, "`p` is not a metric"),
        ("sucess_rate > 99%", 0, "`sucess_rate` is not a metric"),
        ("success_rate > 101%", 15, "`101%` is more than 100%"),
        ("success_rate > 100%", 15, "`100%` is the most there can be: nothing is above it"),
        ("p95 < 0ms", 6, "`0ms` is the least there can be: nothing is below it"),
        ("requests > many", 11, "`many` is not a number of requests; write it like \"1000\""),
        ("p95(a < 1s", 3, "this parenthesis is never closed"),
        ("p95() < 1s", 3, "the selector is empty"),
        ("p95 < 1s for 10s", 9, "`for` goes with gauges only; a metric of requests is judged over the whole window"),
        ("service requests > 1", 8, "`requests` has no service time; `service` goes with pN, mean and max"),
        ("no 6xx", 3, "`6xx` is not a kind of failure"),
        ("no 5xx please", 7, "nothing more is expected here"),
        ("app.cpu(x) < 1", 7, "a gauge takes no selector"),
        ("app.cpu < x", 10, "`x` is not a gauge's value; write it like \"80%\" or \"1500\""),
        ("app.cpu < 5 for ever", 16, "`ever` is not a duration; write it like \"500ms\", \"1.5s\", \"2m\" or \"1h\""),
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
