//! **stagegate**: a performance gate for continuous integration.
//!
//! Data flows one way, and so do the imports: a room may use the rooms above it in this list, never one below.

pub mod units; // Quantities, parsed and printed in one place.

pub mod config; // What gates.yaml says, key for key, with places.

pub mod plan; // What will happen, resolved and checked.

pub mod measure; // Numbers: samples, histograms, windows.

pub mod client; // One exchange with an app.

pub mod monitor; // The app's own gauges.

pub mod load; // The load: who starts when, users, workers.

pub mod preflight; // The checklist before the load.

pub mod judge; // The decision: from measurements to a verdict.

pub mod gate; // The corridor: walks the phases and speaks in events.

pub mod report; // One verdict as text.

pub mod publish; // Text into the world.

pub mod demo; // The built-in staging app.

pub mod cli; // The command line.
