//! A load that another tool made: no corridor is walked, but the verdict is made of it as of a load of the gate's own.

use jiff::Timestamp;

use super::{Against, Finished, MeasuredPhase, corridor::target_name, record::Record, setup::Closing};
use crate::{
    judge::{Extent, Source},
    measure::{GaugeSeries, PhaseMeasurements},
    plan::Plan,
    preflight::Sent,
};

/// What another tool measured.
#[derive(Debug)]
pub struct ForeignRun {
    /// By phase of the plan: what was measured, and when its window began.
    pub phases: Vec<(PhaseMeasurements, Option<Timestamp>)>,
    /// When the first request started and the last one ended; `None` without any.
    pub extent: Option<(Timestamp, Timestamp)>,
    /// Requests that are of no phase, and failures among them.
    pub unclaimed: (u64, u64),
    /// The tool and its files.
    pub source: Source,
    /// Remarks that every report shows.
    pub notes: Vec<String>,
    /// The command that judges it again.
    pub repeat: String,
    /// What the cells are compared with; `None` where gates.yaml asks for no comparison.
    pub against: Option<Against>,
}

/// Judges it. Every phase is judged, also those behind one that failed: their load has been made.
pub fn judge_foreign(plan: &Plan, run: ForeignRun) -> Finished {
    let ForeignRun { phases, extent, unclaimed, source, notes, repeat, against } = run;
    let notes = notes.into_iter().chain(plan.without_effect.iter().cloned()).collect();
    let (start, end) = extent.unwrap_or_else(|| (Timestamp::now(), Timestamp::now()));
    let mut record = Record::begin_at(start, target_name(plan), notes);
    record.finished_at = Some(end);
    record.source = Some(source);
    record.count(Sent { requests: unclaimed.0, failures: unclaimed.1 });
    for (phase, (measurements, window_at)) in plan.phases.iter().zip(phases) {
        let measured = MeasuredPhase {
            name: phase.name.clone(),
            measurements,
            gauges: unread(plan),
            statements: Vec::new(),
            statements_unknown: Vec::new(),
            window_at,
            base: Vec::new(),
        };
        record.judge(plan, (phase, 1), measured);
    }
    record.conclude(&Closing {
        plan,
        extent: Extent::Ladder,
        repeat: &repeat,
        against: against.as_ref(),
        repetitions: 1,
    })
}

/// Gauges that nobody read.
fn unread(plan: &Plan) -> Vec<GaugeSeries> {
    let because = "another tool made the load, and `judge` reads no monitor";
    let series =
        |name: &String| GaugeSeries { name: name.clone(), missing: Some(because.to_owned()), ..GaugeSeries::default() };
    plan.gauges.iter().map(|gauge| series(&gauge.name)).collect()
}
