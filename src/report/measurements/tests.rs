//! measurements.json, written and read.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use super::*;
use crate::{
    gate::BaseLatency,
    measure::{
        Clock, EndpointMeasurements, Exhaustion, GaugeSample, GaugeSeries, GeneratorHealth, Histogram, Layout,
        MachineShare, Part, PhaseEnding, PhaseMeasurements, Ramp, Scarce, Statement, Threshold, TimeSplit, Window,
    },
    plan::{EndpointId, FailureKind, ScenarioId},
};

const MS: fn(u64) -> Duration = Duration::from_millis;

fn endpoints() -> Vec<Endpoint> {
    let endpoint = |name: &str, login| Endpoint { name: name.to_owned(), tags: vec![], scenario: ScenarioId(0), login };
    vec![endpoint("login hunter2", true), endpoint("dashboard", false)]
}

fn recording() -> MeasuredPhase {
    let threshold =
        Threshold { endpoint: EndpointId(1), clock: Clock::Latency, limit: MS(500), at_limit_exceeds: true };
    let layout = Layout {
        logins: vec![true, false],
        thresholds: vec![threshold],
        ramp: MS(3_333),
        duration: MS(5_000),
        spans: 3,
    };
    let mut dashboard = EndpointMeasurements::new(&layout, EndpointId(1));
    let mut window = Histogram::new();
    for time in (1..2_000).map(MS) {
        dashboard.latency.record(time);
        dashboard.service.record(time / 2);
        window.record(time);
    }
    dashboard.requests = 2_000;
    dashboard.statuses = BTreeMap::from([(200, 1_999), (503, 1)]);
    dashboard.errors = BTreeMap::from([(FailureKind::Check, 1)]);
    dashboard.first_failure = Some((Duration::from_nanos(1_234_567_891), FailureKind::Check));
    dashboard.examples = vec!["status 503 for hunter2\u{1b}[0m".to_owned()];
    let part = Part { count: 3, sum: Duration::from_nanos(12_345_678_901), max: MS(5_120) };
    dashboard.split = TimeSplit { connect: part, first_byte: Part { count: 1_999, ..part }, ..TimeSplit::default() };
    dashboard.spans[0].latency_sum = 0.1 + 0.2;
    dashboard.spans[0].beyond = vec![7];
    let window = Window {
        second: 4,
        endpoint: EndpointId(1),
        requests: 2_000,
        failures: 1,
        errors: BTreeMap::from([(FailureKind::Check, 1)]),
        completed: 1_998,
        answered: Some(MS(4_120)),
        latency: window.encode(),
        service: String::new(),
        added: String::new(),
    };
    let measurements = PhaseMeasurements {
        endpoints: vec![EndpointMeasurements::new(&layout, EndpointId(0)), dashboard],
        layout,
        windows: vec![window],
        ramp: Ramp { started: 2, logged_in: 1, took: MS(321), reasons: vec!["no cookie hunter2".to_owned()] },
        window_start: Some(MS(3_400)),
        measured: MS(5_000),
        extended: true,
        ending: PhaseEnding::FailedEarly,
        generator: GeneratorHealth {
            lateness_p99: MS(1),
            cpu_percent: 12.25,
            run_queue_percent: Some(0.5),
            machine: MachineShare {
                cores_used: Some(0.2),
                cores_allowed: Some(1.5),
                throttled_percent: Some(3.0),
                steal_percent: None,
            },
            ..GeneratorHealth::default()
        },
        sent: 2_010,
        failed: 1,
        summary: None,
    };
    let mut base = Histogram::new();
    (1..1_000).map(MS).for_each(|time| base.record(time));
    let gauge = GaugeSeries {
        name: "app.cpu".to_owned(),
        samples: vec![GaugeSample { at: MS(250), value: 41.7 }],
        attempts: 2,
        planned: 20,
        missing: Some("GET /metrics?key=hunter2 answered 503.".to_owned()),
        silent: true,
    };
    let statement = Statement {
        source: "postgres at db:5432/shop".to_owned(),
        query: "SELECT hunter2".to_owned(),
        calls: 12,
        total: MS(340),
    };
    let (gauges, statements) = (vec![gauge], vec![statement]);
    let statements_unknown = vec!["which statements took most of its time is not known: it was gone".to_owned()];
    let base = vec![BaseLatency::default(), BaseLatency { latency: base, added: Histogram::new() }];
    MeasuredPhase {
        name: "light".to_owned(),
        measurements,
        gauges,
        statements,
        statements_unknown,
        window_at: None,
        base,
    }
}

fn written(recordings: &[MeasuredPhase]) -> String {
    measurements(&endpoints(), recordings, &|text| Cow::Owned(text.replace("hunter2", "***")))
}

#[test]
fn reads_what_it_wrote() {
    let original = recording();
    let text = written(std::slice::from_ref(&original));
    let read = read_measurements(&text).expect("it was just written");
    let [before, after] = [&original, &read[0]].map(|recording| &recording.measurements);
    assert_eq!(
        (after.layout.clone(), after.window_start, after.measured),
        (before.layout.clone(), before.window_start, before.measured)
    );
    assert_eq!((after.ending, after.extended, &after.generator), (before.ending, before.extended, &before.generator));
    let [before, after] = [before, after].map(|measurements| {
        let window = &measurements.windows[0];
        assert_eq!((window.completed, window.answered, window.errors.len()), (1_998, Some(MS(4_120)), 1));
        &measurements.endpoints[1]
    });
    assert_eq!((&after.spans, after.first_failure), (&before.spans, before.first_failure));
    assert_eq!((after.split, after.split.connect.count), (before.split, 3));
    for q in [0.01, 0.5, 0.95, 0.99] {
        assert_eq!(after.latency.quantile(q), before.latency.quantile(q), "{q}");
        assert_eq!(after.service.quantile(q), before.service.quantile(q), "{q}");
    }
    assert_eq!(read[0].gauges[0].samples, recording().gauges[0].samples);
    let base: Vec<_> = read[0].base.iter().map(|base| (base.latency.count(), base.latency.quantile(0.9))).collect();
    assert_eq!(base, [(0, None), (999, original.base[1].latency.quantile(0.9))]);
}

#[test]
fn what_ran_out_is_told_as_a_value_and_by_earlier_releases_in_the_systems_words() {
    let read = |of, words: &str, tells: bool| {
        let mut recording = recording();
        recording.measurements.generator.exhausted = Some(Exhaustion { of, words: words.to_owned() });
        let mut file: serde_json::Value = serde_json::from_str(&written(&[recording])).expect("it is JSON");
        let generator = file["phases"][0]["generator"].as_object_mut().expect("an object");
        assert!(generator.contains_key("exhausted_of"));
        if !tells {
            generator.remove("exhausted_of");
        }
        let read = read_measurements(&file.to_string()).expect("it is read");
        let Exhaustion { of, words: seen } = read[0].measurements.generator.exhausted.clone().expect("it is kept");
        assert_eq!(seen, words);
        of
    };
    for of in [Scarce::Descriptors, Scarce::Ports, Scarce::Bodies] {
        assert_eq!(read(of, "it is full", true), of);
    }
    assert_eq!(read(Scarce::Ports, "Cannot assign requested address (os error 99)", false), Scarce::Ports);
    assert_eq!(read(Scarce::Descriptors, "Too many open files (os error 24)", false), Scarce::Descriptors);
}

#[test]
fn files_of_earlier_releases_have_no_parts_of_the_time_and_no_base() {
    let mut file: serde_json::Value = serde_json::from_str(&written(&[recording()])).expect("it is JSON");
    for endpoint in file["phases"][0]["endpoints"].as_array_mut().expect("endpoints") {
        endpoint.as_object_mut().expect("an object").remove("time_split").expect("it is written");
    }
    file["phases"][0].as_object_mut().expect("an object").remove("base").expect("it is written");
    let read = read_measurements(&file.to_string()).expect("it is read as before");
    assert!(read[0].base.is_empty());
    assert_eq!(read[0].measurements.endpoints[1].split, TimeSplit::default());
    assert_eq!(read[0].measurements.endpoints[1].requests, 2_000);
}

#[test]
fn masks_and_cleans_every_string() {
    let text = written(&[recording()]);
    assert!(!text.contains("hunter2") && !text.contains("\\u001b"), "{text}");
    assert_eq!(text.matches("***").count(), 5);
}

#[test]
fn refuses_what_it_cannot_read() {
    let reason = |text: &str| read_measurements(text).expect_err("it is refused").to_string();
    assert!(reason("").starts_with("it holds no measurements: EOF"));
    assert!(reason(r#"{"schema": "stagegate/measurements/2"}"#).contains("reads `stagegate/measurements/1`"));
    let text = written(&[recording()]);
    let damaged = text.replacen("\"hdr\":\"HISTF", "\"hdr\":\"AAAAA", 2);
    assert_ne!(damaged, text);
    assert!(reason(&damaged).starts_with("phase light, endpoint 1: the histogram is not"), "{}", reason(&damaged));
    let late = text.replace("\"window_start_s\":3.4", "\"window_start_s\":-3.4");
    assert_eq!(reason(&late), "`-3.4` is not a number of seconds since the phase began");
}
