//! What broke a limit that is not on the latency of all requests: the criterion's own percentile, second by second.

use super::{Part, Recording, Step, exhausted::selected};
use crate::{
    judge::Finding,
    measure::{Histogram, Window},
    plan::{Limit, Metric, Written, written},
};

/// The percentile that a criterion is about in each step of its phase, as the middle of the step on the axis of the run and
/// milliseconds: of the endpoints that it selects, or of service time. `None` for a percentile of all requests that is one of
/// `drawn`, for what is no percentile, and where the measurements do not show it.
pub(in crate::report) fn selection(
    recording: &Recording<'_>,
    (part, steps): (&Part<'_>, &[Step]),
    finding: &Finding,
    drawn: &[f64],
) -> Option<Vec<(f64, f64)>> {
    let Written::Metric { service, metric: Metric::Quantile(q), selector, limit: Limit::Time(_), .. } =
        written(&finding.criterion)?
    else {
        return None;
    };
    let name = finding.endpoint.as_deref();
    if name.is_none() && selector.is_none() && !service && drawn.iter().any(|known| (known - q).abs() < 1e-9) {
        return None;
    }
    let mut windows = selected(recording, part, name, selector)?;
    windows.sort_by_key(|window| window.second);
    let mut points = Vec::new();
    for step in steps {
        let own = windows.iter().skip_while(|window| f64::from(window.second) < step.from.floor());
        let own = own.take_while(|window| f64::from(window.second) < step.to);
        let time = percentile(own.copied(), service, q);
        points.extend(time.map(|time| (part.at(step.middle()), time)));
    }
    (!points.is_empty()).then_some(points)
}

fn percentile<'a>(windows: impl Iterator<Item = &'a Window>, service: bool, q: f64) -> Option<f64> {
    let (mut times, mut added) = (Histogram::new(), Histogram::new());
    for window in windows {
        let of = if service { &window.service } else { &window.latency };
        times.merge(&Histogram::decode(of).unwrap_or_default());
        if !service {
            added.merge(&Histogram::decode(&window.added).unwrap_or_default());
        }
    }
    times.worse_quantile(&added, q).map(|time| time.as_secs_f64() * 1e3)
}
