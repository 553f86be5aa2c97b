//! Runs for tests, of this room and of those below.

use jiff::{SignedDuration, Timestamp};

use super::{EndpointHistograms, Environment, Key, Outcome, Recording, Run, Runner};

/// A moment, so many minutes after a certain one.
pub(crate) fn minute(minute: i64) -> Timestamp {
    let start: Timestamp = "2026-11-01T00:00:00Z".parse().expect("a time");
    start + SignedDuration::from_mins(minute)
}

pub(crate) fn environment() -> Environment {
    Environment {
        cpu_model: "AMD EPYC 7763".to_owned(),
        cores: 2,
        cpu_quota: None,
        memory: Some(8 << 30),
        os_image: "ubuntu24".to_owned(),
        os_image_version: Some("20261101.1".to_owned()),
        kernel: "6.11.0".to_owned(),
        region: None,
    }
}

pub(crate) fn key() -> Key {
    let Runner { cpu_model, cores, os_image } = environment().runner();
    Key {
        gate: "shop".to_owned(),
        phases: vec!["light: 30 users at 3/s, 0s warm-up, 60s window".to_owned()],
        dataset: "d".to_owned(),
        scenarios: "s".to_owned(),
        target: "demo".to_owned(),
        runner: Runner { cpu_model, cores, os_image },
        tool: None,
    }
}

/// A passed run of `main`, finished at [`minute`] of this number; its p95 is that number in milliseconds.
pub(crate) fn run(at: i64) -> Run {
    Run {
        id: String::new(),
        commit: format!("{at:040x}"),
        branch: "main".to_owned(),
        finished_at: minute(at),
        outcome: Outcome::Passed,
        key: key(),
        environment: environment(),
        ruler_s: Some(1.0),
        values: [("light/p95".to_owned(), at as f64)].into(),
    }
}

pub(crate) fn recording(run: Run) -> Recording {
    let histograms = EndpointHistograms {
        phase: "light".to_owned(),
        scenario: "visitor".to_owned(),
        endpoint: "home".to_owned(),
        latency: "latency".to_owned(),
        service: "service".to_owned(),
        added: String::new(),
    };
    Recording { run, histograms: vec![histograms] }
}
