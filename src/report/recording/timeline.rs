//! The phases of a run on one axis of time.

use jiff::Timestamp;

use super::Recording;
use crate::{
    gate::MeasuredPhase,
    judge::{Outcome, PhaseVerdict, Verdict},
};

/// Later than this after the phase before, a clock was wrong: phases then follow each other without a gap.
const LONGEST_GAP: f64 = 6.0 * 3600.0;

/// A phase with its place.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Part<'a> {
    /// What it came to.
    pub(in crate::report) verdict: &'a PhaseVerdict,
    /// What was measured in it.
    pub(in crate::report) measured: &'a MeasuredPhase,
    /// When it began, in seconds since the first phase did.
    pub(in crate::report) origin: f64,
}

impl Part<'_> {
    /// A moment of the phase on the axis.
    pub(in crate::report) fn at(&self, since_origin: f64) -> f64 {
        self.origin + since_origin
    }

    /// The start and the end of its measured window on the axis; `None` where it never opened.
    pub(in crate::report) fn window(&self) -> Option<[f64; 2]> {
        let start = self.at(self.measured.measurements.window_start?.as_secs_f64());
        Some([start, start + self.measured.measurements.measured.as_secs_f64()])
    }

    /// When it ended.
    pub(in crate::report) fn end(&self) -> f64 {
        let took = self.measured.measurements.ramp.took.as_secs_f64();
        self.window().map_or(self.at(took), |[_, end]| end)
    }
}

/// The phases that were measured, in order of time. Their distances are those of the clock; a phase without a time of day
/// (an interleaved one, whose slices have pauses) begins where the one before ended.
pub(in crate::report) fn parts<'a>(verdict: &'a Verdict, recording: &'a Recording<'_>) -> Vec<Part<'a>> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    let mut zero: Option<Timestamp> = None;
    for phase in verdict.phases.iter().filter(|phase| phase.outcome != Outcome::NotRun) {
        let Some(measured) = recording.phase(&phase.name) else { continue };
        let before = parts.last().map_or(0.0, Part::end);
        let window = phase.window_at.as_ref().and_then(|at| at.parse::<Timestamp>().ok());
        let opened = measured.measurements.window_start.unwrap_or_default().as_secs_f64();
        let zero = *zero.get_or_insert(window.unwrap_or_default());
        let by_clock = window.map(|at| at.duration_since(zero).as_secs_f64() - opened + first_opened(&parts, opened));
        let origin = by_clock.filter(|at| (before..before + LONGEST_GAP).contains(at)).unwrap_or(before);
        parts.push(Part { verdict: phase, measured, origin });
    }
    parts
}

/// How long after its origin the window of the first phase opened: the axis begins at that origin.
fn first_opened(parts: &[Part<'_>], own: f64) -> f64 {
    let first = parts.first().map(|part| part.measured.measurements.window_start.unwrap_or_default().as_secs_f64());
    first.unwrap_or(own)
}
