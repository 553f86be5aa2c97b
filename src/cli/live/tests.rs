//! The log of a run outside of a terminal, as events of a run come in.

use std::{borrow::Cow, time::Duration};

use super::*;
use crate::{
    gate::Stage,
    judge::Standing,
    report::{Colour, Detail},
};

/// What a run says of a phase in which so many seconds pass.
fn said(variables: &[(&str, &str)], loudness: Loudness, seconds: u64) -> Vec<String> {
    let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let narrator = Narrator::new(Box::new(|text| Cow::Borrowed(text)), Colour::Off, Detail::Failures);
    let mut log = Vec::new();
    let mut live = Live::writing_to(Box::new(&mut log), narrator, loudness, &environment);
    live.show(&Event::PhaseStarted {
        name: "light".to_owned(),
        number: 1,
        users: 5,
        rate: None,
        duration: Duration::from_secs(30),
    });
    for second in 1..=seconds {
        live.show(&Event::Progress(Progress {
            phase: "light".to_owned(),
            stage: Stage::Window,
            users: 5,
            rate: 50.0,
            p95: None,
            failures: 0,
            share: 0.5,
            left: Duration::from_secs(90 - second),
            standing: Standing::default(),
        }));
    }
    live.show(&Event::RecoveryStarted);
    drop(live);
    let log = String::from_utf8(log).expect("it is text");
    log.lines().map(str::to_owned).collect()
}

const TITLE: &str = "phase 1 of 0, light: 5 users, window 30 s";
const RECOVERY: &str = "recovery: waiting until the app is back";

#[test]
fn every_ten_seconds_a_line_inside_the_group_of_the_phase() {
    let lines = said(&[("CI", "true"), ("GITHUB_ACTIONS", "true")], Loudness::Normal, 29);
    let [begin, tenth, twentieth, end, behind] = &lines[..] else { panic!("{lines:#?}") };
    assert_eq!((begin, end.as_str(), behind.as_str()), (&format!("::group::{TITLE}"), "::endgroup::", RECOVERY));
    assert!(tenth.starts_with("  light 5 users ") && tenth.ends_with(" 1 min 20 s left"), "{tenth}");
    assert!(twentieth.ends_with(" 1 min 10 s left"), "{twentieth}");
}

#[test]
fn gitlab_has_sections_of_names_of_their_own() {
    let lines = said(&[("CI", "true"), ("GITLAB_CI", "true")], Loudness::Normal, 10);
    let [begin, tenth, end, behind] = &lines[..] else { panic!("{lines:#?}") };
    let parts: Vec<&str> = begin.split([':', '[', '\r']).collect();
    let ["\u{1b}", "0Ksection_start", since, name, "collapsed=true]", ..] = parts[..] else { panic!("{begin:?}") };
    assert!(since.parse::<u64>().is_ok() && name.starts_with("stagegate_"), "{begin:?}");
    assert!(begin.ends_with(&format!("\r\u{1b}[0K{TITLE}")), "{begin:?}");
    let ended: Vec<&str> = end.split([':', '\r']).collect();
    let ["\u{1b}[0Ksection_end", at, same, "\u{1b}[0K"] = ended[..] else { panic!("{end:?}") };
    assert!(at >= since && same == name, "{begin:?} {end:?}");
    assert!(tenth.contains(" left") && behind == RECOVERY, "{lines:#?}");
}

#[test]
fn elsewhere_the_lines_alone() {
    let lines = said(&[("CI", "true")], Loudness::Normal, 10);
    let [begin, tenth, behind] = &lines[..] else { panic!("{lines:#?}") };
    assert!(begin == TITLE && tenth.contains(" left") && behind == RECOVERY, "{lines:#?}");
    assert_eq!(said(&[("CI", "true")], Loudness::Verbose, 10).len(), 12, "with -v each second");
    assert!(said(&[("CI", "true"), ("GITHUB_ACTIONS", "true")], Loudness::Quiet, 10).is_empty());
}
