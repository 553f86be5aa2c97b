//! The bench: a recorded load on which criteria, bands and comparisons are tried.

use super::{
    Judges,
    fault::{Fault, Injection, stretched},
};
use crate::{
    judge::{PhaseEvidence, PhaseVerdict},
    measure::{GaugeSeries, Layout, PhaseMeasurements, Tape},
    plan::{Criterion, EndpointId, Load, Phase, Plan},
};

/// A load that was recorded.
#[derive(Debug, Clone)]
pub(super) struct Recording {
    pub(super) tape: Tape,
    pub(super) load: Load,
    /// By gauge id of the plan.
    pub(super) gauges: Vec<GaugeSeries>,
}

/// One phase on the bench.
pub(super) struct Bench<'a> {
    pub(super) plan: &'a Plan,
    /// As gates.yaml has it.
    pub(super) phase: &'a Phase,
    pub(super) recording: &'a Recording,
    pub(super) judges: &'a Judges,
}

impl Bench<'_> {
    /// The phase as it was recorded, with these criteria only: what it comes to is then due to them.
    pub(super) fn phase(&self, criteria: &[Criterion]) -> Phase {
        let Recording { tape, load, .. } = self.recording;
        Phase { load: *load, duration: tape.window().1, criteria: criteria.to_vec(), ..self.phase.clone() }
    }

    /// The requests counted with a fault in those of these endpoints.
    pub(super) fn play(&self, phase: &Phase, fault: Fault, endpoints: &[EndpointId]) -> PhaseMeasurements {
        let Self { plan, recording: Recording { tape, .. }, .. } = *self;
        let mut injection = Injection { plan, tape, fault, endpoints, seen: 0 };
        tape.play(Layout::of(plan, phase), fault.times, &mut |sample| injection.alter(sample))
    }

    /// The verdict on the phase, by the same judge as in a run.
    pub(super) fn judge(
        &self,
        phase: &Phase,
        measurements: &PhaseMeasurements,
        gauges: &[GaugeSeries],
    ) -> PhaseVerdict {
        (self.judges.phase)(PhaseEvidence { plan: self.plan, phase, measurements, gauges })
    }

    /// The gauges as the phase in its own length would have them.
    pub(super) fn gauges(&self) -> Vec<GaugeSeries> {
        let Recording { tape, gauges, .. } = self.recording;
        gauges.iter().map(|series| stretched(series, tape.window(), self.phase.duration)).collect()
    }

    /// Measured requests of these endpoints.
    pub(super) fn recorded(&self, endpoints: &[EndpointId]) -> u64 {
        self.recording.tape.measured().filter(|sample| endpoints.contains(&sample.endpoint)).count() as u64
    }
}
