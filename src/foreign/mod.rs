//! What did another tool measure? The results of k6, Locust, `JMeter`, or samples in the general form, as the measurements of
//! the plan's phases: `judge --from`.
//!
//! Files are read twice, line by line, so that memory grows with the kinds of request and the seconds of the phases, never
//! with the files. [`survey`] learns which requests there are and when the first one started: tools write a request when
//! it ends, so the first line need not be the first request. The plan is built with what it found; [`claims`] says which
//! requests belong to which phase; [`Meters`] counts them, with the recorder of the load engine.
//!
//! A line that cannot be read is counted and named. Locust writes no requests but statistics of a whole run: [`locust`].

mod claim;
mod error;
mod failure;
mod jmeter;
mod k6;
pub mod locust;
mod meter;
mod moment;
mod ndjson;
mod reading;
mod record;
mod request;
mod survey;
mod tool;

pub use claim::{Claim, Cut, Edge, Window, claims};
pub use error::ForeignError;
pub use meter::{Measured, Meters};
pub use moment::Moment;
pub use reading::{Facts, read};
pub use request::Request;
pub use survey::{Extent, Survey, survey};
pub use tool::Tool;

#[cfg(test)]
mod tests;
