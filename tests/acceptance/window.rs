//! Simulated windows: requests that exceed a limit in bursts, judged through the judge's front door.

use std::time::Duration;

use fastrand::Rng;
use stagegate::{
    config::{self, Environment},
    judge::{self, PhaseEvidence, PhaseVerdict},
    measure::{EndpointMeasurements, GeneratorHealth, Histogram, Layout, PhaseEnding, PhaseMeasurements, Ramp, SPANS},
    plan::{self, Choice, EndpointId, FailureKind, Plan},
};

/// Requests of one window, as check 7 has them.
pub(crate) const REQUESTS: u64 = 12_000;

/// A plan of one phase with these criteria, which is never extended.
pub(crate) fn gate(criteria: &str) -> Plan {
    let text = format!(
        "version: 1\ngate: acceptance\ntarget: {{url: 'http://127.0.0.1:1'}}\n\
         scenarios: {{visitor: {{steps: [{{get: /, name: page}}, {{get: /rare, name: rare}}], think: 1s}}}}\n\
         phases:\n  - {{name: only, users: 10, spawn_rate: 10/s, duration: 60s, criteria: [{criteria}]}}\n\
         profiles: {{default: {{extend: false}}}}\n"
    );
    let (config, problems) = config::read("gates.yaml", text.as_bytes(), &Environment::default());
    assert!(problems.is_empty(), "{problems}");
    let choice = Choice { seed: 7, commit: "dev".to_owned(), ..Choice::default() };
    plan::build(&config.expect("a config"), &choice).unwrap_or_else(|problems| panic!("{problems}"))
}

/// For each span, the requests and those of them that are beyond the limit: a chain of two states that stays as long as
/// a burst is, so that in the long run the share `p` is beyond.
pub(crate) fn spans(rng: &mut Rng, p: f64, burst: f64) -> Vec<(u64, u64)> {
    let (leave, enter) = if burst > 0.0 { (1.0 / burst, p / (1.0 - p) / burst) } else { (1.0 - p, p) };
    let mut spans = vec![(0, 0); SPANS];
    let mut beyond = rng.f64() < p;
    for index in 0..REQUESTS {
        let span = &mut spans[(index * SPANS as u64 / REQUESTS) as usize];
        span.0 += 1;
        span.1 += u64::from(beyond);
        beyond = if beyond { rng.f64() >= leave } else { rng.f64() < enter };
    }
    spans
}

/// The measurements of a window: what is beyond the limit of every latency criterion also failed, so that a criterion on
/// a percentile and one on a rate see the same.
pub(crate) fn measured(plan: &Plan, spans: &[(u64, u64)]) -> PhaseMeasurements {
    let layout = Layout::of(plan, &plan.phases[0]);
    let mut page = EndpointMeasurements::new(&layout, EndpointId(0));
    for (counts, (requests, beyond)) in page.spans.iter_mut().zip(spans) {
        (counts.requests, counts.timed, counts.failures) = (*requests, *requests, *beyond);
        counts.beyond.fill(*beyond);
    }
    let (requests, beyond): (u64, u64) = spans.iter().fold((0, 0), |sum, span| (sum.0 + span.0, sum.1 + span.1));
    page.requests = requests;
    page.latency = times(requests - beyond, beyond);
    page.service = page.latency.clone();
    if beyond > 0 {
        page.errors.insert(FailureKind::Timeout, beyond);
    }
    let rare = EndpointMeasurements::new(&layout, EndpointId(1));
    PhaseMeasurements {
        measured: layout.duration,
        layout,
        endpoints: vec![page, rare],
        windows: Vec::new(),
        ramp: Ramp { started: 10, logged_in: 10, ..Ramp::default() },
        window_start: Some(Duration::ZERO),
        extended: false,
        ending: PhaseEnding::Completed,
        generator: GeneratorHealth::default(),
        sent: requests,
        failed: beyond,
        summary: None,
    }
}

/// Few values are enough to stand for many.
fn times(within: u64, beyond: u64) -> Histogram {
    let mut times = Histogram::new();
    for (count, millis) in [(within, 100), (beyond, 900)] {
        for _ in 0..count.min(20).max(count / 600) {
            times.record(Duration::from_millis(millis));
        }
    }
    times
}

/// The verdict on a window.
pub(crate) fn verdict(plan: &Plan, measurements: &PhaseMeasurements) -> PhaseVerdict {
    judge::phase(PhaseEvidence { plan, phase: &plan.phases[0], measurements, gauges: &[] })
}

/// Whether a look after so many spans stops the phase.
pub(crate) fn stops(plan: &Plan, measurements: &PhaseMeasurements, complete: usize) -> bool {
    judge::failed_early(PhaseEvidence { plan, phase: &plan.phases[0], measurements, gauges: &[] }, complete, 0)
}
