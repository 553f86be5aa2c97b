//! **stagegate**: a performance gate for continuous integration.
//!
//! Data flows one way, and so do the imports: a room may use the rooms above it in this list, never one below.

pub mod units;
pub mod config;
pub mod plan;
pub mod measure;
pub mod client;
pub mod monitor;
pub mod load;
pub mod preflight;
pub mod judge;
pub mod gate;
pub mod report;
pub mod publish;
pub mod demo;
pub mod cli;
