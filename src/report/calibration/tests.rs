//! The text of a calibration.

use std::borrow::Cow;

use super::*;
use crate::{
    config,
    judge::calibration::Calibration,
    plan::{self, Choice},
};

fn plan() -> Plan {
    let text = "version: 1\ngate: shop\ntarget: {url: 'http://127.0.0.1:9'}\nscenarios: {visitor: {steps: [{get: /}]}}\n\
                phases: [{name: light, users: 2, duration: 60s, criteria: [no errors]}]\n";
    let choice = Choice { comparison: true, ..Choice::default() };
    let (config, problems) = config::read("gates.yaml", text.as_bytes(), &choice.environment);
    assert!(problems.is_empty(), "{problems}");
    plan::build(&config.expect("a config"), &choice).unwrap_or_else(|problems| panic!("{problems}"))
}

fn calibrated() -> Calibrated {
    let holding = |each, of, margin| Holding {
        each,
        false_alarms: Share::new(0, of),
        detected: [1, of, of].map(|count| Share::new(count, of)),
        margin: Ok(margin),
    };
    let cell = CellNoise {
        name: "light/p95".to_owned(),
        rate: false,
        runs: 32,
        between_runs: Some(0.131),
        between_neighbours: Some(0.042),
    };
    let rate = CellNoise { name: "light/error_rate".to_owned(), rate: true, between_runs: Some(0.001), ..cell.clone() };
    Calibrated {
        target: "http://hunter2.test".to_owned(),
        preflight: Vec::new(),
        windows: vec![("light".to_owned(), Duration::from_secs(60), Duration::from_secs(12))],
        failed: 1,
        invalid: 2,
        took: Duration::from_secs(590),
        requests: 12_345,
        found: Calibration {
            runs: 32,
            cells: vec![cell, rate],
            stored: Ok(holding(3, 10, 0.2)),
            interleaved: Ok(holding(8, 2, 0.075)),
        },
        trouble: None,
        interruption: None,
    }
}

fn told(calibrated: &Calibrated) -> String {
    let circumstances = Circumstances { day: "2026-11-26", runner: "a processor, 2 cores, debian-12" };
    let mask = |text: &str| text.replace("hunter2", "***");
    calibration(calibrated, &plan(), circumstances, &|text| Cow::Owned(mask(text)), Colour::Off)
}

#[test]
fn everything_known_stands_there_with_its_interval() {
    let text = told(&calibrated());
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "32 runs of the same app, http://***.test, within 590 s",
        "light: its window of 60 s was shortened to 12 s",
        "2 more runs did not count",
        "failed by itself: 1 of 32",
        "light/p95 32 13.1 % 4.2 %",
        "light/error_rate 32 0.1 points",
        "false alarms, any cell: 0 of 10 (0 % to 25.9 %)",
        "every request 10 % slower: failed 1 of 10",
        "every request 50 % slower: failed 2 of 2",
        "Recommended here: interleaved comparison, `run --against URL`, with a margin of 7.5 %.",
    ] {
        assert!(flat.contains(words), "{words:?} is not in:\n{text}");
    }
    assert!(text.lines().filter(|line| !line.starts_with('#')).all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn the_fragment_is_a_regression_that_gates_yaml_takes() {
    let text = told(&calibrated());
    let fragment = &text[text.find("# measured on").expect("it is there")..];
    assert!(fragment.contains("\n  margin: 7.5%\n"), "{fragment}");
    let file = format!(
        "version: 1\ngate: shop\ntarget: {{url: 'http://127.0.0.1:9'}}\nscenarios: {{visitor: {{steps: [{{get: /}}]}}}}\n\
         phases: [{{name: light, users: 2, duration: 60s, criteria: [no errors]}}]\n{fragment}"
    );
    let choice = Choice::default();
    let (config, problems) = config::read("gates.yaml", file.as_bytes(), &choice.environment);
    assert!(problems.is_empty(), "{problems}");
    let read = plan::build(&config.expect("a config"), &choice).unwrap_or_else(|problems| panic!("{problems}"));
    let read = read.regression.expect("there is one");
    let cells = |regression: &plan::Regression| -> Vec<String> {
        regression.cells.iter().map(|cell| cell.name.clone()).collect()
    };
    assert_eq!(cells(&read), cells(plan().regression.as_ref().expect("the usual one")));
    assert!((read.margin - 0.075).abs() < 1e-12);
}

#[test]
fn what_is_not_known_is_not_recommended() {
    let lacking = |needs: &str| Err(format!("it needs {needs}"));
    let found = Calibration { runs: 3, cells: Vec::new(), stored: lacking("8 runs"), interleaved: lacking("16 runs") };
    let text = told(&Calibrated { found, ..calibrated() });
    assert!(text.contains("stored: not known: it needs 8 runs; there were 3 runs."), "{text}");
    assert!(text.contains("nothing is recommended") && !text.contains("margin:"), "{text}");
    let Calibrated { found, .. } = calibrated();
    let none = |mode: Result<Holding, String>| {
        mode.map(|holding| Holding { margin: Err("none up to 50 %".to_owned()), ..holding })
    };
    let found =
        Calibration { stored: none(found.stored.clone()), interleaved: none(found.interleaved.clone()), ..found };
    let text = told(&Calibrated { found, ..calibrated() });
    assert!(
        text.contains("No margin is recommended")
            && text.contains("holds: none up to 50 %")
            && !text.contains("Recommended"),
        "{text}"
    );
}
