//! The room from its front door: samples as a worker would record them, and what came of them.

mod counting;
mod joining;
mod merging;
mod silences;
mod splits;
mod tapes;

use std::{sync::Arc, time::Duration};

use super::{
    Clock, Collector, EndpointMeasurements, GeneratorHealth, Histogram, Layout, PhaseEnding, PhaseFacts,
    PhaseMeasurements, Ramp, Recorder, SPANS, Sample, Threshold, Unanswered,
};
use crate::plan::{EndpointId, FailureKind};

const PAGE: EndpointId = EndpointId(0);
const LOGIN: EndpointId = EndpointId(1);

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn limit(endpoint: EndpointId, clock: Clock, limit: Duration, at_limit_exceeds: bool) -> Threshold {
    Threshold { endpoint, clock, limit, at_limit_exceeds }
}

/// A page and a login; a ramp of 3 s, a window of 30 s.
fn layout() -> Arc<Layout> {
    Arc::new(Layout {
        logins: vec![false, true],
        thresholds: vec![
            limit(PAGE, Clock::Latency, ms(100), true),
            limit(PAGE, Clock::Latency, ms(100), false),
            limit(PAGE, Clock::Service, ms(100), true),
            limit(LOGIN, Clock::Latency, ms(100), true),
        ],
        ramp: ms(3_000),
        duration: ms(30_000),
        spans: SPANS,
    })
}

fn success(endpoint: EndpointId, intended: u64, latency: Duration) -> Sample {
    let service = latency.saturating_sub(ms(10));
    Sample { endpoint, intended: ms(intended), latency, service, status: Some(200), failure: None, split: None }
}

fn failure(endpoint: EndpointId, intended: u64, latency: Duration, kind: FailureKind) -> Sample {
    Sample { failure: Some(kind), status: None, ..success(endpoint, intended, latency) }
}

fn facts() -> PhaseFacts {
    PhaseFacts {
        ramp: Ramp::default(),
        measured: ms(30_000),
        ending: PhaseEnding::Completed,
        generator: GeneratorHealth::default(),
    }
}

/// What comes of these samples when the window is 10 s to 40 s.
fn measured(samples: &[Sample]) -> PhaseMeasurements {
    measured_with(samples, facts())
}

fn measured_with(samples: &[Sample], facts: PhaseFacts) -> PhaseMeasurements {
    let mut recorder = Recorder::new(layout());
    recorder.open_window(ms(10_000));
    for sample in samples {
        recorder.record(sample);
    }
    let mut collector = Collector::new(layout());
    collector.open_window(ms(10_000));
    collector.absorb(recorder.take());
    collector.finish(facts)
}

fn page(measurements: &PhaseMeasurements) -> &EndpointMeasurements {
    &measurements.endpoints[PAGE.index()]
}
