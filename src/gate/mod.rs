//! The corridor: walks the phases, stops, recovers, and speaks to the outside only in [`Event`]s.

mod event;

pub use event::{Event, Progress, Stage};
