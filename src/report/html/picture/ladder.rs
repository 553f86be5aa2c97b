//! The ladder as a picture: load, throughput, latency, failures and gauges over the time of the whole run.

use plotters::{
    element::{Circle, Rectangle},
    style::Color,
    style::text_anchor::{HPos, VPos},
};

use super::{
    Key, Picture,
    axis::Axis,
    canvas::{Area, Drawn, Words, draw, field, text},
    gauges::gauges,
    ink::{self, Ink},
    mark::Mark,
    panel::{BELOW, Item, LEFT, Panel, RIGHT, Time},
};
use crate::{
    judge::{Finding, Level, Outcome},
    plan::{Limit, Metric, Written, written},
    report::recording::{Part, Step},
    units::{number, text::shortened},
};

/// Width of the picture in its own units.
pub(super) const WIDTH: u16 = 1_100;

/// Height of the strip with the phases' names, and of the moments' numbers below it, where there are any.
const STRIP: u16 = 26;
const NUMBERS: u16 = 24;
const NO_NUMBERS: u16 = 4;

/// Between the numbers of two moments.
const APART: i32 = 22;

/// The least that the axis of failures shows, so that one failure in a thousand does not look like all.
const LEAST_SHARE: f64 = 0.01;

/// The percentiles of all requests that are drawn.
pub(in crate::report::html) const PERCENTILES: [f64; 3] = [0.5, 0.95, 0.99];

/// How they are drawn.
const INKS: [(&str, Ink, Mark); 3] =
    [("p50", ink::P50, Mark::Dot), ("p95", ink::P95, Mark::Square), ("p99", ink::P99, Mark::Triangle)];

/// What it is called.
const TITLE: &str = "The course of the run";

/// What the picture is made of.
pub(in crate::report::html) struct Ladder<'a> {
    /// The phases, each with the steps of its window.
    pub(in crate::report::html) phases: Vec<(Part<'a>, Vec<Step>)>,
    /// Moments of failed criteria, in order of time.
    pub(in crate::report::html) marks: Vec<Marked>,
    /// What broke the limits that are not on the latency of all requests.
    pub(in crate::report::html) selections: Vec<Selection>,
}

/// The percentile of a criterion on some of the endpoints, or on service time, that failed.
pub(in crate::report::html) struct Selection {
    /// Seconds of the run, and milliseconds.
    pub(in crate::report::html) points: Vec<(f64, f64)>,
    /// Of the criterion.
    pub(in crate::report::html) level: Level,
}

/// The moment of a failed criterion.
pub(in crate::report::html) struct Marked {
    /// Seconds of the run.
    pub(in crate::report::html) at: f64,
    /// The number that it has in the list beside the picture.
    pub(in crate::report::html) number: usize,
    /// Of a criterion that only warns, or of one that blocks.
    pub(in crate::report::html) level: Level,
}

/// The colour of a criterion that failed.
fn broken(level: Level) -> Ink {
    match level {
        Level::Block => ink::BAD,
        Level::Warn => ink::WARN,
    }
}

/// The picture; `None` without a measured second.
pub(in crate::report::html) fn ladder(ladder: &Ladder<'_>) -> Option<Picture> {
    if ladder.phases.iter().all(|(_, steps)| steps.is_empty()) {
        return None;
    }
    let panels = panels(ladder);
    let head = STRIP + if ladder.marks.is_empty() { NO_NUMBERS } else { NUMBERS };
    let height = u32::from(head + BELOW) + panels.iter().map(|panel| panel.height).sum::<u32>();
    let total = ladder.phases.iter().map(|(part, _)| part.end()).fold(0.0, f64::max);
    let axis = Axis::of_seconds(total);
    let bounds: Vec<f64> = ladder.phases.iter().flat_map(|(part, _)| [part.origin, part.end()]).collect();
    let marks: Vec<(f64, Ink)> = ladder.marks.iter().map(|mark| (mark.at, broken(mark.level))).collect();
    let time = Time { axis: &axis, bounds: &bounds, marks: &marks };
    let phases = ladder.phases.iter().map(|(part, _)| {
        let PhaseWords { name, outcome } = words_of(part);
        format!("{name} {outcome}")
    });
    let titles: Vec<&str> = panels.iter().map(|panel| panel.title.as_str()).collect();
    let description = format!(
        "Panels over {} of time: {}. Phases: {}. Moments of criteria that failed or warned: {}. The table below has the numbers.",
        super::clock(total),
        titles.join("; "),
        phases.collect::<Vec<_>>().join(", "),
        ladder.marks.len(),
    );
    let words = Words { id: "course", title: TITLE, description: &description };
    let svg = draw((u32::from(WIDTH), height), &words, |area| {
        let (head, mut rest) = area.split_vertically(u32::from(head));
        paint_head(&head, ladder, &axis)?;
        for (at, panel) in panels.iter().enumerate() {
            let last = at + 1 == panels.len();
            let (own, below) = rest.split_vertically(panel.height + if last { u32::from(BELOW) } else { 0 });
            panel.paint(&own, &time, last)?;
            rest = below;
        }
        Ok(())
    })?;
    Some(Picture { title: TITLE.to_owned(), svg, key: key(ladder) })
}

struct PhaseWords<'a> {
    name: &'a str,
    outcome: &'static str,
}

fn words_of<'a>(part: &Part<'a>) -> PhaseWords<'a> {
    PhaseWords { name: &part.verdict.name, outcome: part.verdict.outcome.word() }
}

fn key(ladder: &Ladder<'_>) -> Vec<Key> {
    let mut key: Vec<Key> =
        INKS.into_iter().map(|(name, ink, mark)| Key::new("line", ink, name).marked(mark)).collect();
    key.push(Key::new("dashes", ink::SOFT, "limit of a criterion, bold where it failed"));
    if let Some(one) = ladder.selections.first() {
        key.push(Key::new(
            "line",
            broken(one.level),
            "what broke a limit that is not on p50, p95 or p99 of all requests",
        ));
    }
    if !ladder.marks.is_empty() {
        key.push(Key::new("dot", ink::BAD, "from here on a criterion that failed or warned could not hold any more"));
    }
    if ladder.phases.iter().any(|(part, _)| part.verdict.monitors.iter().any(|monitor| monitor.critical.is_some())) {
        key.push(Key::new("field", ink::WARN, "warning band"));
        key.push(Key::new("edge", ink::BAD, "critical band, bold where it begins"));
    }
    key
}

/// The phases' names, each over its time, and the numbers of the moments.
fn paint_head(area: &Area<'_>, ladder: &Ladder<'_>, time: &Axis) -> Drawn {
    let unit = f64::from(WIDTH - LEFT - RIGHT) / (time.high() - time.low());
    let place = |at: f64| i32::from(LEFT) + (time.place(at) * unit) as i32;
    for (part, _) in &ladder.phases {
        let (from, to) = (place(part.origin), place(part.end()).max(place(part.origin) + 2));
        let ink = Ink::of(part.verdict.outcome);
        area.draw(&Rectangle::new([(from + 1, 0), (to - 1, i32::from(STRIP) - 4)], field(ink, 0.16)))?;
        area.draw(&Rectangle::new(
            [(from + 1, i32::from(STRIP) - 5), (to - 1, i32::from(STRIP) - 2)],
            field(ink, 1.0),
        ))?;
        let PhaseWords { name, outcome } = words_of(part);
        let room = (f64::from(to - from) / 7.6) as usize;
        let both = format!("{name} · {outcome}");
        let words = if both.chars().count() <= room { both } else { shortened(name, room).into_owned() };
        if room >= 2 {
            area.draw_text(&words, &text(15.0, ink, (HPos::Left, VPos::Top)), (from + 6, 4))?;
        }
    }
    let places = apart(ladder.marks.iter().map(|mark| place(mark.at)).collect());
    for (mark, at) in ladder.marks.iter().zip(places) {
        let centre = (at, i32::from(STRIP + NUMBERS / 2));
        area.draw(&Circle::new(centre, 10, broken(mark.level).colour().filled()))?;
        area.draw_text(&mark.number.to_string(), &text(15.0, ink::GROUND, (HPos::Center, VPos::Center)), centre)?;
    }
    Ok(())
}

/// Where the numbers of moments stand that lie so close together that they would cover each other: moved to the right, and
/// back to the left from the picture's edge.
fn apart(mut places: Vec<i32>) -> Vec<i32> {
    for at in 1..places.len() {
        places[at] = places[at].max(places[at - 1] + APART);
    }
    let mut most = i32::from(WIDTH) - 12;
    for place in places.iter_mut().rev() {
        *place = (*place).min(most);
        most = *place - APART;
    }
    places
}

fn panels<'f>(ladder: &Ladder<'_>) -> Vec<Panel<'f>> {
    let mut panels = Vec::new();
    let open = |part: &Part<'_>| part.verdict.rate.is_some();
    if ladder.phases.iter().any(|(part, _)| !open(part)) {
        panels.push(load(ladder, "users, as planned", &number::plain, &|part| !open(part)));
    }
    if ladder.phases.iter().any(|(part, _)| open(part)) {
        panels.push(load(ladder, "iterations per second, as planned", &number::plain, &open));
    }
    panels.extend([throughput(ladder), latency(ladder), failures(ladder)]);
    panels.extend(gauges(ladder));
    panels
}

fn load<'f>(
    ladder: &Ladder<'_>,
    title: &str,
    words: &'f dyn Fn(f64) -> String,
    of: &dyn Fn(&Part<'_>) -> bool,
) -> Panel<'f> {
    let lines: Vec<_> = ladder.phases.iter().filter(|(part, _)| of(part)).map(|(part, _)| levels(part)).collect();
    let y = Axis::from_zero(lines.iter().flatten().map(|(_, level)| *level));
    let items = lines.into_iter().map(|points| Item::Ground { points, ink: ink::LOAD }).collect();
    Panel { title: title.to_owned(), height: 102, y, words, items }
}

/// The load of a phase, as planned, from a ramp that took as long as it did: users come one by one, and iterations of a rate
/// begin when all users have logged in.
fn levels(part: &Part<'_>) -> Vec<(f64, f64)> {
    let verdict = part.verdict;
    let ramp = &part.measured.measurements.ramp;
    let most = verdict.rate.or(verdict.users.map(f64::from)).unwrap_or_default();
    let first = verdict.stages.first().map_or(most, |stage| stage.from);
    let ready = part.at(ramp.took.as_secs_f64()).min(part.end());
    let mut points = vec![(part.origin, 0.0)];
    if verdict.rate.is_some() {
        points.push((ready, 0.0));
    }
    points.push((ready, first));
    if let Some([start, end]) = part.window() {
        let mut at = start;
        for stage in &verdict.stages {
            if at >= end {
                break;
            }
            points.push((at, stage.from));
            let part = ((end - at) / stage.over_s).min(1.0);
            at += stage.over_s;
            points.push((at.min(end), stage.from + (stage.to - stage.from) * part));
        }
    }
    let last = points.last().map_or(0.0, |(_, level)| *level);
    points.extend([(part.end(), last), (part.end(), 0.0)]);
    points
}

/// The load of a phase at a moment of the run, as planned and as it is drawn: `50 users`, `120/s`.
pub(in crate::report::html) fn load_at(part: &Part<'_>, at: f64) -> String {
    let level = super::panel::between(&levels(part), at);
    match part.verdict.rate {
        Some(_) => number::or_nothing(level, number::per_second),
        None => number::or_nothing(level, |users| number::counted(users.round() as u64, "user")),
    }
}

/// The points of a quantity, in pieces without a gap.
fn pieces(part: &Part<'_>, steps: &[Step], value: impl Fn(&Step) -> Option<f64>) -> Vec<Vec<(f64, f64)>> {
    let mut pieces = vec![Vec::new()];
    for step in steps {
        match value(step) {
            Some(value) => pieces.last_mut().expect("there is always one").push((part.at(step.middle()), value)),
            None => pieces.push(Vec::new()),
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn throughput<'f>(ladder: &Ladder<'_>) -> Panel<'f> {
    let pieces: Vec<_> = ladder.phases.iter().flat_map(|(part, steps)| pieces(part, steps, Step::throughput)).collect();
    let limits = limits(ladder, &|criterion| match criterion {
        Written::Metric { limit: Limit::PerSecond(number), .. } => Some((ink::FLOW, *number)),
        _ => None,
    });
    let y = Axis::from_zero(pieces.iter().flatten().map(|(_, value)| *value).chain(values(&limits)));
    let mut items: Vec<_> = pieces.into_iter().map(|points| Item::Ground { points, ink: ink::FLOW }).collect();
    items.extend(limits);
    Panel { title: "successful answers per second".to_owned(), height: 116, y, words: &number::plain, items }
}

fn latency<'f>(ladder: &Ladder<'_>) -> Panel<'f> {
    let mut lines = Vec::new();
    for (at, (_, ink, mark)) in INKS.into_iter().enumerate() {
        let time = |step: &Step| [step.p50, step.p95, step.p99][at];
        let of = |(part, steps): &(Part<'_>, Vec<Step>)| pieces(part, steps, time);
        lines.extend(ladder.phases.iter().flat_map(of).map(|points| (points, ink, Some((mark, [at, 3])))));
    }
    let limits = limits(ladder, &|criterion| {
        let Written::Metric { metric, limit: Limit::Time(limit), service, selector, .. } = criterion else {
            return None;
        };
        // The colour of a line is for its own limit: one on other requests, or on service time, is another number.
        let of_all = !*service && selector.is_none();
        let is = |q: &f64| of_all && matches!(metric, Metric::Quantile(own) if (own - q).abs() < 1e-9);
        let ink = PERCENTILES.iter().position(is).map_or(ink::SOFT, |at| INKS[at].1);
        Some((ink, limit.as_secs_f64() * 1e3))
    });
    // On top of those that it may lie on.
    let broke = ladder.selections.iter().map(|one| (one.points.clone(), broken(one.level), None));
    lines.extend(broke);
    let seen: Vec<f64> =
        lines.iter().flat_map(|(points, ..)| points).map(|(_, value)| *value).chain(values(&limits)).collect();
    let y = Axis::of_times(seen.into_iter());
    let scale = if y.is_logarithmic() { ", logarithmic" } else { "" };
    let mut items: Vec<_> = lines.into_iter().map(|(points, ink, mark)| Item::Line { points, ink, mark }).collect();
    items.extend(limits);
    let title = format!("latency: p50, p95, p99 of each step of time{scale}");
    Panel { title, height: 260, y, words: &number::milliseconds, items }
}

fn failures<'f>(ladder: &Ladder<'_>) -> Panel<'f> {
    let pieces: Vec<_> =
        ladder.phases.iter().flat_map(|(part, steps)| pieces(part, steps, Step::error_share)).collect();
    let limits = limits(ladder, &|criterion| match criterion {
        Written::Metric { metric: Metric::SuccessRate, limit: Limit::Share(least), .. } => {
            Some((ink::SOFT, 1.0 - least))
        }
        Written::Metric { metric: Metric::ErrorRate, limit: Limit::Share(most), .. } => Some((ink::SOFT, *most)),
        _ => None,
    });
    let seen = pieces.iter().flatten().map(|(_, value)| *value).chain(values(&limits)).chain([LEAST_SHARE]);
    let y = Axis::from_zero(seen);
    let mut items: Vec<_> = pieces.into_iter().map(|points| Item::Ground { points, ink: ink::BAD }).collect();
    items.extend(limits);
    Panel { title: "share of failures".to_owned(), height: 106, y, words: &number::share, items }
}

/// The limits of the criteria that `drawn` gives an ink and a value, each over the window of its phase.
pub(super) fn limits(ladder: &Ladder<'_>, drawn: &dyn Fn(&Written<'_>) -> Option<(Ink, f64)>) -> Vec<Item> {
    let of_finding = |part: &Part<'_>, finding: &Finding| {
        let (ink, value) = drawn(&written(&finding.criterion)?)?;
        let [from, to] = part.window()?;
        let is_broken = finding.outcome == Outcome::Failed;
        let ink = if is_broken { broken(finding.level) } else { ink };
        Some(Item::Limit { from, to, value, ink, words: finding.criterion.clone(), broken: is_broken })
    };
    let all = ladder.phases.iter().flat_map(|(part, _)| {
        // Those that failed get their words before others.
        let mut findings: Vec<_> = part.verdict.findings.iter().collect();
        findings.sort_by_key(|finding| finding.outcome != Outcome::Failed);
        findings.into_iter().filter_map(|finding| of_finding(part, finding)).collect::<Vec<_>>()
    });
    all.collect()
}

pub(super) fn values(limits: &[Item]) -> impl Iterator<Item = f64> + '_ {
    limits.iter().filter_map(|limit| match limit {
        Item::Limit { value, .. } => Some(*value),
        _ => None,
    })
}
