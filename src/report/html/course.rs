//! The run second by second: the picture of the ladder, the moments of criteria that failed or warned, and the numbers
//! behind both.

use serde::Serialize;

use super::{
    picture::{Ladder, Marked, PERCENTILES, Picture, Selection, clock, drawn_gauges, ladder, load_at},
    tone::{Tone, tone},
};
use crate::{
    judge::{Level, Outcome, Verdict},
    report::{
        kept::kept,
        recording::{Part, Recording, Step, exhausted, parts, selection, steps},
        trouble,
    },
    units::number,
};

/// The time axis is cut into about so many steps at most, of whole seconds.
const MOST_STEPS: f64 = 480.0;

/// So many moments are marked: those of criteria that block before those of criteria that warn, and of each the first.
const MOST_MARKS: usize = 24;

/// So many lines are drawn of what broke a limit on some endpoints: of those that block before those that warn.
const MOST_SELECTIONS: usize = 6;

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
    rows: Vec<[String; 9]>,
    /// The names of the gauges that are drawn.
    gauges: Vec<String>,
    /// Phase, time, and the highest reading of each gauge in the step.
    readings: Vec<Vec<String>>,
}

/// When a criterion that failed or warned could not hold any more.
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
        let selections = selections(&phases, recording);
        let drawn = Ladder { phases, marks, selections };
        let picture = ladder(&drawn)?;
        let gauges = drawn_gauges(&drawn);
        let steps = || drawn.phases.iter().flat_map(|(part, steps)| steps.iter().map(move |step| (part, step)));
        let rows = steps().map(|(part, step)| row(part, step)).collect();
        let readings =
            steps().filter(|_| !gauges.is_empty()).map(|(part, step)| readings(part, step, &gauges)).collect();
        let step = number::seconds(f64::from(width));
        Some(Self { picture, moments, more, step, rows, gauges, readings })
    }
}

/// What broke the limits that are not on the latency of all requests.
fn selections(phases: &[(Part<'_>, Vec<Step>)], recording: &Recording<'_>) -> Vec<Selection> {
    let mut failed = Vec::new();
    for (part, steps) in phases {
        let findings = part.verdict.findings.iter().filter(|finding| finding.outcome == Outcome::Failed);
        failed.extend(findings.map(|finding| (part, steps, finding)));
    }
    failed.sort_by_key(|(.., finding)| finding.level == Level::Warn);
    let lines = failed.into_iter().filter_map(|(part, steps, finding)| {
        let points = selection(recording, (part, steps), finding, &PERCENTILES)?;
        Some(Selection { points, level: finding.level })
    });
    lines.take(MOST_SELECTIONS).collect()
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
                None if part.verdict.cut_short.is_some() => {
                    let after = number::plain((end - start).round());
                    format!("when the phase was stopped at {} of the run, {after} s into the window", clock(end))
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

/// The highest reading of each gauge in a step; one that is not of the phase, or was silent, has none.
fn readings(part: &Part<'_>, step: &Step, gauges: &[String]) -> Vec<String> {
    let highest = |name: &String| {
        let at = part.verdict.monitors.iter().position(|monitor| monitor.name == *name)?;
        let samples = part.measured.gauges.get(at)?.samples.iter();
        let within = samples.filter(|sample| (step.from..step.to).contains(&sample.at.as_secs_f64()));
        within.map(|sample| sample.value).filter(|value| value.is_finite()).reduce(f64::max)
    };
    let place = [part.verdict.name.clone(), clock(part.at(step.from))];
    place.into_iter().chain(gauges.iter().map(|name| number::or_nothing(highest(name), number::plain))).collect()
}

fn row(part: &Part<'_>, step: &Step) -> [String; 9] {
    let [p50, p95, p99] = [step.p50, step.p95, step.p99].map(|time| number::or_nothing(time, number::milliseconds));
    [
        part.verdict.name.clone(),
        clock(part.at(step.from)),
        load_at(part, part.at(step.middle())),
        number::count(step.requests),
        number::or_nothing(step.throughput(), number::per_second),
        p50,
        p95,
        p99,
        number::or_nothing(step.error_share(), number::share),
    ]
}
