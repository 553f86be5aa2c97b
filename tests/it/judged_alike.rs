//! The same requests through a file and through the load engine's recorder get the same verdict.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use stagegate::{
    config,
    foreign::{Cut, Meters, Survey, Tool, claims, survey},
    judge::{PhaseEvidence, PhaseVerdict, phase},
    measure::{Collector, GeneratorHealth, Layout, PhaseEnding, PhaseFacts, PhaseMeasurements, Ramp, Recorder, Sample},
    plan::{self, Choice, EndpointId, FailureKind, Foreign, Plan},
};

const GATES: &str = "version: 1
gate: g
target: {url: demo}
phases:
  - name: light
    users: 5
    duration: 12s
    criteria: [success_rate > 97%, 'p95 < 80ms', 'p95(b) <= 81ms', 'service p99 < 90ms', 'max < 1s', 'mean < 40ms', throughput > 80/s,
               no timeouts, no 5xx, 'requests(a) > 10', 'p50(each) < 40ms', 'error_rate(w) < 10%']
";

/// A file of samples, and the same samples.
fn load() -> (String, Vec<Sample>) {
    let mut random = fastrand::Rng::with_seed(11);
    let mut samples: Vec<Sample> = (0..1500_u64)
        .map(|at| {
            let ms = |ms: u64| Duration::from_millis(ms);
            let longest = if random.u8(..) < 12 { 200 } else { 79 };
            let service = ms(random.u64(1..=longest));
            let failure = match random.u8(..) {
                0..4 => Some(FailureKind::Check),
                4..6 => Some(FailureKind::Timeout),
                _ => None,
            };
            let status = match failure {
                Some(FailureKind::Timeout) => None,
                Some(_) => Some(500),
                None => Some(200),
            };
            let latency = service + ms(random.u64(0..5));
            Sample {
                endpoint: EndpointId(random.u32(0..2)),
                intended: ms(at * 8),
                latency,
                service,
                status,
                failure,
                split: None,
            }
        })
        .collect();
    samples[0].endpoint = EndpointId(0);
    samples.sort_by_key(Sample::ended);
    let mut text = String::new();
    for sample in &samples {
        let name = ["a", "b"][sample.endpoint.index()];
        let tags = ["[]", "[\"w\"]"][sample.endpoint.index()];
        let at = 1_790_000_000_000 + sample.intended.as_millis();
        let how = match (sample.failure, sample.status) {
            (Some(FailureKind::Timeout), _) => "\"error\": \"timeout\"".to_owned(),
            (_, status) => format!("\"status\": {}", status.expect("an answer has one")),
        };
        let (latency, service) = (sample.latency.as_millis(), sample.service.as_millis());
        writeln!(text, "{{\"at\": {at}, \"endpoint\": \"{name}\", \"latency_ms\": {latency}, \"service_ms\": {service}, {how}, \"tags\": {tags}}}")
            .expect("in memory");
    }
    (text, samples)
}

fn plan(found: &Survey) -> Plan {
    let environment = config::Environment::default();
    let (config, problems) = config::read_without_load("gates.yaml", GATES.as_bytes(), &environment);
    let config = config.unwrap_or_else(|| panic!("{problems}"));
    let foreign = Foreign { tool: "ndjson".to_owned(), rows: found.rows().to_vec(), windows: Vec::new() };
    plan::build(&config, &Choice { foreign: Some(foreign), ..Choice::default() }).unwrap_or_else(|why| panic!("{why}"))
}

/// As two workers hand it over once a second.
fn recorded(plan: &Plan, samples: &[Sample], endpoints: &[EndpointId]) -> PhaseMeasurements {
    let layout = Arc::new(Layout::of(plan, &plan.phases[0]));
    let mut workers = [Recorder::new(Arc::clone(&layout)), Recorder::new(Arc::clone(&layout))];
    let mut collector = Collector::new(layout);
    collector.open_window(Duration::ZERO);
    for worker in &mut workers {
        worker.open_window(Duration::ZERO);
    }
    for (second, of_second) in samples.chunk_by(|a, b| a.ended().as_secs() == b.ended().as_secs()).enumerate() {
        for (at, sample) in of_second.iter().enumerate() {
            let worker = &mut workers[(at + second) % 2];
            let endpoint = endpoints[sample.endpoint.index()];
            worker.sending();
            worker.record(&Sample { endpoint, ..*sample });
            if sample.failure == Some(FailureKind::Check) {
                worker.describe_failure(endpoint, "status 500");
            }
        }
        for worker in &mut workers {
            collector.absorb(worker.take());
        }
    }
    let duration = plan.phases[0].duration;
    collector.finish(PhaseFacts {
        ramp: Ramp { started: 5, logged_in: 5, ..Ramp::default() },
        measured: duration,
        ending: PhaseEnding::Completed,
        generator: GeneratorHealth::default(),
    })
}

fn verdict(plan: &Plan, measurements: &PhaseMeasurements) -> PhaseVerdict {
    phase(PhaseEvidence { plan, phase: &plan.phases[0], measurements, gauges: &[] })
}

#[test]
fn a_file_of_samples_gets_the_verdict_of_the_same_load() {
    let (text, samples) = load();
    let mut found = Survey::default();
    survey(Tool::Ndjson, ("f", &mut text.as_bytes()), &mut found).expect("it is read");
    let plan = plan(&found);
    let claims = claims(&plan, &Cut::ByTime, &found).expect("it is one phase");
    let mut meters = Meters::new(&plan, &found, claims);
    meters.count(Tool::Ndjson, ("f", &mut text.as_bytes())).expect("it is read");
    let from_file = verdict(&plan, &meters.finish().phases[0]);

    let by_name = |name: &str| {
        let at = plan.endpoints.iter().position(|endpoint| endpoint.name == name).expect("it is in the file");
        EndpointId(u32::try_from(at).expect("there are two"))
    };
    let measured = verdict(&plan, &recorded(&plan, &samples, &[by_name("a"), by_name("b")]));
    assert_eq!(measured.findings.len(), 13);
    assert!(measured.findings.iter().any(|finding| finding.certain) && measured.failures > 5, "{measured:#?}");
    assert_eq!(from_file.findings, measured.findings);
    assert_eq!(from_file, measured);
}
