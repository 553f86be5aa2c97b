//! The checklist: what must hold before load is sent, and what is looked at and tidied after it.
//!
//! [`wait_until_ready`] waits for a fresh deployment. [`run()`] does the items of `preflight`, `integrity` or `cleanup` in
//! order and gives each result as soon as it is known. Nothing that an app, a command or a disk does is an error here:
//! it is a [`Checked`] with a sentence that says what was expected, what was seen and what to do.

mod checked;
mod command;
mod disk;
mod gauges;
mod kit;
mod probe;
mod query;
mod readiness;
mod rehearsal;
mod run;

pub use checked::{Checked, Held, Sent};
pub use kit::Kit;
pub use readiness::{Readiness, reach, wait_until_reached, wait_until_ready};
pub use rehearsal::describe;
pub use run::{OnFailure, run};
