//! Measurements as properties: raw numbers, for machines.

use quick_junit::Property;

use crate::judge::{Finding, Milliseconds, PhaseVerdict, RecoveryVerdict, Regression, Verdict};

/// Everything measured in a phase; what was not measured is left out.
pub(super) fn of_phase(phase: &PhaseVerdict) -> Vec<Property> {
    let mut properties = vec![text("outcome", phase.outcome.word())];
    if phase.extended {
        properties.push(text("extended", "true"));
    }
    let mut add = |name: &str, value: Option<f64>| properties.extend(number(name, value));
    add("users", phase.users.map(f64::from));
    add("rate", phase.rate);
    add("duration_s", Some(phase.duration_s));
    add("requests", Some(phase.requests as f64));
    add("failures", Some(phase.failures as f64));
    add("success_rate", phase.success_rate);
    add("throughput", phase.throughput);
    for (clock, times) in [("latency_ms", &phase.latency_ms), ("service_ms", &phase.service_ms)] {
        let Milliseconds { p50, p90, p95, p99, max, mean } = *times;
        for (name, value) in [("p50", p50), ("p90", p90), ("p95", p95), ("p99", p99), ("max", max), ("mean", mean)] {
            add(&format!("{clock}.{name}"), value);
        }
    }
    for monitor in &phase.monitors {
        add(&format!("{}.max", monitor.name), monitor.max);
    }
    if let Some(generator) = &phase.generator {
        add("generator.lateness_ms.p99", Some(generator.lateness_ms.p99));
        add("generator.cpu_percent", Some(generator.cpu_percent));
    }
    properties
}

/// Says when the phase was run against the demo app.
pub(super) fn of_the_demo(verdict: &Verdict) -> Option<Property> {
    verdict.is_of_the_demo().then(|| text("target", &verdict.target))
}

/// The numbers of a criterion.
pub(super) fn of_finding(finding: &Finding) -> Vec<Property> {
    let mut properties = vec![text("level", &format!("{:?}", finding.level).to_lowercase())];
    properties.push(text("certain", if finding.certain { "true" } else { "false" }));
    properties.extend(number("observed", finding.observed));
    properties.extend(number("limit", Some(finding.limit)));
    properties.push(text("unit", &finding.unit));
    properties.extend(number("interval.low", finding.interval.map(|interval| interval[0])));
    properties.extend(number("interval.high", finding.interval.map(|interval| interval[1])));
    properties.extend(number("samples", Some(finding.samples as f64)));
    properties
}

/// How long recovery took.
pub(super) fn of_recovery(recovery: &RecoveryVerdict) -> Vec<Property> {
    number("seconds", recovery.seconds).into_iter().collect()
}

/// The numbers of a comparison.
pub(super) fn of_regression(regression: &Regression) -> Vec<Property> {
    let Regression { base, head, change, interval, p_adjusted, detectable, margin, .. } = regression;
    let margin = (*margin > 0.0).then_some(*margin);
    [
        ("base", *base),
        ("head", *head),
        ("change", *change),
        ("interval.low", interval.map(|interval| interval[0])),
        ("interval.high", interval.map(|interval| interval[1])),
        ("p_adjusted", *p_adjusted),
        ("detectable", *detectable),
        ("margin", margin),
    ]
    .into_iter()
    .filter_map(|(name, value)| number(name, value))
    .collect()
}

fn number(name: &str, value: Option<f64>) -> Option<Property> {
    value.map(|value| text(name, &value.to_string()))
}

fn text(name: &str, value: &str) -> Property {
    Property::new(name, value)
}
