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

/// The same where every criterion, endpoint and gauge has this name, too.
fn named_throughout(name: &str) -> Progress {
    let mut progress = progress(name);
    for finding in &mut progress.standing.findings {
        finding.criterion = format!("p95({name}) < 500ms");
        finding.endpoint = Some(name.to_owned());
    }
    for gauge in &mut progress.standing.gauges {
        gauge.name = format!("{name}.{name}");
    }
    progress
}

fn drawn(name: &str, size: (usize, usize), colour: Colour) -> Vec<String> {
    drawn_of(&progress(name), size, colour)
}

fn drawn_of(progress: &Progress, (columns, rows): (usize, usize), colour: Colour) -> Vec<String> {
    let mask: &Mask<'_> = &|text| Cow::Owned(clean(text).into_owned());
    let course = Course { phase: clean(&progress.phase).into_owned(), number: 2, of: 4, passed: 0.25 };
    lines(progress, &course, (Screen { columns, rows }, colour), mask)
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
                    fits(&drawn(name, (columns, rows), colour), (columns, rows));
                    fits(&drawn_of(&named_throughout(name), (columns, rows), colour), (columns, rows));
                }
            }
        }
    }
}

#[track_caller]
fn fits(lines: &[String], (columns, rows): (usize, usize)) {
    assert!(lines.len() <= rows.saturating_sub(1).max(1), "{} lines in {rows} rows: {lines:?}", lines.len());
    for line in lines {
        let line = plain(line);
        assert!(!line.contains(char::is_control), "{line:?}");
        // A joined emoji is counted by its parts, which no terminal draws wider.
        assert!(width(&line) <= columns.saturating_sub(1).max(3), "{} in {columns}: {line:?}", width(&line));
    }
}

#[test]
fn wide_names_are_cut_and_what_is_observed_stays() {
    let name = "概要データのグラフを表示する非常に長い名前";
    for colour in [Colour::Off, Colour::On] {
        let lines: Vec<String> =
            drawn_of(&named_throughout(name), (80, 24), colour).iter().map(|line| plain(line)).collect();
        for (sign, observed) in [('✓', "312 ms"), ('✗', "98.6 %"), ('!', "1.25 s"), ('·', "1,234 requests")] {
            let row = lines.iter().find(|line| line.trim_start().starts_with(sign) && line.ends_with(observed));
            assert!(row.is_some_and(|row| row.contains("p95(概要データ")), "{sign} {observed} in {lines:#?}");
        }
        assert!(lines.iter().any(|line| line.trim_start().starts_with('■')), "{lines:#?}");
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
