//! The room from its front door: measurements as a worker would record them, and what came of them.

mod changes;
mod criteria;
mod diagnosis;
mod early;
mod gauges;
mod generators;
mod ladder;
mod no_data;
mod onset;
mod operating;
mod outages;
mod pauses;
mod phases;
mod policies;
mod runs;
mod statements;
mod summed_up;
mod waivers;

use std::{sync::Arc, time::Duration};

use super::{Finding, PhaseEvidence, PhaseVerdict};
use crate::measure::{
    Collector, GaugeSample, GaugeSeries, GeneratorHealth, Layout, PhaseEnding, PhaseFacts, PhaseMeasurements, Ramp,
    Recorder, Sample,
};
use crate::plan::{
    self, Arrivals, Count, Criterion, Endpoint, EndpointId, FailureKind, Gauge, GaugeId, Judged, Level, Limit, Load,
    Metric, Op, Phase, Place, Plan, Policy, Reaction, ScenarioId, Stages, Subject, Uncertain,
};

/// The endpoint of most tests.
const PAGE: EndpointId = EndpointId(0);
/// A second one.
const CHART: EndpointId = EndpointId(1);
/// A login step.
const LOGIN: EndpointId = EndpointId(2);
/// An endpoint that nothing reaches.
const GHOST: EndpointId = EndpointId(3);

/// The window starts here; it is 60 s long.
const OPENING: Duration = Duration::from_secs(5);

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A phase with its measurements, built up in a few lines.
struct Case {
    plan: Plan,
    phase: Phase,
    samples: Vec<Sample>,
    examples: Vec<(EndpointId, &'static str)>,
    gauges: Vec<GaugeSeries>,
    facts: PhaseFacts,
    extended: bool,
}

impl Case {
    /// A phase of 30 users with one criterion.
    fn of(subject: Subject) -> Self {
        let facts = PhaseFacts {
            ramp: Ramp { started: 30, logged_in: 30, took: ms(3_000), reasons: Vec::new() },
            measured: ms(60_000),
            ending: PhaseEnding::Completed,
            generator: GeneratorHealth::default(),
        };
        Self {
            plan: plan(),
            phase: phase("light", 30, vec![criterion("the criterion", subject)]),
            samples: Vec::new(),
            examples: Vec::new(),
            gauges: Vec::new(),
            facts,
            extended: false,
        }
    }

    /// One more criterion.
    fn and(mut self, text: &str, subject: Subject) -> Self {
        self.phase.criteria.push(criterion(text, subject));
        self
    }

    /// The first criterion only warns.
    fn warns(mut self) -> Self {
        self.phase.criteria[0].level = Level::Warn;
        self
    }

    fn policy(mut self, uncertain: Uncertain, no_data: Reaction) -> Self {
        self.plan.policy.uncertain_criterion = uncertain;
        self.plan.policy.no_data = no_data;
        self
    }

    fn ending(mut self, ending: PhaseEnding) -> Self {
        self.facts.ending = ending;
        self
    }

    /// So many successes of one latency, spread evenly over the window.
    fn requests(self, endpoint: EndpointId, count: u64, latency: Duration) -> Self {
        self.each(endpoint, count, |sample| Sample { latency, service: latency, ..sample })
    }

    /// So many successes that waited before they were sent.
    fn late(self, endpoint: EndpointId, count: u64, latency: Duration, service: Duration) -> Self {
        self.each(endpoint, count, |sample| Sample { latency, service, ..sample })
    }

    /// So many failures, spread evenly over the window.
    fn failures(self, endpoint: EndpointId, count: u64, kind: FailureKind, status: Option<u16>) -> Self {
        self.each(endpoint, count, |sample| Sample { failure: Some(kind), status, ..sample })
    }

    fn each(mut self, endpoint: EndpointId, count: u64, change: impl Fn(Sample) -> Sample) -> Self {
        for index in 0..count {
            let intended = OPENING + Duration::from_nanos(60_000_000_000 * index / count);
            let (latency, service) = (ms(10), ms(10));
            self.samples.push(change(Sample {
                endpoint,
                intended,
                latency,
                service,
                status: Some(200),
                failure: None,
                split: None,
            }));
        }
        self
    }

    /// Readings of `app.cpu`, one a second.
    fn readings(mut self, values: &[f64]) -> Self {
        let at = |second: usize| OPENING + Duration::from_secs(second as u64);
        let samples = values.iter().enumerate().map(|(second, value)| GaugeSample { at: at(second), value: *value });
        self.gauges.push(GaugeSeries {
            name: "app.cpu".to_owned(),
            samples: samples.collect(),
            attempts: values.len() as u64,
            planned: 0,
            missing: None,
            silent: false,
        });
        self
    }

    /// The window has room for so many readings.
    fn room_for(mut self, planned: u64) -> Self {
        self.gauges.last_mut().expect("there are readings").planned = planned;
        self
    }

    fn silent(mut self) -> Self {
        let series = self.gauges.last_mut().expect("there are readings");
        series.attempts += 3;
        series.missing = Some("connection refused".to_owned());
        series.silent = true;
        self
    }

    fn measurements(&self) -> PhaseMeasurements {
        let layout = Arc::new(Layout::of(&self.plan, &self.phase));
        let mut recorder = Recorder::new(Arc::clone(&layout));
        recorder.open_window(OPENING);
        for sample in &self.samples {
            recorder.record(sample);
        }
        for (endpoint, example) in &self.examples {
            recorder.describe_failure(*endpoint, example);
        }
        let mut collector = Collector::new(layout);
        collector.open_window(OPENING);
        if self.extended {
            collector.extend();
        }
        collector.absorb(recorder.take());
        collector.finish(self.facts.clone())
    }

    fn judge(&self) -> PhaseVerdict {
        let measurements = self.measurements();
        let Self { plan, phase, gauges, .. } = self;
        super::phase(PhaseEvidence { plan, phase, measurements: &measurements, gauges })
    }

    /// The finding of the first criterion.
    fn finding(&self) -> Finding {
        self.judge().findings.into_iter().find(|finding| finding.criterion == "the criterion").expect("it is judged")
    }
}

pub(super) fn plan() -> Plan {
    let endpoint = |name: &str, login| Endpoint { name: name.to_owned(), tags: vec![], scenario: ScenarioId(0), login };
    let gauge = |name: &str| Gauge { name: name.to_owned(), band: Some(plan::Band { warning: 60.0, critical: 80.0 }) };
    Plan {
        gate: "ahsp".to_owned(),
        profile: plan::Profile { name: "default".to_owned(), time_scale: 1.0, extend: false },
        seed: 7,
        commit: "dev".to_owned(),
        target: plan::Target {
            url: None,
            allow: vec![],
            timeout: ms(10_000),
            headers: vec![],
            http: plan::Http::H1,
            connections: plan::Connections::Keep,
            resolve: Vec::new(),
            proxy: None,
            trace: false,
            tls: plan::Tls { ca: None, verify: true },
            ready: None,
            start: None,
        },
        preflight: vec![],
        scenarios: vec![],
        endpoints: vec![
            endpoint("dashboard", false),
            endpoint("chart data", false),
            endpoint("login", true),
            endpoint("ghost", false),
        ],
        columns: vec![],
        datasets: vec![],
        monitors: vec![],
        gauges: vec![gauge("app.cpu")],
        phases: vec![],
        recovery: None,
        integrity: vec![],
        cleanup: vec![],
        against: None,
        regression: None,
        policy: Policy {
            uncertain_criterion: Uncertain::Observed,
            uncertain_regression: Reaction::Warn,
            no_data: Reaction::Fail,
        },
        publish: plan::Publish {
            junit: None,
            markdown: None,
            html: None,
            csv: None,
            metrics: None,
            github: plan::GitHub::default(),
        },
        deadline: None,
        without_effect: vec![],
        foreign: None,
    }
}

pub(super) fn stages(levels: &[(f64, f64, f64)]) -> Stages {
    Stages::of(levels.iter().map(|&(from, to, share)| plan::Stage { from, to, share }).collect())
}

pub(super) fn phase(name: &str, users: u32, criteria: Vec<Criterion>) -> Phase {
    Phase {
        name: name.to_owned(),
        position: 0,
        load: Load::Closed { users, spawn_rate: 10.0 },
        stages: Stages::default(),
        arrivals: Arrivals::Constant,
        warmup: Duration::ZERO,
        duration: ms(60_000),
        rows: Arc::new([]),
        data: vec![],
        criteria,
        place: place(10),
    }
}

fn place(line: u32) -> Place {
    Place { file: Arc::from("gates.yaml"), line, column: 5 }
}

fn criterion(text: &str, subject: Subject) -> Criterion {
    Criterion { text: text.to_owned(), level: Level::Block, place: place(12), subject }
}

/// Every endpoint that is not a login's.
fn everything() -> Vec<Judged> {
    vec![Judged { name: None, endpoints: vec![PAGE, CHART, GHOST] }]
}

fn only(endpoint: EndpointId) -> Vec<Judged> {
    vec![Judged { name: None, endpoints: vec![endpoint] }]
}

fn metric_on(judged: Vec<Judged>, metric: Metric, op: Op, limit: Limit) -> Subject {
    Subject::Metric { metric, service: false, judged, op, limit }
}

fn metric(metric: Metric, op: Op, limit: Limit) -> Subject {
    metric_on(everything(), metric, op, limit)
}

/// `pN OP limit` in milliseconds, over everything.
fn quantile(q: f64, op: Op, limit: u64) -> Subject {
    metric(Metric::Quantile(q), op, Limit::Time(ms(limit)))
}

fn success_rate(op: Op, share: f64) -> Subject {
    metric(Metric::SuccessRate, op, Limit::Share(share))
}

fn no(count: Count) -> Subject {
    Subject::No { count, judged: everything() }
}

fn no_at(endpoint: EndpointId, count: Count) -> Subject {
    Subject::No { count, judged: only(endpoint) }
}

fn cpu(op: Op, limit: f64, hold: Option<Duration>) -> Subject {
    Subject::Gauge { gauge: GaugeId(0), op, limit, hold }
}
