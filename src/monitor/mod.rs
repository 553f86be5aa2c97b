//! The app's own gauges: read from where the app and what is below it show them already, on the clock of the load.
//!
//! [`Gauges::new`] compiles what gates.yaml says under `monitors`. [`Gauges::read`] asks every source once, for the
//! preflight checklist. [`Sampling::start`] reads them again and again while a phase's window is measured, and
//! [`Sampling::finish`] gives one series for each gauge of the plan. One reading serves all gauges of a source.
//!
//! [`ask_value`] asks a database one query of gates.yaml for one value, for an item of a checklist.
//!
//! Each kind of source has a file in `source`; whatever it reads becomes an [`Exposition`]: names with values. A bare name
//! in an expression is the sum over all its label sets; `name{label="value"}` is the sum over those label sets that carry
//! the given labels; `rate(name)` is its increase a second since the reading before. A name that the source did not give,
//! a division by zero, and whatever is no finite number make the reading *missing*, with the reason: a source that says
//! nothing is never read as fine.

mod exposition;
mod expression;
mod gauges;
mod sampling;
mod schedule;
mod source;

pub use exposition::Exposition;
pub use expression::Formula;
pub use gauges::{Gauges, Reading, Unread};
pub use sampling::{Occasion, Sampling, Watched};
pub use schedule::Schedule;
pub use source::{Given, Readings, ask_value};
