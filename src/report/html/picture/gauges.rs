//! The gauges below the load: their readings in their bands.

use super::{
    axis::Axis,
    ink,
    ladder::{Ladder, limits, values},
    panel::{Item, Panel},
};
use crate::{
    judge::{MonitorVerdict, Outcome},
    plan::{Written, written},
    report::recording::Part,
    units::{number, text::shortened},
};

/// So many gauges are drawn: those that broke a criterion, then those that came closest to their bands' ends.
const MOST_GAUGES: usize = 8;

/// A gauge is read every second; longer than this without a reading, in seconds, and its source was silent.
const SILENT: f64 = 3.5;

/// The panels, the most telling first.
pub(super) fn gauges<'f>(ladder: &Ladder<'_>) -> Vec<Panel<'f>> {
    drawn_gauges(ladder).iter().filter_map(|name| gauge(ladder, name)).collect()
}

/// The names of the gauges that are drawn, the most telling first.
pub(in crate::report::html) fn drawn_gauges(ladder: &Ladder<'_>) -> Vec<String> {
    let all =
        ladder.phases.iter().flat_map(|(part, _)| part.verdict.monitors.iter().map(move |monitor| (part, monitor)));
    let mut names: Vec<(&str, f64)> = Vec::new();
    for (part, monitor) in all {
        let close = monitor.max.unwrap_or(0.0) / critical(monitor).unwrap_or(f64::INFINITY);
        let weight = if broke(part, &monitor.name) { f64::INFINITY } else { close };
        match names.iter_mut().find(|(name, _)| *name == monitor.name) {
            Some((_, known)) => *known = known.max(weight),
            None => names.push((&monitor.name, weight)),
        }
    }
    names.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let read = |name: &str| {
        ladder.phases.iter().any(|(part, _)| {
            let of_phase = part.verdict.monitors.iter().zip(&part.measured.gauges);
            of_phase.into_iter().any(|(monitor, series)| monitor.name == name && !series.samples.is_empty())
        })
    };
    let names = names.into_iter().take(MOST_GAUGES).map(|(name, _)| name);
    names.filter(|name| read(name)).map(str::to_owned).collect()
}

/// Whether a criterion on the gauge failed.
fn broke(part: &Part<'_>, name: &str) -> bool {
    let failed = part.verdict.findings.iter().filter(|finding| finding.outcome == Outcome::Failed);
    failed.filter_map(|finding| written(&finding.criterion)).any(|criterion| match criterion {
        Written::Gauge { gauge, .. } => gauge.text == name,
        _ => false,
    })
}

fn critical(monitor: &MonitorVerdict) -> Option<f64> {
    monitor.critical.and_then(|crossing| crossing.limit).filter(|limit| *limit > 0.0)
}

/// Readings in pieces: a source that was silent has no line there.
fn unbroken(readings: impl Iterator<Item = (f64, f64)>) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    for reading in readings {
        match pieces.last_mut() {
            Some(piece) if piece.last().is_some_and(|before| reading.0 - before.0 <= SILENT) => piece.push(reading),
            _ => pieces.push(vec![reading]),
        }
    }
    pieces
}

/// The readings of a gauge; `None` where it was never read.
fn gauge<'f>(ladder: &Ladder<'_>, name: &str) -> Option<Panel<'f>> {
    let mut lines: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut bands = None;
    for (part, _) in &ladder.phases {
        let Some(at) = part.verdict.monitors.iter().position(|monitor| monitor.name == name) else { continue };
        let monitor = &part.verdict.monitors[at];
        let limits = [monitor.warning, monitor.critical].map(|crossing| crossing.and_then(|crossing| crossing.limit));
        bands = bands.or(limits[0].zip(limits[1]));
        let Some(series) = part.measured.gauges.get(at) else { continue };
        let readings = series.samples.iter().map(|sample| (part.at(sample.at.as_secs_f64()), sample.value));
        lines.extend(unbroken(readings));
    }
    if lines.is_empty() {
        return None;
    }
    let limits = limits(ladder, &|criterion| match criterion {
        Written::Gauge { gauge, limit, .. } if gauge.text == name => Some((ink::SOFT, *limit)),
        _ => None,
    });
    let ends = bands.into_iter().flat_map(|(warning, critical)| [warning, critical * 1.05]).chain(values(&limits));
    let seen = lines.iter().flatten().map(|(_, value)| *value);
    let all: Vec<f64> = seen.chain(ends).collect();
    let below = all.iter().any(|value| *value < 0.0);
    let y = if below { Axis::around_zero(all.into_iter()) } else { Axis::from_zero(all.into_iter()) };
    let mut items = Vec::new();
    if let Some((warning, critical)) = bands {
        items.push(Item::Band { from: warning, to: critical, ink: ink::WARN, edge: 1 });
        items.push(Item::Band { from: critical, to: y.high(), ink: ink::BAD, edge: 2 });
    }
    items.extend(lines.into_iter().map(|points| Item::Line { points, ink: ink::GAUGE, mark: None }));
    items.extend(limits);
    Some(Panel { title: shortened(name, 90).into_owned(), height: 98, y, words: &number::plain, items })
}
