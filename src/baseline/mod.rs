//! What normal *was*: finished runs, kept in a store, and which of them a new run may be compared with.
//!
//! A [`Run`] is one file. Its [`Key`] says what it can be compared with: runs of equal keys did the same thing on the
//! same class of machine. [`Store::history`] gives the comparable runs of the base branch in the current regime, and
//! says what it left out and why. This room decides nothing: what a difference means is the judge's business.
//!
//! Everything here blocks: a store is read before the load begins and written after the verdict. A store on S3 runs an
//! event loop of its own meanwhile, so none of it may be called from within one.

mod canonical;
mod environment;
mod error;
mod event;
mod format;
mod history;
mod key;
mod moment;
mod name;
mod run;
mod store;

pub use environment::Environment;
pub use error::StoreError;
pub use event::{Accept, Act, Event, Pin};
pub use format::SCHEMA;
pub use history::{ANCHOR_RUNS, History, NotComparable, Regime, Wanted};
pub use key::{Key, Runner};
pub use name::Damaged;
pub use run::{EndpointHistograms, Outcome, Recording, Run};
pub use store::{Contents, Leftovers, Saved, Store};

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
