//! The app's own gauges: read from where the app already shows them, on the clock of the load.
//!
//! [`Gauges::new`] compiles what gates.yaml says under `monitors`. [`Gauges::read`] asks every source once, for the
//! preflight checklist. [`Sampling::start`] reads them again and again while a phase's window is measured, and
//! [`Sampling::finish`] gives one series for each gauge of the plan. One scrape serves all gauges of an address.
//!
//! Prometheus text is read with [`Exposition`]: a bare name in an expression is the sum over all its label sets;
//! `name{label="value"}` is the sum over those label sets that carry the given labels. A name that the source did not
//! give, a division by zero, and whatever is no finite number make the reading *missing*, with the reason: a source
//! that says nothing is never read as fine.

mod exposition;
mod expression;
mod gauges;
mod sampling;
mod schedule;

pub use exposition::{Exposition, Selector};
pub use expression::Formula;
pub use gauges::{Gauges, Reading};
pub use sampling::Sampling;
pub use schedule::Schedule;
