//! Which requests belong to which phase, and what comes of it.

use std::fmt::Write as _;

use super::super::{Cut, Measured, Meters, Survey, Tool, Window, claims, survey};
use crate::{
    config,
    measure::PhaseEnding,
    plan::{self, Choice, Foreign, Plan},
};

/// Two phases of 10 s, the second with a ramp of 2 s and a warm-up of 3 s.
const GATES: &str = "version: 1
gate: g
target: {url: https://shop.example.com}
phases:
  - {name: light, users: 10, duration: 10s, criteria: [no errors]}
  - {name: heavy, users: 20, spawn_rate: 10/s, warmup: 3s, duration: 10s, criteria: ['p95(cart) < 1s']}
";

/// A sample every 100 ms that lasts 50 ms, so many of them, from 1,790,000,000 s on.
fn samples(from: u64, count: u64, more: &str) -> String {
    let mut text = String::new();
    for at in (0..count).rev() {
        let at = 1_790_000_000_000 + from + at * 100;
        writeln!(text, r#"{{"at": {at}, "endpoint": "page", "service_ms": 50, "ok": true{more}}}"#).expect("in memory");
    }
    text
}

fn found(files: &[&str]) -> Survey {
    let mut found = Survey::default();
    for file in files {
        survey(Tool::Ndjson, ("f", &mut file.as_bytes()), &mut found).unwrap_or_else(|error| panic!("{error}"));
    }
    found
}

fn plan(found: &Survey, windows: Vec<(String, std::time::Duration)>) -> Plan {
    let environment = config::Environment::default();
    let (config, problems) = config::read_without_load("gates.yaml", GATES.as_bytes(), &environment);
    let config = config.unwrap_or_else(|| panic!("{problems}"));
    let foreign = Foreign { tool: "ndjson".to_owned(), rows: found.rows().to_vec(), windows };
    plan::build(&config, &Choice { foreign: Some(foreign), ..Choice::default() }).unwrap_or_else(|why| panic!("{why}"))
}

fn measured(files: &[&str], cut: &Cut) -> Measured {
    let found = found(files);
    let plan = plan(&found, Vec::new());
    let claims = claims(&plan, cut, &found).unwrap_or_else(|error| panic!("{error}"));
    let mut meters = Meters::new(&plan, &found, claims);
    for file in files {
        meters.count(Tool::Ndjson, ("f", &mut file.as_bytes())).unwrap_or_else(|error| panic!("{error}"));
    }
    meters.finish()
}

fn counts(measured: &Measured) -> Vec<(u64, PhaseEnding)> {
    measured.phases.iter().map(|phase| (phase.endpoints[0].requests, phase.ending)).collect()
}

#[test]
fn one_recording_is_cut_by_ramp_warm_up_and_window_from_its_first_request() {
    let measured = measured(&[&samples(0, 260, "")], &Cut::ByTime);
    let whole = PhaseEnding::Completed;
    assert_eq!(counts(&measured), [(100, whole), (100, whole)]);
    assert_eq!((measured.outside, measured.unclaimed), (60, (10, 0)), "50 of ramp and warm-up, 10 behind");
    let spans: Vec<u64> = measured.phases[1].endpoints[0].spans.iter().map(|span| span.requests).collect();
    assert_eq!(spans.len(), 30);
    assert!(spans.iter().all(|count| (3..=4).contains(count)), "{spans:?}");
}

#[test]
fn files_of_phases_need_not_follow_one_another() {
    let (light, heavy) = (samples(900_000, 100, ""), samples(0, 150, ""));
    let cut = Cut::ByFile(vec![("light".to_owned(), vec![0]), ("heavy".to_owned(), vec![1])]);
    let whole = PhaseEnding::Completed;
    assert_eq!(counts(&measured(&[&light, &heavy], &cut)), [(100, whole), (100, whole)]);
    let (first, second) = (samples(0, 50, ""), samples(5_000, 50, ""));
    let both = Cut::ByFile(vec![("light".to_owned(), vec![0, 1]), ("heavy".to_owned(), vec![2])]);
    assert_eq!(counts(&measured(&[&first, &second, &heavy], &both)), [(100, whole), (100, whole)]);
}

#[test]
fn samples_that_name_their_phase_are_its() {
    let text = [samples(0, 150, r#", "phase": "heavy""#), samples(0, 100, r#", "phase": "light""#), samples(0, 7, "")];
    let measured = measured(&[&text.concat()], &Cut::ByTime);
    assert_eq!(counts(&measured), [(100, PhaseEnding::Completed), (100, PhaseEnding::Completed)]);
    assert_eq!(measured.unclaimed, (7, 0));
    let other = found(&[&samples(0, 1, r#", "phase": "hevy""#)]);
    let error = claims(&plan(&other, Vec::new()), &Cut::ByTime, &other).expect_err("none is planned").to_string();
    assert!(error.contains("phases hevy, and gates.yaml has light, heavy"), "{error}");
}

#[test]
fn windows_of_the_command_line_take_the_place_of_those_of_the_file() {
    let text = samples(0, 260, "");
    let found = found(&[&text]);
    let read = |text: &str| Window::read(text).unwrap_or_else(|| panic!("{text}"));
    let windows =
        [("light", "5s..8s"), ("heavy", "2026-09-21T14:13:30Z..")].map(|(name, text)| (name.to_owned(), read(text)));
    let extent = found.extent(&[0], None).expect("there are requests");
    let lengths = windows
        .iter()
        .map(|(name, window)| (name.clone(), window.within(name, extent).expect("it is right").1))
        .collect();
    let plan = plan(&found, lengths);
    let claims = claims(&plan, &Cut::ByWindow(windows.to_vec()), &found).unwrap_or_else(|error| panic!("{error}"));
    let mut meters = Meters::new(&plan, &found, claims);
    meters.count(Tool::Ndjson, ("f", &mut text.as_bytes())).expect("it is read");
    let measured = meters.finish();
    assert_eq!(counts(&measured), [(30, PhaseEnding::Completed), (160, PhaseEnding::Completed)]);
    assert!(read("9s..3s").within("light", extent).is_err_and(|error| error.to_string().contains("--phase light")));
    for path in ["", "..", "../a.json", "a..b", "light.json", "1s...2s"] {
        assert_eq!(Window::read(path), None, "{path}");
    }
}

#[test]
fn a_load_that_ended_early_is_a_part_and_an_empty_file_is_nothing() {
    let part = counts(&measured(
        &[&samples(0, 80, ""), &samples(0, 150, "")],
        &Cut::ByFile(vec![("light".to_owned(), vec![0]), ("heavy".to_owned(), vec![1])]),
    ));
    assert_eq!(part, [(80, PhaseEnding::Interrupted), (100, PhaseEnding::Completed)]);
    let nothing = counts(&measured(&[""], &Cut::ByTime));
    assert_eq!(nothing, [(0, PhaseEnding::Interrupted), (0, PhaseEnding::Interrupted)]);
}

#[test]
fn a_name_that_no_file_holds_has_no_requests_and_is_told() {
    let plan = plan(&found(&[&samples(0, 1, "")]), Vec::new());
    assert_eq!(plan.endpoints[1].name, "cart");
    let said = plan.without_effect.join(" ");
    assert!(said.contains("`cart` (gates.yaml:6); there is `page`"), "{said}");
}

#[test]
fn a_name_for_each_request_is_refused() {
    let mut text = String::new();
    for at in 0..1_001 {
        writeln!(text, r#"{{"at": 1790000000000, "endpoint": "item {at}", "service_ms": 5, "ok": true}}"#)
            .expect("in memory");
    }
    let error = survey(Tool::Ndjson, ("f", &mut text.as_bytes()), &mut Survey::default()).expect_err("too many");
    assert!(error.to_string().contains("more than 1000 kinds of request"), "{error}");
}
