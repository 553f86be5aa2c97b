//! Numbers: what was sent and how it was answered. Knows no HTTP, no clock and no limit: times come in as durations
//! since the phase's origin, limits as plain [`Threshold`]s to count against.
//!
//! Worker: [`Recorder::record`] per request, [`Recorder::take`] once a second. Control: [`Collector::absorb`], then
//! [`Collector::finish`] gives the [`PhaseMeasurements`] that the judge reads.

mod collector;
mod endpoint;
mod gauge;
mod generator;
mod histogram;
mod layout;
mod phase;
mod recorder;
mod sample;

pub use collector::{Collector, Recent};
pub use endpoint::{EndpointMeasurements, SpanCounts};
pub use gauge::{GaugeSample, GaugeSeries};
pub use generator::GeneratorHealth;
pub use histogram::Histogram;
pub use layout::{Clock, Layout, Threshold};
pub use phase::{PhaseEnding, PhaseMeasurements, Ramp, Window};
pub use recorder::{Batch, Recorder};
pub use sample::Sample;
