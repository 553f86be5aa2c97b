//! The kinds of failure, in order of appearance.

use std::cmp::Ordering;

use super::seen::Seen;
use crate::judge::{FirstError, evidence::Row};
use crate::measure::Window;
use crate::plan::FailureKind;

/// When a kind of failure first appeared: in seconds since the phase's origin, and whether that is only to the second.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Moment {
    at: f64,
    /// The first failure of an endpoint is known by its time, one of another kind by its second; it came after it.
    later: bool,
}

impl Moment {
    fn order(&self, other: &Self) -> Ordering {
        self.at.total_cmp(&other.at).then(self.later.cmp(&other.later))
    }
}

/// Each kind of failure where and when it first appeared: to the second, and within one by the first failure of its
/// endpoint.
pub(super) fn appeared(seen: &[Seen<'_>]) -> Vec<FirstError> {
    let mut found: Vec<FirstError> = Vec::new();
    for phase in seen {
        let mut new = of_phase(phase);
        new.retain(|(_, error)| !found.iter().any(|known| known.kind == error.kind));
        new.sort_by(|(a, _), (b, _)| a.order(b));
        found.extend(new.into_iter().map(|(_, error)| error));
    }
    found
}

/// The kinds of one phase, each with its moment.
fn of_phase(phase: &Seen<'_>) -> Vec<(Moment, FirstError)> {
    let rows = phase.rows();
    let start = phase.evidence.measurements.window_start.unwrap_or_default().as_secs_f64();
    let kind = |kind: FailureKind| {
        let with = rows.iter().filter(|row| row.measured.errors.contains_key(&kind));
        let moments = with.map(|row| (moment(phase, row, kind), row.name));
        let (moment, endpoint) = moments.min_by(|(a, _), (b, _)| a.order(b))?;
        let error = FirstError {
            kind: kind.key().to_owned(),
            endpoint: endpoint.to_owned(),
            phase: phase.name().to_owned(),
            after_s: Some(moment.at - start).filter(|after| after.is_finite() && *after >= 0.0),
            count: rows.iter().filter_map(|row| row.measured.errors.get(&kind)).sum(),
        };
        Some((moment, error))
    };
    FailureKind::ALL.into_iter().filter_map(kind).collect()
}

/// When an endpoint first had a failure of this kind.
fn moment(phase: &Seen<'_>, row: &Row<'_>, kind: FailureKind) -> Moment {
    let of_kind = |window: &&Window| window.endpoint == row.id && window.errors.contains_key(&kind);
    let second = phase.evidence.measurements.windows.iter().find(of_kind);
    let second = second.map_or(f64::INFINITY, |window| f64::from(window.second));
    match row.measured.first_failure {
        Some((at, first)) if first == kind => Moment { at: at.as_secs_f64(), later: false },
        Some((at, _)) => Moment { at: second.max(at.as_secs_f64()), later: true },
        None => Moment { at: second, later: true },
    }
}
