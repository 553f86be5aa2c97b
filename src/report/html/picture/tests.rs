//! Where things stand in a picture, by the ticks of its axes: a line at a wrong place says what is not true.

use super::*;
use crate::{
    judge::{Level, Outcome},
    report::{
        fixtures,
        recording::{Recording, parts, steps},
    },
    units::number,
};

/// Places are whole units; a line may lie between two of them.
const NEAR: f64 = 1.01;

/// An element of a picture.
#[derive(Debug)]
struct Element<'s> {
    tag: &'s str,
    words: &'s str,
}

impl<'s> Element<'s> {
    fn attribute(&self, name: &str) -> &'s str {
        let found = self.tag.split_once(&format!(" {name}=\""));
        found.and_then(|(_, rest)| rest.split_once('"')).map_or("", |(value, _)| value)
    }

    fn number(&self, name: &str) -> f64 {
        self.attribute(name).parse().unwrap_or_else(|_| panic!("{name} in {self:?}"))
    }

    fn is(&self, name: &str, stroke: ink::Ink, width: u32) -> bool {
        let stroked = self.attribute("stroke") == stroke.hex() && self.attribute("stroke-width") == width.to_string();
        self.tag.starts_with(name) && stroked
    }

    fn is_dashed(&self) -> bool {
        !self.attribute("stroke-dasharray").is_empty()
    }

    fn points(&self) -> Vec<(f64, f64)> {
        let pairs = self.attribute("points").split_whitespace().filter_map(|pair| pair.split_once(','));
        pairs.map(|(x, y)| (x.parse().expect("a number"), y.parse().expect("a number"))).collect()
    }

    /// The height of a level line, and its ends.
    fn level(&self) -> Option<(f64, [f64; 2])> {
        match self.points().as_slice() {
            [(from, y), (to, other)] if (y - other).abs() < 0.5 => Some((*y, [*from, *to])),
            _ => None,
        }
    }

    /// The place of an upright line.
    fn upright(&self) -> Option<f64> {
        match self.points().as_slice() {
            [(x, _), (other, _)] if (x - other).abs() < 0.5 => Some(*x),
            _ => None,
        }
    }
}

fn elements(svg: &str) -> Vec<Element<'_>> {
    let (_, drawn) = svg.split_once("</desc>").unwrap_or(("", svg));
    let parts = drawn.split('<').filter_map(|rest| rest.split_once('>'));
    parts.map(|(tag, words)| Element { tag, words: words.trim() }).collect()
}

/// Ticks: what is written at them, and where they are.
struct Scale {
    ticks: Vec<(f64, f64)>,
    logarithmic: bool,
}

impl Scale {
    /// Where a value has to be drawn.
    fn place(&self, value: f64) -> f64 {
        let scaled = |value: f64| if self.logarithmic { value.ln() } else { value };
        let [(low, from), .., (high, to)] = self.ticks.as_slice() else { panic!("{:?}", self.ticks) };
        let share = (scaled(value) - scaled(*low)) / (scaled(*high) - scaled(*low));
        from + share * (to - from)
    }

    #[track_caller]
    fn is_at(&self, place: f64, value: f64) {
        let expected = self.place(value);
        assert!((place - expected).abs() <= NEAR, "{value} is drawn at {place}, not at {expected}; {:?}", self.ticks);
    }
}

/// A label of an axis as a number: milliseconds, seconds of a clock, percent, or plain.
fn read(words: &str) -> f64 {
    if let Some((minutes, seconds)) = words.split_once(':') {
        return read(minutes) * 60.0 + read(seconds);
    }
    let (number, unit) = words.split_once(' ').unwrap_or((words, ""));
    let number: f64 = number.replace(',', "").parse().unwrap_or_else(|_| panic!("{words}"));
    if unit == "s" { number * 1e3 } else { number }
}

/// The ticks that are written beside a part of a picture, at its left or below it.
fn scale(svg: &str, anchor: &str, along: &str, logarithmic: bool) -> Scale {
    let is_label = |element: &&Element<'_>| {
        let small = element.attribute("font-size").starts_with("11.29");
        element.tag.starts_with("text") && small && element.attribute("text-anchor") == anchor
    };
    let all = elements(svg);
    let labels =
        all.iter().filter(is_label).filter(|label| label.words.starts_with(|c: char| "+-0123456789".contains(c)));
    let ticks = labels.map(|label| (read(label.words), label.number(along))).collect();
    Scale { ticks, logarithmic }
}

/// The picture of the failed run, whose phases begin at 0, 13 and 26 s and have windows from 3 to 13 s of their own, with a mark
/// at 31 s.
fn drawn() -> String {
    let verdict = fixtures::failed();
    let (endpoints, measured) = (fixtures::endpoints(&verdict), fixtures::measured(&verdict));
    let recording = Recording::of(&endpoints, &measured, &|text| text.into());
    let phases = parts(&verdict, &recording).into_iter();
    let phases = phases.map(|part| (part, steps(&part.measured.measurements, 1, |id| recording.is_load(id))));
    let marks = vec![Marked { at: 31.0, number: 1, level: Level::Block }];
    ladder(&Ladder { phases: phases.collect(), marks, selections: Vec::new() }).expect("it is drawn").svg
}

/// A panel, from its title to the next one's or to the end.
fn panel<'s>(svg: &'s str, title: &str) -> &'s str {
    let begin = svg.find(&format!(">\n{title}")).unwrap_or_else(|| panic!("no {title}"));
    let rest = &svg[begin..];
    let titles = rest.match_indices("<text x=\"84\"").map(|(at, _)| at);
    let end = titles.filter(|at| rest[*at..].contains("dy=\"0.76em\"")).find(|at| *at > 0).unwrap_or(rest.len());
    &rest[..end]
}

fn time(svg: &str) -> Scale {
    let mut time = scale(svg, "middle", "x", false);
    let clocks: Vec<_> = elements(svg).into_iter().filter(|element| element.words.contains(':')).collect();
    time.ticks.retain(|(_, x)| clocks.iter().any(|clock| clock.attribute("x").parse() == Ok(*x)));
    time
}

#[test]
fn a_limit_lies_at_its_value_over_the_window_of_its_phase() {
    let svg = drawn();
    let time = time(&svg);
    for (title, limits) in [
        ("latency: p50", vec![[500.0, 3.0], [500.0, 16.0], [750.0, 29.0], [1_500.0, 29.0]]),
        ("share of failures", vec![[2.0, 3.0], [2.0, 16.0], [2.0, 29.0]]),
    ] {
        let panel = panel(&svg, title);
        let logarithmic = panel.lines().nth(1).is_some_and(|title| title.ends_with("logarithmic"));
        let values = scale(panel, "end", "y", logarithmic);
        assert!(values.ticks.len() > 1, "{panel}");
        let all = elements(panel);
        let mut lines: Vec<_> = all.iter().filter(|one| one.is_dashed()).filter_map(Element::level).collect();
        lines.sort_by(|(y, [x, _]), (other_y, [other_x, _])| x.total_cmp(other_x).then(other_y.total_cmp(y)));
        assert_eq!(lines.len(), limits.len(), "{lines:?}");
        for ((y, [from, to]), [value, second]) in lines.into_iter().zip(limits) {
            values.is_at(y, value);
            time.is_at(from, second);
            time.is_at(to, second + 10.0);
        }
    }
}

#[test]
fn a_mark_stands_at_its_second_in_every_panel() {
    let svg = drawn();
    let time = time(&svg);
    let all = elements(&svg);
    let marks =
        all.iter().filter(|one| one.is("polyline", ink::BAD, 2) && one.is_dashed()).filter_map(Element::upright);
    let marks: Vec<f64> = marks.collect();
    assert_eq!(marks.len(), 6, "load, throughput, latency, failures and two gauges");
    for x in marks {
        time.is_at(x, 31.0);
    }
    let number = all.iter().find(|one| one.tag.starts_with("circle") && one.attribute("r") == "10").expect("a number");
    time.is_at(number.number("cx"), 31.0);
}

#[test]
fn a_band_begins_where_the_gauge_is_critical() {
    let svg = drawn();
    let panel = panel(&svg, "database.connections");
    let values = scale(panel, "end", "y", false);
    let all = elements(panel);
    for (ink, width, begins) in [(ink::WARN, 1, 60.0), (ink::BAD, 2, 80.0)] {
        let edge = all.iter().filter(|one| one.is("polyline", ink, width) && !one.is_dashed()).find_map(Element::level);
        values.is_at(edge.expect("it has an edge").0, begins);
        let field = all.iter().find(|one| one.tag.starts_with("rect") && one.attribute("fill") == ink.hex());
        let field = field.expect("it is filled");
        values.is_at(field.number("y") + field.number("height"), begins);
    }
    let reading = all.iter().filter(|one| one.is("polyline", ink::GAUGE, 2)).flat_map(Element::points);
    // The highest is the last of the third phase.
    values.is_at(reading.map(|(_, y)| y).fold(f64::INFINITY, f64::min), 96.0);
}

#[test]
fn a_comparison_lies_between_the_ends_of_its_interval_and_beside_its_margin() {
    let change = |by: f64, interval: [f64; 2], margin: f64| Change {
        name: "light/p95".to_owned(),
        outcome: Outcome::Failed,
        by,
        interval: Some(interval),
        margin,
    };
    let changes = [change(0.19, [0.13, 0.25], 0.1), change(-0.04, [-0.09, 0.02], 0.15)];
    let picture = forest(("changes", "Changes"), &changes, number::change).expect("it is drawn");
    let values = scale(&picture.svg, "middle", "x", false);
    let all = elements(&picture.svg);
    let upright =
        |ink, width| all.iter().filter(move |one| one.is("polyline", ink, width)).filter_map(Element::upright);
    let margins: Vec<f64> = upright(ink::SOFT, 3).collect();
    let ends: Vec<f64> = upright(ink::BAD, 2).collect();
    let dots: Vec<f64> = all.iter().filter(|one| one.tag.starts_with("circle")).map(|one| one.number("cx")).collect();
    assert_eq!([margins.len(), ends.len(), dots.len()], [2, 4, 2]);
    for (at, one) in changes.iter().enumerate() {
        let percent = |share: f64| share * 100.0;
        values.is_at(margins[at], percent(one.margin));
        values.is_at(dots[at], percent(one.by));
        for (end, value) in ends[2 * at..].iter().zip(one.interval.expect("it has one")) {
            values.is_at(*end, percent(value));
        }
    }
    let zero = upright(ink::SOFT, 1).next().expect("a line at no change");
    values.is_at(zero, 0.0);
}
