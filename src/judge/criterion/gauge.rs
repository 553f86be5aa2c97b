//! `database.connections < 80%`, `app.cpu < 90 for 10s`: a gauge's worst reading.

use std::time::Duration;

use crate::judge::{
    PhaseEvidence,
    assessment::{Assessment, Decision, Side, Sureness},
};
use crate::measure::{GaugeSample, GaugeSeries};
use crate::plan::{GaugeId, Op};
use crate::units::number;

/// Fewer readings are inconclusive (docs/decisions.md section 3), if the window has room for twice as many; where it has
/// not, a pass is not certain with fewer.
const FEWEST: usize = 10;

/// So many readings decide at least: ten, and in a window that has no room for twenty half of those that it has room for,
/// as ten are of the twenty of a short window.
pub(in crate::judge) fn fewest(series: Option<&GaugeSeries>) -> usize {
    const ALWAYS: usize = 3;
    let planned = series.map_or(0, |series| series.planned) as usize;
    if planned == 0 { FEWEST } else { planned.div_ceil(2).clamp(ALWAYS, FEWEST) }
}

/// What a criterion asks of a gauge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Demand {
    pub(super) op: Op,
    pub(super) limit: f64,
    pub(super) hold: Option<Duration>,
}

/// Judges a gauge: by its highest reading (by its lowest where it must stay above a limit), with `for` by the longest
/// time beyond the limit. A source that stopped answering never passes; what it showed before may still fail.
pub(super) fn assess(evidence: &PhaseEvidence<'_>, gauge: GaugeId, demand: Demand) -> Assessment {
    let name = evidence.plan.gauges.get(gauge.0 as usize).map_or("", |gauge| gauge.name.as_str());
    let series = evidence.gauges.iter().find(|series| series.name == name);
    let readings = series.map(readings).unwrap_or_default();
    let Some(worst) = demand.worst(&readings) else {
        return Assessment::without_data(demand.limit, "", unread(name, series));
    };
    let breaks = match demand.hold {
        None => !demand.op.holds(worst, demand.limit),
        Some(hold) => demand.longest_beyond(&readings) >= hold,
    };
    let silent = series.is_some_and(|series| series.silent);
    let decision = if readings.len() < fewest(series) || (silent && !breaks) {
        Decision::NoData
    } else if readings.len() < FEWEST && !breaks {
        // What was read beyond the limit was there; what was not read may have been.
        Decision::Uncertain(Side::Holds)
    } else {
        Decision::Decided(Side::of(!breaks), Sureness::Certain)
    };
    Assessment {
        decision,
        observed: Some(worst),
        limit: demand.limit,
        unit: "",
        interval: None,
        samples: readings.len() as u64,
        because: demand.because(worst, &readings, series),
        worst: None,
    }
}

/// The finite readings in order of time.
pub(in crate::judge) fn readings(series: &GaugeSeries) -> Vec<GaugeSample> {
    series.samples.iter().copied().filter(|sample| sample.value.is_finite()).collect()
}

/// Why there is no reading at all.
pub(in crate::judge) fn unread(name: &str, series: Option<&GaugeSeries>) -> String {
    match series.and_then(|series| series.missing.as_deref()) {
        Some(missing) => format!("{name} was never read: {}", sentence(missing)),
        None => format!("{name} was never read."),
    }
}

fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

impl Demand {
    /// The reading that breaks the demand first.
    fn worst(&self, readings: &[GaugeSample]) -> Option<f64> {
        let values = readings.iter().map(|sample| sample.value);
        match self.op {
            Op::Less | Op::LessOrEqual => values.reduce(f64::max),
            Op::Greater | Op::GreaterOrEqual => values.reduce(f64::min),
            Op::Equal => values.max_by(|a, b| (a - self.limit).abs().total_cmp(&(b - self.limit).abs())),
        }
    }

    /// The longest time from a reading beyond the limit to the next one within it, or to the last reading.
    fn longest_beyond(&self, readings: &[GaugeSample]) -> Duration {
        let mut longest = Duration::ZERO;
        let mut since: Option<Duration> = None;
        for sample in readings {
            let within = self.op.holds(sample.value, self.limit);
            if let Some(since) = since {
                longest = longest.max(sample.at.saturating_sub(since));
            }
            since = if within { None } else { since.or(Some(sample.at)) };
        }
        longest
    }

    fn because(&self, worst: f64, readings: &[GaugeSample], series: Option<&GaugeSeries>) -> String {
        let extreme = match self.op {
            Op::Less | Op::LessOrEqual => "highest",
            Op::Greater | Op::GreaterOrEqual => "lowest",
            Op::Equal => "farthest",
        };
        let beyond = readings.iter().filter(|sample| !self.op.holds(sample.value, self.limit)).count();
        let text = format!(
            "The {extreme} of {} was {}, the limit is {} {}; {} beyond it.",
            number::counted(readings.len() as u64, "reading"),
            number::beside(worst, self.limit, ""),
            self.op.symbol(),
            number::limit(self.limit, ""),
            match beyond {
                1 => "1 was".to_owned(),
                beyond => format!("{} were", number::count(beyond as u64)),
            }
        );
        let longest = self.hold.map(|hold| {
            let (longest, hold) = (milliseconds(self.longest_beyond(readings)), milliseconds(hold));
            let (longest, hold) = (number::beside(longest, hold, "ms"), number::limit(hold, "ms"));
            format!(" The longest time beyond it was {longest}, below {hold} is allowed.")
        });
        let fewest = fewest(series);
        let few = match readings.len() {
            few if few < fewest => Some(format!(" Fewer than {fewest} readings do not decide.")),
            few if few < FEWEST && beyond == 0 => {
                Some(format!(" Fewer than {FEWEST} readings may have missed a peak."))
            }
            _ => None,
        };
        [Some(text), longest, few, series.map(missed)].into_iter().flatten().collect()
    }
}

/// What the source did not answer, as a sentence; empty when it answered always.
fn missed(series: &GaugeSeries) -> String {
    let reason = series.missing.as_deref().map(sentence).unwrap_or_default();
    let missed = series.attempts.saturating_sub(series.samples.len() as u64);
    if series.silent {
        format!(" The source stopped answering. {reason}").trim_end().to_owned()
    } else if missed > 0 {
        format!(
            " {} of {} gave no number. {reason}",
            number::count(missed),
            number::counted(series.attempts, "attempt")
        )
        .trim_end()
        .to_owned()
        .replacen("  ", " ", 1)
    } else {
        String::new()
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
