//! A small chart of how latency grew with the load, in mermaid's language, which forges draw.

use std::collections::BTreeSet;

use crate::units::text::shortened;
use crate::{
    judge::{Outcome, PhaseVerdict, Verdict},
    report::ladder,
    units::number::NOTHING,
};

/// Fewer bars tell nothing, more do not fit.
const BARS: std::ops::RangeInclusive<usize> = 2..=12;

/// The longest name under a bar, in characters.
const LONGEST_NAME: usize = 14;

/// A day in milliseconds: what lies beyond is no latency.
const LARGEST: f64 = 86_400_000.0;

/// From so many milliseconds on the axis is in seconds, so that its numbers stay short.
const SECOND: f64 = 1000.0;

/// p95 by phase; `None` where there is nothing to see.
///
/// The language has no escape for every character, so that names keep only letters, digits and a few signs. The names are
/// told apart, because two bars of the same name would be one.
pub(super) fn latency(verdict: &Verdict) -> Option<String> {
    let bars: Vec<(&PhaseVerdict, f64)> = verdict.phases.iter().filter_map(bar).collect();
    if !BARS.contains(&bars.len()) {
        return None;
    }
    let highest = bars.iter().map(|(_, p95)| *p95).fold(0.0, f64::max);
    if highest <= 0.0 {
        return None;
    }
    let mut names = BTreeSet::new();
    let names: Vec<String> =
        bars.iter().enumerate().map(|(at, (phase, _))| format!("\"{}\"", told_apart(phase, at, &mut names))).collect();
    let (unit, size) = if highest >= SECOND { ("s", SECOND) } else { ("ms", 1.0) };
    let values: Vec<String> = bars.iter().map(|(_, p95)| value(*p95 / size)).collect();
    let height = 80 + 40 * bars.len();
    Some(format!(
        "```mermaid\n\
         %%{{init: {{\"xyChart\": {{\"width\": 600, \"height\": {height}, \"showDataLabel\": true}}, \
         \"themeVariables\": {{\"xyChart\": {{\"plotColorPalette\": \"#6cb0ff\"}}}}}}}}%%\n\
         xychart-beta horizontal\n  \
         title \"p95 latency ({unit})\"\n  \
         x-axis [{}]\n  \
         y-axis 0 --> {}\n  \
         bar [{}]\n\
         ```\n",
        names.join(", "),
        value(highest / size * 1.1),
        values.join(", ")
    ))
}

/// A phase whose latency counts.
fn bar(phase: &PhaseVerdict) -> Option<(&PhaseVerdict, f64)> {
    let measured = !matches!(phase.outcome, Outcome::NotRun | Outcome::Invalid);
    let p95 = phase.latency_ms.p95.filter(|p95| measured && (0.0..=LARGEST).contains(p95))?;
    Some((phase, p95))
}

fn told_apart(phase: &PhaseVerdict, at: usize, names: &mut BTreeSet<String>) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "_-.".contains(c) { c } else { ' ' };
    let name: String = phase.name.chars().map(plain).take(LONGEST_NAME).collect();
    let load = ladder::load(phase);
    let load = if load == NOTHING { String::new() } else { format!(" ({})", shortened(&load, LONGEST_NAME)) };
    let name = match name.trim() {
        "" => format!("phase {}", at + 1),
        name => name.to_owned(),
    };
    let whole = format!("{name}{load}");
    if names.insert(whole.clone()) { whole } else { format!("{name} no. {}{load}", at + 1) }
}

fn value(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn shows_each_measured_phase() {
        let chart = latency(&fixtures::failed()).expect("three phases were measured");
        assert!(
            chart.contains(r#"x-axis ["baseline (10 users)", "light (30 users)", "medium (50 users)"]"#)
                && chart.contains("y-axis 0 --> 1.34")
                && chart.contains("bar [0.20, 0.28, 1.21]"),
            "{chart}"
        );
    }

    #[test]
    fn shows_nothing_where_there_is_nothing_to_see() {
        assert_eq!(latency(&fixtures::not_ready()), None);
        // One phase is left: the other is invalid.
        assert_eq!(latency(&fixtures::invalid()), None);
        let mut verdict = fixtures::passed();
        for (phase, p95) in verdict.phases.iter_mut().zip([f64::NAN, 1e308, -1.0]) {
            phase.latency_ms.p95 = Some(p95);
        }
        assert_eq!(latency(&verdict), None);
    }

    #[test]
    fn no_name_breaks_it() {
        let mut verdict = fixtures::passed();
        for (phase, name) in verdict.phases.iter_mut().zip(["\"]\n```\n%%{init", "", "{init\"]```"]) {
            name.clone_into(&mut phase.name);
            phase.users = None;
        }
        let chart = latency(&verdict).expect("three phases were measured");
        assert!(chart.contains(r#"x-axis ["init", "phase 2", "init no. 3"]"#), "{chart}");
    }
}
