//! The text of a running phase at several sizes, with names that nobody would choose.

use std::{borrow::Cow, time::Duration};

use super::*;
use crate::{judge::Standing, report::clean};

fn finding(criterion: &str, outcome: Outcome, observed: Option<f64>, (limit, unit): (f64, &str)) -> Finding {
    Finding {
        criterion: criterion.to_owned(),
        endpoint: None,
        level: Level::Block,
        file: "gates.yaml".to_owned(),
        line: 1,
        outcome,
        certain: false,
        observed,
        limit,
        unit: unit.to_owned(),
        interval: None,
        samples: 100,
        because: String::new(),
        worst_endpoint: None,
        worst_part: None,
    }
}

fn gauge(name: &str, value: Option<f64>, band: Option<Band>) -> GaugeStanding {
    GaugeStanding { name: name.to_owned(), value, band }
}

fn progress(name: &str) -> Progress {
    let warns = |finding: Finding| Finding { level: Level::Warn, endpoint: Some("chart data".to_owned()), ..finding };
    Progress {
        phase: name.to_owned(),
        stage: Stage::Window,
        users: 50,
        rate: 212.4,
        p95: Some(Duration::from_millis(283)),
        failures: 3,
        share: 0.61,
        left: Duration::from_secs(192),
        standing: Standing {
            findings: vec![
                finding("p95 < 500ms", Outcome::Passed, Some(312.0), (500.0, "ms")),
                finding("success_rate > 99%", Outcome::Failed, Some(0.986), (0.99, "1")),
                warns(finding("p99(each) < 1s", Outcome::Failed, Some(1_250.0), (1000.0, "ms"))),
                finding("requests > 20000", Outcome::Inconclusive, Some(1_234.0), (20_000.0, "requests")),
                finding("database.connections < 80%", Outcome::Inconclusive, None, (80.0, "")),
            ],
            gauges: vec![
                gauge("database.connections", Some(34.0), Some(Band::Safe)),
                gauge("app.cpu", Some(85.0), Some(Band::Warning)),
                gauge("app.queue", Some(1_200.0), Some(Band::Critical)),
                gauge("app.threads", Some(12.0), None),
                gauge("host.load", None, Some(Band::Missing)),
            ],
        },
    }
}

fn drawn(name: &str, (columns, rows): (usize, usize), colour: Colour) -> Vec<String> {
    let mask: &Mask<'_> = &|text| Cow::Owned(clean(text).into_owned());
    let course = Course { phase: clean(name).into_owned(), number: 2, of: 4, passed: 0.25 };
    lines(&progress(name), &course, (Screen { columns, rows }, colour), mask)
}

/// The text without its colours.
fn plain(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or(part, |(_, rest)| rest))
}

#[test]
fn reads_well_at_every_width() {
    for columns in [40, 80, 120] {
        insta::assert_snapshot!(format!("screen_{columns}"), drawn("medium", (columns, 24), Colour::Off).join("\n"));
    }
}

#[test]
fn nothing_is_wider_or_higher_than_the_terminal() {
    let hostile = [
        "medium",
        "概要データのグラフを表示する非常に長い名前のフェーズ",
        "👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻",
        "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
        "\u{1b}[2J\u{1b}[31m::error::x\n\r\t\u{7}",
        "",
        "x-----------------------------------------------------------------------------------------------",
    ];
    for name in hostile {
        for columns in [1, 7, 20, 40, 41, 80, 120, 300] {
            for rows in [1, 2, 3, 5, 8, 24] {
                for colour in [Colour::Off, Colour::On] {
                    let lines = drawn(name, (columns, rows), colour);
                    assert!(
                        lines.len() <= rows.saturating_sub(1).max(1),
                        "{} lines in {rows} rows: {lines:?}",
                        lines.len()
                    );
                    for line in &lines {
                        let line = plain(line);
                        assert!(!line.contains(char::is_control), "{line:?}");
                        // A joined emoji is counted by its parts, which no terminal draws wider.
                        assert!(
                            width(&line) <= columns.saturating_sub(1).max(3),
                            "{} in {columns}: {line:?}",
                            width(&line)
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn what_does_not_hold_is_shown_first_where_not_all_fits() {
    let lines = drawn("medium", (80, 9), Colour::Off).join("\n");
    assert!(lines.contains("✗ success_rate > 99%") && lines.contains("… and 3 more"), "{lines}");
    assert!(lines.contains("! p99(each) < 1s (chart data)"), "{lines}");
    assert!(!lines.contains("✓"), "{lines}");
}

#[test]
fn colour_adds_nothing_that_the_signs_do_not_say() {
    let coloured: Vec<String> = drawn("medium", (80, 24), Colour::On).iter().map(|line| plain(line)).collect();
    assert_eq!(coloured, drawn("medium", (80, 24), Colour::Off));
}
