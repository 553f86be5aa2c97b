//! The run second by second: the picture of the ladder, the moments of failed criteria, and the numbers behind both.

use serde::Serialize;

use super::{
    picture::{Ladder, Marked, Picture, clock, ladder},
    tone::{Tone, tone},
};
use crate::{
    judge::{Level, Outcome, Verdict},
    report::{
        kept::kept,
        recording::{Part, Recording, Step, exhausted, parts, steps},
        trouble,
    },
    units::number,
};

/// The time axis is cut into about so many steps at most, of whole seconds.
const MOST_STEPS: f64 = 480.0;

/// So many moments are marked: those of criteria that block before those of criteria that warn, and of each the first.
const MOST_MARKS: usize = 24;

/// The section.
#[derive(Serialize)]
pub(super) struct CourseView {
    picture: Picture,
    moments: Vec<MomentView>,
    /// Moments that are not marked.
    more: usize,
    /// `1 s`: how long a step is.
    step: String,
    /// Phase, time, and the numbers.
    rows: Vec<[String; 8]>,
}

/// When a failed criterion could not hold any more.
#[derive(Serialize)]
struct MomentView {
    #[serde(skip)]
    level: Level,
    phase: String,
    criterion: String,
    outcome: Tone,
    when: String,
}

impl CourseView {
    /// `None` where nothing was measured.
    pub(super) fn of(verdict: &Verdict, recording: &Recording<'_>) -> Option<Self> {
        let parts = parts(verdict, recording);
        let total = parts.last().map_or(0.0, Part::end);
        let width = (total / MOST_STEPS).ceil().clamp(1.0, f64::from(u32::MAX)) as u32;
        let of = |part: &Part<'_>| steps(&part.measured.measurements, width, |id| recording.is_load(id));
        let phases: Vec<_> = parts.iter().map(|part| (*part, of(part))).collect();
        let (all, more) = kept(moments(&parts, recording), MOST_MARKS, |(_, moment)| moment.level == Level::Warn);
        let (marks, moments) = all
            .into_iter()
            .enumerate()
            .map(|(at, (second, moment))| {
                let number = at + 1;
                (Marked { at: second, number, level: moment.level }, moment)
            })
            .unzip();
        let drawn = Ladder { phases, marks };
        let picture = ladder(&drawn)?;
        let rows = drawn.phases.iter().flat_map(|(part, steps)| steps.iter().map(|step| row(part, step)));
        let step = number::seconds(f64::from(width));
        Some(Self { picture, moments, more, step, rows: rows.collect() })
    }
}

/// The moments of all failed criteria on the axis of the run, in order of time.
fn moments(parts: &[Part<'_>], recording: &Recording<'_>) -> Vec<(f64, MomentView)> {
    let mut moments = Vec::new();
    for part in parts {
        let [start, end] = part.window().unwrap_or([part.origin, part.end()]);
        for finding in part.verdict.findings.iter().filter(|finding| finding.outcome == Outcome::Failed) {
            let at = exhausted(recording, part, finding).map(|since| part.at(since)).filter(|at| *at <= end);
            let when = match at {
                Some(at) => {
                    let after = number::plain((at - start).max(0.0).round());
                    format!("at {} of the run, {after} s into the window", clock(at))
                }
                None if part.window().is_none() => {
                    format!("before the window opened; the phase ended at {} of the run", clock(end))
                }
                None => format!("judged over the window as a whole, which ended at {} of the run", clock(end)),
            };
            let moment = MomentView {
                level: finding.level,
                phase: part.verdict.name.clone(),
                criterion: trouble::title(finding),
                outcome: match finding.level {
                    Level::Block => tone(Outcome::Failed),
                    Level::Warn => tone(Outcome::Warned),
                },
                when,
            };
            moments.push((at.unwrap_or(end), moment));
        }
    }
    moments.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    moments
}

fn row(part: &Part<'_>, step: &Step) -> [String; 8] {
    let [p50, p95, p99] = [step.p50, step.p95, step.p99].map(|time| number::or_nothing(time, number::milliseconds));
    [
        part.verdict.name.clone(),
        clock(part.at(step.from)),
        number::count(step.requests),
        number::or_nothing(step.throughput(), number::per_second),
        p50,
                None if part.verdict.cut_short.is_some() => {
                    let after = number::plain((end - start).round());
                    format!("when the phase was stopped at {} of the run, {after} s into the window", clock(end))
                }
        p95,
        p99,
        number::or_nothing(step.error_share(), number::share),
    ]
}
