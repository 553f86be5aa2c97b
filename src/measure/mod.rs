//! Numbers: what was sent and how it was answered. Knows no HTTP, no clock and no limit: times come in as durations
//! since the phase's origin, limits as plain [`Threshold`]s to count against.
//!
//! Worker: [`Recorder::record`] per request, [`Recorder::take`] once a second. Control: [`Collector::absorb`], then
//! [`Collector::finish`] gives the [`PhaseMeasurements`] that the judge reads. A worker only appends to its batch; the
//! control thread owns the one set of histograms and counters, so that memory does not grow with the workers.

mod collector;
mod endpoint;
mod gauge;
mod generator;
mod histogram;
mod joined;
mod layout;
mod phase;
mod recent;
mod recorder;
mod sample;
mod silence;
mod split;
mod summary;
mod tape;
mod times;
mod trace;
mod windows;

pub use collector::Collector;
pub use endpoint::{EndpointMeasurements, SpanCounts};
pub use gauge::{GaugeSample, GaugeSeries, Statement};
pub use generator::{Exhaustion, GeneratorHealth, MachineShare, Scarce};
pub use histogram::{Histogram, HistogramError};
pub use joined::{Joining, join_gauges, join_statements};
pub use layout::{Clock, Layout, SPANS, Threshold};
pub use phase::{PhaseEnding, PhaseFacts, PhaseMeasurements, Ramp, Window};
pub use recent::{Recent, Unanswered};
pub use recorder::{Batch, Recorder};
pub use sample::Sample;
pub use split::{Opened, Part, Split, TimeSplit};
pub use summary::{Summary, SummaryRow};
pub use tape::Tape;
pub use trace::{Trace, TraceId, Traces};

#[cfg(test)]
mod tests;
